"""The hub's signed blocks as they came, so that one half folded can be finished without the hub."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from app.domain.replication import SEEN_BYTES
from app.errors import StoreFailure
from app.i18n import N_
from app.store.replica_facts import START


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


def ends(raw: sqlite3.Connection) -> dict[str, list[tuple[int, bytes]]]:
    """By area where the kept blocks that are in the records end: number and the first bytes of the head."""
    found: dict[str, list[tuple[int, bytes]]] = {}
    query = (
        "SELECT b.area, b.last, b.head FROM sync_block b JOIN sync_cursor c USING (area)"
        " WHERE b.last <= c.whole"
        " UNION SELECT area, whole, head FROM sync_cursor WHERE whole > 0 ORDER BY 1, 2"
    )
    for area, last, head in raw.execute(query):
        found.setdefault(area, []).append((last, bytes(head)[:SEEN_BYTES]))
    return found


def after(raw: sqlite3.Connection, area: str, fork: int) -> list[KeptBlock]:
    """The kept blocks of an area after a number that are in the records; raises StoreFailure when the first
    of them was never here."""
    query = (
        "SELECT b.* FROM sync_block b JOIN sync_cursor c USING (area)"
        " WHERE b.area = ? AND b.first > ? AND b.last <= c.whole AND length(b.body) > 0 ORDER BY b.first"
    )
    found = [_block(row) for row in raw.execute(query, (area, fork))]
    if not found or found[0].first != fork + 1:
        raise StoreFailure(
            N_("The hub was brought back from a backup older than this laptop’s own copy of area {area}"),
            hint=N_("This file keeps everything. Ask for a newer backup, or enrol anew into a new file."),
            area=area,
            code="hub_behind",
        )
    return found


def newest(raw: sqlite3.Connection, area: str) -> Iterator[KeptBlock]:
    """The kept blocks of an area that are in the records, the newest first."""
    query = (
        "SELECT b.* FROM sync_block b JOIN sync_cursor c USING (area)"
        " WHERE b.area = ? AND b.last <= c.whole AND length(b.body) > 0 ORDER BY b.first DESC"
    )
    yield from map(_block, raw.execute(query, (area,)))


def set_lost(raw: sqlite3.Connection, area: str, fork: int) -> bytes:
    """Put the blocks after a number aside: the hub no longer has them, and others come under their numbers.

    Gives the head after the last block before them.
    """
    raw.execute(
        "INSERT OR REPLACE INTO sync_lost SELECT head, area, first, last, body, signature FROM sync_block"
        " WHERE area = ? AND first > ? AND length(body) > 0",
        (area, fork),
    )
    raw.execute("DELETE FROM sync_block WHERE area = ? AND first > ?", (area, fork))
    row = raw.execute("SELECT head FROM sync_block WHERE area = ? AND last = ?", (area, fork)).fetchone()
    return bytes(row[0]) if row is not None else START


def astray(
    raw: sqlite3.Connection, blocks: Iterable[KeptBlock], next_head: Callable[[bytes, bytes], bytes]
) -> list[KeptBlock]:
    """Those of the blocks that are not here and follow on one that is, or on another of them; `next_head`
    makes the head of a block from the one before it and its body."""
    known = cache(partial(_heads, raw))
    found: list[KeptBlock] = []
    for block in sorted(blocks, key=lambda block: (block.area, block.first)):
        before, here = known(block.area, block.first - 1), known(block.area, block.last)
        if block.head not in here and any(next_head(head, block.body) == block.head for head in before):
            found.append(block)
            here.add(block.head)
    return found


def _heads(raw: sqlite3.Connection, area: str, last: int) -> set[bytes]:
    """The heads of the blocks known here that end with this number."""
    query = (
        "SELECT head FROM sync_block WHERE area = :area AND last = :last"
        " UNION SELECT head FROM sync_cursor WHERE area = :area AND whole = :last"
        " UNION SELECT head FROM sync_lost WHERE area = :area AND last = :last"
    )
    found = {bytes(head) for (head,) in raw.execute(query, {"area": area, "last": last})}
    return found if last else {*found, START}


def put_aside(raw: sqlite3.Connection, blocks: Iterable[KeptBlock]) -> None:
    """Keep blocks that the hub has lost and that were never in the records."""
    for block in blocks:
        row = (block.head, block.area, block.first, block.last, block.body, block.signature)
        raw.execute(
            "INSERT INTO sync_lost (head, area, first, last, body, signature) VALUES (?,?,?,?,?,?)", row
        )


def lost(raw: sqlite3.Connection) -> list[KeptBlock]:
    """What was put aside and the log has not told again yet, each block after the one it follows."""
    query = "SELECT area, first, last, body, head, signature FROM sync_lost ORDER BY area, first"
    return [_block(row) for row in raw.execute(query)]


def lost_ends(raw: sqlite3.Connection) -> dict[str, list[tuple[int, bytes]]]:
    """By area where these blocks end: number and head."""
    found: dict[str, list[tuple[int, bytes]]] = {}
    for area, last, head in raw.execute("SELECT area, last, head FROM sync_lost ORDER BY area, first"):
        found.setdefault(area, []).append((last, bytes(head)))
    return found


def forget_lost(raw: sqlite3.Connection, keep: Iterable[bytes] = ()) -> None:
    """The log tells again what the blocks that were put aside had told, but for those with these heads."""
    kept = tuple(keep)
    raw.execute(f"DELETE FROM sync_lost WHERE head NOT IN ({','.join('?' * len(kept))})", kept)


def _block(row: tuple[Any, ...]) -> KeptBlock:
    area, first, last, *parts = row
    return KeptBlock(area, first, last, *map(bytes, parts))
