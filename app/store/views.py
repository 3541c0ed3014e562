"""What a writer had seen of the hub's logs: the folds of this file, as maps from area to number."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from app.domain.replication import SEEN_BYTES
from app.store import keptblocks

BASE = "SELECT base FROM sync_ctx WHERE one = 1"


def base_of(raw: sqlite3.Connection) -> int:
    """The number of the last fold."""
    row = raw.execute(BASE).fetchone()
    return int(row[0] or 0) if row else 0


def note(raw: sqlite3.Connection, fold: int, area: str, seq: int) -> None:
    """Say that this fold brought `area` up to `seq`; the triggers note the fold from now on."""
    raw.execute("INSERT OR REPLACE INTO sync_view VALUES (?, ?, ?)", (fold, area, seq))
    raw.execute("UPDATE sync_ctx SET base = ? WHERE one = 1", (fold,))


def count_from(raw: sqlite3.Connection, area: str, seq: int, last: int) -> None:
    """Who had seen an area up to `seq` had seen it up to `last`."""
    raw.execute("UPDATE sync_view SET seq = ? WHERE area = ? AND seq = ?", (last, area, seq))


def forget(raw: sqlite3.Connection, area: str, fold: int) -> None:
    """Drop what earlier folds brought of `area`; only when no change still waits that was based on them."""
    raw.execute("DELETE FROM sync_view WHERE area = ? AND fold < ?", (area, fold))


def maps(raw: sqlite3.Connection, folds: Iterable[int]) -> dict[int, dict[str, int]]:
    """The full map of each of these folds."""
    wanted = sorted(set(folds))
    if not wanted:
        return {}
    rows = raw.execute("SELECT fold, area, seq FROM sync_view WHERE fold <= ? ORDER BY fold", (wanted[-1],))
    made: dict[int, dict[str, int]] = {}
    seen: dict[str, int] = {}
    row = rows.fetchone()
    for fold in wanted:
        while row is not None and row[0] <= fold:
            seen[row[1]] = row[2]
            row = rows.fetchone()
        made[fold] = dict(seen)
    return made


def heads(raw: sqlite3.Connection) -> dict[str, tuple[int, bytes]]:
    """Which log was followed in each area: the end of the last block that is in the records, or of one after
    it that has begun to come in, and the first bytes of the head there. The hub believes no view beyond."""
    rows = raw.execute("SELECT area, whole, head FROM sync_cursor WHERE whole > 0 ORDER BY area")
    found = {area: (whole, bytes(head)[:SEEN_BYTES]) for area, whole, head in rows}
    return found | {one.area: (one.last, one.head[:SEEN_BYTES]) for one in keptblocks.begun(raw)}


def branch_of(area: str, head: bytes) -> str:
    """The name under which a view counts a stretch of an area's log that a hub lost; `head` is the one after
    its last block, as far as it was followed, and so stands for all before."""
    return f"{area}~{head.hex()[:16]}"


def leave_branch(raw: sqlite3.Connection, area: str, fork: int, branch: str) -> None:
    """What was seen of an area after `fork` was seen of `branch` instead."""
    query = "INSERT OR REPLACE INTO sync_view SELECT fold, ?, seq FROM sync_view WHERE area = ? AND seq > ?"
    raw.execute(query, (branch, area, fork))
    raw.execute("UPDATE sync_view SET seq = ? WHERE area = ? AND seq > ?", (fork, area, fork))


def forget_branches(raw: sqlite3.Connection) -> None:
    """Drop what was seen of lost stretches, when the log tells all of it again and nothing waits."""
    raw.execute("DELETE FROM sync_view WHERE area LIKE '%~%'")
