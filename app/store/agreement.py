"""Whether the records are what the journal says they are; a change that left no trace shows here."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
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
_AT_ONCE = 150_000  # rows of the journal whose cells are in memory together; of a grid they take 170 MB
_LAST = "\U0010ffff"  # after every uid
# Not by the index: all of the table is read anyway, and faster in its own order.
_OF_SPAN = "ifnull(uid, '') >= ? AND ifnull(uid, '') < ?"
_ALL = f"SELECT tbl, uid, op, cells FROM sync_journal WHERE {_OF_SPAN} ORDER BY seq"
Span = tuple[str, str]  # of uids: the first that belongs to it, and the first that does not


def disagreeing(connection: Connection, layout: Layout, *, whole: bool = True) -> Iterator[tuple[str, str]]:
    """The records (entity, uid) that are not what their journal adds up to, or that are gone without a trace.

    Without `whole` the file began as a snapshot: of records whose beginning is not in the journal, only what
    the journal tells of them is compared; the digest of their area vouches for the rest.
    """
    for span in _spans(connection):
        yield from _differing(connection, layout, span, whole)


def _spans(connection: Connection) -> Iterator[Span]:
    """Spans of uids, which are random, that have about so many rows of the journal each."""
    parts = int(connection.exec_driver_sql("SELECT count(*) FROM sync_journal").scalar_one()) // _AT_ONCE + 1
    return pairwise(["", *(f"{place * 0x10000 // parts:04x}" for place in range(1, parts)), _LAST])


def _differing(
    connection: Connection, layout: Layout, span: Span, whole: bool
) -> Iterator[tuple[str, str]]:  # fmt: skip
    """The same of the records of one span."""
    every = _told(connection, span)
    for kind in STORED_TYPES:
        told, born = every.pop(kind.name)
        for uid, cells in _held(connection, kind, layout.of(kind.name).name, span):
            found = told.pop(uid, None)
            if whole or uid in born:
                agrees = found is not None and _known(found) == cells
            else:
                agrees = found is None or all(cells.get(name) == value for name, value in found.items())
            if not agrees:
                yield kind.name, str(uid)
        for uid in told:
            yield kind.name, uid


def _held(
    connection: Connection, kind: EntityType, table: str, span: Span
) -> Iterator[tuple[str, Cells]]:  # fmt: skip
    """Each record as the journal would note it if it were added now, so that both sides read alike."""
    noted = journal.cells_of_row(kind, "held")
    query = f"SELECT uid, {noted} FROM {quoted(table)} AS held WHERE {_OF_SPAN}"
    rows = connection.exec_driver_sql(query, span)
    for uid, cells in rows:
        yield uid, {column: value for column, _, value in journal.read(cells)}


def _told(connection: Connection, span: Span) -> dict[str, Told]:
    """What the journal adds up to, by entity."""
    columns = {kind.name: {item.id for item in kind.stored.values()} | {GEOMETRY} for kind in STORED_TYPES}
    every: dict[str, Told] = {name: ({}, set()) for name in columns}
    for entity, uid, operation, cells in raw_of(connection).execute(_ALL, span):
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
