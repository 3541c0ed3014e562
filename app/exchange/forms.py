"""Sheets that are no table but forms: one boiler a card with words beside their values, or a table lying on
its side; both become rows under headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from app.exchange.grid import Book, Origin, Sheet, Value, is_blank, text_of
from app.exchange.header import LONGEST, fill_merged, find_headers
from app.exchange.headings import IGNORED, Vocabulary, matches
from app.exchange.mapping import heading_score

_TOP_ROWS = 40  # looked at to tell whether a sheet is a form
_MOST_ROWS, _MOST_COLUMNS = 4_000, 400
_LABEL_COLUMNS = 4
_LEAST = 4  # different fields named one below the other
_SURE = 0.9
_SIDE_SHARE = 0.6  # of the labels of a table on its side have a value in each column
_TABLE_SHARE = 0.7  # of the fields a form names; a table that names so many is what is meant
_BOTH = re.compile(r"\s*([^:：]{2,12})[:：](.*\S.*)$")  # a word and its value in one cell
_NO_THING = re.compile(r"说明|备注|要求|单位$|示例|注释")  # heads a column beside a form that holds no values


@dataclass
class _Card:
    """One thing's words: (heading, which time it stands there) → (value, row, column), in order."""

    sheet: str
    number: int = 0  # of its column, in a table on its side
    cells: dict[tuple[str, int], tuple[Value, int, int]] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)

    @property
    def is_blank(self) -> bool:
        """Whether nobody filled it in."""
        return all(is_blank(value) for value, _, _ in self.cells.values())

    def put(self, heading: str, value: Value, row: int, column: int) -> None:
        """Add a word and its value; row and column as a person counts them."""
        times = sum(known == heading for known, _ in self.cells)
        self.cells[heading, times] = (value, row, column)


def unfolded(book: Book, words: Vocabulary, wanted: str = "") -> Book:
    """The book with its forms joined into tables of one row a thing; others stay as they are.

    A form beside a table that names as much, such as an explanation of its columns, is left alone; `wanted`
    is the one sheet that is to be read.
    """
    asked = [sheet for sheet in book.sheets if not wanted or sheet.name == wanted]
    forms = {sheet.name: cards for sheet in asked if (cards := _cards(sheet, words))}
    if not forms or _has_table([sheet for sheet in asked if sheet.name not in forms], words, forms):
        return book
    tables: list[list[_Card]] = []
    for card in (card for cards in forms.values() for card in cards):
        alike = next((cards for cards in tables if _alike(cards[0], card)), None)
        if alike is None:
            tables.append(alike := [])
        alike.append(card)
    faults = {(sheet.name, *at): fault for sheet in book.sheets for at, fault in sheet.faults.items()}
    made = [_table(cards, faults) for cards in tables]
    return replace(book, sheets=[*made, *(sheet for sheet in book.sheets if sheet.name not in forms)])


def _has_table(sheets: Sequence[Sheet], words: Vocabulary, forms: Mapping[str, Sequence[_Card]]) -> bool:
    named = max(len({name for heading, _ in cards[0].cells if (name := _label(heading, words))})
                for cards in forms.values())  # fmt: skip
    score = heading_score(words)
    return any(
        header.score >= _TABLE_SHARE * named
        for sheet in sheets if sheet.visible
        for header in find_headers(sheet, score)[:1]
    )  # fmt: skip


def _alike(first: _Card, card: _Card) -> bool:
    """Cards of one form may leave a line out or have one more."""
    return len(set(first.cells) & set(card.cells)) >= 0.7 * max(len(first.cells), len(card.cells))


def _table(cards: Sequence[_Card], faults: Mapping[tuple[str, int, int], str]) -> Sheet:
    keys = list(dict.fromkeys(key for card in cards for key in card.cells))
    rows, origins = [], []
    for card in cards:
        found = [card.cells.get(key) for key in keys]
        rows.append([cell[0] if cell else None for cell in found])
        places = tuple(cell[1:] if cell else None for cell in found)
        wrong = {
            at: faults[card.sheet, *place]
            for at, place in enumerate(places, 1)
            if place and (card.sheet, *place) in faults
        }
        first = card.number or min(place[0] for place in places if place)
        origins.append(Origin(card.sheet, first, places, " ".join((*card.titles, card.sheet)), wrong))
    titles = tuple(dict.fromkeys(title for card in cards for title in card.titles))
    headings = [heading for heading, _ in keys]
    return Sheet(cards[0].sheet, rows, headings=headings, origins=origins, titles=titles)


