"""The way back to a hub that was restored from a backup, for a laptop that comes by stick only.

What `rejoining` asks over a network is told here by bundles. The hub's bundle says where its log stands; a
laptop that has followed another one sees up to where both agree, and its next bundle gives the hub the blocks
after that. Once a bundle of the hub says that it has them, the laptop follows the hub's log from there. Until
then the file stays as it is. Any of the bundles may be lost, late or repeated: the next one says it again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.replication import SEEN_BYTES
from app.store.keptblocks import KeptBlock
from app.store.replica import Replica
from app.sync.bundle import Item
from app.sync.folding import as_kept, as_signed, proved
from app.sync.messages import (
    RESTORED_EPOCHS,
    RejoinRequest,
    SignedBlock,
    StickStanding,
    encode_message,
)
from app.sync.rejoining import own_blocks, untold
from app.sync.signing import next_head

REJOIN = "rejoin"  # the item that tells where the laptop stands
_FORKS = "stick_lacks"  # what the file remembers until the hub has been given back: epoch, area and number


@dataclass(frozen=True)
class Way:
    """How a laptop goes on after a bundle of the hub. `waits`: the hub must be given back first, nothing of
    the bundle may be folded; `restored`, `forked`: the laptop goes on under a new epoch, and why; `found`: so
    many entries of a log that the hub lost were put aside for it."""

    waits: int = 0
    found: int = 0
    restored: bool = False
    forked: bool = False
    entries: int = 0


def go_on(replica: Replica, standing: StickStanding, blocks: Sequence[SignedBlock]) -> Way:
    """Follow the hub's log where the bundle allows it. `waits` counts the entries the hub lacks.

    Raises StoreFailure `hub_behind` for a file that began after what the hub still has.
    """
    facts = replica.facts()
    assert facts is not None, "only a replica reads bundles"
    if standing.hub_time < facts.hub_time_ms and standing.epoch <= facts.epoch:
        return Way()  # an old bundle: it says nothing of where the hub is now
    forks = _forks(replica, standing, blocks)
    lost = [block for area, fork in sorted(forks.items()) for block in replica.kept_after(area, fork)]
    entries = sum(block.last - block.first + 1 for block in lost)
    has = {bytes(head) for head in standing.given}
    if any(block.head[:SEEN_BYTES] not in has for block in lost) or (lost and standing.epoch <= facts.epoch):
        replica.set_private(_FORKS, json.dumps([facts.epoch, forks]).encode())
        return Way(waits=entries, restored=True)
    replica.set_private(_FORKS, None)
    if standing.epoch <= facts.epoch:
        return Way()
    given = [*lost, *(block for block in replica.lost() if block.head[:SEEN_BYTES] in has)]
    entries = sum(block.last - block.first + 1 for block in given)
    restored = bool(given) or standing.epoch >= facts.epoch + RESTORED_EPOCHS
    if restored:
        replica.rejoin(forks, standing.epoch, own_blocks(facts.device, lost))
    else:
        replica.fork(standing.epoch)
    return Way(restored=restored, forked=not restored, entries=entries)


def to_give_back(replica: Replica) -> list[KeptBlock]:
    """The blocks that the hub lacks, as its last bundle has told; none once the laptop has gone on under
    another epoch, over a network for instance: those numbers say nothing of what it follows now."""
    facts, kept = replica.facts(), replica.private(_FORKS)
    assert facts is not None, "only a replica writes bundles"
    epoch, forks = json.loads(kept) if kept else (facts.epoch, {})
    if epoch != facts.epoch:
        return []
    return [block for area, fork in sorted(forks.items()) for block in replica.kept_after(area, fork)]


def keep_lost(replica: Replica, blocks: Sequence[SignedBlock]) -> int:
    """Put aside what an old bundle tells of a log that the hub lost and that never came here, so that the
    hub is given it back: whoever wrote it may be lost, too. How many entries.

    Raises Invalid, Conflict for what the hub has not written.
    """
    facts = replica.facts()
    assert facts is not None, "only a replica reads bundles"
    for block in blocks:
        proved(block, facts.hub_key)
    strays = replica.astray(map(as_kept, blocks), next_head)
    needed = untold(replica, strays)
    lost = [block for block in strays if block.head in needed]
    if lost:
        replica.put_aside(lost)
    return sum(block.last - block.first + 1 for block in lost)


def items_of(replica: Replica, blocks: Sequence[KeptBlock]) -> list[Item]:
    """Up to where the hub's log is here and in which epoch, and the blocks that are given back.

    Those that its log has not told again since are given once more: it may have been brought back once more.
    """
    facts = replica.facts()
    assert facts is not None, "only a replica writes bundles"
    told = RejoinRequest(ends=replica.ends(), epoch=facts.epoch, lost=replica.lost_ends())
    signed = map(as_signed, (*blocks, *replica.lost()))
    return [
        Item("policy", REJOIN, encode_message(told)),
        *(Item("block", block.area, encode_message(block)) for block in signed),
    ]


def _forks(replica: Replica, standing: StickStanding, blocks: Sequence[SignedBlock]) -> dict[str, int]:
    """The areas whose log the hub does not have as far as it was folded here, and up to where it has it.

    The bundle tells of each area all that came after where the laptop stood when the hub heard of it last.
    """
    facts = replica.facts()
    assert facts is not None, "only a replica reads bundles"
    here = {(area, seq, head) for area, (seq, head) in standing.since.items()}
    here |= {(area, now.seq, now.head[:SEEN_BYTES]) for area, now in standing.areas.items()}
    here |= {(block.area, block.last, block.head[:SEEN_BYTES]) for block in blocks}
    forks = {}
    for area, ends in replica.ends().items():
        agreed = max((seq for seq, head in ends if (area, seq, head) in here), default=0)
        told = facts.scope.reads(area) and ends[-1][0] > standing.since.get(area, (0, b""))[0]
        if told and agreed < ends[-1][0]:
            forks[area] = agreed
    return forks
