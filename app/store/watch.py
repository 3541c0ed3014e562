"""The triggers the file must have (journal, limits, spatial index): missing ones are found and put back."""

from __future__ import annotations

import sqlite3
from functools import lru_cache

from sqlalchemy import Connection

from app.domain.entity import GEOMETRY
from app.store import journal, limits, meta, rtree
from app.store.rtree import quoted
from app.store.tables import is_known, known


def wanted(connection: Connection) -> dict[str, str]:
    """Every trigger by name, as this program writes it, for the layers the file has."""
    return _wanted(meta.layer_names(connection))


def _wanted(layers: dict[str, str]) -> dict[str, str]:
    return dict(_statements(tuple(layers.items())))


@lru_cache(maxsize=8)
def _statements(layers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Kept, as every file that is opened has the same layers, and most the same names for them."""
    statements = list(journal.guards())
    for entity, table in layers:
        if not is_known(entity):
            continue  # a layer of a newer program, which looks after it
        kind = known(entity)
        statements += [*journal.triggers(kind, table), *limits.triggers(kind, table)]
        statements += rtree.triggers(table, GEOMETRY) if kind.shape.value else []
    return {_name(statement): statement for statement in statements}


def lost(connection: Connection) -> dict[str, str]:
    """The triggers that are missing or differ: name and statement."""
    held = {
        row[0]: row[1]
        for row in connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    }
    return {name: sql for name, sql in wanted(connection).items() if held.get(name) != sql}


def strange(raw: sqlite3.Connection) -> list[str]:
    """Triggers that are none of this program's."""
    held = {row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    layers = dict(raw.execute("SELECT entity, table_name FROM gridward_layer"))
    return sorted(held - _wanted(layers).keys())


def put_back(connection: Connection) -> list[str]:
    """Write lost triggers anew; gives their names."""
    missing = lost(connection)
    for name, statement in missing.items():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {quoted(name)}")
        connection.exec_driver_sql(statement)
    return sorted(missing)


def _name(statement: str) -> str:
    return statement.split(" ", 3)[2].strip('"').replace('""', '"')
