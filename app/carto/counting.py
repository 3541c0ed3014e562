"""How many points lie in each of very many areas: by boxes, then by the even-odd rule on their rings."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from app.carto.display import Floats, Ints
from app.carto.flat import GROUP, FlatAreas

_AT_ONCE = 5_000  # pairs of a point and a group of areas looked at together


def counted_within(areas: FlatAreas, points: Floats) -> NDArray[np.int64]:
    """The number of points (n, 2; the areas' units) inside each area; one on a shared edge counts once."""
    counts = np.zeros(len(areas), dtype=np.int64)
    points = points[np.isfinite(points).all(axis=1)] - areas.origin
    good = np.flatnonzero(areas.boxes[:, 0] <= areas.boxes[:, 2])
    if not len(points) or not len(good):
        return counts
    tree = shapely.STRtree(shapely.box(*areas.boxes[good].astype(float).T))
    whose, group = tree.query(shapely.points(points))
    for at in range(0, len(whose), _AT_ONCE):
        near, members = points[whose[at : at + _AT_ONCE]], good[group[at : at + _AT_ONCE]]
        np.add.at(counts, _holding(areas, near, members), 1)
    return counts


def _holding(areas: FlatAreas, points: Floats, groups: Ints) -> Ints:
    """The areas that hold a point, once for each, of pairs of a point and a group."""
    found = np.unique(groups)
    rows = (found[:, None] * GROUP + np.arange(GROUP)).ravel()
    rows = rows[rows < len(areas)]
    rows = rows[areas.areas[rows] < areas.areas[rows + 1]]  # those with a ring
    boxes = areas.bounds_of(rows) - [*areas.origin, *areas.origin]
    first = np.searchsorted(rows, groups * GROUP)
    last = np.searchsorted(rows, (groups + 1) * GROUP)
    point = np.repeat(np.arange(len(points)), last - first)
    area = _between(first, last)
    x, y = points[point].T
    x0, y0, x1, y1 = boxes[area].T
    near = (x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1)
    chosen: Ints = rows[area[near]]
    inside: Ints = chosen[_inside(areas, points[point[near]], chosen)]
    return inside


def _inside(areas: FlatAreas, points: Floats, rows: Ints) -> NDArray[np.bool_]:
    """Whether each point lies in its area: an odd number of edges to its right."""
    begin, end = areas.areas[rows].astype(np.int64), areas.areas[rows + 1].astype(np.int64)
    ring = _between(begin, end)
    owner = np.repeat(np.arange(len(rows)), end - begin)
    start, stop = areas.rings[ring].astype(np.int64), areas.rings[ring + 1].astype(np.int64)
    vertex = _between(start, stop)
    lengths = stop - start
    after = vertex + 1
    after[np.cumsum(lengths)[lengths > 0] - 1] = start[lengths > 0]
    owner = np.repeat(owner, lengths)
    x, y = points[owner].T
    (x0, y0), (x1, y1) = areas.xy[vertex].T.astype(float), areas.xy[after].T.astype(float)
    across = (y0 > y) != (y1 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        right = x < (x1 - x0) * (y - y0) / (y1 - y0) + x0
    crossings = np.bincount(owner[across & right], minlength=len(rows))
    return np.asarray(crossings % 2 == 1)


def _between(first: Ints, last: Ints) -> Ints:
    """The numbers from each first up to below its last, one run after the other."""
    lengths = last - first
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    places: Ints = np.arange(total) + np.repeat(first - (ends - lengths), lengths)
    return places
