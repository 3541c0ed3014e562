"""A map in its frame: the picture, the inner and outer line, and degrees between them."""

from __future__ import annotations

import numpy as np

from app.carto.display import Box, DisplayList, Group, Op, Text, rectangle, segments
from app.carto.graticule import Tick, ticks
from app.carto.measure import CAP_HEIGHT
from app.carto.symbols import Fill, Line
from app.carto.view import MapView
from app.printing.style import INK, SheetStyle


def framed_map(picture: DisplayList, at: tuple[float, float], line: Line) -> tuple[Op, ...]:
    """A picture at a place on the page, cut at its edges, with one line around it."""
    box: Box = (0.0, 0.0, picture.width_mm, picture.height_mm)
    inside = (rectangle(box, Fill(picture.background)), *picture.ops)
    x, y = at
    around = rectangle((x, y, picture.width_mm, picture.height_mm), None, line)
    return Group(inside, x, y, box), around


def outer_line(box: Box, style: SheetStyle) -> Op:
    """The thick line of a sheet around a box."""
    return rectangle(box, None, style.thick)


def degree_ticks(
    view: MapView, at: tuple[float, float], style: SheetStyle, labels: bool = True
) -> tuple[Op, ...]:
    """Short strokes outside the inner line at whole minutes, with degrees; `at` is the frame's corner."""
    length = 1.4 * style.unit
    found = ticks(view)
    strokes = [_stroke(tick, view, at, length) for tick in found]
    if not strokes:
        return ()
    ops: list[Op] = [segments(np.array(strokes), Line(INK, 0.18 * style.unit))]
    if labels:
        ops += [_label(tick, view, at, style) for tick in found if _has_room(tick, view, style)]
    return tuple(ops)


def _stroke(
    tick: Tick, view: MapView, at: tuple[float, float], length: float
) -> tuple[float, float, float, float]:
    x, y = at
    if tick.edge in ("top", "bottom"):
        edge, step = (y, -length) if tick.edge == "top" else (y + view.height_mm, length)
        return x + tick.at_mm, edge, x + tick.at_mm, edge + step
    edge, step = (x, -length) if tick.edge == "left" else (x + view.width_mm, length)
    return edge, y + tick.at_mm, edge + step, y + tick.at_mm


def _has_room(tick: Tick, view: MapView, style: SheetStyle) -> bool:
    """Degrees near a corner would run over it."""
    length = view.width_mm if tick.edge in ("top", "bottom") else view.height_mm
    half = 6.0 * style.unit
    return half < tick.at_mm < length - half


def _label(tick: Tick, view: MapView, at: tuple[float, float], style: SheetStyle) -> Text:
    """Words along the edge, in the middle between the two lines; up the page on the left and right."""
    x, y = at
    words = style.tick
    middle = style.frame_gap_mm * 0.6
    drop = words.size_mm * CAP_HEIGHT / 2
    if tick.edge == "top":
        return Text(x + tick.at_mm, y - middle + drop, tick.label, words, "middle")
    if tick.edge == "bottom":
        return Text(x + tick.at_mm, y + view.height_mm + middle + drop, tick.label, words, "middle")
    if tick.edge == "left":
        return Text(x - middle + drop, y + tick.at_mm, tick.label, words, "middle", -90.0)
    return Text(x + view.width_mm + middle + drop, y + tick.at_mm, tick.label, words, "middle", -90.0)
