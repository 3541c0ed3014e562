"""Folding: the hub's log of an area is brought into the file, a few hundred entries at a time.

Each step is one short transaction that writes the records, their journal, the digest, the cursor and the view
together, so that a killed program goes on where it stood and a window never waits long for the file.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from app.domain.digest import MODULUS, as_text
from app.domain.replication import Block
from app.errors import StoreFailure
from app.i18n import N_
from app.store import chain, keptblocks, outbox, pending, views
from app.store.connect import Database
from app.store.fold_state import FoldState
from app.store.fold_step import Step
from app.store.fold_write import write
from app.store.journal import FOLDING, FOREIGN, set_context
from app.store.keptblocks import KeptBlock
from app.store.replica_facts import START, ReplicaFacts

STEP = 500


@dataclass
class FoldDone:
    """What a fold did: the records whose values in sight changed, and what became of own changes."""

    touched: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rejected: int = 0
    conflicts: int = 0
    settled: int = 0

    def add(self, step: Step, touched: dict[str, dict[str, None]]) -> None:
        """Count one step."""
        self.rejected += step.rejected
        self.conflicts += step.conflicts
        self.settled += len(step.settled)
        for entity, uid in step.touched:
            touched.setdefault(entity, {})[uid] = None


@dataclass(frozen=True)
class Incoming:
    """A block with the hash chain's head after it; `body_sha256` (of its bytes) lets the head be computed.

    `proof` are the bytes themselves and the hub's signature, which are kept.
    """

    block: Block
    head: bytes
    body_sha256: bytes | None = None
    proof: tuple[bytes, bytes] | None = None

    @property
    def kept(self) -> KeptBlock | None:
        """The block as it is kept."""
        if self.proof is None:
            return None
        body, signature = self.proof
        return KeptBlock(self.block.area, self.block.first, self.block.last, body, self.head, signature)


def fold(
    database: Database,
    facts: ReplicaFacts,
    incoming: Incoming,
    *,
    step: int = STEP,
    between: Callable[[], None] | None = None,
) -> FoldDone:
    """Bring one block of an area's log into the file; what has been folded already is passed over.

    Raises StoreFailure `gap` when entries before the block are missing, `wrong_head` when the log is not the
    one this file has followed.
    """
    done, touched = FoldDone(), dict[str, dict[str, None]]()
    block = incoming.block
    at = _check(database, incoming)
    if at is None:
        return done
    while True:
        last = min(at + step, block.last)
        with database.repeatable() as connection:
            _keep(raw_of(connection), incoming)
            found = _step(connection, database, facts, block, (at + 1, last))
            if last == block.last:
                _finish(raw_of(connection), incoming)
        at = last
        done.add(found, touched)
        if at >= block.last:
            break
        if between:
            between()
    database.tidy(block.last - block.first + 1)
    done.touched = {entity: tuple(uids) for entity, uids in touched.items()}
    return done


def raw_of(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection, inside the same transaction."""
    found: Any = connection.connection.driver_connection
    assert isinstance(found, sqlite3.Connection)
    return found


def _keep(raw: sqlite3.Connection, incoming: Incoming) -> None:
    """The block's own bytes, before its first entry: what is half folded can be finished without the hub."""
    if incoming.kept is not None:
        area = incoming.block.area
        row = raw.execute("SELECT whole, head FROM sync_cursor WHERE area = ?", (area,)).fetchone()
        keptblocks.keep(raw, incoming.kept, row or (0, START))


def _check(database: Database, incoming: Incoming) -> int | None:
    """The number up to which the block is in the file already; None when all of it is."""
    block, head, body_sha256 = incoming.block, incoming.head, incoming.body_sha256
    with database.reading() as connection:
        raw = raw_of(connection)
        query = "SELECT seq, whole, head FROM sync_cursor WHERE area = ?"
        seq, whole, known = raw.execute(query, (block.area,)).fetchone() or (0, 0, START)
        other = body_sha256 is not None and seq > whole and block.first == whole + 1
        other = other and not keptblocks.is_begun_with(raw, block.area, whole, body_sha256 or b"")
    if block.first > seq + 1:
        raise StoreFailure(
            N_("A piece of the log of area {area} is missing: after number {after} came {first}"),
            hint=N_("Sync again; nothing was changed."),
            area=block.area,
            after=seq,
            first=block.first,
            code="gap",
        )
    # Blocks end where they ended before, unless the hub was brought back from a backup and went on anew.
    foreign = (block.last == whole and known != head) or block.first <= whole < block.last
    if body_sha256 is not None and block.first == whole + 1:
        foreign = hashlib.sha256(known + body_sha256).digest() != head
    if foreign or other:
        raise StoreFailure(
            N_("The hub’s log of area {area} is not the one this workspace has followed"),
            hint=N_("Nothing was changed. Tell the person who looks after the hub."),
            area=block.area,
            code="wrong_head",
        )
    if block.last <= whole:
        return None
    return max(seq, block.first - 1)


def _step(
    connection: Connection, database: Database, facts: ReplicaFacts, block: Block, span: tuple[int, int]
) -> Step:
    """Entries `span` of a block, in the transaction that is open."""
    raw = raw_of(connection)
    set_context(connection, FOLDING)
    chain.seal_found(connection)
    number = views.base_of(raw) + 1
    state = FoldState(raw, database.layout, facts, block, span, number)
    found = Step(state)
    for effect in state.effects:
        found.take(effect)
    write(connection, found)
    row = raw.execute("SELECT digest FROM sync_cursor WHERE area = ?", (block.area,)).fetchone()
    digest = as_text((int(row[0], 16) if row else 0) + found.digest % MODULUS)
    raw.execute(
        "INSERT INTO sync_cursor VALUES (?, ?, 0, ?, ?)"
        " ON CONFLICT (area) DO UPDATE SET seq = excluded.seq, digest = excluded.digest",
        (block.area, span[1], START, digest),
    )
    views.note(raw, number, block.area, span[1])
    if pending.oldest(raw) is None:
        views.forget(raw, block.area, number)
    set_context(connection, FOREIGN)
    return found


def _finish(raw: sqlite3.Connection, incoming: Incoming) -> None:
    """The block is in: note the head of the chain, and which batches are answered."""
    block, head = incoming.block, incoming.head
    raw.execute(
        "UPDATE sync_cursor SET whole = ?, head = ? WHERE area = ?", (block.last, bytes(head), block.area)
    )
    outbox.close_batches(raw)
