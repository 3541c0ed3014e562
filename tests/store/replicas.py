"""A hub small enough to be read, and laptops that sync with it, for the tests of replicas."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.domain.areas import area_of_record
from app.domain.changes import new_uid
from app.domain.digest import MODULUS, row_hash
from app.domain.entities.boiler import Boiler
from app.domain.entities.papers import Attachment
from app.domain.replication import HUB_PERSON, Act, Batch, Block, Effect, Entry
from app.store.replica import Draft, FoldDone, ReplicaFacts
from app.store.workspace import Workspace
from store.records import CLERK, START, Desk

ROOT = "620800"
TOWN = "620802105"
OTHER = "620821100"
RECEIVED = int(START.timestamp() * 1000) + 3_600_000


@dataclass
class Log:
    """An area's log: its blocks with the head after each."""

    blocks: list[tuple[Block, bytes]] = field(default_factory=list)
    head: bytes = bytes(32)
    seq: int = 0


@dataclass
class TinyHub:
    """Decides by `rule(entry, row) -> (op, cells, verdict, note)`; without one it accepts everything."""

    rows: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    areas: dict[tuple[str, str], str] = field(default_factory=dict)
    logs: dict[str, Log] = field(default_factory=dict)
    rule: Callable[[Entry, dict[str, Any] | None], tuple[str, dict[str, Any], str, str]] | None = None
    batches: list[Batch] = field(default_factory=list)

    def write(
        self, act: Act, effects: Sequence[Effect], area: str, device: str = "", epoch: int = 0
    ) -> Block:
        """Put effects into an area's log as one block."""
        log = self.logs.setdefault(area, Log())
        block = Block(area, log.seq + 1, device, epoch, RECEIVED, (act,), tuple(effects))
        log.seq = block.last
        log.head = hashlib.sha256(log.head + sha_of(block)).digest()
        log.blocks.append((block, log.head))
        return block

    def take(self, batch: Batch) -> None:
        """Decide a batch, entry by entry, one block for each."""
        self.batches.append(batch)
        for place, entry in enumerate(batch.entries):
            number = batch.first + place
            for area, effect in self._effects(entry, number):
                self.write(batch.acts[entry.act], [effect], area, batch.device, batch.epoch)

    def hub_act(self, uid: str, action: str = "hub") -> Act:
        """An act of the hub's own."""
        return Act(
            uid, "", HUB_PERSON, "hub", "", "", action, "", None, RECEIVED << 16, "2026-11-23T03:00:00.000Z"
        )

    def digest(self, area: str) -> int:
        """The sum over all rows of an area."""
        rows = (row_hash(*place, row) for place, row in self.rows.items() if self.areas[place] == area)
        return sum(rows) % MODULUS

    def _effects(self, entry: Entry, number: int) -> list[tuple[str, Effect]]:
        place = (entry.entity, entry.uid)
        row = self.rows.get(place)
        op, cells, verdict, note = (
            self.rule(entry, row) if self.rule else (entry.op, entry.cells, "accepted", "")
        )
        area = self.areas.get(place) or self._area(entry.entity, {**(row or {}), **cells})
        effect = Effect(0, number, *place, op, dict(cells), verdict, note)  # type: ignore[arg-type]
        if op == "n":
            return [(area, effect)]
        if op == "d":
            self.rows.pop(place, None)
            return [(self.areas.pop(place, area), effect)]
        new = {name: value for name, value in {**(row or {}), **cells}.items() if value is not None}
        moved = self._area(entry.entity, new)
        self.rows[place], self.areas[place] = new, moved
        if row is None or moved == area:
            return [(moved, effect)]
        leave = Effect(0, number, *place, "d", {}, "accepted", "leave")
        return [(area, leave), (moved, Effect(0, number, *place, "i", new, "accepted", "enter"))]

    def _area(self, entity: str, values: dict[str, Any]) -> str:
        return area_of_record(entity, values, ROOT, lambda kind, uid: self.areas.get((kind, uid)))


class Laptop:
    """A replica with somebody at it."""

    def __init__(self, workspace: Workspace, hub: TinyHub, device: str, area: str = ROOT) -> None:
        self.workspace, self.hub = workspace, hub
        self.desk = Desk(workspace)
        self.replica = workspace.replica
        if not self.replica.enrolled:
            self.replica.enrol(facts(device, area))

    def push(self, limit: int = 10_000) -> list[Batch]:
        """Seal and send everything."""
        sent = []
        while (sealed := self.replica.seal(limit, self.encode)) is not None:
            self.hub.take(self.made[sealed.first])
            self.replica.taken(sealed.sha256)
            sent.append(self.made[sealed.first])
        return sent

    def encode(self, draft: Draft) -> bytes:
        """A batch as bytes; the batch itself is kept for the hub that cannot decode."""
        found = self.replica.facts()
        assert found is not None
        batch = Batch(
            found.hub, found.device, found.epoch, draft.previous, draft.first, 1, 0,
            draft.views, draft.acts, draft.entries,
        )  # fmt: skip
        self.made = {**getattr(self, "made", {}), draft.first: batch}
        return repr(batch).encode()

    def pull(self, areas: Sequence[str] | None = None) -> FoldDone:
        """Fold what the hub has in these areas, in this order."""
        total = FoldDone()
        for area in areas if areas is not None else sorted(self.hub.logs):
            cursor = self.replica.cursors().get(area)
            for block, head in self.hub.logs[area].blocks:
                if cursor is not None and block.last <= cursor.seq:
                    continue
                done = self.replica.fold(block, head, body_sha256=sha_of(block))
                total.rejected += done.rejected
                total.conflicts += done.conflicts
                total.settled += done.settled
        return total

    def sync(self) -> FoldDone:
        """A whole round."""
        self.push()
        return self.pull()

    def agrees(self) -> bool:
        """Whether each area's digest is the hub's, and is what the rows add up to."""
        found = {area: cursor.digest for area, cursor in self.replica.cursors().items()}
        counted = self.replica.recount()
        return all(digest == self.hub.digest(area) == counted.get(area, 0) for area, digest in found.items())


def paper(owner: Boiler, workspace: Workspace) -> Attachment:
    """A piece of evidence with a real file."""
    source = workspace.path.with_name("证.pdf")
    source.write_bytes(b"%PDF-1.4 " + owner.uid.encode())
    taken = workspace.attach(source)
    return Attachment(
        uid=new_uid(), owner_entity="boiler", owner=owner.uid, kind="other", file_name="证.pdf",
        sha256=taken.sha256, size=taken.size, added_by=CLERK.uid, added_at="2026-11-23T02:00:00.000Z",
    )  # fmt: skip


def facts(device: str, area: str = ROOT) -> ReplicaFacts:
    """What an enrolment would tell."""
    return ReplicaFacts("hub-1", "http://127.0.0.1:1", "", b"k" * 32, "age1x", device, 1, area, ROOT, "R5")


def sha_of(block: Block) -> bytes:
    """A stand-in for the hash of the block's bytes."""
    return hashlib.sha256(repr(block).encode()).digest()


def cells_in(file: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """What a query of the file gives, read as another program would."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query, values).fetchall()
