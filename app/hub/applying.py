"""Writing what was decided: rows grouped so that one statement writes many, digests, and the book of acts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, select, update

from app.domain.digest import change_hash, row_hash
from app.domain.replication import Act
from app.hub.book import ACTS, field_ids, unique_ids
from app.hub.bulk import OWN, as_json, insert_rows, stored_form, update_rows
from app.hub.database import HubDatabase, Tell
from app.hub.desk import Desk
from app.hub.keys import HubKeys, people_changed
from app.hub.log import Logs
from app.hub.rows import MOVED, Row, Rows
from app.store.tables import known

# Rows one statement can write: whether alive, the entity, the fields, new stamps only or all, editors too,
# and whether they came, went or moved.
_UID = attrgetter("uid")
_IN_GRANTS = ("person", "redaction")  # of these laptops hear with their grants, which are then made anew
Group = tuple[bool, str, tuple[str, ...], bool, bool, bool]


def write_own(database: HubDatabase, connection: Connection, keys: HubKeys, desk: Desk) -> None:
    """Write what the hub has done by itself, for no laptop: rows, digests, its act, the logs."""
    rows, act = desk.rows.touched(), desk.hub_act
    count_digests(desk.rows, desk.logs, rows)
    write_rows(database, connection, rows)
    write_acts(database, connection, desk, [act] if act else [])
    desk.logs.store(desk.logs.sealed(keys, "", 0, desk.received))


def write_rows(database: HubDatabase, connection: Connection, rows: Iterable[Row]) -> None:
    """Write new rows and changed ones."""
    those = list(rows)
    with database.in_line(connection) as tell:
        write_changed(database, tell, those)
    write_new(database, connection, those)


def write_new(database: HubDatabase, connection: Connection, rows: Iterable[Row]) -> None:
    """Of rows whose changed ones are written, write the new ones."""
    fresh: dict[str, list[Row]] = {}
    told = False
    for row in sorted(rows, key=_UID):
        told = told or row.entity in _IN_GRANTS
        if row.fresh:
            fresh.setdefault(row.entity, []).append(row)
    for entity, those in fresh.items():
        _insert(database, connection, entity, those)
    if told:
        people_changed(connection)


def write_changed(database: HubDatabase, tell: Tell, rows: Iterable[Row]) -> None:
    """Of rows write the changed ones; in the order of their uids, in which an index is read fastest."""
    changed: dict[Group, list[Row]] = {}
    for row in sorted(rows, key=_UID):
        if row.fresh:
            continue
        edited = row.new_round or row.entered is not None
        moved = row.alive != row.was_alive or row.area != row.was_area
        key = (row.alive, row.entity, tuple(sorted(row.sets)), row.replaced, edited, moved)
        changed.setdefault(key, []).append(row)
    # The dead first: they let go of their numbers. Who gives a number up does so before another takes it.
    groups = sorted(changed.items(), key=lambda pair: pair[0])
    for key, those in groups:
        if not key[0]:
            _update(database, tell, key, those)
    _let_go(database, tell, [pair for pair in groups if pair[0][0]])
    for key, those in groups:
        if key[0]:
            _update(database, tell, key, those)


def _let_go(database: HubDatabase, tell: Tell, groups: Sequence[tuple[Group, list[Row]]]) -> None:
    """Take the numbers from records that change theirs, or two that swap would be in each other's way."""
    for (_, entity, names, *_), rows in groups:
        held = [f'"{name}" = NULL' for name in unique_ids(known(entity)) if name in names]
        if held:
            words, given = database.any_of("uid", [row.uid for row in rows])
            tell(f'UPDATE "{entity}" SET {", ".join(held)} WHERE {words}', (given,))


def count_digests(rows: Rows, logs: Logs, changed: Sequence[Row]) -> None:
    """Bring the digests of the areas up to what these rows have become."""
    rows.fill([row for row in changed if row.was_alive and not row.alive])
    sums: dict[str, int] = {}
    for row in changed:
        if row.was_alive and row.alive and row.was_area == row.area:
            sums[row.area] = sums.get(row.area, 0) + change_hash(row.entity, row.uid, row.read, row.sets)
            continue
        if row.was_alive:
            sums[row.was_area] = sums.get(row.was_area, 0) - row_hash(row.entity, row.uid, row.read)
        if row.alive:
            sums[row.area] = sums.get(row.area, 0) + row_hash(row.entity, row.uid, row.values)
    for area, difference in sums.items():
        if difference:
            logs.count(area, difference)


