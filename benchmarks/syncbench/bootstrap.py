"""A new laptop: from the snapshot, against a copy of the same file and against geodiff."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from app.domain.digest import MODULUS, row_hash
from app.store.replica_facts import Cursor, ReplicaFacts
from app.store.snapshot import SnapshotRow, install_snapshot, make_snapshot
from syncbench.files import without_house
from syncbench.laptops import HEAD, device_of
from syncbench.measuring import copy_durably, middle, settle, timed
from syncbench.peers import filled_by_geodiff
from syncbench.rows import COUNTY, ROOT, TOWNS, uid_of
from syncbench.rows import random as seeded

_WIDE, _SIDE = 2000, 0.001
_RING = struct.Struct("<BIIBIII10d")


def cells(count: int) -> Iterator[SnapshotRow]:
    """So many squares of an atmospheric grid, 100 m wide."""
    draw = seeded.Random(3)
    for number in range(count):
        x, y = 105.3 + _SIDE * (number % _WIDE), 34.9 + _SIDE * (number // _WIDE)
        corners = (x, y, x + _SIDE, y, x + _SIDE, y + _SIDE, x, y + _SIDE, x, y)
        town = TOWNS[number * len(TOWNS) // count]
        values = {
            "geometry": _RING.pack(1, 6, 1, 1, 3, 1, 5, *corners),
            "grid_code": f"{town}-{number:08d}",
            "kind": "regular",
            "level": 4,
            "size_m": 100,
            "div_code": town,
        }
        yield SnapshotRow("grid_cell", uid_of(draw), town, values)


def measure(folder: Path, count: int, times: int, *, geodiff: bool = True) -> dict[str, float]:
    """The medians of several installations and copies, one after the other; geodiff once, as it is slow."""
    digest = dict.fromkeys(TOWNS, 0)
    for row in cells(count):
        digest[row.area] = (digest[row.area] + row_hash("grid_cell", row.uid, row.cells)) % MODULUS
    cursors = {town: Cursor(1, HEAD, found) for town, found in digest.items()}
    source = folder / "cells.gpkg.zst"
    making = timed(lambda: make_snapshot(cells(count), source, area=COUNTY, title="bench", cursors=cursors))
    facts = ReplicaFacts("bench", "", "", bytes(32), "", device_of(9), 1, COUNTY, ROOT, "R3")
    target, copy = folder / "cells.gpkg", folder / "copy.gpkg"
    ours, peer = [], []
    for _ in range(times):
        target.unlink(missing_ok=True)
        copy.unlink(missing_ok=True)
        settle()
        ours.append(timed(lambda: install_snapshot(source, target, facts)))
        settle()
        peer.append(timed(lambda: copy_durably(target, copy)))
    mine, theirs = middle(ours), middle(peer)
    found = {
        "cells": count,
        "packed_mb": source.stat().st_size / 1e6,
        "file_mb": target.stat().st_size / 1e6,
        "making_s": making.wall,
        "install_s": mine.wall,
        "install_cpu_s": mine.cpu,
        "copy_s": theirs.wall,
        "ratio": mine.wall / theirs.wall,
    }
    copy.unlink()
    if geodiff:
        plain = without_house(target, folder / "cells-plain.gpkg")
        slow = filled_by_geodiff(folder, plain)
        found |= {"geodiff_s": slow.wall, "geodiff_cpu_s": slow.cpu, "times_faster": slow.wall / mine.wall}
        for name in ("cells-plain.gpkg", "filled.gpkg", "all.diff"):
            (folder / name).unlink()
    return found
