"""Workbooks in the XML that Excel 2002 and 2003 wrote, which many systems still hand out as .xls or .xml."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from app.errors import Invalid
from app.exchange.grid import Book, Sheet, Span, Value
from app.exchange.ticking import Tick, go_on
from app.i18n import N_

MAX_CELLS = 5_000_000
_SPACE = "urn:schemas-microsoft-com:office:spreadsheet"
_MARKS = (b'progid="excel.sheet"', _SPACE.encode())
_ROWS, _COLUMNS = 1_048_576, 16_384
_TICK_ROWS = 500


def is_spreadsheet_xml(start: bytes) -> bool:
    """Whether a file's first bytes are of such a workbook."""
    begin = start.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    return begin.startswith((b"<?xml", b"<workbook")) and any(mark in begin for mark in _MARKS)


def read_spreadsheet_xml(path: Path, tick: Tick = go_on) -> Book:
    """The sheets with their values, merged cells and hidden rows. Raises Invalid when it cannot be read.

    Entities of the file's own are refused: a few of them can stand for gigabytes.
    """
    blob = path.read_bytes()
    if b"<!ENTITY" in blob:
        raise _unreadable(path)
    try:
        root = ElementTree.fromstring(blob)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise _unreadable(path) from error
    sheets = [_sheet(path, item, tick) for item in root.iter(_tag("Worksheet"))]
    if all(sheet.is_empty for sheet in sheets):
        raise Invalid(N_("There is nothing in “{file}”: every sheet is empty."), code="empty", file=path.name)
    return Book(path.name, "xml", sheets)


@dataclass
class _Page:
    """A sheet under construction; rows and columns count from 1."""

    rows: list[list[Value]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    faults: dict[tuple[int, int], str] = field(default_factory=dict)
    taken: set[tuple[int, int]] = field(default_factory=set)  # covered by a merged cell above
    room: int = 0  # cells so far, the empty ones at the left and above counted


def _sheet(path: Path, item: Element, tick: Tick) -> Sheet:
    page = _Page()
    for count, (number, row) in enumerate(_placed(item.iterfind(f"{_tag('Table')}/{_tag('Row')}"))):
        if count % _TICK_ROWS == 0:
            tick(0.0)
        if number > _ROWS:
            raise _unreadable(path)
        page.rows += [[] for _ in range(number - len(page.rows))]
        if row.get(_tag("Hidden")) == "1":
            page.hidden.add(number)
        _fill(page, number, row)
        page.room += len(page.rows[-1]) + 1
        if page.room > MAX_CELLS:
            raise _too_large(path, item)
    shown = next(item.iter("{urn:schemas-microsoft-com:office:excel}Visible"), None)
    visible = shown is None or shown.text not in ("SheetHidden", "SheetVeryHidden")
    return Sheet(
        item.get(_tag("Name")) or path.stem, page.rows, merged=page.spans, visible=visible,
        hidden_rows=frozenset(page.hidden), faults=page.faults,
    )  # fmt: skip


def _fill(page: _Page, number: int, row: Element) -> None:
    """Put the cells of a row where they belong."""
    line, at = page.rows[-1], 0
    for cell in row.iterfind(_tag("Cell")):
        at = _count(cell, "Index", at + 1)
        while (number, at) in page.taken:
            at += 1
        if at > _COLUMNS:
            return
        line += [None] * (at - len(line))
        value, fault = _value(cell.find(_tag("Data")))
        line[at - 1] = value
        if fault:
            page.faults[number, at] = fault
        across, down = _count(cell, "MergeAcross", 0), _count(cell, "MergeDown", 0)
        if across or down:
            page.spans.append(Span(number, at, number + down, at + across))
            page.taken.update((number + y, at + x) for y in range(1, min(down, 10_000) + 1)
                              for x in range(min(across, 100) + 1))  # fmt: skip
        at += across


def _placed(rows: Iterator[Element]) -> Iterator[tuple[int, Element]]:
    """Rows with their numbers; one that repeats stands for as many."""
    number = 0
    for row in rows:
        number = max(_count(row, "Index", number + 1), number + 1)
        yield number, row
        number += _count(row, "Span", 0)


def _value(held: Element | None) -> tuple[Value, str]:
    """A cell's value, and the error it shows."""
    words = "".join(held.itertext()).strip() if held is not None else ""
    if held is None or not words:
        return None, ""
    form = held.get(_tag("Type"))
    if form == "Error":
        return words, words
    try:
        if form == "Number":
            return float(words), ""
        if form == "DateTime":
            return datetime.fromisoformat(words), ""
    except ValueError:
        return words, ""
    return (words == "1", "") if form == "Boolean" else (words, "")


def _tag(name: str) -> str:
    return f"{{{_SPACE}}}{name}"


def _count(item: Element, name: str, otherwise: int) -> int:
    said = item.get(_tag(name), "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 8 else otherwise


def _unreadable(path: Path) -> Invalid:
    return Invalid(
        N_("“{file}” is damaged or not a workbook."),
        code="not_a_workbook",
        hint=N_("Open it in Excel or WPS and save it as xlsx."),
        file=path.name,
    )


def _too_large(path: Path, item: Element) -> Invalid:
    return Invalid(
        N_("The sheet “{sheet}” of “{file}” has more than {cells} cells."),
        code="too_large",
        hint=N_("Copy the ledger's rows into a new workbook and import that."),
        sheet=item.get(_tag("Name")),
        file=path.name,
        cells=MAX_CELLS,
    )
