"""Keeping what a push decided. Of a large one the server writes rows while this process decides the others,
looks for boilers that look alike and makes the log's blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import Connection

from app.domain.replication import Batch
from app.hub.applying import count_digests, write_acts, write_changed, write_new, write_rows
from app.hub.database import HubDatabase, as_sqlalchemy
from app.hub.desk import Desk
from app.hub.devices import Device
from app.hub.keys import HubKeys
from app.hub.nearby import Around, flag_near
from app.hub.rounds import Round
from app.hub.rows import Row

MANY = 500  # entries from which on two things are done at once
FIRST, AHEAD = 800, 3000  # uncontested updates worth being written while the others are decided


@dataclass
class Ahead:
    """Writes rows of a push by the connection of its transaction while others are decided; whatever else is
    asked meanwhile goes to `second`, which sees what was there before this push.

    A row that changes after it was handed over is written once more as it has become.
    """

    database: HubDatabase
    connection: Connection
    second: Connection
    thread: ThreadPoolExecutor
    line: Round  # of all changed rows: the server has the next when it is done with some
    _ends: Future[None] | None = None
    _all_sent: bool = True
    _handed: bool = False

    def hand(self, rows: Sequence[Row], *, last: bool = False) -> None:
        """Let these rows be written as they stand. New rows come with the last ones."""
        for row in rows:
            row.sent = row.marks
        # Sent from here, without waiting: a thread would wait for the interpreter, and the server for it.
        with as_sqlalchemy():
            write_changed(self.database, self.line, rows)
            self._all_sent = self.line.begin()
        self._handed = True
        if last:
            self._ends = self.thread.submit(self._end, rows)

    def is_worth(self, count: int) -> bool:
        """Whether so many rows should be written now: fewer the first time, for which the server waits."""
        with as_sqlalchemy():
            self._all_sent = self._all_sent or self.line.begin()
        return count >= (AHEAD if self._handed else FIRST)

    def _end(self, rows: Sequence[Row]) -> None:
        with as_sqlalchemy():
            self.line.run()
            write_new(self.database, self.connection, rows)

    def finish(self) -> None:
        """Wait until all are written; raises what the first that failed raised."""
        if self._ends is not None:
            self._ends.result()


def _unsent(rows: Sequence[Row]) -> list[Row]:
    """Those of these rows that are not handed over as they stand: whatever changes a row marks it anew."""
    return [row for row in rows if row.sent is not row.marks]


@contextmanager
def ahead(database: HubDatabase, connection: Connection, desk: Desk, batch: Batch) -> Iterator[Ahead | None]:
    """What writes ahead in the block, for a large push on PostgreSQL; at most eight pushes of a process do,
    and none that takes acts back: that reads the book as it is. The push has locked its areas."""
    usual = database.postgres and len(batch.entries) > MANY and not any(act.undoes for act in batch.acts)
    if not usual or not database.spare.acquire(blocking=False):
        yield None
        return
    try:
        with (
            database.reading() as second,
            _line(connection) as line,
            _beside() as thread,
            desk.rows.read_by(second),
            desk.logs.read_by(second),
        ):
            second.exec_driver_sql("SET LOCAL enable_seqscan = off")
            yield Ahead(database, connection, second, thread, line)
    finally:
        database.spare.release()


@contextmanager
def _line(connection: Connection) -> Iterator[Round]:
    """Statements of a transaction; however the block ends, nothing of them is under way after it."""
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    line = Round(driver)
    try:
        yield line
    finally:
        line.drop()


@contextmanager
def _beside() -> Iterator[ThreadPoolExecutor]:
    """A thread that begins nothing more when the block has ended."""
    with ThreadPoolExecutor(1) as thread:
        try:
            yield thread
        finally:
            thread.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class Storing:
    """One decided push and the transaction it is kept in; `around` is what was looked for meanwhile."""

    database: HubDatabase
    keys: HubKeys
    connection: Connection
    desk: Desk
    batch: Batch
    around: Around | None = None

    def write(self, device: Device, ahead: Ahead | None, *, flagged: bool) -> list[dict[str, Any]]:
        """Write the rows; gives the log's blocks. With `flagged`, boilers that became alike are flagged."""
        if ahead is not None:
            return self._at_once(ahead, device, flagged)
        self._flag(self.connection, flagged)
        rows = self.desk.rows.touched()
        write_rows(self.database, self.connection, rows)
        return self._sealed(rows, device)

    def keep(self, blocks: Sequence[dict[str, Any]]) -> None:
        """Write acts and the log."""
        hub_act = self.desk.hub_act
        acts = [*self.desk.done.values(), *([hub_act] if hub_act else [])]
        write_acts(self.database, self.connection, self.desk, acts, self.batch.first)
        self.desk.logs.store(blocks)

    def _at_once(self, ahead: Ahead, device: Device, flagged: bool) -> list[dict[str, Any]]:
        """What is flagged while the rows are written follows in further rows."""
        ahead.hand(_unsent(self.desk.rows.touched()), last=True)
        self._flag(ahead.second, flagged)
        touched = self.desk.rows.touched()
        blocks = self._sealed(touched, device)
        ahead.finish()
        write_rows(self.database, self.connection, _unsent(touched))
        return blocks

    def _flag(self, connection: Connection, flagged: bool) -> None:
        if flagged:
            flag_near(self.database, connection, self.desk, self.batch, self.around)

    def _sealed(self, rows: Sequence[Row], device: Device) -> list[dict[str, Any]]:
        count_digests(self.desk.rows, self.desk.logs, rows)
        return self.desk.logs.sealed(self.keys, device.uid, device.epoch, self.desk.received)
