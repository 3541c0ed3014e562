"""Waiting in moments for whoever writes into the file: who waits hears of it and may stop."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from app.i18n import N_, tr

BUSY_SECONDS = 10.0
_MOMENT_MS = 250
Heed = Callable[[str], None]  # is told what is waited for, nothing while it is another save; raises to stop


class Patience:
    """What the threads that write into the file at `path` do while they wait; each may have somebody told."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()

    @contextmanager
    def told(self, heed: Heed) -> Iterator[None]:
        """Whatever this thread waits for in the block, `heed` hears of in each moment."""
        before, self._own.heed = getattr(self._own, "heed", None), heed
        try:
            yield
        finally:
            self._own.heed = before

    def tell(self, words: str = "") -> None:
        """A moment of waiting has gone by."""
        heed: Heed | None = getattr(self._own, "heed", None)
        if heed is not None:
            heed(words)

    def insist(self, raw: sqlite3.Connection, statement: str) -> None:
        """Do what has to have the file for writing, as soon as other programs let it; raises the driver's
        error when they do not. SQLite itself would wait in one piece, and nobody could stop it."""
        until = monotonic() + BUSY_SECONDS
        while True:
            try:
                _at_once(raw, statement)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > until:
                    raise
                words = N_("Waiting for another program to end its writing into {file}…")
                self.tell(tr(words, file=self._path.name))
            else:
                return


def _at_once(raw: sqlite3.Connection, statement: str) -> None:
    raw.execute(f"PRAGMA busy_timeout = {_MOMENT_MS}").close()
    try:
        raw.execute(statement).close()
    finally:
        raw.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}").close()
