"""The refused rows given back: the same workbook with red comments on the cells, or a workbook of a text
file's rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from app.errors import Invalid
from app.exchange.grid import Book, Sheet, column_letter, text_of
from app.exchange.heard import Heard, save_book
from app.exchange.report import ImportReport, Refusal, Warned
from app.exchange.ticking import Tick, go_on
from app.exchange.whole import whole
from app.i18n import N_, tr

_RED = PatternFill("solid", fgColor="FFFFC7CE")
_RED_FONT = Font(color="FF9C0006", bold=True)
_YELLOW = PatternFill("solid", fgColor="FFFFEB9C")
_AUTHOR = "Gridward"
_TICK_ROWS = 500
_SEEN_ROWS = 200  # that the width of a column is taken from
_FORBIDDEN = dict.fromkeys(
    range(32)
)  # control characters that no workbook may hold, but for tab and line ends
for _kept in (9, 10, 13):
    _FORBIDDEN.pop(_kept)


def write_errors(source: Path, book: Book, report: ImportReport, target: Path, tick: Tick = go_on) -> int:
    """Write `target` (xlsx) with a comment on every refused cell; returns the number of comments.

    A workbook keeps its looks; text and GIS files become a workbook of their rows. `tick` may raise to
    cancel; the target then stays what it was. Raises Invalid when the target cannot be written.
    """
    if source.resolve() == target.resolve():
        raise Invalid(
            N_("The list of errors needs a file of its own; it would overwrite “{file}”."), file=source.name
        )
    result = _open(source, tick) if book.format == "xlsx" else None
    result = result or _made(book, tick)
    features = {name for sheet in book.sheets if sheet.headings for name in (sheet.name, _title(sheet.name))}
    count = _comment(result, report.refused, features)
    _mark(result, report.warnings, features)
    with whole(target) as part:
        save_book(result, part, tick)
    return count


def _open(source: Path, tick: Tick) -> Workbook | None:
    """The workbook with its looks; None when it cannot be kept (an xls, or parts openpyxl does not know)."""
    try:
        with Heard(source, tick) as file:  # by what is in it: openpyxl refuses other endings
            return openpyxl.load_workbook(file)
    except (InvalidFileException, KeyError, ValueError, TypeError, OSError):
        return None


def _made(book: Book, tick: Tick) -> Workbook:
    result = Workbook()
    if result.active is not None:
        result.remove(result.active)
    for sheet in book.sheets:
        _copy(sheet, result.create_sheet(_title(sheet.name)), tick)
    return result


def _copy(sheet: Sheet, page: Worksheet, tick: Tick) -> None:
    """The rows at the numbers the report calls them by; a GIS layer's headings stand above its row 1."""
    shift = 1 if sheet.headings else 0
    for column, heading in enumerate(sheet.headings, 1):
        page.cell(1, column, heading).font = Font(bold=True)
    for index, row in enumerate(sheet.rows):
        if index % _TICK_ROWS == 0:
            tick(index / len(sheet.rows) / 2)
        for column, value in enumerate(row, 1):
            if value is not None:
                page.cell(sheet.first_row + index + shift, column, _writable(value))
    for span in sheet.merged:
        page.merge_cells(None, span.top, span.left, span.bottom, span.right)
    for column in range(1, sheet.width + 1):
        cells = (text_of(row[column - 1]) for row in sheet.rows[:_SEEN_ROWS] if column <= len(row))
        breadth = max((sum(2 if ord(sign) > 0x2E7F else 1 for sign in text) for text in cells), default=0)
        page.column_dimensions[column_letter(column)].width = min(max(breadth + 2, 7), 30)


def _writable(value: object) -> str | float | int | bool:
    return value if isinstance(value, float | int | bool) else text_of(value).translate(_FORBIDDEN)  # type: ignore[arg-type]


def _title(name: str) -> str:
    kept = "".join(sign for sign in name if sign not in "[]:*?/\\")[:31]
    return kept or "Sheet"


def _comment(result: Workbook, refused: Sequence[Refusal], features: Collection[str]) -> int:
    """One comment a cell, with all its reasons; `features` are GIS layers, whose headings stand in row 1."""
    reasons: dict[tuple[str, int, int], list[str]] = {}
    for refusal in (cell for first in refused for cell in first.cells):
        reasons.setdefault((refusal.sheet, refusal.row, max(refusal.column, 1)), []).append(refusal.why)
    pages = _pages(result, features)
    for (name, row, column), why in reasons.items():
        page, shift = pages.get(name) or pages[_title(name)]
        cell = page.cell(row + shift, column)
        merged = next((span for span in page.merged_cells.ranges if cell.coordinate in span), None)
        if merged is not None:
            cell = page.cell(merged.min_row, merged.min_col)
        earlier = cell.comment.text + "\n" if cell.comment is not None else ""
        comment = Comment(f"{earlier}{tr('Not imported')}: {'; '.join(why)}", _AUTHOR)
        comment.width, comment.height = 320, 110
        cell.comment = comment
        cell.fill, cell.font = _RED, _RED_FONT
    return len(reasons)


def _pages(result: Workbook, features: Collection[str]) -> Mapping[str, tuple[Worksheet, int]]:
    return {page.title: (page, int(page.title in features)) for page in result.worksheets}


def _mark(result: Workbook, warnings: Sequence[Warned], features: Collection[str]) -> None:
    """Rows that were taken with a warning get a yellow first cell, so that they can be found."""
    pages = _pages(result, features)
    for warned in warnings:
        page, shift = pages.get(warned.sheet) or pages.get(_title(warned.sheet)) or (None, 0)
        if page is None or warned.row < 1 or warned.code in ("no_position", "number_made"):
            continue
        cell = page.cell(warned.row + shift, 1)
        if cell.fill.fgColor.rgb != _RED.fgColor.rgb:
            cell.fill = _YELLOW
