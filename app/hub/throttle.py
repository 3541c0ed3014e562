"""Slows down whoever guesses: after a few failures the same name or address has to wait.

The failures are counted in the hub's database, so that all its processes count together and a restart forgets
nothing. A try is noted before it is looked at: many at once are no way around.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, or_, select

from app.errors import Refused
from app.hub.auth import derived
from app.hub.book import TRIES
from app.hub.database import HubDatabase
from app.i18n import N_

_LOCK = 620801  # of PostgreSQL, so that two processes do not count past each other


@dataclass(frozen=True)
class Throttle:
    """Counts by key; `limit` tries within `window` without a success close the door that long.

    The database holds a keyed hash of a key, not the name or address itself.
    """

    database: HubDatabase
    secret: bytes
    now: Callable[[], datetime]
    limit: int = 5
    window: timedelta = timedelta(minutes=10)

    def attempt(self, *keys: str) -> None:
        """Note a try for each of the keys; raises Refused `too_many` while one of them has to wait."""
        at = int(self.now().timestamp() * 1000)
        window = int(self.window.total_seconds() * 1000)
        over = or_(TRIES.c.at <= at - window, TRIES.c.at > at + window)  # later: the hub's clock was put back
        names = [self._name(key) for key in keys]
        with self.database.writing() as connection:
            if self.database.postgres:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            connection.execute(delete(TRIES).where(over))
            closed = any(_count(connection, name) >= self.limit for name in names)
            if not closed:
                connection.execute(insert(TRIES), [{"what": name, "at": at} for name in names])
        if closed:
            raise Refused(
                N_("Too many failed attempts"),
                hint=N_("Wait {minutes} minutes, then try again."),
                minutes=int(self.window.total_seconds() // 60),
                code="too_many",
            )

    def succeeded(self, *keys: str) -> None:
        """Forget the tries of the keys."""
        names = [self._name(key) for key in keys]
        with self.database.writing() as connection:
            connection.execute(delete(TRIES).where(TRIES.c.what.in_(names)))

    def _name(self, key: str) -> bytes:
        return hmac.digest(derived(self.secret, "gridward-tries-1"), key.encode(), "sha256")


def _count(connection: Connection, name: bytes) -> int:
    query = select(func.count()).select_from(TRIES).where(TRIES.c.what == name)
    return int(connection.execute(query).scalar_one())
