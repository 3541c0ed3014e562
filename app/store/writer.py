"""Writing a change set: checked against what the writer saw, journalled, sealed, in one transaction.

The cells are noted here and not by the triggers, which are for other programs: what stood in the records
before has just been read, and a trigger would read sixty columns twice for the one that changed.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, update
from sqlalchemy.exc import IntegrityError

from app.domain.changes import Change, ChangeSet, Committed, new_uid
from app.domain.values import as_moment
from app.errors import StoreFailure
from app.store import chain, gpkg, journal, noting, views
from app.store.admission import admitted
from app.store.connect import Database, raw_of
from app.store.seen import Seen, check_seen, duplicate

CLOCK_BITS = 16
_FITS = 5000  # changes that take no more than 8 MB of the log and of the file
# Own ones only: another laptop's wrong clock must not run away with this one's.
NEWEST_OWN = "SELECT hlc FROM sync_txn WHERE sealed_batch IS NOT 'hub' ORDER BY id DESC LIMIT 1"
# What has been noted and what of it is chained, the highest number ever given, the last fold, the newest own
# clock and the head of the chain: one question instead of six, as each costs a save more than its answer.
_STANDS = (
    f"SELECT (SELECT max(seq) FROM sync_journal), ({chain.SEALED_TO}), ({journal.LAST}), ({views.BASE}),"
    f" ({NEWEST_OWN}), ({chain.HEAD})"
)


class Act(NamedTuple):
    """What a transaction says of itself: where it is made, its change set, and when."""

    device: str
    change_set: ChangeSet
    at: datetime


class Writer:
    """The only way rows are written."""

    def __init__(self, database: Database, device: str) -> None:
        self._database = database
        self.device = device

    def apply(self, change_set: ChangeSet, at: datetime) -> Committed:
        """Write all changes or none; a set without a change writes nothing and has no transaction.

        Raises Changed when a record is not as the writer saw it, Invalid for a value or key that cannot be,
        StoreFailure when the file cannot be written. What fits into the reserve is saved on a disk that has
        run full.
        """
        self._database.check_writable()
        changes = admitted(change_set)
        if not changes:
            return Committed("", {})
        try:
            return self._save(change_set, changes, at)
        except StoreFailure as failure:
            if failure.code != "disk_full" or len(changes) > _FITS or self._database.room.is_out():
                raise
            return self._save(change_set, changes, at)

    def _save(self, change_set: ChangeSet, changes: Sequence[Change], at: datetime) -> Committed:
        layout = self._database.layout
        with self._database.saving() as connection:
            seen = check_seen(connection, layout, changes, undoes=change_set.undoes)
            try:
                for run in _runs(changes):
                    self._write(connection, run)
            except IntegrityError as error:
                found = duplicate(connection, layout, changes, str(error.orig))
                if found is None:
                    raise
                raise found from error
            touched = _touched(changes)
            gpkg.touch(connection, [layout.of(name) for name in touched])
            now = noting.index(raw_of(connection), layout, changes, seen)
            uid = note(connection, Act(self.device, change_set, at), changes, (seen, now))
        self._database.tidying.saved(len(changes))
        return Committed(uid, touched)

    def _write(self, connection: Connection, run: Sequence[Change]) -> None:
        """One run of changes of the same entity, operation and fields, as one statement."""
        table = self._database.layout.of(run[0].entity)
        if run[0].operation == "insert":
            connection.execute(insert(table), [{"uid": change.uid, **change.after} for change in run])
            return
        if run[0].operation == "delete":
            connection.execute(
                delete(table).where(table.c.uid == bindparam("which")),
                [{"which": change.uid} for change in run],
            )
            return
        values: dict[Any, Any] = {table.c[name]: bindparam(f"new_{name}") for name in run[0].after}
        connection.execute(
            update(table).where(table.c.uid == bindparam("which")).values(values),
            [
                {"which": change.uid, **{f"new_{name}": value for name, value in change.after.items()}}
                for change in run
            ],
        )


def open_transaction(connection: Connection, act: Act) -> int:
    """Write who, when and why; gives the transaction's number."""
    raw = raw_of(connection)
    last = raw.execute(NEWEST_OWN).fetchone()
    return int(_opened(raw, act, last[0] if last else None)[0])


def _opened(raw: sqlite3.Connection, act: Act, newest: int | None) -> list[Any]:
    """Write a transaction's row, later than the clock `newest`; gives what is sealed of it."""
    device, change_set, at = act
    actor = change_set.actor
    hlc = max(int(at.timestamp() * 1000) << CLOCK_BITS, (newest or 0) + 1)
    who = (change_set.uid or new_uid(), device, actor.uid, actor.name, actor.role, actor.org)
    what = (change_set.action, change_set.reason, change_set.undoes, hlc, as_moment(at))
    query = "INSERT INTO sync_txn VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,NULL)"
    number = int(raw.execute(query, (*who, *what)).lastrowid or 0)
    return [number, *who, *what]


def note(
    connection: Connection, act: Act, changes: Sequence[Change], sides: tuple[Seen, noting.Blobs]
) -> str:
    """Write a transaction with the journal rows of its changes (`sides`: what stood before them, and the
    geometries after) and chain them; the edits of others stand before them. Gives its uid."""
    raw = raw_of(connection)
    newest, sealed, last, base, clock, head = raw.execute(_STANDS).fetchone()
    if newest is not None and newest > (sealed or 0):
        chain.seal_found(connection)
        head = chain.head_of(connection)
    header = _opened(raw, act, clock)
    rows = noting.rows_of(changes, *sides, noting.Moment(header[0], last or 0, base or 0))
    journal.append(raw, rows)
    chain.link(raw, head or chain.START, header, rows)
    return str(header[1])


def _runs(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Neighbours that one statement can write, in the order given."""
    for _, run in itertools.groupby(changes, key=lambda c: (c.entity, c.operation, tuple(sorted(c.after)))):
        yield list(run)


def _touched(changes: Sequence[Change]) -> dict[str, tuple[str, ...]]:
    touched: dict[str, dict[str, None]] = {}
    for change in changes:
        touched.setdefault(change.entity, {})[change.uid] = None
    return {entity: tuple(uids) for entity, uids in touched.items()}
