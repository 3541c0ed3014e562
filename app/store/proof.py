"""The look through a file's whole structure: once for each opening, before anything is written upon it."""

from __future__ import annotations

import threading
from pathlib import Path

from app.errors import StoreFailure
from app.store import failures
from app.store.connect import opened


def look_through(path: Path, *, read_only: bool) -> None:
    """Read the whole structure of a file; raises StoreFailure when it is damaged."""
    with failures.translated(path):
        connection = opened(path, "ro" if read_only else "rw")
        try:
            found = [row[0] for row in connection.execute("PRAGMA quick_check(5)")]
        finally:
            connection.close()
    if found != ["ok"]:
        raise failures.damaged(path, "; ".join(found))


class Proof:
    """That an open file is sound. It may be given after the first look at the file, never after a write."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._path, self._read_only = path, read_only
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
                    look_through(self._path, read_only=self._read_only)
                except StoreFailure as failure:
                    self._failure = failure
            if self._failure is not None:
                raise self._failure
            self._given = True
