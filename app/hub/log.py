"""The log: what a push brings to each area, numbered without a gap, as signed and chained blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, insert, select, update

from app.domain.digest import MODULUS, as_text
from app.domain.replication import Act, Block, Effect
from app.hub.book import AREAS, LOG
from app.hub.database import HubDatabase, Reading
from app.hub.keeping import Books
from app.hub.keys import HubKeys
from app.sync.messages import SignedBlock
from app.sync.signing import HEAD_START, next_head
from app.sync.wire import block_acts, encode_block

BLOCK_ENTRIES = 5_000
_FEW = 3  # areas one misses before one locks all there are: each costs deciding everything anew


class NeedArea(Exception):
    """An area that this transaction has not locked is needed; the push is decided again with it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def note(self, missed: set[str]) -> None:
        """Add the area to those that were missed before; raises itself where it is among them."""
        if self.code in missed:
            raise self
        missed.add(self.code)


def missed_areas(missed: set[str], seen: Mapping[str, int]) -> set[str]:
    """The areas to lock beside the likely ones, after so many were missed; `seen` are all there are."""
    return missed | seen.keys() if len(missed) > _FEW else missed


@dataclass(slots=True)
class AreaLog:
    """The log of one area as it stands, and what this push adds to it."""

    code: str
    seq: int
    head: bytes
    digest: int
    began: int = 0
    acts: list[Act] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)


