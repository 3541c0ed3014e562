"""Going back to where a restored hub's log and the one this file followed part, to follow the new one."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from app.store import keptblocks, outbox, views


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
    raw.execute("DELETE FROM sync_blob")
