"""A small monthly sheet a county sends later: changes, an unchanged row, a slip of the pen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from app.demo.seed import MARK
from app.domain.entities.boiler import Boiler

FILE = f"崆峒区11月调度表{MARK}.xlsx"
_HEADINGS = ("序号", "台账编号", "使用单位", "联系人", "联系电话", "烟囱高度（米）", "备注")
_SPOILT = "3000米"


def write_dispatch(boilers: Sequence[Boiler], path: Path) -> None:
    """Rows about the given boilers: the first as they are, the others with news, the last one impossible."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "调度表"
    sheet.append([f"崆峒区燃煤锅炉整治11月调度表{MARK}"])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(_HEADINGS))
    sheet.append(list(_HEADINGS))
    for number, boiler in enumerate(boilers, 1):
        sheet.append(_row(number, boiler, last=number == len(boilers)))
    sheet.append(["合计", None, f"{len(boilers)}台"])
    for column, width in zip("ABCDEFG", (6, 12, 34, 10, 16, 14, 28), strict=True):
        sheet.column_dimensions[column].width = width
    book.save(path)


def _row(number: int, boiler: Boiler, last: bool) -> list[str | float | int | None]:
    phone: str | None = boiler.contact_phone
    note: str | None = boiler.note
    stack: str | float | None = boiler.stack_m
    if number > 1:
        phone, note = f"0933-000{8000 + number}", "11月调度：拆除队伍已进场"
    if last:
        stack = _SPOILT
    return [number, boiler.ledger_no, boiler.user_org, boiler.contact, phone, stack, note]
