"""Which sheet and which heading rows are meant; asks when several could be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import Invalid
from app.exchange.grid import Book, Sheet, column_letter, is_blank, text_of
from app.exchange.header import Header, find_headers, header_of_rows
from app.exchange.headings import Vocabulary, matches
from app.exchange.mapping import heading_score
from app.exchange.questions import Asked, Question
from app.exchange.stacked import stacked
from app.i18n import N_, listed, tr

ALL = "all"
_UNSURE = ("gb18030", "big5")  # encodings in which nearly every file can be read, and read wrongly
_LEAST_SCORE = 0.9  # at least one column known for certain
_STRONG = 0.7  # a sheet this close to the best one may be meant too


@dataclass(frozen=True)
class Table:
    """A sheet with its heading, the texts above it (titles), and what it is called among several."""

    sheet: Sheet
    header: Header
    titles: tuple[str, ...]
    label: str = ""
    rival: Header | None = None  # other rows that may be the heading


def choose_tables(
    book: Book, words: Vocabulary, wanted: str | None, header_rows: str | None, asked: Asked
) -> list[Table]:
    """The tables to read. Raises Invalid for a sheet that is not there or when no column is known."""
    sheets = _wanted_sheets(book, wanted or asked.answer("sheet"))
    tables = [table for sheet in sheets if (table := _table(sheet, words, header_rows, asked))]
    if not tables:
        raise Invalid(
            N_("No column of “{file}” is known: none of its headings is one of {kind}."),
            code="no_known_column",
            hint=N_("Its text was read as {used}; when it reads wrongly, give --encoding: {others}")
            if book.encoding in _UNSURE
            else N_("Name the columns in a mapping file, or use headings such as {examples}."),
            used=book.encoding,
            others=" ".join(book.encoding_doubt or ("big5", "utf-16")),
            file=book.name,
            kind=words.type.text,
            examples=listed(_examples(words)),
        )
    if len(tables) > 1 and not wanted and not asked.answer("sheet"):
        tables = _ask(tables, words, asked)
    several = len(tables) > 1
    tables = [_ask_header(table, asked.within(table.sheet.name if several else "")) for table in tables]
    score = heading_score(words)
    return [
        Table(sheet, header, table.titles, _label(sheet, header, len(pieces)))
        for table in tables
        for pieces in (stacked(table.sheet, table.header, score),)
        for sheet, header in pieces
    ]


def _label(sheet: Sheet, header: Header, count: int) -> str:
    """The sheet's name, and where the sheet holds several tables the cell their heading begins in."""
    if count == 1:
        return sheet.name
    first = next((at for at, path in enumerate(header.paths, 1) if path), 1)
    return f"{sheet.name}!{column_letter(first)}{min(header.rows)}"


def _examples(words: Vocabulary) -> list[str]:
    fields = [field for name, field in words.type.fields.items() if name in words.spellings]
    return [tr(field.label) for field in fields[:4]]


def _wanted_sheets(book: Book, wanted: str | None) -> Sequence[Sheet]:
    visible = [sheet for sheet in book.sheets if sheet.visible and not sheet.is_empty]
    if wanted is None or wanted in (ALL, "*"):
        return visible or list(book.sheets)
    named = [sheet for sheet in book.sheets if sheet.name.strip() == wanted.strip()]
    if not named and wanted.isdigit() and 1 <= int(wanted) <= len(book.sheets):
        named = [book.sheets[int(wanted) - 1]]
    if not named:
        raise Invalid(
            N_("There is no sheet “{sheet}” in “{file}”."),
            code="no_sheet",
            sheet=wanted,
            file=book.name,
            hint=N_("Its sheets: {names}"),
            names=listed(sheet.name for sheet in book.sheets),
        )
    if named[0].is_empty:
        raise Invalid(N_("The sheet “{sheet}” is empty."), code="empty", sheet=named[0].name)
    return named[:1]


def _table(sheet: Sheet, words: Vocabulary, header_rows: str | None, asked: Asked) -> Table | None:
    score = heading_score(words)
    answer = asked.within(sheet.name).answer("header")
    exact = answer if answer else header_rows if header_rows and re.search(r"[-,]", header_rows) else None
    if exact and not sheet.headings:
        header = header_of_rows(sheet, _row_numbers(exact, sheet), score)
        return Table(sheet, header, _titles(sheet, header))
    depth = _depth(header_rows)
    found = [header for header in find_headers(sheet, score, depth) if header.score >= _LEAST_SCORE]
    if not found:
        return None
    header = _first_printed(found)
    rivals = [
        other
        for other in found[1:]
        if other.score >= 0.9 * header.score and other.headings != header.headings
    ]
    rival = rivals[0] if rivals and not sheet.headings and _is_rival(header, rivals[0]) else None
    return Table(sheet, header, _titles(sheet, header), rival=rival)


