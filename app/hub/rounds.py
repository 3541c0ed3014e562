"""Many statements in one round to PostgreSQL: sent together, answered together, prepared once a connection.

psycopg's own pipeline makes a cursor, a query and adapters for each statement, which for the small ones of
a push takes longer in Python than in the server. This speaks to its libpq (`psycopg.pq`) directly: words
and parameters out, rows in by psycopg's own loaders.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg import errors, pq
from psycopg.adapt import Transformer

_PREPARED: WeakKeyDictionary[psycopg.Connection[Any], dict[str, bytes]] = WeakKeyDictionary()
_NUMBERS = count(1)
_MOST = 500  # prepared statements of a connection; others are planned each time
_BYTES, _TEXT = 1, 0  # how a parameter travels
_SYNC, _FAILED = pq.ExecStatus.PIPELINE_SYNC, pq.ExecStatus.FATAL_ERROR
_GOOD = frozenset((pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK))


class Asked:
    """One statement of a round; its rows may be read when the round is over."""

    __slots__ = ("_result", "_round")

    def __init__(self, round_: Round) -> None:
        self._round = round_
        self._result: pq.abc.PGresult | None = None

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Every row."""
        assert self._result is not None, "the round is not over"
        return self._round.rows_of(self._result)

    def fetchone(self) -> tuple[Any, ...] | None:
        """The first row; None when there is none."""
        found = self.fetchall()
        return found[0] if found else None


class Round:
    """Statements for one connection, sent by `run`, or some before by `send`."""

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self._driver = driver
        self._waiting: list[tuple[str, list[bytes | None], list[int], Asked]] = []
        self._sent: list[Asked | str] | None = None  # what is answered in turn; a text: words prepared
        self._reader = Transformer(driver)

    def __call__(self, words: str, given: Sequence[Any] = ()) -> Asked:
        """Put a statement into the round; a parameter, marked by %s, is a text, bytes, a number or None."""
        asked = Asked(self)
        sent = [_sent(value) for value in given]
        forms = [_BYTES if isinstance(value, bytes) else _TEXT for value in given]
        self._waiting.append((words, sent, forms, asked))
        return asked

    def send(self) -> None:
        """Send what waits, that the server may begin; nothing else can use the connection until `run`."""
        self._put()
        _flush(self._driver.pgconn)

    def begin(self) -> bool:
        """Send as much of what waits as the line takes at once, without waiting; whether that is all. The
        rest goes when this is called again, or by `run`."""
        self._put()
        return not self._driver.pgconn.flush()

    def drop(self) -> None:
        """End what was sent without asking how: the transaction will be rolled back."""
        self._waiting.clear()
        if self._sent is not None:
            with suppress(psycopg.Error):
                self.run()

    def _put(self) -> list[Asked | str]:
        """Give libpq what waits."""
        connection = self._driver.pgconn
        if self._sent is None:
            if connection.transaction_status == pq.TransactionStatus.INERROR:
                raise errors.InFailedSqlTransaction("an earlier statement of this transaction failed")
            connection.enter_pipeline_mode()
            self._sent = []
        prepared = _PREPARED.setdefault(self._driver, {})
        for words, given, forms, asked in self._waiting:
            if words not in prepared and len(prepared) < _MOST:
                prepared[words] = b"gw_%d" % next(_NUMBERS)
                connection.send_prepare(prepared[words], _numbered(words))
                self._sent.append(words)
            if words in prepared:
                connection.send_query_prepared(prepared[words], given, forms)
            else:
                connection.send_query_params(_numbered(words), given, param_formats=forms)
            self._sent.append(asked)
        self._waiting.clear()
        return self._sent

    def run(self) -> None:
        """Send everything and wait for every answer. Raises the first error, as psycopg does."""
        connection, prepared = self._driver.pgconn, _PREPARED.setdefault(self._driver, {})
        try:
            expected = self._put()
            connection.pipeline_sync()
            failed = _collect(connection, expected, prepared)
        finally:
            if self._sent is not None and connection.status == pq.ConnStatus.OK:
                connection.exit_pipeline_mode()
            self._sent = None
        if failed is not None:
            error = errors.error_from_result(failed)
            if isinstance(error, errors.InvalidSqlStatementName):  # somebody between has let go of them
                prepared.clear()
                raise errors.OperationalError(str(error))
            raise error

    def rows_of(self, result: pq.abc.PGresult) -> list[tuple[Any, ...]]:
        """The rows of an answer, as psycopg reads them."""
        self._reader.set_pgresult(result)
        return self._reader.load_rows(0, result.ntuples, tuple)


def _collect(
    connection: pq.abc.PGconn, expected: Sequence[Asked | str], prepared: dict[str, bytes]
) -> pq.abc.PGresult | None:
    """Give each statement its answer; the first that says an error."""
    _flush(connection)
    failed: pq.abc.PGresult | None = None
    place = 0
    while True:
        _await(connection)
        result = connection.get_result()
        if result is None:
            if connection.status != pq.ConnStatus.OK:
                raise _lost(connection)
            continue
        status = result.status
        if status == _SYNC:
            return failed
        whose = expected[place] if place < len(expected) else ""
        place += 1
        if isinstance(whose, Asked):
            whose._result = result
        elif status not in _GOOD:
            prepared.pop(whose, None)
        if status == _FAILED and failed is None:
            failed = result


def _lost(connection: pq.abc.PGconn) -> errors.OperationalError:
    """The line to the server is gone."""
    return errors.OperationalError(connection.error_message.decode("utf-8", "replace"))


def _flush(connection: pq.abc.PGconn) -> None:
    """Send what waits; what the server says meanwhile is read, or both would wait for each other."""
    while connection.flush():
        _ready(connection.socket, write=True)
        connection.consume_input()


def _await(connection: pq.abc.PGconn) -> None:
    while connection.is_busy():
        _ready(connection.socket, write=False)
        connection.consume_input()


def _ready(socket: int, *, write: bool) -> None:
    """Wait until the socket can be read (or written)."""
    if hasattr(select, "poll"):  # unlike `select` for any number of open files
        line = select.poll()
        line.register(socket, select.POLLIN | (select.POLLOUT if write else 0))
        line.poll()
    else:
        select.select([socket], [socket] if write else [], [])


def _sent(value: Any) -> bytes | None:
    if type(value) is str:
        if "\0" in value:  # libpq would end the text there
            raise errors.DataError("a text that PostgreSQL cannot hold")
        return value.encode()
    if value is None or type(value) is bytes:
        return value
    if type(value) is bool:
        return b"t" if value else b"f"
    return str(value).encode()


@lru_cache(maxsize=1024)
def _numbered(words: str) -> bytes:
    """The words with the server's marks for parameters."""
    parts = words.split("%s")
    return "".join(part if not place else f"${place}{part}" for place, part in enumerate(parts)).encode()
