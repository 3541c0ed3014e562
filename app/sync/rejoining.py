"""The way back to a hub that was restored from a backup: it is given what it lost, then its log is followed.

A laptop notices by the heads of the log's chain, or because the hub knows fewer changes than it has answered.
It asks up to where both agree, gives the hub the blocks after that as they came, and goes back to there: the
hub's log tells all of it again. Cut anywhere, the next round does it once more; the hub knows a block again.
Until the log has told all of it, the hub is asked whether it still has those blocks: it may be brought back
once more. What it told of a record that has been moved away meanwhile stands in another log. Where that is
read here it is given back from there; else such a block is kept for longer, until others will have read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain, takewhile

from app.domain.replication import STANDS, Block, Effect
from app.errors import AppError, StoreFailure
from app.store.fold_step import LEAVE
from app.store.keptblocks import KeptBlock
from app.store.pending import Place
from app.store.rejoining import OwnBlock
from app.store.replica import Replica
from app.sync import signing
from app.sync.folding import Folded, as_signed, finish_begun
from app.sync.messages import RejoinRequest, SignedBlock
from app.sync.results import AreaState
from app.sync.transport import Transport
from app.sync.wire import decode_block

SIGNS = frozenset(("hub_behind", "wrong_head"))  # what a hub that was brought back looks like to a laptop
_Told = tuple[frozenset[tuple[str, Place]], frozenset[Place]]
_BYTES = 4 << 20  # about so many bytes of blocks at a time
_KEPT_MS = 90 * 24 * 3600 * 1000  # by then a hub is not brought back to before it


@dataclass(frozen=True)
class Rejoined:
    """`lost`: the hub lacked something that was here; `entries`: how many it did not have from others."""

    lost: bool
    entries: int


def is_sign(error: AppError) -> bool:
    """Whether a refusal says that the hub may have been brought back from a backup."""
    return error.code in SIGNS


def parts(areas: Mapping[str, AreaState]) -> bool:
    """Whether hub and laptop have not followed the same log."""
    return any(state.agrees is False for state in areas.values())


def is_forgotten(transport: Transport, replica: Replica) -> bool:
    """Whether the hub has lost batches that it took. To be asked when all of its log is here: what it takes
    it answers at once."""
    taken = [item.sha256 for item in replica.sealed() if item.state == "taken"]
    return bool(taken) and transport.rejoin(RejoinRequest(ends={}, taken=taken)).lacks > 0


def lacks_blocks(transport: Transport, replica: Replica) -> bool:
    """Whether the hub does not have all blocks that were folded here."""
    return bool(_forks(transport, replica))


def lost_again(transport: Transport, replica: Replica) -> bool:
    """Whether the hub lacks once more what it was given back before its log has told that here."""
    ends = replica.lost_ends()
    return bool(ends) and transport.rejoin(RejoinRequest(ends={}, lost=ends)).lacks > 0


def forget_told(replica: Replica) -> None:
    """All is level: blocks that were put aside are kept no longer, once the log has told here what became of
    all that they tell: an answer of long ago is level with a log that was lost meanwhile. One that is kept
    is kept with those it follows: a hub takes it upon them only."""
    replica.is_whole_again(untold(replica, replica.lost()))


def untold(replica: Replica, lost: Sequence[KeptBlock]) -> set[bytes]:
    """The heads of those of these blocks that tell what the log has not told here since, and of those they
    follow."""
    facts = replica.facts()
    since = (facts.hub_time_ms if facts is not None else 0) - _KEPT_MS
    before = _before(lost)
    forks: dict[bytes, int] = {}  # by head: the number at which the stretch of a block parts from the log
    for kept in lost:
        forks[kept.head] = forks[before[kept.head]] if kept.head in before else kept.first - 1
    told = cache(partial(_told_after, replica))
    keep: set[bytes] = set()
    for kept in reversed(lost):
        later = partial(told, kept.area, forks[kept.head])
        if kept.head in keep or _is_to_be_kept(replica, kept, since, later):
            keep |= {kept.head, before.get(kept.head, kept.head)}
    return keep


def _before(lost: Iterable[KeptBlock]) -> dict[bytes, bytes]:
    """By head the heads of the blocks that these follow, where those were put aside as well."""
    ends: dict[tuple[str, int], list[bytes]] = {}
    found: dict[bytes, bytes] = {}
    for block in lost:
        for head in ends.get((block.area, block.first - 1), ()):
            if signing.next_head(head, block.body) == block.head:
                found[block.head] = head
        ends.setdefault((block.area, block.last), []).append(block.head)
    return found


def _is_to_be_kept(replica: Replica, kept: KeptBlock, since: int, told: Callable[[], _Told]) -> bool:
    block = decode_block(kept.body)
    if block.received <= since:
        return False
    mine = _entered(block)
    if not mine:
        return False
    answered, gone = told()
    left = {(act, place) for act, place in mine - answered if place not in gone}
    return bool(left) and not left <= _told_elsewhere(replica, kept.area, block.received)


def _told_after(replica: Replica, area: str, fork: int) -> _Told:
    """What an area's log tells after a number: acts and records, and the records that are gone by its end."""
    try:
        later = replica.kept_after(area, fork)
    except StoreFailure:  # it tells nothing yet
        return frozenset(), frozenset()
    after = [decode_block(one.body) for one in later]
    last = {(one.entity, one.uid): one for block in after for one in block.effects}  # some leave later
    gone = frozenset(place for place, effect in last.items() if effect.op == "d" and not _leaves(effect))
    return frozenset((act, place) for block in after for act, _, place in _entries(block)), gone


