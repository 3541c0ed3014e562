"""Whole layers from degrees into the map's own system and back, and what that system does to north."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Proj

from app.carto.display import Floats, Ints
from app.carto.features import Extent, Objects
from app.domain.coordinates.zones import STORED, crs_object, is_geographic, transform
from app.domain.portions import portions

_EDGE_STEPS = 24
_ON_THE_GLOBE = (180.0, 90.0)
_FARTHEST_M = 1e8  # no point of a plane map of the earth lies further out


def to_map(xy: Floats, crs: str) -> Floats:
    """Points (n, 2) of degrees EPSG:4490 as metres of `crs`; NaN where the system has no meaning."""
    x, y = transform(xy[:, 0], xy[:, 1], STORED, crs)
    return np.column_stack([x, y])


def to_degrees(xy: Floats, crs: str) -> Floats:
    """Points (n, 2) of `crs` as degrees EPSG:4490."""
    x, y = transform(xy[:, 0], xy[:, 1], crs, STORED)
    return np.column_stack([x, y])


def project_layer(geometry: Objects, crs: str) -> Objects:
    """Every geometry of a layer in `crs`, holes against their outer ring; None where there is no place.

    A geometry with a vertex that is no number, off the globe or beyond the system's meaning has none: neither
    GEOS nor Qt can reason on it.
    """
    moved = [_projected(geometry[part], crs) for part in portions(geometry)]
    return np.concatenate(moved) if moved else np.empty(0, dtype=object)


def _projected(geometry: Objects, crs: str) -> Objects:
    flat = _placed(np.asarray(shapely.force_2d(geometry), dtype=object), _ON_THE_GLOBE)
    if crs != STORED:
        xy, owner = shapely.get_coordinates(flat, return_index=True)
        moved = to_map(xy, crs) if len(xy) else xy
        flat = _without(flat, owner[~_within(moved, (_FARTHEST_M, _FARTHEST_M))])
        good = np.asarray(~shapely.is_missing(flat))
        flat[good] = shapely.set_coordinates(flat[good], moved[good[owner]])
    return np.asarray(shapely.orient_polygons(flat), dtype=object)


def _placed(geometry: Objects, most: tuple[float, float]) -> Objects:
    """A copy with None for geometries that have a vertex beyond `most` or without a finite place."""
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    return _without(geometry, owner[~_within(xy, most)])


def _within(xy: Floats, most: tuple[float, float]) -> NDArray[np.bool_]:
    """Which points are numbers no larger than `most` across and up."""
    return np.asarray((np.abs(xy) <= most).all(axis=1))


def _without(geometry: Objects, rows: Ints) -> Objects:
    kept = geometry.copy()
    kept[np.unique(rows)] = None
    return kept


def project_extent(extent: Extent, crs: str) -> Extent:
    """The box in `crs` around an extent of degrees, its bent edges included; NaN for one off the map."""
    return _around(extent, lambda xy: to_map(xy, crs))


def extent_in_degrees(extent: Extent, crs: str) -> Extent:
    """The box of degrees around an extent of `crs`; NaN where the system has no meaning."""
    return _around(extent, lambda xy: to_degrees(xy, crs))


def edge_points(extent: Extent, steps: int = _EDGE_STEPS) -> Floats:
    """Points along the four edges of a box: south, east, north, west, each `steps` + 1 long."""
    x0, y0, x1, y1 = extent
    t = np.linspace(0.0, 1.0, steps + 1)
    along_x, along_y = x0 + (x1 - x0) * t, y0 + (y1 - y0) * t
    south, north = np.full_like(t, y0), np.full_like(t, y1)
    west, east = np.full_like(t, x0), np.full_like(t, x1)
    xs = np.concatenate([along_x, east, along_x, west])
    ys = np.concatenate([south, along_y, north, along_y])
    return np.column_stack([xs, ys])


def _around(extent: Extent, convert: Callable[[Floats], Floats]) -> Extent:
    turned = convert(edge_points(extent))
    turned = turned[np.isfinite(turned).all(axis=1)]
    if not len(turned):
        return (math.nan, math.nan, math.nan, math.nan)
    low, high = turned.min(axis=0), turned.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def convergence_deg(lon: float, lat: float, crs: str) -> float:
    """The angle between grid north and true north at a point, positive east of the central meridian."""
    if is_geographic(crs):
        return 0.0
    return float(_proj(crs).get_factors(lon, lat).meridian_convergence)


@lru_cache(maxsize=32)
def _proj(crs: str) -> Proj:
    return Proj(crs_object(crs))
