"""The map as a picture in a file: the map alone, or with title, legend, scale and north around it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from app.actions.action import action
from app.actions.map_layers import map_layers, picture_credits
from app.actions.maps import arranged_theme, feature_source, has_synthetic, home_extent, map_notes, widened
from app.actions.outputs import output_file
from app.actions.session import Session
from app.actions.sheets import SheetOrder, area_title, sheet_words
from app.carto.compose import display_list
from app.carto.features import Extent
from app.carto.keeping import ProjectedLayers
from app.carto.marking import highlight
from app.carto.theme import Theme
from app.carto.view import MM_PER_INCH, MapView
from app.domain.coordinates.zones import sheet_crs
from app.errors import Invalid
from app.i18n import N_
from app.printing.page import Page
from app.printing.picture import PictureRequest, picture_around, picture_within

_DPI = 96.0  # of a picture in pixels, as on the screen
_SHARP_DPI = 192.0  # of what the window saves: it is to be printed in a report


@dataclass(frozen=True)
class Picture:
    """What was drawn into a file, and how long it took: first picture and redraws in ms."""

    path: Path
    theme: str
    crs: str
    scale: float
    size_px: tuple[int, int]
    first_ms: float
    redraw_ms: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Framed:
    """What a screen shows: a theme, its features, the view, and what is selected (uids by entity)."""

    theme: Theme
    layers: ProjectedLayers
    view: MapView
    selected: Mapping[str, Sequence[str]]


@action(N_("Save the map as a picture…"), "map", command="render")
def save_picture(
    session: Session,
    path: Path,
    *,
    theme: str = "boilers",
    size_px: tuple[int, int] = (1920, 1080),
    look: tuple[Extent | None, str | None] = (None, None),
    repeat: int = 0,
    framed: bool = False,
) -> Picture:
    """Draw the map into a PNG; `look` is an extent in degrees and a CRS, either may be None.

    `framed` puts title, dates, legend, scale bar, north and notes around it, within the same size. Raises
    Invalid for an unknown theme, a picture too large, or too small for a frame, or an empty extent.
    """
    from app.render.image import paint_to_image, write_png  # late: most actions draw nothing
    from app.render.preview import page_image

    extent = look[0] or widened(home_extent(session))
    if not (extent[0] < extent[2] and extent[1] < extent[3]):
        raise Invalid(
            N_("The extent is empty"), hint=N_("Give west, south, east, north in degrees."), code="bad_extent"
        )
    crs = sheet_crs(*extent, override=look[1])
    timings = [time.perf_counter()]
    map_layers(session).load_missing()
    layers = ProjectedLayers.of(feature_source(session))
    view = MapView.of_degrees(extent, size_px, crs)
    chosen = arranged_theme(session, theme)
    notes = map_notes(session, view, picture_credits(session, chosen.layers))
    scale = view.scale
    for _ in range(1 + repeat):
        if framed:
            size_mm = (size_px[0] / _DPI * MM_PER_INCH, size_px[1] / _DPI * MM_PER_INCH)
            page = picture_within(_request(session, chosen, layers), extent, crs, size_mm)
            image, scale = page_image(page, _DPI), page.scale or scale
        else:
            image = paint_to_image(display_list(chosen, layers, view), view, notes)
        timings.append(time.perf_counter())
    write_png(image, output_file(session, path))
    first, *redraws = (round((end - start) * 1000, 1) for start, end in pairwise(timings))
    return Picture(path, theme, crs, scale, size_px, first, tuple(redraws))


def save_framed(session: Session, shown: Framed, path: Path) -> Page:
    """Draw what a screen shows into a PNG, at twice its sharpness, with title, dates, legend, scale bar,
    north and notes around it."""
    from app.render.image import write_png  # late: most actions draw nothing
    from app.render.preview import page_image

    marks = highlight(shown.theme, shown.layers, shown.view, shown.selected) if shown.selected else ()
    page = picture_around(_request(session, shown.theme, shown.layers), shown.view, tuple(marks))
    write_png(page_image(page, _SHARP_DPI), output_file(session, path))
    return page


def _request(session: Session, theme: Theme, layers: ProjectedLayers) -> PictureRequest:
    words = sheet_words(session, SheetOrder(""))
    credits = picture_credits(session, theme.layers)
    meta = replace(words, picture_credits=credits, sheet_no="", snapshot="")
    return PictureRequest(theme, layers, meta, area_title(session), has_synthetic(session))
