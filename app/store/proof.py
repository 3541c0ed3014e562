"""The look through a file's whole structure: once for each opening, before anything is written upon it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from app.errors import StoreFailure
from app.store import failures
from app.store.connect import Database


def look_through(database: Database) -> None:
    """Read the whole structure of a file; raises StoreFailure when it is damaged.

    By a connection that reads it next: each has to read the 216 triggers first, 7 ms.
    """
    with database.reading() as connection:
        found = [row[0] for row in connection.exec_driver_sql("PRAGMA quick_check(5)")]
    if found != ["ok"]:
        raise failures.damaged(database.path, "; ".join(found))


class Proof:
    """That an open file is sound. It may be given after the first look at the file, never after a write."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look
        self._turn = threading.Lock()
        self._given = False
        self._failure: StoreFailure | None = None

    def give(self) -> None:
        """Look through the file unless somebody has; raises StoreFailure, each time, when it is damaged."""
        with self._turn:
            if self._given:
                return
            if self._failure is None:
                try:
                    self._look()
                except StoreFailure as failure:
                    self._failure = failure
            if self._failure is not None:
                raise self._failure
            self._given = True
