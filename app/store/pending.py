"""Finding own changes that the hub has not answered: in the journal, by record."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.store import byrecord, journal
from app.store.crossing import crossing
from app.store.rebase import Pending
from app.store.tables import is_known

Place = tuple[str, str]  # entity and uid
CHUNK = 500
_MOST_LISTED = 50_000  # journal rows that are read through for the pending ones, in about a tenth of a second
_FIRST_OWN = "SELECT min(id) FROM sync_txn WHERE sealed_batch IS NULL"
_OLDEST = (
    f"SELECT seq FROM sync_journal WHERE txn >= ({_FIRST_OWN}) ORDER BY txn, seq LIMIT 1",
    f"SELECT min(seq) FROM sync_claim WHERE txn >= ({_FIRST_OWN})",
    "SELECT min(seq) FROM sync_sent",
    "SELECT min(seq) FROM sync_journal WHERE txn = 0 AND seq NOT IN (SELECT seq FROM sync_claim)",
)
# A row is pending while its transaction is unsealed or unclaimed, or while it stands in sync_sent.
_ROWS = (
    "SELECT j.tbl, j.uid, j.seq, j.op, j.cells, coalesce(c.txn, j.txn), s.number FROM sync_journal j"
    " LEFT JOIN sync_claim c ON c.seq = j.seq LEFT JOIN sync_txn t ON t.id = coalesce(c.txn, j.txn)"
    " LEFT JOIN sync_sent s ON s.seq = j.seq"
    " WHERE j.seq >= ? AND (t.sealed_batch IS NULL OR s.seq IS NOT NULL)"
)


def oldest(raw: sqlite3.Connection) -> int | None:
    """The journal number from which on own changes may be pending; None when none is."""
    found = [row[0] for row in (raw.execute(query).fetchone() for query in _OLDEST) if row]
    return min((seq for seq in found if seq is not None), default=None)


def of_records(raw: sqlite3.Connection, places: Iterable[Place], since: int) -> dict[Place, list[Pending]]:
    """The pending changes of these records, oldest first; `since` is what `oldest` gave."""
    rows = _rows_of(raw, places, since)
    return {place: [change_of(row) for row in those] for place, those in rows.items()}


def pending_uids(raw: sqlite3.Connection, entity: str) -> frozenset[str]:
    """The records of an entity with pending changes."""
    since = oldest(raw)
    if since is None:
        return frozenset()
    return frozenset(row[1] for row in raw.execute(f"{_ROWS} AND j.tbl = ?", (since, entity)))


def _rows_of(
    raw: sqlite3.Connection, places: Iterable[Place], since: int
) -> dict[Place, list[tuple[Any, ...]]]:
    wanted = set(places)
    found: dict[Place, list[tuple[Any, ...]]] = {}
    numbers = byrecord.candidates(raw, {uid for _, uid in wanted}, since)
    query = f"{_ROWS} AND j.seq IN (SELECT value FROM json_each(?)) ORDER BY j.seq"
    for row in raw.execute(query, (since, numbers)):
        place = (row[0], row[1])
        if place in wanted:
            found.setdefault(place, []).append(row)
    return found


def every(raw: sqlite3.Connection) -> Iterator[tuple[Place, Pending]]:
    """All pending changes, oldest first."""
    since = oldest(raw)
    if since is None:
        return
    for row in raw.execute(f"{_ROWS} ORDER BY j.seq", (since,)):
        if is_known(row[0]):
            yield (row[0], row[1]), change_of(row)


class Waiting:
    """The pending changes of a file while a series of folds is written by one connection: read once, not
    record by record in each step, as long as nobody else writes meanwhile.

    From then on, by another connection, and where the journal since the oldest of them is long, they are
    looked for by record.
    """

    def __init__(self) -> None:
        self._raw: sqlite3.Connection | None = None
        self._stands: tuple[int, int] | None = None  # what tells that nobody else has written
        self._found: dict[Place, list[Any]] | None = None  # rows, or changes made of them; None: by record
        self._begun = False

    def of_records(self, raw: sqlite3.Connection, places: Collection[Place]) -> dict[Place, list[Any]]:
        """The pending changes of these records, oldest first: rows of the journal, or changes made of them
        (`as_change`)."""
        found = self._at_hand(raw)
        if found is None:
            since = oldest(raw)
            return {} if since is None else _rows_of(raw, places, since)
        return {place: found[place] for place in places if place in found} if found else {}

    def settled(
        self, raw: sqlite3.Connection, left: Mapping[Place, list[Pending]], done: Iterable[Place] = ()
    ) -> None:
        """What became of records has been written; `left` are the changes that still wait of those that had
        some, `done` the records of which none waits any more."""
        if self._found is None or raw is not self._raw:
            return
        for place in done:
            self._found.pop(place, None)
        for place, changes in left.items():
            if changes:
                self._found[place] = list(changes)
            else:
                self._found.pop(place, None)

    def written(self, raw: sqlite3.Connection) -> None:
        """This connection has written all of a step's piece."""
        if raw is self._raw:
            self._stands = _standing(raw)

    def none_is_left(self, raw: sqlite3.Connection) -> bool:
        """Whether no change waits any more; asked after `settled`."""
        return oldest(raw) is None if self._found is None or raw is not self._raw else not self._found

    def _at_hand(self, raw: sqlite3.Connection) -> dict[Place, list[Any]] | None:
        if not self._begun:
            self._begun, self._raw = True, raw
            self._found, self._stands = _listed(raw), _standing(raw)
        elif self._found is not None and (raw is not self._raw or self._stands != _standing(raw)):
            self._found = None
        return self._found


def _standing(raw: sqlite3.Connection) -> tuple[int, int]:
    """Another number once another connection has written, or this one."""
    return int(raw.execute("PRAGMA data_version").fetchone()[0]), raw.total_changes


def _listed(raw: sqlite3.Connection) -> dict[Place, list[Any]] | None:
    """The rows of all pending changes by record, oldest first; None where too much would have to be read."""
    since = oldest(raw)
    if since is None:
        return {}
    if journal.last_row(raw) - since > _MOST_LISTED:
        return None
    found: dict[Place, list[Any]] = {}
    for row in raw.execute(f"{_ROWS} ORDER BY j.seq", (since,)):
        found.setdefault((row[0], row[1]), []).append(row)
    return found


def as_change(change: Any) -> Pending:
    """A pending change from what `Waiting.of_records` gave of it."""
    return change if isinstance(change, Pending) else change_of(change)


def change_of(row: Sequence[Any], read: list[list[Any]] | None = None) -> Pending:
    """A pending change from (entity, uid, seq, op, cells, owner, number); `read` are the cells when they have
    been read already."""
    entity, _, seq, op, cells, owner, number = row
    old, new = crossing(entity).before_and_after(journal.read(cells) if read is None else read)
    if op == "i":
        old, new = {}, {name: value for name, value in new.items() if value is not None}
    return Pending(seq, op, old, new, owner, number)


def chunks(values: Sequence[str], size: int = CHUNK) -> Iterator[tuple[Sequence[str], str]]:
    """The values a few hundred at a time, each time with as many question marks."""
    for start in range(0, len(values), size):
        part = values[start : start + size]
        yield part, ",".join("?" * len(part))


def rounded_chunks(values: Sequence[str]) -> Iterator[tuple[Sequence[str], str]]:
    """The same with the last value repeated up to a round number, so that few different statements arise
    and SQLite need not prepare each anew."""
    for part, _ in chunks(values):
        wanted = 1 << (len(part) - 1).bit_length()
        yield [*part, *[part[-1]] * (wanted - len(part))], ",".join("?" * wanted)
