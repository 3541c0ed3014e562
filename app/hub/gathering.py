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
from app.hub.book import DEVICES, field_ids
from app.hub.database import Ask, HubDatabase, array_of
from app.hub.deciding import owners_of, protects
from app.hub.devices import Device, device_of
from app.hub.duplicates import Keys, asked_keys
from app.hub.nearby import NEAR, WIDE, place_of_wkb
from app.hub.rows import Row, Rows, reader_of
from app.store.tables import is_known, known

SMALL = 200  # entries of a push that is small
AREA_ROW = "SELECT code, seq, head, digest FROM hub_area WHERE code = ANY(%s::text[])"
_DEVICE = f"SELECT {', '.join(column.name for column in DEVICES.columns)} FROM hub_device WHERE uid = %s"
_RANGE = "SELECT {names} FROM unnest(%s::text[]) AS p JOIN {table} t ON t.uid >= p AND t.uid < p || 'g'"
_OWNED = (
    "SELECT {names} FROM {table} t WHERE h_alive AND owner = ANY(SELECT o.uid FROM unnest(%s::text[]) AS p"
    " JOIN {other} o ON o.uid >= p AND o.uid < p || 'g')"
)
_UNITS = "SELECT uid FROM boiler WHERE user_org = ANY(%s::text[]) AND h_alive"
Numbers = tuple[int, bytes, str]  # of an area: its last number, head and digest
Holders = list[tuple[str, str]]


@dataclass
class Gathered:
    """What came back. `answer` is that of a batch the hub has already; `near` are the boilers that may be one
    of the new ones, None when nobody has looked."""

    device: Device
    answer: str | None
    site: int | None
    root: tuple[int, bytes]
    areas: dict[str, Numbers]
    acts: list[tuple[str, int, str]]
    rows: list[Row]
    held: dict[tuple[str, str], Holders]
    near: list[str] | None = None
    deleted: dict[str, list[str]] = field(default_factory=dict)  # by entity, the beginnings of their uids
    asked: dict[str, list[str]] = field(default_factory=dict)  # the same of all rows that were asked for

    def find(self, entity: str, starts: Iterable[str]) -> dict[str, list[str]]:
        """The uids of this entity that begin like each of `starts`."""
        uids = sorted(row.uid for row in self.rows if row.entity == entity)
        return {start: [uid for uid in uids if uid.startswith(start)] for start in starts}

    def fill(self, rows: Rows, batch: Batch) -> Keys:
        """Give the rows of a push what was read; `batch` has its full uids. Gives who has which key."""
        there = {(row.entity, row.uid) for row in self.rows}
        wanted = [(entry.entity, entry.uid) for entry in batch.entries if is_known(entry.entity)]
        wanted += [(entity, uid) for entity, uids in self.asked.items() for uid in uids if len(uid) == 36]
        rows.take_in(self.rows, [key for key in wanted if key not in there])
        for entity, starts in self.deleted.items():
            found = self.find(entity, starts)
            rows.note_asked("approval", "owner", [uid for uids in found.values() for uid in uids])
        keys = Keys()
        for (entity, name), holders in self.held.items():
            for uid, value in holders:
                keys.hold(entity, name, uid, value)
        for (entity, name), losing in asked_keys(batch.entries)[1].items():
            for uid in losing:
                row = rows.peek(entity, uid)
                if row is not None and row.alive and row.values.get(name) is not None:
                    keys.hold(entity, name, uid, str(row.values[name]))
        return keys


