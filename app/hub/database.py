"""The hub's database: one SQLite file for an office, or PostgreSQL with PostGIS for a bureau."""

from __future__ import annotations

import json
import sqlite3
import stat
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from app.errors import StoreFailure
from app.hub.rounds import Asked, Round
from app.i18n import N_
from app.store.engine import engine_of

SQLITE_NAME = "hub.db"
BUCKETS = 1000.0  # to a degree: squares of about 100 m in which boilers close together are looked for
_POINT = struct.Struct("<BI2d")
_BUSY_SECONDS = 30.0
_INCARNATION = "incarnation"
# Whoever brings an older state back ends all sessions: the server starts again or the database is another.
_WHICH = "SELECT pg_postmaster_start_time(), oid FROM pg_database WHERE datname = current_database()"
_CONNECTIONS = 16  # one for each thread of a server: a fresh one has nothing prepared
_SPARE = 8  # the pool has so many to spare
Ask = Callable[..., Asked]
Tell = Callable[[str, Any], object]  # a statement and its parameters


class HubDatabase:
    """`writing()` gives the transaction that decides and stores, `reading()` one moment of everything."""

    def __init__(self, place: Path | None, url: str | None, *, make: bool = False) -> None:
        self.postgres = url is not None
        self.spare = BoundedSemaphore(_SPARE)  # connections that large pushes take beside their own
        if url is not None:
            self._writers = self._readers = _postgresql(url, _CONNECTIONS)
            event.listen(self._writers, "connect", _leave_prepared)
        elif place is not None:
            file = place / SQLITE_NAME
            mode = "rwc" if make else "rw"
            _for_nobody_else(file, make=make)
            self._writers = _sqlite(file, mode, "BEGIN IMMEDIATE", size=4)
            self._readers = _sqlite(file, mode, "BEGIN", size=8)
        else:
            raise ValueError("a hub needs a folder or a PostgreSQL address")

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: in SQLite the only one that writes, in PostgreSQL one that takes row locks.

        Raises StoreFailure `disk_full` when there is no room: then nothing of it is kept.
        """
        with _room(), self._writers.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment."""
        with self._readers.connect() as connection:
            if self.postgres:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def together(self, connection: Connection, *, commit: bool = False) -> Iterator[Ask]:
        """Send several statements to PostgreSQL in this transaction without waiting for each answer, and with
        `commit` its end as well: it is durable when the block has ended.

        Gives what sends one: it is called with the words and parameters, and its answer may be read when the
        block has ended. Errors are those of SQLAlchemy.
        """
        driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        ask = Round(driver)
        if driver.pgconn.transaction_status == TransactionStatus.IDLE:
            ask("BEGIN ISOLATION LEVEL READ COMMITTED")
        with as_sqlalchemy():
            yield ask
            if commit:
                ask("COMMIT")
            ask.run()

    @contextmanager
    def in_line(self, connection: Connection) -> Iterator[Tell]:
        """Let PostgreSQL begin with each statement while the next is made; when the block has ended all are
        done, or one has failed with all that follow. Gives what sends one that nobody reads an answer of."""
        if not self.postgres:
            yield connection.exec_driver_sql
            return
        driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        line = Round(driver)

        def tell(words: str, given: Sequence[Any]) -> None:
            line(words, given)
            line.send()

        with as_sqlalchemy():
            try:
                yield tell
                line.run()
            finally:
                line.drop()

    @contextmanager
    def asking(self) -> Iterator[Ask]:
        """The same without a transaction: each statement sees a moment of its own."""
        pooled = self._readers.raw_connection()
        try:
            ask = Round(pooled.driver_connection)  # type: ignore[arg-type]
            with as_sqlalchemy():
                yield ask
                ask.run()
        finally:
            pooled.close()

    def any_of(self, column: str, values: Sequence[Any]) -> tuple[str, Any]:
        """The condition that `column` (in PostgreSQL of text) is one of many values; its one parameter."""
        if self.postgres:
            return f"{column} = ANY(%s::text[])", array_of(values)
        return f"{column} IN (SELECT value FROM json_each(?))", json.dumps(list(values), ensure_ascii=False)

    def each_of(self, words: Sequence[str]) -> tuple[str, Any]:
        """A table `s` with many words, one in each row as `word`; its one parameter."""
        if self.postgres:
            return "unnest(%s::text[]) AS s(word)", array_of(words)
        return "(SELECT value AS word FROM json_each(?)) AS s", json.dumps(list(words), ensure_ascii=False)

    def incarnation(self, connection: Connection) -> Any:
        """What a restore of PostgreSQL's changes, whoever does it and says nothing: what a process remembers
        of the database holds for one incarnation only. The same for any connection to an embedded one."""
        return connection.info.get(_INCARNATION)

    @property
    def mark(self) -> str:
        """How a statement for the driver marks a parameter."""
        return "%s" if self.postgres else "?"

    def close(self) -> None:
        """Close every connection."""
        self._readers.dispose()
        self._writers.dispose()


