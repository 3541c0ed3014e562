"""Cells that share a look are written as if each had been dressed alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Border, Font, Side

from app.exchange.looks import look, put_on


def test_a_shared_look_is_in_the_file_and_leaves_how_a_date_is_written(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    worn = look(page, font=Font(bold=True), border=Border(left=Side(style="thin")))
    page["A1"], page["B1"], page["C1"] = "字", date(2026, 11, 23), 4.5
    for name in ("A1", "B1"):
        put_on(page[name], worn)
    page["A1"].font = Font(italic=True)  # one that is dressed anew takes nobody with it
    page.merge_cells("A2:C2")
    put_on(page["B2"], worn)
    book.save(tmp_path / "样.xlsx")
    read = load_workbook(tmp_path / "样.xlsx").active
    assert read is not None
    assert (read["A1"].font.italic, read["A1"].border.left.style) == (True, "thin")
    assert (read["B1"].font.bold, read["B1"].font.italic) == (True, False)
    assert read["B1"].is_date and read["B1"].value.date() == date(2026, 11, 23)
    assert read["C1"].border.left.style is None
    assert worn.numFmtId == 0
