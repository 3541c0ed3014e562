"""Connections to the file: one that writes, as many as needed that read, from any thread."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, QueuePool

from app.errors import StoreFailure
from app.i18n import N_
from app.store import rtree, silence, watch
from app.store.engine import engine_of
from app.store.failures import translated
from app.store.journal import FOREIGN, NOTED, set_context
from app.store.library import uncounted
from app.store.patience import BUSY_SECONDS, Heed, Patience
from app.store.room import Room
from app.store.tables import Layout
from app.store.tidying import Tidying
from app.store.turn import Turn

_LOG = logging.getLogger(__name__)
_PATIENCE_MS = 500  # with readers, before the log is left as long as it is
_READERS = 8
_SHORT_LOG = 1000  # pages of the write-ahead log after which it is brought into the file
_PRIMARY = 0xFF  # the part of an error code that says what sort it is
_STATEMENTS = 512  # that a connection need not prepare again: a fold has one for each set of fields and size
_WRITER_KIB = 32_000  # what the writer keeps in memory: a fold touches pages all over the file

uncounted()  # before the first connection of the process, or it stays as it is


class Database:
    """The open file: `reading()` gives a snapshot, `writing()` the one transaction that writes."""

    def __init__(
        self,
        path: Path,
        layout: Layout,
        *,
        read_only: bool = False,
        before_writing: Callable[[], None] = lambda: None,
    ) -> None:
        self.path = path
        self.layout = layout
        self.read_only = read_only
        self.room = Room(path)
        self._before_writing = before_writing  # raises StoreFailure when nobody may write
        self._patience, mode = Patience(path), "ro" if read_only else "rw"
        self._writers = _engine(path, mode, "BEGIN IMMEDIATE", 1, self._patience)
        self._savers = _Noters(path, mode, "BEGIN IMMEDIATE", self._patience)
        self._folders = _Noters(path, mode, "BEGIN", self._patience)
        self._readers = _engine(path, mode, "BEGIN", _READERS)
        self.turn = Turn(self._patience.tell)
        self._own = threading.local()  # of each thread, the moment it is held to
        self.tidying = Tidying(path, self.repeatable, self.reading, self.raw)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment of the file and cannot write."""
        held: Connection | None = getattr(self._own, "moment", None)
        if held is not None:
            yield held
            return
        # Begun here: what goes to the driver itself would not begin anything.
        with translated(self.path), self._readers.begin() as connection:
            yield connection

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """Whatever this thread reads in the block it sees as of one moment, however many ask for it."""
        with self.reading() as connection:
            before, self._own.moment = getattr(self._own, "moment", None), connection
            try:
                yield
            finally:
                self._own.moment = before

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The write transaction; committed at the end, rolled back when anything is raised.

        It is for what has to go on also when there is little room, and is given the reserve for it.
        """
        if self.room.is_out():
            self.make_room()
        self._before_writing()
        with self._minding_room(), self.turn, translated(self.path), self._writers.begin() as connection:
            yield connection

    @contextmanager
    def saving(self) -> Iterator[Connection]:
        """The write transaction of a person's save, on the disk when it ends. Its writer notes every cell and
        keeps the spatial index by itself; triggers are left out where nobody else has put any.

        Raises StoreFailure `disk_low`, as a fold does, when there is too little room.
        """
        self.room.check()
        self._before_writing()
        noting = self._savers.noting("FULL", _SHORT_LOG)
        with self._minding_room(), self.turn, noting as (connection, begin):
            begin()
            yield connection

    @contextmanager
    def repeatable(self) -> Iterator[Connection]:
        """The write transaction of a fold, which notes and keeps as a save does.

        What is folded can be fetched again: a power cut may lose the last of it, though never anything out of
        order, and the next save makes it durable. The write-ahead log is brought into the file by `tidying`
        later, not in the middle of a long series.
        """
        self.room.check()
        self._before_writing()
        with self._minding_room(), self.turn, self._savers.noting("NORMAL", 0) as (connection, begin):
            begin()
            yield connection

    @contextmanager
    def prepared(self) -> Iterator[tuple[Connection, Callable[[], None]]]:
        """The same, for a fold that reads and reckons first: others may write until it calls what is given
        beside the connection, which must come before its first write and may come again.

        That raises Overtaken when somebody has written since this transaction began, or is writing now;
        nothing has happened then.
        """
        self.room.check()
        self._before_writing()
        noting = self._folders.noting("NORMAL", 0)
        with self._minding_room(), ExitStack() as turn, noting as (connection, begin):
            locked: list[bool] = []

            def lock() -> None:
                if not locked:
                    turn.enter_context(self.turn)
                    begin()
                    locked.append(True)

            yield connection, lock

    def heeding(self, heed: Heed) -> AbstractContextManager[None]:
        """Have `heed` told what this thread waits for in the block, when it wants to write and another does;
        it raises to stop, and nothing is written then."""
        return self._patience.told(heed)

    def let_others(self) -> None:
        """Let those write first who do so or wait for it now: what is read beside them makes them slower, and
        has to be read once more."""
        with self.turn:
            pass

    def make_room(self) -> bool:
        """The disk is full: take back what a transaction that failed has left in the log, and give up the
        reserve where that is not enough; whether there is room now for what has to go on."""
        hidden = not self.room.is_out()  # by a quota that the system does not tell, or it was only a moment
        self._shorten_log()
        if (hidden or self.room.is_out()) and self.room.give_up():
            self._shorten_log()
        return not self.room.is_out()

    @contextmanager
    def _minding_room(self) -> Iterator[None]:
        try:
            yield
        except StoreFailure as failure:
            if failure.code == "disk_full":
                self.make_room()
            raise

    def _shorten_log(self) -> None:
        """Bring the log into the file and cut it to nothing, if nobody reads what is in it just now."""
        with suppress(sqlite3.Error), closing(self.raw()) as connection:
            connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def check_writable(self) -> None:
        """Raise StoreFailure when the file is open for reading only."""
        if self.read_only:
            raise StoreFailure(N_("{file} is open for reading only"), file=self.path.name, code="read_only")

    def raw(self) -> sqlite3.Connection:
        """A plain connection of its own for the backup API and checks; the caller closes it."""
        return opened(self.path, "ro" if self.read_only else "rw")

    def close(self) -> None:
        """Close every connection; a writer brings the write-ahead log into the file first."""
        if not self.read_only:
            self.tidying.close()
        self._readers.dispose()
        writers = (self._writers, self._savers.engine, self._folders.engine)
        if not self.read_only:
            self._checkpoint(writers)
        for engine in writers:
            engine.dispose()

    def _checkpoint(self, writers: Sequence[Engine]) -> None:
        """By a connection that is there: another would read the whole shape of the file first."""
        there = [engine for engine in writers if cast(QueuePool, engine.pool).checkedin()]
        log = self.path.with_name(self.path.name + "-wal")
        try:
            with translated(self.path):
                if not there and not (log.exists() and log.stat().st_size):
                    return
            with translated(self.path), (*there, self._writers)[0].connect() as connection:
                connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        except StoreFailure as failure:
            self.tidying.stays(failure.details)


class Overtaken(Exception):
    """Somebody else wrote between what a transaction has read and what it wanted to write."""


class _Noters:
    """The one connection of those that note by themselves what they write and keep the spatial index; with
    `begin` BEGIN their transactions read first and have the file when they say so."""

    def __init__(self, path: Path, mode: str, begin: str, patience: Patience) -> None:
        self.engine = _engine(path, mode, begin, 1, patience)
        self._path, self._patience = path, patience
        self._late = begin == "BEGIN"
        self._shape = -1  # the version of the file's tables for which the connection was told about triggers
        self._loud = True  # whether they fire there
        self._told = False  # whether they were told in this transaction to stand aside

    @contextmanager
    def noting(self, synchronous: str, checkpoint: int) -> Iterator[tuple[Connection, Callable[[], None]]]:
        """A transaction, and what is to be called once before it writes; that raises Overtaken."""
        with translated(self._path), self.engine.connect() as connection:
            raw = raw_of(connection)
            raw.execute(f"PRAGMA synchronous = {synchronous}")
            raw.execute(f"PRAGMA wal_autocheckpoint = {checkpoint}")
            with connection.begin():
                self._hush(raw)
                self._told = False
                yield connection, lambda: self._begin(connection)
                if self._told:
                    set_context(connection, FOREIGN)

    def _begin(self, connection: Connection) -> None:
        """Have the file for writing; triggers that fire are told that their changes are noted already."""
        if self._late:
            _have(raw_of(connection), self._patience)
        if self._loud:
            set_context(connection, NOTED)
            self._told = True

    def _hush(self, raw: sqlite3.Connection) -> None:
        """Leave triggers out, unless another program has added its own, such as GDAL's count of features:
        then all fire, and those of the journal stand aside."""
        shape = raw.execute("PRAGMA schema_version").fetchone()[0]
        if shape == self._shape:
            return
        strange = watch.strange(raw)
        if strange:
            _LOG.info("%s has triggers of another program: %s", self._path.name, " ".join(strange))
            silence.heard(raw)
        self._loud = bool(strange) or not silence.silenced(raw)
        self._shape = shape


def _have(raw: sqlite3.Connection, patience: Patience) -> None:
    """Have the file for writing in a transaction that has only read; raises Overtaken."""
    try:
        patience.insist(raw, "UPDATE sync_ctx SET base = base WHERE one = 1")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & _PRIMARY != sqlite3.SQLITE_BUSY:
            raise
        raise Overtaken from error


def raw_of(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection, inside the same transaction."""
    found: Any = connection.connection.driver_connection
    assert isinstance(found, sqlite3.Connection)
    return found


