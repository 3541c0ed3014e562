"""The outbox: own changes put into batches, kept as the bytes that were sent until the hub has answered."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.areas import OWNERS
from app.domain.fields import Kind
from app.domain.replication import Act, Entry
from app.store import journal, views
from app.store.crossing import crossing
from app.store.external import SEAL_ACTION
from app.store.pending import Place, oldest
from app.store.rebase import WHOLE
from app.store.replica_facts import START, ReplicaFacts
from app.store.tables import is_known, known

MOST = 100_000  # changes of one transaction that go into one batch; a longer one is cut
_SEALED, _TAKEN, _DONE = "sealed", "taken", "settled"
_FROM = (
    " FROM sync_journal j"
    " LEFT JOIN sync_claim c ON c.seq = j.seq LEFT JOIN sync_txn t ON t.id = coalesce(c.txn, j.txn)"
    " LEFT JOIN sync_sent s ON s.seq = j.seq"
)
_WAITING = f"SELECT j.seq, coalesce(c.txn, j.txn), j.tbl, j.uid, j.op, j.base, j.cells{_FROM}"
_OWNERS = f"SELECT coalesce(c.txn, j.txn), j.tbl, j.uid{_FROM}"
_UNSEALED = "(t.sealed_batch IS NULL OR (s.seq IS NOT NULL AND s.batch IS NULL))"
_UNSENT = """SELECT
  (SELECT count(*) FROM sync_txn t JOIN sync_journal j ON j.txn = t.id WHERE t.sealed_batch IS NULL)
