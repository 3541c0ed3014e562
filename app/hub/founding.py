"""How a hub begins: with the divisions of its area and one administrator, or with a workspace's records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.domain.areas import Scope
from app.domain.entities.people import Person
from app.domain.entity import Entity
from app.hub.applying import write_own
from app.hub.database import HubDatabase
from app.hub.desk import Desk
from app.hub.keys import HubKeys
from app.hub.log import Logs
from app.hub.records import cells_of
from app.hub.rows import Rows
from app.hub.verifiers import FIELD, Verifiers

_AT_ONCE = 20_000


@dataclass(frozen=True)
class Entered:
    """A record with the persons (uids) who entered or edited it in this round: they may not approve it."""

    record: Entity
    editors: frozenset[str]


First = Entity | Entered


def begin(database: HubDatabase, keys: HubKeys, root: str, records: Iterable[First], now: int) -> int:
    """Take in records as the hub's own act, owners before what belongs to them; how many."""
    count = 0
    part: list[First] = []
    for record in records:
        part.append(record)
        if len(part) >= _AT_ONCE:
            count += _take(database, keys, root, part, now)
            part = []
    count += _take(database, keys, root, part, now) if part else 0
    with database.writing() as connection:
        connection.exec_driver_sql("ANALYZE")
    return count


def _take(database: HubDatabase, keys: HubKeys, root: str, records: Sequence[First], now: int) -> int:
    with database.writing() as connection:
        rows, logs = Rows(database, connection), Logs(database, connection)
        desk = Desk(rows, logs, Scope(root, root), "R0", 0, now, founding=True)
        placed, kept = [], Verifiers(connection, keys, founding=True)
        for first in records:
            record = first.record if isinstance(first, Entered) else first
            cells = cells_of(record)
            placed.append((record, desk.area_of(record.TYPE.name, record.uid, cells, None)))
        logs.lock(sorted({area for _, area in placed}))
        for record, area in placed:
            if isinstance(record, Person) and record.verifier:
                told = kept.marked(record.uid, {FIELD: record.verifier})
                record = record.replace(verifier=told[FIELD])
            desk.insert_record(record, area)
        for told_of in (first for first in records if isinstance(first, Entered)):
            row = rows.peek(told_of.record.TYPE.name, told_of.record.uid)
            if row is not None:
                row.entered = dict.fromkeys(sorted(told_of.editors), 1)
        write_own(database, connection, keys, desk)
    return len(records)