def gather(
    database: HubDatabase,
    connection: Connection,
    batch: Batch,
    what: tuple[bytes, str, Sequence[str], float | None],
) -> Gathered:
    """Ask for everything. `what` is the batch's SHA-256, the root's code, the areas to lock, and how near a
    boiler may be another one in metres (None: not known now)."""
    sha256, root, areas, metres = what
    starts = _starts(batch)
    deleted = _deleted(batch.entries)
    with database.together(connection) as ask:
        ask("SET LOCAL enable_seqscan = off")  # everything is looked up by a key
        device = ask(f"{_DEVICE} FOR UPDATE", (batch.device,))
        locked = ask(f"{AREA_ROW} ORDER BY code FOR UPDATE", (array_of(areas),))
        answer = ask("SELECT answer FROM hub_batch WHERE sha256 = %s", (sha256,))
        site = ask("SELECT id FROM hub_site WHERE device = %s AND epoch = %s", (batch.device, batch.epoch))
        above = ask("SELECT seq, head FROM hub_area WHERE code = %s", (root,))
        given = array_of(list({act.uid for act in batch.acts}))
        acts = ask("SELECT uid, site, person FROM hub_act WHERE uid = ANY(%s::text[])", (given,))
        read = _ask_rows(ask, starts, deleted)
        held = {key: _ask_holders(ask, key, values) for key, values in asked_keys(batch.entries)[0].items()}
        near = None if metres is None else _ask_near(ask, batch, metres)
    row = device.fetchone()
    assert row is not None, "laptops are revoked, never deleted"
    return Gathered(
        device=device_of(row),
        answer=_first(answer),
        site=_first(site),
        root=above.fetchone() or (0, b""),
        areas={code: (seq, head, digest) for code, seq, head, digest in locked.fetchall()},
        acts=acts.fetchall(),
        rows=[row for entity, found in read for row in _rows(entity, found.fetchall())],
        held={key: found.fetchall() for key, found in held.items()},
        near=None if near is None else [uid for found in near for (uid,) in found.fetchall()],
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


def _ask_holders(ask: Ask, key: tuple[str, str], values: Mapping[str, None]) -> Any:
    entity, name = key
    words = f'SELECT uid, "{name}" FROM "{entity}" WHERE h_alive AND "{name}" = ANY(%s::text[])'
    return ask(words, (array_of(list(values)),))


def _ask_near(ask: Ask, batch: Batch, metres: float) -> list[Any]:
    """The boilers near new and moved ones or of their units."""
    fresh = [entry.cells for entry in batch.entries if entry.entity == "boiler" and entry.op in "iu"]
    places = [place for cells in fresh if (place := place_of_wkb(cells.get(GEOMETRY))) is not None]
    units = [cells["user_org"] for cells in fresh if isinstance(cells.get("user_org"), str)]
    found = []
    if places:
        xs, ys = array_of([x for x, _ in places]), array_of([y for _, y in places])
        found.append(ask(NEAR, (xs, ys, WIDE * metres)))
    if units:
        found.append(ask(_UNITS, (array_of(units),)))
    return found


@lru_cache(maxsize=512)
def _words(query: str, entity: str, other: str = "") -> str:
    names = [f't."{name}"' for name in field_ids(known(entity)) if name != GEOMETRY]
    if GEOMETRY in field_ids(known(entity)):
        names.insert(0, f"ST_AsBinary(t.{GEOMETRY}, 'NDR')")
    own = ["t.uid", "t.h_area", "t.h_alive", "t.h_seq", "t.h_stamps", "t.h_editors"]
    return query.format(names=", ".join([*own, *names]), table=f'"{entity}"', other=f'"{other}"')


@lru_cache(maxsize=64)
def _readers(entity: str) -> tuple[tuple[int, Any], ...]:
    """The places of values that are stored otherwise than they travel, and what turns them."""
    names = field_ids(known(entity))
    return tuple(
        (place, reader) for place, name in enumerate(names) if (reader := reader_of(known(entity), name))
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
                entity, uid, area, alive, seq, values, stamps, editors or {}, whole=True, was_alive=alive,
                was_area=area, read=values.copy(),
            )
        )  # fmt: skip
    return rows


def _first(found: Any) -> Any:
    row = found.fetchone()
    return None if row is None else row[0]