+ (SELECT count(*) FROM sync_txn t JOIN sync_claim c ON c.txn = t.id WHERE t.sealed_batch IS NULL)
+ (SELECT count(*) FROM sync_sent WHERE batch IS NULL)"""
_IN_BATCHES = "SELECT count(*) FROM sync_sent s JOIN sync_batch b ON b.id = s.batch WHERE b.state = 'sealed'"
# All changes of a sealed transaction stand in sync_sent until they are answered.
_IN_BATCH = (
    "INSERT INTO sync_sent (seq, txn, number, batch)"
    " SELECT j.seq, coalesce(c.txn, j.txn), ? + e.key, ? FROM json_each(?) e"
    " JOIN sync_journal j ON j.seq = e.value LEFT JOIN sync_claim c ON c.seq = j.seq WHERE true"
    " ON CONFLICT (seq) DO UPDATE SET number = excluded.number, batch = excluded.batch"
)
_NOW_SENT = (
    "UPDATE sync_txn SET sealed_batch = ? WHERE uuid IN (SELECT value FROM json_each(?))"
    " AND sealed_batch IS NULL"
)
_UNCLAIMED = (
    "SELECT count(*) FROM sync_journal j WHERE j.txn = 0"
    " AND NOT EXISTS (SELECT 1 FROM sync_claim c WHERE c.seq = j.seq)"
)


@dataclass(frozen=True)
class Draft:
    """What a batch shall hold: changes numbered from `first`, after the batch whose SHA-256 is `previous`;
    `seen` tells which logs the views count (`Batch.seen`)."""

    first: int
    previous: bytes
    views: tuple[Mapping[str, int], ...]
    acts: tuple[Act, ...]
    entries: tuple[Entry, ...]
    seen: Mapping[str, tuple[int, bytes]] = field(default_factory=dict)


@dataclass(frozen=True)
class Sealed:
    """A batch as it is sent again and again until it is answered; `acts` are the uids of its transactions.

    `state`: sealed, or taken when the hub has it and the answer has not been folded yet.
    """

    number: int
    first: int
    last: int
    sha256: bytes
    body: bytes
    state: str
    acts: tuple[str, ...]


@dataclass(frozen=True)
class PendingCount:
    """Own changes the hub has not answered, those of them it does not have, and foreign edits that wait for a
    name and a reason."""

    changes: int
    unsent: int
    waiting_for_reason: int


@dataclass
class _Picked:
    """The rows of one transaction that go into the batch."""

    number: int
    rows: list[tuple[Any, ...]] = field(default_factory=list)


def unsent(raw: sqlite3.Connection) -> int:
    """Own changes that the hub does not have, foreign edits included."""
    return sum(_count(raw, query) for query in (_UNSENT, _IN_BATCHES, _UNCLAIMED))


def pending(raw: sqlite3.Connection) -> PendingCount:
    """How many own changes wait, and for what."""
    unclaimed = _count(raw, _UNCLAIMED)
    sent = _count(raw, "SELECT count(*) FROM sync_sent WHERE batch IS NOT NULL")
    return PendingCount(_count(raw, _UNSENT) + sent + unclaimed, unsent(raw), unclaimed)


def unsealed(raw: sqlite3.Connection) -> int:
    """Own changes that the next batches will hold."""
    if not _count(raw, _UNCLAIMED):
        return _count(raw, _UNSENT)
    return sum(len(act.rows) for act in _free(raw))


def draft(raw: sqlite3.Connection, facts: ReplicaFacts, limit: int) -> tuple[Draft, list[int]] | None:
    """The oldest unsealed changes, whole transactions, with their journal numbers; None without any."""
    acts = _picked(raw, limit)
    if not acts:
        return None
    places = {act.number: place for place, act in enumerate(acts)}
    rows = sorted((row for act in acts for row in act.rows), key=lambda row: int(row[0]))
    told = _acts(raw, acts, facts)
    sealing = {act.number for act, said in zip(acts, told, strict=True) if said.action == SEAL_ACTION}
    if sealing:
        rows = _filled(rows, sealing)  # before a long act is cut: what is filled in stands at its end
    if len(acts) == 1:
        rows = rows[:MOST]
    unseen = _unseen(raw)
    bases = [_seen_by(row, unseen) for row in rows]
    maps = views.maps(raw, bases)
    order = {fold: place for place, fold in enumerate(maps)}
    first, previous = _next(raw, facts.epoch)
    entries = tuple(_entry(row, places[row[1]], order[base]) for row, base in zip(rows, bases, strict=True))
    made = Draft(first, previous, tuple(maps.values()), told, entries, views.heads(raw))
    return made, [row[0] for row in rows]


def keep(
    raw: sqlite3.Connection,
    epoch: int,
    made: Draft,
    seqs: list[int],
    body: bytes,
    sha256: bytes | None = None,
) -> Sealed:
    """Write a sealed batch and say of its changes that they are in it."""
    name = sha256 or hashlib.sha256(body).digest()
    acts = tuple(act.uid for act in made.acts)
    last = made.first + len(seqs) - 1
    listed = json.dumps(seqs)
    batch = raw.execute(
        "INSERT INTO sync_batch (epoch, first, last, sha256, body, state, acts, rows)"
        " VALUES (?,?,?,?,?,?,?,?)",
        (epoch, made.first, last, name, body, _SEALED, json.dumps(acts), listed),
    ).lastrowid
    if len(acts) == 1:  # a long one goes in parts; its other changes wait for the next
        open_act(raw, acts[0])
    raw.execute(_IN_BATCH, (made.first, batch, listed))
    raw.execute(_NOW_SENT, (journal.SENT, json.dumps(acts)))
    return Sealed(int(batch or 0), made.first, last, name, body, _SEALED, acts)


def open_act(raw: sqlite3.Connection, uid: str) -> None:
    """List the changes of an own transaction in sync_sent, where each is crossed out when it is answered."""
    row = raw.execute("SELECT id FROM sync_txn WHERE uuid = ? AND sealed_batch IS NULL", (uid,)).fetchone()
    if row is None:
        return
    raw.execute(
        "INSERT INTO sync_sent (seq, txn) SELECT seq, txn FROM sync_journal WHERE txn = ?"
        " UNION SELECT seq, txn FROM sync_claim WHERE txn = ?",
        (row[0], row[0]),
    )
    raw.execute("UPDATE sync_txn SET sealed_batch = ? WHERE id = ?", (journal.SENT, row[0]))


def sealed(raw: sqlite3.Connection) -> list[Sealed]:
    """The batches the hub has not answered completely, oldest first."""
    query = (
        "SELECT id, first, last, sha256, body, state, acts FROM sync_batch"
        " WHERE state IN ('sealed', 'taken') ORDER BY id"
    )
    return [
        Sealed(number, first, last, sha256, body, state, tuple(json.loads(acts)))
        for number, first, last, sha256, body, state, acts in raw.execute(query)
    ]


def uids_of(raw: sqlite3.Connection, number: int) -> list[str]:
    """The records of a batch's changes, in the order of their numbers."""
    row = raw.execute("SELECT rows FROM sync_batch WHERE id = ?", (number,)).fetchone()
    if row is None or row[0] is None:
        return []
    query = "SELECT j.uid FROM json_each(?) e JOIN sync_journal j ON j.seq = e.value ORDER BY e.key"
    return [found[0] for found in raw.execute(query, (row[0],))]


