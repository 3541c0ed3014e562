"""What the books tell of a hub that was brought back from a backup, and of what laptops gave it back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, func, select, update

from app.domain.replication import SEEN_BYTES
from app.errors import Invalid
from app.hub import keys
from app.hub.book import AREAS, BATCHES, DEVICES, FACTS, LOG, LOST
from app.i18n import N_
from app.store.views import branch_of
from app.sync import signing
from app.sync.messages import RESTORED_EPOCHS, SignedBlock

RESTORED = "restored"  # the fact that tells when the hub was brought back, and where its areas stood


def note_restored(connection: Connection, now: int) -> None:
    """The hub was brought back from a backup: every laptop goes on under a new epoch."""
    areas = {row.code: row.seq for row in connection.execute(select(AREAS.c.code, AREAS.c.seq))}
    keys.set_fact(connection, RESTORED, json.dumps({"at": now, "areas": areas}).encode())
    values = {"epoch": DEVICES.c.epoch + RESTORED_EPOCHS, "next": 1, "chain": signing.HEAD_START}
    connection.execute(update(DEVICES).values(**values))


def note_loss(connection: Connection, area: str, fork: int, now: int) -> None:
    """A stretch of an area's log after `fork` was lost; unless somebody has said that the hub was brought
    back, this says so."""
    found = connection.execute(select(FACTS.c.value).where(FACTS.c.name == RESTORED)).scalar()
    noted = json.loads(bytes(found))["areas"] if found is not None else {}
    if found is None or fork > noted.get(area, 0):
        note_restored(connection, now)


def restored_at(connection: Connection) -> tuple[int | None, int]:
    """When the hub was last brought back (ms), if ever, and how many entries laptops have given back."""
    found = connection.execute(select(FACTS.c.value).where(FACTS.c.name == RESTORED)).scalar()
    entries = connection.execute(select(func.sum(LOST.c.last - LOST.c.first + 1))).scalar()
    return (json.loads(bytes(found))["at"] if found is not None else None), int(entries or 0)


def common(connection: Connection, area: str, ends: Sequence[tuple[int, bytes]]) -> int:
    """The highest of these ends of blocks (number, first bytes of the head) that this log has; 0 for none."""
    if not ends:
        return 0
    lowest = min(last for last, _ in ends)
    query = select(LOG.c.last, LOG.c.head).where(LOG.c.area == area, LOG.c.last >= lowest)
    here = {row.last: bytes(row.head) for row in connection.execute(query)}
    return max((last for last, head in ends if head and here.get(last, b"").startswith(head)), default=0)


def ends_before(connection: Connection, cursors: Mapping[str, int]) -> dict[str, tuple[int, bytes]]:
    """Of each area the last end of a block (number, first bytes of the head) not after this number."""
    found = {}
    for area, seq in cursors.items():
        query = select(LOG.c.last, LOG.c.head).where(LOG.c.area == area, LOG.c.last <= seq)
        row = connection.execute(query.order_by(LOG.c.first.desc()).limit(1)).first()
        if row is not None:
            found[area] = (row.last, bytes(row.head)[:SEEN_BYTES])
    return found


def given_back(connection: Connection) -> list[bytes]:
    """The first bytes of the heads of all blocks that laptops gave back."""
    return [bytes(head)[:SEEN_BYTES] for head in connection.execute(select(LOST.c.head)).scalars()]


def has_block(connection: Connection, area: str, last: int, head: bytes) -> bool:
    """Whether this log has a block that ends here with this head (or its first bytes)."""
    query = (
        select(LOG.c.last, LOG.c.head)
        .where(LOG.c.area == area, LOG.c.first <= last)
        .order_by(LOG.c.first.desc())
        .limit(1)
    )
    found = connection.execute(query).first()
    return found is not None and found.last == last and bytes(found.head).startswith(head)


def has_batch(connection: Connection, sha256: bytes) -> bool:
    """Whether the hub has taken this batch."""
    return connection.execute(select(BATCHES.c.sha256).where(BATCHES.c.sha256 == sha256)).first() is not None


def is_here(connection: Connection, signed: SignedBlock) -> bool:
    """Whether the log has this very block, or it was given back before."""
    if has_block(connection, signed.area, signed.last, signed.head):
        return True
    return connection.execute(select(LOST.c.head).where(LOST.c.head == signed.head)).first() is not None


def unknown(connection: Connection, area: str, ends: Sequence[tuple[int, bytes]]) -> int:
    """How many of an area's blocks that end so (number, head) the log does not have and nobody gave back."""
    if not ends:
        return 0
    span = LOG.c.last.between(min(last for last, _ in ends), max(last for last, _ in ends))
    log = select(LOG.c.head).where(LOG.c.area == area, span)
    given = select(LOST.c.head).where(LOST.c.area == area)
    here = {bytes(head) for query in (log, given) for head in connection.execute(query).scalars()}
    return sum(head not in here for _, head in ends)


def place_of(connection: Connection, signed: SignedBlock) -> tuple[str, int, bytes | None]:
    """The lost stretches that a block belongs to, by the first block of them, where that parts from the log,
    and the head of the lost block before it; raises Invalid `gap`."""
    before = signed.first - 1
    if before == 0 and signing.next_head(signing.HEAD_START, signed.body) == signed.head:
        return branch_of(signed.area, signed.head), 0, None
    log = select(LOG.c.head).where(LOG.c.area == signed.area, LOG.c.last == before)
    for head in connection.execute(log).scalars():
        if signing.next_head(bytes(head), signed.body) == signed.head:
            return branch_of(signed.area, signed.head), before, None
    lost = select(LOST).where(LOST.c.area == signed.area, LOST.c.last == before)
    for row in connection.execute(lost):
        if signing.next_head(bytes(row.head), signed.body) == signed.head:
            return row.branch, row.fork, bytes(row.head)
    raise Invalid(N_("The block before this one is not known here"), code="gap")