def _cards(sheet: Sheet, words: Vocabulary) -> list[_Card]:
    """The cards of a sheet; none when it is a table, or no form at all."""
    too_large = len(sheet.rows) > _MOST_ROWS or sheet.width > _MOST_COLUMNS
    if too_large or not sheet.visible or sheet.headings or sheet.is_empty:
        return []
    column = _label_column(sheet, words)
    if column < 0:
        return []
    rows = fill_merged(sheet, sheet.first_row, sheet.first_row + len(sheet.rows))
    labelled = [at for at, row in enumerate(rows) if column < len(row) and _label(row[column], words)]
    beside = _value_columns(rows, labelled, column)
    if len(beside) > 1 and not any(_label(cell, words) for at in labelled for cell in rows[at][column + 1 :]):
        found = _sideways(sheet, rows, (labelled, column, beside))
    else:
        found = list(_by_labels(sheet, rows, words))
    return [card for card in found if not card.is_blank]


def _label_column(sheet: Sheet, words: Vocabulary) -> int:
    """The column (from 0) in which the words of a form stand below each other, -1 when it is a table."""
    named = [[_label(cell, words) for cell in row] for row in sheet.rows[:_TOP_ROWS]]
    fields = [
        {row[at] for row in named if at < len(row) and row[at]}
        for at in range(min(_LABEL_COLUMNS, sheet.width))
    ]
    column = max(range(len(fields)), key=lambda at: len(fields[at]), default=-1)
    if column < 0 or len(fields[column]) < _LEAST:
        return -1
    side_by_side = max(sum(bool(a and b) for a, b in pairwise(row)) for row in named if row)
    return column if len(fields[column]) > side_by_side + 1 else -1


def _label(cell: Value, words: Vocabulary) -> str:
    """The field that a cell's words name for certain, empty for anything else."""
    if not isinstance(cell, str):
        return ""
    text = _heading(cell)
    if not 2 <= len(text) <= LONGEST or not any(sign.isalpha() for sign in text):
        return ""
    found = [match for match in matches((text,), words) if match.certainty >= _SURE]
    return found[0].field + found[0].choice if found and found[0].field != IGNORED else ""


def _heading(cell: Value) -> str:
    return re.sub(r"[:：]+$", "", re.sub(r"\s+", "", text_of(cell)))


def _value_columns(rows: Sequence[Sequence[Value]], labelled: Sequence[int], column: int) -> list[int]:
    """The columns right of the labels in which most labels have a value of its own."""
    lines = [rows[at] for at in labelled]
    above = rows[labelled[0] - 1] if labelled[0] else ()
    found = []
    for at in range(column + 1, max(len(line) for line in lines)):
        values = [line for line in lines if at < len(line) and not is_blank(line[at])]
        merged = sum(line[at] == line[at - 1] for line in values)
        headed = text_of(above[at]) if at < len(above) else ""
        if (
            len(values) >= _SIDE_SHARE * len(lines)
            and merged < 0.8 * len(values)
            and not _NO_THING.search(headed)
        ):
            found.append(at)
    return found


def _sideways(
    sheet: Sheet, rows: Sequence[Sequence[Value]], where: tuple[list[int], int, list[int]]
) -> list[_Card]:
    """Labels at the left and one thing a column: every row from the first label to the last is a heading."""
    labelled, column, beside = where
    cards = []
    for at in beside:
        card = _Card(sheet.name, at + 1, titles=_titles(rows[: labelled[0]]))
        for line in range(labelled[0], labelled[-1] + 1):
            heading = _heading(rows[line][column]) if column < len(rows[line]) else ""
            if heading and at < len(rows[line]):
                card.put(heading, rows[line][at], sheet.first_row + line, at + 1)
        cards.append(card)
    return cards


