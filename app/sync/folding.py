"""Receiving: the hub's blocks are proved and folded, and both sides' digests compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from app.errors import Conflict
from app.i18n import N_
from app.store.fold import FoldDone, Incoming
from app.store.keptblocks import KeptBlock
from app.store.replica import Replica
from app.store.replica_facts import START, Cursor
from app.sync import signing
from app.sync.messages import AreaNow, Held, PullReply, PullRequest, SignedBlock, digest_number
from app.sync.results import AreaState
from app.sync.transport import Transport
from app.sync.wire import decode_block

_NOWHERE = Cursor(0, START, 0)


@dataclass
class Folded:
    """What came in: `pulled` entries, what became of own changes, the records touched, where each area stands
    at the hub, and the hub's clock in ms."""

    pulled: int = 0
    settled: int = 0
    rejected: int = 0
    conflicts: int = 0
    hub_time: int = 0
    areas: dict[str, AreaNow] = field(default_factory=dict)
    touched: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(self, done: FoldDone) -> None:
        """Count what has been folded."""
        self.pulled += done.entries
        self.settled += done.settled
        self.rejected += done.rejected
        self.conflicts += done.conflicts
        for entity, uids in done.touched.items():
            self.touched.setdefault(entity, {}).update(dict.fromkeys(uids))


@dataclass(frozen=True)
class Receiving:
    """How the hub's log comes in: `held` says which grants are here, `keep` keeps newer ones, `between` hears
    what is safe in the file and may raise, which it is soon given the chance to once `stopped` says so."""

    transport: Transport
    replica: Replica
    held: Callable[[], Held]
    keep: Callable[[bytes], None]
    between: Callable[[Folded], None]
    stopped: Callable[[], bool]

    def ask(self) -> PullRequest | None:
        """What a push may ask for as well; nothing while a block is folded in part, which goes before."""
        return None if self.replica.begun() else self._asked()

    def receive(self, told: PullReply | None) -> Folded:
        """Fold what the hub has told with a push, then pull and fold until nothing is left."""
        done = Folded()
        if self.replica.begun():
            self.keep(self.transport.policy())
            finish_begun(self.replica, done, self.between, self.stopped)
            told = None
        while True:
            told = told or self.transport.pull(self._asked())
            # First the grants: they carry the verifiers whose marks the log may put into the records.
            self.keep(told.grants if told.grants is not None else self.transport.policy())
            before = done.pulled
            take(self.replica, told, done, self.between, self.stopped)
            if not told.more or done.pulled == before:
                return done
            told = None

    def _asked(self) -> PullRequest:
        cursors = self.replica.cursors()
        return PullRequest(
            after={area: cursor.seq for area, cursor in cursors.items()},
            held=self.held(),
            heads={area: cursor.head for area, cursor in cursors.items() if cursor.seq},
        )


def take(
    replica: Replica, reply: PullReply, done: Folded, between: Callable[[Folded], None],
    stopped: Callable[[], bool] = lambda: False,
) -> None:  # fmt: skip
    """Fold the blocks of one answer."""
    fold_blocks(replica, reply.blocks, done, between, stopped)
    done.areas.update(reply.areas)
    done.hub_time = max(done.hub_time, reply.hub_time)


def fold_blocks(
    replica: Replica, blocks: Iterable[SignedBlock], done: Folded, between: Callable[[Folded], None],
    stopped: Callable[[], bool] = lambda: False,
) -> None:  # fmt: skip
    """Prove blocks and fold them; those before one that is not as it should be come in."""
    facts = replica.facts()
    assert facts is not None, "only a replica receives"
    for part in replica.fold_all((proved(block, facts.hub_key) for block in blocks), stopped=stopped):
        done.add(part)
        between(done)


def proved(block: SignedBlock, hub_key: bytes) -> Incoming:
    """A block that the hub has signed. The signature is over the head, which stands for the block and all
    before; that the head follows from the bytes is compared while folding. Raises Invalid, Conflict."""
    signing.verify(signing.BLOCK, block.head, block.signature, hub_key)
    told = decode_block(block.body)
    if (told.area, told.first, told.last) != (block.area, block.first, block.last):
        raise Conflict(N_("The hub’s answer contradicts itself; nothing of it was taken"), code="bad_block")
    return Incoming(told, block.head, sha256(block.body).digest(), (block.body, block.signature))


def finish_begun(
    replica: Replica, done: Folded, between: Callable[[Folded], None],
    stopped: Callable[[], bool] = lambda: False,
) -> None:  # fmt: skip
    """Fold the rest of a block that was cut in the middle, from the bytes kept here: the hub may have been
    brought back from a backup meanwhile and no longer know it."""
    fold_blocks(replica, map(as_signed, replica.begun()), done, between, stopped)


def as_kept(block: SignedBlock) -> KeptBlock:
    """A block as it travelled, to be kept here."""
    return KeptBlock(block.area, block.first, block.last, block.body, block.head, block.signature)


def as_signed(kept: KeptBlock) -> SignedBlock:
    """A block that was kept here, as it travels."""
    return SignedBlock(
        area=kept.area,
        first=kept.first,
        last=kept.last,
        body=kept.body,
        head=kept.head,
        signature=kept.signature,
    )


def compare(replica: Replica, areas: Mapping[str, AreaNow], *, late: bool = False) -> dict[str, AreaState]:
    """Whether each area holds the same here and at the hub; None where the laptop has not come as far, and
    where it has come farther than a hub that told this earlier (`late`)."""
    cursors = replica.cursors()
    found = {}
    for area, now in sorted(areas.items()):
        here = cursors.get(area, _NOWHERE)
        found[area] = AreaState(here.seq, _agrees(here, now, late=late))
    return found


def _agrees(here: Cursor, now: AreaNow, *, late: bool) -> bool | None:
    if here.seq < now.seq or (late and here.seq > now.seq):
        return None
    if here.seq > now.seq:
        return False  # the hub has forgotten what it once told
    return here.head == now.head and here.digest == digest_number(now.digest)
