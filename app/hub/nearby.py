"""Boilers that may have been entered twice: very near another, or of the same unit at the same address."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from pyproj import Geod
from sqlalchemy import Connection

from app.domain.entity import GEOMETRY
from app.domain.merge import ConflictDraft
from app.domain.replication import Batch, Entry
from app.hub.database import BUCKETS, HubDatabase, bucket_of
from app.hub.desk import Desk, Told
from app.hub.rows import Row

_CGCS2000 = Geod(ellps="GRS80")
_POINT = struct.Struct("<BI2d")
_METRES_A_DEGREE = 111_000.0
_SHOWN = ("ledger_no", "user_org", "address", GEOMETRY)


def flag_near(database: HubDatabase, connection: Connection, desk: Desk, batch: Batch) -> None:
    """Raise a conflict for each boiler of this push that looks like another; none is refused for it."""
    fresh = [row for row in desk.rows.of_entity("boiler") if row.fresh and row.alive]
    if not fresh:
        return
    acts = {entry.uid: batch.acts[entry.act] for entry in batch.entries if entry.entity == "boiler"}
    metres = desk.policy.duplicate_m
    candidates = {row.uid: row for row in _candidates(database, connection, desk, fresh, metres)}
    done: set[frozenset[str]] = set()
    for row in fresh:
        other = next((item for item in candidates.values() if _alike(row, item, metres)), None)
        if other is None or frozenset((row.uid, other.uid)) in done or row.uid not in acts:
            continue
        done.add(frozenset((row.uid, other.uid)))
        kept = {name: row.values.get(name) for name in _SHOWN}
        offered = {name: other.values.get(name) for name in _SHOWN}
        told = Told(acts[row.uid], 0, Entry(0, row.entity, row.uid, "u", {}), {}, {})
        draft = ConflictDraft("duplicate", "near", kept, offered, open=True)
        desk.raise_conflicts(told, row, row.area, (draft,))


def _candidates(
    database: HubDatabase, connection: Connection, desk: Desk, fresh: Iterable[Row], metres: float
) -> list[Row]:
    """Boilers near the new ones or of their units, the new ones among them."""
    fresh = list(fresh)
    uids: dict[str, None] = dict.fromkeys(row.uid for row in fresh)
    places = [place for row in fresh if (place := place_of(row)) is not None]
    if places:
        uids.update(dict.fromkeys(_near(database, connection, places, metres)))
    units = list({str(row.values["user_org"]) for row in fresh if row.values.get("user_org")})
    if units:
        words, given = database.any_of("user_org", units)
        query = f"SELECT uid FROM boiler WHERE {words} AND h_alive"
        uids.update(dict.fromkeys(connection.exec_driver_sql(query, (given,)).scalars()))
    names = ("ledger_no", "user_org", "address", "div_code", "status", "round_no", GEOMETRY)
    desk.rows.read("boiler", uids, names)
    known = [row for row in desk.rows.of_entity("boiler") if row.uid in uids]
    desk.rows.widen(known, names)
    return [row for row in known if row.alive]


def _near(
    database: HubDatabase, connection: Connection, places: list[tuple[float, float]], metres: float
) -> list[str]:
    if database.postgres:
        query = (
            "SELECT DISTINCT b.uid FROM unnest(%s::float8[], %s::float8[]) AS p(x, y) JOIN boiler b"
            " ON b.geometry && ST_Expand(ST_SetSRID(ST_MakePoint(p.x, p.y), 4490), %s) WHERE b.h_alive"
        )
        wide = 1.5 * metres / _METRES_A_DEGREE
        given = ([x for x, _ in places], [y for _, y in places], wide)
        return list(connection.exec_driver_sql(query, given).scalars())
    steps = int(1.5 * metres / _METRES_A_DEGREE * BUCKETS) + 1
    around = range(-steps, steps + 1)
    cells = {bucket_of(x, y, right, up) for x, y in places for right in around for up in around}
    words, value = database.any_of("h_bucket(geometry)", sorted(cells))
    query = f"SELECT uid FROM boiler WHERE h_alive AND {words}"
    return list(connection.exec_driver_sql(query, (value,)).scalars())


def _alike(row: Row, other: Row, metres: float) -> bool:
    if row.uid == other.uid:
        return False
    mine, theirs = place_of(row), place_of(other)
    if mine is not None and theirs is not None:
        away = abs(mine[0] - theirs[0]) + abs(mine[1] - theirs[1])
        if away < 4 * metres / _METRES_A_DEGREE and _CGCS2000.inv(*mine, *theirs)[2] < metres:
            return True
    unit, address = row.values.get("user_org"), row.values.get("address")
    return bool(unit and address) and (unit, address) == (other.values.get("user_org"), other.values.get("address"))


def place_of(row: Row) -> tuple[float, float] | None:
    """The position of a boiler; None when it has none."""
    wkb = row.values.get(GEOMETRY)
    if wkb is None or len(wkb) != _POINT.size:
        return None
    _, _, x, y = _POINT.unpack(wkb)
    return x, y
