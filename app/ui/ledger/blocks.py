"""Blocks of cells as spreadsheets put them on the clipboard: read, laid over a selection, and written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

Block = list[list[str]]
_LONG_NUMBER = 12  # digits; a spreadsheet shows longer ones as 6.2E+17 and loses those after the fifteenth


@dataclass(frozen=True)
class Laid:
    """A block laid over a table: what goes where, and how much lies beyond its edges."""

    cells: tuple[tuple[int, int, str], ...]  # row, column, text
    rows_beyond: int = 0
    columns_beyond: int = 0


def read_block(text: str) -> Block:
    """The cells of a block with tabs between them and a line end after each row.

    A cell in quotes may hold tabs, line ends and doubled quotes, as Excel and WPS write it.
    """
    rows: Block = [[]]
    for cell, end in _cells(text.replace("\r\n", "\n").replace("\r", "\n")):
        rows[-1].append(cell)
        if end == "\n":
            rows.append([])
    return rows[:-1] if rows[-1] in ([], [""]) and len(rows) > 1 else rows


def write_block(rows: Sequence[Sequence[str]]) -> str:
    """The text of a block, with quotes where a cell needs them."""
    return "\n".join("\t".join(_quoted(cell) for cell in row) for row in rows)


def write_table(rows: Sequence[Sequence[str]], numeric: Sequence[bool]) -> str:
    """The block as an HTML table, in which texts are marked as texts.

    Without the mark a spreadsheet turns long numbers into rounded ones, and “=…” into a formula.
    """
    lines = ("".join(_html(cell, number) for cell, number in zip(row, numeric, strict=True)) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<html><head><meta charset="utf-8"></head><body><table>{body}</table></body></html>'


def lay(block: Block, at: tuple[int, int], rows: int, columns: int) -> Laid:
    """Lay a block at (row, column) of a table; what does not fit is counted, never lost without a word."""
    width = max(len(line) for line in block)
    cells = tuple(
        (at[0] + down, at[1] + across, text)
        for down, line in enumerate(block[: rows - at[0]])
        for across, text in enumerate(line[: columns - at[1]])
    )
    return Laid(cells, max(0, at[0] + len(block) - rows), max(0, at[1] + width - columns))


def spread(block: Block, height: int, width: int) -> Block:
    """The block repeated over a selection that holds it several times; otherwise as it is."""
    tall, wide = len(block), max(len(line) for line in block)
    fits = height % tall == 0 and width % wide == 0 and all(len(line) == wide for line in block)
    if not fits:
        return block
    return [line * (width // wide) for line in block] * (height // tall)


def _cells(text: str) -> Iterator[tuple[str, str]]:
    """Each cell with the sign that ends it: a tab, a line end, or nothing at the end of the text."""
    at = 0
    while at <= len(text):
        cell, at = _quoted_cell(text, at) if text[at : at + 1] == '"' else _plain_cell(text, at)
        yield cell, text[at : at + 1]
        at += 1


def _plain_cell(text: str, at: int) -> tuple[str, int]:
    ends = [end for end in (text.find("\t", at), text.find("\n", at)) if end >= 0]
    end = min(ends, default=len(text))
    return text[at:end], end


def _quoted_cell(text: str, at: int) -> tuple[str, int]:
    """A cell in quotes; one whose closing quote does not end it was no quoted cell at all."""
    end = at + 1
    while (end := text.find('"', end)) >= 0 and text[end + 1 : end + 2] == '"':
        end += 2
    if end < 0 or text[end + 1 : end + 2] not in ("\t", "\n", ""):
        return _plain_cell(text, at)
    return text[at + 1 : end].replace('""', '"'), end + 1


def _quoted(cell: str) -> str:
    if cell.startswith('"') or "\t" in cell or "\n" in cell:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _html(cell: str, number: bool) -> str:
    shown = escape(cell).replace("\n", "<br>")
    if number and cell and len(cell) < _LONG_NUMBER:
        return f"<td>{shown}</td>"
    return f"<td style=\"mso-number-format:'\\@'\">{shown}</td>"
