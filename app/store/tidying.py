"""What is done when nobody waits for it: the write-ahead log is brought into the file, and the journal's new
rows into its index by record."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path
from time import perf_counter, sleep

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from app.errors import StoreFailure
from app.store import byrecord
from app.store.failures import translated

_LOG = logging.getLogger(__name__)
_LONG_LOG = 16_000  # rows noted by folds after which the log is brought in, about 150 MB
_TOO_LONG = 4  # every so many times the fold waits for it
_WORTH = 500  # rows after which it is at the end of a series of folds, and when the file is closed
_MANY = 2000  # rows of saves after which they are taken into the index: a ledger reads them in half a moment
_MANY_FOLDED = 16_000  # the same of folds, of which few series are longer
_PORTION = 4000  # rows taken in by one transaction, as others wait for it
_BREATH = 0.002  # s between two of them, so that others come first


class Tidying:
    """Counts what was noted in a file, and tidies up beside those who write: in a thread of its own, or where
    a fold pauses.

    `writing` is a transaction that need not be on the disk when it ends; `plain` opens a connection.
    """

    def __init__(
        self,
        path: Path,
        writing: Callable[[], AbstractContextManager[Connection]],
        reading: Callable[[], AbstractContextManager[Connection]],
        plain: Callable[[], sqlite3.Connection],
    ) -> None:
        self._path = path
        self._writing = writing
        self._reading = reading
        self._plain = plain
        self._untidied = 0  # rows noted by folds since the log was brought in
        self._tidied = 0  # times that happened beside a fold, which lets the log grow
        self._late = 0  # rows noted since the index was up to date
        self._noted = False  # whether any were
        self._thread: threading.Thread | None = None  # the one that is about it, or the last that was
        self._busy = False
        self._again = False  # whether that thread is to do it once more
        self._turn = threading.Lock()  # a save and a fold may come to these at the same moment
        self._on_disk = threading.Event()  # unless the log is on its way there, or about to be
        self._on_disk.set()

    def saved(self, rows: int) -> None:
        """So many rows were noted by a save, which is not to wait now."""
        self._count(rows)
        if self._late >= _MANY:
            self._start(again=False)

    def folded(self, rows: int) -> float:
        """So many rows were noted by a fold, and more are to come; for how many seconds at most others had to
        wait for the file. Own changes that only come back have none, and write next to nothing.

        SQLite begins the log anew only when all of it is in the file and nobody writes, so now and then the
        fold has to wait for that.
        """
        self._count(rows)
        self._untidied += rows
        held = self._attempt(self._take_in) if self._late >= _MANY_FOLDED else 0.0
        if self._untidied >= _LONG_LOG:
            self._untidied = 0
            self._tidied += 1
            self._start()
            if self._tidied % _TOO_LONG == 0:
                self.join()
        return held

    def rest(self) -> None:
        """Wait while the log is put on the disk, which comes before it is brought into the file. The system
        looks for places for its 150 MB then, and each page that is written to it beside this waits for that:
        the commit of a fold takes several times as long, and whoever waits for it waits along."""
        self._on_disk.wait()

    def ended(self) -> None:
        """A series of folds is over: what it left is done now, as the next save would have to do it else."""
        if max(self._untidied, self._late) >= _WORTH:
            self._untidied = 0
            self._start()

    def close(self) -> None:
        """Leave no more than a few rows for the next who opens the file."""
        self.join()
        if self._noted:
            self._attempt(self._take_in_many)

    def join(self) -> None:
        """Wait until all is done, as far as somebody is about it."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def stays(self, why: object) -> None:
        """Say that it was not done; what was saved is safe, and comes into its place when there is room."""
        _LOG.warning("%s is not tidied up: %s", self._path.name, why)

    def _count(self, rows: int) -> None:
        self._late += rows
        self._noted = self._noted or rows > 0

    def _start(self, *, again: bool = True) -> None:
        """Begin in a thread, which nobody waits for here; one that is about it already does it once more when
        it is to be done `again`, for what came meanwhile."""
        with self._turn:
            self._again = self._busy and (self._again or again)
            if not self._busy or self._again:
                self._on_disk.clear()
            if self._busy:
                return
            try:
                self._busy = True
                self._thread = threading.Thread(target=self._tidy, name="tidy", daemon=True)
                self._thread.start()
            except RuntimeError as error:  # no more threads: what was saved is saved all the same
                self._busy, self._thread = False, None
                self._on_disk.set()
                self.stays(error)

    def _tidy(self) -> None:
        more = True
        try:
            while more:
                self._attempt(self._take_in)
                self._put_on_disk()
                if not self._again:  # else the next is about to be, which a step had better not meet
                    self._on_disk.set()
                self._attempt(self._bring_in)
                with self._turn:
                    more = self._busy = self._again
                    self._again = False
        except BaseException:  # no longer about it; from the loop's end on another one may be
            self._busy = False
            self._on_disk.set()
            raise

    def _attempt(self, work: Callable[[], float]) -> float:
        try:
            with translated(self._path):
                return work()
        except StoreFailure as failure:
            self.stays(failure.details)
        except (sqlite3.Error, DBAPIError) as error:  # whoever needs the file hears of it in his own words
            self.stays(error)
        return 0.0

    def _take_in_many(self) -> float:
        with self._reading() as connection:
            late = byrecord.late(connection.connection.driver_connection)  # type: ignore[arg-type]
        return self._take_in() if late >= _WORTH else 0.0

    def _take_in(self) -> float:
        """Take the new rows into the index, some thousands at a time; the longest time of one in seconds."""
        self._late, longest, left = 0, 0.0, 1
        while left:
            with self._writing() as connection:
                begun, raw = perf_counter(), connection.connection.driver_connection
                left = byrecord.take_in(raw, _PORTION)  # type: ignore[arg-type]  # any driver, says SQLAlchemy
            longest = max(longest, perf_counter() - begun)
            if left:
                sleep(_BREATH)
        return longest

    def _put_on_disk(self) -> None:
        """SQLite does it again at once, and hears of what goes wrong with it."""
        with suppress(OSError), self._path.with_name(f"{self._path.name}-wal").open("rb+") as log:
            os.fsync(log.fileno())

    def _bring_in(self) -> float:
        with closing(self._plain()) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").close()
        return 0.0
