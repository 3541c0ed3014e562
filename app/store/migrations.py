"""Making the tables of a new file, and adding to an older file what the declarations gained since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache

from sqlalchemy import Connection, Table, inspect
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from app.domain.entities.conflict import Conflict
from app.domain.entities.setting import Setting
from app.domain.entity import EntityType
from app.store import byrecord, gpkg, journal, limits, meta, replica_tables, watch
from app.store.tables import STORED_TYPES, Layout, layer_names

# Not layers: kept out of the list that QGIS shows.
HIDDEN = frozenset({Setting.TYPE.name, Conflict.TYPE.name})


def fingerprint(kinds: Sequence[EntityType] = STORED_TYPES) -> str:
    """A short text that changes when a declaration changes what the file must hold or show."""
    declared = _stored() if kinds is STORED_TYPES else _declared(kinds)
    parts = [*declared, *journal.TABLES, *byrecord.TABLES, *replica_tables.TABLES]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@cache
def _stored() -> list[str]:
    """Worked out once: each opening asks for it several times."""
    return _declared(STORED_TYPES)


def _declared(kinds: Sequence[EntityType]) -> list[str]:
    parts = []
    for kind in kinds:
        parts.append(f"{kind.name}:{kind.shape.value}:{kind.label}")
        for item in kind.stored.values():
            choices = ",".join(choice.code for choice in item.choices.choices) if item.choices else ""
            parts.append(
                f"{item.id}:{item.kind.value}:{item.length}:{item.unique}:{item.indexed}:{item.minimum}"
                f":{item.maximum}:{choices}"
            )
    return parts


def make_all(connection: Connection, layout: Layout, kinds: Sequence[EntityType] = STORED_TYPES) -> None:
    """Everything a new, empty file needs."""
    gpkg.prepare(connection)
    tables = (*meta.TABLES, *journal.TABLES, *byrecord.TABLES, *replica_tables.TABLES)
    for statement in (*tables, *journal.guards()):
        connection.exec_driver_sql(statement)
    for kind in kinds:
        _make(connection, kind, layout.of(kind.name))


def is_current(facts: meta.Meta) -> bool:
    """Whether the file was made from the declarations of this program."""
    return facts.schema == fingerprint() and facts.format_version == meta.FORMAT_VERSION


def bring_up(connection: Connection, layout: Layout, kinds: Sequence[EntityType] = STORED_TYPES) -> list[str]:
    """Add missing tables and columns, and write the Chinese words anew; names what was added.

    Columns are only added. A column this program does not know stays, for a newer program that does.
    """
    added = _system(connection)
    named = meta.layer_names(connection)
    for kind in kinds:
        table = layout.of(kind.name)
        if kind.name not in named:
            _make(connection, kind, table)
            added.append(kind.name)
            continue
        present = {column["name"] for column in inspect(connection).get_columns(table.name)}
        added += [f"{kind.name}.{name}" for name in _add_columns(connection, table, present)]
        _empty_unkept(connection, kind, table, present)
        if kind.name not in HIDDEN:
            gpkg.describe(connection, kind, table)
    watch.put_back(connection)
    return added


def misshapen(connection: Connection, layout: Layout) -> list[str]:
    """Tables that lack a column or are gone, as when another program wrote a layer anew."""
    named = meta.layer_names(connection)
    found = [table.name for entity, table in layout.tables.items() if entity not in named]
    ours = (*layout.tables.values(), *journal.SYSTEM, *byrecord.SYSTEM)
    held = _columns(connection, [*(table.name for table in ours), *replica_tables.NAMES])
    wanted = {table.name: {column.name for column in table.columns} for table in ours}
    found += [name for name, columns in wanted.items() if not columns <= held[name]]
    return found + [name for name in replica_tables.NAMES if not held[name]]


def _columns(connection: Connection, names: list[str]) -> dict[str, set[str]]:
    """The columns of tables, none of one that is not there; asked at once, as each opening does."""
    held: dict[str, set[str]] = {name: set() for name in names}
    asked = "SELECT t.value, c.name FROM json_each(?) AS t, pragma_table_info(t.value) AS c"
    for table, column in connection.exec_driver_sql(asked, (json.dumps(names),)):
        held[table].add(column)
    return held


def new_layout(names: dict[str, str]) -> dict[str, str]:
    """The table names of a file that has `names` already, with those of entities it does not have yet."""
    chosen = dict(names)
    for entity, name in layer_names().items():
        if entity not in chosen:
            chosen[entity] = name if name not in chosen.values() else f"{name}_{entity}"
    return chosen


def _system(connection: Connection) -> list[str]:
    """What the tables of the journal lack since format 1."""
    for statement in replica_tables.TABLES:
        connection.exec_driver_sql(statement)
    added = ["sync_journal_by"] if byrecord.bring_up(connection) else []
    added += ["sync_journal.tbl"] if journal.index_watched(connection) else []
    rows = connection.exec_driver_sql("SELECT name FROM pragma_table_info('sync_ctx')")
    if "base" in set(rows.scalars()):
        return added
    connection.exec_driver_sql("ALTER TABLE sync_ctx ADD COLUMN base INTEGER")
    connection.exec_driver_sql("UPDATE sync_ctx SET base = 0")
    return [*added, "sync_ctx.base"]


def _make(connection: Connection, kind: EntityType, table: Table) -> None:
    connection.execute(CreateTable(table))
    for index in sorted(table.indexes, key=lambda item: str(item.name)):
        connection.execute(CreateIndex(index))
    if kind.name not in HIDDEN:
        gpkg.register(connection, kind, table)
    for statement in (*journal.triggers(kind, table.name), *limits.triggers(kind, table.name)):
        connection.exec_driver_sql(statement)
    meta.name_layers(connection, {kind.name: table.name})


def _empty_unkept(connection: Connection, kind: EntityType, table: Table, present: set[str]) -> None:
    """Empty the columns of fields that are worked out by now: in QGIS they would go stale in silence.

    The journal keeps what they held; nothing is noted of this.
    """
    stale = [kind.fields[name].id for name in kind.at_read if kind.fields[name].id in present]
    if not stale:
        return
    quote = connection.dialect.identifier_preparer.quote
    journal.set_context(connection, journal.NOTED)
    for name in stale:
        connection.exec_driver_sql(
            f"UPDATE {quote(table.name)} SET {quote(name)} = NULL WHERE {quote(name)} IS NOT NULL"
        )
    journal.set_context(connection, journal.FOREIGN)


def _add_columns(connection: Connection, table: Table, present: set[str]) -> list[str]:
    added = []
    quote = connection.dialect.identifier_preparer.quote
    for column in table.columns:
        if column.name in present:
            continue
        # SQLite adds no UNIQUE column, and NOT NULL only with a default; the rules are checked when writing.
        definition = str(CreateColumn(column).compile(dialect=connection.dialect))
        if column.server_default is None:
            definition = definition.replace(" NOT NULL", "")
        connection.exec_driver_sql(f"ALTER TABLE {quote(table.name)} ADD COLUMN {definition}")
        if column.unique:
            connection.exec_driver_sql(
                f"CREATE UNIQUE INDEX {quote(f'ux_{table.name}_{column.name}')}"
                f" ON {quote(table.name)} ({quote(column.name)})"
            )
        added.append(column.name)
    for index in table.indexes:
        connection.execute(CreateIndex(index, if_not_exists=True))
    return added
