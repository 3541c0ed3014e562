"""Which moment of the file somebody has read, and which records have changed since: what caches go by."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from app.domain.entity import Entity
from app.store.connect import Database
from app.store.meta import Meta

Mark = tuple[object, ...]  # made here, kept by others as it is, of values that JSON can hold


class Moments:
    """Marks by entity. A mark names the file itself, the newest row of its journal and the newest record."""

    def __init__(self, database: Database, facts: Meta) -> None:
        self._database = database
        self._file = (facts.created_at, facts.device, facts.schema)

    def mark(self, record: type[Entity]) -> Mark:
        """This moment of an entity; take it before the records are read."""
        with self._database.reading() as connection:
            newest = connection.exec_driver_sql("SELECT max(seq) FROM sync_journal").scalar() or 0
            last = self._last(connection, record)
            return (*self._file, last, newest, *_journalled(connection, newest))

    def count_at_most(self, record: type[Entity]) -> int:
        """No more records than this; fewer when some were deleted."""
        with self._database.reading() as connection:
            return self._last(connection, record)

    def changed_since(self, record: type[Entity], mark: Sequence[object]) -> list[str] | None:
        """The records written since, gone ones too; None when the mark is not of this file's past."""
        if len(mark) != 7 or tuple(mark[:3]) != self._file or not isinstance(mark[4], int):
            return None
        with self._database.reading() as connection:
            if _journalled(connection, mark[4]) != tuple(mark[5:]):
                return None
            rows = connection.exec_driver_sql(
                "SELECT DISTINCT uid FROM sync_journal WHERE seq > ? AND +tbl = ?",
                (mark[4], record.TYPE.name),
            )
            found = [str(row[0]) for row in rows]
            if not found and self._last(connection, record) != mark[3]:
                return None  # records that no journal knows, as a snapshot brings them
            return found

    def _last(self, connection: Connection, record: type[Entity]) -> int:
        table = self._database.layout.of(record.TYPE.name)
        return int(connection.exec_driver_sql(f'SELECT max(fid) FROM "{table.name}"').scalar() or 0)


def _journalled(connection: Connection, seq: int) -> tuple[object, ...]:
    """What tells one journal row from another of the same number in another history."""
    row = connection.exec_driver_sql("SELECT uid, at FROM sync_journal WHERE seq = ?", (seq,)).first()
    return tuple(row) if row else ("", "")
