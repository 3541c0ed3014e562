"""Commands of the map: a picture, sheets as PDF, a web page, regular cells."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from app.cli.answer import Answer, table
from app.cli.declare import Command, option, word
from app.cli.shell import Shell, WrongUsage
from app.i18n import N_, tr

if TYPE_CHECKING:
    from app.actions.map_picture import Picture

OUTPUT = option("-o", "--output", help_=N_("The file to write"))
PUBLIC = option("--public", help_=N_("The public edition: no coordinates, names or phones"))
THEME = option("--theme", help_=N_("boilers, boilers_left, cells, coverage, patrols or sources"))
_PAPERS = ("A4", "A3", "A2", "A1", "A0")


@dataclass(frozen=True)
class RenderWords:
    """A picture of the map."""

    output: Annotated[Path, OUTPUT]
    size: Annotated[str, option("--size", help_=N_("Width x height in pixels"))] = "1920x1080"
    theme: Annotated[str, THEME] = "boilers"
    extent: Annotated[str | None, option("--extent", help_=N_("West,south,east,north in degrees"))] = None
    crs: Annotated[
        str | None, option("--crs", help_=N_("EPSG:n, instead of the one that fits the place"))
    ] = None
    repeat: Annotated[
        int, option("--repeat", help_=N_("Draw so many times more and say how long it took"))
    ] = 0
    framed: Annotated[
        bool, option("--framed", help_=N_("With title, dates, legend, scale bar and north around the map"))
    ] = False


@dataclass(frozen=True)
class PrintWords:
    """A sheet as PDF."""

    sheet: Annotated[str, word("SHEET", N_("The sheet; `sheets` lists them"))]
    output: Annotated[Path, OUTPUT]
    of: Annotated[list[str], option("--of", help_=N_("A division or source; may be given again"))] = field(
        default_factory=list
    )
    series: Annotated[bool, option("--series", help_=N_("One page for each county or source"))] = False
    paper: Annotated[str, option("--paper", help_=N_("A4 to A0"))] = ""
    portrait: Annotated[bool, option("--portrait", help_=N_("Upright"))] = False
    landscape: Annotated[bool, option("--landscape", help_=N_("Across"))] = False
    scale: Annotated[int | None, option("--scale", help_=N_("The number behind 1:"))] = None
    tile: Annotated[str, option("--tile", help_=N_("Cut into pages of this paper, to be glued: A4"))] = ""
    crs: Annotated[str, option("--crs", help_=N_("EPSG:n, instead of the one that fits the place"))] = ""
    public: Annotated[bool, PUBLIC] = False
    theme: Annotated[
        str, option("--theme", help_=N_("As the map shows this theme; without it the standard sheet"))
    ] = ""


@dataclass(frozen=True)
class ShareWords:
    """A web page."""

    output: Annotated[Path, OUTPUT]
    theme: Annotated[str, THEME] = "boilers"
    public: Annotated[bool, PUBLIC] = False


@dataclass(frozen=True)
class GridWords:
    """Regular cells."""

    within: Annotated[str, option("--within", help_=N_("Code of the division, such as 620802"))]
    size: Annotated[int, option("--size", help_=N_("Side of a cell in metres"))]
    kind: Annotated[str, option("--kind", help_=N_("Only regular is known"))] = "regular"


def render(shell: Shell, words: RenderWords) -> Answer:
    """A picture of the map, with timings when it is drawn again."""
    from app.actions.map_picture import PictureOrder, save_picture  # late: help pages need no map

    started = time.perf_counter()
    with shell.session() as session:
        opened = _ms(started)
        order = PictureOrder(words.theme, _size(words.size), _extent(words.extent), words.crs, words.framed)
        picture = save_picture(session, words.output, order, repeat=words.repeat)
    document = {
        "file": str(picture.path),
        "theme": picture.theme,
        "crs": picture.crs,
        "scale": round(picture.scale, 1),
        "size_px": list(picture.size_px),
        "timings": _timings(opened, picture),
    }
    return Answer(document, [str(picture.path)])


def sheets(shell: Shell, words: object) -> Answer:
    """The sheets there are; no workspace is needed."""
    from app.actions.sheets import sheet_titles  # late: help pages need no map

    found = [{"id": ident, "title": title} for ident, title in sheet_titles().items()]
    return Answer(found, table(["id", tr(N_("Title"))], [[item["id"], item["title"]] for item in found]))


def print_(shell: Shell, words: PrintWords) -> Answer:
    """A sheet as PDF."""
    from app.actions.sheets import SheetOrder, print_sheet  # late: help pages need no map

    if words.portrait and words.landscape:
        raise WrongUsage(N_("--portrait and --landscape exclude each other"))
    paper, tile = _paper(words.paper), _paper(words.tile)
    if words.scale is not None and words.scale <= 0:
        raise WrongUsage(N_("A scale is a whole number such as 50000"))
    order = SheetOrder(
        sheet=words.sheet,
        of=tuple(words.of),
        series=words.series,
        paper=paper,
        orientation="portrait" if words.portrait else "landscape" if words.landscape else "",
        scale=words.scale,
        crs=words.crs,
        public=words.public,
        tile=tile,
        theme=words.theme,
    )
    with shell.session() as session:
        pages = print_sheet(session, order, words.output)
    document = {"file": str(words.output), "sheet": words.sheet, "pages": [_page(page) for page in pages]}
    return Answer(document, [str(words.output)])


def share(shell: Shell, words: ShareWords) -> Answer:
    """One web page that opens with no network."""
    from app.actions.sharing import share as write  # late: help pages need no map

    with shell.session() as session:
        report = write(session, words.output, theme=words.theme, public=words.public)
    document = {"file": str(report.path), "size": report.size, "features": report.features}
    return Answer(document, [str(report.path)])


def grid(shell: Shell, words: GridWords) -> Answer:
    """Regular cells over a division."""
    from app.actions.grids import make_grid  # late: help pages need no geometry

    if words.kind != "regular":
        raise WrongUsage(N_("There is no kind of cells “{kind}” to make; only regular"), kind=words.kind)
    with shell.session(write=True) as session:
        made = make_grid(session, words.within, words.size)
    document = {
        "added": made.added,
        "kept": made.kept,
        "size_m": made.size_m,
        "crs": made.crs,
        "transaction": made.committed.transaction if made.committed else None,
    }
    said = tr(N_("{added} cells added, {kept} were there already"), added=made.added, kept=made.kept)
    return Answer(document, [said])


def _timings(opened: float, picture: Picture) -> dict[str, Any]:
    """Milliseconds: opening the workspace, the first picture, and each redraw."""
    redraws = sorted(picture.redraw_ms)
    timings: dict[str, Any] = {
        "open_ms": opened,
        "first_ms": picture.first_ms,
        "redraw_ms": list(picture.redraw_ms),
    }
    if redraws:
        timings["redraw_median_ms"] = redraws[len(redraws) // 2]
    return timings


def _page(page: Any) -> dict[str, Any]:
    return {"width_mm": page.width_mm, "height_mm": page.height_mm}


def _paper(written: str) -> str:
    paper = written.upper()
    if paper and paper not in _PAPERS:
        raise WrongUsage(
            N_("There is no paper {paper}"),
            hint=N_("Papers: {papers}"),
            paper=written,
            papers=" ".join(_PAPERS),
        )
    return paper


def _size(written: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)[xX×*](\d+)", written.strip())
    size = (int(match[1]), int(match[2])) if match else (0, 0)
    if not all(size):
        raise WrongUsage(N_("“{text}” is not a size such as 1920x1080"), text=written)
    return size


def _extent(written: str | None) -> tuple[float, float, float, float] | None:
    if written is None:
        return None
    try:
        west, south, east, north = (float(part) for part in written.split(","))
    except ValueError:
        raise WrongUsage(N_("“{text}” is not west,south,east,north in degrees"), text=written) from None
    return west, south, east, north


def _ms(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)


COMMANDS = (
    Command("grid", N_("Make regular cells clipped to a division"), grid, GridWords),
    Command("render", N_("A picture of the map"), render, RenderWords),
    Command("sheets", N_("The sheets that can be printed"), sheets),
    Command("print", N_("Print a sheet as PDF"), print_, PrintWords),
    Command("share", N_("Write the map as one web page that needs no network"), share, ShareWords),
)
