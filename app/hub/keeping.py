"""What a small push leaves in PostgreSQL, all in one round with the commit: rows, log, acts and the laptop.

The rows of each kind are written by one statement, whatever fields they have, so that the words are the
same in every push and are planned once.
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

# One statement for the changed and the new: what a table's rules cost is paid once for each statement.
_MERGE = (
    "MERGE INTO {table} AS t USING (SELECT e, n.* FROM jsonb_array_elements(%s::jsonb) AS e"
    " LEFT JOIN {table} b ON b.uid = e->>'uid', LATERAL jsonb_populate_record(b, e) AS n) AS s"
    " ON t.uid = s.uid"
    " WHEN MATCHED THEN UPDATE SET {sets} WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({values})"
)
_HOW = {  # what is not simply the new value
    "h_stamps": "CASE WHEN s.e ? '=' THEN s.h_stamps ELSE t.h_stamps || s.h_stamps END",
    "h_editors": "CASE WHEN s.e ? 'h_editors'"
    " THEN jsonb_strip_nulls(coalesce(t.h_editors || s.h_editors, s.h_editors)) ELSE t.h_editors END",
}


def swaps_keys(rows: Iterable[Row]) -> bool:
    """Whether living rows get another key: one may have to let go before another takes it."""
    return any(
        not row.fresh and row.alive and any(name in row.sets for name in unique_ids(known(row.entity)))
        for row in rows
    )


def keep_rows(ask: Ask, rows: Iterable[Row]) -> None:
    """Write rows, the changed ones of a kind first: what is deleted gives its number free."""
    told: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: row.fresh):
        told.setdefault(row.entity, []).append(_stored(row))
    for entity, those in told.items():
        ask(_words(entity), (msgspec.json.encode(those).decode(),))


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
def _words(entity: str) -> str:
    names = [*OWN, *field_ids(known(entity))]
    return _MERGE.format(
        table=f'"{entity}"',
        sets=", ".join(f'"{name}" = {_HOW.get(name) or _new(name)}' for name in names if name != "uid"),
        names=", ".join(f'"{name}"' for name in names),
        values=", ".join(map(_new, names)),
    )


def _new(name: str) -> str:
    return f's."{name}"'
