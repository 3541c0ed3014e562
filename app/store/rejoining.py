"""Following a hub anew: from where a restored hub's log parts from the one followed, or under new keys."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.store import evidence, keptblocks, outbox, pending, views

_PRIVATE = "p:"  # before the names of small private values


@dataclass(frozen=True)
class OwnBlock:
    """A block of an area's log, `first` to `last`, that tells acts of this laptop as they were entered."""

    area: str
    first: int
    last: int
    acts: frozenset[str]


def rejoin(raw: sqlite3.Connection, forks: Mapping[str, int], own: Iterable[OwnBlock] = ()) -> None:
    """Set the cursors of these areas back to their last common numbers, in the transaction that is open.

    Neither records nor digests change: each later entry of the log names the values that stand, and the hub
    tells records whole that could differ. What was written upon the lost stretch says so in its views. All
    that is unanswered is numbered anew, and evidence is offered again: the hub may have lost that as well.
    """
    _count_as_seen(raw, own)
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


def _count_as_seen(raw: sqlite3.Connection, own: Iterable[OwnBlock]) -> None:
    """Say that what waits was written upon blocks of one's own, also where their answer was read only after
    it: the hub took the one upon the other while it had both, and now asks about one alone."""
    oldest = pending.oldest(raw)
    for block in own:
        query = (
            "SELECT count(DISTINCT t.id), max(j.seq) FROM json_each(?) e JOIN sync_txn t ON t.uuid = e.value"
            " JOIN sync_journal j ON j.txn = t.id WHERE t.sealed_batch IS NOT 'hub'"
        )
        known, newest = raw.execute(query, (json.dumps(sorted(block.acts)),)).fetchone()
        if oldest is not None and known == len(block.acts) and newest < oldest:
            views.count_from(raw, block.area, block.first - 1, block.last)


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
