"""Several tables in one sheet: one below another under a heading of its own, or side by side.

Read by the first heading, the rows of a second table would lie in the wrong columns without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.exchange.grid import Sheet, Span, Value, is_blank, text_of, without_spaces
from app.exchange.header import Header, Score, header_of_rows

_LEAST_WORDS = 3
_SHARE = 0.6  # of the words of a row that are headings, when it is the heading of another table
_MOST_TABLES = 60


def stacked(sheet: Sheet, header: Header, score: Score) -> list[tuple[Sheet, Header]]:
    """The sheet cut where another heading begins, each piece with its own; one piece when there is none.

    A heading printed again, with its words in the same columns, cuts nothing.
    """
    if sheet.headings or not header.rows:
        return [(sheet, header)]
    starts = _other_headings(sheet, header)
    pieces = []
    ends = [*(rows[0] for rows in starts), sheet.first_row + len(sheet.rows)]
    pieces.append((_part(sheet, sheet.first_row, ends[0]), header))
    for rows, end in zip(starts, ends[1:], strict=True):
        piece = _part(sheet, rows[0], end)
        pieces.append((piece, header_of_rows(piece, rows, score)))
    return [part for piece in pieces for part in _side_by_side(*piece)]


def _side_by_side(sheet: Sheet, header: Header) -> list[tuple[Sheet, Header]]:
    """A heading whose words begin again at the right stands over several tables; one piece for each."""
    words = ["/".join(path) for path in header.paths]
    first = next((at for at, word in enumerate(words) if word), 0)
    starts = [at for at, word in enumerate(words) if word and word == words[first]]
    block = [word for word in words[: starts[1]] if word] if len(starts) > 1 else []
    ends = [*starts[1:], len(words)]
    again = [[word for word in words[at:end] if word] for at, end in zip(starts, ends, strict=True)]
    if len(block) < _LEAST_WORDS or any(other != block for other in again):
        return [(sheet, header)]
    return [_columns(sheet, header, at, end) for at, end in zip(starts, ends, strict=True)]


def _columns(sheet: Sheet, header: Header, first: int, end: int) -> tuple[Sheet, Header]:
    """The columns `first` to `end` (indexes) of a sheet, all others as if they were empty."""
    rows = [[cell if first <= at < end else None for at, cell in enumerate(row[:end])] for row in sheet.rows]
    merged = [span for span in sheet.merged if first < span.left and span.right <= end]
    paths = tuple(path if first <= at < end else () for at, path in enumerate(header.paths[:end]))
    return replace(sheet, rows=rows, merged=merged), replace(header, paths=paths)


def _other_headings(sheet: Sheet, header: Header) -> list[list[int]]:
    """The rows of each further heading whose words stand in other columns than those of the first."""
    known = {word for path in header.paths for word in path}
    found: list[list[int]] = []
    moved: list[bool] = []
    for number in range(max(header.rows) + 1, sheet.first_row + len(sheet.rows)):
        cells = sheet.row(number)
        if not cells or not isinstance(_first(cells), str):
            continue
        words = {at: _word(cell) for at, cell in enumerate(cells) if not is_blank(cell)}
        if not _is_heading(words, cells, known):
            continue
        elsewhere = sum(at >= len(header.paths) or word not in header.paths[at] for at, word in words.items())
        if found and found[-1][-1] == number - 1 and len(found[-1]) < len(header.rows):
            found[-1].append(number)
            moved[-1] = moved[-1] or elsewhere > 0.3 * len(words)
        else:
            found.append([number])
            moved.append(elsewhere > 0.3 * len(words))
    return [rows for rows, other in zip(found, moved, strict=True) if other][:_MOST_TABLES]


def _is_heading(words: dict[int, str], cells: Sequence[Value], known: set[str]) -> bool:
    if len(words) < _LEAST_WORDS or not all(isinstance(cells[at], str) for at in words):
        return False
    return len(set(words.values()) & known) >= max(_LEAST_WORDS, _SHARE * len(words))


def _first(cells: Sequence[Value]) -> Value:
    return next((cell for cell in cells if not is_blank(cell)), None)


def _word(cell: Value) -> str:
    return without_spaces(text_of(cell))


def _part(sheet: Sheet, first: int, end: int) -> Sheet:
    """The rows from `first` up to but not including `end`, numbered as before."""
    if first == sheet.first_row and end == first + len(sheet.rows):
        return sheet
    rows = sheet.rows[first - sheet.first_row : end - sheet.first_row]
    merged = [
        Span(max(span.top, first), span.left, min(span.bottom, end - 1), span.right)
        for span in sheet.merged
        if span.bottom >= first and span.top < end
    ]
    return replace(sheet, rows=rows, first_row=first, merged=merged)
