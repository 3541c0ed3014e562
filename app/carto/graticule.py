"""Where whole minutes of longitude and latitude meet the edges of a map frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from app.carto.display import Floats
from app.carto.projection import edge_points, to_degrees
from app.carto.view import MapView

# Steps between ticks in minutes of arc; wall maps use 5, 10 or 15.
STEPS_MIN = (1 / 60, 2 / 60, 5 / 60, 10 / 60, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0)
_WANTED = 6
_EDGE_STEPS = 200


@dataclass(frozen=True)
class Tick:
    """A mark on the frame: its edge (`top`, `right`, `bottom`, `left`), place on it, degrees, words."""

    edge: str
    at_mm: float
    degrees: float
    label: str


def step_minutes(view: MapView) -> float:
    """The step that puts about six ticks along the longer side."""
    x0, y0, x1, y1 = view.degrees
    span = max(x1 - x0, y1 - y0) * 60.0
    return next((step for step in STEPS_MIN if span / step <= _WANTED + 3), STEPS_MIN[-1])


def ticks(view: MapView, step_min: float | None = None) -> list[Tick]:
    """Every tick of a view: meridians on the top and bottom edges, parallels on the left and right ones."""
    step = (step_min or step_minutes(view)) / 60.0
    points = edge_points(view.extent, _EDGE_STEPS)
    degrees, places = to_degrees(points, view.crs), view.to_mm(points)
    count = _EDGE_STEPS + 1
    found: list[Tick] = []
    for number, (edge, axis) in enumerate((("bottom", 0), ("right", 1), ("top", 0), ("left", 1))):
        part = slice(number * count, (number + 1) * count)
        for value, at in _crossings(degrees[part, axis], places[part, axis], step):
            found.append(Tick(edge, at, value, degree_label(value, "EN"[axis], step)))
    return found


def _crossings(values: Floats, places: Floats, step: float) -> list[tuple[float, float]]:
    """Whole multiples of `step` between the ends of an edge and where they fall, by interpolation."""
    good = np.isfinite(values)
    if good.sum() < 2:
        return []
    order = np.argsort(values[good])
    known, along = values[good][order], places[good][order]
    first, last = math.ceil(known[0] / step - 1e-9), math.floor(known[-1] / step + 1e-9)
    wanted = [number * step for number in range(first, last + 1)]
    return [(value, float(np.interp(value, known, along))) for value in wanted]


def degree_label(degrees: float, letter: str, step: float = 1 / 60) -> str:
    """A degree value as a frame shows it: 106°30′E, with seconds when the step is below a minute."""
    seconds = round(degrees * 3600)
    whole, rest = divmod(abs(seconds), 3600)
    minutes, left = divmod(rest, 60)
    fine = step < 1 / 60 - 1e-9
    return f"{whole}°{minutes:02d}′{f'{left:02d}″' if fine else ''}{letter}"
