"""Pages that fill up from the top: headings, rows of tables and pictures placed below each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.carto.display import Box, Op, Photo, Text, rectangle, segments
from app.carto.measure import wrap
from app.carto.symbols import Fill, Line, TextStyle
from app.printing.blocks import Block, base_line, line_height
from app.printing.style import INK, RULE, SHADE

_PAD_MM = 1.2
_THIN = Line(RULE, 0.15)


@dataclass(frozen=True)
class PhotoCell:
    """A photograph of one file with the words under it; `instead` stands in the frame of one that cannot be
    read."""

    path: str
    caption: str
    instead: str = ""


class Flow:
    """Places blocks on pages whose free room is `room` (x, y, width, height in mm)."""

    def __init__(self, room: Box) -> None:
        self.room = room
        self.pages: list[list[Op]] = [[]]
        self._y = room[1]

    @property
    def width_mm(self) -> float:
        """The width blocks have."""
        return self.room[2]

    @property
    def left_mm(self) -> float:
        """What is left of the page."""
        return self.room[1] + self.room[3] - self._y

    def put(self, block: Block, gap_mm: float = 0.0) -> None:
        """A block below the last one, on the next page when it does not fit."""
        if block.height_mm > self.left_mm and self.pages[-1]:
            self.turn()
        self.pages[-1].append(block.at(self.room[0], self._y))
        self._y += block.height_mm + gap_mm

    def turn(self) -> None:
        """Begin another page."""
        self.pages.append([])
        self._y = self.room[1]

    def heading(self, block: Block, with_mm: float, gap_mm: float = 1.5) -> None:
        """A heading that never stands alone at the foot: `with_mm` is the room of what follows."""
        if block.height_mm + gap_mm + with_mm > self.left_mm:
            self.turn()
        self.put(block, gap_mm)

    def rows(self, head: Block, rows: Sequence[Block]) -> None:
        """A table: its head again on each page it runs over; no row is torn."""
        self.put(head)
        for row in rows:
            if row.height_mm > self.left_mm:
                self.turn()
                self.put(head)
            self.put(row)


def ruled_row(cells: Sequence[str], widths: Sequence[float], style: TextStyle, shade: str = "") -> Block:
    """One row of a table: words wrapped in columns of fixed widths, with lines around each cell."""
    lines = [
        [part for piece in words.split("\n") for part in (wrap(piece, style, width - 2 * _PAD_MM) or [""])]
        for words, width in zip(cells, widths, strict=True)
    ]
    height = max(len(column) for column in lines) * line_height(style) + 2 * _PAD_MM * 0.7
    total = sum(widths)
    ops: list[Op] = [rectangle((0.0, 0.0, total, height), Fill(shade))] if shade else []
    strokes = [(0.0, 0.0, total, 0.0), (0.0, height, total, height), (0.0, 0.0, 0.0, height)]
    x = 0.0
    for column, width in zip(lines, widths, strict=True):
        top = (height - len(column) * line_height(style)) / 2
        ops += [
            Text(x + _PAD_MM, top + number * line_height(style) + base_line(style), line, style)
            for number, line in enumerate(column)
            if line
        ]
        x += width
        strokes.append((x, 0.0, x, height))
    ops.append(segments(np.asarray(strokes, dtype=float), _THIN))
    return Block(total, height, tuple(ops))


def head_row(cells: Sequence[str], widths: Sequence[float], style: TextStyle) -> Block:
    """The head of a table."""
    return ruled_row(cells, widths, style, SHADE)


def photo_row(cells: Sequence[PhotoCell], across: int, width_mm: float, style: TextStyle) -> Block:
    """Photographs beside each other in equal frames of 4 to 3, each with its caption below."""
    gap = 5.0
    wide = (width_mm - gap * (across - 1)) / across
    tall = wide * 3 / 4
    ops: list[Op] = []
    below = 0.0
    for number, cell in enumerate(cells):
        x = number * (wide + gap)
        ops.append(rectangle((x, 0.0, wide, tall), Fill("#f6f7f8"), _THIN))
        ops += _in_frame((x + 0.6, 0.6, wide - 1.2, tall - 1.2), cell, style)
        lines = wrap(cell.caption, style, wide)
        ops += [
            Text(x + wide / 2, tall + 0.8 + at * line_height(style) + base_line(style), line, style, "middle")
            for at, line in enumerate(lines)
        ]
        below = max(below, len(lines) * line_height(style))
    return Block(width_mm, tall + 0.8 + below, tuple(ops))


def _in_frame(box: Box, cell: PhotoCell, style: TextStyle) -> list[Op]:
    """The picture, or in the middle of its frame the words why there is none."""
    if not cell.instead:
        return [Photo(box, cell.path)]
    x, y, wide, tall = box
    lines = wrap(cell.instead, style, wide - 2 * _PAD_MM)[: int(tall // line_height(style))]
    top = y + (tall - len(lines) * line_height(style)) / 2 + base_line(style)
    return [
        Text(x + wide / 2, top + at * line_height(style), line, style, "middle")
        for at, line in enumerate(lines)
    ]


def plain(words: str, style: TextStyle, width_mm: float) -> Block:
    """Words that wrap."""
    lines = wrap(words, style, width_mm)
    ops = tuple(
        Text(0.0, number * line_height(style) + base_line(style), line, style)
        for number, line in enumerate(lines)
    )
    return Block(width_mm, len(lines) * line_height(style), ops)


def text(size_mm: float, *, bold: bool = False, colour: str = INK) -> TextStyle:
    """A style of a size in mm."""
    return TextStyle(size_mm, colour, bold)
