"""Insets: crowded places drawn again at a larger scale in the free room of a sheet, so that all serials
show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from app.carto.compose import Look, display_list
from app.carto.display import Box, Floats, Ints, Op, Text, rectangle
from app.carto.keeping import ProjectedLayers
from app.carto.measure import CAP_HEIGHT, text_width_mm
from app.carto.scale import ROUND_SCALES, scale_text
from app.carto.symbols import Fill, Line, TextStyle
from app.carto.theme import Theme
from app.carto.view import MapView
from app.i18n import tr
from app.printing.frame import framed_map
from app.printing.rooms import Room, Space
from app.printing.style import ACCENT, PICTURE_DOTS, SheetStyle

_FEWEST_POINTS = 6
_WORTH_JOINING = 3
_JOINED_WITHIN = 1.1
_MOST_INSETS = 8
_NEAR_MM = 2.1
_ROOM_PER_POINT_MM2 = 62.0
_LEAST_MM = (34.0, 26.0)
_ENLARGED = 1.6
_LARGEST_SCALE = 5_000
_TITLE_MM = 5.2


@dataclass(frozen=True)
class Inset:
    """One inset: its letter, its own view, its frame on the page, and the window it enlarges in the main
    map's mm."""

    letter: str
    view: MapView
    box: Box
    window: Box


def plan_insets(points_m: Floats, view: MapView, rooms: Sequence[Room], style: SheetStyle) -> list[Inset]:
    """Insets for the crowded places among points (n, 2; metres of the view's system), the fullest first."""
    planned: list[Inset] = []
    for cluster in crowded(view.to_mm(points_m), _NEAR_MM * style.unit):
        if len(planned) == _MOST_INSETS:
            break
        found = _place(points_m[cluster], view, rooms, style)
        if found is None:
            continue
        cut = _at_edge(points_m, found[0], 3.0 * style.unit)
        if len(cut):
            found = _place(points_m[np.union1d(cluster, cut)], view, rooms, style) or found
        inset_view, frame = found
        planned.append(Inset("", inset_view, frame, _window(inset_view, view)))
        for room in rooms:
            room.take_box(frame, 1.6 * style.unit)
    ordered = sorted(planned, key=lambda inset: (inset.window[0], inset.window[1]))
    return [replace(inset, letter=chr(ord("A") + number)) for number, inset in enumerate(ordered)]


def _at_edge(points_m: Floats, view: MapView, margin_mm: float) -> Ints:
    """The points that the frame of an inset would cut through."""
    x, y = view.to_mm(points_m).T
    beyond = np.maximum(
        np.abs(x - view.width_mm / 2) - view.width_mm / 2, np.abs(y - view.height_mm / 2) - view.height_mm / 2
    )
    return np.flatnonzero(np.abs(beyond) < margin_mm)


def crowded(xy_mm: Floats, near_mm: float) -> list[Ints]:
    """Groups of points that stand closer than their labels allow, as index arrays, the fullest first.

    Groups that lie so close that their windows would overlap are one.
    """
    if not len(xy_mm):
        return []
    groups = [group for group in _touching(xy_mm, near_mm) if len(group) >= _WORTH_JOINING]
    boxes = [_box_around(xy_mm[group], near_mm * _JOINED_WITHIN) for group in groups]
    joined = shapely.union_all(boxes)
    parts = [shapely.box(*part.bounds) for part in shapely.get_parts(joined)]
    points = np.asarray(shapely.points(xy_mm), dtype=object)
    found = [np.flatnonzero(shapely.intersects(part, points)) for part in parts if not part.is_empty]
    return sorted((group for group in found if len(group) >= _FEWEST_POINTS), key=lambda group: -len(group))


def _touching(xy_mm: Floats, near_mm: float) -> list[Ints]:
    """Points joined to groups by discs that touch."""
    points = np.asarray(shapely.points(xy_mm), dtype=object)
    patches = shapely.get_parts(shapely.union_all(shapely.buffer(points, near_mm)))
    tree = shapely.STRtree(points)
    return [np.unique(tree.query(patch, predicate="intersects")) for patch in patches]


def _box_around(xy_mm: Floats, margin_mm: float) -> BaseGeometry:
    low, high = xy_mm.min(axis=0) - margin_mm, xy_mm.max(axis=0) + margin_mm
    return box(*low.tolist(), *high.tolist())


