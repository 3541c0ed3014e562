"""Letting go of the areas that do not come to this laptop, once the hub has them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from app.domain.replication import HUB_PERSON, Act, Block, Effect
from app.store import chain, confirmed, pending
from app.store.connect import Database
from app.store.fold_state import FoldState
from app.store.fold_step import Step
from app.store.fold_write import write
from app.store.pending import Place
from app.store.replica_facts import ReplicaFacts

LEFT = "left_scope"
_AT_ONCE = 500


def leave(database: Database, facts: ReplicaFacts, areas: Iterable[str], act: Act, received: int) -> int:
    """Remove the records of these areas, a few hundred at a time; those with own pending changes stay.

    Gives the number of records that went. The journal keeps what they held.
    """
    with database.reading() as connection:
        raw = _raw(connection)
        waiting = {place for place, _ in pending.every(raw)}
        found: dict[str, list[Place]] = {area: [] for area in sorted(set(areas))}
        for entity, uid, area, _ in confirmed.records(raw, database.layout, facts.root):
            if area in found and (entity, uid) not in waiting:
                found[area].append((entity, uid))
    for area, places in found.items():
        for start in range(0, len(places), _AT_ONCE):
            with database.repeatable() as connection:
                block = _block(area, places[start : start + _AT_ONCE], act, received)
                _remove(connection, database, facts, block)
            database.tidying.folded(len(block.effects))
    database.tidying.ended()
    with database.writing() as connection:
        raw = _raw(connection)
        for area in found:
            for table in (
                "sync_cursor",
                "sync_ghost",
                "sync_origin",
                "sync_block",
                "sync_lost",
                "sync_beyond",
            ):
                raw.execute(f"DELETE FROM {table} WHERE area = ?", (area,))
    return sum(map(len, found.values()))


def act_of(uid: str, at: str, hlc: int) -> Act:
    """The act under which records leave; the hub's, as it drew the border."""
    return Act(uid, "", HUB_PERSON, HUB_PERSON, "", "", LEFT, "", None, hlc, at)


def _block(area: str, places: list[Place], act: Act, received: int) -> Block:
    effects = tuple(Effect(0, 0, entity, uid, "d", {}) for entity, uid in places)
    return Block(area, 1, "", 0, received, (act,), effects)


def _remove(connection: Connection, database: Database, facts: ReplicaFacts, block: Block) -> None:
    raw = _raw(connection)
    chain.seal_found(connection)
    step = Step(FoldState(raw, database.layout, facts, block, (1, block.last), 0))
    step.work_out()
    write(connection, step)


def _raw(connection: Connection) -> Any:
    return connection.connection.driver_connection
