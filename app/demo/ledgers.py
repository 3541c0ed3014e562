"""The county ledgers as workbooks, the way county bureaus keep them, with their merged cells and mistakes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from app.demo import words
from app.demo.columns import COLUMNS, STYLES
from app.demo.seed import dice
from app.demo.shares import DUPLICATES_PERCENT
from app.demo.truth import Truth
from app.domain.coordinates.gcj import to_gcj02
from app.exchange.looks import look, put_on

SHEET = "锅炉台账"
FIRST_ROW = 5  # a title, a line about the form, two header rows
YEAR = 2026

_OLD_NAMES = {"620881": "华亭县"}
_OUTSIDE = {"620826": (105.9321, 35.6702), "620822": (107.9264, 34.9032)}  # 固原市隆德县, 庆阳市宁县 side


@dataclass(frozen=True)
class LedgerRow:
    """One row as written: the cells by column name, the boilers it means, and the refusal it must meet."""

    cells: Mapping[str, Any]
    truths: tuple[Truth, ...]
    refused: str = ""


@dataclass(frozen=True)
class Ledger:
    """One county's workbook."""

    county: str
    name: str
    rows: tuple[LedgerRow, ...]

    @property
    def file_name(self) -> str:
        """The name a county would send it under."""
        return f"{self.name}燃煤锅炉整治台账（模拟）.xlsx"


def ledgers(truths: Sequence[Truth], names: Mapping[str, str]) -> list[Ledger]:
    """One ledger for each county, with the rows that will be refused among the good ones."""
    found = []
    duplicates = _duplicates(len(truths), truths)
    for county, mine in groupby(truths, key=lambda truth: truth.county):
        source = dice(f"ledger/{county}")
        rows = [_row(tuple(same), names, source) for _, same in groupby(mine, key=lambda truth: truth.row_no)]
        rows = _with_refused(county, rows, duplicates, source)
        found.append(Ledger(county, names[county], tuple(rows)))
    return found