class Logs(Reading):
    """The logs of all areas a push may write to."""

    def __init__(self, database: HubDatabase, connection: Connection) -> None:
        super().__init__(connection)
        self._database = database
        self._areas: dict[str, AreaLog] = {}
        self._locked: set[str] = set()
        # Of blocks that somebody asked about: the acts, and whose each entry is. Conflicts come in swarms.
        self._read: list[tuple[str, int, tuple[Act, ...], list[int]]] = []

    def look(self) -> dict[str, int]:
        """The last number of every area, without a lock."""
        rows = self._connection.execute(select(AREAS.c.code, AREAS.c.seq))
        return {row.code: row.seq for row in rows}

    def lock(self, codes: Sequence[str]) -> dict[str, int]:
        """Lock these areas in the order of their codes; their last numbers. Unknown ones are begun."""
        wanted = sorted(set(codes) - self._locked)
        rows = self._locked_rows(wanted)
        fresh = [code for code in wanted if code not in rows]
        if fresh:
            self._begin(fresh)
            rows = self._locked_rows(wanted)
        for code in wanted:
            seq, head, digest = rows[code]
            self._areas[code] = AreaLog(code, seq, bytes(head), int(digest, 16), began=seq)
            self._locked.add(code)
        return {code: self._areas[code].began for code in self._locked}

    def area(self, code: str) -> AreaLog:
        """The log of a locked area; in SQLite, where one writes at a time, any. Raises NeedArea."""
        found = self._areas.get(code)
        if found is None:
            if self._database.postgres:
                raise NeedArea(code)
            self.lock([code])
            found = self._areas[code]
        return found

    def add(self, code: str, act: Act, effect: Effect) -> int:
        """Put an effect at the end of an area's log; its number."""
        log = self._areas.get(code) or self.area(code)
        place = log.places.get(act.uid)
        if place is None:
            place = log.places[act.uid] = len(log.acts)
            log.acts.append(act)
        effect.act = place
        log.effects.append(effect)
        log.seq += 1
        return log.seq

    def act_at(self, code: str, seq: int) -> Act | None:
        """The act behind a number of an area's log."""
        log = self.area(code)
        if seq > log.began:
            return log.acts[log.effects[seq - log.began - 1].act] if seq <= log.seq else None
        for area, first, acts, places in self._read:
            if area == code and first <= seq < first + len(places):
                return acts[places[seq - first]]
        query = (
            select(LOG.c.last, LOG.c.body)
            .where(LOG.c.area == code, LOG.c.first <= seq)
            .order_by(LOG.c.first.desc())
            .limit(1)
        )
        found = self._connection.execute(query).first()
        if found is None or found.last < seq:
            return None
        first, acts, places = block_acts(bytes(found.body))
        self._read.append((code, first, acts, places))
        return acts[places[seq - first]]

    def count(self, code: str, difference: int) -> None:
        """Add to the digest of an area."""
        log = self.area(code)
        log.digest = (log.digest + difference) % MODULUS

    def hold(self, areas: Mapping[str, tuple[int, bytes, str]]) -> None:
        """Areas that have been locked elsewhere in this transaction: number, head and digest of each."""
        for code, (seq, head, digest) in areas.items():
            self._areas[code] = AreaLog(code, seq, bytes(head), int(digest, 16), began=seq)
            self._locked.add(code)

    def added(self) -> list[Effect]:
        """Everything that was added, of all areas."""
        return [effect for log in self._areas.values() for effect in log.effects]

    def sealed(self, keys: HubKeys, device: str, epoch: int, received: int) -> list[dict[str, Any]]:
        """The blocks of what was added, signed, as rows of the log; each area's head goes on with them."""
        rows: list[dict[str, Any]] = []
        for log in self._areas.values():
            for block in _blocks(log, device, epoch, received):
                body = encode_block(block)
                log.head = next_head(log.head, body)
                signature = keys.sign_block(log.head)
                rows.append({
                    "area": block.area, "first": block.first, "last": block.last, "received": received,
                    "device": device, "epoch": epoch, "body": body, "head": log.head, "signature": signature,
                })  # fmt: skip
        return rows

    def standing(self) -> dict[str, dict[str, Any]]:
        """Where the areas stand that were added to, as `hub_area` has it, by code."""
        return {
            log.code: {"seq": log.seq, "head": log.head, "digest": as_text(log.digest)}
            for log in self._areas.values()
            if log.effects
        }

    def store(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the sealed blocks, and where each area stands now."""
        if self._database.postgres:
            books = Books()
            for values in rows:
                books.keep("hub_log", values)
            for code, values in self.standing().items():
                books.note("hub_area", ("code", code), values)
            books.write(self._database, self._connection)
            return
        if rows:
            self._connection.execute(insert(LOG), rows)
        for code, values in self.standing().items():
            self._connection.execute(update(AREAS).where(AREAS.c.code == code).values(**values))

    def _locked_rows(self, codes: Sequence[str]) -> dict[str, tuple[int, bytes, str]]:
        query = select(AREAS).where(AREAS.c.code.in_(codes)).order_by(AREAS.c.code)
        if self._database.postgres:
            query = query.with_for_update()
        return {row.code: (row.seq, row.head, row.digest) for row in self._connection.execute(query)}

    def _begin(self, codes: Sequence[str]) -> None:
        """Areas nobody wrote to before; another process may do the same just now."""
        mark = self._database.mark
        words = f"INSERT INTO hub_area VALUES ({mark}, 0, {mark}, {mark}) ON CONFLICT DO NOTHING"
        for code in codes:
            self._connection.exec_driver_sql(words, (code, HEAD_START, as_text(0)))


def _blocks(log: AreaLog, device: str, epoch: int, received: int) -> list[Block]:
    """What was added to a log, in blocks of at most so many entries, each with the acts it speaks of."""
    if len(log.effects) <= BLOCK_ENTRIES and log.effects:
        acts, effects = tuple(log.acts), tuple(log.effects)
        return [Block(log.code, log.began + 1, device, epoch, received, acts, effects)]
    blocks = []
    for start in range(0, len(log.effects), BLOCK_ENTRIES):
        part = log.effects[start : start + BLOCK_ENTRIES]
        used = list(dict.fromkeys(effect.act for effect in part))
        places = {old: new for new, old in enumerate(used)}
        effects = tuple(
            Effect(places[e.act], e.dseq, e.entity, e.uid, e.op, e.cells, e.verdict, e.note) for e in part
        )
        acts = tuple(log.acts[place] for place in used)
        blocks.append(Block(log.code, log.began + 1 + start, device, epoch, received, acts, effects))
    return blocks


def read_blocks(
    connection: Connection, cursors: Mapping[str, int], limit_bytes: int
) -> tuple[list[SignedBlock], bool]:
    """The blocks after these numbers, area by area, about `limit_bytes` of them; whether there are more."""
    found: list[SignedBlock] = []
    left = limit_bytes
    for area in sorted(cursors):
        for block in _after(connection, area, cursors[area]):
            if left <= 0 and found:
                return found, True
            left -= len(block.body)
            found.append(block)
    return found, False


def stream_blocks(
    database: HubDatabase, cursors: Mapping[str, int], until: Mapping[str, int]
) -> Iterator[SignedBlock]:
    """The blocks after these numbers and not after those, area by area, read bit by bit."""
    with database.reading() as connection:
        for area in sorted(until):
            blocks = _after(connection, area, cursors.get(area, 0))
            yield from takewhile(lambda block: block.last <= until[block.area], blocks)  # not what came since


def _after(connection: Connection, area: str, seq: int) -> Iterator[SignedBlock]:
    """The blocks of an area after a number, read bit by bit."""
    query = (
        select(LOG.c.first, LOG.c.last, LOG.c.body, LOG.c.head, LOG.c.signature)
        .where(LOG.c.area == area, LOG.c.last > seq)
        .order_by(LOG.c.first)
    )
    with connection.execute(query, execution_options={"yield_per": 16}) as rows:
        for row in rows:
            yield _signed(area, row)


def _signed(area: str, row: Any) -> SignedBlock:
    body, head, signature = bytes(row.body), bytes(row.head), bytes(row.signature)
    return SignedBlock(area=area, first=row.first, last=row.last, body=body, head=head, signature=signature)
