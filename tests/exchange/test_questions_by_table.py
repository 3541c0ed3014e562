"""Sheets of one workbook that mean different things: which question is about which rows of which sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from exchange_cases import HEADER, good_row, report, simple

_HEADER = [*HEADER, "型号"]


def _ledger(folder: Path, *sheets: tuple[str, str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for name, title, rows in sheets:
        page = book.create_sheet(name)
        for row in ([title], _HEADER, *rows):
            page.append(row)
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def _row(number: int, model: str = "", due: str = "2018-10", output: object = "2台4蒸吨") -> list[object]:
    return [*good_row(number, 锅炉吨位=output, 完成时限=due), model]


def _asked(path: Path, **answers: str) -> list[dict[str, Any]]:
    return report(path, answers={"sheet": "all", **answers})["ask"]


def _values(path: Path, field: str, answers: dict[str, str]) -> list[object]:
    document = report(path, answers={"sheet": "all", **answers})
    assert document["ask"] == []
    return [line["values"][field] for line in document["rows"]]


def test_a_question_says_which_sheets_its_rows_stand_in(tmp_path: Path) -> None:
    path = _ledger(tmp_path, ("甲", "锅炉台账", [_row(1), _row(2)]), ("乙", "锅炉台账", [_row(3)]))
    (question,) = _asked(path)
    assert (question["code"], question["rows"], question["sheet"]) == ("units_meaning", [3, 4, 3], "甲、乙")
    assert question["rows_by_sheet"] == {"甲": [3, 4], "乙": [3]}
    of_first, of_second = _asked(path, units_meaning="by_part")
    assert (of_first["sheet"], of_first["rows"]) == ("甲", [3, 4])
    assert (of_second["sheet"], of_second["rows"]) == ("乙", [3])
    assert "rows_by_sheet" not in of_second


def test_a_question_about_the_only_sheet_does_not_name_it(tmp_path: Path) -> None:
    (question,) = report(simple(tmp_path / "a.xlsx", good_row(1, 锅炉吨位="2台4蒸吨")))["ask"]
    assert question["rows"] == [2]
    assert question.keys().isdisjoint({"sheet", "rows_by_sheet", "part"})


def _different(folder: Path) -> Path:
    """The models of the second sheet say that its amounts are of all; each has a year of its own."""
    model = "DZL2-1.25-AII"
    return _ledger(
        folder,
        ("甲", "2018年锅炉台账", [_row(1, due="10月底前")]),
        ("乙", "2019年锅炉台账", [_row(2, model, "11月底前"), _row(3, model, "11月底前")]),
    )


def test_tables_that_truly_differ_are_asked_about_apart(tmp_path: Path) -> None:
    found = {
        (q["code"], q["part"]): (q["proposal"], q["sheet"], q["rows"]) for q in _asked(_different(tmp_path))
    }
    assert found == {
        ("year", "甲"): ("2018", "甲", [3]),
        ("year", "乙"): ("2019", "乙", [3, 4]),
        ("units_meaning", "甲"): ("each", "甲", [3]),
        ("units_meaning", "乙"): ("total", "乙", [3, 4]),
    }


@pytest.mark.parametrize(
    ("answers", "years", "outputs"),
    [
        ({"year": "2020", "units_meaning": "each"}, ["2020"] * 6, [4.0] * 6),
        (
            {"year@甲": "2018", "year@乙": "2019", "units_meaning": "each", "units_meaning@乙": "total"},
            ["2018"] * 2 + ["2019"] * 4,
            [4.0] * 2 + [2.0] * 4,
        ),
    ],
)
def test_answers_hold_for_the_file_or_for_one_table(
    tmp_path: Path, answers: dict[str, str], years: list[str], outputs: list[float]
) -> None:
    path = _different(tmp_path)
    assert [str(due)[:4] for due in _values(path, "due_date", answers)] == years
    assert _values(path, "rated_tph", answers) == outputs


def test_a_further_table_s_own_heading_says_what_its_amounts_mean(tmp_path: Path) -> None:
    path = _ledger(tmp_path, ("甲", "锅炉台账", [_row(1, output="2台8蒸吨")]), ("乙", "锅炉台账", [_row(2)]))
    book = openpyxl.load_workbook(path)
    page = book["乙"]
    page.cell(2, 1 + _HEADER.index("锅炉吨位"), "总蒸吨")
    book.save(path)
    assert [(q["code"], q["part"], q["sheet"]) for q in _asked(path)] == [("units_meaning", "甲", "甲")]
    assert _values(path, "rated_tph", {"units_meaning": "each"}) == [8.0, 8.0, 2.0, 2.0]
