"""The neutral table every file is read into: rows of plain values with the row numbers a person sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from shapely.geometry.base import BaseGeometry

Value = str | float | int | bool | datetime | date | time | None


@dataclass(frozen=True)
class Span:
    """A merged range; rows and columns count from 1 and both ends belong to it."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Origin:
    """Where a row taken from a form stood: its sheet, its first row, and per column the cell (row, column)
    from 1; `about` are the words above it and the sheet's name, `faults` cells without a usable value, by the
    number of the column."""

    sheet: str
    row: int
    cells: Sequence[tuple[int, int] | None]
    about: str = ""
    faults: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """One table. `rows[0]` is the row numbered `first_row`; for GIS files row 1 would be the heading.

    `headings` are given when the file itself knows them (GIS layers), so that no heading row is looked for.
    `faults` are cells without a usable value, by (row, column), with the error they show; `linked` are those
    that look into another workbook and show what was stored there last. `origins` and `titles` are of rows
    that were put together from forms.
    """

    name: str
    rows: Sequence[Sequence[Value]]
    first_row: int = 1
    merged: Sequence[Span] = ()
    hidden_rows: frozenset[int] = frozenset()
    faults: Mapping[tuple[int, int], str] = field(default_factory=dict)
    linked: frozenset[tuple[int, int]] = frozenset()
    visible: bool = True
    headings: Sequence[str] = ()
    geometries: Sequence[BaseGeometry | None] = ()
    crs: str = ""
    origins: Sequence[Origin] = ()
    titles: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """The number of columns."""
        return max((len(row) for row in self.rows), default=0)

    @property
    def is_empty(self) -> bool:
        """True when no cell has a value and no feature a geometry."""
        return not self.geometries and not any(not is_blank(cell) for row in self.rows for cell in row)

    def row(self, number: int) -> Sequence[Value]:
        """The values of the row numbered `number` as a person sees it."""
        return self.rows[number - self.first_row]


@dataclass(frozen=True)
class Book:
    """A file that was read: its sheets, and for text files the encoding they were read in.

    `encoding_doubt` names other encodings that would read the file too, when the choice is not sure. `macros`
    says that a workbook holds some, which nobody ran.
    """

    name: str
    format: str
    sheets: Sequence[Sheet]
    encoding: str = ""
    encoding_doubt: Sequence[str] = ()
    macros: bool = False


def is_blank(value: Value) -> bool:
    """True for a cell nobody wrote anything into."""
    return value is None or (isinstance(value, str) and not value.strip())


def text_of(value: Value) -> str:
    """A cell as the person who wrote it sees it: whole numbers without decimals, dates in ISO form."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).strip()


def without_spaces(words: str) -> str:
    """A text without the spaces and line ends that people put between its signs."""
    return "".join(words.split())


def column_letter(number: int) -> str:
    """The letters above a column: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """The number of a column's letters: A is 1, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number
