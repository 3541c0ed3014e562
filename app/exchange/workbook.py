"""Opening any table file: workbooks (xlsx, xls, ods), delimited text and GIS files, told apart by what is
inside."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import msoffcrypto
import python_calamine as calamine

from app.errors import Invalid
from app.exchange.delimited import read_delimited
from app.exchange.grid import Book, Sheet, Span, Value
from app.exchange.laid import read_book
from app.exchange.macros import holds_macros
from app.exchange.spatial import SPATIAL_ENDINGS
from app.exchange.spreadsheet_xml import is_spreadsheet_xml, read_spreadsheet_xml
from app.exchange.ticking import Tick, go_on, left_when_cancelled
from app.exchange.web_table import is_web_archive, read_web_archive, read_web_tables
from app.exchange.workbook_xml import Extras, check_bomb, check_extent, read_extras
from app.i18n import N_

MAX_FILE_BYTES = 120_000_000  # of a table; map files are limited by their number of features
MAX_CELLS = 20_000_000
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TEXT_ENDINGS = (".csv", ".txt", ".tsv")
_OPEN_MARKS = ("~$", ".~lock.", ".~")
_TICK_ROWS = 2000
_WORD_ENDINGS = (".doc", ".docx", ".wps", ".pdf", ".jpg", ".jpeg", ".png")


def open_book(path: Path, encoding: str | None = None, tick: Tick = go_on) -> Book:
    """Read a file into sheets of plain values. Raises Invalid with what to do when it is not a table.

    `encoding` overrides what the bytes of a text file or shapefile suggest; `tick(0.0)` may raise to cancel.
    """
    _refuse_mark(path)
    try:
        return _opened(path, _first_bytes(path), encoding, tick)
    except FileNotFoundError as error:  # it was there, or seemed to be: a stick was pulled, a share is gone
        raise Invalid(N_("There is no file “{file}”."), code="unreadable_file", file=path.name) from error
    except OSError as error:
        raise Invalid(
            N_("“{file}” cannot be read: {why}"),
            code="unreadable_file",
            file=path.name,
            hint=N_("When another program has it open, close it there and try again."),
            why=error.strerror or str(error),
        ) from error


def _opened(path: Path, start: bytes, encoding: str | None, tick: Tick) -> Book:
    ending = path.suffix.lower()
    if ending in SPATIAL_ENDINGS:
        return read_book(path, encoding, tick)
    if ending in _WORD_ENDINGS:
        raise _not_a_table(path)
    if start.startswith(_OLE):
        _refuse_password(path)
        return _read_workbook(path, "xls", tick)
    if start.startswith(_ZIP):
        check_bomb(path)
        check_extent(path, MAX_CELLS, tick)
        return _read_workbook(path, "xlsx", tick)
    if is_spreadsheet_xml(start):
        return read_spreadsheet_xml(path, tick)
    if is_web_archive(start):
        return read_web_archive(path, encoding)
    if start.lstrip()[:15].lower().startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        tables = read_web_tables(path, encoding)
        if tables is not None:
            return tables
        raise Invalid(
            N_("“{file}” is a web page, not a workbook."),
            code="not_a_workbook",
            hint=N_("Open it in Excel or WPS and save it as xlsx."),
            file=path.name,
        )
    binary = b"\x00" in start or ending in (".xlsx", ".et", ".ods")  # many systems call their text .xls
    if ending in _TEXT_ENDINGS or not binary:
        return read_delimited(path, encoding)
    raise _not_a_table(path)


def _refuse_mark(path: Path) -> None:
    """Excel and LibreOffice put a small hidden file beside a workbook that they have open."""
    mark = next((mark for mark in _OPEN_MARKS if path.name.startswith(mark)), "")
    if mark:
        raise Invalid(
            N_("“{file}” is no ledger: it only marks that another program has “{name}” open."),
            code="not_a_workbook",
            hint=N_("Save the workbook there and import “{name}” itself."),
            file=path.name,
            name=path.name.removeprefix(mark).rstrip("#"),
        )


def _first_bytes(path: Path) -> bytes:
    if path.is_dir():
        raise Invalid(N_("“{file}” is a folder, not a file."), code="unreadable_file", file=path.name)
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(512)
    if size == 0:
        raise Invalid(N_("“{file}” is empty."), code="empty", file=path.name)
    if size > MAX_FILE_BYTES and path.suffix.lower() not in SPATIAL_ENDINGS:
        raise Invalid(
            N_("“{file}” has {mb} MB; that is no ordinary workbook."),
            code="too_large",
            hint=N_("Copy the ledger's sheet into a new workbook and import that."),
            file=path.name,
            mb=size // 1_000_000,
        )
    return start


def _not_a_table(path: Path) -> Invalid:
    return Invalid(
        N_("“{file}” is not a workbook, a table or a map file."),
        code="not_a_workbook",
        hint=N_("Open it in the program it comes from and save it as xlsx."),
        file=path.name,
    )


def _refuse_password(path: Path) -> None:
    try:
        with path.open("rb") as file:
            locked = msoffcrypto.OfficeFile(file).is_encrypted()
    except (msoffcrypto.exceptions.FileFormatError, OSError, ValueError, KeyError):
        locked = False
    if locked:
        raise _password(path)


def _password(path: Path) -> Invalid:
    return Invalid(
        N_("“{file}” is protected by a password."),
        code="password",
        hint=N_("Open it in Excel or WPS, remove the password and save it."),
        file=path.name,
    )


def _read_workbook(path: Path, form: str, tick: Tick) -> Book:
    try:
        if _is_misnamed(path, form):
            book = calamine.CalamineWorkbook.from_filelike(BytesIO(path.read_bytes()))
        else:
            book = left_when_cancelled(lambda: calamine.load_workbook(str(path)), tick)
        sheets = [_sheet(book, item, tick) for item in book.sheets_metadata if _is_table(item)]
        extras = read_extras(path, tick) if form == "xlsx" else {}
    except calamine.PasswordError as error:
        raise _password(path) from error
    except (calamine.CalamineError, BadZipFile, ValueError) as error:
        raise Invalid(
            N_("“{file}” is damaged or not a workbook."),
            code="not_a_workbook",
            hint=N_("Open it in Excel or WPS and save it as xlsx."),
            file=path.name,
        ) from error
    found = [_with_extras(sheet, extras.get(sheet.name)) for sheet in sheets]
    if all(sheet.is_empty for sheet in found):
        raise Invalid(N_("There is nothing in “{file}”: every sheet is empty."), code="empty", file=path.name)
    return Book(path.name, form, found, macros=holds_macros(path, form))


def _is_misnamed(path: Path, form: str) -> bool:
    """An xlsx called .xls or the other way round: the fast reader believes the name."""
    return path.suffix.lower() in ({"xlsx": (".xls",), "xls": (".xlsx", ".xlsm", ".xlsb", ".ods")}[form])


def _is_table(item: calamine.SheetMetadata) -> bool:
    return bool(item.typ == calamine.SheetTypeEnum.WorkSheet)


def _sheet(book: calamine.CalamineWorkbook, item: calamine.SheetMetadata, tick: Tick) -> Sheet:
    source = left_when_cancelled(lambda: book.get_sheet_by_name(item.name), tick)
    if source.total_height * max(source.total_width, 1) > MAX_CELLS:
        raise Invalid(
            N_("The sheet “{sheet}” claims {rows} rows and {columns} columns."),
            code="too_large",
            hint=N_("Copy the ledger's rows into a new workbook and import that."),
            sheet=item.name,
            rows=source.total_height,
            columns=source.total_width,
        )
    rows: list[list[Value]] = []
    before = [None] * (source.start[1] if source.start else 0)  # empty columns at the left are left out
    for number, row in enumerate(source.iter_rows() if source.start else ()):
        rows.append([*before, *(_value(cell) for cell in row)])
        if number % _TICK_ROWS == 0:
            tick(0.0)
    width = max((len(row) for row in rows), default=0)
    spans = [  # some programs merge a million empty cells beside and below the table
        Span(top + 1, left + 1, min(bottom + 1, len(rows)), min(right + 1, width))
        for (top, left), (bottom, right) in source.merged_cell_ranges or ()
        if top < len(rows) and left < width
    ]
    visible = item.visible == calamine.SheetVisibleEnum.Visible
    return Sheet(item.name, rows, merged=spans, visible=visible)


def _value(cell: object) -> Value:
    """A cell as the neutral table keeps it; a span of time is text."""
    if cell == "" or cell is None:
        return None
    return cell if isinstance(cell, str | float | int | bool | datetime | date | time) else str(cell)


def _with_extras(sheet: Sheet, extras: Extras | None) -> Sheet:
    if extras is None:
        return sheet
    rows = _without_days(sheet.rows, extras.months) if extras.months else sheet.rows
    return replace(
        sheet, rows=rows, hidden_rows=extras.hidden_rows, faults=extras.faults, linked=extras.linked
    )


def _without_days(rows: Sequence[Sequence[Value]], months: Collection[tuple[int, int]]) -> list[list[Value]]:
    """First days of months that are shown as months become what is seen: nobody wrote that day."""
    changed = [list(row) for row in rows]
    for row, column in months:
        cell = changed[row - 1][column - 1] if row <= len(rows) and column <= len(rows[row - 1]) else None
        if isinstance(cell, date) and cell.day == 1:
            changed[row - 1][column - 1] = f"{cell.year}年{cell.month}月"
    return changed
