"""Snapping to what is on the map, corner before edge, and tracing along a boundary between two corners."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from app.carto.digitise.corners import XY, Ring, rings
from app.carto.display import Floats
from app.carto.projection import to_degrees, to_map

MOST_CORNERS = 200_000  # more than this in a window cannot be told apart anyway


@dataclass(frozen=True)
class Snap:
    """Where the pointer was drawn to, in degrees EPSG:4490, and by what."""

    place: XY
    kind: Literal["corner", "edge"]


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
            return Snap((float(x), float(y)), "corner")
        edge = _nearest(self._edges, here, reach_m)
        if edge is None:
            return None
        line = self._edges.geometries[edge]
        foot = shapely.get_coordinates(line.interpolate(line.project(here)))
        lon, lat = to_degrees(foot, self._crs)[0]
        return Snap((float(lon), float(lat)), "edge")

    def trace(self, start: XY, end: XY, *, other_way: bool = False) -> list[XY]:
        """The corners between two corners of one boundary, the shorter way or the other; none when no ring or
        line holds both."""
        for ring in self._rings:
            first, last = _index(ring, start), _index(ring, end)
            if first is None or last is None or first == last:
                continue
            ways = _ways(ring, first, last)
            ways.sort(key=lambda way: _length(ring.xy[way], self._crs))
            chosen = ways[-1] if other_way else ways[0]
            return [(float(x), float(y)) for x, y in ring.xy[chosen[1:-1]]]
        return []


def _stacked(parts: list[Floats]) -> Floats:
    return np.concatenate(parts) if parts else np.empty((0, 2))


def _nearest(tree: STRtree, here: BaseGeometry, reach_m: float) -> int | None:
    if not len(tree):
        return None
    found, distance = tree.query_nearest(here, max_distance=reach_m, return_distance=True, all_matches=False)
    return int(found[0]) if len(found) and distance[0] <= reach_m else None


def _index(ring: Ring, place: XY) -> int | None:
    found = np.flatnonzero((ring.xy[:, 0] == place[0]) & (ring.xy[:, 1] == place[1]))
    return int(found[0]) if len(found) else None


def _ways(ring: Ring, first: int, last: int) -> list[list[int]]:
    """The corner numbers from first to last, forwards and backwards; along a line there is one way."""
    count = len(ring.xy)
    if not ring.closed:
        step = 1 if last > first else -1
        return [list(range(first, last + step, step))]
    forth = [(first + step) % count for step in range((last - first) % count + 1)]
    back = [(first - step) % count for step in range((first - last) % count + 1)]
    return [forth, back]


def _length(xy: Floats, crs: str) -> float:
    steps = np.diff(to_map(xy, crs), axis=0)
    return float(np.hypot(steps[:, 0], steps[:, 1]).sum())
