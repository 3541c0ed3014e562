"""The confirmed records of a replica: what the hub has accepted, without own changes it has not answered."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import msgspec

from app.domain.areas import OWNERS, PLACES, ROOTED, area_of_code
from app.domain.digest import MODULUS, row_hash
from app.store import pending
from app.store.crossing import Row, crossing, unpacked
from app.store.pending import Place
from app.store.rebase import Pending, beneath, fields_of
from app.store.rtree import quoted
from app.store.tables import STORED_TYPES, Layout, known

_MANY = 2000


def record(raw: sqlite3.Connection, layout: Layout, entity: str, uid: str) -> Row | None:
    """One confirmed record by field id, as on the wire; None when the hub has none."""
    place = (entity, uid)
    since = pending.oldest(raw)
    waiting = pending.of_records(raw, [place], since).get(place, []) if since is not None else []
    columns = crossing(entity).columns
    listed = ", ".join(map(quoted, columns))
    query = f"SELECT {listed} FROM {quoted(layout.of(entity).name)} WHERE uid = ?"
    cells = raw.execute(query, (uid,)).fetchone()
    held = None if cells is None else crossing(entity).reader(columns)(cells)
    return _Beneath(raw).of(place, held, waiting)


def records(raw: sqlite3.Connection, layout: Layout, root: str) -> Iterator[tuple[str, str, str, Row]]:
    """Every confirmed record: entity, uid, area and cells; also those another area's log still speaks of."""
    below = _Beneath(raw)
    waiting: dict[Place, list[Pending]] = {}
    for place, change in pending.every(raw):
        waiting.setdefault(place, []).append(change)
    places = {(row[0], row[1]): row[2] for row in raw.execute("SELECT tbl, uid, area FROM sync_place")}
    seen: set[Place] = set()
    for kind in STORED_TYPES:
        for uid, held in file_rows(raw, layout, kind.name):
            place = (kind.name, uid)
            seen.add(place)
            row = below.of(place, held, waiting.get(place, []))
            if row is not None:
                yield kind.name, uid, _area(place, row, root, places), row
    for place in {*waiting, *below.shadows} - seen:
        row = below.of(place, None, waiting.get(place, []))
        if row is not None:
            yield place[0], place[1], _area(place, row, root, places), row
    for area, entity, uid, cells in raw.execute("SELECT area, tbl, uid, cells FROM sync_ghost"):
        yield entity, uid, area, unpacked(cells, entity)


def digests(raw: sqlite3.Connection, layout: Layout, root: str) -> dict[str, int]:
    """The digest of every area, computed anew from the records."""
    found: dict[str, int] = {}
    for entity, uid, area, row in records(raw, layout, root):
        found[area] = (found.get(area, 0) + row_hash(entity, uid, row)) % MODULUS
    for area, entity, uid, cells in raw.execute("SELECT area, tbl, uid, cells FROM sync_beyond"):
        more = row_hash(entity, uid, msgspec.msgpack.decode(cells))
        found[area] = (found.get(area, 0) + more) % MODULUS
    return found


class _Beneath:
    """What stands beside the records: shadows, and true values that another record still holds."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.shadows: dict[Place, Row | None] = {}
        for entity, uid, alive, cells in raw.execute("SELECT tbl, uid, alive, cells FROM sync_shadow"):
            self.shadows[(entity, uid)] = unpacked(cells, entity) if alive else None
        self.taken: dict[Place, dict[str, str]] = {}
        for entity, uid, name, value in raw.execute("SELECT tbl, uid, field, value FROM sync_taken"):
            self.taken.setdefault((entity, uid), {})[name] = value

    def of(self, place: Place, held: Row | None, waiting: list[Pending]) -> Row | None:
        """The confirmed record beneath what is held."""
        if place in self.shadows:
            return self.shadows[place]
        row = beneath(held, waiting)
        taken = self.taken.get(place)
        if row is None or not taken:
            return row
        own = fields_of(waiting)
        return {**row, **{name: value for name, value in taken.items() if name not in own}}


def file_rows(raw: sqlite3.Connection, layout: Layout, entity: str) -> Iterator[tuple[str, Row]]:
    """Every record of a kind as it stands in the file: uid and cells as on the wire."""
    columns = crossing(entity).columns
    read = crossing(entity).reader(columns)
    listed = "".join(f", {quoted(name)}" for name in columns)
    rows = raw.execute(f"SELECT uid{listed} FROM {quoted(layout.of(entity).name)}")
    while part := rows.fetchmany(_MANY):
        for uid, *cells in part:
            yield uid, read(cells)


def _area(place: Place, row: Row, root: str, places: dict[Place, str]) -> str:
    entity = place[0]
    if entity in ROOTED:
        return root
    if entity in OWNERS:
        return places.get(place, root)
    found = known(entity).fields.get(PLACES.get(entity, "div_code"))
    return area_of_code(row.get(found.id) if found else None, root)