def write_ledger(ledger: Ledger, path: Path) -> None:
    """Write the workbook: title, form line, two header rows, rows, a total and notes at the foot."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = SHEET
    _write_head(sheet, ledger)
    for number, row in enumerate(ledger.rows, FIRST_ROW):
        for column, (name, *_) in enumerate(COLUMNS, 1):
            sheet.cell(number, column, row.cells.get(name))
    _merge_down(sheet, ledger)
    _write_foot(sheet, ledger)
    _format(sheet)
    book.save(path)


def _row(same: tuple[Truth, ...], names: Mapping[str, str], source: random.Random) -> LedgerRow:
    """The row of one or several equal boilers."""
    truth = same[0]
    cells: dict[str, Any] = {
        "county": _OLD_NAMES[truth.county] if truth.mistake == "old_name" else names[truth.county],
        "town": names[truth.town],
        "ledger_no": truth.row_no,
        "user_org": truth.unit.name,
        "uscc": truth.unit.uscc,
        "address": truth.unit.address,
        "model": truth.model,
        "output": _output(same, source),
        "type": words.TYPE[truth.boiler_type],
        "pressurized": "是" if truth.pressurized else "否",
        "fuel": words.FUEL[truth.fuel],
        "coal": truth.coal_t,
        "stack": truth.stack_m,
        "usage": words.USAGE[truth.unit.usage],
        "commissioned": _commissioned(truth, source),
        "treatment": source.choice(words.TREATMENT[truth.treatment]),
        "resp_org": f"{names[truth.town]}人民政府"
        if names[truth.town][-1] in "镇乡"
        else f"{names[truth.town]}办事处",
        "contact": truth.unit.contact,
        "phone": truth.unit.phone,
        "claim": source.choice(words.CLAIM["suspect" if truth.through_workflow else truth.fate]) or None,
    }
    return LedgerRow(cells | _position(truth) | _afterwards(truth, source), same)


def _output(same: tuple[Truth, ...], source: random.Random) -> str | float:
    if len(same) > 1:
        return words.several(len(same), same[0].tph, source)
    if same[0].mistake == "heat_units":
        return words.heat_output(same[0].tph, source)
    return words.output(same[0].tph, source)


def _commissioned(truth: Truth, source: random.Random) -> str | int:
    if truth.mistake == "serial_date":
        return words.serial(truth.commissioned)
    return words.month(truth.commissioned, source)


def _position(truth: Truth) -> dict[str, Any]:
    """Longitude and latitude as the county writes them, with the mistake of this boiler."""
    if truth.written is None:
        return {"note": "坐标待补"}
    lon, lat = truth.written
    origin = "手持GPS"
    if truth.mistake == "gcj02":
        moved = to_gcj02(np.array([lon]), np.array([lat]))
        lon, lat, origin = float(moved[0][0]), float(moved[1][0]), "高德地图"
    if truth.mistake == "swapped":
        lon, lat = lat, lon
    style = STYLES.get(truth.county, {}).get("degrees", "")
    return {"lon": words.degrees(lon, style), "lat": words.degrees(lat, style), "coord_src": origin}


def _afterwards(truth: Truth, source: random.Random) -> dict[str, Any]:
    """What stands under 整治后, and the dates of plan and completion."""
    found: dict[str, Any] = {"done": words.month(truth.done, source) if truth.done else None}
    if not truth.done:
        found["due"] = words.due(source)
    if truth.treatment in words.AFTER_FUEL and truth.done:
        found["after_fuel"] = words.FUEL[words.AFTER_FUEL[truth.treatment]]
        if truth.treatment != "district_heat":
            found["after_output"] = truth.tph
    return found


def _duplicates(total: int, truths: Sequence[Truth]) -> set[str]:
    """Ledger numbers that are entered twice."""
    rows = Counter(truth.row_no for truth in truths)
    single = [truth.row_no for truth in truths if rows[truth.row_no] == 1 and not truth.mistake]
    count = min(len(single), round(total * DUPLICATES_PERCENT / 100))
    return set(dice("duplicates").sample(single, count))


def _with_refused(
    county: str, rows: list[LedgerRow], duplicates: set[str], source: random.Random
) -> list[LedgerRow]:
    """The rows with those the import must refuse behind the last of their township."""
    extra = [
        LedgerRow({**row.cells, "note": "补录"}, (), "duplicate")
        for row in rows
        if row.cells["ledger_no"] in duplicates
    ]
    extra += list(_impossible(county, rows, source))
    return sorted([*rows, *extra], key=lambda row: _order(row, rows))


def _order(row: LedgerRow, rows: Sequence[LedgerRow]) -> int:
    """The place of the row's township, so that a township's cells can be merged."""
    mine = row.cells["county"], row.cells["town"]
    return next(n for n, item in enumerate(rows) if (item.cells["county"], item.cells["town"]) == mine)


def _impossible(county: str, rows: Sequence[LedgerRow], source: random.Random) -> Iterator[LedgerRow]:
    """Boilers of other cities, an output nobody builds, a month that does not exist."""
    plain = [row for row in rows if len(row.truths) == 1 and not row.truths[0].mistake]
    if not plain:
        return
    model = source.choice(plain).cells
    if county in _OUTSIDE:
        lon, lat = _OUTSIDE[county]
        style = STYLES.get(county, {}).get("degrees", "")
        place = {"lon": words.degrees(lon, style), "lat": words.degrees(lat, style)}
        yield _spoiled(model, f"WS-{county}", "outside_area", {**place, "note": "外地迁入"})
    if county == "620802":
        yield _spoiled(model, f"YC-{county}", "impossible", {"output": "4000t"})
    if county == "620825":
        yield _spoiled(model, f"RQ-{county}", "bad_date", {"commissioned": "2013.13"})


def _spoiled(model: Mapping[str, Any], number: str, refusal: str, changed: Mapping[str, Any]) -> LedgerRow:
    other = {"user_org": f"待核对单位{number[-4:]}（模拟）", "uscc": None, "ledger_no": number}
    return LedgerRow({**model, **other, **changed}, (), refusal)


def _write_head(sheet: Worksheet, ledger: Ledger) -> None:
    last = len(COLUMNS)
    sheet.cell(1, 1, f"{ledger.name}城市建成区燃煤锅炉综合整治台账（模拟数据）")
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=last)
    office = f"平凉市生态环境局{ledger.name[:2]}分局"
    sheet.cell(2, 1, f"填报单位：{office}　　填报时间：{YEAR}年3月　　（由固定种子生成，均非真实）")
    sheet.merge_cells(start_row=2, start_column=1, end_row=2, end_column=last)
    style = STYLES.get(ledger.county, {})
    for column, (name, group, heading, _) in enumerate(COLUMNS, 1):
        if group is None:
            sheet.cell(3, column, style.get(name, heading))
            sheet.merge_cells(start_row=3, start_column=column, end_row=4, end_column=column)
        else:
            sheet.cell(4, column, style.get(name, heading))
    for group, start, end in _groups():
        sheet.cell(3, start, group)
        sheet.merge_cells(start_row=3, start_column=start, end_row=3, end_column=end)


def _groups() -> Iterator[tuple[str, int, int]]:
    """Each group heading with its first and last column."""
    columns = list(enumerate(COLUMNS, 1))
    for group, mine in groupby(columns, key=lambda item: item[1][1]):
        numbers = [number for number, _ in mine]
        if group:
            yield group, numbers[0], numbers[-1]


def _merge_down(sheet: Worksheet, ledger: Ledger) -> None:
    """County and township written once in merged cells, numbers restarting in each township."""
    for rows in _runs(ledger, ("county",)):
        _merge(sheet, 1, rows)
    for rows in _runs(ledger, ("county", "town")):
        _merge(sheet, 2, rows)
        for place, number in enumerate(rows, 1):
            sheet.cell(number, 3, place)


def _runs(ledger: Ledger, names: tuple[str, ...]) -> Iterator[list[int]]:
    """Numbers of the sheet's rows that follow each other with the same cells."""
    numbered = enumerate(ledger.rows, FIRST_ROW)
    for _, mine in groupby(numbered, key=lambda item: [item[1].cells[name] for name in names]):
        yield [number for number, _ in mine]


