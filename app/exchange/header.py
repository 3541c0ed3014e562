"""Where the heading of a sheet is: under titles, over one to three rows, with merged groups."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.exchange.grid import Sheet, Value, is_blank, text_of, without_spaces

Path = tuple[str, ...]
Score = Callable[[Sequence[Path]], float]

_SEARCHED_ROWS = 30
_MOST_DEEP = 3
LONGEST = 24  # characters; a heading is rarely longer, a title and a note usually are


@dataclass(frozen=True)
class Header:
    """The heading rows (as a person numbers them) and, per column, the path of heading words from top to
    bottom."""

    rows: tuple[int, ...]
    paths: tuple[Path, ...]
    score: float

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings joined with `/`."""
        return tuple("/".join(path) for path in self.paths)


def find_headers(sheet: Sheet, score: Score, depth: int | None = None) -> list[Header]:
    """The likeliest heading first, then others that do not overlap it; empty when nothing looks like one.

    `score` says how much of a row of heading paths is known. `depth` fixes the number of heading rows.
    """
    if sheet.headings:
        paths = tuple((word,) if word else () for word in sheet.headings)
        return [Header((), paths, score(paths))]
    filled = fill_merged(sheet, sheet.first_row, sheet.first_row + _SEARCHED_ROWS + _MOST_DEEP)
    last = min(len(filled), _SEARCHED_ROWS)
    depths = (depth,) if depth else range(1, _MOST_DEEP + 1)
    tried = (
        header_at(sheet, filled, start, deep, score)
        for start in range(last)
        for deep in depths
        if start + deep <= len(filled)
    )
    found = _best_first([header for header in tried if header.score > 0])
    return _apart([_grown(sheet, filled, header, score) if depth is None else header for header in found])


def header_of_rows(sheet: Sheet, rows: Sequence[int], score: Score) -> Header:
    """The heading in given rows (as a person numbers them)."""
    filled = fill_merged(sheet, sheet.first_row, max(rows) + 1)
    start = min(rows) - sheet.first_row
    return header_at(sheet, filled, start, max(rows) - min(rows) + 1, score)


def header_at(sheet: Sheet, filled: Sequence[Sequence[Value]], start: int, deep: int, score: Score) -> Header:
    """Read `deep` rows from index `start` as a heading and say how good it is."""
    rows = filled[start : start + deep]
    width = max((len(row) for row in rows), default=0)
    spread = [_spread(rows, index) for index in range(len(rows))]
    paths = tuple(
        _path([row[column] if column < len(row) else None for row in spread]) for column in range(width)
    )
    penalty = sum(_looks_like_content(cell) for row in rows for cell in row if not is_blank(cell))
    known = score(paths)
    numbers = tuple(range(sheet.first_row + start, sheet.first_row + start + deep))
    return Header(numbers, paths, known - 0.5 * penalty if known else 0.0)


def _best_first(found: Sequence[Header]) -> list[Header]:
    """By score; of nearly equal ones the one with fewer rows, then the earlier."""
    return sorted(found, key=lambda header: (-round(header.score, 1), len(header.rows), header.rows))[:40]


def _apart(found: Sequence[Header]) -> list[Header]:
    kept: list[Header] = []
    for header in found:
        if not any(set(header.rows) & set(other.rows) for other in kept):
            kept.append(header)
    return kept


def _grown(sheet: Sheet, filled: Sequence[Sequence[Value]], header: Header, score: Score) -> Header:
    """Take in the group row above, and whatever a merged cell of the heading reaches."""
    while len(header.rows) < _MOST_DEEP:
        top, bottom = header.rows[0], header.rows[-1]
        above = _joined_by_merge(sheet, top - 1, top) or _is_group_row(sheet, filled, top - 1)
        below = _joined_by_merge(sheet, bottom, bottom + 1) or _is_unit_row(sheet, filled, bottom + 1)
        if top > sheet.first_row and above:
            start, deep = top - 1, len(header.rows) + 1
        elif below and bottom - sheet.first_row + 1 < len(filled):
            start, deep = top, len(header.rows) + 1
        else:
            return header
        grown = header_at(sheet, filled, start - sheet.first_row, deep, score)
        if grown.score < header.score - 0.6:
            return header
        header = grown
    return header


def _joined_by_merge(sheet: Sheet, upper: int, lower: int) -> bool:
    return any(span.top <= upper and span.bottom >= lower and span.top >= upper - 1 for span in sheet.merged)


def _is_group_row(sheet: Sheet, filled: Sequence[Sequence[Value]], number: int) -> bool:
    """A row of group words: several short words, at least one merged over columns, none with a colon or a
    number."""
    index = number - sheet.first_row
    if index < 0:
        return False
    words = {text_of(cell) for cell in filled[index] if not is_blank(cell)}
    short = all(len(word) <= 12 and not re.search(r"[:：\d]", word) for word in words)
    across = sum(span.top == number and span.right > span.left for span in sheet.merged)
    return len(words) >= 2 and short and across >= 1


def _is_unit_row(sheet: Sheet, filled: Sequence[Sequence[Value]], number: int) -> bool:
    """A row of nothing but units in brackets, below the words they belong to."""
    index = number - sheet.first_row
    words = [text_of(cell) for cell in filled[index] if not is_blank(cell)] if index < len(filled) else []
    return bool(words) and all(re.fullmatch(r"[(（\[【][^()（）]{1,10}[)）\]】]", word) for word in words)


def _spread(rows: Sequence[Sequence[Value]], index: int) -> list[Value]:
    """A group word stands over the empty cells to its right that have a word below (files without merged
    cells)."""
    row = list(rows[index])
    if index == len(rows) - 1:
        return row
    below = rows[index + 1]
    group: Value = None
    for column, cell in enumerate(row):
        under = column < len(below) and not is_blank(below[column])
        if not is_blank(cell):
            group = cell if under and below[column] != cell else None
        elif under and group is not None:
            row[column] = group
        else:
            group = None
    return row


def _path(cells: Sequence[Value]) -> Path:
    words: list[str] = []
    for cell in cells:
        word = without_spaces(text_of(cell))
        if word and (not words or words[-1] != word):
            words.append(word)
    return tuple(words)


def _looks_like_content(cell: Value) -> bool:
    """Numbers, dates and long sentences are no headings."""
    if not isinstance(cell, str):
        return True
    word = cell.strip()
    return bool(re.fullmatch(r"[\d.,/年月日%+-]+", word)) or len(word) > LONGEST


def fill_merged(sheet: Sheet, first: int, last: int) -> list[list[Value]]:
    """Rows `first` up to but not including `last`, each merged cell's value written into its whole range."""
    rows = [list(row) for row in sheet.rows[first - sheet.first_row : last - sheet.first_row]]
    for span in sheet.merged:
        if span.bottom < first or span.top >= last or span.top < sheet.first_row:
            continue
        source = sheet.row(span.top) if span.top - sheet.first_row < len(sheet.rows) else ()
        value = source[span.left - 1] if span.left - 1 < len(source) else None
        for number in range(max(span.top, first), min(span.bottom + 1, last)):
            if number - first < len(rows):
                _write(rows[number - first], span.left, span.right, value)
    return rows


def _write(row: list[Value], left: int, right: int, value: Value) -> None:
    row.extend([None] * (min(right, 16_384) - len(row)))
    for column in range(left - 1, min(right, len(row))):
        if is_blank(row[column]):  # what some program left below a merged cell says more than the cell
            row[column] = value