def _by_labels(sheet: Sheet, rows: Sequence[Sequence[Value]], words: Vocabulary) -> Iterator[_Card]:
    """Words with their value at the right, several pairs a row; the first word again begins another card."""
    card, first, between = _Card(sheet.name), "", list[str]()
    columns, groups = _columns_of_labels(rows, words), _groups(sheet, rows, words)
    for line, row in enumerate(rows):
        found = list(_named_pairs(row, words, columns if card.cells else ()))
        if not found:  # above the first card its title, below a card that of the next one
            (between if card.cells else card.titles).extend(_titles([row]))
        for at, heading, value, value_at in found:
            group = next((text for column, text in groups.get(line, ()) if column < at), "")
            heading = f"{group}/{heading}" if group else heading
            first = first or heading
            if heading == first and (heading, 0) in card.cells:
                yield card
                card, between = _Card(sheet.name, titles=between or card.titles[:]), []
            card.put(heading, value, sheet.first_row + line, value_at + 1)
    if card.cells:
        yield card


def _named_pairs(
    row: Sequence[Value], words: Vocabulary, columns: Collection[int]
) -> Iterator[tuple[int, str, Value, int]]:
    """Of each pair in a row the index of its word, the word, the value and its index."""
    named = [bool(_label(cell, words)) for cell in row]
    for at, cell in enumerate(row):
        both = _BOTH.match(cell) if isinstance(cell, str) and not named[at] else None
        if both and _label(both[1], words) and (not at or row[at - 1] != cell):
            yield at, _heading(both[1]), both[2].strip(), at
    for at, value_at in _pairs(row, named, columns):
        yield at, _heading(row[at]), row[value_at] if value_at < len(row) else None, value_at


def _groups(
    sheet: Sheet, rows: Sequence[Sequence[Value]], words: Vocabulary
) -> dict[int, list[tuple[int, str]]]:
    """Per line the words that stand merged over several lines before it (“整治后”): column and text."""
    found: dict[int, list[tuple[int, str]]] = {}
    for span in sheet.merged:
        row = rows[span.top - sheet.first_row]
        text = _heading(row[span.left - 1])
        after = span.left > 1 and _label(row[span.left - 2], words)  # then it is that word's value
        if span.bottom > span.top and text and not after and not _label(row[span.left - 1], words):
            for number in range(span.top, span.bottom + 1):
                found.setdefault(number - sheet.first_row, []).append((span.left - 1, text))
    return found


def _columns_of_labels(rows: Sequence[Sequence[Value]], words: Vocabulary) -> set[int]:
    """The columns in which words of a form stand; what else stands there is a word too, if an unknown one."""
    counts = Counter(at for row in rows for at, cell in enumerate(row) if _label(cell, words))
    return {at for at, count in counts.items() if count >= 2}


def _pairs(
    row: Sequence[Value], named: Sequence[bool], columns: Collection[int]
) -> Iterator[tuple[int, int]]:
    """The indexes of each word and of its value: the next cell that is not the word's own merged one."""
    at = 0
    while at < len(row):
        beside = _past(row, at)
        valued = beside < len(row) and not named[beside]
        unknown = not named[at] and at in columns and valued and _may_be_word(row[at])
        if named[at] or unknown:
            yield at, beside if valued else at + 1
        at = _past(row, beside) if (named[at] or unknown) and valued else beside


def _past(row: Sequence[Value], at: int) -> int:
    """The index behind a cell and what is merged with it."""
    end = at + 1
    while end < len(row) and row[end] == row[at] and not is_blank(row[at]):
        end += 1
    return end


def _may_be_word(cell: Value) -> bool:
    return isinstance(cell, str) and 2 <= len(_heading(cell)) <= LONGEST and not _BOTH.match(cell)


def _titles(rows: Sequence[Sequence[Value]]) -> list[str]:
    return list(dict.fromkeys(text_of(cell) for row in rows for cell in row if not is_blank(cell)))
