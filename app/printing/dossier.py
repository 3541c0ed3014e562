"""一炉一档 on paper: the boiler's fields, what lacks, steps, papers with fingerprints, photographs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.carto.display import Op, Text, polyline
from app.carto.symbols import Line
from app.i18n import N_, tr
from app.printing.blocks import base_line, one_line
from app.printing.flow import Flow, PhotoCell, head_row, photo_row, plain, ruled_row, text
from app.printing.page import PORTRAIT, Page, paper_size
from app.printing.style import ACCENT, SHADE, SOFT_INK

PHOTOS_ACROSS, PHOTO_ROWS = 2, 3
_PAPER = "A4"
_LEFT, _TOP, _BOTTOM = 22.0, 24.0, 20.0
_GAP = 5.0
_TITLE, _UNIT, _HEADING = text(8.0, bold=True), text(5.0), text(4.2, bold=True)
_BODY, _BOLD, _SMALL = text(3.3), text(3.3, bold=True), text(2.7, colour=SOFT_INK)
_WARNING = text(3.3, bold=True, colour=ACCENT)
_PAIRS = (0.18, 0.32, 0.18, 0.32)
_STEPS = (0.19, 0.19, 0.12, 0.27, 0.23)
_PAPERS = (0.05, 0.16, 0.24, 0.07, 0.13, 0.35)
_HALF_OF_SHA = 32


@dataclass(frozen=True)
class PaperLine:
    """One paper of a dossier: kind, file, round, when it was added, its SHA-256, whether its file is here."""

    kind: str
    file: str
    round_no: int
    added: str
    sha256: str
    here: bool = True


@dataclass(frozen=True)
class DossierContent:
    """One boiler's dossier as words and files; dates are written as people read them.

    `sections` are groups of (heading, value); `steps` are (when, step, who, unit, opinion); `lacks` empty
    means that the dossier is whole.
    """

    number: str
    unit: str
    status: str
    sections: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    steps: Sequence[tuple[str, str, str, str, str]]
    papers: Sequence[PaperLine]
    photos: Sequence[PhotoCell]
    lacks: Sequence[str]
    org: str
    made_on: str
    synthetic: bool = False


def dossier_pages(content: DossierContent) -> list[Page]:
    """The pages of one dossier in A4, numbered from 1."""
    width, height = paper_size(_PAPER, PORTRAIT)
    flow = Flow((_LEFT, _TOP, width - 2 * _LEFT, height - _TOP - _BOTTOM))
    _cover(flow, content)
    _steps(flow, content)
    _papers(flow, content)
    _photos(flow, content)
    whole = len(flow.pages)
    title = f"{tr(N_('Boiler dossier'))} {content.number}"
    return [
        Page(width, height, (*_frame(content, number, whole, (width, height)), *ops), title)
        for number, ops in enumerate(flow.pages, 1)
    ]


def _cover(flow: Flow, content: DossierContent) -> None:
    flow.put(one_line(tr(N_("Boiler dossier")), _TITLE), 2.0)
    flow.put(plain(f"{content.number}　{content.unit}", _UNIT, flow.width_mm), 1.0)
    flow.put(plain(f"{tr(N_('Status'))}：{content.status}", _BOLD, flow.width_mm), 2.0)
    if content.lacks:
        said = tr(N_("The dossier lacks {n} papers:"), n=len(content.lacks))
        flow.put(plain(said, _WARNING, flow.width_mm), 0.8)
        for lack in content.lacks:
            flow.put(plain(f"□ {lack}", _BODY, flow.width_mm), 0.4)
        flow.put(plain("", _BODY, flow.width_mm), 2.0)
    else:
        flow.put(plain(tr(N_("Nothing is missing for the steps taken so far.")), _BOLD, flow.width_mm), 3.0)
    widths = [share * flow.width_mm for share in _PAIRS]
    for name, pairs in content.sections:
        if not pairs:
            continue
        rows = [ruled_row(_four(pairs, at), widths, _BODY) for at in range(0, len(pairs), 2)]
        flow.heading(plain(name, _HEADING, flow.width_mm), rows[0].height_mm)
        for row in rows:
            flow.put(row)
        flow.put(plain("", _SMALL, flow.width_mm), 3.0)


def _four(pairs: Sequence[tuple[str, str]], at: int) -> list[str]:
    found = [part for pair in pairs[at : at + 2] for part in pair]
    return [*found, "", ""] if len(found) == 2 else found


def _steps(flow: Flow, content: DossierContent) -> None:
    heads = tuple(map(tr, (N_("When"), N_("Step"), N_("Who"), N_("Unit"), N_("Opinion"))))
    _table(flow, tr(N_("Steps and signatures")), heads, [list(step) for step in content.steps], _STEPS)


def _papers(flow: Flow, content: DossierContent) -> None:
    heads = ("№", *map(tr, (N_("Kind"), N_("File"), N_("Round"), N_("Added at"))), "SHA-256")
    lines = [
        [str(number), item.kind, _named(item), str(item.round_no), item.added, _in_two(item.sha256)]
        for number, item in enumerate(content.papers, 1)
    ]
    _table(flow, tr(N_("Papers")), heads, lines, _PAPERS)


def _named(item: PaperLine) -> str:
    return item.file if item.here else f"{item.file}（{tr(N_('the file is not here'))}）"


def _in_two(sha256: str) -> str:
    return f"{sha256[:_HALF_OF_SHA]}\n{sha256[_HALF_OF_SHA:]}"


def _table(
    flow: Flow, title: str, heads: Sequence[str], lines: Sequence[Sequence[str]], shares: Sequence[float]
) -> None:
    widths = [share * flow.width_mm for share in shares]
    head = head_row(heads, widths, text(2.9, bold=True))
    rows = [ruled_row(line, widths, text(2.8)) for line in lines]
    first = head.height_mm + (rows[0].height_mm if rows else 0.0)
    flow.heading(plain(title, _HEADING, flow.width_mm), first)
    if rows:
        flow.rows(head, rows)
    else:
        flow.put(plain(tr(N_("None.")), _BODY, flow.width_mm))
    flow.put(plain("", _SMALL, flow.width_mm), _GAP - 1.0)


def _photos(flow: Flow, content: DossierContent) -> None:
    """Two by three on a page, from a page of their own."""
    if not content.photos:
        return
    flow.turn()
    flow.put(plain(tr(N_("Photographs")), _HEADING, flow.width_mm), 2.0)
    for number in range(0, len(content.photos), PHOTOS_ACROSS):
        row = photo_row(content.photos[number : number + PHOTOS_ACROSS], PHOTOS_ACROSS, flow.width_mm, _SMALL)
        flow.put(row, 3.0)


def _frame(content: DossierContent, number: int, whole: int, size: tuple[float, float]) -> list[Op]:
    """The line at the head with whose dossier it is, and at the foot who made it, when, and the page."""
    width, height = size
    right, foot = width - _LEFT, height - _BOTTOM + 8.0
    line = Line(SHADE, 0.3)
    secret = tr(N_("Internal use"))
    made = f"{content.org}　{content.made_on}"
    if content.synthetic:
        made = f"{made}　{tr(N_('Simulated data, for demonstration only.'))}"
    words = f"{content.number}　{content.unit}"
    return [
        Text(_LEFT, 11.0 + base_line(_SMALL), words, _SMALL),
        Text(right, 11.0 + base_line(_SMALL), secret, _SMALL, "right"),
        polyline([(_LEFT, 17.5), (right, 17.5)], line),
        Text(_LEFT, foot, made, _SMALL),
        Text(right, foot, tr(N_("Page {n} of {all}"), n=number, all=whole), _SMALL, "right"),
    ]
