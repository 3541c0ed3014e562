"""Where the townships' seats are: from GeoNames where it knows the name, placed by the seed elsewhere."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from app.demo.seed import dice
from app.domain.entities.division import Division
from app.resources import map_file

XY = tuple[float, float]

# County seats in EPSG:4490. The centres of DataV's county file (GitHub anzhou99/GeoJsons @ae33047), which are
# GCJ-02, converted and rounded to four decimals.
COUNTY_SEATS: Mapping[str, XY] = {
    "620802": (106.6800, 35.5422),
    "620821": (107.3602, 35.3356),
    "620822": (107.6159, 35.0650),
    "620823": (107.0265, 35.3050),
    "620825": (106.0378, 35.2040),
    "620826": (105.7295, 35.5256),
    "620881": (106.6452, 35.2161),
}
# The town around each county's seat; streets, and towns along the valley road of 崆峒 whose direction is
# common knowledge there, at rough kilometres east and north of the seat.
_AT_SEAT = {
    "620821": "620821100", "620822": "620822100", "620823": "620823100", "620825": "620825100",
    "620826": "620826100", "620881": "620881100",
}  # fmt: skip
_NEAR_SEAT: Mapping[str, XY] = {
    "620802001": (1.3, -0.2), "620802002": (0.0, 0.1), "620802003": (-1.5, 0.3), "620802105": (-0.6, 3.4),
    "620802101": (-9.0, 0.5), "620802104": (-15.0, 5.0), "620802106": (16.5, -4.5), "620802102": (28.0, -9.0),
    "620802212": (-2.0, -15.0),
    "620821001": (0.9, 0.7), "620822001": (0.8, 0.6), "620823001": (0.8, 0.5), "620825001": (0.9, 0.6),
    "620826001": (0.9, 0.7), "620881001": (0.9, 0.6),
}  # fmt: skip
_KM_NORTH = 1.0 / 110.95
_CANDIDATES = 240
_EDGE_DEG = 0.014  # seats keep about 1.4 km from the county's border


def township_seats(divisions: Sequence[Division]) -> dict[str, XY]:
    """Longitude and latitude of each township's seat by code. GeoNames knows about a dozen of the 113."""
    counties = {d.code: d.geometry for d in divisions if d.level == "county" and d.geometry is not None}
    towns = [d for d in divisions if d.level == "town" and d.parent_code in counties]
    known = {town.code: seat for town in towns if (seat := _known_seat(town)) is not None}
    source = dice("seats")
    for code, shape in counties.items():
        mine = [town.code for town in towns if town.parent_code == code]
        unknown = [town for town in mine if town not in known]
        taken = [known[town] for town in mine if town in known]
        known |= dict(zip(unknown, _spread(shape, taken, len(unknown), source), strict=True))
    return {town.code: known[town.code] for town in towns}


def beside(seat: XY, east_km: float, north_km: float) -> XY:
    """A point some kilometres from a seat."""
    per_km = _KM_NORTH / math.cos(math.radians(seat[1]))
    return seat[0] + east_km * per_km, seat[1] + north_km * _KM_NORTH


def _known_seat(town: Division) -> XY | None:
    county = str(town.parent_code)
    if town.code in _NEAR_SEAT:
        return beside(COUNTY_SEATS[county], *_NEAR_SEAT[town.code])
    if _AT_SEAT.get(county) == town.code:
        return COUNTY_SEATS[county]
    return _geonames().get((county, str(town.short_name)))


def _geonames() -> dict[tuple[str, str], XY]:
    """Places by county code and name, of the shipped extract."""
    features = json.loads(map_file("region_places_geonames.geojson").read_text("utf-8"))["features"]
    codes = {"庄浪县": "620825", "静宁县": "620826", "灵台县": "620822", "华亭市": "620881"}
    found: dict[tuple[str, str], XY] = {}
    for item in features:
        county = codes.get(str(item["properties"].get("county")))
        if county is not None:
            lon, lat = item["geometry"]["coordinates"][:2]
            found[county, str(item["properties"].get("name_zh"))] = (float(lon), float(lat))
    return found


def _spread(shape: BaseGeometry, taken: Sequence[XY], count: int, source: random.Random) -> list[XY]:
    """Points well apart from each other inside a county: each is the best of many tries."""
    inner = shape.buffer(-_EDGE_DEG)
    shapely.prepare(inner)
    west, south, east, north = inner.bounds
    squeeze = math.cos(math.radians((south + north) / 2))
    placed = list(taken)
    found = []
    for _ in range(count):
        tries = [(source.uniform(west, east), source.uniform(south, north)) for _ in range(_CANDIDATES)]
        inside = np.array([xy for xy in tries if inner.contains(Point(xy))])
        best = inside[0]
        if placed:
            apart = inside[:, None, :] - np.array(placed)[None, :, :]
            apart[..., 0] *= squeeze
            best = inside[int(np.argmin(-np.hypot(apart[..., 0], apart[..., 1]).min(axis=1)))]
        found.append((round(float(best[0]), 5), round(float(best[1]), 5)))
        placed.append(found[-1])
    return found
