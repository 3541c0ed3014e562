"""Pingliang's divisions and small county ledgers for the tests of the importer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter
from shapely import MultiPolygon, union_all
from shapely.geometry import shape

from app.domain.catalog import entity_type
from app.domain.entities.division import Division
from app.domain.entity import Entity
from app.exchange.mapping import MappingFile
from app.exchange.options import ImportContext, ImportOptions
from app.exchange.plan import plan_file
from app.exchange.report import ImportPlan
from app.resources import map_file

TODAY = date(2026, 11, 23)
_TOWNS = {
    "620802001": "东关街道",
    "620802100": "四十里铺镇",
    "620802101": "柳湖镇",
    "620826100": "城关镇",
    "620825100": "水洛镇",
    "620881100": "安口镇",
    "620821100": "城关镇",
}


@lru_cache
def divisions() -> tuple[Division, ...]:
    """The city, its seven counties with outlines, an old name, a development zone and some townships."""
    content = json.loads(map_file("pingliang_counties_cgcs2000_tianditu.geojson").read_text("utf-8"))
    counties = []
    for feature in content["features"]:
        outline = shape(feature["geometry"])
        code, name = feature["properties"]["gb"][3:], feature["properties"]["name"]
        aliases = ("华亭县",) if name == "华亭市" else ()
        polygon = outline if isinstance(outline, MultiPolygon) else MultiPolygon([outline])
        counties.append(
            Division(
                uid=code,
                code=code,
                name=name,
                level="county",
                parent_code="620800",
                aliases=aliases,
                geometry=polygon,
            )
        )
    city = Division(uid="620800", code="620800", name="平凉市", level="city", geometry=area())
    old = Division(uid="620824", code="620824", name="华亭县", level="county", replaced_by="620881")
    towns = [Division(uid=c, code=c, name=n, level="town", parent_code=c[:6]) for c, n in _TOWNS.items()]
    return (city, *counties, old, *towns)


@lru_cache
def area() -> MultiPolygon:
    """The outline of the whole city."""
    content = json.loads(map_file("pingliang_counties_cgcs2000_tianditu.geojson").read_text("utf-8"))
    whole = union_all([shape(feature["geometry"]) for feature in content["features"]])
    return whole if isinstance(whole, MultiPolygon) else MultiPolygon([whole])


def county(name: str) -> MultiPolygon:
    """A county's outline by name."""
    found = next(
        division for division in divisions() if division.name == name and division.geometry is not None
    )
    assert isinstance(found.geometry, MultiPolygon)
    return found.geometry


def context(kind: str = "boiler", existing: Sequence[Entity] = (), **more: Any) -> ImportContext:
    """A workspace of the whole city with these records."""
    return ImportContext(entity_type(kind), existing, divisions(), area(), TODAY, **more)


def plan(path: Path, kind: str = "boiler", existing: Sequence[Entity] = (), **options: Any) -> ImportPlan:
    """Plan the import of a file of a known template, of which CGCS2000 was answered before."""
    known = context(kind, existing, recall=lambda _: MappingFile(answers={"crs": "EPSG:4490"}))
    return plan_file(path, known, ImportOptions(**options))


def report(
    path: Path, kind: str = "boiler", existing: Sequence[Entity] = (), **options: Any
) -> dict[str, Any]:
    """The JSON of a dry run with its rows."""
    made = plan(path, kind, existing, **options)
    return made.report.to_json(made.kind, rows=True)


