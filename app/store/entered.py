"""Every value that was ever entered, in the order of the journal, and what the records hold now."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any, NamedTuple

from app.domain.replication import Cells
from app.store import confirmed
from app.store.connect import Database
from app.store.crossing import crossing
from app.store.journal import FOREIGN, FROM_HUB, SETTLED
from app.store.tables import STORED_TYPES, is_known

_ROWS = (
    "SELECT coalesce(c.txn, j.txn), j.tbl, j.uid, j.op, j.cells FROM sync_journal j"
    " LEFT JOIN sync_claim c ON c.seq = j.seq ORDER BY j.seq"
)
_ACTS = "SELECT id, uuid, actor, actor_name, role, device, wall, action, reason, sealed_batch FROM sync_txn"


class EnteredCell(NamedTuple):
    """One cell that was written: its act ("" for an edit nobody has answered for), value before and after, as
    on the wire. `hidden` ones never came in sight here: another's value beneath an own change, or one from
    before a snapshot. `gone`: the record was deleted; its empty cells are not told."""

    act: str
    entity: str
    uid: str
    field: str
    before: Any
    after: Any
    hidden: bool = False
    gone: bool = False


class ActNote(NamedTuple):
    """Who did something, when by their own clock, and why; `waiting` while the hub has not answered it."""

    uid: str
    person: str
    name: str
    role: str
    device: str
    at: str
    action: str
    reason: str
    waiting: bool


def acts(database: Database) -> dict[str, ActNote]:
    """Every act in the journal, by uid."""
    with database.reading() as connection:
        raw: Any = connection.connection.driver_connection
        return {row[1]: _act(row) for row in raw.execute(_ACTS)}


def cells(database: Database) -> Iterator[EnteredCell]:
    """Every cell that was written, oldest first."""
    with database.reading() as connection:
        raw: Any = connection.connection.driver_connection
        names = {row[0]: row[1] for row in raw.execute(_ACTS)}
        for owner, entity, uid, op, written in raw.execute(_ROWS):
            if is_known(entity):
                act = "" if owner == FOREIGN else names.get(owner, "")
                yield from _cells_of(act, entity, uid, op, written)


def held(database: Database) -> Iterator[tuple[str, str, Cells]]:
    """Every record as it stands in the file, pending changes included: entity, uid, cells as on the wire."""
    with database.reading() as connection:
        raw: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        for kind in STORED_TYPES:
            for uid, row in confirmed.file_rows(raw, database.layout, kind.name):
                yield kind.name, uid, row


def _act(row: tuple[Any, ...]) -> ActNote:
    return ActNote._make((*row[1:9], row[9] not in (FROM_HUB, SETTLED)))


def _cells_of(act: str, entity: str, uid: str, op: str, written: str) -> Iterator[EnteredCell]:
    cross = crossing(entity)
    for name, before, after, *mark in json.loads(written):
        if name in cross.known:
            told = cross.untold(name, before), cross.untold(name, after)
            yield EnteredCell(act, entity, uid, name, *told, bool(mark), op == "d")
