"""Somebody has to be there who keeps the house of the whole: the last one who can sign in for that stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.rights import is_keeper
from app.hub import verifiers
from app.hub.desk import Desk, Told
from app.hub.rows import Row, Rows

Known = Mapping[tuple[str, str], str]  # verifiers by person and mark


def is_last(desk: Desk, told: Told, row: Row | None) -> bool:
    """Whether a change of a person leaves nobody who keeps the house of the hub's whole area."""
    if row is None or not row.alive:
        return False
    values = desk.rows.complete(row).values
    if not is_keeper(values, root := desk.scope.root):
        return False
    known = verifiers.kept(desk.rows.connection)
    if not _keeps(row.uid, values, root, known):
        return False
    if told.entry.op != "d" and _keeps(row.uid, {**values, **told.cells}, root, known):
        return False
    return all(one.uid == row.uid for one in keepers(desk.rows, root))


def keepers(rows: Rows, root: str) -> list[Row]:
    """Who keeps the house of the whole, and has a PIN that the hub can give to a laptop."""
    known = verifiers.kept(rows.connection)
    return [one for one in rows.living("person") if _keeps(one.uid, one.values, root, known)]


def _keeps(uid: str, values: Mapping[str, Any], root: str, known: Known) -> bool:
    return is_keeper(values, root) and (uid, str(values.get(verifiers.FIELD))) in known
