"""Reading the hub's books: where areas, laptops and conflicts stand."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, func, select

from app.domain.areas import Scope, covers
from app.domain.digest import MODULUS, row_hash
from app.domain.entity import Entity
from app.hub.book import AREAS, BATCHES, DEVICES, FACTS, field_ids
from app.hub.database import HubDatabase
from app.hub.devices import Device, devices
from app.hub.keepers import keepers
from app.hub.keys import facts
from app.hub.lost import restored_at
from app.hub.programs import ANY, Minimum
from app.hub.records import record_of
from app.hub.recovery import NONE, Recovery
from app.hub.rows import Rows
from app.hub.rulings import ruling_of
from app.store.tables import STORED_TYPES

E = TypeVar("E", bound=Entity)
Area = tuple[int, bytes, int]
_MANY = 500  # values asked for at once


@dataclass(frozen=True)
class DeviceBook:
    """A laptop for people: times in ms, `lag` is the number of entries it has not fetched."""

    device: str
    area: str
    role_cap: str
    epoch: int
    enrolled_at: int
    last_sync: int | None
    lag: int
    revoked_at: int | None
    clock_off: int | None
    founding: bool
    label: str
    revoked_by: str = ""
    revoked_why: str = ""
    former: str = ""  # the laptop whose file goes on as this one
    program: str = ""  # the version it said last
    disk: str = ""  # whether its disk is encrypted, as it said last
    journal: str = ""  # whether its journal is whole, as it said last


@dataclass(frozen=True)
class Status:
    """The hub in numbers; `areas` are (number, head, digest) by code. `restored_at` (ms) is when the hub was
    last brought back from a backup, `given_back` how many entries laptops have given it back since; `minimum`
    the lowest version of the program that may sync, `recovery` the recovery key's public half."""

    area: str
    areas: Mapping[str, Area]
    devices: int
    people: int
    administrators: int  # who keep the house of the whole and can sign in
    conflicts: int
    engine: str
    founded: bool
    restored_at: int | None = None
    given_back: int = 0
    minimum: Minimum = ANY
    recovery: Recovery = NONE


@dataclass(frozen=True)
class QuarantinedBatch:
    """A batch of a revoked laptop; `people` wrote what came late from there, in this batch or another."""

    device: str
    received: int
    changes: int
    reason: str
    people: tuple[str, ...]


def areas(connection: Connection, scope: Scope | None = None) -> dict[str, Area]:
    """Where every area stands that a laptop reads, or all."""
    rows = connection.execute(select(AREAS).order_by(AREAS.c.code))
    return {
        row.code: (row.seq, bytes(row.head), int(row.digest, 16))
        for row in rows
        if row.seq and (scope is None or scope.reads(row.code))
    }


def laptops(connection: Connection, root: str) -> list[DeviceBook]:
    """Every laptop."""
    now = areas(connection)
    found = []
    for item in devices(connection):
        found.append(
            DeviceBook(
                item.uid, item.area, item.role_cap, item.epoch, item.enrolled_at, item.last_sync,
                _lag(item, now, root), item.revoked_at, item.clock_off, item.founding, item.label or "",
                item.revoked_by or "", item.revoked_why or "", item.former or "", item.program or "",
                item.disk or "", item.journal or "",
            )
        )  # fmt: skip
    return found


def status(database: HubDatabase, connection: Connection, root: str) -> Status:
    """The hub in numbers."""
    open_ones = connection.exec_driver_sql(
        "SELECT count(*) FROM conflict WHERE h_alive AND situation = 'open'"
    )
    people = connection.exec_driver_sql("SELECT count(*) FROM person WHERE h_alive")
    count = connection.execute(select(func.count()).select_from(DEVICES)).scalar_one()
    persons, told = int(people.scalar_one()), facts(connection)
    engine, back = "postgresql" if database.postgres else "sqlite", restored_at(connection)
    conflicts = int(open_ones.scalar_one())
    able = len(keepers(Rows(database, connection), root))
    return Status(
        root, areas(connection), count, persons, able, conflicts, engine, persons > 0, *back,
        ruling_of(told, Minimum), ruling_of(told, Recovery),
    )  # fmt: skip


