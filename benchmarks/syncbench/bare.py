"""The floor of a fold: the statements it writes with, given once more to bare SQLite and nothing else."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

from app.store import silence
from app.store.connect import opened
from syncbench.measuring import Taken, settle, timed

Written = tuple[str, Sequence[Any], bool]  # a statement, its values, and whether they are many rows
_FRAME = 4096 + 24  # bytes of a page in the write-ahead log
_WRITES = ("INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT")


class _Book:
    """The statements that connections made meanwhile were given, transaction by transaction: a thread may
    write beside the fold, in turns with it."""

    def __init__(self) -> None:
        self.written: list[Written] = []
        self._open: dict[sqlite3.Connection, list[Written]] = {}

    def note(self, by: sqlite3.Connection, statement: str, values: Any, *, many: bool = False) -> None:
        """Keep a statement that writes, or begins or ends a transaction."""
        if statement.startswith("BEGIN"):
            self._open[by] = []
        if statement.startswith(_WRITES):
            self._open.get(by, self.written).append((statement, values, many))
        if statement == "COMMIT":
            self.written += self._open.pop(by, [])

    def drop(self, by: sqlite3.Connection) -> None:
        """What it wrote since it began is taken back."""
        self._open.pop(by, None)


def statements(work: Callable[[], object]) -> list[Written]:
    """What `work` writes through connections that it opens itself."""
    book = _Book()

    class Cursor(sqlite3.Cursor):
        def execute(self, statement: str, values: Any = ()) -> Cursor:
            book.note(self.connection, statement, values)
            return super().execute(statement, values)

    class Connection(sqlite3.Connection):
        def cursor(self, _: Any = None) -> Any:
            return super().cursor(Cursor)

        def execute(self, statement: str, values: Any = ()) -> sqlite3.Cursor:
            book.note(self, statement, values)
            return super().execute(statement, values)

        def executemany(self, statement: str, rows: Iterable[Any]) -> sqlite3.Cursor:
            those = [tuple(row) for row in rows]
            book.note(self, statement, those, many=True)
            return super().executemany(statement, those)

        def commit(self) -> None:
            if self.in_transaction:
                book.note(self, "COMMIT", ())
            super().commit()

        def rollback(self) -> None:
            book.drop(self)
            super().rollback()

    connect = sqlite3.connect
    with patch("app.store.connect.sqlite3.connect", lambda *a, **k: connect(*a, factory=Connection, **k)):
        work()
    return book.written


def again(written: Iterable[Written], source: Path, target: Path) -> tuple[Taken, float]:
    """The statements on a copy of the file as it was, with the settings of a fold and in its transactions:
    what they take, and how many pages they put into the write-ahead log."""
    shutil.copyfile(source, target)
    with closing(opened(target, "rw")) as connection:
        silence.silenced(connection)
        for setting in ("synchronous = NORMAL", "wal_autocheckpoint = 0", "cache_size = -32000"):
            connection.execute(f"PRAGMA {setting}").close()

        def write() -> None:
            for statement, values, many in written:
                (connection.executemany if many else connection.execute)(statement, values).close()

        settle()
        taken = timed(write)
        log = target.with_name(target.name + "-wal").stat().st_size
    for rest in target.parent.glob(target.name + "*"):
        rest.unlink()
    return taken, log / _FRAME
