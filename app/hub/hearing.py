"""Where a writer hears what became of an entry about a record that their laptop does not read (any more)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.areas import OWNERS, Scope
from app.hub.rows import MOVED, Row, Rows
from app.store.tables import is_known


def area_heard(rows: Rows, scope: Scope, row: Row | None, cells: Mapping[str, Any], area: str) -> str:
    """The log that tells a laptop with this scope what became of an entry about `row` of `area`, or about a
    record that would be there, with these cells.

    A refusal and what keeps the refused values stand in one log that the laptop reads: who holds the one
    holds the other, also when the hub is brought back from a backup. Of a record that was moved away that is
    the log it left, else the one of the laptop's own area.
    """
    if scope.reads(area):
        return area
    about = row if row is not None else _owner(rows, cells)
    if about is None:
        return scope.area
    if about.stamps is None and not about.fresh and not about.replaced:
        rows.stamp([about])
    moved = (about.marks if about.replaced else about.stamps or {}).get(MOVED)
    return str(moved[0]) if moved and scope.reads(str(moved[0])) else scope.area


def _owner(rows: Rows, cells: Mapping[str, Any]) -> Row | None:
    """The record that a new paper or signature is about."""
    entity, owner = cells.get("owner_entity"), cells.get(OWNERS["attachment"][0])
    return rows.get(str(entity), str(owner)) if entity and owner and is_known(str(entity)) else None
