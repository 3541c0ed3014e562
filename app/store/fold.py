"""Folding: the hub's log is brought into the file, some hundred entries at a time.

Each step is one transaction that writes the records, their journal, the digest, the cursor and the view
together, so that a killed program goes on where it stood. It goes on piece after piece until somebody wants
to write, so that a window never waits long for the file (`fold_pace.py`). Small blocks share a step.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter

from sqlalchemy import Connection

from app.domain.digest import MODULUS, as_text
from app.domain.replication import Block
from app.errors import AppError, StoreFailure
from app.i18n import N_
from app.litter import LARGE, undisturbed
from app.store import beyond, chain, gpkg, keptblocks, outbox, views
from app.store.connect import Database, Overtaken, raw_of
from app.store.fold_pace import Pace
from app.store.fold_state import FoldState
from app.store.fold_step import Step
from app.store.fold_write import write_piece
from app.store.keptblocks import KeptBlock
from app.store.pending import Waiting
from app.store.replica_facts import START, ReplicaFacts


@dataclass
class FoldDone:
    """What a fold did: entries that came in, rows of the journal it wrote, the records whose values in sight
    changed, what became of own changes, and the longest time in seconds for which a step had the file."""

    entries: int = 0
    noted: int = 0
    touched: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rejected: int = 0
    conflicts: int = 0
    settled: int = 0
    held: float = 0.0

    def add(self, other: FoldDone) -> None:
        """Count what another fold did as well."""
        self.entries += other.entries
        self.noted += other.noted
        self.rejected += other.rejected
        self.conflicts += other.conflicts
        self.settled += other.settled
        self.held = max(self.held, other.held)
        for entity, uids in other.touched.items():
            self.touched[entity] = tuple(dict.fromkeys((*self.touched.get(entity, ()), *uids)))


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
    database: Database, facts: ReplicaFacts, blocks: Iterable[Incoming], *,
    step: int | None = None, stopped: Callable[[], bool] = lambda: False,
) -> Iterator[FoldDone]:  # fmt: skip
    """Bring blocks of the log into the file; what has been folded already is passed over.

    Gives what each step did once it is safe in the file; `step` is how many entries one takes, else as many
    as can be committed in a moment, and fewer when somebody waits or `stopped` says that the fold is to end.
    Raises StoreFailure `gap` when entries before a block are missing, `wrong_head` when the log is not the
    one this file has followed, and what `blocks` raises; what came before is in the file then.
    """
    # Between two steps as well: who waits for the file would wait for the collector, 35 ms, on top.
    with undisturbed(LARGE), ThreadPoolExecutor(1, "blocks") as ahead:
        series = _Series(database, facts, iter(blocks), Pace(step), stopped)
        while True:
            database.let_others()
            if not series.fetch():
                break
            done = series.step(ahead)
            if done.entries:
                done.held = max(done.held, database.tidying.folded(done.noted))
                yield done
    database.tidying.ended()
    if series.failure is not None:
        raise series.failure


class _Series:
    """Blocks on their way into the file, the next ones in memory."""

    def __init__(
        self, database: Database, facts: ReplicaFacts, source: Iterator[Incoming], pace: Pace,
        stopped: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._pace = pace
        self._stopped = stopped
        self._database = database
        self._facts = facts
        self._source = source
        self._waiting: deque[Incoming] = deque()
        self._own = Waiting()
        self._number = 0  # of the fold, as `views` counts them: one for each transaction
        self._at: int | None = None  # the number reached in the first of them, once it has been looked at
        self.failure: AppError | None = None

    def fetch(self) -> bool:
        """Have the blocks of a step at hand, so that nothing is decoded while the file is held; whether
        there is anything to be done."""
        there = sum(len(incoming.block.effects) for incoming in self._waiting)
        if self._at is not None:
            there -= self._at - self._waiting[0].block.first + 1
        while there < self._pace.work and self.failure is None:
            try:
                incoming = next(self._source, None)
            except AppError as failure:
                self.failure = failure
                break
            if incoming is None:
                break
            self._waiting.append(incoming)
            there += len(incoming.block.effects)
        return bool(self._waiting)

    def step(self, ahead: Executor) -> FoldDone:
        """As many entries as the pace says and others leave time for, in one transaction. While it is
        committed, which is the system's work, a thread of `ahead` has the next blocks at hand."""
        self._database.tidying.rest()
        self._database.let_others()
        self._pace.begin()
        fetching: list[Future[bool]] = []
        try:
            done = self._transaction(lambda: fetching.append(ahead.submit(self.fetch)))
            self._pace.committed()
        finally:
            for one in fetching:
                one.result()
        done.held = self._pace.took
        return done

    def _transaction(self, meanwhile: Callable[[], None]) -> FoldDone:
        """Its first piece is worked out before others have to wait, unless somebody wrote meanwhile: then
        once more while they do. `meanwhile` is called before the commit, unless somebody waits: they would
        wait for the interpreter as well."""
        try:
            with self._database.prepared() as (connection, lock):
                done = self._step(connection, lock)
                if not self._is_wanted():
                    meanwhile()
        except Overtaken:
            with self._database.repeatable() as connection:
                self._pace.begin()
                self._pace.held(perf_counter())
                done = self._step(connection, lambda: None)
        return done

    def _step(self, connection: Connection, lock: Callable[[], None]) -> FoldDone:
        done, touched, raw = FoldDone(), dict[str, dict[str, None]](), raw_of(connection)
        self._number = views.base_of(raw) + 1
        while self._waiting and not self._pace.full() and not (done.entries and self._is_wanted()):
            incoming = self._waiting[0]
            try:
                at = _check(raw, incoming) if self._at is None else self._at
            except StoreFailure as failure:  # what stands before it shall be kept
                self.failure = failure
                self._waiting.clear()
                break
            if at is None:
                self._waiting.popleft()
                continue
            own = (incoming.block.device, incoming.block.epoch) == (self._facts.device, self._facts.epoch)
            last = self._pace.reach(incoming.block, at, own)
            found = self._piece(connection, (at + 1, last), lock)
            self._pace.written()
            _count(done, touched, found, last - at)
        gpkg.touch(connection, map(self._database.layout.of, touched))
        self._own.written(raw)
        done.touched = {entity: tuple(uids) for entity, uids in touched.items()}
        return done

    def _is_wanted(self) -> bool:
        return not self._pace.fixed and (self._database.turn.wanted or self._stopped())

    def _piece(self, connection: Connection, span: tuple[int, int], lock: Callable[[], None]) -> Step:
        """These entries of the first block."""
        incoming, raw = self._waiting[0], raw_of(connection)

        def have() -> None:
            asked = perf_counter()
            lock()
            self._pace.held(asked)

        state = FoldState(
            raw, self._database.layout, self._facts, incoming.block, span,
            self._number, have, self._own,
        )  # fmt: skip
        found = _planned(state)
        have()
        if self._at is None:
            _keep(raw, incoming)
        _write(connection, found, incoming.block, span)
        self._at = span[1]
        if span[1] == incoming.block.last:
            _finish(raw, incoming)
            self._waiting.popleft()
            self._at = None
        self._own.written(raw)
        return found


