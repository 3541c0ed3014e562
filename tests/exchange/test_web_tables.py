"""Web pages called .xls, as many systems export them: their tables are read, and nothing else of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import Invalid
from app.exchange import web_table
from app.exchange.grid import Span
from app.exchange.workbook import open_book
from exchange_cases import HEADER, good_row, report

_PAGE = """<html><head><meta charset="{code}"><title>x</title><style>td {{ mso: 1 }}</style></head><body>
<script>document.write("<table><tr><td>坏</td></tr></table>")</script><table>{rows}</table></body></html>"""


def _page(path: Path, rows: list[list[object]], code: str = "utf-8", title: str = "") -> Path:
    lines = "".join(
        "<tr>" + "".join(f"<td>{'' if cell is None else cell}</td>" for cell in row) + "</tr>" for row in rows
    )
    head = f"<tr><td colspan={len(rows[0])}>{title}</td></tr>" if title else ""
    path.write_text(_PAGE.format(code=code, rows=head + lines), encoding=code)
    return path


@pytest.mark.parametrize("code", ["utf-8", "gb18030"])
def test_a_table_exported_by_a_web_system_is_imported(tmp_path: Path, code: str) -> None:
    path = _page(tmp_path / "导出.xls", [HEADER, good_row(1), good_row(2)], code, "燃煤锅炉整治台账")
    document = report(path)
    assert document["added"] == 2 and document["refused"] == []


def test_merged_cells_entities_and_inner_tables(tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    path.write_text(
        "<table><tr><th rowspan=2>甲&amp;乙<th colspan='2'>丙<tr><td>a<br>b<td>c&nbsp;d"
        "<tr><td>1<td>x<table><tr><td>内</table><td>2</table>",
        "utf-8",
    )
    outer, inner = open_book(path).sheets
    assert [list(row) for row in outer.rows] == [["甲&乙", "丙"], [None, "a b", "c d"], ["1", "x", "2"]]
    assert list(outer.merged) == [Span(1, 1, 2, 1), Span(1, 2, 1, 3)]
    assert [list(row) for row in inner.rows] == [["内"]]


def test_a_page_without_a_table_or_with_an_absurd_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.xls"
    path.write_text("<html><body>没有表格<table><tr><td></td></tr></table></body></html>", "utf-8")
    with pytest.raises(Invalid) as refused:
        open_book(path)
    assert refused.value.code == "not_a_workbook"
    path.write_text("<table>" + "<tr><td colspan=16384 rowspan=999999>a" * 3 + "</table>", "utf-8")
    with pytest.raises(Invalid) as refused:
        open_book(path)
    assert refused.value.code == "too_large"
    monkeypatch.setattr(web_table, "MAX_BYTES", 10)
    with pytest.raises(Invalid) as refused:
        open_book(path)
    assert refused.value.code == "too_large"
