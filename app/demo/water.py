"""The four groundwater sources of the city with simulated wells and zones; only the names are real.

The real zones' corner points are not public, so everything drawn here is invented. 景家庄 has
the numbers that were published: 7 wells, 1.882 km² in all, 0.66 of it first-level (每日甘肃网 2019-07-23).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point
from shapely.geometry.base import BaseGeometry

from app.demo.seats import COUNTY_SEATS, XY, beside
from app.demo.seed import MARK, dice, uid
from app.domain.coordinates.measure import area_m2, length_m
from app.domain.coordinates.zones import STORED, transform
from app.domain.entities.water import Intake, ProtectionZone, WaterSource
from app.domain.entity import Entity

_CRS = "EPSG:4545"  # the city lies east of the seam; wells and zones are laid out in metres
_TENTH_SECOND = 1 / 36000.0
_CITY = "620802"


@dataclass(frozen=True)
class _Plan:
    """One source: name, middle of each well group in km from the city's seat, wells of each, areas in km²."""

    name: str
    type: str
    groups: tuple[XY, ...]
    wells: tuple[int, ...]
    first_km2: float
    total_km2: float
    m3_per_day: float
    population: int


_PLANS = (
    _Plan("养子寨水源地", "ground_pore", ((-8.6, 1.4),), (5,), 0.42, 1.35, 18_000, 108_000),
    _Plan("景家庄水源地", "ground_pore", ((-4.9, 1.9),), (7,), 0.66, 1.882, 15_000, 90_000),
    _Plan("南部山区水源地", "ground_fissure", ((-2.8, -8.2), (1.6, -9.4)), (3, 3), 0.38, 1.90, 10_000,
          60_000),
    _Plan("韩家沟水源地", "ground_pore", ((9.8, -3.6),), (4,), 0.30, 1.05, 7_000, 42_000),
)  # fmt: skip


def water_records() -> list[Entity]:
    """Sources, wells and protection zones, each source before what belongs to it (EPSG:4490)."""
    return [record for plan in _PLANS for record in _source(plan)]


def _source(plan: _Plan) -> Iterator[Entity]:
    groups = list(_well_groups(plan))
    wells = np.concatenate(groups)
    middle = wells.mean(axis=0)
    source = uid("source", plan.name)
    values: dict[str, Any] = {
        "name": plan.name + MARK,
        "div_code": _CITY,
        "scale": "prefecture",
        "type": plan.type,
        "use": "in_use",
        "m3_per_day": plan.m3_per_day,
        "population": plan.population,
        "note": "模拟数据：位置、水井和保护区范围均为虚构，仅名称为实",
        "synthetic": True,
    }
    yield WaterSource(uid=source, geometry=_degrees(Point(*middle)), **values)
    yield from _intakes(plan, wells, source)
    yield from _zones(plan, groups, source)


def _well_groups(plan: _Plan) -> Iterator[np.ndarray]:
    """Wells of each group in metres, about 230 m apart along a gentle arc, as wells along a valley lie."""
    source = dice(f"wells/{plan.name}")
    for (east, north), count in zip(plan.groups, plan.wells, strict=True):
        lon, lat = beside(COUNTY_SEATS[_CITY], east, north)
        x, y = transform([lon], [lat], STORED, _CRS)
        turn = math.radians(source.uniform(-25, 5))
        along = (np.arange(count) - (count - 1) / 2) * 230.0
        bend = -((along / 600.0) ** 2) * 70.0
        jitter = np.array([[source.uniform(-25, 25), source.uniform(-35, 35)] for _ in range(count)])
        spread = np.column_stack([along, bend]) + jitter
        rotation = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
        yield spread @ rotation + np.array([float(x[0]), float(y[0])])


def _intakes(plan: _Plan, wells: np.ndarray, source: str) -> Iterator[Intake]:
    rolls = dice(f"depths/{plan.name}")
    for number, well in enumerate(wells, 1):
        values: dict[str, Any] = {
            "no": f"{plan.name[:-3]}{number}号井",
            "source": source,
            "depth_m": float(rolls.randrange(60, 180)),
            "elevation_m": float(rolls.randrange(1290, 1420)),
            "synthetic": True,
        }
        yield Intake(uid=uid("intake", f"{plan.name}/{number}"), geometry=_degrees(Point(*well)), **values)


def _zones(plan: _Plan, groups: Sequence[np.ndarray], source: str) -> Iterator[ProtectionZone]:
    inner = _around(groups, plan.first_km2 * 1e6)
    outer = _around(groups, plan.total_km2 * 1e6)
    second = outer.difference(inner)  # the second level leaves the first out
    rest = round(plan.total_km2 - plan.first_km2, 4)
    for level, words, shape, area in (
        ("first", "一级", inner, plan.first_km2),
        ("second", "二级", second, rest),
    ):
        multi = MultiPolygon([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])
        values: dict[str, Any] = {
            "name": f"{plan.name}{words}保护区{MARK}",
            "source": source,
            "level": level,
            "part": "land",
            "approval_no": "模拟批文〔2018〕第1号",
            "approval_date": "2018-12",
            "approval_org": "（模拟）批复机关",
            "area_doc_km2": area,
            "area_calc_km2": round(area_m2(multi) / 1e6, 4),
            "perimeter_m": round(length_m(multi), 1),
            "coord_precision": "0.1″",
            "method": "formula",
            "synthetic": True,
        }
        yield ProtectionZone(uid=uid("zone", f"{plan.name}/{level}"), geometry=multi, **values)


def _around(groups: Sequence[np.ndarray], wanted_m2: float) -> BaseGeometry:
    """Polygons around the well groups with this area on the ellipsoid, corners at tenths of a second."""
    low, high = 20.0, 3000.0
    for _ in range(40):
        radius = (low + high) / 2
        if area_m2(_degrees(_hulls(groups, radius))) < wanted_m2:
            low = radius
        else:
            high = radius
    shape = _degrees(_hulls(groups, (low + high) / 2))
    rounded: BaseGeometry = shapely.transform(shape, lambda xy: np.round(xy / _TENTH_SECOND) * _TENTH_SECOND)
    return rounded


def _hulls(groups: Sequence[np.ndarray], radius: float) -> BaseGeometry:
    """Few corners, as a surveyed zone has: each group's hull widened, its round ends cut to short edges."""
    cores = [LineString(wells) if len(wells) == 2 else MultiPoint(wells).convex_hull for wells in groups]
    return shapely.union_all([core.buffer(radius, quad_segs=2).simplify(12.0) for core in cores])


def _degrees(shape: BaseGeometry) -> Any:
    def convert(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(transform(xy[:, 0], xy[:, 1], _CRS, STORED))

    return shapely.transform(shape, convert)
