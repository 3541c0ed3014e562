"""Unique values that two laptops gave out: the hub decides, and both records stay readable here."""

from __future__ import annotations

import sqlite3
from typing import Any

from app.domain.replication import HUB_PERSON, Act
from app.store.crossing import crossing
from app.store.fold_step import Step
from app.store.journal import written
from app.store.pending import Place, rounded_chunks
from app.store.rtree import quoted

TAKEN = "number_taken"


def set_apart(raw: sqlite3.Connection, step: Step) -> None:
    """Mark unique values that another record of this file still holds: “PL-9” comes in as “PL-9~1a2b”.

    The true value is kept in sync_taken and put back once it is free; the digest counts the true one.
    """
    wanted: dict[tuple[str, str], dict[Any, list[str]]] = {}
    for place, before in step.first.items():
        row = step.state.held[place]
        if row is None:
            continue
        for name in crossing(place[0]).unique:
            value = row.get(name)
            if value is not None and (before is None or before.get(name) != value):
                wanted.setdefault((place[0], name), {}).setdefault(value, []).append(place[1])
    for (entity, name), values in wanted.items():
        holders = _holders(raw, step, (entity, name), values)
        for value, uids in values.items():
            for uid in uids if value in holders else uids[1:]:
                _mark(raw, step, (entity, uid), name, value)


def settle_taken(raw: sqlite3.Connection, step: Step) -> None:
    """Give records their true values back where these have become free."""
    if raw.execute("SELECT 1 FROM sync_taken LIMIT 1").fetchone() is None:
        return
    layout = step.state.layout
    for entity, uid, name, value in raw.execute("SELECT tbl, uid, field, value FROM sync_taken").fetchall():
        table, column = quoted(layout.of(entity).name), quoted(name)
        row = raw.execute(f"SELECT {column} FROM {table} WHERE uid = ?", (uid,)).fetchone()
        key = (entity, uid, name)
        if row is None or row[0] != _marked(value, uid):
            raw.execute("DELETE FROM sync_taken WHERE tbl = ? AND uid = ? AND field = ?", key)
            continue
        if raw.execute(f"SELECT 1 FROM {table} WHERE {column} = ? LIMIT 1", (value,)).fetchone():
            continue
        raw.execute(f"UPDATE {table} SET {column} = ? WHERE uid = ?", (value, uid))
        raw.execute("DELETE FROM sync_taken WHERE tbl = ? AND uid = ? AND field = ?", key)
        _note(step, (entity, uid), [name, row[0], value])


def _holders(
    raw: sqlite3.Connection, step: Step, column: tuple[str, str], wanted: dict[Any, list[str]]
) -> set[Any]:
    """Of the values wanted by some records those that another record will hold once the step is written."""
    entity, name = column
    table, found = quoted(step.state.layout.of(entity).name), set()
    for part, marks in rounded_chunks(list(wanted)):
        query = f"SELECT {quoted(name)}, uid FROM {table} WHERE {quoted(name)} IN ({marks})"
        for value, uid in raw.execute(query, part):
            if uid not in wanted[value] and not _lets_go(step, (entity, uid), name, value):
                found.add(value)
    return found


def _lets_go(step: Step, place: Place, name: str, value: Any) -> bool:
    """Whether the step takes the value away from a record."""
    row = step.state.held[place] if place in step.first else {name: value}
    return row is None or row.get(name) != value


def _mark(raw: sqlite3.Connection, step: Step, place: Place, name: str, value: Any) -> None:
    row = step.state.held[place]
    assert row is not None
    marked = _marked(value, place[1])
    row = {**row, name: marked}
    step.state.held[place] = row
    raw.execute("INSERT OR REPLACE INTO sync_taken VALUES (?, ?, ?, ?)", (*place, name, value))
    _note(step, place, [name, value, marked])


def _marked(value: Any, uid: str) -> str:
    return f"{value}~{uid[:4]}"


def _note(step: Step, place: Place, cell: list[Any]) -> None:
    act = Act("", "", HUB_PERSON, HUB_PERSON, "", "", TAKEN, "", None, 0, "")
    step.notes.append((len(step.state.effects), act, TAKEN, *place, "u", written([cell])))
    step.touch(place)
