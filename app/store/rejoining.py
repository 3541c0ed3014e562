"""Following a hub anew: from where a restored hub's log parts from the one followed, or under new keys."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from app.store import evidence, keptblocks, outbox, views

_PRIVATE = "p:"  # before the names of small private values


def rejoin(raw: sqlite3.Connection, forks: Mapping[str, int]) -> None:
    """Set the cursors of these areas back to their last common numbers, in the transaction that is open.

    Neither records nor digests change: each later entry of the log names the values that stand, and the hub
    tells records whole that could differ. What was written upon the lost stretch says so in its views. All
    that is unanswered is numbered anew, and evidence is offered again: the hub may have lost that as well.
    """
    for area, fork in forks.items():
        found = raw.execute(
            "SELECT head FROM sync_cursor WHERE area = ? AND whole > ?", (area, fork)
        ).fetchone()
        if found is not None:
            views.leave_branch(raw, area, fork, views.branch_of(area, bytes(found[0])))
        head = keptblocks.set_lost(raw, area, fork)
        raw.execute(
            "UPDATE sync_cursor SET seq = ?, whole = ?, head = ? WHERE area = ?", (fork, fork, head, area)
        )
    outbox.reopen(raw)
    evidence.offer_again(raw)


def go_on(raw: sqlite3.Connection, private: Mapping[str, bytes | None], forget: str) -> int:
    """Number all that is unanswered anew, and change the small private values: these are kept or removed, and
    those whose names begin with `forget` are removed and overwritten. Gives how many changes wait."""
    raw.execute("PRAGMA secure_delete = ON")
    start = _PRIVATE + forget
    raw.execute("DELETE FROM sync_private WHERE substr(name, 1, ?) = ?", (len(start), start))
    for name, value in private.items():
        raw.execute("DELETE FROM sync_private WHERE name = ?", (_PRIVATE + name,))
        if value is not None:
            raw.execute("INSERT INTO sync_private VALUES (?, ?)", (_PRIVATE + name, value))
    number = outbox.reopen(raw)
    raw.execute("UPDATE sync_batch SET state = 'dropped'")  # of the former name: numbers begin anew
    return number