def is_unfounded(connection: Connection) -> bool:
    """Whether the hub knows nobody and no laptop has begun it."""
    person = connection.exec_driver_sql("SELECT 1 FROM person LIMIT 1").first()
    founder = connection.execute(select(DEVICES.c.uid).where(DEVICES.c.founding).limit(1)).first()
    return person is None and founder is None


def founds(connection: Connection) -> bool:
    """Whether the laptop that joins in this transaction is the one that begins the hub: of two that come at
    the same moment the second waits until the first is known."""
    if not is_unfounded(connection):
        return False
    connection.execute(select(FACTS.c.value).where(FACTS.c.name == "hub").with_for_update())
    return is_unfounded(connection)


def quarantined(connection: Connection) -> list[QuarantinedBatch]:
    """Batches of revoked laptops, oldest first."""
    query = (
        select(BATCHES.c.device, BATCHES.c.received, BATCHES.c.first, BATCHES.c.last, DEVICES.c.revoked_why)
        .join(DEVICES, DEVICES.c.uid == BATCHES.c.device)
        .where(BATCHES.c.state == "quarantined")
        .order_by(BATCHES.c.received)
    )
    writers: dict[str, list[str]] = {}
    late = """SELECT DISTINCT offered_device, offered_by FROM conflict WHERE kind = 'quarantine'
      AND offered_device IS NOT NULL AND offered_by IS NOT NULL ORDER BY offered_by"""
    for device, name in connection.exec_driver_sql(late):
        writers.setdefault(device, []).append(name)
    return [
        QuarantinedBatch(
            row.device, row.received, row.last - row.first + 1, row.revoked_why or "",
            tuple(writers.get(row.device, ())),
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def records(
    database: HubDatabase, connection: Connection, kind: type[E], condition: str = "", area: str | None = None
) -> list[E]:
    """The living records of a kind, of an area and those below when one is given."""
    where = f" AND {condition}" if condition else ""
    query = f'SELECT uid, h_area FROM "{kind.TYPE.name}" WHERE h_alive{where}'
    found = connection.exec_driver_sql(query).all()
    uids = [uid for uid, place in found if area is None or covers(area, place)]
    rows = Rows(database, connection)
    rows.read(kind.TYPE.name, uids, field_ids(kind.TYPE))
    return [record_of(kind, row.uid, row.values) for row in rows.of_entity(kind.TYPE.name)]


def recount(database: HubDatabase, connection: Connection) -> dict[str, int]:
    """The digest of each area from its living rows."""
    sums: dict[str, int] = {}
    for kind in STORED_TYPES:
        rows = Rows(database, connection)
        for row in rows.living(kind.name):
            sums[row.area] = (sums.get(row.area, 0) + row_hash(row.entity, row.uid, row.values)) % MODULUS
    return sums


def clock() -> int:
    """The hub's clock in ms."""
    return int(time.time() * 1000)


def _lag(item: Device, now: Mapping[str, Area], root: str) -> int:
    cursors = json.loads(item.delivered or item.cursors or "{}")
    scope = Scope(item.area, root)
    return sum(max(0, seq - cursors.get(area, 0)) for area, (seq, _, _) in now.items() if scope.reads(area))


def areas_naming(connection: Connection, mark: str, files: Sequence[str]) -> dict[str, set[str]]:
    """Of each of these attachments (SHA-256) the areas of the records that name it, and of the papers of
    revoked laptops that wait for somebody to decide about them."""
    found: dict[str, set[str]] = {}
    for at in range(0, len(files), _MANY):
        some = tuple(files[at : at + _MANY])
        marks = ", ".join([mark] * len(some))
        query = f"SELECT DISTINCT sha256, h_area FROM attachment WHERE h_alive AND sha256 IN ({marks})"
        for sha256, area in connection.exec_driver_sql(query, some):
            found.setdefault(sha256, set()).add(area)
    late = """SELECT h_area, offered FROM conflict WHERE h_alive AND kind = 'quarantine'
      AND situation = 'open' AND owner_entity = 'attachment'"""
    asked = set(files)
    for area, offered in connection.exec_driver_sql(late):
        cells = json.loads(offered or "{}")
        sha256 = cells.get("sha256") if isinstance(cells, dict) else None
        if isinstance(sha256, str) and sha256 in asked:
            found.setdefault(sha256, set()).add(area)
    return found