def _told_elsewhere(replica: Replica, area: str, since: int) -> set[tuple[str, Place]]:
    """Acts and records that other areas' logs tell here since a moment of the hub: what was put aside of them
    is given back from there. An answer that wrote nothing may only repeat what a third log tells."""
    found: set[tuple[str, Place]] = set()
    for other in replica.cursors().keys() - {area}:
        with closing(replica.kept_newest(other)) as kept:
            blocks = (decode_block(one.body) for one in kept)
            for block in takewhile(lambda block: block.received > since, blocks):
                found |= _entered(block)
    return found


def _entered(block: Block) -> set[tuple[str, Place]]:
    """Acts and records of the effects that wrote something, but for what a restored hub tells whole by
    itself: that is nobody's entry, and told anew under another act whenever it is given back."""
    return {
        (act, place) for act, effect, place in _entries(block) if effect.op != "n" and effect.note != STANDS
    }


def _entries(block: Block) -> Iterator[tuple[str, Effect, Place]]:
    """The effects of a block with their acts and records, but for records that only leave the area."""
    for effect in block.effects:
        if not _leaves(effect):
            yield block.acts[effect.act].uid, effect, (effect.entity, effect.uid)


def _leaves(effect: Effect) -> bool:
    """Whether a record only goes to another area."""
    return effect.note.partition(":")[0] == LEAVE


def rejoin(transport: Transport, replica: Replica, between: Callable[[Folded], None]) -> Rejoined:
    """Give back what the hub lost, and follow it again; unanswered changes are sent under a new epoch.

    Raises StoreFailure `hub_behind` for a file that began after what the hub still has.
    """
    facts = replica.facts()
    assert facts is not None, "only a replica syncs"
    done = Folded()
    finish_begun(replica, done, between)
    forks = _forks(transport, replica)
    kept = [replica.kept_after(area, fork) for area, fork in sorted(forks.items())]
    entries = 0
    for blocks in (*kept, replica.lost()):  # what was put aside may follow on what is kept
        for part in _parts(blocks):
            entries += transport.give_back(part)
            between(done)
    epoch = transport.rejoin(RejoinRequest(ends={}, epoch=facts.epoch, renumber=True)).epoch
    replica.rejoin(forks, epoch, own_blocks(facts.device, chain.from_iterable(kept)))
    return Rejoined(bool(forks) or entries > 0, entries)


def own_blocks(device: str, those: Iterable[KeptBlock]) -> Iterator[OwnBlock]:
    """Those of the blocks that tell only what was entered on this laptop, as it was entered."""
    for kept in those:
        block = decode_block(kept.body)
        if block.device == device and all(effect.verdict == "accepted" for effect in block.effects):
            yield OwnBlock(block.area, kept.first, kept.last, frozenset(act.uid for act in block.acts))


def _forks(transport: Transport, replica: Replica) -> dict[str, int]:
    """The areas whose log the hub does not have as far as it was folded here, and up to where it has it."""
    ends = replica.ends()
    common = transport.rejoin(RejoinRequest(ends=ends)).common if ends else {}
    agreed = {area: common.get(area, 0) for area in ends}
    return {area: seq for area, seq in agreed.items() if seq < ends[area][-1][0]}


def _parts(blocks: list[KeptBlock]) -> Iterator[list[SignedBlock]]:
    """Blocks as they are sent, a few megabytes at a time."""
    part: list[SignedBlock] = []
    left = _BYTES
    for kept in blocks:
        part.append(as_signed(kept))
        left -= len(kept.body)
        if left <= 0:
            yield part
            part, left = [], _BYTES
    if part:
        yield part