def _first_printed(found: Sequence[Header]) -> Header:
    """A heading printed again on the next page may read better; the first one stands above all rows."""
    best = found[0]
    alike = (item for item in found if item.score >= 0.8 * best.score and not _is_rival(best, item))
    return min(alike, key=lambda item: item.rows or (0,), default=best)


def _is_rival(header: Header, other: Header) -> bool:
    """A second table below or above, not the same heading printed again."""
    mine, theirs = {path[-1] for path in header.paths if path}, {path[-1] for path in other.paths if path}
    return len(mine & theirs) < 0.6 * min(len(mine), len(theirs))


def _ask_header(table: Table, asked: Asked) -> Table:
    def name(item: Header) -> str:
        return f"{item.rows[0]}-{item.rows[-1]}"

    sheet, header, other = table.sheet, table.header, table.rival
    if other is None:
        return table
    choice = asked.settle(
        Question(
            "header",
            tr(N_("Which rows are the heading of “{sheet}”?"), sheet=sheet.name),
            [name(header), name(other)],
            [(sheet.name, header.rows[0]), (sheet.name, other.rows[0])],
            name(header),
            tr(N_("Two groups of rows look like a heading.")),
        )
    )
    header = other if choice == name(other) else header
    return Table(sheet, header, _titles(sheet, header))


def _depth(header_rows: str | None) -> int | None:
    if not header_rows or re.search(r"[-,]", header_rows):
        return None
    if not header_rows.strip().isdigit() or not 1 <= int(header_rows) <= 10:
        raise Invalid(
            N_("“{text}” is no number of heading rows; write 2, or 2-3 for rows 2 to 3."),
            code="header",
            text=header_rows,
        )
    return int(header_rows)


def _row_numbers(text: str, sheet: Sheet) -> list[int]:
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    if not numbers or not sheet.first_row <= min(numbers) <= max(numbers) < sheet.first_row + len(sheet.rows):
        raise Invalid(
            N_("“{text}” are no rows of the sheet “{sheet}”."), code="header", text=text, sheet=sheet.name
        )
    return list(range(min(numbers), max(numbers) + 1))


def _titles(sheet: Sheet, header: Header) -> tuple[str, ...]:
    if not header.rows:
        return sheet.titles
    above = sheet.rows[: min(header.rows) - sheet.first_row]
    return tuple(text_of(cell) for row in above for cell in row if not is_blank(cell))


def _ask(tables: list[Table], words: Vocabulary, asked: Asked) -> list[Table]:
    """Several sheets look like the ledger: one for each county, or a summary beside the ledger."""
    best = max(tables, key=lambda table: table.header.score)
    key_known = words.type.key in _fields(best, words)
    strong = [
        table for table in tables
        if table.header.score >= _STRONG * best.header.score
        and (not key_known or words.type.key in _fields(table, words)) and _has_rows(table)
    ]  # fmt: skip
    if len(strong) <= 1:
        return [best]
    alike = all(_fields(table, words) == _fields(best, words) for table in strong)
    choice = asked.settle(
        Question(
            "sheet",
            tr(N_("Which sheet is the ledger?")),
            [*(table.sheet.name for table in strong), ALL],
            (),
            ALL if alike else best.sheet.name,
            tr(N_("{n} sheets have headings of this kind."), n=len(strong)),
        )
    )
    return strong if choice == ALL else [table for table in strong if table.sheet.name == choice] or [best]


def _fields(table: Table, words: Vocabulary) -> set[str]:
    found = set()
    for path in table.header.paths:
        best = [match for match in matches(path, words) if match.certainty >= 0.6] if path else []
        if best:
            found.add(best[0].field)
    return found


def _has_rows(table: Table) -> bool:
    if not table.header.rows:
        return bool(table.sheet.rows)
    below = table.sheet.rows[max(table.header.rows) - table.sheet.first_row + 1 :]
    return any(not is_blank(cell) for row in below for cell in row)