def _count(done: FoldDone, touched: dict[str, dict[str, None]], step: Step, entries: int) -> None:
    done.entries += entries
    done.noted += len(step.notes)
    done.rejected += step.rejected
    done.conflicts += step.conflicts
    done.settled += len(step.settled)
    for entity, uids in step.touched.items():
        touched.setdefault(entity, {}).update(uids)


def _keep(raw: sqlite3.Connection, incoming: Incoming) -> None:
    """The block's own bytes, before its first entry: what is half folded can be finished without the hub."""
    if incoming.kept is not None:
        area = incoming.block.area
        row = raw.execute("SELECT whole, head FROM sync_cursor WHERE area = ?", (area,)).fetchone()
        keptblocks.keep(raw, incoming.kept, row or (0, START))


def _check(raw: sqlite3.Connection, incoming: Incoming) -> int | None:
    """The number up to which the block is in the file already; None when all of it is."""
    block, head, body_sha256 = incoming.block, incoming.head, incoming.body_sha256
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


def _planned(state: FoldState) -> Step:
    """What the entries of a step do to the file, worked out and not written."""
    found = Step(state)
    found.work_out()
    return found


def _write(connection: Connection, found: Step, block: Block, span: tuple[int, int]) -> None:
    """Write it, in the transaction that is open."""
    raw, number = raw_of(connection), found.state.number
    chain.seal_found(connection)
    write_piece(connection, found)
    start = span[0] - block.first
    found.digest += beyond.keep(raw, block.area, block.effects[start : span[1] - block.first + 1])
    row = raw.execute("SELECT digest FROM sync_cursor WHERE area = ?", (block.area,)).fetchone()
    digest = as_text((int(row[0], 16) if row else 0) + found.digest % MODULUS)
    raw.execute(
        "INSERT INTO sync_cursor VALUES (?, ?, 0, ?, ?)"
        " ON CONFLICT (area) DO UPDATE SET seq = excluded.seq, digest = excluded.digest",
        (block.area, span[1], START, digest),
    )
    views.note(raw, number, block.area, span[1])
    found.state.waiting.settled(raw, found.state.pending, found.state.accepted.records)
    if found.state.waiting.none_is_left(raw):
        views.forget(raw, block.area, number)


def _finish(raw: sqlite3.Connection, incoming: Incoming) -> None:
    """The block is in: note the head of the chain, and which batches are answered."""
    block, head = incoming.block, incoming.head
    raw.execute(
        "UPDATE sync_cursor SET whole = ?, head = ? WHERE area = ?", (block.last, bytes(head), block.area)
    )
    outbox.close_batches(raw)
