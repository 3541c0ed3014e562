"""Boilers that may have been entered twice: very near another, or of the same unit at the same address."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pyproj import Geod
from sqlalchemy import Connection

from app.domain.entities.conflict import APART, KEPT, NUMBER
from app.domain.entities.conflict import NEAR as NEAR_WORD
from app.domain.entity import GEOMETRY
from app.domain.merge import ConflictDraft
from app.domain.replication import Batch, Entry
from app.hub.database import BUCKETS, HubDatabase, array_of, bucket_of
from app.hub.desk import Desk, Told
from app.hub.rows import Row

_CGCS2000 = Geod(ellps="GRS80")
_POINT = struct.Struct("<BI2d")
_METRES_A_DEGREE = 111_000.0
WIDE = 1.7 / _METRES_A_DEGREE  # degrees for each metre to look around a place; at 53.6° north it takes 1.69
NEAR = (
    "SELECT DISTINCT b.uid FROM unnest(%s::float8[], %s::float8[]) AS p(x, y) JOIN boiler b"
    " ON b.geometry && ST_Expand(ST_SetSRID(ST_MakePoint(p.x, p.y), 4490), %s::float8) WHERE b.h_alive"
)
_TELLING = frozenset((GEOMETRY, "user_org", "address"))  # what tells that two boilers are one
MANY = 100  # places that are worth being looked around while a push is decided
Place = tuple[float, float]
_UNIT = frozenset(("user_org", "address"))
_SHOWN = ("ledger_no", "user_org", "address", GEOMETRY)


@dataclass
class Around:
    """Places and units that have been looked around already, and the stored boilers that were found."""

    places: frozenset[Place] = frozenset()
    units: frozenset[str] = frozenset()
    uids: Sequence[str] = ()


def flag_near(
    database: HubDatabase,
    connection: Connection,
    desk: Desk,
    batch: Batch,
    around: Around | None = None,
) -> None:
    """Raise a conflict for each boiler that looks like another by this push: a new one, or one that was moved
    or got another unit or address. None is refused for it."""
    fresh = [row for row in desk.rows.of_entity("boiler") if row.alive and _may_have_become(row)]
    if not fresh:
        return
    desk.rows.widen([row for row in fresh if not row.fresh], ("user_org", "address", GEOMETRY))
    acts = {entry.uid: batch.acts[entry.act] for entry in batch.entries if entry.entity == "boiler"}
    metres = desk.policy.duplicate_m
    found = _found(database, connection, fresh, (around or Around(), metres))
    lookup = _Lookup(_candidates(desk, fresh, found), metres)
    pairs: dict[frozenset[str], tuple[Row, Row]] = {}
    for row in fresh:
        other = lookup.like(row)
        if other is not None and row.uid in acts:
            pairs.setdefault(frozenset((row.uid, other.uid)), (row, other))
    for row, other in _unsaid(desk, list(pairs.values())):
        kept = {name: row.values.get(name) for name in _SHOWN}
        offered = {name: other.values.get(name) for name in _SHOWN}
        theirs = desk.writer_of(other, _SHOWN) or desk.own_act()  # who entered the one that is offered
        told = Told(theirs, 0, Entry(0, row.entity, row.uid, "u", {}), {}, {})
        draft = ConflictDraft("duplicate", NEAR_WORD, kept, offered, open=True)
        desk.raise_conflicts(told, row, row.area, (draft,))


def _unsaid(desk: Desk, pairs: list[tuple[Row, Row]]) -> list[tuple[Row, Row]]:
    """Those of the pairs of which no conflict says already that they look alike, and no person that they are
    two: one that was moved away and back again is told once."""
    if pairs:
        desk.rows.ask_owned("conflict", "owner", [row.uid for pair in pairs for row in pair])
    return [(one, other) for one, other in pairs if not _is_said(desk, one, other)]


def _is_said(desk: Desk, row: Row, other: Row) -> bool:
    for one in desk.rows.owned("conflict", "owner", [row.uid, other.uid]):
        values = one.values
        note, taken = values.get("note"), values.get("taken")
        offered = _cells(values.get("offered"))
        beside = other if values.get("owner") == row.uid else row
        number, given = str(beside.values.get("ledger_no")), str(offered.get("ledger_no"))
        if note == NEAR_WORD and number == given and (values.get("situation") == "open" or taken == KEPT):
            return True
        kin = number == given or number.startswith(f"{given}-")  # the number that the second one got
        same = all(beside.values.get(name) == offered.get(name) for name in _UNIT)
        if (note, taken) == (NUMBER, APART) and kin and same:
            return True
    return False


def _cells(written: Any) -> dict[str, Any]:
    try:
        found = json.loads(str(written or "{}"))
    except ValueError:  # it was too long to be kept whole
        return {}
    return found if isinstance(found, dict) else {}


def _may_have_become(row: Row) -> bool:
    """Whether this push made a row, or changed what tells that two boilers are one."""
    if row.fresh or _TELLING.isdisjoint(row.sets):
        return row.fresh
    return any(name in row.sets and row.sets[name] != row.read.get(name) for name in _TELLING)


def _candidates(desk: Desk, fresh: Iterable[Row], found: Iterable[str]) -> list[Row]:
    """Boilers that may be one of the new ones, these among them."""
    uids = dict.fromkeys([*(row.uid for row in fresh), *found])
    names = ("ledger_no", "user_org", "address", "div_code", "status", "round_no", GEOMETRY)
    desk.rows.read("boiler", uids, names)
    known = [row for row in desk.rows.of_entity("boiler") if row.uid in uids]
    desk.rows.widen(known, names)
    return [row for row in known if row.alive]


def _found(
    database: HubDatabase, connection: Connection, fresh: Iterable[Row], known: tuple[Around, float]
) -> dict[str, None]:
    """The stored boilers near the new ones or of their units."""
    fresh, (around, metres) = list(fresh), known
    uids: dict[str, None] = dict.fromkeys(around.uids)
    places = [place for row in fresh if (place := place_of(row)) is not None and place not in around.places]
    if places:
        uids.update(dict.fromkeys(_near(database, connection, places, metres)))
    units = list({unit for row in fresh if (unit := _new_unit(row))} - around.units)
    if units:
        words, given = database.any_of("user_org", units)
        query = f"SELECT uid FROM boiler WHERE {words} AND h_alive"
        uids.update(dict.fromkeys(connection.exec_driver_sql(query, (given,)).scalars()))
    return uids


def _new_unit(row: Row) -> str:
    """The unit of a boiler that is new or got another unit or address, else "": those of its unit have looked
    like it before."""
    return str(row.values.get("user_org") or "") if row.fresh or not _UNIT.isdisjoint(row.sets) else ""


@contextmanager
def looking(database: HubDatabase, desk: Desk, batch: Batch) -> Iterator[Around]:
    """Look around the places of a large push by another connection while it is decided in the block; the
    answer is there after it. The push has locked its areas. Of few places nothing is looked for."""
    around = Around()
    places = places_of(batch.entries)
    usual = database.postgres and not any(entry.entity == "setting" for entry in batch.entries)
    if not usual or len(places) <= MANY or not database.spare.acquire(blocking=False):
        yield around
        return
    try:
        with ThreadPoolExecutor(1) as beside:
            found = beside.submit(_look, database, places, desk.policy.duplicate_m)
            yield around
        around.places, around.uids = frozenset(places), found.result()
    finally:
        database.spare.release()


def _look(database: HubDatabase, places: list[Place], metres: float) -> list[str]:
    with database.reading() as second:
        second.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return _near(database, second, places, metres)


def _near(database: HubDatabase, connection: Connection, places: list[Place], metres: float) -> list[str]:
    if database.postgres:
        places.sort()  # those that lie together are found in the same pages
        given = (array_of([x for x, _ in places]), array_of([y for _, y in places]), WIDE * metres)
        return list(connection.exec_driver_sql(NEAR, given).scalars())
    steps = int(WIDE * metres * BUCKETS) + 1
    around = range(-steps, steps + 1)
    cells = {bucket_of(x, y, right, up) for x, y in places for right in around for up in around}
    words, value = database.any_of("h_bucket(geometry)", sorted(cells))
    query = f"SELECT uid FROM boiler WHERE h_alive AND {words}"
    return list(connection.exec_driver_sql(query, (value,)).scalars())


class _Lookup:
    """Boilers by the square they stand in and by unit and address, so that none is compared with all."""

    def __init__(self, boilers: Iterable[Row], metres: float) -> None:
        self._metres = metres
        self._side = 4 * metres / _METRES_A_DEGREE  # degrees; at our latitudes more than `metres` either way
        self._squares: dict[tuple[int, int], list[Row]] = {}
        self._units: dict[tuple[Any, Any], list[Row]] = {}
        squares, units = self._squares, self._units
        for row in boilers:
            place = place_of(row)
            if place is not None:
                squares.setdefault(self._square(place), []).append(row)
            units.setdefault(_unit(row), []).append(row)

    def like(self, row: Row) -> Row | None:
        """Another boiler that may be the same one, and that it did not look like before this push."""
        now = [other for other in self._alike(place_of(row), _unit(row), row.uid) if other.uid != row.uid]
        if not now or row.fresh:
            return now[0] if now else None
        old = place_of_wkb(row.read.get(GEOMETRY)), (row.read.get("user_org"), row.read.get("address"))
        before = {other.uid for other in self._alike(*old, row.uid)}
        return next((other for other in now if other.uid not in before), None)

    def _alike(self, place: tuple[float, float] | None, unit: tuple[Any, Any], uid: str) -> Iterator[Row]:
        """The boilers near a place, then those of a unit at an address, but for the one with this uid."""
        for other in self._around(place) if place is not None else ():
            if other.uid != uid and self._near(place, place_of(other)):
                yield other
        if all(unit):
            yield from self._units.get(unit, ())

    def _around(self, place: tuple[float, float]) -> Iterator[Row]:
        x, y = self._square(place)
        for square in [(x + right, y + up) for right in (-1, 0, 1) for up in (-1, 0, 1)]:
            yield from self._squares.get(square, ())

    def _near(self, place: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
        return place is not None and other is not None and _CGCS2000.inv(*place, *other)[2] < self._metres

    def _square(self, place: tuple[float, float]) -> tuple[int, int]:
        return int(place[0] // self._side), int(place[1] // self._side)


def _unit(row: Row) -> tuple[Any, Any]:
    return row.values.get("user_org"), row.values.get("address")


def places_of(entries: Iterable[Entry]) -> list[Place]:
    """The positions that boilers get."""
    fresh = [entry.cells for entry in entries if entry.entity == "boiler" and entry.op in "iu"]
    return [place for cells in fresh if (place := place_of_wkb(cells.get(GEOMETRY))) is not None]


def place_of(row: Row) -> tuple[float, float] | None:
    """The position of a boiler; None when it has none."""
    return place_of_wkb(row.values.get(GEOMETRY))


def place_of_wkb(wkb: bytes | None) -> tuple[float, float] | None:
    """The position in the bytes of a point; None for anything else."""
    if not isinstance(wkb, bytes) or len(wkb) != _POINT.size:
        return None
    _, _, x, y = _POINT.unpack(wkb)
    return x, y
