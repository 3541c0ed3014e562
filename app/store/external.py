"""Edits that another program made in the file: found, listed, and sealed with a name and a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from app.domain.changes import Actor, Change, ChangeSet
from app.errors import Invalid
from app.i18n import N_
from app.store import chain, gpkg
from app.store.connect import Database
from app.store.history import FieldChange, cells_of, journal_rows
from app.store.journal import CLAIMS, FOREIGN, JOURNAL, set_context
from app.store.tables import is_known
from app.store.writer import Act, open_transaction

SEAL_ACTION = "external_edit"
_OPERATIONS = {"i": "insert", "u": "update", "d": "delete"}


@dataclass(frozen=True)
class ExternalEdit:
    """One change found in the file that nobody has answered for yet."""

    seq: int
    at: str
    entity: str
    uid: str
    operation: str
    changes: tuple[FieldChange, ...]


class ExternalEdits:
    """Journal rows of transaction 0 without a claim."""

    def __init__(self, database: Database, device: str) -> None:
        self._database = database
        self.device = device

    def find(self) -> list[ExternalEdit]:
        """The edits that wait for a name and a reason, oldest first."""
        query = journal_rows().where(JOURNAL.c.txn == FOREIGN, CLAIMS.c.seq.is_(None)).order_by(JOURNAL.c.seq)
        with self._database.reading() as connection:
            return [
                ExternalEdit(
                    row.seq, row.at, row.tbl, row.record, _OPERATIONS[row.op], _cells(row.tbl, row.cells)
                )
                for row in connection.execute(query)
            ]

    def count(self) -> int:
        """How many edits wait."""
        with self._database.reading() as connection:
            return int(connection.execute(chain.unattributed_count()).scalar_one())

    def chain_found(self) -> int:
        """Chain what was found, so that it cannot change before somebody answers for it; gives the number."""
        with self._database.reading() as connection:
            sealed = chain.sealed_to(connection)
            query = select(func.count()).select_from(JOURNAL).where(JOURNAL.c.seq > sealed)
            fresh = int(connection.execute(query).scalar_one())
        if fresh:
            with self._database.writing() as connection:
                chain.seal(connection, FOREIGN)
            self._database.tidying.saved(fresh)
        return fresh

    def seal(
        self,
        actor: Actor,
        reason: str,
        at: datetime,
        through: int | None = None,
        fills: Sequence[Change] = (),
    ) -> int:
        """Attribute the waiting edits (up to number `through`) to `actor` with a reason; gives their number.

        Raises Invalid without a reason. The journal rows stay as they are; a claim is added beside each.
        `fills` give fields that the edits left empty a value, as part of the same act.
        """
        if not reason.strip():
            raise Invalid(N_("Say why these changes were made"), code="reason_missing")
        self._database.room.check()
        with self._database.writing() as connection:
            chain.seal(connection, FOREIGN)
            waiting = select(JOURNAL.c.seq).where(
                JOURNAL.c.txn == FOREIGN, JOURNAL.c.seq.not_in(select(CLAIMS.c.seq))
            )
            if through is not None:
                waiting = waiting.where(JOURNAL.c.seq <= through)
            found = connection.execute(waiting).scalars().all()
            if not found:
                return 0
            change_set = ChangeSet((), SEAL_ACTION, actor, reason.strip())
            number = open_transaction(connection, Act(self.device, change_set, at))
            connection.execute(insert(CLAIMS), [{"seq": seq, "txn": number} for seq in found])
            self._fill(connection, number, fills)
            chain.seal(connection, number)
        return len(found)

    def _fill(self, connection: Connection, number: int, fills: Sequence[Change]) -> None:
        """Write what is still empty; the triggers note it as transaction `number`."""
        if not fills:
            return
        set_context(connection, number)
        for change in fills:
            table = self._database.layout.of(change.entity)
            blank = (table.c[name].is_(None) for name in change.after)
            connection.execute(update(table).where(table.c.uid == change.uid, *blank).values(change.after))
        set_context(connection, FOREIGN)
        gpkg.touch(
            connection, {change.entity: self._database.layout.of(change.entity) for change in fills}.values()
        )


def _cells(entity: str, cells: str) -> tuple[FieldChange, ...]:
    return cells_of(entity, cells) if is_known(entity) else ()