def replace(raw: sqlite3.Connection, number: int, body: bytes, sha256: bytes) -> None:
    """Give a sealed batch other bytes; those sealed after it name the old ones and are given up."""
    raw.execute("UPDATE sync_batch SET body = ?, sha256 = ? WHERE id = ?", (body, sha256, number))
    later = "SELECT id FROM sync_batch WHERE id > ? AND state = 'sealed'"
    raw.execute(f"UPDATE sync_sent SET batch = NULL, number = NULL WHERE batch IN ({later})", (number,))
    raw.execute("DELETE FROM sync_batch WHERE id > ? AND state = 'sealed'", (number,))


def taken(raw: sqlite3.Connection, sha256: bytes) -> None:
    """Note that the hub has this batch; again does no harm."""
    raw.execute("UPDATE sync_batch SET state = 'taken' WHERE sha256 = ? AND state = 'sealed'", (sha256,))


def reopen(raw: sqlite3.Connection) -> int:
    """Give up every batch: what is pending waits anew, to be numbered from 1; gives the number of changes."""
    raw.execute(
        "UPDATE sync_batch SET state = 'dropped', body = NULL, rows = NULL WHERE state IN ('sealed', 'taken')"
    )
    raw.execute("UPDATE sync_sent SET batch = NULL, number = NULL")
    return _count(raw, _UNSENT)


def close_acts(raw: sqlite3.Connection, owners: set[int]) -> None:
    """Say of own transactions without an open change that they are settled."""
    if owners:
        raw.execute(
            "UPDATE sync_txn SET sealed_batch = ? WHERE id IN (SELECT value FROM json_each(?))"
            " AND NOT EXISTS (SELECT 1 FROM sync_sent s WHERE s.txn = sync_txn.id)",
            (journal.SETTLED, json.dumps(sorted(owners))),
        )


def close_batches(raw: sqlite3.Connection) -> None:
    """Say of batches without an open change that they are settled; their bytes go."""
    raw.execute(
        "UPDATE sync_batch SET state = ?, body = NULL, rows = NULL WHERE state IN ('sealed', 'taken')"
        " AND NOT EXISTS (SELECT 1 FROM sync_sent s WHERE s.batch = sync_batch.id)",
        (_DONE,),
    )


def _picked(raw: sqlite3.Connection, limit: int) -> list[_Picked]:
    """Whole transactions up to `limit` changes; one more when its rows stand among those of the others."""
    picked: list[_Picked] = []
    total, reached = 0, 0
    for act in _free(raw):
        full = picked and total + len(act.rows) > limit
        if full and act.rows[0][0] > reached:
            break
        picked.append(act)
        total += len(act.rows)
        reached = max(reached, act.rows[-1][0])
    return picked


def _free(raw: sqlite3.Connection) -> Iterator[_Picked]:
    """Unsealed transactions in the order of their first change, without those that build upon an edit of
    another program for which nobody has answered."""
    since = oldest(raw)
    if since is None:
        return
    blocked: set[Place] = set()
    named: set[str] = set()  # the uids of these
    done: set[int] = set()
    waiting = raw.execute(f"{_OWNERS} WHERE j.seq >= ? AND {_UNSEALED} ORDER BY j.seq", (since,))
    for owner, entity, uid in waiting:
        if owner == journal.FOREIGN:
            blocked.add((entity, uid))
            named.add(uid)
        elif owner not in done:
            done.add(owner)
            act = _Picked(owner, _rows_of(raw, owner))
            if blocked and any(_builds_upon(row, blocked, named) for row in act.rows):
                blocked.update((row[2], row[3]) for row in act.rows)
                named.update(row[3] for row in act.rows)
            else:
                yield act


