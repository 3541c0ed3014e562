"""Whether the records are what the journal says they are; a change that left no trace shows here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from app.domain.entity import GEOMETRY, EntityType
from app.store import journal
from app.store.connect import raw_of
from app.store.rtree import quoted
from app.store.tables import STORED_TYPES, Layout

Cells = dict[str, Any]
# Of an entity what the journal tells by record that is there, and the records whose beginning it tells.
Told = tuple[dict[str, Cells], set[str]]
_SEEN = 3  # a cell's column, old and new value
_ALL = "SELECT tbl, uid, op, cells FROM sync_journal ORDER BY seq"


def disagreeing(connection: Connection, layout: Layout, *, whole: bool = True) -> Iterator[tuple[str, str]]:
    """The records (entity, uid) that are not what their journal adds up to, or that are gone without a trace.

    Without `whole` the file began as a snapshot: of records whose beginning is not in the journal, only what
    the journal tells of them is compared; the digest of their area vouches for the rest.
    """
    every = _told(connection)
    for kind in STORED_TYPES:
        told, born = every.pop(kind.name)
        for uid, cells in _held(connection, kind, layout.of(kind.name).name):
            found = told.pop(uid, None)
            if whole or uid in born:
                agrees = found is not None and _known(found) == cells
            else:
                agrees = found is None or all(cells.get(name) == value for name, value in found.items())
            if not agrees:
                yield kind.name, str(uid)
        for uid in told:
            yield kind.name, uid


def _held(connection: Connection, kind: EntityType, table: str) -> Iterator[tuple[str, Cells]]:
    """Each record as the journal would note it if it were added now, so that both sides read alike."""
    noted = journal.cells_of_row(kind, "held")
    rows = connection.exec_driver_sql(f"SELECT uid, {noted} FROM {quoted(table)} AS held")
    for uid, cells in rows:
        yield uid, {column: value for column, _, value in journal.read(cells)}


def _told(connection: Connection) -> dict[str, Told]:
    """What the journal adds up to, by entity; it is read through once, as it may be long."""
    columns = {kind.name: {item.id for item in kind.stored.values()} | {GEOMETRY} for kind in STORED_TYPES}
    every: dict[str, Told] = {name: ({}, set()) for name in columns}
    for entity, uid, operation, cells in raw_of(connection).execute(_ALL):
        if entity not in every:
            continue
        told, born = every[entity]
        if operation == "d":
            told.pop(uid, None)
            born.discard(uid)
            continue
        changed, known = journal.read(cells), columns[entity]
        # A fourth value: it never came in sight here (see history.cells_of).
        counted = {item[0]: item[2] for item in changed if len(item) == _SEEN and item[0] in known}
        if counted or not changed:
            told.setdefault(uid, {}).update(counted)
            if operation == "i":
                born.add(uid)
    return every


def _known(cells: Cells) -> Cells:
    return {name: value for name, value in cells.items() if value is not None}
