"""The history of a record and of the workspace, read from the journal."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Select, func, select

from app.store.byrecord import of_record
from app.store.connect import Database
from app.store.journal import CLAIMS, FOREIGN, JOURNAL, TRANSACTIONS
from app.store.tables import known
from app.store.values import from_journal

_AT_ONCE = 500  # acts asked for in one query
_NEWEST = 100_000  # changes that are looked through for a record that is gone: some 50 ms
_OPERATIONS = {"i": "insert", "u": "update", "d": "delete"}


@dataclass(frozen=True)
class FieldChange:
    """One field before and after, as values of the field; geometry as shapely."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class HistoryEntry:
    """One change of one record: who, when, on which device, doing what, and why.

    `external` is true for an edit by another program; its person is unknown until somebody answers for it.
    """

    at: str
    person: str
    person_uid: str
    role: str
    device: str
    action: str
    reason: str
    transaction: str
    operation: str
    changes: tuple[FieldChange, ...]
    undoes: str | None
    external: bool
    seq: int


@dataclass(frozen=True)
class TransactionEntry:
    """One transaction: who, when, why, and how many records of which kinds it changed."""

    transaction: str
    at: str
    person: str
    person_uid: str
    role: str
    device: str
    action: str
    reason: str
    undoes: str | None
    undone_by: str | None
    counts: dict[str, int]


# A journal row belongs to the transaction that wrote it or, for a foreign edit, to the one that claimed it.
_OWNER = func.coalesce(CLAIMS.c.txn, JOURNAL.c.txn)
_JOINED = JOURNAL.outerjoin(CLAIMS, CLAIMS.c.seq == JOURNAL.c.seq).outerjoin(
    TRANSACTIONS, TRANSACTIONS.c.id == _OWNER
)
_WHO = [column for column in TRANSACTIONS.columns if column.name not in ("id", "hlc", "sealed_batch")]


def journal_rows() -> Select[Any]:
    """Journal rows with the transaction they belong to."""
    note = (JOURNAL.c.seq, JOURNAL.c.txn, JOURNAL.c.tbl, JOURNAL.c.uid.label("record"), JOURNAL.c.op)
    return select(*note, JOURNAL.c.cells, JOURNAL.c.at, *_WHO).select_from(_JOINED)


class History:
    """Reads of the journal."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_record(self, entity: str, uid: str) -> list[HistoryEntry]:
        """All changes of a record, newest first; also of one that has been deleted."""
        query = journal_rows().where(of_record(entity, uid)).order_by(JOURNAL.c.seq.desc())
        with self._database.reading() as connection:
            return [entry_of(row) for row in connection.execute(query)]

    def last_gone(self, entity: str, field: str, value: str) -> HistoryEntry | None:
        """How the last record with this value of a field went out of this file, as far as the newest changes
        tell; None when none did."""
        column = known(entity).fields[field].id
        told = f'["{column}",{msgspec.json.encode(value).decode()},'
        since = select(func.max(JOURNAL.c.seq)).scalar_subquery() - _NEWEST
        query = (
            journal_rows()
            .where(JOURNAL.c.seq > since, JOURNAL.c.tbl == entity, JOURNAL.c.op == "d")
            .where(func.instr(JOURNAL.c.cells, told) > 0)
            .order_by(JOURNAL.c.seq.desc())
        )
        with self._database.reading() as connection:
            row = connection.execute(query.limit(1)).first()
        return entry_of(row) if row is not None else None

    def timeline(self, entity: str, field: str) -> dict[str, list[tuple[str, Any]]]:
        """Every value a field has had, by record: (moment as stored, value), oldest first."""
        column = known(entity).fields[field].id
        query = (
            journal_rows()
            .where(JOURNAL.c.tbl == entity, JOURNAL.c.cells.contains(f'"{column}"', autoescape=True))
            .order_by(JOURNAL.c.seq)
        )
        found: dict[str, list[tuple[str, Any]]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(query):
                moment = row.at if row.txn == FOREIGN else row.wall or row.at
                values = [new for name, _, new in json.loads(row.cells) if name == column]
                found.setdefault(row.record, []).extend((moment, value) for value in values)
        return found

    def transactions(self, limit: int = 100) -> list[TransactionEntry]:
        """The newest transactions, newest first."""
        undoing = TRANSACTIONS.alias("undoing")
        undone = (
            select(undoing.c.uuid)
            .where(undoing.c.undoes == TRANSACTIONS.c.uuid)
            .limit(1)
            .scalar_subquery()
            .label("undone_by")
        )
        query = select(TRANSACTIONS, undone).order_by(TRANSACTIONS.c.id.desc()).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
            numbers = [row.id for row in rows]
            counts: dict[int, dict[str, int]] = {number: {} for number in numbers}
            counted = (
                select(_OWNER.label("owner"), JOURNAL.c.tbl, func.count(JOURNAL.c.uid.distinct()))
                .select_from(_JOINED)
                .where(TRANSACTIONS.c.id.in_(numbers))
                .group_by(_OWNER, JOURNAL.c.tbl)
            )
            for owner, entity, number in connection.execute(counted):
                counts[owner][entity] = number
        return [_transaction(row, counts[row.id]) for row in rows]

    def actions(self, acts: Iterable[str]) -> dict[str, str]:
        """The action of each of these acts that the journal knows, by the act's uid."""
        known = sorted(set(acts))
        found: dict[str, str] = {}
        with self._database.reading() as connection:
            for start in range(0, len(known), _AT_ONCE):
                named = TRANSACTIONS.c.uuid.in_(known[start : start + _AT_ONCE])
                rows = connection.execute(select(TRANSACTIONS.c.uuid, TRANSACTIONS.c.action).where(named))
                found.update((uuid, action) for uuid, action in rows if action)
        return found


def entry_of(row: Any) -> HistoryEntry:
    """The entry of a journal row joined with its transaction."""
    return HistoryEntry(
        at=row.at if row.txn == FOREIGN else row.wall or row.at,
        person=row.actor_name or "",
        person_uid=row.actor or "",
        role=row.role or "",
        device=row.device or "",
        action=row.action or "",
        reason=row.reason or "",
        transaction=row.uuid or "",
        operation=_OPERATIONS[row.op],
        changes=cells_of(row.tbl, row.cells),
        undoes=row.undoes,
        external=row.txn == FOREIGN,
        seq=row.seq,
    )


def cells_of(entity: str, cells: str, *, hidden: bool = True) -> tuple[FieldChange, ...]:
    """The changed fields of a journal row; `hidden` with those that never came in sight here.

    A fourth value marks such a cell: another's value beneath an own change, or one from before a snapshot.
    """
    kind, changes = known(entity), []
    for column, old, new, *beneath in json.loads(cells):
        if beneath and not hidden:
            continue
        name, before = from_journal(kind, column, old)
        _, after = from_journal(kind, column, new)
        changes.append(FieldChange(name, before, after))
    return tuple(changes)


def _transaction(row: Any, counts: dict[str, int]) -> TransactionEntry:
    return TransactionEntry(
        transaction=row.uuid,
        at=row.wall,
        person=row.actor_name,
        person_uid=row.actor,
        role=row.role,
        device=row.device,
        action=row.action,
        reason=row.reason,
        undoes=row.undoes,
        undone_by=row.undone_by,
        counts=counts,
    )
