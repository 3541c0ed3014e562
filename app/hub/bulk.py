"""Writing many rows by one statement: COPY and UPDATE … FROM unnest in PostgreSQL, executemany in SQLite."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from app.domain.entity import GEOMETRY
from app.domain.fields import Kind
from app.hub.database import HubDatabase, Tell, array_of, as_sqlalchemy
from app.store.geom import SRID
from app.store.tables import known

OWN = {
    "uid": "text",
    "h_area": "text",
    "h_seq": "int8",
    "h_alive": "bool",
    "h_stamps": "jsonb",
    "h_editors": "jsonb",
}
_HAS_SRID = 0x20000000
_HEADS: dict[bytes, str] = {}
Columns = Sequence[list[Any]]


def insert_rows(
    database: HubDatabase, connection: Connection, entity: str, names: Sequence[str], columns: Columns
) -> None:
    """Insert rows given as columns of stored values."""
    rows = zip(*columns, strict=True)
    if not database.postgres:
        listed, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
        connection.exec_driver_sql(f'INSERT INTO "{entity}" ({listed}) VALUES ({marks})', list(rows))
        return
    words = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(entity), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    driver: Any = connection.connection.driver_connection
    with as_sqlalchemy(), driver.cursor() as cursor, cursor.copy(words) as copy:
        for row in rows:
            copy.write_row(row)


def update_rows(
    postgres: bool, tell: Tell, entity: str, names: Sequence[str], columns: Columns, replaced: bool
) -> None:
    """Give rows new values; the first column is the uid. Stamps go over the old ones unless `replaced`."""
    if postgres:
        tell(_update_postgres(entity, tuple(names), replaced), [array_of(column) for column in columns])
        return
    sets = []
    for name in names[1:]:
        if name == "h_editors" or (name == "h_stamps" and not replaced):
            sets.append(f"{name} = json_patch(coalesce({name}, '{{}}'), ?)")
        else:
            sets.append(f'"{name}" = ?')
    words = f'UPDATE "{entity}" SET {", ".join(sets)} WHERE uid = ?'
    tell(words, list(zip(*columns[1:], columns[0], strict=True)))


@lru_cache(maxsize=1024)
def _update_postgres(entity: str, names: tuple[str, ...], replaced: bool) -> str:
    sets, arrays = [], []
    for name in names:
        kind = postgres_type(entity, name)
        sent = kind if kind in ("int8", "bool", "float8", "text") else "text"
        arrays.append(f"%s::{sent}[]")
        if name == "uid":
            continue
        given = f'd."{name}"' if sent == kind else f'd."{name}"::{kind}'
        if name == "h_editors":
            given = f"jsonb_strip_nulls(coalesce(t.h_editors, '{{}}'::jsonb) || {given})"
        elif name == "h_stamps" and not replaced:
            given = f"t.h_stamps || {given}"
        sets.append(f'"{name}" = {given}')
    listed = ", ".join(f'"{name}"' for name in names)
    return (
        f'UPDATE "{entity}" AS t SET {", ".join(sets)} FROM unnest({", ".join(arrays)}) AS d({listed})'
        " WHERE t.uid = d.uid"
    )


@lru_cache(maxsize=1024)
def postgres_type(entity: str, name: str) -> str:
    """The type of a column of an entity's table."""
    if name in OWN:
        return OWN[name]
    if name == GEOMETRY:
        return "geometry"
    field = next(item for item in known(entity).stored.values() if item.id == name)
    by_kind = {Kind.NUMBER: "float8", Kind.INTEGER: "int8", Kind.BOOLEAN: "bool", Kind.MOMENT: "timestamptz"}
    return by_kind.get(field.kind, "text")


@lru_cache(maxsize=1024)
def stored_form(postgres: bool, entity: str, name: str) -> Callable[[Any], Any] | None:
    """What turns a value that travels into the one that is stored; None where they are the same."""
    if name == GEOMETRY:
        return with_srid if postgres else None
    field = next(item for item in known(entity).stored.values() if item.id == name)
    return as_json if field.kind is Kind.TEXTS else None


def with_srid(wkb: bytes) -> str:
    """Little-endian WKB as PostGIS takes it: hex, with the coordinate system's number behind the type."""
    head = wkb[:5]
    found = _HEADS.get(head)
    if found is None:
        kind = int.from_bytes(head[1:5], "little") | _HAS_SRID
        found = (b"\x01" + kind.to_bytes(4, "little") + SRID.to_bytes(4, "little")).hex()
        _HEADS[head] = found
    return found + wkb[5:].hex()


def as_json(value: Any) -> str:
    """JSON as it is stored."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
