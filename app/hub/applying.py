"""Writing what was decided: rows grouped so that one statement writes many, digests, and the book of acts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, insert, update

from app.domain.digest import cell_hash, row_hash
from app.domain.entity import GEOMETRY, EntityType
from app.domain.fields import Kind
from app.domain.replication import Act
from app.hub.book import ACTS, field_ids, unique_ids
from app.hub.database import HubDatabase
from app.hub.desk import Desk
from app.hub.log import Logs
from app.hub.rows import Row
from app.store.tables import known

# Rows that one statement can write: whether alive, the entity, the fields, new stamps only or all, editors too.
Group = tuple[bool, str, tuple[str, ...], bool, bool]

def write_rows(database: HubDatabase, connection: Connection, rows: Iterable[Row]) -> None:
    """Write new rows and changed ones."""
    fresh: dict[str, list[Row]] = {}
    changed: dict[Group, list[Row]] = {}
    for row in rows:
        if row.fresh:
            fresh.setdefault(row.entity, []).append(row)
        else:
            edited = row.new_round or row.entered is not None
            key = (row.alive, row.entity, tuple(sorted(row.sets)), row.replaced, edited)
            changed.setdefault(key, []).append(row)
    # The dead first: they let go of their numbers. Who gives a number up does so before another takes it.
    groups = sorted(changed.items(), key=lambda pair: pair[0])
    for key, those in groups:
        if not key[0]:
            _update(database, connection, key, those)
    _let_go(database, connection, [pair for pair in groups if pair[0][0]])
    for key, those in groups:
        if key[0]:
            _update(database, connection, key, those)
    for entity, those in fresh.items():
        _insert(database, connection, entity, those)


def _let_go(database: HubDatabase, connection: Connection, groups: Sequence[tuple[Group, list[Row]]]) -> None:
    """Take the numbers from records that change theirs, or two that swap would be in each other's way."""
    for (_, entity, names, _, _), rows in groups:
        held = [f'"{name}" = NULL' for name in unique_ids(known(entity)) if name in names]
        if held:
            words, given = database.any_of("uid", [row.uid for row in rows])
            connection.exec_driver_sql(f'UPDATE "{entity}" SET {", ".join(held)} WHERE {words}', (given,))


def count_digests(logs: Logs, rows: Iterable[Row]) -> None:
    """Bring the digests of the areas up to what the rows have become."""
    sums: dict[str, int] = {}
    for row in rows:
        entity, uid = row.entity, row.uid
        if row.fresh:
            if row.alive:
                sums[row.area] = sums.get(row.area, 0) + row_hash(entity, uid, row.values)
            continue
        if row.was_alive and row.alive and row.was_area == row.area:
            difference = 0
            for name in row.sets:
                old, new = row.read.get(name), row.values.get(name)
                if old != new:
                    difference += cell_hash(entity, uid, name, new) - cell_hash(entity, uid, name, old)
            if difference:
                sums[row.area] = sums.get(row.area, 0) + difference
            continue
        if row.was_alive:
            sums[row.was_area] = sums.get(row.was_area, 0) - row_hash(entity, uid, row.read)
        if row.alive:
            sums[row.area] = sums.get(row.area, 0) + row_hash(entity, uid, row.values)
    for area, difference in sums.items():
        logs.count(area, difference)


def write_acts(connection: Connection, desk: Desk, acts: Iterable[Act]) -> None:
    """Write the acts into the book, so that they count once and can be taken back."""
    rows = [
        {
            "uid": act.uid,
            "site": desk.site if act is not desk.hub_act else 0,
            "person": act.person,
            "person_name": act.person_name,
            "action": act.action,
            "reason": act.reason,
            "wall": act.wall,
            "undoes": act.undoes,
            "undone_by": desk.undone.get(act.uid),
            "kept": json.dumps(kept, ensure_ascii=False) if (kept := desk.keeps.get(act.uid)) else None,
        }
        for act in acts
    ]
    if rows:
        connection.execute(insert(ACTS), rows)
    for undone, by in desk.undone.items():
        if undone not in desk.done:
            connection.execute(update(ACTS).where(ACTS.c.uid == undone).values(undone_by=by))


def _insert(database: HubDatabase, connection: Connection, entity: str, rows: Sequence[Row]) -> None:
    kind = known(entity)
    names = field_ids(kind)
    columns = ("uid", "h_area", "h_seq", "h_alive", "h_stamps", "h_editors", *names)
    marks = ", ".join(["?"] * 6 + [_mark(database, kind, name) for name in names])
    listed = ", ".join(f'"{name}"' for name in columns)
    writers = [(name, _writer(entity, name)) for name in names]
    given = []
    for row in rows:
        values = row.values
        cells = [
            write(value) if write is not None and (value := values.get(name)) is not None else values.get(name)
            for name, write in writers
        ]
        editors = json.dumps(row.entered) if row.entered else None
        given.append((row.uid, row.area, row.seq, row.alive, _json(row.marks), editors, *cells))
    _many(database, connection, f'INSERT INTO "{entity}" ({listed}) VALUES ({marks})', given)


def _update(
    database: HubDatabase, connection: Connection, key: Group, rows: Sequence[Row]
) -> None:
    _, entity, names, replaced, edited = key
    kind = known(entity)
    stamps = "?" if replaced else _merged(database, "h_stamps")
    sets = [f'"{name}" = {_mark(database, kind, name)}' for name in names]
    sets += ["h_area = ?", "h_seq = ?", "h_alive = ?", f"h_stamps = {stamps}"]
    if edited:
        sets.append(f"h_editors = {_merged(database, 'h_editors')}")
    writers = [(name, _writer(entity, name)) for name in names]
    given = []
    for row in rows:
        values = row.values
        cells: list[Any] = [
            write(value) if write is not None and (value := values.get(name)) is not None else values.get(name)
            for name, write in writers
        ]
        cells += [row.area, row.seq, row.alive, _json(row.marks)]
        if edited:
            cells.append(_json(_editors(row)))
        given.append((*cells, row.uid))
    _many(database, connection, f'UPDATE "{entity}" SET {", ".join(sets)} WHERE uid = ?', given)


def _editors(row: Row) -> dict[str, Any]:
    """What to merge into the editors: a new round forgets the old ones."""
    gone = dict.fromkeys(row.editors or {}) if row.new_round else {}
    return {**gone, **(row.entered or {})}


def _many(database: HubDatabase, connection: Connection, words: str, given: list[tuple[Any, ...]]) -> None:
    if database.postgres:
        words = words.replace("?", "%s")
    connection.exec_driver_sql(words, given)


def _merged(database: HubDatabase, column: str) -> str:
    """A JSON column with further keys laid over."""
    if database.postgres:
        return f"jsonb_strip_nulls(coalesce({column}, '{{}}'::jsonb) || ?::jsonb)"
    return f"json_patch(coalesce({column}, '{{}}'), ?)"


def _mark(database: HubDatabase, kind: EntityType, name: str) -> str:
    if name == GEOMETRY and database.postgres:
        return "ST_GeomFromWKB(?, 4490)"
    return "?"


@lru_cache(maxsize=512)
def _writer(entity: str, name: str) -> Callable[[Any], Any] | None:
    """What turns a value that travels into one the database takes; None where they are the same."""
    field = next((item for item in known(entity).fields.values() if item.id == name), None)
    if field is not None and field.kind is Kind.TEXTS:
        return _json
    return None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
