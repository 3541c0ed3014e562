"""What writers had seen: what they show of the log, stretches that a hub lost, and what they sent twice; and
what the rules see of a row by that.

A view counts a lost stretch under the head of its last block, which stands for all before it, so that two
stretches that begin alike are told apart. What is not surely seen counts as not seen: at worst somebody is
asked about two values of which one would have been enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, insert, select

from app.domain.merge import DELETION
from app.domain.replication import SEEN_BYTES, Batch, Effect, Entry, RowState, Stamp
from app.hub import lost
from app.hub.book import LOST, STANDING, field_ids
from app.hub.log import Logs
from app.hub.rows import ALL, MOVED, Row, Rows
from app.store.tables import is_known, known
from app.store.views import branch_of
from app.sync import signing

_REST = b"\xff" * (32 - SEEN_BYTES)  # the highest head that begins with the bytes a name holds


@dataclass(frozen=True)
class LostBlock:
    """A lost block that was given back: its last number, the site its cells are stamped with, and the numbers
    of the log under which stands what it told, where the hub had that otherwise."""

    last: int
    site: int
    numbers: frozenset[int]


@dataclass(frozen=True)
class Stretch:
    """A stretch of an area's log that views count under `name`; up to `common` the log has it too."""

    name: str
    area: str
    common: int
    blocks: tuple[LostBlock, ...] = ()


def believed(batch: Batch) -> Batch:
    """The batch with views that say no more than its laptop shows that it was given: the log up to the heads
    it names, which the hub has looked at. What it says beyond counts as not seen."""
    shown = {area: seq for area, (seq, _) in batch.seen.items()}
    if not any(_is_beyond(shown, *one) for view in batch.views for one in view.items()):
        return batch
    views = tuple(
        {name: shown.get(name, 0) if _is_beyond(shown, name, seq) else seq for name, seq in view.items()}
        for view in batch.views
    )
    return replace(batch, views=views)


def _is_beyond(shown: Mapping[str, int], name: str, seq: int) -> bool:
    """Whether a view counts more of an area than was shown; a lost stretch is named by its head."""
    return seq > shown.get(name, 0) and "~" not in name


def speaks_of_lost(batch: Batch) -> bool:
    """Whether a batch was written upon a stretch that a hub lost."""
    return any("~" in name for view in batch.views for name in view)


def stretches(connection: Connection, views: Iterable[Mapping[str, int]]) -> tuple[Stretch, ...]:
    """The lost stretches that these views speak of, as far as they are known here."""
    reached: dict[str, int] = {}
    for view in views:
        for name, seq in view.items():
            if "~" in name:
                reached[name] = max(seq, reached.get(name, 0))
    found = (_stretch(connection, name, seq) for name, seq in sorted(reached.items()))
    return tuple(one for one in found if one is not None)


def _stretch(connection: Connection, name: str, reached: int) -> Stretch | None:
    area, _, start = name.partition("~")
    try:
        head = bytes.fromhex(start)
    except ValueError:
        return None
    if len(head) != SEEN_BYTES:
        return None
    wanted = (LOST.c.area == area, LOST.c.head.between(head, head + _REST))
    end = connection.execute(select(LOST.c.branch, LOST.c.fork, LOST.c.last).where(*wanted)).first()
    if end is not None:
        return Stretch(name, area, end.fork, _chain(connection, end.branch, (head, end.last)))
    # A hub that was brought back once more, from a newer backup, may have it in its log.
    return Stretch(name, area, reached) if lost.has_block(connection, area, reached, head) else None


def _chain(connection: Connection, branch: str, end: tuple[bytes, int]) -> tuple[LostBlock, ...]:
    """The block with this end, and those before it, back to where they part from the log."""
    start, last = end
    columns = (LOST.c.head, LOST.c.area, LOST.c.first, LOST.c.last, LOST.c.site)
    query = select(*columns).where(LOST.c.branch == branch, LOST.c.last <= last)
    by_last: dict[int, list[Any]] = {}
    for row in connection.execute(query):
        by_last.setdefault(row.last, []).append(row)
    numbers = _numbers(connection, branch)
    found: list[LostBlock] = []
    those = [row for row in by_last[last] if bytes(row.head).startswith(start)]
    while those:
        row, head = those[0], bytes(those[0].head)
        found.append(LostBlock(row.last, row.site, frozenset(numbers.get(head, ()))))
        those = [] if branch_of(row.area, head) == branch else by_last.get(row.first - 1, [])
        if len(those) > 1:
            those = [one for one in those if _follows(connection, head, bytes(one.head))]
    return tuple(found)


def _follows(connection: Connection, head: bytes, before: bytes) -> bool:
    """Whether a lost block comes after the one with the head `before`."""
    body = connection.execute(select(LOST.c.body).where(LOST.c.head == head)).scalar_one()
    return signing.next_head(before, bytes(body)) == head


