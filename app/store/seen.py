"""Whether records are still as the writer saw them, and who changed them if not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, Table, func, select, type_coerce

from app.domain.changes import Change
from app.domain.entity import GEOMETRY, EntityType
from app.domain.values import show, show_moment
from app.errors import AppError, Changed, Invalid
from app.i18n import N_, labelled, listed, tr
from app.store.byrecord import of_record
from app.store.geom import from_blob
from app.store.journal import CLAIMS, JOURNAL, TRANSACTIONS
from app.store.tables import Layout, known
from app.store.values import same

_CHUNK = 500
_UNIQUE = re.compile(r"UNIQUE constraint failed: (.+)\.([^.]+)$")
_PRESENT = N_("{record} is there already")
_DELETED = N_("{record} has been deleted meanwhile")
_MEANWHILE = N_("{field} of {record} was changed meanwhile")
_SEEN_AND_NOW = N_("{field}: you saw {seen}, it is {now} now")
_TAKEN_BACK = N_("It cannot be taken back: {record} has been changed since, by {who} on {when}")
Rows = dict[tuple[str, str], dict[str, Any]]


@dataclass(frozen=True)
class Seen:
    """The records of a change set as they stand before it, by entity and uid, their keys in the file, and
    their geometries as the file has them."""

    rows: Rows
    fids: dict[tuple[str, str], int]
    blobs: dict[tuple[str, str], bytes]


def check_seen(
    connection: Connection, layout: Layout, changes: Sequence[Change], *, undoes: str | None = None
) -> Seen:
    """Raise Changed naming the field and who changed it, when a before-value no longer holds.

    Changes of one record are taken in order, each upon the one before.
    """
    seen = _held(connection, layout, changes)
    held = dict(seen.rows)
    for change in changes:
        place = (change.entity, change.uid)
        row = held.get(place)
        if change.operation == "insert":
            if row is not None:
                raise _changed(connection, change, row, "", _PRESENT)
            held[place] = dict(change.after)
            continue
        if row is None:
            raise _changed(connection, change, {}, "", _TAKEN_BACK if undoes else _DELETED)
        differing = _differing(change, row)
        if differing:
            raise _changed(connection, change, row, differing, _TAKEN_BACK if undoes else _MEANWHILE)
        if change.operation == "delete":
            del held[place]
        else:
            held[place] = {**row, **change.after}
    return seen


def _differing(change: Change, row: dict[str, Any]) -> str:
    """The first field that is not as it was seen. Who deletes must have seen every field."""
    names = row if change.operation == "delete" else change.before
    return next((name for name in names if not same(row.get(name), change.before.get(name))), "")


def _held(connection: Connection, layout: Layout, changes: Sequence[Change]) -> Seen:
    wanted: dict[str, dict[str, None]] = {}
    for change in changes:
        wanted.setdefault(change.entity, {})[change.uid] = None
    seen = Seen({}, {}, {})
    for entity, uids in wanted.items():
        names, columns = _columns(layout.of(entity), known(entity))
        table, every = layout.of(entity), list(uids)
        for start in range(0, len(every), _CHUNK):
            query = select(*columns).where(table.c.uid.in_(every[start : start + _CHUNK]))
            for row in connection.execute(query):
                place = (entity, row[0])
                seen.fids[place] = row[1]
                seen.rows[place] = dict(zip(names, row[2:], strict=True))
        if names[0] == GEOMETRY:
            _unpack(seen, [(entity, uid) for uid in every])
    return seen


def _unpack(seen: Seen, places: Sequence[tuple[str, str]]) -> None:
    """Keep the geometries of these records as they were read, and read them."""
    for place in places:
        values = seen.rows.get(place, {})
        blob = values.get(GEOMETRY)
        if blob is not None:
            seen.blobs[place] = blob
            values[GEOMETRY] = from_blob(blob)


def _columns(table: Table, kind: EntityType) -> tuple[list[str], list[ColumnElement[Any]]]:
    """The fields that are read, and uid, key and their columns; the geometry as the file has it."""
    names, columns = list(kind.stored), [table.c[name] for name in kind.stored]
    if not kind.shape.value:
        return names, [table.c.uid, table.c.fid, *columns]
    blob = type_coerce(table.c[GEOMETRY], LargeBinary)
    return [GEOMETRY, *names], [table.c.uid, table.c.fid, blob, *columns]


def _changed(
    connection: Connection, change: Change, row: Mapping[str, Any], name: str, message: str
) -> Changed:
    kind = known(change.entity)
    who, when = last_writer(connection, change.entity, change.uid)
    field = kind.fields.get(name)
    label = tr(field.label) if field else tr(N_("Geometry")) if name else ""
    seen, now = (show(field, values.get(name)) if field else None for values in (change.before, row))
    told = {"field": label, "record": _title(kind, change.uid, {**change.after, **change.before, **row}),
            "who": who, "when": show_moment(when) if when else "?"}  # fmt: skip
    why = tr(_SEEN_AND_NOW, field=label, seen=seen or "–", now=now or "–") if field else tr(message, **told)
    detail = {"entity": change.entity, "uid": change.uid, "field": name or None, "seen": seen, "now": now,
              "who": who, "when": when, "why": why}  # fmt: skip
    return Changed(
        message,
        hint=N_("Changed by {who} on {when}. Look at the record again and repeat what you want."),
        details=[detail],
        **told,
    )


def last_writer(connection: Connection, entity: str, uid: str) -> tuple[str, str]:
    """Who changed a record last, and when (a stored moment); another program has no name."""
    owner = func.coalesce(CLAIMS.c.txn, JOURNAL.c.txn)
    row = connection.execute(
        select(TRANSACTIONS.c.actor_name, TRANSACTIONS.c.wall, JOURNAL.c.at)
        .select_from(
            JOURNAL.outerjoin(CLAIMS, CLAIMS.c.seq == JOURNAL.c.seq).outerjoin(
                TRANSACTIONS, TRANSACTIONS.c.id == owner
            )
        )
        .where(of_record(entity, uid))
        .order_by(JOURNAL.c.seq.desc())
        .limit(1)
    ).first()
    if row is None:
        return tr(N_("nobody known")), ""
    return row.actor_name or tr(N_("another program")), row.wall or row.at


def duplicate(
    connection: Connection, layout: Layout, changes: Sequence[Change], error: str
) -> AppError | None:
    """What a broken unique key means to the user: the field, the value, and every record that has it."""
    match = _UNIQUE.search(error)
    kind = layout.entity_of(match.group(1)) if match else None
    field = (
        next((f for f in kind.fields.values() if match and f.id == match.group(2)), None) if kind else None
    )
    if kind is None or field is None:
        return None
    wanted = [c for c in changes if c.entity == kind.name and field.name in c.after]
    values: dict[Any, dict[str, str]] = {}  # by value: the records that have it, and what they are called
    for change in wanted:
        values.setdefault(change.after[field.name], {})[change.uid] = _title(
            kind, change.uid, {**change.before, **change.after}
        )
    for uid, value, title in _bearers(connection, layout.of(kind.name), kind, field.name, list(values)):
        values[value][uid] = title
    twice = {value: titles for value, titles in values.items() if len(titles) > 1}
    return Invalid(
        N_("{field} “{value}” is already in use"),
        hint=N_("Open the record that has it, or give another value."),
        details=[
            {"field": field.name, "value": value, "uids": list(titles),
             "why": labelled(value, listed(titles.values()))}
            for value, titles in twice.items()
        ],
        code="duplicate",
        field=tr(field.label),
        value=next(iter(twice), ""),
    )  # fmt: skip


def _bearers(
    connection: Connection, table: Table, kind: EntityType, name: str, values: Sequence[Any]
) -> Iterator[tuple[str, Any, str]]:
    """Records of the file that have one of these values in the field called `name`: uid, value, title.

    The statement that failed was undone by itself, but earlier ones of its transaction may be there."""
    columns = list(dict.fromkeys([name, *kind.title]))
    asked = select(table.c.uid, *(table.c[column] for column in columns))
    for start in range(0, len(values), _CHUNK):
        some = values[start : start + _CHUNK]
        for row in connection.execute(asked.where(table.c[name].in_(some))).mappings():
            yield row["uid"], row[name], _title(kind, row["uid"], dict(row))


def _title(kind: EntityType, uid: str, values: Mapping[str, Any]) -> str:
    words = [str(values[name]) for name in kind.title if values.get(name)]
    return " ".join(words) or f"{kind.text} {uid[:8]}"
