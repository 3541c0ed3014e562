"""What laptops brought, read from the signed batches that are kept: dear, and rarely asked.

Acts under a number that the hub has from another laptop, or from another person of the same one: a copy of a
file brings what the first had brought once more, and that counts once. Anything else under such a number is
not what the hub has, however it came by the number, and must not be told that it is.

Records that the hub does not hold, since it refused them or they wait for a person: what their laptop wrote
of them later names them by the beginnings of their uids.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import blake2b

import msgspec
from sqlalchemy import Connection, select

from app.domain.replication import Batch, Entry
from app.hub.book import BATCHES, SITES
from app.hub.verifiers import FIELD, PERSON
from app.sync.signing import unpack_signed
from app.sync.wire import decode_batch

NOTE = "taken_number"  # the note of what is refused for that
_START = 11  # letters of a uid: signed batches name records by no fewer
Known = Mapping[str, tuple[int, str]]  # acts that the hub has, with their site and person


def claimed(
    connection: Connection, known: Known, laptop: Collection[str], site: int
) -> dict[str, frozenset[bytes]]:
    """Of acts that the hub has: those that did not come in an earlier epoch of this laptop (`laptop`: its uid
    and those it had before, `site`: that of its epoch), each with the marks of what came."""
    if not known:
        return {}
    numbers = {number for number, _ in known.values()}
    query = select(SITES.c.id, SITES.c.device, SITES.c.epoch).where(SITES.c.id.in_(sorted(numbers)))
    sites = {row.id: (row.device, row.epoch) for row in connection.execute(query)}
    # What a restored hub was given back has the site of a lost stretch: of that `parts.py` knows what came.
    own = {
        number
        for number, (device, _) in sites.items()
        if number != site and (device in laptop or "~" in device)
    }
    wanted: dict[int, set[str]] = {}
    for uid, (number, _) in known.items():
        if number not in own:
            wanted.setdefault(number, set()).add(uid)
    found: dict[str, set[bytes]] = {uid: set() for those in wanted.values() for uid in those}
    for number, those in wanted.items():
        for uid, mark in _brought(connection, sites.get(number, ("", 0)), those):
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
    """Of records that a laptop (its uid and those it had before) once inserted, the uids that begin so."""
    found: dict[str, list[str]] = {}
    left = set(starts)
    query = select(BATCHES.c.signed).where(BATCHES.c.device.in_(list(laptop)))
    for (signed,) in connection.execute(query.order_by(BATCHES.c.received.desc())):
        if not left:
            break
        lengths = set(map(len, left))
        for entry in decode_batch(unpack_signed(bytes(signed)).body).entries:
            if entry.op != "i" or entry.entity != entity:
                continue
            for start in {entry.uid[:length] for length in lengths} & left:
                found.setdefault(start, []).append(entry.uid)
                left.discard(start)
    return found


def _brought(connection: Connection, who: tuple[str, int], acts: set[str]) -> Iterator[tuple[str, bytes]]:
    """What the signed batches of a laptop's epoch brought of these acts, by act."""
    device, epoch = who
    of_epoch = (BATCHES.c.device == device, BATCHES.c.epoch == epoch, BATCHES.c.state == "taken")
    query = select(BATCHES.c.signed).where(*of_epoch).order_by(BATCHES.c.first)
    for (signed,) in connection.execute(query):
        batch = decode_batch(unpack_signed(bytes(signed)).body)
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
