"""Messages of every released wire format still decode; the files are never written anew.

`batch-1.bin` and `block-1.bin` were made by `recorded()` when version 1 was first released.
"""

from __future__ import annotations

import struct
from pathlib import Path

from app.domain.replication import Act, Batch, Block, Effect, Entry
from app.sync.wire import decode_batch, decode_block, resolve_uids

HERE = Path(__file__).parent / "recorded"
NEW, KNOWN = "6a0f7a54-6d4e-4a0c-9d5e-3f0c5b7a1e11", "b1d2c3e4-0000-4000-8000-00000000002a"
PERSON, DEVICE = "c0ffee00-1234-4abc-8def-0123456789ab", "0f6f1e1c-9c6b-4c58-8a7f-0a4f6a2d9b11"


def recorded() -> tuple[Batch, Block]:
    """What the files hold."""
    acts = (
        Act(
            "11111111-2222-4333-8444-555555555555", DEVICE, PERSON, "马文杰", "R3", "",
            "register", "现场核查",
            None, 1_795_000_000_000 << 16, "2026-11-18T10:26:40.000Z",
        ),
        Act(
            "11111111-2222-4333-8444-555555555556", DEVICE, PERSON, "马文杰", "R3", "", "undo", "",
            "11111111-2222-4333-8444-555555555555", (1_795_000_060_000 << 16) + 1, "2026-11-18T10:27:40.000Z",
        ),
    )  # fmt: skip
    cells = {
        "ledger_no": "KTQ-000123", "status": "registered", "rated_mw": 1.4, "pressurized": True,
        "count": 2, "note": None, "former_names": ["甲厂", "乙厂"], "found": "2018-10",
        "seen_at": "2026-11-18T10:00:00.000Z",
        "share": 1 / 3, "geometry": struct.pack("<BI2d", 1, 1, 106.664213, 35.543207),
    }  # fmt: skip
    entries = (
        Entry(0, "boiler", NEW, "i", cells),
        Entry(0, "boiler", KNOWN, "u", {"note": "已更新", "status": "planned"}, 1),
        Entry(1, "boiler", KNOWN, "u", {"note": None, "status": "registered"}, 1),
        Entry(1, "attachment", "0a0b0c0d-0e0f-4a0b-8c0d-0e0f0a0b0c0d", "d", {}),
    )
    batch = Batch(
        "hub-620800", DEVICE, 2, bytes(range(32)), 41, 4, 1_795_000_100_000,
        ({"620800": 3, "620802": 7045}, {"620800": 3, "620802": 7046}), acts, entries,
    )  # fmt: skip
    effects = tuple(
        Effect(
            e.act,
            41 + n,
            e.entity,
            e.uid,
            e.op,
            e.cells,
            "merged" if n == 2 else "accepted",
            "kept" if n == 2 else "",
        )
        for n, e in enumerate(entries)
    )
    return batch, Block("620802", 7047, DEVICE, 2, 1_795_000_100_500, acts, effects)


def test_the_first_batch_still_decodes() -> None:
    def find(entity: str, prefixes: object) -> dict[str, list[str]]:
        return {uid[:13]: [uid] for uid in (KNOWN, "0a0b0c0d-0e0f-4a0b-8c0d-0e0f0a0b0c0d")}

    assert resolve_uids(decode_batch((HERE / "batch-1.bin").read_bytes()), find) == recorded()[0]


def test_the_first_block_still_decodes() -> None:
    assert decode_block((HERE / "block-1.bin").read_bytes()) == recorded()[1]
