"""What laptops brought, read from the signed batches that are kept: dear, and rarely asked.

Acts under a number that the hub has from another laptop, or from another person of the same one: a copy of a
file brings what the first had brought once more, and that counts once. Anything else under such a number is
not what the hub has, however it came by the number, and must not be told that it is.

Records that the hub does not hold, since it refused them or they wait for a person: what their laptop wrote
of them later names them by the beginnings of their uids.

A push has at most so many entries of old batches looked through, however long the log is: whoever repeats
others' acts, or names records that nobody has, would hold up all the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Select, or_, select

from app.domain.replication import Batch, Entry
from app.hub.book import BATCHES, SITES
from app.hub.verifiers import FIELD, PERSON
from app.sync.signing import unpack_signed
from app.sync.wire import decode_batch

NOTE = "taken_number"  # the note of what is refused for that
_ALL_TAKEN = '%"conflicts":0,"rejected":0,%'  # in the answer to a batch
_COLUMNS = (BATCHES.c.signed, BATCHES.c.first, BATCHES.c.last)
_START = 11  # letters of a uid: signed batches name records by no fewer
_MOST = 150_000  # entries of old batches; a laptop's batch has 5,000, and a copy's push touches two or three
_LEAST = 50  # entries that each batch counts for: to open one costs as much
_MANY = _MOST // _LEAST  # batches


class Known(NamedTuple):
    """An act that the hub has: its site, its person, and the first number of the batch it came in, None where
    that was not kept."""

    site: int
    person: str
    batch: int | None = None


def claimed(
    connection: Connection, known: Mapping[str, Known], laptop: Collection[str], site: int
) -> dict[str, frozenset[bytes]]:
    """Of acts that the hub has: those that did not come in an earlier epoch of this laptop (`laptop`: its uid
    and those it had before, `site`: that of its epoch), each with the marks of what came, as far as it was
    looked for: what is not found is refused and kept."""
    if not known:
        return {}
    numbers = {act.site for act in known.values()}
    query = select(SITES.c.id, SITES.c.device, SITES.c.epoch).where(SITES.c.id.in_(sorted(numbers)))
    sites = {row.id: (row.device, row.epoch) for row in connection.execute(query)}
    # What a restored hub was given back has the site of a lost stretch: of that `parts.py` knows what came.
    own = {
        number
        for number, (device, _) in sites.items()
        if number != site and (device in laptop or "~" in device)
    }
    wanted: dict[int, set[str]] = {}
    for uid, act in known.items():
        if act.site not in own:
            wanted.setdefault(act.site, set()).add(uid)
    found: dict[str, set[bytes]] = {uid: set() for those in wanted.values() for uid in those}
    room = _Room()
    for number, those in wanted.items():
        firsts = {known[uid].batch for uid in those}
        for uid, mark in _brought(room.opened(connection, _of(sites.get(number, ("", 0)), firsts)), those):
            found[uid].add(mark)
    return {uid: frozenset(marks) for uid, marks in found.items()}


def is_brought(marks: Collection[bytes], entry: Entry) -> bool:
    """Whether this very entry came with the act that the hub has."""
    return _mark(entry) in marks


def left_out(batch: Batch, known: Collection[str], marks: Mapping[str, Collection[bytes]]) -> Iterator[Entry]:
    """The entries of a batch that the hub does not have otherwise."""
    for entry in batch.entries:
        uid = batch.acts[entry.act].uid
        if uid not in known or (uid in marks and not is_brought(marks[uid], entry)):
            yield entry


def made(
    connection: Connection, laptop: Iterable[str], entity: str, starts: Iterable[str]
) -> dict[str, list[str]]:
    """Of records that a laptop (its uid and those it had before) once inserted and the hub did not simply
    take, the uids that begin so; the latest batches are looked through."""
    found: dict[str, list[str]] = {}
    left = set(starts)
    refused = or_(BATCHES.c.state != "taken", BATCHES.c.answer.not_like(_ALL_TAKEN))
    query = select(*_COLUMNS).where(BATCHES.c.device.in_(list(laptop)), refused)
    for batch in _Room().opened(
        connection, query.order_by(BATCHES.c.received.desc(), BATCHES.c.first.desc()).limit(_MANY)
    ):
        if not left:
            break
        lengths = set(map(len, left))
        for entry in batch.entries:
            if entry.op != "i" or entry.entity != entity:
                continue
            for start in {entry.uid[:length] for length in lengths} & left:
                found.setdefault(start, []).append(entry.uid)
                left.discard(start)
    return found


class _Room:
    """How much of old batches may still be looked through."""

    def __init__(self) -> None:
        self._left = _MOST

    def opened(self, connection: Connection, query: Select[Any]) -> Iterator[Batch]:
        """The batches that a query of `_COLUMNS` finds, as long as there is room."""
        with connection.execute(query, execution_options={"yield_per": 4}) as rows:  # of MBs each
            for signed, first, last in rows:
                self._left -= max(last - first + 1, _LEAST)
                if self._left < 0:
                    return
                yield decode_batch(unpack_signed(bytes(signed)).body)


def _of(who: tuple[str, int], firsts: Collection[int | None]) -> Select[Any]:
    """The signed batches of a laptop's epoch with these first numbers; all of it where one is not known."""
    device, epoch = who
    of_epoch = (BATCHES.c.device == device, BATCHES.c.epoch == epoch, BATCHES.c.state == "taken")
    query = select(*_COLUMNS).where(*of_epoch).order_by(BATCHES.c.first)
    numbers = sorted(first for first in firsts if first is not None)
    return query if None in firsts else query.where(BATCHES.c.first.in_(numbers[:_MANY]))


def _brought(batches: Iterable[Batch], acts: set[str]) -> Iterator[tuple[str, bytes]]:
    """What batches brought of these acts, by act."""
    for batch in batches:
        uids = [act.uid for act in batch.acts]
        if acts.isdisjoint(uids):
            continue
        for entry in batch.entries:
            if uids[entry.act] in acts:
                yield uids[entry.act], _mark(entry)


def _mark(entry: Entry) -> bytes:
    cells = dict(entry.cells)
    if entry.entity == PERSON and FIELD in cells:
        cells[FIELD] = None  # it is kept apart, with a mark in its place
    told = entry.entity, entry.uid[:_START], entry.op, sorted(cells.items())
    return blake2b(msgspec.msgpack.encode(told), digest_size=16).digest()