def opened(path: Path, mode: str) -> sqlite3.Connection:
    """A plain connection with the house's settings; `mode` is ro, rw or rwc."""
    uri = path.absolute().as_uri() + f"?mode={mode}"
    if mode == "ro" and is_frozen(path):
        uri += "&immutable=1"
    connection = sqlite3.connect(
        uri,
        uri=True,
        check_same_thread=False,
        isolation_level=None,
        timeout=BUSY_SECONDS,
        cached_statements=_STATEMENTS,
    )
    try:
        rtree.register_functions(connection)
        connection.create_function("casefold", 1, _casefold, deterministic=True)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_SHORT_LOG}")
    except BaseException:  # a damaged file says so at its first page, when the connection is open already
        connection.close()
        raise
    return connection


def _casefold(text: str | None) -> str | None:
    return None if text is None else text.casefold()


def is_frozen(path: Path) -> bool:
    """Whether the folder cannot be written, so that SQLite can keep neither lock nor log beside the file."""
    beside = path.with_name(path.name + "-wal")
    return not os.access(path.parent, os.W_OK) and not (beside.is_file() and beside.stat().st_size)


def _engine(path: Path, mode: str, begin: str, size: int, patience: Patience | None = None) -> Engine:
    """Connections that only read, or those that write, with the patience to wait for it."""

    def connect() -> sqlite3.Connection:
        with translated(path):
            connection = opened(path, mode)
            if patience is None:
                connection.execute("PRAGMA query_only = ON")
            else:
                connection.execute(f"PRAGMA cache_size = -{_WRITER_KIB}")
            return connection

    return engine_of(connect, begin, size, 2 * (size - 1), patience.insist if patience else None)
