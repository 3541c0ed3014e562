"""Tables on a sheet: cells over several rows and columns, widths from their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.carto.display import Floats, Op, Text, rectangle, segments
from app.carto.measure import CAP_HEIGHT, LINE_HEIGHT, text_width_mm
from app.carto.symbols import Fill, TextStyle
from app.printing.blocks import Block
from app.printing.style import SHADE, SheetStyle


@dataclass(frozen=True)
class Cell:
    """One cell: words (lines split by a newline), how many columns and rows it covers, and its look."""

    text: str
    cols: int = 1
    rows: int = 1
    bold: bool = False
    align: str = "middle"
    shade: str = ""


@dataclass(frozen=True)
class _Placed:
    cell: Cell
    row: int
    col: int


def head(text: str, cols: int = 1, rows: int = 1) -> Cell:
    """A cell of the head of a table."""
    return Cell(text, cols, rows, bold=True, shade=SHADE)


def table_block(
    rows: Sequence[Sequence[Cell]], style: SheetStyle, size_mm: float = 2.8, min_width_mm: float = 0.0
) -> Block:
    """A ruled table; columns are as wide as their words need, and grow together to `min_width_mm`."""
    placed = _place(rows)
    texts = _Texts(style, size_mm)
    widths = _widths(placed, texts)
    missing = min_width_mm - sum(widths)
    if missing > 0 and sum(widths) > 0:
        widths = [width * (1 + missing / sum(widths)) for width in widths]
    heights = _heights(placed, texts, len(rows))
    return _draw(placed, widths, heights, texts)


class _Texts:
    """The two styles of a table and the room around words."""

    def __init__(self, style: SheetStyle, size_mm: float) -> None:
        self.sheet = style
        self.plain = style.text(size_mm)
        self.bold = style.text(size_mm, bold=True)
        self.pad_x = size_mm * style.unit * 0.5
        self.pad_y = size_mm * style.unit * 0.24
        self.line = size_mm * style.unit * LINE_HEIGHT * 0.93

    def of(self, cell: Cell) -> TextStyle:
        return self.bold if cell.bold else self.plain

    def width(self, cell: Cell) -> float:
        return max(text_width_mm(line, self.of(cell)) for line in cell.text.split("\n")) + 2 * self.pad_x

    def height(self, cell: Cell) -> float:
        return (cell.text.count("\n") + 1) * self.line + 2 * self.pad_y


def _place(rows: Sequence[Sequence[Cell]]) -> list[_Placed]:
    """Give every cell its column, stepping over those that reach down from above."""
    taken: set[tuple[int, int]] = set()
    placed = []
    for r, row in enumerate(rows):
        c = 0
        for cell in row:
            while (r, c) in taken:
                c += 1
            placed.append(_Placed(cell, r, c))
            taken |= {(r + i, c + j) for i in range(cell.rows) for j in range(cell.cols)}
            c += cell.cols
    return placed


def _widths(placed: Sequence[_Placed], texts: _Texts) -> list[float]:
    count = max(item.col + item.cell.cols for item in placed)
    widths = [0.0] * count
    for item in placed:
        if item.cell.cols == 1:
            widths[item.col] = max(widths[item.col], texts.width(item.cell))
    for item in placed:
        covered = range(item.col, item.col + item.cell.cols)
        lacking = texts.width(item.cell) - sum(widths[c] for c in covered)
        if item.cell.cols > 1 and lacking > 0:
            for c in covered:
                widths[c] += lacking / item.cell.cols
    return widths


def _heights(placed: Sequence[_Placed], texts: _Texts, count: int) -> list[float]:
    heights = [0.0] * count
    for item in placed:
        if item.cell.rows == 1:
            heights[item.row] = max(heights[item.row], texts.height(item.cell))
    for item in placed:
        covered = range(item.row, min(item.row + item.cell.rows, count))
        lacking = texts.height(item.cell) - sum(heights[r] for r in covered)
        if item.cell.rows > 1 and lacking > 0:
            for r in covered:
                heights[r] += lacking / len(covered)
    return heights


def _draw(placed: Sequence[_Placed], widths: list[float], heights: list[float], texts: _Texts) -> Block:
    xs = [sum(widths[:c]) for c in range(len(widths) + 1)]
    ys = [sum(heights[:r]) for r in range(len(heights) + 1)]
    ground: list[Op] = [rectangle((0.0, 0.0, xs[-1], ys[-1]), Fill("#ffffff"))]
    strokes: list[tuple[float, float, float, float]] = []
    words: list[Op] = []
    for item in placed:
        x0, x1 = xs[item.col], xs[item.col + item.cell.cols]
        y0, y1 = ys[item.row], ys[min(item.row + item.cell.rows, len(heights))]
        if item.cell.shade:
            ground.append(rectangle((x0, y0, x1 - x0, y1 - y0), Fill(item.cell.shade)))
        strokes += [(x1, y0, x1, y1), (x0, y1, x1, y1)]
        words += _words(item.cell, (x0, y0, x1, y1), texts)
    border = rectangle((0.0, 0.0, xs[-1], ys[-1]), None, texts.sheet.thin)
    lines: list[Op] = [segments(_array(strokes), texts.sheet.rule), border]
    return Block(xs[-1], ys[-1], (*ground, *lines, *words))


def _words(cell: Cell, box: tuple[float, float, float, float], texts: _Texts) -> list[Op]:
    x0, y0, x1, y1 = box
    style = texts.of(cell)
    lines = cell.text.split("\n")
    x = {"left": x0 + texts.pad_x, "middle": (x0 + x1) / 2, "right": x1 - texts.pad_x}[cell.align]
    top = (y0 + y1) / 2 - len(lines) * texts.line / 2
    drop = texts.line / 2 + style.size_mm * CAP_HEIGHT / 2
    return [
        Text(x, top + number * texts.line + drop, line, style, cell.align)
        for number, line in enumerate(lines)
        if line
    ]


def _array(strokes: list[tuple[float, float, float, float]]) -> Floats:
    return np.asarray(strokes, dtype=float)
