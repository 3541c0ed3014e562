"""The same declarations as a PostGIS schema, for the hub."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, Index, create_engine, event

from app.domain.entity import GEOMETRY
from app.store.tables import Layout, layout


def hub_layout() -> Layout:
    """The tables of the hub, named as in the code, with a spatial index on each geometry."""
    found = layout()
    for name, table in found.tables.items():
        if GEOMETRY in table.c:
            Index(f"ix_{name}_{GEOMETRY}", table.c[GEOMETRY], postgresql_using="gist")
    return found


def engine_of(url: str, connections: int = 5) -> Engine:
    """An engine for a PostgreSQL address such as `postgresql://user@host/name`, which keeps so many
    connections open; ten more are made when they are needed, and closed again."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), pool_size=connections)

    @event.listens_for(engine, "connect")
    def _plain_plans(connection: Any, _record: Any) -> None:
        # Compiling a plan takes longer than the small queries of a sync; the planner's costs mislead it here.
        connection.execute("SET jit = off")
        connection.commit()

    return engine


def make_schema(connection: Connection, found: Layout) -> None:
    """Make what is missing of the schema; PostGIS must be installed on the server."""
    connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS postgis")
    found.metadata.create_all(connection)
