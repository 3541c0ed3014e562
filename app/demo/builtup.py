"""Simulated built-up areas (建成区) around the county seats; the real outlines were not to be had."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from app.demo.seats import COUNTY_SEATS, beside
from app.demo.seed import MARK, dice, uid
from app.domain.entities.division import Division
from app.domain.entities.water import BuiltUpArea

YEAR = 2025
# Half the length east-west and north-south in kilometres; the city lies along its river.
_EXTENT = {"620802": (5.4, 2.3), "620826": (2.3, 1.7), "620825": (2.4, 1.3), "620821": (2.4, 1.3)}
_SMALL = (1.8, 1.2)
_CORNERS = 22


def built_up_areas(divisions: Sequence[Division]) -> list[BuiltUpArea]:
    """One area for each county seat, within its county (EPSG:4490)."""
    counties = [item for item in divisions if item.code in COUNTY_SEATS and item.geometry is not None]
    return [_area(county, _outline(county)) for county in counties]


def outlines(areas: Sequence[BuiltUpArea]) -> Mapping[str, BaseGeometry]:
    """The areas by county code."""
    return {str(item.div_code): item.geometry for item in areas if item.geometry is not None}


def _area(county: Division, outline: BaseGeometry) -> BuiltUpArea:
    values: dict[str, Any] = {
        "name": f"{county.name}建成区{MARK}",
        "div_code": county.code,
        "year": YEAR,
        "synthetic": True,
    }
    return BuiltUpArea(uid=uid("builtup", county.code), geometry=outline, **values)


def _outline(county: Division) -> BaseGeometry:
    source = dice(f"builtup/{county.code}")
    wide, high = _EXTENT.get(county.code, _SMALL)
    corners = []
    for number in range(_CORNERS):
        angle = 2 * math.pi * number / _CORNERS
        reach = source.uniform(0.78, 1.08)
        corners.append(
            beside(COUNTY_SEATS[county.code], wide * reach * math.cos(angle), high * reach * math.sin(angle))
        )
    shape = Polygon(corners).intersection(county.geometry)
    return MultiPolygon([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])
