"""What the file says about itself: area, title, device, format and schema version, and its layers' names."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, inspect

# Raised when an older program could misread the file; a schema that only grew keeps the number.
# 2: a workspace may be a replica of a hub.
FORMAT_VERSION = 2
TABLES = (
    "CREATE TABLE gridward_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE gridward_layer (entity TEXT PRIMARY KEY, table_name TEXT NOT NULL UNIQUE) WITHOUT ROWID",
)


@dataclass(frozen=True)
class Meta:
    """The workspace's own facts; `schema` is the fingerprint of the declarations behind the tables."""

    area: str
    title: str
    device: str
    format_version: int
    schema_version: int
    schema: str
    created_at: str


def is_workspace(connection: Connection) -> bool:
    """Whether the file has our tables."""
    return inspect(connection).has_table("gridward_meta")


def read(connection: Connection) -> Meta:
    """The facts of the file."""
    rows = connection.exec_driver_sql("SELECT key, value FROM gridward_meta")
    found = {row[0]: str(row[1]) for row in rows}
    return Meta(
        area=found.get("area", ""),
        title=found.get("title", ""),
        device=found.get("device", ""),
        format_version=int(found.get("format_version", 0)),
        schema_version=int(found.get("schema_version", 0)),
        schema=found.get("schema", ""),
        created_at=found.get("created_at", ""),
    )


def write(connection: Connection, **facts: str | int) -> None:
    """Set facts of the file."""
    for key, value in facts.items():
        connection.exec_driver_sql(
            "INSERT INTO gridward_meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, str(value)),
        )


def layer_names(connection: Connection) -> dict[str, str]:
    """The table name of each entity in this file."""
    rows = connection.exec_driver_sql("SELECT entity, table_name FROM gridward_layer")
    return {row[0]: row[1] for row in rows}


def name_layers(connection: Connection, names: dict[str, str]) -> None:
    """Note which table holds which entity."""
    for entity, table in names.items():
        connection.exec_driver_sql("INSERT INTO gridward_layer VALUES (?, ?)", (entity, table))