def _rows_of(raw: sqlite3.Connection, owner: int) -> list[tuple[Any, ...]]:
    both = (
        f"{_WAITING} WHERE j.txn = ? AND {_UNSEALED}"
        f" UNION ALL {_WAITING} WHERE c.txn = ? AND {_UNSEALED} ORDER BY 1"
    )
    # One by one: `fetchall` of a large import would keep the window's thread waiting until its last row.
    return [tuple(row) for row in raw.execute(both, (owner, owner))]


def _builds_upon(row: tuple[Any, ...], blocked: set[Place], named: set[str]) -> bool:
    """Whether a change touches a blocked record, or names one by its uid."""
    entity, uid, cells = row[2], row[3], row[6]
    if (entity, uid) in blocked:
        return True
    names = _references(entity)
    return any(cell[0] in names and cell[2] in named for cell in journal.read(cells))


def _references(entity: str) -> frozenset[str]:
    if not is_known(entity):
        return frozenset()
    owner = OWNERS.get(entity, ("", None))[0]
    return frozenset(
        item.id for item in known(entity).stored.values() if item.kind is Kind.REFERENCE or item.name == owner
    )


def _entry(row: tuple[Any, ...], act: int, view: int) -> Entry:
    _, _, entity, uid, op, _, cells = row
    if op == "d":
        return Entry(act, entity, uid, "d", {}, view)
    return Entry(act, entity, uid, op, crossing(entity).after(journal.read(cells)), view)


def _filled(rows: list[tuple[Any, ...]], sealing: set[int]) -> list[tuple[Any, ...]]:
    """What another program added goes with what the same act filled in afterwards: the hub asks of a new
    record at once where it belongs."""
    added = {(row[2], row[3]): place for place, row in enumerate(rows) if row[1] in sealing and row[4] == "i"}
    whole = list(rows)
    for row in rows:
        place = added.get((row[2], row[3])) if row[1] in sealing and row[4] == "u" else None
        if place is None:
            continue
        first = whole[place]
        cells = journal.read(first[6])
        there = {cell[0] for cell in cells}
        cells += [[name, None, new] for name, _, new, *_ in journal.read(row[6]) if name not in there]
        whole[place] = (*first[:6], journal.written(cells))
    return whole


def _unseen(raw: sqlite3.Connection) -> dict[Place, dict[str, int]]:
    rows = raw.execute("SELECT tbl, uid, unseen FROM sync_shadow WHERE unseen != '{}'")
    return {(row[0], row[1]): json.loads(row[2]) for row in rows}


def _seen_by(row: tuple[Any, ...], unseen: dict[Place, dict[str, int]]) -> int:
    """The fold the writer of a change had seen. What came in beneath an own pending value stayed hidden from
    them, so a later change of that value has not seen it either."""
    base = int(row[5] or 0)
    hidden = unseen.get((row[2], row[3])) if unseen else None
    if not hidden:
        return base
    touched = {cell[0] for cell in journal.read(row[6])}
    folds = [fold for name, fold in hidden.items() if name == WHOLE or row[4] != "u" or name in touched]
    return min([base, *(fold - 1 for fold in folds)])


def _next(raw: sqlite3.Connection, epoch: int) -> tuple[int, bytes]:
    """The first number of the next batch of this epoch, and the hash of the one before."""
    row = raw.execute(
        "SELECT last, sha256 FROM sync_batch WHERE epoch = ? AND state != 'dropped'"
        " ORDER BY last DESC LIMIT 1",
        (epoch,),
    ).fetchone()
    return (int(row[0]) + 1, bytes(row[1])) if row else (1, START)


def _acts(raw: sqlite3.Connection, acts: list[_Picked], facts: ReplicaFacts) -> tuple[Act, ...]:
    """The acts as they travel: of this laptop, or of what it was when they were written."""
    what = "actor, actor_name, role, org, action, reason, undoes, hlc, wall"
    query = (
        f"SELECT uuid, device, {what} FROM json_each(?) e JOIN sync_txn t ON t.id = e.value ORDER BY e.key"
    )
    found = []
    for uid, device, *rest in raw.execute(query, (json.dumps([act.number for act in acts]),)):
        found.append(Act(uid, device if device in facts.formers else facts.device, *rest))
    return tuple(found)


def _count(raw: sqlite3.Connection, query: str) -> int:
    return int(raw.execute(query).fetchone()[0])
