"""Which entries of an act the hub has, for acts that may come in parts.

An act counts once, known by its uid. Two sorts may be at the hub in part only when they come again: those so
long that the laptop cut them, when it goes on under another epoch, and those of which a laptop gave back what
a restored hub had lost. Of these each entry is known by a mark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

from sqlalchemy import Connection, insert

from app.domain.replication import Batch, Effect, Entry
from app.hub.book import PARTS
from app.hub.database import HubDatabase

LONG = 50_000  # entries of one act in one batch: laptops cut at 100,000
FEW = 500  # entries of one act that come whole: its records tell them
_BYTES = 8


def is_known_part(known: frozenset[bytes], entry: Entry | Effect) -> bool:
    """Whether the hub has this entry of an act."""
    return _mark(entry.entity, entry.uid, "*") in known or _of_entry(entry) in known


def read_parts(
    database: HubDatabase, connection: Connection, acts: Iterable[str]
) -> dict[str, frozenset[bytes]]:
    """What the hub has of these acts, as far as they may be there in part."""
    wanted = sorted(acts)
    if not wanted:
        return {}
    words, given = database.any_of("act", wanted)
    found: dict[str, set[bytes]] = {}
    for act, marks in connection.exec_driver_sql(f"SELECT act, marks FROM hub_part WHERE {words}", (given,)):
        packed = bytes(marks)
        found.setdefault(act, set()).update(packed[at : at + _BYTES] for at in range(0, len(packed), _BYTES))
    return {act: frozenset(marks) for act, marks in found.items()}


def marks_of_push(batch: Batch, parts: Mapping[str, frozenset[bytes]]) -> dict[str, list[bytes]]:
    """The marks to keep of a push: of acts that may be cut, and of those that were known in part before."""
    times = Counter(entry.act for entry in batch.entries)
    kept = {
        act: batch.acts[act].uid
        for act, number in times.items()
        if number >= LONG or batch.acts[act].uid in parts
    }
    found: dict[str, list[bytes]] = {}
    for entry in batch.entries if kept else ():
        if entry.act in kept:
            found.setdefault(kept[entry.act], []).append(_of_entry(entry))
    return found


def marks_of_block(effects: Sequence[Effect], uids: Sequence[str]) -> dict[str, list[bytes]]:
    """The marks of a block's effects by act; `uids` are those of its acts.

    An effect need not look like the entry it answers: a refused insert writes nothing. Of an act that is
    short enough to have come whole the record alone tells the entry.
    """
    times = Counter(effect.act for effect in effects)
    found: dict[str, list[bytes]] = {}
    for effect in effects:
        place = (effect.entity, effect.uid)
        more = ["i", "d", *(["*"] if times[effect.act] < FEW else [])]
        marks = [_mark(*place, what) for what in (*more, ",".join(sorted(effect.cells)))]
        found.setdefault(uids[effect.act], []).extend(marks)
    return found


def keep_parts(connection: Connection, marks: Mapping[str, Sequence[bytes]]) -> None:
    """Note what has come of these acts."""
    rows = [{"act": act, "marks": b"".join(those)} for act, those in marks.items() if those]
    if rows:
        connection.execute(insert(PARTS), rows)


def _of_entry(entry: Entry | Effect) -> bytes:
    what = ",".join(sorted(entry.cells)) if entry.op == "u" else entry.op
    return _mark(entry.entity, entry.uid, what)


def _mark(entity: str, uid: str, what: str) -> bytes:
    return blake2b(f"{entity}\0{uid}\0{what}".encode(), digest_size=_BYTES).digest()
