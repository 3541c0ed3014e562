"""What a small push leaves in PostgreSQL, all in one round with the commit: rows, log, acts and the laptop.

The rows of each kind are written by one statement, whatever fields they have, so that the words are the
same in every push and are planned once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection

from app.hub.book import ALIVE, field_ids, unique_ids
from app.hub.bulk import OWN, postgres_type, stored_form
from app.hub.database import Ask, HubDatabase
from app.hub.rows import Row
from app.store.tables import known

# One statement for all changed rows of a kind, whatever fields they have: what a table's rules cost is paid
# once for each statement. Only fields that any of them has are named; a whole row would cost twice as much.
_CHANGE = (
    "UPDATE {table} AS t SET {sets} FROM (SELECT e, r.* FROM jsonb_array_elements(%s::jsonb) AS e,"
    " LATERAL jsonb_to_record(e) AS r({columns})) AS s WHERE t.uid = s.uid"
)
_INSERT = (
    "INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)"
)
_HOW = {  # what is not simply the new value
    "h_stamps": "CASE WHEN s.e ? '=' THEN s.h_stamps ELSE t.h_stamps || s.h_stamps END",
    "h_editors": "CASE WHEN s.e ? 'h_editors'"
    " THEN jsonb_strip_nulls(coalesce(t.h_editors || s.h_editors, s.h_editors)) ELSE t.h_editors END",
}


_TOGETHER = 8  # rows of the books written by one statement; of a large push the next begins with its own
_MANY = 24  # fields of one statement; of more the next begins with its own
_USUAL: dict[str, frozenset[str]] = {}  # by entity


def swaps_keys(rows: Iterable[Row]) -> bool:
    """Whether living rows get another key: one may have to let go before another takes it."""
    return any(
        not row.fresh and row.alive and any(name in row.sets for name in unique_ids(known(row.entity)))
        for row in rows
    )


def keep_rows(ask: Ask, rows: Iterable[Row]) -> None:
    """Write rows, the changed ones of a kind first: what is deleted gives its number free."""
    changed: dict[str, list[dict[str, Any]]] = {}
    fresh: dict[str, list[dict[str, Any]]] = {}
    names: dict[str, set[str]] = {}
    for row in rows:
        (fresh if row.fresh else changed).setdefault(row.entity, []).append(_stored(row))
        names.setdefault(row.entity, set()).update(row.sets)
    for entity, those in changed.items():
        ask(_change(entity, _usual(entity, names[entity])), (msgspec.json.encode(those).decode(),))
    for entity, those in fresh.items():
        ask(_insert(entity), (msgspec.json.encode(those).decode(),))


class Books:
    """Rows of the books that are written by one statement: each of its own would cost as much again around
    it, in the server and here."""

    def __init__(self) -> None:
        self._shape: list[tuple[str, str, tuple[str, ...]]] = []
        self._given: list[Any] = []

    def keep(self, table: str, values: Mapping[str, Any]) -> None:
        """Insert one row into a table."""
        self._shape.append((table, "", tuple(values)))
        self._given += values.values()

    def note(self, table: str, key: tuple[str, Any], values: Mapping[str, Any]) -> None:
        """Change one row; no two changes may be of the same."""
        self._shape.append((table, key[0], tuple(values)))
        self._given += (*values.values(), key[1])

    def send(self, ask: Ask) -> None:
        """Put all into a round."""
        for begin in range(0, len(self._shape), _TOGETHER):
            part = tuple(self._shape[begin : begin + _TOGETHER])
            size = sum(len(names) + bool(key) for _, key, names in part)
            ask(_written(part), tuple(self._given[:size]))
            del self._given[:size]

    def write(self, database: HubDatabase, connection: Connection) -> None:
        """Write all in a round of their own."""
        with database.together(connection) as ask:
            self.send(ask)


@lru_cache(maxsize=256)
def _written(shape: tuple[tuple[str, str, tuple[str, ...]], ...]) -> str:
    """The words that write rows of this shape: all but the last before a statement that goes with them."""
    parts = [_one(*part) for part in shape]
    before = ", ".join(f"w{place} AS ({words})" for place, words in enumerate(parts[:-1]))
    return f"WITH {before} {parts[-1]}" if before else parts[-1]


def _one(table: str, key: str, names: tuple[str, ...]) -> str:
    if key:
        return f"UPDATE {table} SET {', '.join(f'{name} = %s' for name in names)} WHERE {key} = %s"
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})"


def _stored(row: Row) -> dict[str, Any]:
    """A row as JSON takes it: the new values only, of a new row all that are known."""
    found: dict[str, Any] = {
        "uid": row.uid,
        "h_area": row.area,
        "h_seq": row.seq,
        ALIVE: row.alive,
        "h_stamps": row.marks,
    }
    if row.replaced:
        found["="] = 1
    if row.new_round or row.entered is not None:
        gone = dict.fromkeys(row.editors or {}) if row.new_round else {}
        found["h_editors"] = {**gone, **(row.entered or {})}
    if row.fresh and not found.get("h_editors"):
        found["h_editors"] = None
    forms = _forms(row.entity)
    values = row.values if row.fresh else {name: row.values.get(name) for name in row.sets}
    for name, value in values.items():
        form = forms.get(name)
        found[name] = value if form is None or value is None else form(value)
    return found


@lru_cache(maxsize=64)
def _forms(entity: str) -> dict[str, Any]:
    """What turns values that travel into those that are stored."""
    return {name: form for name in field_ids(known(entity)) if (form := stored_form(True, entity, name))}


def _usual(entity: str, names: set[str]) -> tuple[str, ...]:
    """These fields and those of the pushes before, so that nearly every push finds its statement planned."""
    usual = _USUAL.get(entity, frozenset())
    if not names <= usual:
        usual = usual | names
        _USUAL[entity] = usual = usual if len(usual) <= _MANY else frozenset(names)
    return tuple(name for name in field_ids(known(entity)) if name in usual)


@lru_cache(maxsize=4096)
def _change(entity: str, fields: tuple[str, ...]) -> str:
    how = {name: _HOW.get(name, _new(name)) for name in OWN if name != "uid"}
    how |= {name: f"CASE WHEN s.e ? '{name}' THEN {_new(name)} ELSE t.\"{name}\" END" for name in fields}
    sets = [f'"{name}" = {value}' for name, value in how.items()]
    columns = [f'"{name}" {postgres_type(entity, name)}' for name in (*OWN, *fields)]
    return _CHANGE.format(table=f'"{entity}"', sets=", ".join(sets), columns=", ".join(columns))


@lru_cache(maxsize=64)
def _insert(entity: str) -> str:
    names = ", ".join(f'"{name}"' for name in (*OWN, *field_ids(known(entity))))
    return _INSERT.format(table=f'"{entity}"', names=names)


def _new(name: str) -> str:
    return f's."{name}"'
