"""A display list: flat, immutable drawing operations in millimetres, y down, drawn by the one painter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.carto.flat import FlatAreas
from app.carto.symbols import Fill, Line, Marker, Symbol, TextStyle

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Shapes:
    """Rings or polylines of one look: `xy` (n, 2), `starts` the index of each ring's first vertex.

    Closed rings are filled by the winding rule: outer rings run one way, holes the other.
    """

    xy: Floats
    starts: Ints
    fill: Fill | None = None
    line: Line | None = None
    closed: bool = True


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Many small areas, each of one of a few looks: a screen scans them at once, paper draws `shapes`.

    `classes` (n,) uint8 is the look of each area, 255 for none; a vertex (x, y) in the map's units lies
    at ((x - left) / unit, (top - y) / unit) mm. `box` (x0, y0, x1, y1 in those units) is all that is seen.
    """

    areas: FlatAreas
    classes: NDArray[np.uint8]
    looks: tuple[tuple[Fill | None, Line | None], ...]
    left: float
    top: float
    unit: float
    box: Box | None = None

    def shapes(self) -> tuple[Shapes, ...]:
        """The same as outlines, look by look."""
        made = []
        near = None if self.box is None else self.areas.touching(self.classes, self.box)
        for number, (fill, line) in enumerate(self.looks):
            if near is None:
                rows = np.flatnonzero(self.classes == number)
            else:
                rows = near[self.classes[near] == number]
            xy, starts = self.areas.rings_of(rows)
            if len(starts):
                mm = np.column_stack([xy[:, 0] - self.left, self.top - xy[:, 1]]) / self.unit
                made.append(Shapes(mm, starts, fill, line))
        return tuple(made)


@dataclass(frozen=True, eq=False)
class Raster:
    """A picture bent into place: `rgba` (height, width, 4), and for nodes at equal steps over `box` (mm) the
    point of the picture that lies there, in its pixels; between four nodes it is bilinear. NaN: nothing."""

    rgba: NDArray[np.uint8]
    box: Box
    nodes: Floats
    opacity: float = 1.0


@dataclass(frozen=True, eq=False)
class Markers:
    """The same marker at each of `xy` (n, 2), drawn in the given order."""

    xy: Floats
    marker: Marker


@dataclass(frozen=True)
class Text:
    """One line of words, its base line ending left, right or in the middle at (x, y); turned clockwise."""

    x: float
    y: float
    text: str
    style: TextStyle
    anchor: str = "left"
    angle_deg: float = 0.0


@dataclass(frozen=True)
class Photo:
    """A picture file, upright and undistorted, as large as `box` (x, y, width, height) lets it be.

    One that cannot be read leaves its box empty; whoever lays out the page asks before.
    """

    box: Box
    path: str


@dataclass(frozen=True)
class Group:
    """Operations moved by (`dx`, `dy`) and cut at `clip` (x, y, width, height, before the move's target)."""

    ops: tuple[Op, ...]
    dx: float = 0.0
    dy: float = 0.0
    clip: Box | None = None


Op = Shapes | Mosaic | Raster | Markers | Text | Photo | Group


@dataclass(frozen=True)
class DrawnClass:
    """How many features of one class of a layer are in the picture, for the legend."""

    layer: str
    key: str
    title: str
    symbol: Symbol
    count: int


@dataclass(frozen=True)
class DisplayList:
    """A finished map picture: its size in mm, its ground colour, what to draw and what was drawn."""

    width_mm: float
    height_mm: float
    background: str
    ops: tuple[Op, ...]
    drawn: tuple[DrawnClass, ...] = ()
    unlabelled: int = field(default=0)


def polyline(points: list[tuple[float, float]], line: Line) -> Shapes:
    """One open line through `points` (mm)."""
    return Shapes(np.asarray(points, dtype=float), np.zeros(1, dtype=np.int64), line=line, closed=False)


def segments(pairs: Floats, line: Line) -> Shapes:
    """Many separate strokes: `pairs` is (n, 4) of x0, y0, x1, y1 in mm."""
    xy = np.asarray(pairs, dtype=float).reshape(-1, 2)
    return Shapes(xy, np.arange(0, len(xy), 2, dtype=np.int64), line=line, closed=False)


def rectangle(box: Box, fill: Fill | None = None, line: Line | None = None) -> Shapes:
    """The rectangle (x, y, width, height)."""
    x, y, w, h = box
    corners = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], dtype=float)
    return Shapes(corners, np.zeros(1, dtype=np.int64), fill, line)


def walk(ops: tuple[Op, ...]) -> Iterator[Op]:
    """Every operation of a list, those inside groups too."""
    for op in ops:
        yield op
        if isinstance(op, Group):
            yield from walk(op.ops)
