"""What a small push asks of PostgreSQL, all in one round: the laptop and its areas locked, then whole rows.

A large push asks for less of each row and in more rounds (`pushing.py`); of twenty rows it is cheaper to read
everything than to ask twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from app.domain.entity import GEOMETRY
from app.domain.replication import Batch, Entry
from app.hub.abreast import hold_of
from app.hub.book import DEVICES, field_ids
from app.hub.database import Ask, HubDatabase, array_of
from app.hub.devices import Device, device_of
from app.hub.duplicates import Keys, asked_keys
from app.hub.nearby import NEAR, WIDE, Around, Place, places_of
from app.hub.rounds import Asked
from app.hub.rows import Row, Rows, reader_of
from app.hub.touching import owners_of, protects
from app.store.tables import is_known, known

SMALL = 200  # entries of a push that is small
AREA_ROW = "SELECT code, seq, head, digest FROM hub_area WHERE code = ANY(%s::text[])"
# A laptop's site never changes; the root's number only says whether what is remembered is still the newest.
_DEVICE = (
    f"SELECT {', '.join(f'd.{column.name}' for column in DEVICES.columns)}, s.id, r.seq, r.head"
    " FROM hub_device d LEFT JOIN hub_site s ON s.device = d.uid AND s.epoch = %s"
    " LEFT JOIN hub_area r ON r.code = %s WHERE d.uid = %s FOR UPDATE OF d"
)
# Everything is looked up by a key, and to plan each statement anew would take longer than the statement.
# A plan that is kept must not depend on how little there was when it was made.
_SETTINGS = {
    "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
    "plan_cache_mode": "force_generic_plan",
}  # fmt: skip
_PLANS = "SELECT " + ", ".join(f"set_config('{name}', '{value}', true)" for name, value in _SETTINGS.items())
_RANGE = "SELECT {names} FROM unnest(%s::text[]) AS p JOIN {table} t ON t.uid >= p AND t.uid < p || 'g'"
_OWNED = (
    "SELECT {names} FROM {table} t WHERE h_alive AND owner = ANY(SELECT o.uid FROM unnest(%s::text[]) AS p"
    " JOIN {other} o ON o.uid >= p AND o.uid < p || 'g')"
)
_UNITS = "SELECT uid FROM boiler WHERE user_org = ANY(%s::text[]) AND h_alive"
Numbers = tuple[int, bytes, str]  # of an area: its last number, head and digest


@dataclass
class Gathered:
    """What came back; `around` are boilers that may be one of the new ones, None when nobody has looked."""

    device: Device
    site: int | None
    root: tuple[int, bytes]
    areas: dict[str, Numbers]
    rows: list[Row]
    around: Around | None = None
    deleted: dict[str, list[str]] = field(default_factory=dict)  # by entity, the beginnings of their uids
    asked: dict[str, list[str]] = field(default_factory=dict)  # the same of all rows that were asked for

    def find(self, entity: str, starts: Iterable[str]) -> dict[str, list[str]]:
        """The uids of this entity that begin like each of `starts`."""
        uids = sorted(row.uid for row in self.rows if row.entity == entity)
        return {start: [uid for uid in uids if uid.startswith(start)] for start in starts}

    def fill(self, rows: Rows, batch: Batch) -> Keys:
        """Give the rows of a push what was read; `batch` has its full uids.

        Gives who of them has which key: of other records the table's index knows it, and a batch that clashes
        with it takes the long road.
        """
        there = {(row.entity, row.uid) for row in self.rows}
        wanted = [(entry.entity, entry.uid) for entry in batch.entries if is_known(entry.entity)]
        wanted += [(entity, uid) for entity, uids in self.asked.items() for uid in uids if len(uid) == 36]
        rows.take_in(self.rows, [key for key in wanted if key not in there])
        for entity, starts in self.deleted.items():
            found = self.find(entity, starts)
            rows.note_asked("approval", "owner", [uid for uids in found.values() for uid in uids])
        keys = Keys()
        for (entity, name), losing in asked_keys(batch.entries)[1].items():
            for uid in losing:
                row = rows.peek(entity, uid)
                if row is not None and row.alive and row.values.get(name) is not None:
                    keys.hold(entity, name, uid, str(row.values[name]))
        return keys


def gather(
    database: HubDatabase, connection: Connection, batch: Batch, what: tuple[str, Sequence[str], float | None]
) -> Gathered:
    """Ask for everything. `what` is the root's code, the areas to lock, and how near a boiler may be another
    one in metres (None: not known now)."""
    root, areas, metres = what
    starts = _starts(batch)
    deleted = _deleted(batch.entries)
    with database.together(connection) as ask:
        ask(_PLANS)
        device = ask(_DEVICE, (batch.epoch, root, batch.device))
        locked = ask(f"{AREA_ROW} ORDER BY code FOR UPDATE", (array_of(areas),))
        held = hold_of(batch.entries)
        if held is not None:
            ask(*held)
        read = _ask_rows(ask, starts, deleted)
        near = None if metres is None else _ask_near(ask, batch, metres)
    row = device.fetchone()
    assert row is not None, "laptops are revoked, never deleted"
    *told, site, seq, head = row
    return Gathered(
        device=device_of(told),
        site=site,
        root=(seq or 0, head or b""),
        areas={code: (seq, head, digest) for code, seq, head, digest in locked.fetchall()},
        rows=[row for entity, found in read for row in _rows(entity, found.fetchall())],
        around=None if near is None else near.told(),
        deleted=deleted,
        asked=starts,
    )


def _starts(batch: Batch) -> dict[str, list[str]]:
    """The rows to read by entity, as the beginnings of their uids: changed ones, owners, persons."""
    found: dict[str, dict[str, None]] = {"person": {act.person: None for act in batch.acts}}
    for entry in batch.entries:
        if is_known(entry.entity):
            found.setdefault(entry.entity, {})[entry.uid] = None
    for entity, uids in owners_of(batch.entries).items():
        found.setdefault(entity, {}).update(dict.fromkeys(uids))
    return {entity: list(those) for entity, those in found.items()}


def _deleted(entries: Iterable[Entry]) -> dict[str, list[str]]:
    """The deleted records that signatures may protect."""
    found: dict[str, list[str]] = {}
    for entry in entries:
        if entry.op == "d" and is_known(entry.entity) and protects(entry.entity):
            found.setdefault(entry.entity, []).append(entry.uid)
    return found


def _ask_rows(
    ask: Ask, starts: Mapping[str, list[str]], deleted: Mapping[str, list[str]]
) -> list[tuple[str, Any]]:
    """The rows that begin so, and the signatures of those that are deleted."""
    read = [(entity, ask(_words(_RANGE, entity), (array_of(those),))) for entity, those in starts.items()]
    for entity, those in deleted.items():
        read.append(("approval", ask(_words(_OWNED, "approval", entity), (array_of(those),))))
    return read


@dataclass(frozen=True)
class _Near:
    """What was asked for boilers near others."""

    places: frozenset[Place]
    units: frozenset[str]
    found: Sequence[Asked]

    def told(self) -> Around:
        """The answer."""
        return Around(self.places, self.units, [uid for one in self.found for (uid,) in one.fetchall()])


def _ask_near(ask: Ask, batch: Batch, metres: float) -> _Near:
    """The boilers near new and moved ones or of their units."""
    fresh = [entry.cells for entry in batch.entries if entry.entity == "boiler" and entry.op in "iu"]
    places = places_of(batch.entries)
    units = [cells["user_org"] for cells in fresh if isinstance(cells.get("user_org"), str)]
    found = []
    if places:
        xs, ys = array_of([x for x, _ in places]), array_of([y for _, y in places])
        found.append(ask(NEAR, (xs, ys, WIDE * metres)))
    if units:
        found.append(ask(_UNITS, (array_of(units),)))
    return _Near(frozenset(places), frozenset(units), found)


@lru_cache(maxsize=512)
def _words(query: str, entity: str, other: str = "") -> str:
    names = [f't."{name}"' for name in field_ids(known(entity)) if name != GEOMETRY]
    if GEOMETRY in field_ids(known(entity)):
        names.insert(0, f"ST_AsBinary(t.{GEOMETRY}, 'NDR')")
    own = ["t.uid", "t.h_area", "t.h_alive", "t.h_seq", "t.h_stamps::text", "t.h_editors::text"]
    return query.format(names=", ".join([*own, *names]), table=f'"{entity}"', other=f'"{other}"')


@lru_cache(maxsize=64)
def _readers(entity: str) -> tuple[tuple[int, Any], ...]:
    """The places of values that are stored otherwise than they travel, and what turns them."""
    names = field_ids(known(entity))
    return tuple(
        (place, reader)
        for place, name in enumerate(names)
        if (reader := reader_of(known(entity), name, True))
    )


def _rows(entity: str, found: Iterable[Any]) -> list[Row]:
    names, readers = field_ids(known(entity)), _readers(entity)
    rows = []
    for uid, area, alive, seq, stamps, editors, *cells in found:
        for place, reader in readers:
            if cells[place] is not None:
                cells[place] = reader(cells[place])
        values = dict(zip(names, cells, strict=True))
        rows.append(
            Row(
                entity, uid, area, alive, seq, values, whole=True, was_alive=alive, was_area=area,
                read=values, written=(stamps, editors),
            )
        )  # fmt: skip
    return rows
