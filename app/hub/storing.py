"""Keeping what a push decided. Of a large one the server writes the rows while this process looks for boilers
that look alike and makes the log's blocks."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from app.domain.replication import Batch
from app.hub.applying import count_digests, write_acts, write_rows
from app.hub.database import HubDatabase
from app.hub.desk import Desk
from app.hub.devices import Device
from app.hub.keys import HubKeys
from app.hub.nearby import Around, flag_near
from app.hub.rows import Row

MANY = 500  # rows from which on two things are done at once


@dataclass(frozen=True)
class Storing:
    """One decided push and the transaction it is kept in; `around` is what was looked for meanwhile."""

    database: HubDatabase
    keys: HubKeys
    connection: Connection
    desk: Desk
    batch: Batch
    around: Around | None = None

    def store(self, device: Device, *, flagged: bool) -> None:
        """Write rows, acts and the log; with `flagged`, boilers that became alike are flagged before."""
        rows = self.desk.rows.touched()
        if self.database.postgres and len(rows) > MANY and self.database.spare.acquire(blocking=False):
            try:
                blocks = self._at_once(rows, device, flagged)
            finally:
                self.database.spare.release()
        else:
            self._flag(self.connection, flagged)
            rows = self.desk.rows.touched()
            write_rows(self.database, self.connection, rows)
            blocks = self._sealed(rows, device)
        hub_act = self.desk.hub_act
        acts = [*self.desk.done.values(), *([hub_act] if hub_act else [])]
        write_acts(self.database, self.connection, self.desk, acts)
        self.desk.logs.store(blocks)

    def _at_once(self, rows: Sequence[Row], device: Device, flagged: bool) -> list[dict[str, Any]]:
        """Write the rows in a thread; what is flagged meanwhile is read by another connection, which sees
        what was there before this push, and follows in further rows. Gives the log's blocks."""
        with ThreadPoolExecutor(1) as beside, self.database.reading() as second:
            second.exec_driver_sql("SET LOCAL enable_seqscan = off")
            writing = beside.submit(write_rows, self.database, self.connection, rows)
            with self.desk.rows.read_by(second), self.desk.logs.read_by(second):
                self._flag(second, flagged)
            touched = self.desk.rows.touched()
            blocks = self._sealed(touched, device)
            writing.result()
        written = set(map(id, rows))
        write_rows(self.database, self.connection, [row for row in touched if id(row) not in written])
        return blocks

    def _flag(self, connection: Connection, flagged: bool) -> None:
        if flagged:
            flag_near(self.database, connection, self.desk, self.batch, self.around)

    def _sealed(self, rows: Sequence[Row], device: Device) -> list[dict[str, Any]]:
        count_digests(self.desk.logs, rows)
        return self.desk.logs.sealed(self.keys, device.uid, device.epoch, self.desk.received)
