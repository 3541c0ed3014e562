"""Pieces of a sheet that know their own size, and ways to put them beside or below each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.carto.display import Box, Group, Op, Text
from app.carto.measure import LINE_HEIGHT, text_width_mm, wrap
from app.carto.symbols import TextStyle

# Where the base line lies below the top of a line of words, in em: Chinese ink fills 0.88 of it above.
_BASE_LINE = 1.06


@dataclass(frozen=True)
class Block:
    """Operations from their own top left corner, with the room they take."""

    width_mm: float
    height_mm: float
    ops: tuple[Op, ...]

    def at(self, x: float, y: float) -> Group:
        """The block put at a place on the page."""
        return Group(self.ops, x, y)


@dataclass(frozen=True)
class Placed:
    """A block with its place on the page."""

    block: Block
    x: float
    y: float

    @property
    def op(self) -> Group:
        """What to draw."""
        return self.block.at(self.x, self.y)

    @property
    def box(self) -> Box:
        """What it covers on the page."""
        return self.x, self.y, self.block.width_mm, self.block.height_mm


NOTHING = Block(0.0, 0.0, ())


def text_block(lines: Sequence[tuple[str, TextStyle]], width_mm: float, anchor: str = "left") -> Block:
    """Paragraphs below each other, wrapped to a width; empty ones are left out."""
    ops: list[Op] = []
    y = 0.0
    x = {"left": 0.0, "middle": width_mm / 2, "right": width_mm}[anchor]
    for words, style in lines:
        for line in wrap(words, style, width_mm) if words else ():
            ops.append(Text(x, y + base_line(style), line, style, anchor))
            y += line_height(style)
    return Block(width_mm, y, tuple(ops))


def line_height(style: TextStyle) -> float:
    """The room of one line in mm."""
    return style.size_mm * LINE_HEIGHT


def base_line(style: TextStyle) -> float:
    """From the top of a line's room down to its base line, in mm."""
    return style.size_mm * _BASE_LINE


def one_line(text: str, style: TextStyle) -> Block:
    """A single line as wide as its words."""
    width = text_width_mm(text, style)
    return Block(width, line_height(style), (Text(0.0, base_line(style), text, style),))


def below(blocks: Sequence[Block], gap_mm: float, align: str = "left") -> Block:
    """Blocks below each other, aligned `left` or in the `middle`."""
    kept = [block for block in blocks if block.height_mm > 0]
    width = max((block.width_mm for block in kept), default=0.0)
    ops: list[Op] = []
    y = 0.0
    for number, block in enumerate(kept):
        y += gap_mm if number else 0.0
        shift = (width - block.width_mm) / 2 if align == "middle" else 0.0
        ops.append(block.at(shift, y))
        y += block.height_mm
    return Block(width, y, tuple(ops))


def beside(blocks: Sequence[Block], gap_mm: float) -> Block:
    """Blocks in a row, their tops level."""
    kept = [block for block in blocks if block.width_mm > 0]
    ops: list[Op] = []
    x = 0.0
    for number, block in enumerate(kept):
        x += gap_mm if number else 0.0
        ops.append(block.at(x, 0.0))
        x += block.width_mm
    return Block(x, max((block.height_mm for block in kept), default=0.0), tuple(ops))
