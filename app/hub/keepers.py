"""Somebody has to be there who keeps the house of the whole: the last one who can sign in for that stays."""

from __future__ import annotations

from app.domain.rights import is_keeper
from app.hub.desk import Desk, Told
from app.hub.rows import Row


def is_last(desk: Desk, told: Told, row: Row | None) -> bool:
    """Whether a change of a person leaves nobody who keeps the house of the hub's whole area."""
    if row is None or not row.alive:
        return False
    values, root = desk.rows.complete(row).values, desk.scope.root
    if not is_keeper(values, root):
        return False
    if told.entry.op != "d" and is_keeper({**values, **told.cells}, root):
        return False
    others = (one for one in desk.rows.living("person") if one.uid != row.uid)
    return not any(is_keeper(one.values, root) for one in others)