def workbook(
    path: Path,
    rows: Sequence[Sequence[object]],
    merged: Sequence[str] = (),
    sheet: str = "台账",
    hidden: Sequence[int] = (),
    formats: Mapping[str, str] | None = None,
) -> Path:
    """Write rows into a workbook as they are."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(list(row))
    for span in merged:
        page.merge_cells(span)
    for number in hidden:
        page.row_dimensions[number].hidden = True
    for cell, style in (formats or {}).items():
        page[cell].number_format = style
    book.save(path)
    return path


HEADER = ["台账编号", "使用单位", "县区", "锅炉吨位", "燃料", "经度", "纬度", "完成时限", "完成情况"]


def simple(path: Path, *rows: Sequence[object], header: Sequence[str] = HEADER) -> Path:
    """A one-row heading and these rows."""
    return workbook(path, [list(header), *rows])


def good_row(number: int, **changes: object) -> list[object]:
    """A row of `simple` that is right in every cell, well inside 崆峒区."""
    values: dict[str, object] = dict(
        zip(
            HEADER,
            [
                f"KT-{number:03d}",
                f"平凉第{number}宾馆",
                "崆峒区",
                4,
                "烟煤",
                106.60 + number / 1000,
                35.52,
                "2018-10",
                "未整治",
            ],
            strict=True,
        )
    )
    values.update(changes)
    return [values[name] for name in HEADER]


def county_style(path: Path) -> Path:
    """A ledger as counties keep it: title, two grouped heading rows, merged counties, totals, notes."""
    rows: list[list[object]] = [
        ["平凉市2018年燃煤锅炉综合整治台账", *[None] * 14],
        [
            "序号",
            "县（市、区）",
            "台账编号",
            "使用单位",
            "地址",
            "整治前",
            None,
            None,
            "整治后",
            None,
            "坐标",
            None,
            "完成时限",
            "完成情况",
            "备注",
        ],
        [
            None,
            None,
            None,
            None,
            None,
            "锅炉型号",
            "锅炉吨位",
            "燃料",
            "锅炉吨位",
            "燃料",
            "经度",
            "纬度",
            None,
            None,
            None,
        ],
        [
            1,
            "崆峒区",
            "KT-001",
            "平凉宾馆",
            "柳湖路1号",
            "DZL4-1.25-AⅡ",
            "4t/h",
            "烟煤",
            2,
            "天然气",
            106.66,
            35.54,
            "2018.10",
            "已拆除",
            None,
        ],
        [
            2,
            None,
            "KT-002",
            "第二中学",
            "南环路",
            None,
            "2台4蒸吨",
            "烟煤",
            None,
            "电",
            "106°41′23.5″",
            "35°32′10″",
            "10月底前",
            "正在整治",
            None,
        ],
        [
            3,
            None,
            "KT-003",
            "市医院",
            "东大街",
            None,
            "２",
            "无烟煤",
            None,
            None,
            None,
            None,
            43374,
            "未整治",
            "无坐标",
        ],
        [None, "小计", None, None, None, None, 10, None, None, None, None, None, None, None, None],
        [
            1,
            "静宁县",
            "JN-001",
            "静宁果品公司",
            "城关镇",
            None,
            "2.8MW",
            "型煤",
            None,
            "集中供热",
            105.73,
            35.52,
            "2018年10月",
            "√",
            None,
        ],
        [
            2,
            None,
            "JN-002",
            "静宁一中",
            "城关镇",
            None,
            "1",
            "烟煤",
            None,
            None,
            35.52,
            105.72,
            "2018/9/30",
            "已完成",
            None,
        ],
        [None, "合计", None, None, None, None, 13.8, None, None, None, None, None, None, None, None],
        ["注：1.本表由各县（市、区）填报；2.锅炉吨位单位为蒸吨。", *[None] * 14],
    ]
    merged = [
        "A1:O1",
        "A2:A3",
        "B2:B3",
        "C2:C3",
        "D2:D3",
        "E2:E3",
        "F2:H2",
        "I2:J2",
        "K2:L2",
        "M2:M3",
        "N2:N3",
        "O2:O3",
        "B4:B6",
        "B8:B9",
        "A11:O11",
    ]
    return workbook(path, rows, merged)


def letters(count: int) -> list[str]:
    """The column letters from A on."""
    return [get_column_letter(index) for index in range(1, count + 1)]
