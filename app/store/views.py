"""What a writer had seen of the hub's logs: the folds of this file, as maps from area to number."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable


def base_of(raw: sqlite3.Connection) -> int:
    """The number of the last fold."""
    row = raw.execute("SELECT base FROM sync_ctx WHERE one = 1").fetchone()
    return int(row[0] or 0) if row else 0


def note(raw: sqlite3.Connection, fold: int, area: str, seq: int) -> None:
    """Say that this fold brought `area` up to `seq`; the triggers note the fold from now on."""
    raw.execute("INSERT OR REPLACE INTO sync_view VALUES (?, ?, ?)", (fold, area, seq))
    raw.execute("UPDATE sync_ctx SET base = ? WHERE one = 1", (fold,))


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
