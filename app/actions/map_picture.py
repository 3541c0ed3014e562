"""The map as a picture in a file: the map alone, or with title, legend, scale and north around it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from app.actions.action import action
from app.actions.map_layers import map_layers, picture_credits
from app.actions.maps import arranged_theme, feature_source, has_synthetic, home_extent, map_notes, widened
from app.actions.outputs import output_file
from app.actions.session import Session
from app.actions.sheets import SheetOrder, area_title, sheet_words
from app.carto.compose import display_list
from app.carto.features import Extent
from app.carto.jotted import NOTHING_JOTTED, Jotted, jotted_ops
from app.carto.keeping import ProjectedLayers
from app.carto.marking import highlight
from app.carto.theme import Theme
from app.carto.view import MapView
from app.domain.coordinates.zones import sheet_crs
from app.errors import Invalid
from app.i18n import N_
from app.printing.page import Page
from app.printing.picture import PictureRequest, picture_around, picture_within

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
    """What a screen shows: a theme, its features, the view, what is selected (uids by entity), and what was
    measured or pinned on it."""

    theme: Theme
    layers: ProjectedLayers
    view: MapView
    selected: Mapping[str, Sequence[str]]
    jotted: Jotted = NOTHING_JOTTED


@dataclass(frozen=True)
class PictureOrder:
    """What a picture is to show: a theme, an extent in degrees and a CRS (either may be None), the map alone
    or `framed` with title, dates, legend, scale bar, north and notes around it, within the same size."""

    theme: str = "boilers"
    size_px: tuple[int, int] = (1920, 1080)
    extent: Extent | None = None
    crs: str | None = None
    framed: bool = False


@action(N_("Save the map as a picture…"), "map", command="render")
def save_picture(
    session: Session, path: Path, order: PictureOrder = PictureOrder(), *, repeat: int = 0
) -> Picture:
    """Draw the map into a PNG, `repeat` times more for the timings.

    Raises Invalid for an unknown theme, a picture too large, or too small for a frame, or an empty extent.
    """
    from app.render.image import write_png  # late: most actions draw nothing

    extent = order.extent or widened(home_extent(session))
    if not (extent[0] < extent[2] and extent[1] < extent[3]):
        raise Invalid(
            N_("The extent is empty"), hint=N_("Give west, south, east, north in degrees."), code="bad_extent"
        )
    crs = sheet_crs(*extent, override=order.crs)
    timings = [time.perf_counter()]
    map_layers(session).load_missing()
    layers = ProjectedLayers.of(feature_source(session))
    view = MapView.of_degrees(extent, order.size_px, crs)
    draw = _framed if order.framed else _bare
    for _ in range(1 + repeat):
        image, scale = draw(session, order, layers, view)
        timings.append(time.perf_counter())
    write_png(image, output_file(session, path))
    first, *redraws = (round((end - start) * 1000, 1) for start, end in pairwise(timings))
    return Picture(path, order.theme, crs, scale, order.size_px, first, tuple(redraws))


def _bare(session: Session, order: PictureOrder, layers: ProjectedLayers, view: MapView) -> tuple[Any, float]:
    """The map alone, its notes at the foot, and its scale."""
    from app.render.image import paint_to_image  # late: most actions draw nothing

    theme = arranged_theme(session, order.theme)
    notes = map_notes(session, view, picture_credits(session, theme.layers))
    return paint_to_image(display_list(theme, layers, view), view, notes), view.scale


def _framed(
    session: Session, order: PictureOrder, layers: ProjectedLayers, view: MapView
) -> tuple[Any, float]:
    """A page of the view's size with the same ground in it, and the scale of its map."""
    from app.render.preview import page_image  # late: most actions draw nothing

    request = _request(session, arranged_theme(session, order.theme), layers)
    page = picture_within(request, view)
    return page_image(page, view.dpi), page.scale or view.scale


def save_framed(session: Session, shown: Framed, path: Path) -> Page:
    """Draw what a screen shows into a PNG, at twice its sharpness, with title, dates, legend, scale bar,
    north and notes around it."""
    from app.render.image import write_png  # late: most actions draw nothing
    from app.render.preview import page_image

    marks = highlight(shown.theme, shown.layers, shown.view, shown.selected) if shown.selected else ()
    over = (*marks, *jotted_ops(shown.theme, shown.view, shown.jotted))
    page = picture_around(_request(session, shown.theme, shown.layers), shown.view, over)
    write_png(page_image(page, _SHARP_DPI), output_file(session, path))
    return page


def _request(session: Session, theme: Theme, layers: ProjectedLayers) -> PictureRequest:
    words = sheet_words(session, SheetOrder(""))
    credits = picture_credits(session, theme.layers)
    meta = replace(words, picture_credits=credits, snapshot="")
    return PictureRequest(theme, layers, meta, area_title(session), has_synthetic(session))
