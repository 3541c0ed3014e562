"""The USB road at the hub: bundles of laptops are taken like pushes, and answered by a bundle for each laptop.

In a bundle for the hub: signed batches and blobs. In one for a laptop: blocks (SignedBlock), where the areas stand
(PullReply without blocks, as a policy named `areas`), the grants (policy), and the answers to its batches.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.domain.changes import new_uid
from app.domain.values import as_moment
from app.errors import AppError
from app.hub.hub import Hub
from app.hub.pushing import PushAnswer
from app.sync.bundle import BundleHead, BundleWritten, Item, write_bundle
from app.sync.messages import AreaNow, PullReply, digest_bytes, encode_message
from app.sync.signing import unpack_signed
from app.sync.unpacking import Receiver, Unpacked, unpack_bundle
from app.sync.wire import decode_batch

AREAS = "areas"  # the name of the item that says where the areas stand


@dataclass(frozen=True)
class Taken:
    """What a bundle brought: whose it was, the answer to each batch, and how many blobs came."""

    device: str
    answers: tuple[PushAnswer, ...]
    blobs: int


def take_bundle(hub: Hub, path: Path, now: datetime) -> Taken:
    """Take a laptop's bundle; raises BundleProblem with what exactly is wrong with it."""
    with tempfile.TemporaryDirectory(prefix="gridward-bundle-") as folder:
        found = unpack_bundle(path, _receiver(hub), Path(folder))
        blobs = [item for item in found.items if item.kind == "blob"]
        for item in blobs:
            hub.blobs.put(item.name, item.read())
        bodies = [item.read() for item in found.items if item.kind == "batch"]
        answers = tuple(hub.push(body, now) for body in bodies)
        if bodies:
            _note_seen(hub, found, bodies)
        return Taken(found.head.device, answers, len(blobs))


def give_bundle(hub: Hub, device: str, path: Path, now: datetime) -> BundleWritten:
    """Write what a laptop has not seen as a bundle for it. Raises NotAllowed for an unknown or revoked one."""
    found = hub.device(device)
    seen = json.loads(found.cursors) if found.cursors else {}
    answer = hub.pull(device, seen, 1 << 40, now)
    areas = {
        code: AreaNow(seq=seq, head=head, digest=digest_bytes(digest))
        for code, (seq, head, digest) in answer.areas.items()
    }
    standing = PullReply(blocks=[], areas=areas, more=False, hub_time=answer.hub_time)
    items = [Item("block", block.area, encode_message(block)) for block in answer.blocks]
    items.append(Item("policy", AREAS, encode_message(standing)))
    items.append(Item("policy", "", hub.policy(device, now)))
    head = BundleHead("to_device", new_uid(), hub.uid, device, as_moment(now))
    return write_bundle(path, head, [found.recipient], items, hub.sign_seed)


def _receiver(hub: Hub) -> Receiver:
    def signer(head: BundleHead, _items: Sequence[Item]) -> bytes | None:
        try:
            return hub.device(head.device).sign_key
        except AppError:
            return None

    return Receiver(hub.identity, "to_hub", hub.uid, "", signer)


def _note_seen(hub: Hub, found: Unpacked, bodies: Sequence[bytes]) -> None:
    """What the laptop had folded when it wrote its last batch: the answer need not repeat that."""
    batch = decode_batch(unpack_signed(bodies[-1]).body)
    if batch.views:
        hub.note_seen(found.head.device, max(batch.views, key=lambda view: sum(view.values())))
