"""The refused rows given back as the same workbook with comments."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
import xlwt

from app.errors import AppError, Invalid
from app.exchange.error_workbook import write_errors
from app.exchange.workbook import open_book
from exchange_cases import HEADER, county_style, good_row, plan, simple, workbook


def _errors(path: Path, target: Path) -> int:
    return write_errors(path, open_book(path), plan(path).report, target)


def test_comments_stand_on_the_refused_cells_and_the_looks_stay(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [["台账", *[None] * 8], HEADER, good_row(1), good_row(2, 锅炉吨位="4000t"), good_row(1)],
        ["A1:I1"],
        formats={"F3": "0.000000"},
    )
    assert _errors(path, tmp_path / "b.xlsx") == 2
    page = openpyxl.load_workbook(tmp_path / "b.xlsx")["台账"]
    assert page["D4"].comment is not None
    assert page["D4"].fill.fgColor.rgb == "FFFFC7CE"
    assert page["A5"].comment is not None
    assert page["A3"].comment is None
    assert page["F3"].number_format == "0.000000"
    assert [str(span) for span in page.merged_cells.ranges] == ["A1:I1"]


def test_a_text_file_becomes_a_workbook_of_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("台账编号,使用单位,锅炉吨位\nK-1,甲,4\nK-2,乙,很多\n", "gb18030")
    assert _errors(path, tmp_path / "b.xlsx") == 1
    page = openpyxl.load_workbook(tmp_path / "b.xlsx").active
    assert page is not None
    assert page["C3"].comment is not None
    assert page["B2"].value == "甲"


def test_a_refusal_in_a_merged_cell(tmp_path: Path) -> None:
    rows = [HEADER, good_row(1, 县区="某某县"), good_row(2, 县区=None)]
    path = workbook(tmp_path / "a.xlsx", rows, ["C2:C3"])
    _errors(path, tmp_path / "b.xlsx")
    page = openpyxl.load_workbook(tmp_path / "b.xlsx").active
    assert page is not None
    assert page["C2"].comment is not None


def test_nothing_refused_gives_a_copy(tmp_path: Path) -> None:
    assert _errors(county_style(tmp_path / "a.xlsx"), tmp_path / "b.xlsx") == 0
    assert (tmp_path / "b.xlsx").stat().st_size > 0


def test_the_source_is_never_overwritten(tmp_path: Path) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1))
    with pytest.raises(Invalid):
        _errors(path, path)
    with pytest.raises(AppError):
        _errors(path, tmp_path / "no" / "b.xlsx")


def test_every_wrong_cell_of_a_row_has_its_comment_and_the_row_counts_once(tmp_path: Path) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1, 锅炉吨位="很多", 完成时限="2107-01-01"))
    path = path.rename(tmp_path / "called old.xls")  # and the looks stay whatever it is called
    report = plan(path).report
    assert len(report.refused) == 1
    _errors(path, tmp_path / "b.xlsx")
    page = openpyxl.load_workbook(tmp_path / "b.xlsx").active
    assert page is not None
    assert [cell.coordinate for cell in page[2] if cell.comment is not None] == ["D2", "H2"]


def test_an_old_workbook_keeps_its_sheets_and_merged_cells(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    for name, row in (("甲", good_row(1)), ("乙", good_row(2, 锅炉吨位="很多"))):
        page = book.add_sheet(name)
        page.write_merge(0, 0, 0, 8, "整治台账")
        for at, cells in enumerate((HEADER, row), 1):
            for column, cell in enumerate(cells):
                page.write(at, column, cell)
    book.save(str(tmp_path / "a.xls"))
    report = plan(tmp_path / "a.xls", answers={"sheet": "all"}).report
    write_errors(tmp_path / "a.xls", open_book(tmp_path / "a.xls"), report, tmp_path / "b.xlsx")
    made = openpyxl.load_workbook(tmp_path / "b.xlsx")
    assert made.sheetnames == ["甲", "乙"]
    assert made["乙"]["D3"].comment is not None
    assert [str(span) for span in made["甲"].merged_cells.ranges] == ["A1:I1"]
