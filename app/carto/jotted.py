"""What a person put on the map for the moment, as it goes into a saved picture: a measured line or outline
with its words, and the pin where they asked to go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.carto.display import Floats, Markers, Op, Shapes, Text
from app.carto.projection import to_map
from app.carto.symbols import Fill, Line, Marker, TextStyle
from app.carto.theme import Theme
from app.carto.view import MapView

Place = tuple[float, float]  # longitude and latitude, EPSG:4490
_TINT = 0.18
_LINE_MM, _HALO_MM, _CORNER_MM, _WORDS_MM = 0.6, 1.2, 1.8, 3.4
_RING_MM, _NEAR_MM, _FAR_MM = 4.2, 2.1, 5.3
_BESIDE_MM = 2.0


@dataclass(frozen=True)
class Jotted:
    """Measured corners (closed: an outline) with what was measured, and where the pin stands."""

    corners: tuple[Place, ...] = ()
    closed: bool = False
    words: str = ""
    pin: Place | None = None


NOTHING_JOTTED = Jotted()


def jotted_ops(theme: Theme, view: MapView, jotted: Jotted) -> tuple[Op, ...]:
    """Its drawing in millimetres of a view, above everything else of the map."""
    return (*_measured(theme, view, jotted), *(_pin(theme, view, jotted.pin) if jotted.pin else ()))


def _measured(theme: Theme, view: MapView, jotted: Jotted) -> list[Op]:
    if not jotted.corners:
        return []
    colour, halo = theme.colours["measure"], theme.colours["halo"]
    xy, start = _mm(view, jotted.corners), np.zeros(1, np.int64)
    closed = jotted.closed and len(xy) > 2
    ops: list[Op] = []
    if len(xy) > 1:
        ops.append(Shapes(xy, start, line=Line(halo, _HALO_MM, opacity=0.8), closed=closed))
        ops.append(Shapes(xy, start, Fill(colour, _TINT) if closed else None, Line(colour, _LINE_MM), closed))
    ops.append(Markers(xy, Marker("circle", _CORNER_MM, halo, casing=colour, casing_mm=_LINE_MM / 2)))
    if len(xy) > 1 and jotted.words:
        style = TextStyle(_WORDS_MM, theme.colours["text"], bold=True, halo=halo, halo_mm=0.6)
        x, y = (float(part) for part in xy[-1])
        at_right = x > view.width_mm / 2  # the words run towards the middle, where there is room
        shift = -_BESIDE_MM if at_right else _BESIDE_MM
        ops.append(Text(x + shift, y - _BESIDE_MM, jotted.words, style, "right" if at_right else "left"))
    return ops


def _pin(theme: Theme, view: MapView, at: Place) -> list[Op]:
    """A ring and four strokes, light under dark so that they show on anything."""
    colour, halo = theme.colours["pin"], theme.colours["halo"]
    middle = _mm(view, [at])
    ways = np.array([(1, 0), (-1, 0), (0, 1), (0, -1)], np.float64)
    strokes = np.stack([middle + ways * _NEAR_MM, middle + ways * _FAR_MM], axis=1).reshape(-1, 2)
    starts = np.arange(0, len(strokes), 2, dtype=np.int64)
    ops: list[Op] = []
    for ink, width in ((halo, _HALO_MM), (colour, _LINE_MM)):
        ops.append(Markers(middle, Marker("ring", _RING_MM, ink, line_mm=width, casing_mm=0.0)))
        ops.append(Shapes(strokes, starts, line=Line(ink, width), closed=False))
    return ops


def _mm(view: MapView, places: Sequence[Place]) -> Floats:
    return view.to_mm(to_map(np.array(places, np.float64).reshape(-1, 2), view.crs))