def _place(
    points: Floats, view: MapView, rooms: Sequence[Room], style: SheetStyle
) -> tuple[MapView, Box] | None:
    """The best room for a cluster and its view at a round scale; None when it gains too little."""
    unit = style.unit
    low, high = points.min(axis=0), points.max(axis=0)
    ground = (float(high[0] - low[0]), float(high[1] - low[1]))
    least = (_LEAST_MM[0] * unit, _LEAST_MM[1] * unit)
    air = (13.0 * unit, 9.0 * unit + _TITLE_MM * unit)
    spaces = [space for room in rooms if (space := _inside(room, ground, least, air)) is not None]
    if not spaces:
        return None
    best = min(spaces, key=lambda space: space.needed_scale)
    scale = _scale_for(best, ground, len(points) * _ROOM_PER_POINT_MM2 * unit**2)
    if scale is None or scale * _ENLARGED > view.scale:
        return None
    width = min(max(ground[0] / scale * 1000 + air[0], least[0]), best.box[2])
    height = min(max(ground[1] / scale * 1000 + air[1], least[1]), best.box[3])
    x, y = _against_edge(best, (width, height))
    title = _TITLE_MM * unit
    middle = (float(low[0] + high[0]) / 2, float(low[1] + high[1]) / 2 + title / 2 * scale / 1000)
    return MapView.on_paper(middle, float(scale), (width, height), view.crs), (x, y, width, height)


def _inside(
    room: Room, ground: tuple[float, float], least: tuple[float, float], air: tuple[float, float]
) -> Space | None:
    """The best space of a room once the margins inside the inset's own frame are taken off."""
    found = room.best_space(ground, least)
    if found is None:
        return None
    inner = max(found.box[2] - air[0], 1.0), max(found.box[3] - air[1], 1.0)
    return replace(found, needed_scale=max(ground[0] / inner[0], ground[1] / inner[1]) * 1000.0)


def _scale_for(space: Space, ground: tuple[float, float], wanted_mm2: float) -> int | None:
    """The largest round scale that fits the space and does not spread few points over much paper."""
    for scale in ROUND_SCALES:
        spread = ground[0] / scale * 1000 * ground[1] / scale * 1000
        if scale >= space.needed_scale and scale >= _LARGEST_SCALE and spread <= wanted_mm2:
            return scale
    return None


def _against_edge(space: Space, size: tuple[float, float]) -> tuple[float, float]:
    """Where in a space a smaller frame goes: against the edge of the room the space is nearest to."""
    (x, y, width, height), room = space.box, space.room
    from_left, from_right = x - room[0], room[0] + room[2] - (x + width)
    from_top, from_bottom = y - room[1], room[1] + room[3] - (y + height)
    left = x if from_left <= from_right else x + width - size[0]
    top = y if from_top <= from_bottom else y + height - size[1]
    return left, top


def _window(inset: MapView, view: MapView) -> Box:
    x0, y0, x1, y1 = inset.extent
    (left, bottom), (right, top) = view.to_mm(np.array([[x0, y0], [x1, y1]])).tolist()
    return left, top, right - left, bottom - top


def kept_clear(inset: Inset, style: SheetStyle) -> tuple[Box, Box]:
    """What labels of the main map stay away from (mm of its frame): the window and its letter."""
    x, y, _, _ = inset.window
    letter = 3.4 * style.unit
    return inset.window, (x, y - letter - 0.8 * style.unit, letter * 1.2, letter + 0.8 * style.unit)


def inset_ops(inset: Inset, theme: Theme, layers: ProjectedLayers, style: SheetStyle) -> tuple[Op, ...]:
    """The inset in its frame with its letter and scale in the corner."""
    words = tr("Inset {letter}   {scale}", letter=inset.letter, scale=scale_text(inset.view.scale))
    face = style.text(2.9, bold=True, colour=ACCENT)
    tag = (0.0, 0.0, text_width_mm(words, face) + 2.4 * style.unit, _TITLE_MM * style.unit)
    look = Look(style.symbol_scale, style.unit, (tag,), dots=PICTURE_DOTS)
    picture = display_list(theme, layers, inset.view, look)
    x, y = inset.box[:2]
    ground = rectangle((x, y, tag[2], tag[3]), Fill("#ffffff"), Line(ACCENT, 0.2 * style.unit))
    base = y + tag[3] / 2 + face.size_mm * CAP_HEIGHT / 2
    title = Text(x + 1.2 * style.unit, base, words, face)
    return *framed_map(picture, (x, y), Line(ACCENT, 0.4 * style.unit)), ground, title


def window_ops(inset: Inset, at: tuple[float, float], style: SheetStyle) -> tuple[Op, ...]:
    """The window on the main map with the inset's letter; `at` is the corner of the main map's frame."""
    x, y, width, height = inset.window
    x, y = x + at[0], y + at[1]
    face: TextStyle = replace(
        style.text(3.4, bold=True, colour=ACCENT), halo="#ffffff", halo_mm=0.5 * style.unit
    )
    frame = rectangle((x, y, width, height), None, Line(ACCENT, 0.3 * style.unit))
    return frame, Text(x + 0.6 * style.unit, y - 0.8 * style.unit, inset.letter, face)
