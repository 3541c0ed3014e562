"""Undo and redo: the inverse of a transaction, read from the journal, so that they survive a restart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from app.domain.changes import Change, Operation
from app.errors import Invalid
from app.i18n import N_
from app.store.connect import Database
from app.store.history import cells_of, journal_rows
from app.store.journal import JOURNAL, TRANSACTIONS
from app.store.tables import is_known
from app.store.values import same

# What the hub refused was taken back already; a transaction of which nothing else is left cannot be undone.
_REFUSED = "SELECT tbl, uid FROM sync_verdict WHERE act = ? AND verdict = 'rejected'"
_OPEN = (
    "NOT EXISTS (SELECT 1 FROM sync_verdict w WHERE w.act = v.act AND w.verdict = 'rejected'"
    " AND w.tbl = j.tbl AND w.uid = j.uid)"
)
_ALL_REFUSED = f"""SELECT DISTINCT t.uuid FROM sync_verdict v JOIN sync_txn t ON t.uuid = v.act
  WHERE v.verdict = 'rejected'
  AND NOT EXISTS (SELECT 1 FROM sync_journal j WHERE j.txn = t.id AND {_OPEN})
  AND NOT EXISTS (SELECT 1 FROM sync_claim c JOIN sync_journal j ON j.seq = c.seq
                  WHERE c.txn = t.id AND {_OPEN})"""


class Undo:
    """What can be taken back, and how."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def inverse(self, transaction: str) -> tuple[Change, ...]:
        """The changes that take a transaction back, last change first; each record once, by its net change.

        Raises Invalid when there is no such transaction or it has been taken back already.
        """
        with self._database.reading() as connection:
            _check(connection, transaction)
            query = journal_rows().where(TRANSACTIONS.c.uuid == transaction).order_by(JOURNAL.c.seq)
            refused = connection.exec_driver_sql(_REFUSED, (transaction,))
            apart = {(row[0], row[1]) for row in refused}
            rows = [row for row in connection.execute(query) if (row.tbl, row.record) not in apart]
        return tuple(_inverses(rows))

    def last_undoable(self, actor: str) -> str | None:
        """The person's newest transaction that stands and is no undo; None when there is none."""
        with self._database.reading() as connection:
            done = _done(connection, actor)
            return next((item.uid for item in done if item.stands and item.depth % 2 == 0), None)

    def last_redoable(self, actor: str) -> str | None:
        """The person's newest undo that stands; none once they have done something new after it."""
        with self._database.reading() as connection:
            for item in _done(connection, actor):
                if item.depth == 0:
                    return None  # new, whether it stands or was itself taken back since
                if item.stands and item.depth % 2 == 1:
                    return item.uid
        return None


class _Done(NamedTuple):
    """A transaction: whether it stands, and how many undos deep it is (0: new, 1: undo, 2: redo, …)."""

    uid: str
    stands: bool
    depth: int


def _done(connection: Connection, actor: str) -> Iterator[_Done]:
    """A person's transactions, newest first."""
    undoing = select(TRANSACTIONS.c.uuid, TRANSACTIONS.c.undoes).where(TRANSACTIONS.c.undoes.is_not(None))
    undoes = {row.uuid: row.undoes for row in connection.execute(undoing)}
    refused = set(connection.exec_driver_sql(_ALL_REFUSED).scalars())
    taken_back = {undone for undoing_uid, undone in undoes.items() if undoing_uid not in refused} | refused
    mine = select(TRANSACTIONS.c.uuid).where(TRANSACTIONS.c.actor == actor)
    for uid in connection.execute(mine.order_by(TRANSACTIONS.c.id.desc())).scalars():
        yield _Done(uid, uid not in taken_back, _depth(uid, undoes))


def _depth(uid: str, undoes: dict[str, str]) -> int:
    depth = 0
    while uid in undoes:
        uid = undoes[uid]
        depth += 1
    return depth


def _check(connection: Connection, transaction: str) -> None:
    known = connection.execute(select(TRANSACTIONS.c.id).where(TRANSACTIONS.c.uuid == transaction)).first()
    if known is None:
        raise Invalid(N_("There is no such change to take back"), code="nothing_to_undo")
    undoing = connection.execute(
        select(TRANSACTIONS.c.uuid, TRANSACTIONS.c.actor_name).where(TRANSACTIONS.c.undoes == transaction)
    ).all()
    refused = set(connection.exec_driver_sql(_ALL_REFUSED).scalars()) if undoing else set()
    undone = next((row.actor_name for row in undoing if row.uuid not in refused), None)
    if undone is not None:
        raise Invalid(N_("This change was taken back already, by {who}"), who=undone, code="already_undone")


def _inverses(rows: Iterable[Any]) -> list[Change]:
    """Fold the rows of each record into one change and turn it round, records in reverse order."""
    net: dict[tuple[str, str], dict[str, list[Any]]] = {}
    life: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if not is_known(row.tbl):
            continue
        place = (row.tbl, row.record)
        life.setdefault(place, []).append(row.op)
        cells = net.setdefault(place, {})
        for change in cells_of(row.tbl, row.cells, hidden=False):
            cells.setdefault(change.field, [change.before, None])[1] = change.after
    turned = []
    for (entity, uid), cells in reversed(net.items()):
        operation = _turned(life[(entity, uid)])
        if operation is None:
            continue
        kept = {name: pair for name, pair in cells.items() if not same(pair[0], pair[1])}
        if operation == "update" and not kept:
            continue
        before = {} if operation == "insert" else {name: pair[1] for name, pair in kept.items()}
        after = {} if operation == "delete" else {name: pair[0] for name, pair in kept.items()}
        turned.append(Change(entity, uid, operation, before, after))
    return turned


def _turned(operations: list[str]) -> Operation | None:
    """The operation that takes back what happened to a record; None when it came and went within."""
    began_here, gone_now = operations[0] == "i", operations[-1] == "d"
    if began_here:
        return None if gone_now else "delete"
    return "insert" if gone_now else "update"