class Reading:
    """What reads by the connection of its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def connection(self) -> Connection:
        """The one to read by now."""
        return self._connection

    @contextmanager
    def read_by(self, connection: Connection) -> Iterator[None]:
        """Meanwhile read by another connection, as the own one is busy writing."""
        own, self._connection = self._connection, connection
        try:
            yield
        finally:
            self._connection = own


def _postgresql(url: str, connections: int = 5) -> Engine:
    """An engine for a PostgreSQL address such as `postgresql://user@host/name`, which keeps so many
    connections open; ten more are made when they are needed, and closed again."""
    address = url.replace("postgresql://", "postgresql+psycopg://", 1)
    # Who was used last is used next: its statements are prepared, its memory is near the processor.
    engine = create_engine(address, pool_size=connections, pool_use_lifo=True)

    @event.listens_for(engine, "connect")
    def _plain_plans(connection: Any, record: Any) -> None:
        # Compiling a plan takes longer than the small queries of a sync; the planner's costs mislead it here.
        connection.execute("SET jit = off")
        record.info[_INCARNATION] = connection.execute(_WHICH).fetchone()
        connection.commit()

    return engine


def _leave_prepared(connection: Any, _record: Any) -> None:
    """What rounds prepare stays: psycopg would drop it with its own statements after each rollback."""
    connection.prepare_threshold = None


@contextmanager
def as_sqlalchemy() -> Iterator[None]:
    """Tell errors of the driver as SQLAlchemy does where it sends the statement itself."""
    try:
        yield
    except psycopg.Error as error:
        raise DBAPIError.instance(None, None, error, psycopg.Error) from error


def array_of(values: Sequence[Any]) -> str:
    """An array as PostgreSQL reads it; the driver's own way looks at each text for what must be quoted."""
    try:
        joined = '","'.join(values)
    except TypeError:  # not texts alone
        joined = "\\"
    if values and "\\" not in joined and joined.count('"') == 2 * (len(values) - 1):
        return f'{{"{joined}"}}'
    first = next((value for value in values if value is not None), None)
    if isinstance(first, str):
        joined = "".join(value for value in values if value is not None)
        if '"' in joined or "\\" in joined:
            values = [
                None if value is None else value.replace("\\", "\\\\").replace('"', '\\"') for value in values
            ]
        if None not in values:
            return '{"' + '","'.join(values) + '"}'
        return "{" + ",".join(["NULL" if value is None else f'"{value}"' for value in values]) + "}"
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def bucket(wkb: bytes | None) -> int | None:
    """The number of the square a point lies in; None for anything else."""
    if wkb is None or len(wkb) != _POINT.size:
        return None
    _, _, x, y = _POINT.unpack(wkb)
    return bucket_of(x, y)


def bucket_of(x: float, y: float, right: int = 0, up: int = 0) -> int:
    """The number of the square of a position, or of one so many squares beside it."""
    return (int((y + 90.0) * BUCKETS) + up) * 1_000_000 + int((x + 180.0) * BUCKETS) + right


@contextmanager
def _room() -> Iterator[None]:
    """A full disk in the words of the house."""
    try:
        yield
    except DBAPIError as error:
        full = getattr(error.orig, "sqlite_errorname", "") == "SQLITE_FULL"
        if full or isinstance(error.orig, psycopg.errors.DiskFull):
            raise disk_full() from error
        raise


def disk_full() -> StoreFailure:
    """There is no room left where the hub keeps its books and attachments."""
    return StoreFailure(
        N_("The hub’s disk is full"),
        hint=N_("Nothing of this was taken in, and nothing taken before is lost. Make room at the hub."),
        code="disk_full",
    )


def _for_nobody_else(file: Path, *, make: bool) -> None:
    """The hub's keys and the verifiers of PINs lie in this file, and in those that SQLite lays beside it with
    the same rights."""
    with suppress(OSError):  # not there, or of another user, such as the service's own
        if make:
            file.touch(0o600)
        for one in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
            if stat.S_IMODE(one.stat().st_mode) & 0o077:
                one.chmod(0o600)


def _sqlite(file: Path, mode: str, begin: str, size: int) -> Engine:
    def connect() -> sqlite3.Connection:
        uri = f"{file.absolute().as_uri()}?mode={mode}"
        connection = sqlite3.connect(
            uri, uri=True, check_same_thread=False, isolation_level=None, timeout=_BUSY_SECONDS
        )
        connection.create_function("h_bucket", 1, bucket, deterministic=True)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        if begin == "BEGIN":
            connection.execute("PRAGMA query_only = ON")
        return connection

    return engine_of(connect, begin, size, 8)
