"""A report's table as xlsx or csv: a title, headings of one or two rows, lines, and a sentence below."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import ceil
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from app.errors import Invalid
from app.exchange.export import harmless
from app.exchange.looks import MAKER, look, put_on
from app.exchange.streamed import Rows, save_with_rows
from app.exchange.ticking import Tick, go_on
from app.exchange.whole import whole
from app.i18n import N_

ENDINGS = (".xlsx", ".csv")
_HEAD = PatternFill("solid", fgColor="FFDCE6F1")
_THIN = Side(style="thin", color="FFB0B7C3")
_BORDER = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_NARROWEST, _WIDEST = 7, 36
_TITLE_POINTS, _ROW_POINTS, _MOST_DEEP = 33, 18, 8
_MOST_ON_A4 = 190  # characters across; more would be too small to read
_WRAPPED = Alignment(vertical="center", wrap_text=True)
_CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)


@dataclass(frozen=True)
class ReportTable:
    """Headings are tuples from the upper row down, all of one length; neighbours that are equal are merged.

    The last `sums` lines are sums. `below` stands under the table. `formats` says how the numbers of a
    column are written in a workbook, as Excel writes formats: {3: "0.0"}.
    """

    title: str
    headings: Sequence[tuple[str, ...]]
    lines: Sequence[Sequence[Any]]
    sums: int = 0
    below: str = ""
    formats: Mapping[int, str] = field(default_factory=dict)


def write_report_table(found: ReportTable, target: Path, tick: Tick = go_on) -> Path:
    """Write the table by the ending of `target`; a csv has a BOM so that Excel reads it.

    Raises Invalid for another ending, StoreFailure when the file cannot be written.
    """
    ending = target.suffix.lower()
    if ending not in ENDINGS:
        raise Invalid(N_("“{ending}” is no format for this report."), hint=N_("Known endings: {known}"),
                      ending=ending or target.name, known=" ".join(ENDINGS), code="format")  # fmt: skip
    with whole(target) as part:
        if ending == ".csv":
            _write_csv(found, part)
        else:
            _write_xlsx(found, part, tick)
    return target


def _write_csv(found: ReportTable, target: Path) -> None:
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([" ".join(part for part in words if part) for words in found.headings])
        writer.writerows([["" if cell is None else harmless(cell) for cell in line] for line in found.lines])


def _write_xlsx(found: ReportTable, target: Path, tick: Tick) -> None:
    book = Workbook()
    book.properties.creator, book.properties.title = MAKER, found.title
    page = book.active
    assert isinstance(page, Worksheet)
    width, deep = len(found.headings), len(found.headings[0])
    page.cell(1, 1, found.title).font = Font(bold=True, size=16)
    page.cell(1, 1).alignment = _CENTRE
    page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=width)
    _head(page, found.headings)
    first = 2 + deep
    plain, bold = (
        look(page, border=_BORDER, font=Font(bold=heavy), alignment=_WRAPPED) for heavy in (False, True)
    )
    alike = _alike(found)
    for number, line in enumerate(found.lines, first):
        if 0 < number - first < alike:
            continue  # they follow the first when the book is saved
        worn = bold if number >= first + len(found.lines) - found.sums else plain
        for column, value in enumerate(line, 1):
            cell = page.cell(number, column, value)
            if isinstance(value, str):
                cell.data_type = "s"
            if column - 1 in found.formats:
                cell.number_format = found.formats[column - 1]
            put_on(cell, worn)
    breadths = [_breadth(found, column) for column in range(width)]
    for column, breadth in enumerate(breadths, 1):
        page.column_dimensions[get_column_letter(column)].width = breadth
    if found.below:
        row = first + len(found.lines) + 1
        page.cell(row, 1, found.below).alignment = Alignment(wrap_text=True, vertical="top")
        page.merge_cells(start_row=row, start_column=1, end_row=row, end_column=width)
        page.row_dimensions[row].height = 18 * (2 + len(found.below) // (width * 4))
    _set_page(page, first, len(found.lines), alike)
    heights = [_ROW_POINTS * _deep(line, breadths) for line in found.lines[:alike]]
    save_with_rows(book, page, Rows(first, found.lines[:alike], heights), target, tick)


def _alike(found: ReportTable) -> int:
    """The number of lines that look alike: all but the sums."""
    return len(found.lines) - found.sums


def _set_page(page: Worksheet, first: int, lines: int, alike: int) -> None:
    """How the table is printed: lying, as wide as the paper, its head on each page, pages numbered."""
    breadth = sum(item.width for item in page.column_dimensions.values())
    page.row_dimensions[1].height = _TITLE_POINTS
    for row in (first, *range(first + alike, first + lines)):
        page.row_dimensions[row].height = _ROW_POINTS
    page.freeze_panes = f"B{first}"
    footer = page.HeaderFooter.oddFooter
    assert footer is not None
    footer.center.text = "第 &P 页 共 &N 页"
    page.print_title_rows = f"1:{first - 1}"
    wide = breadth > _MOST_ON_A4
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = page.PAPERSIZE_A3 if wide else page.PAPERSIZE_A4
    page.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.8, footer=0.4)
    page.print_options.horizontalCentered = True
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.page_setup.fitToHeight = 0


def _deep(line: Sequence[Any], breadths: Sequence[float]) -> int:
    """How many lines of text the fullest cell needs, up to a bound."""
    needs = (_wide(cell) / (breadth - 1) for cell, breadth in zip(line, breadths, strict=False) if cell)
    return min(max(1, ceil(max(needs, default=1))), _MOST_DEEP)


def _wide(words: object) -> int:
    """Half characters: a Chinese character counts twice."""
    return sum(2 if ord(char) > 0x2E7F else 1 for char in str(words))


def _breadth(found: ReportTable, column: int) -> float:
    """A column as wide as its longest words up to a bound; a Chinese character counts twice."""
    words = [str(line[column]) for line in found.lines if line[column] is not None]
    # Upper headings are merged over several columns and may wrap, the lowest stands over this one alone.
    words.append(found.headings[column][-1] or found.headings[column][0])
    longest = max(map(_wide, words))
    return min(max(longest + 2, _NARROWEST), _WIDEST)


def _head(page: Worksheet, headings: Sequence[tuple[str, ...]]) -> None:
    for column, words in enumerate(headings, 1):
        for level, word in enumerate(words):
            cell = page.cell(2 + level, column, word or None)
            cell.font, cell.fill, cell.border, cell.alignment = Font(bold=True), _HEAD, _BORDER, _CENTRE
    column = 1
    for words, run in groupby(headings, key=lambda item: item[0]):
        breadth = len(list(run))
        alone = not any(headings[column - 1][1:])
        if breadth > 1 or (alone and words):
            page.merge_cells(start_row=2, start_column=column, end_column=column + breadth - 1,
                             end_row=2 + len(headings[0]) - 1 if alone else 2)  # fmt: skip
        column += breadth
