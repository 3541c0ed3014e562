"""Simulated township areas: the land nearer to a township's seat than to any other, within its county."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import shapely
from shapely import affinity
from shapely.geometry import MultiPoint, MultiPolygon, Point
from shapely.geometry.base import BaseGeometry

from app.demo.seats import XY
from app.domain.entities.division import Division

AUTHORITY = "模拟边界（按乡镇驻地划分的泰森多边形，非行政区域界线）"


def with_township_areas(divisions: Sequence[Division], seats: Mapping[str, XY]) -> list[Division]:
    """The divisions with a simulated area on every township that has a seat; the others unchanged."""
    areas: dict[str, BaseGeometry] = {}
    for county in divisions:
        if county.level == "county" and county.geometry is not None:
            mine = {code: seat for code, seat in seats.items() if code.startswith(county.code)}
            areas |= _areas(county.geometry, mine)
    return [
        item.replace(geometry=areas[item.code], boundary_authority=AUTHORITY, synthetic=True)
        if item.code in areas
        else item
        for item in divisions
    ]


def _areas(county: BaseGeometry, seats: Mapping[str, XY]) -> dict[str, BaseGeometry]:
    squeeze = math.cos(math.radians(county.centroid.y))  # nearness is meant on the ground, not in degrees
    flat = affinity.scale(county, xfact=squeeze, origin=(0, 0))
    points = {code: Point(x * squeeze, y) for code, (x, y) in seats.items()}
    cells = shapely.get_parts(shapely.voronoi_polygons(MultiPoint(list(points.values())), extend_to=flat))
    tree = shapely.STRtree(cells)
    found: dict[str, BaseGeometry] = {}
    for code, point in points.items():
        cell = cells[tree.query(point, predicate="intersects")[0]]
        area = affinity.scale(cell, xfact=1 / squeeze, origin=(0, 0)).intersection(county)
        parts = shapely.get_parts(area)
        found[code] = MultiPolygon([part for part in parts if part.geom_type == "Polygon"])
    return found
