"""The hub's signed blocks as they came, so that one half folded can be finished without the hub."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from typing import Any


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


def _block(row: tuple[Any, ...]) -> KeptBlock:
    area, first, last, *parts = row
    return KeptBlock(area, first, last, *map(bytes, parts))
