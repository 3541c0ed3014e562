"""Seeded messy ledgers in the ways counties keep them, each with what a careful reader would find in it."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
from openpyxl.worksheet.worksheet import Worksheet
from shapely import contains_xy

from app.domain.coordinates.formats import dms
from app.domain.coordinates.gcj import to_bd09, to_gcj02
from app.domain.coordinates.zones import transform
from exchange_cases import county

COUNTIES = {
    "崆峒区": "620802",
    "静宁县": "620826",
    "泾川县": "620821",
    "华亭县": "620881",
    "庄浪县": "620825",
}
HEADINGS = {
    "ledger_no": ["台账编号", "锅炉编号", "编号", "设备编号", "统一编号"],
    "user_org": ["使用单位", "单位名称", "锅炉使用单位名称", "企业名称", "使用单位（个人）", "业主单位"],
    "div_code": ["县（市、区）", "县区", "所属县区", "行政区划", "区县"],
    "address": ["地址", "详细地址", "安装地点", "锅炉房地址"],
    "rated_tph": ["锅炉吨位", "吨位（蒸吨）", "额定蒸发量", "锅炉容量（t/h）", "蒸吨数", "额定出力"],
    "fuel": ["燃料", "燃料种类", "燃料类型", "现用燃料"],
    "commissioned": ["投运时间", "投用时间", "建成时间", "安装时间"],
    "treatment": ["整治方式", "治理方式", "改造方式", "整治措施"],
    "due_date": ["完成时限", "计划完成时间", "整治时限", "完成期限"],
    "status_claim": ["完成情况", "整治进展", "目前状态", "整治情况", "是否完成"],
    "contact": ["联系人", "负责人"],
    "contact_phone": ["联系电话", "电话", "手机号"],
    "note": ["备注", "备 注", "说明"],
    "x": ["经度", "东经", "经度（E）"],
    "y": ["纬度", "北纬", "纬度（N）"],
}
FUELS = {
    "烟煤": "bituminous",
    "煤": "bituminous",
    "无烟煤": "anthracite",
    "型煤": "briquette",
    "兰炭": "semi_coke",
}
TREATMENTS = {
    "拆除": "dismantle",
    "煤改气": "coal_to_gas",
    "煤改电": "coal_to_electric",
    "集中供热": "district_heat",
}
OUTPUTS = (0.5, 0.7, 1.0, 2.0, 4.0, 6.0, 10.0)
_NAMES = ("宾馆", "中学", "医院", "果品公司", "洗浴中心", "小学", "供热站", "食品厂", "幼儿园", "酒店")


@dataclass
class Truth:
    """What a file says: the field of every column, values per row, questions, places."""

    seed: int
    style: dict[str, Any]
    fields: dict[int, str] = field(default_factory=dict)
    rows: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    asks: set[str] = field(default_factory=set)
    places: dict[int, tuple[float, float]] = field(default_factory=dict)
    last: int = 0


def make_ledger(folder: Path, seed: int) -> tuple[Path, Truth]:
    """Write the ledger of a seed and say what is in it."""
    dice = random.Random(seed)
    style: dict[str, Any] = {
        "titles": dice.choice([0, 1, 1, 2, 3]),
        "groups": dice.choice([0, 1, 1]),
        "file": dice.choice(["xlsx", "xlsx", "xlsx", "csv"]),
        "merge": dice.random() < 0.6,
        "crs": dice.choice(["4490"] * 4 + ["gcj02", "bd09", "4523", "dms", "6digit", "none"]),
        "after": dice.random() < 0.5,
        "totals": dice.random() < 0.7,
        "notes": dice.random() < 0.5,
        "order": dice.random() < 0.5,
        "encoding": dice.choice(["utf-8", "utf-8-sig", "gb18030"]),
    }
    truth = Truth(seed, style)
    layout = _layout(dice, style)
    head, merged = _head(dice, style, layout, truth)
    body, more = _body(dice, style, layout, truth, len(head))
    path = folder / f"台账 {seed}.{style['file']}"
    if style["file"] == "csv":
        with path.open("w", encoding=style["encoding"], newline="") as file:
            csv.writer(file).writerows(
                [["" if cell is None else cell for cell in row] for row in [*head, *body]]
            )
    else:
        _workbook(path, [*head, *body], [*merged, *more])
    return path, truth


def _layout(dice: random.Random, style: dict[str, Any]) -> list[str]:
    fields = ["ledger_no", "user_org", "div_code", "rated_tph"]
    fields += [
        name
        for name in (
            "address",
            "fuel",
            "commissioned",
            "treatment",
            "due_date",
            "status_claim",
            "contact",
            "contact_phone",
        )
        if dice.random() < 0.7
    ]
    if style["order"]:
        dice.shuffle(fields)
    boiler = [name for name in ("rated_tph", "fuel") if name in fields]
    fields = [name for name in fields if name not in boiler]
    spot = dice.randrange(1, len(fields))
    fields[spot:spot] = boiler
    if style["after"] and style["groups"]:
        spot = fields.index(boiler[-1]) + 1
        fields[spot:spot] = ["after_tph", "after_fuel"]
    if style["crs"] != "none":
        fields += ["x", "y"]
    return ["seq", *fields, "note"]


def _head(
    dice: random.Random, style: dict[str, Any], layout: list[str], truth: Truth
) -> tuple[list[list[Any]], list[str]]:
    width = len(layout)
    rows: list[list[Any]] = []
    merged = []
    titles = ["平凉市燃煤锅炉综合整治台账", "填报单位：生态环境局", "2018年10月"]
    for n in range(style["titles"]):
        rows.append([titles[n], *[None] * (width - 1)])
        if dice.random() < 0.7:
            merged.append(f"A{n + 1}:{_letter(width)}{n + 1}")
    words = {name: dice.choice(choices) for name, choices in HEADINGS.items()} | {
        "seq": "序号",
        "after_tph": "",
        "after_fuel": "",
    }
    words["after_tph"], words["after_fuel"] = words["rated_tph"], words["fuel"]
    for column, name in enumerate(layout, 1):
        truth.fields[column] = "" if name == "seq" else name
    if not style["groups"]:
        return [*rows, [words[name] for name in layout]], merged
    top, bottom = len(rows) + 1, len(rows) + 2
    groups = {
        "rated_tph": "整治前",
        "fuel": "整治前",
        "after_tph": "整治后",
        "after_fuel": "整治后",
        "x": "地理坐标",
        "y": "地理坐标",
    }
    upper: list[Any] = [groups.get(name, words[name]) for name in layout]
    lower: list[Any] = [words[name] if name in groups else None for name in layout]
    start = 0
    for column in range(1, width + 1):
        if column == width or upper[column] != upper[start] or layout[start] not in groups:
            if layout[start] in groups:
                if column - start > 1:
                    merged.append(f"{_letter(start + 1)}{top}:{_letter(column)}{top}")
                upper[start + 1 : column] = [None] * (column - start - 1)
            elif layout[start] not in groups:
                merged.append(f"{_letter(start + 1)}{top}:{_letter(start + 1)}{bottom}")
            start = column
    return [*rows, upper, lower], merged


def _letter(number: int) -> str:
    return openpyxl.utils.get_column_letter(number)


def _body(
    dice: random.Random, style: dict[str, Any], layout: list[str], truth: Truth, above: int
) -> tuple[list[list[Any]], list[str]]:
    rows: list[list[Any]] = []
    merged = []
    names = dice.sample(sorted(COUNTIES), dice.choice([1, 2, 3]))
    if style["crs"] == "6digit":
        names = ["静宁县"]
    serial = 0
    for name in names:
        first = above + len(rows) + 1
        for _ in range(dice.randint(3, 9)):
            serial += 1
            rows.append(_row(dice, style, layout, truth, above + len(rows) + 1, (name, serial)))
        last = above + len(rows)
        column = layout.index("div_code") + 1
        for number in range(first + 1, last + 1) if style["merge"] else ():
            rows[number - above - 1][column - 1] = None
        if style["merge"] and style["file"] == "xlsx":
            merged.append(f"{_letter(column)}{first}:{_letter(column)}{last}")
        if style["totals"]:
            rows.append([dice.choice(["小计", "小  计", "合计"]), *[None] * (len(layout) - 1)])
            rows[-1][layout.index("rated_tph")] = 12
    if style["notes"]:
        rows.append(["注：吨位以蒸吨计，坐标为锅炉房位置。", *[None] * (len(layout) - 1)])
    truth.last = above + len(rows)
    return rows, merged


def _row(
    dice: random.Random,
    style: dict[str, Any],
    layout: list[str],
    truth: Truth,
    number: int,
    who: tuple[str, int],
) -> list[Any]:
    name, serial = who
    values: dict[str, Any] = {
        "ledger_no": f"PL-{truth.seed % 100:02d}{serial:03d}",
        "user_org": f"{name[:2]}第{serial}{dice.choice(_NAMES)}",
    }
    cells: dict[str, Any] = {
        "seq": serial,
        "ledger_no": values["ledger_no"],
        "user_org": values["user_org"],
        "div_code": name,
    }
    values["div_code"] = COUNTIES[name]
    output = dice.choice(OUTPUTS)
    values["rated_tph"], cells["rated_tph"] = output, _output(dice, output)
    if dice.random() < 0.04 and output >= 1:
        cells["rated_tph"] = f"2台{output:g}蒸吨"
        truth.asks.add("units_meaning")
    cells["fuel"], values["fuel"] = dice.choice(list(FUELS.items()))
    cells["treatment"], values["treatment"] = dice.choice(list(TREATMENTS.items()))
    cells["commissioned"], values["commissioned"] = _date(dice, dice.randint(1998, 2016))
    cells["due_date"], values["due_date"] = _date(dice, 2018)
    if dice.random() < 0.05:
        cells["due_date"], values["due_date"] = "10月底前", "2018-10"
        if "due_date" in layout:
            truth.asks.add("year")
    cells["status_claim"] = values["status_claim"] = dice.choice(
        ["已拆除", "正在整治", "未整治", "已完成", "√"]
    )
    cells["contact"], cells["contact_phone"] = "张三", 13993300000 + serial
    values["contact"], values["contact_phone"] = "张三", str(13993300000 + serial)
    cells["address"] = values["address"] = f"{name}城关镇{serial}号"
    cells["after_tph"], values["after_tph"] = 2, 2.0
    cells["after_fuel"], values["after_fuel"] = "天然气", "gas"
    cells["note"] = None
    _place(dice, style, truth, number, name, cells)
    truth.rows[number] = [{key: value for key, value in values.items() if key in layout}]
    if str(cells["rated_tph"]).startswith("2台"):
        base = truth.rows[number][0]
        truth.rows[number] = [{**base, "ledger_no": f"{base['ledger_no']}-{n}"} for n in (1, 2)]
    return [cells.get(key) for key in layout]


def _output(dice: random.Random, output: float) -> Any:
    whole = f"{output:g}"
    wide = whole.translate(str.maketrans("0123456789.", "０１２３４５６７８９．"))
    return dice.choice(
        [
            output,
            whole,
            f"{whole}t/h",
            f"{whole}蒸吨",
            f"{whole}吨",
            f"{output * 0.7:g}MW",
            f"{output * 700:g}kW",
            wide,
        ]
    )


def _date(dice: random.Random, year: int) -> tuple[Any, str]:
    month, day = dice.randint(1, 12), dice.randint(1, 28)
    whole, part = f"{year}-{month:02d}-{day:02d}", f"{year}-{month:02d}"
    return dice.choice(
        [
            (whole, whole),
            (f"{year}.{month}.{day}", whole),
            (f"{year}年{month}月{day}日", whole),
            (f"{year}年{month}月", part),
            (f"{year}.{month:02d}", part),
            (f"{year}/{month}", part),
            (f"{year}年", str(year)),
            (f"{year}{month:02d}{day:02d}", whole),
        ]
    )


def _place(
    dice: random.Random, style: dict[str, Any], truth: Truth, number: int, name: str, cells: dict[str, Any]
) -> None:
    if style["crs"] == "none" or dice.random() < 0.05:
        return
    outline = county("华亭市" if name == "华亭县" else name)
    x0, y0, x1, y1 = outline.bounds
    while True:
        x, y = dice.uniform(x0, x1), dice.uniform(y0, y1)
        if contains_xy(outline, x, y):
            break
    x, y = round(x, 6), round(y, 6)
    truth.places[number] = (x, y)
    match style["crs"]:
        case "gcj02" | "bd09":
            shifted = (to_gcj02 if style["crs"] == "gcj02" else to_bd09)(x, y)
            cells["x"], cells["y"] = (round(float(value), 6) for value in shifted)
        case "4523" | "6digit":
            east, north = transform([x], [y], "EPSG:4490", f"EPSG:{4523 if style['crs'] == '4523' else 4544}")
            cells["x"], cells["y"] = round(float(east[0]), 2), round(float(north[0]), 2)
        case "dms":
            cells["x"], cells["y"] = dms(x, 2), dms(y, 2)
        case _:
            cells["x"], cells["y"] = x, y
    if style["crs"] == "4490" and dice.random() < 0.02:
        cells["x"], cells["y"] = cells["y"], cells["x"]
        truth.asks.add("axes")


def _workbook(path: Path, rows: list[list[Any]], merged: list[str]) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    page.title = "台账"
    for row in rows:
        page.append(row)
    for span in merged:
        page.merge_cells(span)
    book.save(path)


def worst_m(found: list[tuple[float, float]], truth: list[tuple[float, float]]) -> float:
    """The largest distance between pairs of points, metres."""
    from app.domain.coordinates.measure import distances_m

    a, b = np.array(found), np.array(truth)
    return float(distances_m(a[:, 0], a[:, 1], b[:, 0], b[:, 1]).max()) if len(a) else 0.0
