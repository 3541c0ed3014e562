"""Batches and blocks for the tests of the wire format."""

from __future__ import annotations

import random
import struct
import uuid
from datetime import UTC, datetime
from typing import Any

from app.domain.replication import Act, Batch, Block, Effect, Entry

STATES = ("suspect", "registered", "planned", "in_progress", "sealed", "applied", "notice", "cleared")
DEVICE = "0f6f1e1c-9c6b-4c58-8a7f-0a4f6a2d9b11"


def uid_of(rnd: random.Random) -> str:
    return str(uuid.UUID(int=rnd.getrandbits(128), version=4))


def wkb_point(x: float, y: float) -> bytes:
    return struct.pack("<BI2d", 1, 1, x, y)


def act(rnd: random.Random, **changes: Any) -> Act:
    facts: dict[str, Any] = {
        "uid": uid_of(rnd), "device": DEVICE, "person": uid_of(rnd), "person_name": "马文杰", "role": "R3",
        "org": "", "action": "edit", "reason": "现场核查", "undoes": None, "hlc": 1_790_000_000_000 << 16,
        "wall": "2026-11-23T10:00:00.000Z",
    }  # fmt: skip
    return Act(**{**facts, **changes})


def batch_of(entries: list[Entry], acts: list[Act], **changes: Any) -> Batch:
    facts: dict[str, Any] = {
        "hub": "hub-620800", "device": DEVICE, "epoch": 1, "previous": bytes(range(32)), "first": 101,
        "schema": 4, "sent": 1_795_000_000_000, "views": ({"620800": 12, "620802": 7045},),
    }  # fmt: skip
    return Batch(**{**facts, **changes}, acts=tuple(acts), entries=tuple(entries))


def mixed_batch(changes: int, known: list[str], seed: int = 7, decimals: int = 17) -> Batch:
    """Changes of known boilers, 20 an act: 70 % one attribute, 10 % geometry, 15 % new, 5 % deleted."""
    rnd = random.Random(seed)
    people = [uid_of(rnd) for _ in range(5)]
    acts: list[Act] = []
    entries: list[Entry] = []
    hlc = 1_790_000_000_000 << 16
    for n, sort in enumerate(rnd.choices("agid", (70, 10, 15, 5), k=changes)):
        if n % 20 == 0:
            hlc += rnd.randrange(1000, 600_000) << 16
            wall = datetime.fromtimestamp((hlc >> 16) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
            acts.append(act(rnd, person=rnd.choice(people), hlc=hlc, wall=wall))
        entries.append(_entry(rnd, sort, len(acts) - 1, n, known, decimals))
    return batch_of(entries, acts)


def _entry(rnd: random.Random, sort: str, place: int, n: int, known: list[str], decimals: int) -> Entry:
    point = wkb_point(round(106.5 + rnd.random(), decimals), round(35.2 + rnd.random(), decimals))
    if sort == "g":
        return Entry(place, "boiler", rnd.choice(known), "u", {"geometry": point})
    if sort == "d":
        return Entry(place, "boiler", rnd.choice(known), "d", {})
    if sort == "i":
        cells = {
            "ledger_no": f"KTQ-{100_000 + n}", "user_org": f"单位{rnd.randrange(5000)}", "note": None,
            "status": "registered", "rated_mw": round(rnd.random() * 7, 1), "geometry": point,
            "div_code": f"620802{rnd.randrange(100, 120)}",
        }  # fmt: skip
        return Entry(place, "boiler", uid_of(rnd), "i", cells)
    name = rnd.choice(("status", "note", "rated_mw"))
    value = {
        "status": rnd.choice(STATES),
        "note": f"核查 {rnd.randrange(1000)}",
        "rated_mw": round(rnd.random() * 7, 1),
    }
    return Entry(place, "boiler", rnd.choice(known), "u", {name: value[name]})


def block_of(batch: Batch, area: str = "620802", first: int = 7046) -> Block:
    """What a hub might answer to a batch with full uids."""
    effects = tuple(
        Effect(e.act, batch.first + n, e.entity, e.uid, e.op, e.cells, *_verdict(n))
        for n, e in enumerate(batch.entries)
    )
    return Block(area, first, batch.device, batch.epoch, 1_795_000_100_000, batch.acts, effects)


def _verdict(n: int) -> tuple[Any, str]:
    return ("merged", "newer_kept") if n % 50 == 3 else ("accepted", "")
