"""The panel of a map sheet: legend and table, one below the other at the side, in a row at the foot."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.carto.legend import LegendGroup
from app.printing.blocks import NOTHING, Block, Placed, below, beside
from app.printing.body import BOTTOM, RIGHT, Body
from app.printing.layout import Skeleton
from app.printing.marks import legend_block, legend_height

_PAD_MM = 3.0
_TRIES = 3
Groups = tuple[LegendGroup, ...]


def with_room(lay_out: Callable[[Groups], Body], seen: Callable[[Body], Groups], first: Groups) -> Body:
    """A body whose panel has room for the legend of its own map, which may show more than `first`.

    What the map shows depends on its scale, its scale on the panel, and the panel on the legend.
    """
    body = lay_out(first)
    most = _lines(first)
    for _ in range(_TRIES):
        found = seen(body)
        if _lines(found) <= most:
            break
        most = _lines(found)
        body = lay_out(found)
    return body


def _lines(groups: Groups) -> int:
    return sum(len(group.entries) + 1 for group in groups)


def panel_block(
    skeleton: Skeleton, side: str, groups: Sequence[LegendGroup], tables: Sequence[Block]
) -> Block:
    """Legend and the first of `tables` (forms of one table, the widest first) that the sheet has room for."""
    forms = tables or (NOTHING,)
    blocks = [_arranged(skeleton, side, groups, table) for table in forms]
    room = skeleton.body()[2] - 4 * _PAD_MM * skeleton.style.unit
    return next((block for block in blocks if block.width_mm <= room), blocks[-1])


def panel_size(skeleton: Skeleton, block: Block) -> tuple[float, float]:
    """The block with the room around it."""
    pad = 2 * _PAD_MM * skeleton.style.unit
    return block.width_mm + pad, block.height_mm + pad


def put_panel(body: Body, block: Block) -> Placed:
    """The block at the left or the top of the panel, so that what is left is in one piece."""
    x, y, width, height = body.panel_box
    pad = _PAD_MM * body.skeleton.style.unit
    if body.side == BOTTOM:
        return Placed(block, x + 2 * pad, y + (height - block.height_mm) / 2)
    return Placed(block, x + (width - block.width_mm) / 2, y + pad)


def _arranged(skeleton: Skeleton, side: str, groups: Sequence[LegendGroup], table: Block) -> Block:
    style = skeleton.style
    if side == RIGHT:
        room = skeleton.body()[3] - table.height_mm - 20.0 * style.unit
        return below([legend_block(groups, style, room), table], 5.0 * style.unit, "middle")
    longest = max((len(group.entries) + 1 for group in groups), default=0)
    signs = legend_block(groups, style, max(table.height_mm, legend_height(longest, style)))
    return beside([signs, table], 8.0 * style.unit)
