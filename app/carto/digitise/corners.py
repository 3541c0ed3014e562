"""The corners of a shape: where they are, and the same shape with one moved, added or taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from app.carto.display import Floats
from app.errors import Invalid
from app.i18n import N_

XY = tuple[float, float]


@dataclass(frozen=True)
class Corner:
    """One corner: its part of the shape, its ring there (0 outside, then holes), its place in the ring."""

    part: int
    ring: int
    at: int


@dataclass(frozen=True, eq=False)
class Ring:
    """The corners of a ring or line, (n, 2) in the shape's own system; a ring's first corner stands once."""

    part: int
    ring: int
    xy: Floats
    closed: bool

    def next(self, at: int) -> int:
        """The corner after; a line has none after its last."""
        return (at + 1) % len(self.xy) if self.closed else at + 1

    @property
    def edges(self) -> int:
        """How many edges the ring or line has."""
        return len(self.xy) if self.closed else len(self.xy) - 1


def rings(shape: BaseGeometry | None) -> list[Ring]:
    """Every ring and line of a shape; a point is a line of one corner."""
    return list(_rings(shape)) if shape is not None and not shape.is_empty else []


def _rings(shape: BaseGeometry) -> Iterator[Ring]:
    for part, piece in enumerate(shapely.get_parts(shape)):
        if isinstance(piece, Polygon):
            for number, ring in enumerate((piece.exterior, *piece.interiors)):
                yield Ring(part, number, np.asarray(ring.coords)[:-1, :2], True)
        else:
            yield Ring(part, 0, np.asarray(piece.coords)[:, :2], False)


def place_of(shape: BaseGeometry, corner: Corner) -> XY:
    """Where a corner is."""
    x, y = _ring(shape, corner).xy[corner.at]
    return float(x), float(y)


def has_corner(shape: BaseGeometry, place: XY) -> bool:
    """Whether a corner of the shape lies exactly at a place."""
    return bool((shapely.get_coordinates(shape) == np.asarray(place)).all(axis=1).any())


def moved(shape: BaseGeometry, corner: Corner, to: XY) -> BaseGeometry:
    """The shape with a corner in another place."""

    def change(xy: Floats) -> Floats:
        xy[corner.at] = to
        return xy

    return _changed(shape, corner, change)


def moved_together(shape: BaseGeometry, old: XY, new: XY) -> BaseGeometry:
    """The shape with every corner that lies exactly at `old` put to `new`: shared boundaries stay shared."""

    def change(xy: Floats) -> Floats:
        out = np.array(xy, dtype=np.float64)
        out[(out[:, 0] == old[0]) & (out[:, 1] == old[1])] = new
        return out

    return shapely.transform(shape, change)


def added(shape: BaseGeometry, after: Corner, to: XY) -> BaseGeometry:
    """The shape with a new corner on the edge that begins at `after`."""
    return _changed(shape, after, lambda xy: np.insert(xy, after.at + 1, to, axis=0))


def removed(shape: BaseGeometry, corner: Corner) -> BaseGeometry | None:
    """The shape without a corner; a ring of three or a line of two goes as a whole. None when nothing is
    left."""
    ring = _ring(shape, corner)
    if len(ring.xy) > (3 if ring.closed else 2):
        return _changed(shape, corner, lambda xy: np.delete(xy, corner.at, axis=0))
    return without_ring(shape, corner)


def without_ring(shape: BaseGeometry, corner: Corner) -> BaseGeometry | None:
    """The shape without the hole a corner belongs to, or without its part; None when nothing is left."""
    parts = list(shapely.get_parts(shape))
    piece = parts[corner.part]
    if isinstance(piece, Polygon) and corner.ring:
        holes = [ring for number, ring in enumerate(piece.interiors, 1) if number != corner.ring]
        parts[corner.part] = Polygon(piece.exterior, holes)
    else:
        del parts[corner.part]
    return assembled(parts, shape)


def assembled(parts: Sequence[BaseGeometry], like: BaseGeometry) -> BaseGeometry | None:
    """Parts as one shape of the family of `like`: areas are always a multipolygon. None without parts."""
    if not parts:
        return None
    if isinstance(like, (Polygon, MultiPolygon)):
        return MultiPolygon([part for part in parts if isinstance(part, Polygon)])
    if isinstance(like, (LineString, MultiLineString)):
        lines = [part for part in parts if isinstance(part, LineString)]
        return lines[0] if len(lines) == 1 else MultiLineString(lines)
    return parts[0]


def _ring(shape: BaseGeometry, corner: Corner) -> Ring:
    for ring in rings(shape):
        if (ring.part, ring.ring) == (corner.part, corner.ring) and 0 <= corner.at < len(ring.xy):
            return ring
    raise Invalid(N_("The shape has no such corner"), code="no_corner")


def _changed(shape: BaseGeometry, corner: Corner, change: Callable[[Floats], Floats]) -> BaseGeometry:
    xy = change(np.array(_ring(shape, corner).xy, dtype=np.float64))
    parts = list(shapely.get_parts(shape))
    piece = parts[corner.part]
    if isinstance(piece, Polygon):
        outlines = [np.asarray(ring.coords) for ring in (piece.exterior, *piece.interiors)]
        outlines[corner.ring] = xy
        parts[corner.part] = Polygon(outlines[0], outlines[1:])
    elif isinstance(piece, Point):
        parts[corner.part] = Point(xy[0])
    else:
        parts[corner.part] = LineString(xy)
    whole = assembled(parts, shape)
    assert whole is not None  # a part was replaced, none was taken away
    return whole
