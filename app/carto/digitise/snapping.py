"""Snapping to what is on the map, corner before edge, and tracing along a boundary between two corners."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from app.carto.digitise.corners import XY, Ring, rings
from app.carto.display import Floats, Ints
from app.carto.projection import to_degrees, to_map

MOST_CORNERS = 200_000  # more than this in a window cannot be told apart anyway
_Near = tuple[Ints, Floats]  # numbers of corners, and metres to each, the nearest first


@dataclass(frozen=True)
class Snap:
    """Where the pointer was drawn to, in degrees EPSG:4490, by what, and how far."""

    place: XY
    kind: Literal["corner", "edge"]
    aside_m: float = 0.0


@dataclass(frozen=True)
class Asked:
    """What is to be traced: the line so far, and the place it is to be led to, in degrees EPSG:4490.

    `loose`: the line's last corner was only drawn near by snapping, so another one within reach may have been
    meant.
    """

    line: Sequence[XY]
    at: XY
    reach_m: float
    loose: bool = False
    other_way: bool = False


@dataclass(frozen=True)
class Trail:
    """The way along one boundary from corner to corner in degrees, `between` without both; the lowest rank
    is what was meant most likely."""

    start: XY
    between: tuple[XY, ...]
    end: XY
    rank: tuple[bool, bool, float, float]  # another start, another outline; metres aside, metres long


class Snapper:
    """Corners and edges near which the pointer is drawn; made for the shapes in a window.

    Shapes are in EPSG:4490; distances are metres of `crs`, the map's own system. A corner is given back
    exactly as it is stored, so that boundaries which meet share it to the last digit.
    """

    def __init__(self, shapes: Iterable[BaseGeometry | None], crs: str) -> None:
        self._crs = crs
        self._rings: list[Ring] = []
        count = 0
        for shape in shapes:
            for ring in rings(shape):
                count += len(ring.xy)
                if count > MOST_CORNERS:
                    break
                self._rings.append(ring)
        self.complete = count <= MOST_CORNERS
        self._places = _stacked([ring.xy for ring in self._rings])
        sizes = np.array([len(ring.xy) for ring in self._rings], dtype=np.int64)
        self._ring_of: Ints = np.repeat(np.arange(len(sizes)), sizes)
        self._first: Ints = np.cumsum(sizes) - sizes
        on_map = to_map(self._places, crs) if len(self._places) else self._places
        self._corners = STRtree(np.asarray(shapely.points(on_map), dtype=object))
        self._edges = STRtree(np.asarray(shapely.linestrings(self._segments(on_map)), dtype=object))

    def _segments(self, on_map: Floats) -> Floats:
        pairs, start = [], 0
        for ring in self._rings:
            number = np.arange(ring.edges)
            pairs.append(start + np.column_stack([number, (number + 1) % len(ring.xy)]))
            start += len(ring.xy)
        if not pairs:
            return np.empty((0, 2, 2))
        segments: Floats = on_map[np.concatenate(pairs)]
        return segments

    def snap(self, at: XY, reach_m: float) -> Snap | None:
        """What lies within `reach_m` of a place in degrees: the nearest corner, else the nearest edge."""
        here = shapely.points(to_map(np.array([at], dtype=np.float64), self._crs)[0])
        corner = _nearest(self._corners, here, reach_m)
        if corner is not None:
            x, y = self._places[corner]
            return Snap((float(x), float(y)), "corner", here.distance(self._corners.geometries[corner]))
        edge = _nearest(self._edges, here, reach_m)
        if edge is None:
            return None
        line = self._edges.geometries[edge]
        foot = shapely.get_coordinates(line.interpolate(line.project(here)))
        lon, lat = to_degrees(foot, self._crs)[0]
        return Snap((float(lon), float(lat)), "edge", here.distance(line))

    def trail(self, asked: Asked) -> Trail | None:
        """The way along a boundary that has the line's last corner and one within reach of the place asked.

        An outline that the line follows already comes before others, however much nearer theirs lie: zoomed
        out, corners of several layers are within reach. None where no boundary has both.
        """
        ends = self._near(asked.at, asked.reach_m)
        found = self._best(self._exactly(asked.line[-1]), ends, asked)
        if found is None and asked.loose:
            found = self._best(self._near(asked.line[-1], asked.reach_m), ends, asked)
        return found

    def _best(self, starts: _Near, ends: _Near, asked: Asked) -> Trail | None:
        """The trail of the lowest rank; of each ring the corner nearest to either end is taken."""
        first, last = self._by_ring(starts), self._by_ring(ends)
        followed = self._by_ring(self._exactly(asked.line[-2])).keys() if len(asked.line) > 1 else set()
        ranked = sorted(
            (ring not in followed, first[ring][1] + last[ring][1], ring)
            for ring in first.keys() & last.keys()
            if first[ring][0] != last[ring][0]
        )
        alike = [ring for other, aside, ring in ranked if (other, aside) == ranked[0][:2]]
        trails = [self._along(ring, (first[ring][0], last[ring][0]), asked, ranked[0][:2]) for ring in alike]
        return min(trails, key=lambda trail: trail.rank, default=None)

    def _along(self, ring: int, ends: tuple[int, int], asked: Asked, rank: tuple[bool, float]) -> Trail:
        """The asked way from corner to corner of a ring; its rank ends in the length of the shorter way."""
        xy, first = self._rings[ring].xy, int(self._first[ring])
        ways = _ways(self._rings[ring], ends[0] - first, ends[1] - first)
        lengths = [_length(xy[way], self._crs) for way in ways]
        way = ways[lengths.index((max if asked.other_way else min)(lengths))]
        start, *between, end = ((x, y) for x, y in xy[way].tolist())
        return Trail(start, tuple(between), end, (start != asked.line[-1], *rank, min(lengths)))

    def _near(self, at: XY, reach_m: float) -> _Near:
        """The corners within reach of a place."""
        here = shapely.points(to_map(np.array([at], dtype=np.float64), self._crs)[0])
        if not len(self._corners):
            return np.empty(0, dtype=np.int64), np.empty(0)
        found = self._corners.query(here, predicate="dwithin", distance=reach_m)
        away = np.asarray(shapely.distance(self._corners.geometries[found], here), dtype=np.float64)
        order = np.argsort(away, kind="stable")
        return found[order], away[order]

    def _exactly(self, place: XY) -> _Near:
        """The corners at a place, to the last digit."""
        found = np.flatnonzero((self._places[:, 0] == place[0]) & (self._places[:, 1] == place[1]))
        return found, np.zeros(len(found))

    def _by_ring(self, near: _Near) -> dict[int, tuple[int, float]]:
        """The nearest corner of each ring, and how far it is."""
        ring, at = np.unique(self._ring_of[near[0]], return_index=True)
        chosen = zip(near[0][at].tolist(), near[1][at].tolist(), strict=True)
        return dict(zip(ring.tolist(), chosen, strict=True))


def _stacked(parts: list[Floats]) -> Floats:
    return np.concatenate(parts) if parts else np.empty((0, 2))


def _nearest(tree: STRtree, here: BaseGeometry, reach_m: float) -> int | None:
    if not len(tree):
        return None
    found, distance = tree.query_nearest(here, max_distance=reach_m, return_distance=True, all_matches=False)
    return int(found[0]) if len(found) and distance[0] <= reach_m else None


def _ways(ring: Ring, first: int, last: int) -> list[Ints]:
    """The corner numbers from first to last, forwards and backwards; along a line there is one way."""
    count = len(ring.xy)
    if not ring.closed:
        step = 1 if last > first else -1
        return [np.arange(first, last + step, step)]
    forth = (first + np.arange((last - first) % count + 1)) % count
    back = (first - np.arange((first - last) % count + 1)) % count
    return [forth, back]


def _length(xy: Floats, crs: str) -> float:
    steps = np.diff(to_map(xy, crs), axis=0)
    return float(np.hypot(steps[:, 0], steps[:, 1]).sum())
