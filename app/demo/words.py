"""How county bureaus write things: outputs, dates, status words, degrees, with all their variety."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date

from app.domain.coordinates.formats import dms

FUEL: Mapping[str, str] = {
    "bituminous": "烟煤",
    "anthracite": "无烟煤",
    "clean_coal": "洁净煤",
    "briquette": "型煤",
    "gas": "天然气",
    "electricity": "电",
    "district_heat": "集中供热",
    "biomass": "生物质",
}
TYPE: Mapping[str, str] = {
    "hot_water": "热水锅炉",
    "steam": "蒸汽锅炉",
    "tea_bath": "茶浴炉",
    "thermal_oil": "有机热载体锅炉",
    "atmospheric": "常压锅炉",
}
USAGE: Mapping[str, str] = {
    "heating": "供暖",
    "school": "学校",
    "hospital": "医院",
    "bath_catering": "洗浴餐饮",
    "industrial_steam": "工业蒸汽",
    "drying": "烘干",
}
TREATMENT: Mapping[str, tuple[str, ...]] = {
    "dismantle": ("拆除取缔", "拆除"),
    "coal_to_gas": ("煤改气",),
    "coal_to_electric": ("煤改电",),
    "district_heat": ("集中供热并网", "并网"),
    "biomass": ("改生物质专用锅炉",),
    "other_clean": ("其他清洁能源",),
    "upgrade": ("提标改造",),
}
AFTER_FUEL: Mapping[str, str] = {
    "coal_to_gas": "gas",
    "coal_to_electric": "electricity",
    "district_heat": "district_heat",
    "biomass": "biomass",
}
# What a county claims. It is only a claim: the state comes from the workflow or from an accepted migration.
CLAIM: Mapping[str, tuple[str, ...]] = {
    "cleared": ("已销号", "已完成整治", "已拆除", "已淘汰"),
    "rebound": ("已销号", "已完成整治"),
    "in_progress": ("整治中", "正在整治"),
    "applied": ("整治中",),
    "town_ok": ("整治中",),
    "county_ok": ("整治中",),
    "notice": ("整治中",),
    "sealed": ("停用封存", "停用"),
    "planned": ("未开工", "待整治"),
    "registered": ("待整治",),
    "retained": ("保留提标",),
    "suspect": ("", "待核实"),
}
_EXCEL_EPOCH = date(1899, 12, 30)


def output(tph: float, source: random.Random) -> str | float:
    """An output in one of the usual writings: 4, "4t/h", "4蒸吨", "4吨"."""
    return source.choice((tph, f"{tph:g}t/h", f"{tph:g}t/h", f"{tph:g}蒸吨", f"{tph:g}吨"))


def heat_output(tph: float, source: random.Random) -> str:
    """The same output as heat, in kW or MW."""
    megawatts = round(tph * 0.7, 4)
    return source.choice((f"{megawatts:g}MW", f"{round(megawatts * 1000)}kW"))


def several(count: int, tph: float, source: random.Random) -> str:
    """Equal boilers in one cell."""
    return source.choice((f"{count}台{tph:g}蒸吨", f"{count}台{tph:g}t/h", f"{count}台{tph:g}蒸吨"))


def month(iso: str, source: random.Random) -> str:
    """A month as text: "2018.10", "2018年10月", "2018-10"."""
    year, number = iso.split("-")
    return source.choice(
        (f"{year}.{number}", f"{year}.{int(number)}", f"{year}年{int(number)}月", f"{year}-{number}")
    )


def serial(iso: str) -> int:
    """The number a spreadsheet keeps for the first day of a month, when its cell lost the date format."""
    year, number = (int(part) for part in iso.split("-"))
    return (date(year, number, 1) - _EXCEL_EPOCH).days


def due(source: random.Random) -> str:
    """When it has to be done, as plans say it; some without the year."""
    return source.choice(("2026.10", "10月底前", "2026年10月底前", "2026.12", "12月底前", "2026年采暖期前"))


def degrees(value: float, style: str) -> str | float:
    """Degrees as a number with six decimals, or as degrees, minutes and seconds."""
    return dms(value, 1) if style == "dms" else round(value, 6)
