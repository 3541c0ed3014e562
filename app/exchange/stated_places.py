"""Where a row says it is, when the division stands once for many rows: blank cells, group rows, titles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from app.domain.entity import EntityType
from app.exchange.grid import is_blank, text_of
from app.exchange.mapping import Column
from app.exchange.places import Gazetteer
from app.exchange.rows import LedgerRow
from app.exchange.sheets import Table


def with_places(
    rows: Sequence[LedgerRow], columns: Sequence[Column], kind: EntityType
) -> tuple[list[LedgerRow], list[int]]:
    """The rows with blank division cells filled from above, and the row numbers that were filled.

    Of several division columns (county, town) a new county does not inherit the town of the one before.
    """
    wanted = [c.number for c in columns if c.field and _is_division(c, kind)]
    last: dict[int, str] = {}
    section = ""
    filled, changed = [], []
    for row in rows:
        if row.section != section:
            last, section = {}, row.section
        cells = row.cells
        stated = False
        for number in wanted:
            if not is_blank(row.cell(number)):
                text = text_of(row.cell(number))
                stated = stated or last.get(number) != text
                last[number] = text
            elif not stated and last.get(number):
                cells = [*cells, *[None] * (number - len(cells))]
                cells[number - 1] = last[number]
                changed.append(row.number)
            elif stated:
                last.pop(number, None)
        filled.append(row if cells is row.cells else replace(row, cells=cells))
    return filled, sorted(set(changed))


def _is_division(column: Column, kind: EntityType) -> bool:
    declared = kind.fields.get(column.field)
    return declared is not None and declared.refers_to == "division"


def division_field(kind: EntityType) -> str:
    """The field that says in which division a record lies, empty when the kind has none."""
    return next((name for name in ("div_code",) if name in kind.fields), "")


def place_of_table(table: Table, gazetteer: Gazetteer) -> str:
    """The county or town that the sheet's name or a title names, for ledgers without such a column; forms
    have titles of their own."""
    if table.sheet.origins:
        return ""
    for text in (*table.titles, table.sheet.name):
        code = place_in_title(text, gazetteer)
        if code:
            return code
    return ""


def place_in_title(text: str, gazetteer: Gazetteer) -> str:
    """The county or town whose name stands in a title such as “平凉市静宁县燃煤锅炉台账”."""
    for word in re.findall(r"[\u4e00-\u9fff]{2,4}?(?:县|区|市|镇|乡)", text):
        code = gazetteer.resolve([word]).code
        if code and gazetteer.county(code):
            return code
    return ""


def place_of_section(row: LedgerRow, gazetteer: Gazetteer) -> str:
    """The division named by the group row above this row."""
    name = re.sub(r"[（(].*$|[:：]$", "", row.section)
    if not name:
        return ""
    return gazetteer.resolve([name]).code or place_in_title(row.section, gazetteer)


def padded_months(rows: Sequence[LedgerRow], columns: Sequence[Column]) -> frozenset[int]:
    """Columns of numbers in which months have two places (2018.03), so that 2018.1 once was 2018.10."""
    found = set()
    for column in columns:
        cells = [row.cell(column.number) for row in rows]
        if any(isinstance(cell, float) and re.fullmatch(r"(?:19|20)\d\d\.0\d", str(cell)) for cell in cells):
            found.add(column.number)
    return frozenset(found)