def _numbers(connection: Connection, branch: str) -> dict[bytes, list[int]]:
    query = select(STANDING.c.head, STANDING.c.seq).join(LOST, LOST.c.head == STANDING.c.head)
    found: dict[bytes, list[int]] = {}
    for head, seq in connection.execute(query.where(LOST.c.branch == branch)):
        found.setdefault(bytes(head), []).append(seq)
    return found


def note_standing(connection: Connection, head: bytes, numbers: Iterable[int]) -> None:
    """Under these numbers of its area's log stands what the lost block with this head told."""
    rows = [{"head": head, "seq": seq} for seq in sorted(numbers)]
    if rows:
        connection.execute(insert(STANDING), rows)


def state_of(row: Row, view: Mapping[str, int], names: Sequence[str] = ()) -> RowState:
    """What the merge rules see of a row, with all its stamps or those of `names` only; `view` is what the
    writer had seen, by area."""
    stamps: dict[str, Stamp] = {}
    names = names or [*field_ids(known(row.entity)), DELETION]
    earlier = _before_moving(row, view)
    for name in names:
        found = row.stamp_of(name)
        if found is None:
            continue
        seq = found[0]
        if earlier is not None and name and seq == earlier[0]:
            before = earlier[1].get(name) or earlier[1].get(ALL)
            seq = 0 if before and before[0] <= earlier[2] else seq
        stamps[name] = Stamp(0 if row.own.get(name) == seq else seq, found[1], found[2])
    return RowState(row.alive, row.seq, row.values, stamps)


def _before_moving(row: Row, view: Mapping[str, int]) -> tuple[int, Mapping[str, Any], int] | None:
    """Of a row that moved: its first number here, its stamps there, and what the writer had seen there."""
    moved = (row.marks if row.replaced else row.stamps or {}).get(MOVED)
    if not moved:
        return None
    area, first, stamps = moved
    return (first, stamps, view[area]) if area in view else None


def stands_under(
    rows: Rows, logs: Logs, told: Iterable[tuple[str, Entry | Effect]], after: Mapping[str, int]
) -> dict[str, set[int]]:
    """By area the numbers of the log, after these, under which stands just what these entries say.

    Each comes with the uid of its act, which the hub has already. A number counts when everything that still
    stands from it is what the entry says: whoever knows the entry has seen that.
    """
    found: dict[str, set[int]] = {}
    items = [(act, item, rows.get(item.entity, item.uid)) for act, item in told if is_known(item.entity)]
    those = [(act, item, row) for act, item, row in items if row is not None]
    rows.complete_all(row for *_, row in those)
    for act, item, row in those:
        for seq, names in _written(row, after.get(row.area, 0)).items():
            if not all(_says(item, row, name) for name in names):
                continue
            by = logs.act_at(row.area, seq)
            if by is not None and by.uid == act:
                found.setdefault(row.area, set()).add(seq)
    return found


def _written(row: Row, after: int) -> dict[int, list[str]]:
    """The fields of a record by the number of the log that wrote them last, of numbers after this one."""
    found: dict[int, list[str]] = {}
    for name, stamp in state_of(row, {}).stamps.items():
        if stamp.seq > after:
            found.setdefault(stamp.seq, []).append(name)
    return found


def _says(item: Entry | Effect, row: Row, name: str) -> bool:
    """Whether an entry says of a field what stands there."""
    if name == DELETION:
        return (item.op == "d") != row.alive
    if not row.alive or (item.op != "i" and name not in item.cells):
        return False
    return bool(item.cells.get(name) == row.values.get(name))


def note_own(rows: Rows, logs: Logs, told: tuple[str, Entry], site: int) -> None:
    """The laptop of this site sends again what the hub has of an act: fields in which stands what the entry
    wrote are its own.

    `stands_under` counts numbers, and only whole ones: what a record brought along when it moved to another
    area stands under the number of the move, and who moved it need not have seen all of that. Where an
    earlier epoch of the laptop wrote them it shows that it still has them: they are this one's from now on,
    also in its next push, which may come before it has read an answer.
    """
    act, entry = told
    row = rows.get(entry.entity, entry.uid) if is_known(entry.entity) and entry.op in "iu" else None
    if row is None or not row.alive:
        return
    for seq, names in _written(rows.complete(row), 0).items():
        own = [name for name in names if (entry.op == "i" or name in entry.cells) and _says(entry, row, name)]
        by = logs.act_at(row.area, seq) if own else None
        if by is None or by.uid != act:
            continue
        row.own = {**row.own, **dict.fromkeys(own, seq)}
        stamp = row.stamp_of(own[0])
        if stamp is not None and stamp[1] != site and rows.is_same_laptop(stamp[1], site):
            row.mark(own, [seq, site, stamp[2]])
