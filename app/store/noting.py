"""What this program's own saves put into the journal: row by row what the triggers note of others' edits."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from app.domain.changes import Change
from app.domain.entity import GEOMETRY
from app.domain.fields import Kind
from app.domain.values import as_moment
from app.store import rtree
from app.store.geom import to_blob
from app.store.journal import written
from app.store.pending import chunks
from app.store.rtree import quoted
from app.store.seen import Seen
from app.store.tables import Layout, default_of, known

Told = Callable[[Any], Any]
Row = Mapping[str, Any]


def rows_of(changes: Sequence[Change], seen: Seen, number: int, last: int, base: int) -> list[list[Any]]:
    """The journal rows of a transaction's changes, numbered after `last`; `base` is the fold their writer had
    seen. A change that leaves every cell as it was has none."""
    held: dict[tuple[str, str], Row] = {}
    often = len({(change.entity, change.uid) for change in changes}) < len(changes)
    at, rows = as_moment(datetime.now(UTC)), []
    for change in changes:
        place = (change.entity, change.uid)
        before = held.get(place) or seen.rows.get(place, {})
        cells = _NOTED[change.operation](change, before)
        if often:  # the next change of the record builds upon this one
            held[place] = _after(change, before)
        if cells or change.operation != "update":
            last += 1
            rows.append([last, number, *place, change.operation[0], base, written(cells), at])
    return rows


def _after(change: Change, before: Row) -> Row:
    """The record once the change is in."""
    if change.operation == "delete":
        return {}
    if change.operation == "insert":
        return {**_defaults(change.entity), **change.after}
    return {**before, **change.after}


def _removed(change: Change, before: Row) -> list[list[Any]]:
    """[[column, old, null], …] of a record that goes, in the order of the table."""
    columns, cells = _columns(change.entity), []
    for field in _ordered(change.entity, tuple(before)):
        value = before[field]
        if value is not None:
            name, turn = columns[field]
            old = value if turn is None else turn(value)
            if old is not None:
                cells.append([name, old, None])
    return cells


def _added(change: Change, _: Row) -> list[list[Any]]:
    """[[column, null, new], …] of a record that comes."""
    columns, cells = _columns(change.entity), []
    now = {**_defaults(change.entity), **change.after}
    for field in _ordered(change.entity, tuple(now)):
        name, turn = columns[field]
        new = now[field] if turn is None else turn(now[field])
        if new is not None:
            cells.append([name, None, new])
    return cells


def _changed(change: Change, before: Row) -> list[list[Any]]:
    """[[column, old, new], …] of the cells that differ."""
    columns, cells, after = _columns(change.entity), [], change.after
    for field in after if len(after) < 2 else _ordered(change.entity, tuple(after)):
        name, turn = columns[field]
        old, new = before.get(field), after[field]
        if turn is not None:
            old, new = turn(old), turn(new)
        if old != new:
            cells.append([name, old, new])
    return cells


_NOTED = {"delete": _removed, "insert": _added, "update": _changed}


def index(raw: sqlite3.Connection, layout: Layout, changes: Iterable[Change], seen: Seen) -> None:
    """Bring the spatial indexes up to date after these changes."""
    moved: dict[str, dict[str, None]] = {}
    for change in changes:
        placed = change.operation == "delete" or GEOMETRY in change.after
        if placed and known(change.entity).shape.value:
            moved.setdefault(change.entity, {})[change.uid] = None
    for entity, uids in moved.items():
        table = layout.of(entity).name
        gone = [(seen.fids[(entity, uid)], None) for uid in uids if (entity, uid) in seen.fids]
        there = []
        for part, marks in chunks(list(uids)):
            query = f"SELECT fid, {GEOMETRY} FROM {quoted(table)} WHERE uid IN ({marks})"
            there += raw.execute(query, part).fetchall()
        stay = {fid for fid, _ in there}
        rtree.keep(raw, table, GEOMETRY, [*(row for row in gone if row[0] not in stay), *there])


@lru_cache(maxsize=256)
def _columns(entity: str) -> dict[str, tuple[str, Told | None]]:
    """By field name the column and what makes a value as SQLite holds it (None: it is that already), in the
    order of the table."""
    kind = known(entity)
    found: dict[str, tuple[str, Told | None]] = {GEOMETRY: (GEOMETRY, _hex)} if kind.shape.value else {}
    return found | {name: (item.id, _TOLD.get(item.kind)) for name, item in kind.fields.items()}


@lru_cache(maxsize=1024)
def _ordered(entity: str, fields: tuple[str, ...]) -> tuple[str, ...]:
    """These fields in the order of the table."""
    wanted = set(fields)
    return tuple(field for field in _columns(entity) if field in wanted)


@lru_cache(maxsize=256)
def _defaults(entity: str) -> dict[str, Any]:
    """What the table itself puts into fields that an insert leaves out."""
    kind = known(entity)
    found = {name: default_of(kind, item) for name, item in kind.fields.items()}
    return {name: value for name, value in found.items() if value is not None}


def _hex(value: Any) -> str | None:
    return None if value is None else to_blob(value).hex().upper()


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _texts(value: Any) -> str | None:
    return json.dumps(list(value), ensure_ascii=False) if value else None


_TOLD: dict[Kind, Told] = {
    Kind.NUMBER: _number, Kind.INTEGER: _whole, Kind.BOOLEAN: _whole, Kind.TEXTS: _texts,
}  # fmt: skip
