"""What this program's own saves put into the journal: row by row what the triggers note of others' edits."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from app.domain.changes import Change
from app.domain.entity import GEOMETRY
from app.domain.fields import Kind
from app.domain.values import as_moment
from app.store import rtree
from app.store.geom import to_blobs
from app.store.journal import written
from app.store.pending import chunks
from app.store.rtree import quoted
from app.store.seen import Seen
from app.store.tables import Layout, default_of, known

Told = Callable[[Any], Any]
Row = Mapping[str, Any]
Place = tuple[str, str]  # entity and uid
Blobs = Mapping[Place, bytes]  # geometries as the file has them
Hexes = Mapping[int, str]  # geometries as the journal has them, by the identity of the object


class Moment(NamedTuple):
    """Where a transaction's rows stand: its number, the last row before them, the last fold."""

    number: int
    last: int
    base: int


def rows_of(changes: Sequence[Change], seen: Seen, now: Blobs, moment: Moment) -> list[list[Any]]:
    """The journal rows of a transaction's changes, with the geometries that stand in the file `now` that they
    are made. A change that leaves every cell as it was has none."""
    number, last, base = moment
    held: dict[Place, Row] = {}
    often = len({(change.entity, change.uid) for change in changes}) < len(changes)
    at, rows = as_moment(datetime.now(UTC)), []
    told = _turned(changes, seen) if often else _read(changes, seen, now)
    for change in changes:
        place = (change.entity, change.uid)
        before = held.get(place) or seen.rows.get(place, {})
        cells = _NOTED[change.operation](change, before, told)
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


def _removed(change: Change, before: Row, told: Hexes) -> list[list[Any]]:
    """[[column, old, null], …] of a record that goes, in the order of the table."""
    cells = []
    for field, column, turn in _plan(change.entity, tuple(before)):
        old = before[field]
        if old is not None and turn is not None:
            old = told[id(old)] if turn is _hex else turn(old)
        if old is not None:
            cells.append([column, old, None])
    return cells


def _added(change: Change, _: Row, told: Hexes) -> list[list[Any]]:
    """[[column, null, new], …] of a record that comes."""
    cells = []
    now = {**_defaults(change.entity), **change.after}
    for field, column, turn in _plan(change.entity, tuple(now)):
        new = now[field]
        if new is not None and turn is not None:
            new = told[id(new)] if turn is _hex else turn(new)
        if new is not None:
            cells.append([column, None, new])
    return cells


def _changed(change: Change, before: Row, told: Hexes) -> list[list[Any]]:
    """[[column, old, new], …] of the cells that differ."""
    cells, after = [], change.after
    for field, column, turn in _plan(change.entity, tuple(after)):
        old, new = before.get(field), after[field]
        if turn is _hex:
            old, new = told.get(id(old)), told.get(id(new))
        elif turn is not None:
            old, new = None if old is None else turn(old), None if new is None else turn(new)
        if old != new:
            cells.append([column, old, new])
    return cells


_NOTED = {"delete": _removed, "insert": _added, "update": _changed}


def index(raw: sqlite3.Connection, layout: Layout, changes: Iterable[Change], seen: Seen) -> Blobs:
    """Bring the spatial indexes up to date after these changes; gives the geometries that were written."""
    now: dict[Place, bytes] = {}
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
            query = f"SELECT fid, {GEOMETRY}, uid FROM {quoted(table)} WHERE uid IN ({marks})"
            for fid, blob, uid in raw.execute(query, part):
                there.append((fid, blob))
                now[(entity, uid)] = blob
        stay = {fid for fid, _ in there}
        rtree.keep(raw, table, GEOMETRY, [*(row for row in gone if row[0] not in stay), *there])
    return now


@lru_cache(maxsize=1024)
def _plan(entity: str, fields: tuple[str, ...]) -> tuple[tuple[str, str, Told | None], ...]:
    """These fields in the order of the table, each with its column and what makes a known value as SQLite
    holds it (None: it is that already)."""
    kind, wanted = known(entity), set(fields)
    found: list[tuple[str, str, Told | None]] = [(GEOMETRY, GEOMETRY, _hex)] if kind.shape.value else []
    found += [(name, item.id, _TOLD.get(item.kind)) for name, item in kind.fields.items()]
    return tuple(item for item in found if item[0] in wanted)


@lru_cache(maxsize=256)
def _defaults(entity: str) -> dict[str, Any]:
    """What the table itself puts into fields that an insert leaves out."""
    kind = known(entity)
    found = {name: default_of(kind, item) for name, item in kind.fields.items()}
    return {name: value for name, value in found.items() if value is not None}


def _read(changes: Iterable[Change], seen: Seen, now: Blobs) -> Hexes:
    """Every geometry that is noted of these changes, in hex, by its object: as the file had and has it."""
    pairs: list[tuple[Any, bytes | None]] = []
    for change in changes:
        if change.operation == "delete" or GEOMETRY in change.after:
            place = (change.entity, change.uid)
            pairs.append((change.after.get(GEOMETRY), now.get(place)))
            pairs.append((seen.rows.get(place, {}).get(GEOMETRY), seen.blobs.get(place)))
    return {id(one): _hex(blob) for one, blob in pairs if one is not None and blob is not None}


def _turned(changes: Iterable[Change], seen: Seen) -> Hexes:
    """The same where a record is changed more than once, and what stood between is in no file: turned
    together, as one alone takes nearly as long as all."""
    found = []
    for change in changes:
        if change.operation == "delete" or GEOMETRY in change.after:
            found.append(change.after.get(GEOMETRY))
            found.append(seen.rows.get((change.entity, change.uid), {}).get(GEOMETRY))
    those = [geometry for geometry in found if geometry is not None]
    blobs = to_blobs(those)
    return {id(one): _hex(blob) for one, blob in zip(those, blobs, strict=True)}


def _hex(blob: bytes) -> str:
    return blob.hex().upper()


def _texts(value: Any) -> str | None:
    return json.dumps(list(value), ensure_ascii=False) if value else None


_TOLD: dict[Kind, Told] = {
    Kind.NUMBER: float, Kind.INTEGER: int, Kind.BOOLEAN: int, Kind.TEXTS: _texts,
}  # fmt: skip