def _merge(sheet: Worksheet, column: int, rows: Sequence[int]) -> None:
    if len(rows) > 1:
        sheet.merge_cells(start_row=rows[0], start_column=column, end_row=rows[-1], end_column=column)


def _write_foot(sheet: Worksheet, ledger: Ledger) -> None:
    row = FIRST_ROW + len(ledger.rows)
    truths = [truth for item in ledger.rows for truth in item.truths]
    sheet.cell(row, 1, "合计")
    sheet.cell(row, 5, f"{len(truths)}台")
    sheet.cell(row, 12, round(sum(truth.tph for truth in truths), 1))
    sheet.cell(row + 1, 1, "注：1.锅炉吨位单位为蒸吨/小时；2.本表为模拟数据，不代表任何单位的真实情况。")
    sheet.merge_cells(start_row=row + 1, start_column=1, end_row=row + 1, end_column=len(COLUMNS))


def _format(sheet: Worksheet) -> None:
    thin = Side(style="thin", color="808080")
    border = Border(left=thin, right=thin, top=thin, bottom=thin)
    centre = Alignment(horizontal="center", vertical="center", wrap_text=True)
    framed = look(sheet, alignment=centre, border=border)
    title = look(sheet, alignment=centre)
    form = look(sheet, alignment=Alignment(horizontal="center", vertical="center", wrap_text=False))
    for column, (_, _, _, width) in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    for number, cells in enumerate(sheet.iter_rows(min_row=1, max_row=sheet.max_row), 1):
        for cell in cells:
            put_on(cell, (title, form, framed)[min(number, 3) - 1])
    sheet.cell(1, 1).font = Font(size=16, bold=True)
    sheet.freeze_panes = f"F{FIRST_ROW}"
    sheet.page_setup.orientation = "landscape"
    sheet.print_title_rows = "3:4"
