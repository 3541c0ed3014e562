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


def disagreeing(connection: Connection, kind: EntityType, table: str) -> list[str]:
    """The uids of records that are not what their journal adds up to, or that are gone without a trace."""
    told = _told(connection, kind)
    wrong = []
    for uid, cells in _held(connection, kind, table):
        if told.pop(uid, None) != cells:
            wrong.append(str(uid))
    return wrong + list(told)


def _held(connection: Connection, kind: EntityType, table: str) -> Iterator[tuple[str, Cells]]:
    """Each record as the journal would note it if it were added now, so that both sides read alike."""
    noted = journal.cells_of_row(kind, "held")
    rows = connection.exec_driver_sql(f"SELECT uid, {noted} FROM {quoted(table)} AS held")
    for uid, cells in rows:
        yield uid, {column: value for column, _, value in json.loads(cells)}


def _told(connection: Connection, kind: EntityType) -> dict[str, Cells]:
    """What the journal adds up to: the cells of every record that was added and not deleted."""
    known = {item.id for item in kind.fields.values()} | {GEOMETRY}
    told: dict[str, Cells] = {}
    rows = connection.exec_driver_sql(
        "SELECT uid, op, cells FROM sync_journal WHERE tbl = ? ORDER BY seq", (kind.name,)
    )
    for uid, operation, cells in rows:
        if operation == "d":
            told.pop(uid, None)
            continue
        held = told.setdefault(uid, {})
        for column, _, value in json.loads(cells):
            held[column] = value
            if value is None or column not in known:
                del held[column]
    return told
