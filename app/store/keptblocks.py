"""The hub's signed blocks as they came: to finish one half folded, and to hand the hub back what it lost."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Marks = dict[
    str, list[tuple[int, bytes]]
]  # area: the ends of its blocks and the head after each, newest first


@dataclass(frozen=True)
class KeptBlock:
    """One block, byte for byte; `head` is the chain's value after it, `signature` the hub's over that."""

    area: str
    first: int
    last: int
    body: bytes
    head: bytes
    signature: bytes


def keep(raw: sqlite3.Connection, block: KeptBlock, known: tuple[int, bytes]) -> None:
    """Keep a block that is being folded after `known` (number and head); again does no harm.

    Where the log began to be kept stands a row without a body.
    """
    whole, head = known
    if whole and raw.execute("SELECT 1 FROM sync_block WHERE area = ?", (block.area,)).fetchone() is None:
        start = (block.area, whole, whole, b"", head, b"")
        raw.execute("INSERT OR IGNORE INTO sync_block VALUES (?,?,?,?,?,?)", start)
    row = (block.area, block.first, block.last, block.body, block.head, block.signature)
    raw.execute("INSERT OR IGNORE INTO sync_block VALUES (?,?,?,?,?,?)", row)


def begun(raw: sqlite3.Connection) -> list[KeptBlock]:
    """The blocks of which only a part is in the records yet."""
    query = (
        "SELECT b.* FROM sync_block b JOIN sync_cursor c USING (area)"
        " WHERE c.seq > c.whole AND b.first = c.whole + 1 AND b.last >= c.seq AND length(b.body) > 0"
    )
    return [_block(row) for row in raw.execute(query)]


def is_begun_with(raw: sqlite3.Connection, area: str, whole: int, body_sha256: bytes) -> bool:
    """Whether the block after `whole` that is half folded is this one; True when nobody kept it."""
    query = "SELECT body FROM sync_block WHERE area = ? AND first = ? AND length(body) > 0"
    row = raw.execute(query, (area, whole + 1)).fetchone()
    return row is None or hashlib.sha256(row[0]).digest() == body_sha256


def marks(raw: sqlite3.Connection) -> Marks:
    """Where the log of each area can be compared with the hub's: every end of a block that is known here."""
    found: Marks = {}
    for area, whole, head in raw.execute("SELECT area, whole, head FROM sync_cursor WHERE whole > 0"):
        found[area] = [(whole, bytes(head))]
    query = "SELECT area, last, head FROM sync_block ORDER BY area, last DESC"
    for area, last, head in raw.execute(query):
        known = found.setdefault(area, [])
        if not known or last < known[-1][0]:
            known.append((last, bytes(head)))
    return found


def after(raw: sqlite3.Connection, area: str, seq: int) -> Iterator[KeptBlock]:
    """The kept blocks of an area after a number, oldest first."""
    query = "SELECT * FROM sync_block WHERE area = ? AND first > ? AND length(body) > 0 ORDER BY first"
    for row in raw.execute(query, (area, seq)):
        yield _block(row)


def step_back(
    raw: sqlite3.Connection,
    points: Mapping[str, tuple[int, bytes]],
    seen: Mapping[str, Sequence[tuple[int, int]]],
) -> None:
    """Follow the hub's log again from these numbers on (by area, with the head there).

    The records stay as they are: the hub's log from here on names every value that was lost and what stands
    instead. `seen` says for ends of lost blocks which number of the new log holds all that had been seen.
    """
    for area, (seq, head) in points.items():
        row = raw.execute("SELECT whole FROM sync_cursor WHERE area = ?", (area,)).fetchone()
        if row is None or row[0] <= seq:
            continue
        raw.execute(
            "UPDATE sync_cursor SET seq = ?, whole = ?, head = ? WHERE area = ?", (seq, seq, head, area)
        )
        raw.execute("UPDATE sync_origin SET seq = min(seq, ?) WHERE area = ?", (seq, area))
        raw.execute("DELETE FROM sync_block WHERE area = ? AND last > ?", (area, seq))
        _renumber_views(raw, area, seq, seen.get(area, ()))


def _renumber_views(raw: sqlite3.Connection, area: str, seq: int, seen: Sequence[tuple[int, int]]) -> None:
    """What writers had seen of the lost part, in the numbers of the new log."""
    query = "SELECT DISTINCT seq FROM sync_view WHERE area = ? AND seq > ?"
    for (old,) in raw.execute(query, (area, seq)).fetchall():
        new = max((now for was, now in seen if was <= old), default=seq)
        raw.execute("UPDATE sync_view SET seq = ? WHERE area = ? AND seq = ?", (-1 - new, area, old))
    raw.execute("UPDATE sync_view SET seq = -1 - seq WHERE area = ? AND seq < 0", (area,))


def _block(row: tuple[Any, ...]) -> KeptBlock:
    area, first, last, *parts = row
    return KeptBlock(area, first, last, *map(bytes, parts))
