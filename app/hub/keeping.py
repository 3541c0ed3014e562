"""What a small push leaves in PostgreSQL, all in one round with the commit: rows, log, acts and the laptop.

The rows of each kind are written by one statement for the changed and one for the new ones, whatever fields
they have, so that the words are the same in every push and are planned once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from app.hub.book import ALIVE, field_ids, unique_ids
from app.hub.bulk import OWN, stored_form
from app.hub.database import Ask
from app.hub.rows import Row
from app.store.tables import known

_UPDATE = (
    "UPDATE {table} AS t SET {sets} FROM jsonb_array_elements(%s::jsonb) AS e"
    " JOIN {table} b ON b.uid = e->>'uid', LATERAL jsonb_populate_record(b, e) AS n WHERE t.uid = b.uid"
)
_INSERT = (
    "INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)"
)
_HOW = {  # what is not simply the new value
    "h_stamps": "CASE WHEN e ? '=' THEN n.h_stamps ELSE t.h_stamps || n.h_stamps END",
    "h_editors": "CASE WHEN e ? 'h_editors'"
    " THEN jsonb_strip_nulls(coalesce(t.h_editors || n.h_editors, n.h_editors)) ELSE t.h_editors END",
}


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
    for row in rows:
        (fresh if row.fresh else changed).setdefault(row.entity, []).append(_stored(row))
    for entity, those in changed.items():
        ask(_update_words(entity), (msgspec.json.encode(those).decode(),))
    for entity, those in fresh.items():
        ask(_insert_words(entity), (msgspec.json.encode(those).decode(),))


def keep(ask: Ask, table: str, values: Mapping[str, Any]) -> None:
    """Insert one row into a table of the books."""
    names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    ask(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))


def note(ask: Ask, table: str, key: tuple[str, Any], values: Mapping[str, Any]) -> None:
    """Change one row of the books."""
    sets = ", ".join(f"{name} = %s" for name in values)
    ask(f"UPDATE {table} SET {sets} WHERE {key[0]} = %s", (*values.values(), key[1]))


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


@lru_cache(maxsize=64)
def _update_words(entity: str) -> str:
    names = [*(name for name in OWN if name != "uid"), *field_ids(known(entity))]
    sets = ", ".join(f'"{name}" = {_HOW.get(name) or _column(name)}' for name in names)
    return _UPDATE.format(table=f'"{entity}"', sets=sets)


def _column(name: str) -> str:
    return f'n."{name}"'


@lru_cache(maxsize=64)
def _insert_words(entity: str) -> str:
    names = ", ".join(f'"{name}"' for name in [*OWN, *field_ids(known(entity))])
    return _INSERT.format(table=f'"{entity}"', names=names)
