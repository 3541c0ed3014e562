"""The USB road at the hub: bundles of laptops are taken like pushes, and answered by a bundle for each.

In a bundle for the hub: the request of a laptop that is new (enrol), blobs, up to where the laptop has the
log (RejoinRequest, as a policy named `rejoin`), blocks that a restored hub has lost, and signed batches. In
one for a laptop: blocks (SignedBlock), blobs that these speak of, where the areas stand (StickStanding, as a
policy named `areas`), and the grants (policy).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from app.domain.changes import new_uid
from app.domain.entities.conflict import Conflict
from app.domain.entities.papers import Attachment
from app.domain.replication import Effect
from app.domain.values import as_moment
from app.errors import NotAllowed
from app.hub import lost
from app.hub.hub import Hub
from app.hub.pushing import PushAnswer
from app.sync.bundle import BundleHead, BundleWritten, Item, write_bundle
from app.sync.keys import device_uid
from app.sync.messages import (
    AreaNow,
    EnrolRequest,
    RejoinRequest,
    SignedBlock,
    StickStanding,
    decode_message,
    digest_bytes,
    encode_message,
)
from app.sync.stick_rejoining import REJOIN
from app.sync.unpacking import Receiver, Unpacked, unpack_bundle
from app.sync.wire import decode_block

AREAS = "areas"  # the name of the item that says where the areas stand


@dataclass(frozen=True)
class Taken:
    """What a bundle brought: whose it was, the answer to each batch, how many blobs came, and how many
    entries that this hub, restored from a backup, had lost."""

    device: str
    answers: tuple[PushAnswer, ...]
    blobs: int
    given_back: int = 0


def take_bundle(hub: Hub, path: Path, now: datetime) -> Taken:
    """Take a laptop's bundle; raises BundleProblem with what exactly is wrong with it."""
    with tempfile.TemporaryDirectory(prefix="gridward-bundle-") as folder:
        found = unpack_bundle(path, _receiver(hub), Path(folder))
        _take_in(hub, found, now)
        blobs = [item for item in found.items if item.kind == "blob"]
        for item in blobs:
            hub.blobs.put(item.name, item.read())
        asked = _asked(hub, found)
        entries = _take_back(hub, found, asked, now) if asked else 0
        bodies = [item.read() for item in found.items if item.kind == "batch"]
        answers = tuple(hub.push(body, now) for body in bodies)
        if asked and any(answer.state == "gap" for answer in answers):  # this hub has lost what lay between
            _renew(hub, found.head.device, asked)
        return Taken(found.head.device, answers, len(blobs), entries)


def give_bundle(hub: Hub, device: str, path: Path, now: datetime) -> BundleWritten:
    """Write what a laptop has not seen as a bundle for it; NotAllowed for an unknown or revoked one."""
    found = hub.device(device)
    seen = json.loads(found.cursors) if found.cursors else {}
    answer = hub.pull(device, seen, 1 << 40, now)
    areas = {
        code: AreaNow(seq=seq, head=head, digest=digest_bytes(digest))
        for code, (seq, head, digest) in answer.areas.items()
    }
    with hub.database.reading() as connection:
        since, given = lost.ends_before(connection, seen), lost.given_back(connection)
    standing = StickStanding(
        areas=areas, hub_time=answer.hub_time, since=since, given=given, epoch=found.epoch
    )
    items = [Item("block", block.area, encode_message(block)) for block in answer.blocks]
    items.append(Item("policy", AREAS, encode_message(standing)))
    items.append(Item("policy", "", hub.policy(device, now)))
    head = BundleHead("to_device", new_uid(), hub.uid, device, as_moment(now))
    whole = chain(items, _evidence(hub, device, answer.blocks))
    return write_bundle(path, head, [found.recipient], whole, hub.sign_seed)


def _evidence(hub: Hub, device: str, blocks: Sequence[SignedBlock]) -> Iterator[Item]:
    """The files of the papers that others added in these blocks, each read when it is its turn: to a laptop
    that comes by stick only they come no other way."""
    told = set[str]()
    for signed in blocks:
        block = decode_block(signed.body)
        for effect in block.effects:
            sha256 = _named_by(effect, own=block.device == device)
            if sha256 not in told and sha256 and hub.blobs.size(sha256) is not None:
                told.add(sha256)
                yield Item("blob", sha256, hub.blobs.get(sha256))


def _named_by(effect: Effect, *, own: bool) -> str:
    """The file of a paper that was added, or that waits because a revoked laptop had added it."""
    cells: Any = effect.cells
    if effect.entity == Conflict.TYPE.name and cells.get("owner_entity") == Attachment.TYPE.name:
        cells = json.loads(cells.get("offered") or "{}")
    elif own or effect.entity != Attachment.TYPE.name:
        return ""
    return str(cells.get("sha256") or "") if isinstance(cells, dict) else ""


def _receiver(hub: Hub) -> Receiver:
    def signer(head: BundleHead, items: Sequence[Item]) -> bytes | None:
        if _is_known(hub, head.device):
            return hub.device(head.device).sign_key
        request = _request(items)
        return request.sign_key if request and device_uid(request.sign_key) == head.device else None

    return Receiver(hub.identity, "to_hub", hub.uid, "", signer)


def _take_in(hub: Hub, found: Unpacked, now: datetime) -> None:
    """Enrol a laptop that joined by an invitation file and comes by stick for the first time."""
    request = _request(found.items)
    if request is not None and not _is_known(hub, found.head.device):
        hub.enrol(request, now)


def _request(items: Sequence[Item]) -> EnrolRequest | None:
    asked = [item for item in items if item.kind == "enrol"]
    return decode_message(EnrolRequest, asked[0].read()) if asked else None


def _is_known(hub: Hub, device: str) -> bool:
    try:
        hub.device(device)
    except NotAllowed:
        return False
    return True


def _asked(hub: Hub, found: Unpacked) -> RejoinRequest | None:
    """What the laptop says of where it stands; None of a revoked one: its work waits for a person, and no
    answer goes to it."""
    told = [item for item in found.items if item.kind == "policy" and item.name == REJOIN]
    if not told or hub.device(found.head.device).revoked_at is not None:
        return None
    return decode_message(RejoinRequest, told[0].read())


def _take_back(hub: Hub, found: Unpacked, asked: RejoinRequest, now: datetime) -> int:
    """Take the blocks that this hub has lost; how many entries. Notes up to where the laptop has the log: the
    answer need not repeat that."""
    device = found.head.device
    blocks = [decode_message(SignedBlock, item.read()) for item in found.items if item.kind == "block"]
    entries = hub.give_back(device, blocks, now) if blocks else 0
    if blocks:
        _renew(hub, device, asked)
    ends = RejoinRequest(ends=asked.ends)
    hub.note_seen(device, hub.rejoin(device, ends).common)
    return entries


def _renew(hub: Hub, device: str, asked: RejoinRequest) -> None:
    """Let the laptop go on under a new epoch, unless it is to already: the same bundle may come again."""
    if hub.device(device).epoch <= asked.epoch:
        hub.rejoin(device, RejoinRequest(ends={}, epoch=asked.epoch, renumber=True))
