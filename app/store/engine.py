"""Engines of SQLite files: all of a process share their compiled statements.

SQLAlchemy keeps what it has compiled for each engine and its dialect. A file has four engines and a program
opens many files; each compiled anew what the others had.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import LRUCache

_KEPT = 1000  # statements
_COMPILED: LRUCache[object, object] = LRUCache(_KEPT)


def engine_of(
    connect: Callable[[], sqlite3.Connection],
    begin: str,
    size: int,
    more: int,
    insist: Callable[[sqlite3.Connection, str], None] | None = None,
) -> Engine:
    """An engine of the connections that `connect` makes: `size` stay open, and `more` are made when they are
    needed. Each transaction starts with `begin`, by `insist` if there is one: sqlite3 would open one at the
    first write only, too late to be sure of the lock."""
    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=more,
        execution_options={"compiled_cache": _COMPILED},
    )
    engine.dialect = dialect()  # statements are kept by it

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        if insist is None:
            connection.exec_driver_sql(begin)
        else:
            insist(driver, begin)

    return engine


@lru_cache(maxsize=1)
def dialect() -> Dialect:
    """SQLite's, which has seen a connection: what it asks of the first one is the same for all."""
    engine = create_engine("sqlite://")
    engine.connect().close()
    engine.dispose()
    return engine.dialect