def write_acts(
    database: HubDatabase, connection: Connection, desk: Desk, acts: Iterable[Act], batch: int | None = None
) -> None:
    """Write the acts into the book, so that they count once and can be taken back; `batch` is the first
    number of the batch that brought them."""
    rows = act_rows(desk, acts, batch)
    if rows:
        columns = [list(column) for column in zip(*(row.values() for row in rows), strict=True)]
        insert_rows(database, connection, ACTS.name, tuple(rows[0]), columns)
    _write_continued(connection, desk)
    for undone, by in desk.undone.items():
        if undone not in desk.done:
            connection.execute(update(ACTS).where(ACTS.c.uid == undone).values(undone_by=by))


def act_rows(desk: Desk, acts: Iterable[Act], batch: int | None) -> list[dict[str, Any]]:
    """The acts as rows of the book."""
    return [
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
            "batch": batch if act is not desk.hub_act else None,
        }
        for act in acts
    ]


def _write_continued(connection: Connection, desk: Desk) -> None:
    """Remember what the further part of a long act changed beside what its first part did."""
    for uid in desk.continued.keys() & desk.keeps.keys():
        stored = connection.execute(select(ACTS.c.kept).where(ACTS.c.uid == uid)).scalar()
        kept = {**(json.loads(stored) if stored else {}), **desk.keeps[uid]}
        text = json.dumps(kept, ensure_ascii=False) if kept else None
        connection.execute(update(ACTS).where(ACTS.c.uid == uid).values(kept=text))


def _insert(database: HubDatabase, connection: Connection, entity: str, rows: Sequence[Row]) -> None:
    filled = set().union(*(row.values for row in rows))
    names = [name for name in field_ids(known(entity)) if name in filled]
    columns: list[list[Any]] = [
        [row.uid for row in rows],
        [row.area for row in rows],
        [row.seq for row in rows],
        [row.alive for row in rows],
        [_stamps(row.marks) for row in rows],
        [_persons(row.entered) if row.entered else None for row in rows],
        *(_column(database, entity, name, rows) for name in names),
    ]
    insert_rows(database, connection, entity, (*OWN, *names), columns)


def _update(database: HubDatabase, tell: Tell, key: Group, rows: Sequence[Row]) -> None:
    _, entity, names, replaced, edited, moved = key
    columns: dict[str, list[Any]] = {
        "uid": [row.uid for row in rows],
        "h_seq": [row.seq for row in rows],
        "h_stamps": [_stamps(row.marks) for row in rows],
    }
    if moved:
        columns |= {"h_area": [row.area for row in rows], "h_alive": [row.alive for row in rows]}
    if edited:
        columns["h_editors"] = [_persons(_editors(row)) for row in rows]
    columns |= {name: _column(database, entity, name, rows) for name in names}
    update_rows(database.postgres, tell, entity, tuple(columns), list(columns.values()), replaced)


def _column(database: HubDatabase, entity: str, name: str, rows: Sequence[Row]) -> list[Any]:
    """One field of many rows, as it is stored."""
    form = stored_form(database.postgres, entity, name)
    if form is None:
        return [row.values.get(name) for row in rows]
    return [None if (value := row.values.get(name)) is None else form(value) for row in rows]


def _stamps(marks: dict[str, Any]) -> str:
    """Stamps as JSON; nearly all are one field's three numbers."""
    if len(marks) == 1:
        ((name, mark),) = marks.items()
        if len(mark) == 3 and name != MOVED:
            return f'{{"{name}":[{mark[0]},{mark[1]},{mark[2]}]}}'
    return as_json(marks)


def _persons(entered: Mapping[str, Any]) -> str:
    """Editors as JSON; in a large batch they are the same few persons again and again."""
    return _persons_told(tuple(entered.items()))


@lru_cache(maxsize=1024)
def _persons_told(entered: tuple[tuple[str, Any], ...]) -> str:
    return as_json(dict(entered))


def _editors(row: Row) -> Mapping[str, Any]:
    """What to merge into the editors: a new round forgets the old ones."""
    if not row.new_round:
        return row.entered or {}
    return {**dict.fromkeys(row.editors or {}), **(row.entered or {})}
