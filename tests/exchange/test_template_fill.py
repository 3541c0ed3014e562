"""A county's own workbook with more rows than its one line: everything it says of ranges follows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.formatting.rule import CellIsRule, FormulaRule
from openpyxl.styles import PatternFill
from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from app.errors import Invalid
from app.exchange.template_fill import Filling, fill

_RED = PatternFill("solid", bgColor="FFFFC7CE")


def _template(path: Path) -> Path:
    """A ledger of one line in row 3 with a list to choose from, colours, a filter, a name and a summary."""
    book = Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    page.title = "台账"
    for row in (["整治台账"], ["编号", "吨位", "状态", "兆瓦", "吨位和兆瓦"],
                ["{{no}}", "{{tons}}", "{{state}}", "=B3*0.7", "=SUM(B3,D3:D3)"], ["合计", "=SUM(B3:B3)"],
                ["状态：", None, "已拆除"], [None, None, "未整治"]):  # fmt: skip
        page.append(row)
    states = DataValidation(type="list", formula1="$C$5:$C$6", sqref="C3")
    words = DataValidation(type="list", formula1='"是,否"', sqref="B3:B3")
    page.add_data_validation(states)
    page.add_data_validation(words)
    page.conditional_formatting.add("A3:C3", FormulaRule(formula=["$B3>10"], fill=_RED))
    page.conditional_formatting.add("B4", CellIsRule(operator="greaterThan", formula=["B3"], fill=_RED))
    page.auto_filter.ref = "A2:E3"
    page.print_area = "A1:E4"
    book.defined_names["吨位列"] = DefinedName("吨位列", attr_text="台账!$B$3:$B$3")
    summary = book.create_sheet("汇总")
    summary.append(["总吨位", "=SUM(台账!B3:B3)", "=台账!B4", "=SUM(B3:B3)"])
    book.save(path)
    return path


def _filled(folder: Path, count: int) -> dict[str, Any]:
    lines = [{"no": n, "tons": n * 2.0, "state": "未整治"} for n in range(1, count + 1)]
    filling = Filling({}, lines, frozenset({"no", "tons", "state"}))
    fill(_template(folder / "t.xlsx"), filling, folder / "o.xlsx")
    book = openpyxl.load_workbook(folder / "o.xlsx")
    page = book["台账"]
    return {
        "lists": {str(item.sqref): item.formula1 for item in page.data_validations.dataValidation},
        "formats": {str(item.sqref): item.rules[0].formula for item in page.conditional_formatting},
        "filter": page.auto_filter.ref,
        "print": page.print_area.split("!")[-1].replace("$", ""),
        "name": book.defined_names["吨位列"].attr_text,
        "summary": [cell.value for cell in book["汇总"][1]][1:],
        "heat": [page.cell(row, 4).value for row in range(3, 3 + count)],
        "own": [page.cell(row, 5).value for row in range(3, 3 + count)],
        "sum": page.cell(3 + max(count, 1), 2).value,
    }


def test_ranges_reach_over_every_line_and_move_below_it(tmp_path: Path) -> None:
    assert _filled(tmp_path, 4) == {
        "lists": {"C3:C6": "$C$8:$C$9", "B3:B6": '"是,否"'},
        "formats": {"A3:C6": ["$B3>10"], "B7": ["B3"]},
        "filter": "A2:E6",
        "print": "A1:E7",
        "name": "台账!$B$3:$B$6",
        "summary": ["=SUM(台账!B3:B6)", "=台账!B7", "=SUM(B3:B3)"],
        "heat": ["=B3*0.7", "=B4*0.7", "=B5*0.7", "=B6*0.7"],
        "own": ["=SUM(B3,D3:D3)", "=SUM(B4,D4:D4)", "=SUM(B5,D5:D5)", "=SUM(B6,D6:D6)"],
        "sum": "=SUM(B3:B6)",
    }


def test_one_line_or_none_changes_no_range(tmp_path: Path) -> None:
    for count in (0, 1):
        made = _filled(tmp_path, count)
        assert made["lists"]["C3"] == "$C$5:$C$6"
        assert (made["filter"], made["print"], made["sum"]) == ("A2:E3", "A1:E4", "=SUM(B3:B3)")


def test_marks_in_conditional_formats_are_filled_and_unknown_ones_named(tmp_path: Path) -> None:
    def made(formula: str) -> list[str]:
        book = openpyxl.load_workbook(_template(tmp_path / "t.xlsx"))
        rule = FormulaRule(formula=[formula], fill=_RED)
        book["汇总"].conditional_formatting.add("A1:D1", rule)
        book.save(tmp_path / "t.xlsx")
        filling = Filling({"area": '崆峒"区', "year": 2026}, [], frozenset({"no", "tons", "state"}))
        fill(tmp_path / "t.xlsx", filling, tmp_path / "o.xlsx")
        (found,) = openpyxl.load_workbook(tmp_path / "o.xlsx")["汇总"].conditional_formatting
        return list(found.rules[0].formula)

    assert made('AND($A1="{{area}}",B1>{{ year }})') == ['AND($A1="崆峒""区",B1>2026)']
    with pytest.raises(Invalid) as refused:
        made('$A1="{{nobody}}"')
    assert refused.value.details == ["汇总!A1:D1 {{nobody}}"]
