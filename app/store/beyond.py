"""What a newer hub says that this program does not know yet: kept as it came, not applied, and compared.

Fields and kinds that came with a later version stand beside the records by area. They count in the area's
digest like all others, so that hub and laptop agree; once this program knows them they go into the records.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from app.domain.changes import new_uid
from app.domain.digest import row_hash
from app.domain.replication import HUB_PERSON, Act, Block, Cells, Effect
from app.store import chain
from app.store.connect import Database
from app.store.crossing import crossing
from app.store.fold_state import FoldState
from app.store.fold_step import Step
from app.store.fold_write import write
from app.store.replica_facts import ReplicaFacts
from app.store.tables import is_known

NEWER = "newer_fields"  # the action under which they go into the records
_AT_ONCE = 500
Beside = tuple[str, str, str]  # area, entity, uid


def keep(raw: sqlite3.Connection, area: str, effects: Sequence[Effect]) -> int:
    """Keep what these entries say beyond this program, in the transaction that is open; what it adds to the
    digest of the area."""
    forms = {(effect.entity, *effect.cells) for effect in effects}
    if not any(_is_beyond(*form) for form in forms) and _is_empty(raw):
        return 0
    held: dict[Beside, Cells] = {}
    before: dict[Beside, Cells] = {}
    for effect in effects:
        more = _beyond(effect)
        if effect.op == "n" or (effect.op == "u" and not more):
            continue
        place = (area, effect.entity, effect.uid)
        if place not in held:
            held[place] = before[place] = _read(raw, place)
        old = held[place] if effect.op == "u" else {}
        new = {} if effect.op == "d" else {**old, **more}
        held[place] = {name: value for name, value in new.items() if value is not None}
    difference = 0
    for place, cells in held.items():
        if cells != before[place]:
            _write(raw, place, cells)
            difference += row_hash(*place[1:], cells) - row_hash(*place[1:], before[place])
    return difference


def every(raw: sqlite3.Connection) -> Iterator[tuple[str, str, str, Cells]]:
    """All that is kept: area, entity, uid, cells."""
    for area, entity, uid, cells in raw.execute("SELECT area, tbl, uid, cells FROM sync_beyond"):
        yield area, entity, uid, msgspec.msgpack.decode(cells)


def adopt(database: Database, facts: ReplicaFacts, at: str, received: int) -> int:
    """Put into the records what this program knows by now, a few hundred at a time; how many records.

    Each portion is read in the transaction that writes it: nothing that is folded meanwhile is overwritten.
    """
    with database.reading() as connection:
        places = [
            (area, entity, uid)
            for area, entity, uid, cells in every(_raw(connection))
            if is_known(entity) and _known(entity, cells)
        ]
    adopted = 0
    for start in range(0, len(places), _AT_ONCE):
        with database.repeatable() as connection:
            found = _waiting(_raw(connection), places[start : start + _AT_ONCE])
            adopted += len(found)
            for area in sorted({area for area, _ in found}):
                act = Act(new_uid(), "", HUB_PERSON, HUB_PERSON, "", "", NEWER, "", None, received << 16, at)
                effects = tuple(effect for place, effect in found if place == area)
                _adopt(connection, database, facts, Block(area, 1, "", 0, received, (act,), effects))
        database.tidying.folded(len(found))
    database.tidying.ended()
    return adopted


def _waiting(raw: sqlite3.Connection, places: Sequence[Beside]) -> list[tuple[str, Effect]]:
    """What stands beside these records now and is known by now, each with its area."""
    found = ((*place, _known(place[1], _read(raw, place))) for place in places)
    return [(area, Effect(0, 0, entity, uid, "u", cells)) for area, entity, uid, cells in found if cells]


def _adopt(connection: Connection, database: Database, facts: ReplicaFacts, block: Block) -> None:
    """The digest stays: what goes into the records goes from beside them."""
    raw = _raw(connection)
    for effect in block.effects:
        place = (block.area, effect.entity, effect.uid)
        _write(raw, place, {n: value for n, value in _read(raw, place).items() if n not in effect.cells})
    there = _there(raw, database, block)
    for effect in block.effects:
        effect.op = "u" if (effect.entity, effect.uid) in there else "i"
    chain.seal_found(connection)
    step = Step(FoldState(raw, database.layout, facts, block, (1, block.last), 0))
    step.work_out()
    write(connection, step)


def _there(raw: sqlite3.Connection, database: Database, block: Block) -> set[tuple[str, str]]:
    """Which of the records are there; those of a kind that was not known are not."""
    found = set()
    for effect in block.effects:
        table = database.layout.of(effect.entity).name
        query = f'SELECT 1 FROM "{table}" WHERE uid = ?'
        if raw.execute(query, (effect.uid,)).fetchone() is not None:
            found.add((effect.entity, effect.uid))
    return found


def _is_beyond(entity: str, *fields: str) -> bool:
    return not is_known(entity) or not crossing(entity).known.issuperset(fields)


def _beyond(effect: Effect) -> Cells:
    """The cells of an entry that this program does not know."""
    if not is_known(effect.entity):
        return dict(effect.cells)
    known = crossing(effect.entity).known
    return {name: value for name, value in effect.cells.items() if name not in known}


def _known(entity: str, cells: Cells) -> Cells:
    known = crossing(entity).known
    return {name: value for name, value in cells.items() if name in known}


def _is_empty(raw: sqlite3.Connection) -> bool:
    return raw.execute("SELECT 1 FROM sync_beyond LIMIT 1").fetchone() is None


def _read(raw: sqlite3.Connection, place: Beside) -> Cells:
    query = "SELECT cells FROM sync_beyond WHERE area = ? AND tbl = ? AND uid = ?"
    row = raw.execute(query, place).fetchone()
    found: Cells = msgspec.msgpack.decode(row[0]) if row is not None else {}
    return found


def _write(raw: sqlite3.Connection, place: Beside, cells: Cells) -> None:
    if cells:
        row = (*place, msgspec.msgpack.encode(cells))
        raw.execute("INSERT OR REPLACE INTO sync_beyond VALUES (?, ?, ?, ?)", row)
    else:
        raw.execute("DELETE FROM sync_beyond WHERE area = ? AND tbl = ? AND uid = ?", place)


def _raw(connection: Connection) -> Any:
    return connection.connection.driver_connection
