"""Bytes for each change on the wire, ours with author and base and without the old values' help."""

from __future__ import annotations

import random
from pathlib import Path
from unittest.mock import patch

from app.domain.replication import Act, Batch, Entry
from app.sync import signing
from app.sync.parts import LEVEL
from app.sync.wire import decode_batch, encode_batch
from syncbench.files import edit_plainly
from syncbench.peers import changeset, squeezed
from syncbench.rows import TOWNS, Edit, uid_of

OP = {"update": "u", "move": "u", "insert": "i", "delete": "d"}
PERSONS = (("王芳", "R1"), ("李伟", "R2"), ("张敏", "R3"))
BEGUN = 1_795_000_000_000  # a moment in 2026, in ms
MINUTE = 60_000


def batch_of(acts: list[list[Edit]], seed: int = 7) -> Batch:
    """The changes as a laptop sends them after a few days in the field, with what it had seen."""
    draw = random.Random(seed)
    device, people = uid_of(draw), [(uid_of(draw), *person) for person in PERSONS]
    views: list[dict[str, int]] = [{town: draw.randrange(1000, 90_000) for town in TOWNS}]
    told, entries = [], []
    for place, act in enumerate(acts):
        if place % 50 == 49:  # it met the hub in between
            views.append({**views[-1], TOWNS[place % len(TOWNS)]: draw.randrange(90_000, 100_000)})
        told.append(_act(draw, device, people[place % len(people)], place))
        entries += [
            Entry(place, "boiler", edit.uid, OP[edit.sort], edit.cells, len(views) - 1) for edit in act
        ]  # type: ignore[arg-type]
    return Batch(
        uid_of(draw), device, 1, draw.randbytes(32), 1, 1, BEGUN, tuple(views), tuple(told), tuple(entries)
    )


def _act(draw: random.Random, device: str, person: tuple[str, str, str], place: int) -> Act:
    at = BEGUN + place * MINUTE + draw.randrange(MINUTE)
    day, rest = divmod(at // 1000, 86_400)
    hour = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}.{at % 1000:03d}"
    wall = f"2026-11-{1 + day % 28:02d}T{hour}Z"
    uid, name, role = person
    return Act(uid_of(draw), device, uid, name, role, "生态环境局", "edit", "现场核查", None, at << 16, wall)


def measure(folder: Path, plain: Path, acts: list[list[Edit]]) -> dict[str, float]:
    """Ours and geodiff's bytes for the same changes; geodiff's changeset by the same compressor and level."""
    changed = folder / "changed.gpkg"
    changed.write_bytes(plain.read_bytes())
    edit_plainly(changed, acts)
    road = changeset(plain, changed, folder / "size.diff")
    count = sum(map(len, acts))
    sent, plain_sent = _sent(acts, LEVEL), _sent(acts, 3)
    assert len(decode_batch(encode_batch(batch_of(acts), short=False)).entries) == count
    same, three = squeezed(road, LEVEL), squeezed(road, 3)
    return {
        "bytes_a_change": sent / count,
        "bytes_zstd3": plain_sent / count,
        "geodiff_raw": road.stat().st_size / count,
        "geodiff_zstd3": three / count,
        "geodiff_same_level": same / count,
        "level": LEVEL,
        "ratio": plain_sent / three,  # zstd-3 on both sides
        "ratio_as_sent": sent / three,
        "ratio_same_level": sent / same,
    }


def _sent(acts: list[list[Edit]], level: int) -> int:
    """The bytes of the signed batch, squeezed at a level of zstd."""
    with patch("app.sync.parts.LEVEL", level):
        body = encode_batch(batch_of(acts))
    message = signing.signed(signing.BATCH, body, uid_of(random.Random(1)), bytes(32))
    return len(signing.pack_signed(message))
