"""What every push has in common, small or large: its answer, what is answered at once, the areas it needs."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from app.domain.areas import OWNERS, PLACES
from app.domain.replication import Act, Batch, Entry
from app.hub.brought import Known
from app.hub.desk import Desk
from app.hub.devices import Device


@dataclass(frozen=True)
class PushAnswer:
    """What became of a batch; `next` is the number the hub waits for in `epoch`.

    `state`: taken, repeat, fork (go on in `epoch`), gap (send from `next` on), restored (the hub was brought
    back from a backup and lacks what the laptop has seen), quarantined, full_uids.
    """

    next: int
    state: str
    epoch: int
    accepted: int = 0
    merged: int = 0
    conflicts: int = 0
    rejected: int = 0
    message: str = ""


def own_copy(entry: Entry) -> Entry:
    """A copy to fill in."""
    return Entry(entry.act, entry.entity, entry.uid, entry.op, entry.cells, entry.view)


def own_acts(batch: Batch, names: Container[str]) -> tuple[Act, ...]:
    """The acts of a batch, each of the laptop that signed it or of one that it was before (`names`): it
    cannot put its work down to another."""
    if all(act.device in names for act in batch.acts):
        return batch.acts
    return tuple(act if act.device in names else replace(act, device=batch.device) for act in batch.acts)


def continue_acts(desk: Desk, batch: Batch, known: Mapping[str, Known]) -> set[str]:
    """The acts of a batch that the hub has already; one that this laptop was cut short in goes on."""
    # Numbers of one site come once and in order, so more of an act it has sent is the rest of a long one.
    for act in batch.acts:
        found = known.get(act.uid)
        if found is not None and (found.site, found.person) == (desk.site, act.person):
            desk.continued[act.uid] = act
    return known.keys() - desk.continued.keys()


def batch_row(batch: Batch, what: tuple[bytes, bytes, int], answer: PushAnswer) -> dict[str, Any]:
    """A batch as the hub keeps it as evidence; `what` is its SHA-256, its signed bytes and when it came."""
    sha256, signed, received = what
    return {
        "sha256": sha256, "device": batch.device, "epoch": batch.epoch, "first": batch.first,
        "last": batch.last, "received": received, "state": answer.state,
        "answer": msgspec.json.encode(answer).decode(), "signed": signed,
    }  # fmt: skip


def device_row(batch: Batch, sha256: bytes, received: int) -> dict[str, Any]:
    """Where a laptop stands after a batch."""
    return {
        "next": batch.last + 1, "chain": sha256, "last_sync": received, "clock_off": batch.sent - received,
    }  # fmt: skip


def likely_areas(desk: Desk, batch: Batch) -> set[str]:
    """The areas a batch is likely to write to."""
    found: set[str] = set()
    fresh: set[tuple[str, str | None]] = set()  # new records, by entity and division
    stored = {entity: desk.rows.by_uid(entity) for entity in {entry.entity for entry in batch.entries}}
    for entity, rows in stored.items():
        touched = [rows.get(entry.uid) for entry in batch.entries if entry.entity == entity]
        found.update({row.area for row in touched if row is not None})
    for entry in batch.entries:
        if entry.op != "i" and not ("div_code" in entry.cells or "area" in entry.cells):
            continue
        row = stored[entry.entity].get(entry.uid)
        if row is None and entry.op == "i" and entry.entity not in OWNERS:
            code = entry.cells.get(PLACES.get(entry.entity, "div_code"))
            fresh.add((entry.entity, code if isinstance(code, str) else None))
        else:
            found.add(desk.area_of(entry.entity, entry.uid, entry.cells, row))
    for entity, code in fresh:
        found.add(desk.area_of(entity, "", {PLACES.get(entity, "div_code"): code}, None))
    return found


def answer_at_once(known: str | None, device: Device, batch: Batch) -> PushAnswer | None:
    """What is answered without deciding anything: a repeat, a fork, a gap; `known` is what was answered
    before to the same batch."""
    if known is not None:
        counts = {**json.loads(known), "state": "repeat", "next": device.next, "epoch": device.epoch}
        if device.revoked_at is not None and json.loads(known)["state"] == "quarantined":
            counts["state"] = "quarantined"
        return PushAnswer(**counts)
    if batch.epoch != device.epoch:
        return PushAnswer(device.next, "fork", device.epoch)
    if batch.first > device.next:
        return PushAnswer(device.next, "gap", device.epoch)
    if batch.first < device.next or batch.previous != device.chain:
        return PushAnswer(1, "fork", device.epoch + 1)
    return None
