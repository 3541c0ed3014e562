"""Whether the records are what the journal says they are; a change that left no trace shows here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from app.domain.entity import GEOMETRY, EntityType
from app.store import journal
from app.store.rtree import quoted

Cells = dict[str, Any]


def disagreeing(connection: Connection, kind: EntityType, table: str, *, whole: bool = True) -> list[str]:
    """The uids of records that are not what their journal adds up to, or that are gone without a trace.

    Without `whole` the file began as a snapshot: of records whose beginning is not in the journal, only what
    the journal tells of them is compared; the digest of their area vouches for the rest.
    """
    told, born = _told(connection, kind)
    wrong = []
    for uid, cells in _held(connection, kind, table):
        found = told.pop(uid, None)
        if whole or uid in born:
            agrees = found is not None and _known(found) == cells
        else:
            agrees = found is None or all(cells.get(name) == value for name, value in found.items())
        if not agrees:
            wrong.append(str(uid))
    return wrong + list(told)


def _held(connection: Connection, kind: EntityType, table: str) -> Iterator[tuple[str, Cells]]:
    """Each record as the journal would note it if it were added now, so that both sides read alike."""
    noted = journal.cells_of_row(kind, "held")
    rows = connection.exec_driver_sql(f"SELECT uid, {noted} FROM {quoted(table)} AS held")
    for uid, cells in rows:
        yield uid, {column: value for column, _, value in json.loads(cells)}


def _told(connection: Connection, kind: EntityType) -> tuple[dict[str, Cells], set[str]]:
    """What the journal adds up to, by record that is there, and the records whose beginning it tells."""
    known = {item.id for item in kind.stored.values()} | {GEOMETRY}
    told: dict[str, Cells] = {}
    born: set[str] = set()
    rows = connection.exec_driver_sql(
        "SELECT uid, op, cells FROM sync_journal WHERE tbl = ? ORDER BY seq", (kind.name,)
    )
    for uid, operation, cells in rows:
        if operation == "d":
            told.pop(uid, None)
            born.discard(uid)
            continue
        changed = json.loads(cells)
        # A fourth value: it never came in sight here (see history.cells_of).
        counted = {column: value for column, _, value, *hidden in changed if not hidden and column in known}
        if counted or not changed:
            told.setdefault(uid, {}).update(counted)
            if operation == "i":
                born.add(uid)
    return told, born


def _known(cells: Cells) -> Cells:
    return {name: value for name, value in cells.items() if value is not None}
