"""Outlines cut at the edge of a view and thinned to what an eye can tell apart, for whole layers at once."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.errors import GEOSException

from app.carto.display import Floats, Ints
from app.carto.features import Extent, Objects

MANY_VERTICES = 200
_DOT_MM = 0.04  # 1/600 inch: what no printer and no screen tells apart
_MOST_IN_RING = 20_000  # more corners than that in one outline are noise on any sheet


def cut_rings(xy: Floats, starts: Ints, box: Extent) -> tuple[Floats, Ints]:
    """Closed rings cut at a box (x0, y0, x1, y1), side by side; they keep their turn, those outside vanish.

    Sutherland and Hodgman's way: pieces of one ring stay joined along the edge of the box, which only a
    box outside the picture may show.
    """
    for axis, sign, limit in ((0, 1.0, box[0]), (0, -1.0, box[2]), (1, 1.0, box[1]), (1, -1.0, box[3])):
        if not len(starts):
            break
        xy, starts = _cut_once(xy, starts, sign * (xy[:, axis] - limit))
    return xy, starts


def _cut_once(xy: Floats, starts: Ints, inside_by: Floats) -> tuple[Floats, Ints]:
    """What lies on the good side of a line, `inside_by` being each vertex's distance to it."""
    inside = inside_by >= 0
    if inside.all():
        return xy, starts
    following = np.arange(1, len(xy) + 1)
    following[np.append(starts[1:], len(xy)) - 1] = starts
    crosses = inside != inside[following]
    step = np.where(crosses, inside_by - inside_by[following], 1.0)
    share = (inside_by / step)[:, None]
    slots = np.stack([xy, xy + (xy[following] - xy) * share], axis=1)
    kept = np.stack([inside, crosses], axis=1)
    owner = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(xy))))
    return slots[kept], _starts_of(np.repeat(owner, kept.sum(axis=1)))


def thinned(xy_mm: Floats, starts: Ints, dot: float = _DOT_MM) -> tuple[Floats, Ints]:
    """Detailed rings or lines without vertices that fall on the one before; `dot` in the unit of `xy_mm`."""
    lengths = np.diff(np.append(starts, len(xy_mm)))
    if not len(lengths) or lengths.max() <= MANY_VERTICES:
        return xy_mm, starts
    owner = np.repeat(np.arange(len(starts)), lengths)
    dots = np.round(xy_mm / dot)
    keep = np.ones(len(xy_mm), dtype=bool)
    keep[1:] = (dots[1:] != dots[:-1]).any(axis=1)
    keep[starts] = keep[np.append(starts[1:], len(xy_mm)) - 1] = True
    xy_mm, owner = xy_mm[keep], owner[keep]
    counts = np.bincount(owner, minlength=len(starts))
    stride = -(-counts // _MOST_IN_RING)
    if stride.max() > 1:
        firsts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        place = np.arange(len(owner)) - firsts[owner]
        keep = (place % stride[owner] == 0) | (place == counts[owner] - 1)
        xy_mm, owner = xy_mm[keep], owner[keep]
    return xy_mm, _starts_of(owner)


def _starts_of(owner: Ints) -> Ints:
    """Where each ring begins when every vertex knows its ring."""
    return np.flatnonzero(np.diff(owner, prepend=-1)).astype(np.int64)


def lighter(area: shapely.Geometry) -> shapely.Geometry:
    """A polygon of very many corners by some of those of its outline: enough to find a place for a word."""
    count = int(shapely.get_num_coordinates(area))
    if count <= _MOST_IN_RING:
        return area
    corners = shapely.get_coordinates(shapely.get_exterior_ring(area))
    return shapely.Polygon(corners[:: -(-count // 5000)])


def clipped(geometry: Objects, box: Extent) -> Objects:
    """Geometries cut at a box; those GEOS cannot reason on are left out (None)."""
    try:
        return np.asarray(shapely.clip_by_rect(geometry, *box), dtype=object)
    except GEOSException:
        if len(geometry) == 1:
            return np.array([None], dtype=object)
        return np.concatenate([clipped(geometry[at : at + 1], box) for at in range(len(geometry))])


def roomiest(area: shapely.Geometry) -> Floats:
    """The middle of the largest circle in a polygon's largest part, or of its box where there is none."""
    largest = lighter(max(shapely.get_parts(area), key=shapely.area))
    x0, y0, x1, y1 = shapely.bounds(largest)
    reach = max(x1 - x0, y1 - y0)
    try:
        circle = shapely.maximum_inscribed_circle(largest, tolerance=reach / 200.0)
    except GEOSException:
        return np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    return np.asarray(shapely.get_coordinates(circle)[0], dtype=float)
