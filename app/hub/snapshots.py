"""Ready workspace files for new laptops, made from the rows and kept until too much has happened since."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select

from app.domain.areas import Scope
from app.domain.replication import Block
from app.hub import books
from app.hub.book import LOG, field_ids
from app.hub.database import HubDatabase
from app.hub.lost import has_block
from app.hub.rows import read_living
from app.hub.scratch import scratch
from app.store.replica_facts import Cursor
from app.store.snapshot import SnapshotRow, make_snapshot
from app.store.tables import STORED_TYPES
from app.sync.wire import decode_block

FRESH_ENTRIES = 2_000  # a ready file is given out as long as no more has happened since
HISTORY_ENTRIES = 200_000
_TOLD_EACH = 1_000  # records
Made = Callable[[int, int], None]  # records written, all
_DRAWN_ONCE = frozenset(("grid_cell",))  # squares made in one go: their history says nothing


@dataclass(frozen=True)
class Snapshots:
    """The ready files of a hub, in a folder; what they stand for is beside each as JSON."""

    database: HubDatabase
    folder: Path
    root: str

    def of_area(self, area: str, made: Made | None = None) -> Path:
        """The file for laptops of an area, made anew when the last one is too old; `made` hears how far that
        has come."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.database.reading() as connection:
            now = books.areas(connection, Scope(area, self.root))
            ready = self._ready(connection, area, now)
            return ready or self._make(connection, area, now, made)

    def forget(self) -> None:
        """Drop every ready file: the hub was brought back from a backup."""
        for file in self.folder.glob("*"):
            if not file.is_dir():  # such as where one is being made
                file.unlink(missing_ok=True)

    def _ready(self, connection: Connection, area: str, now: Mapping[str, books.Area]) -> Path | None:
        """The newest file that is new enough, and of this log: a restored hub may have begun another."""
        for file in sorted(self.folder.glob(f"{area}-*.json"), reverse=True):
            told = _told(file)
            since = sum(seq - told.get(code, (0, ""))[0] for code, (seq, _, _) in now.items())
            whole = file.with_suffix("")
            if 0 <= since <= FRESH_ENTRIES and whole.is_file() and _is_of(connection, told):
                return whole
        return None

    def _make(
        self, connection: Connection, area: str, now: Mapping[str, books.Area], told_of: Made | None
    ) -> Path:
        """Make it in a folder of its own: several laptops may ask at once, several processes too."""
        total = sum(seq for seq, _, _ in now.values())
        target = self.folder / f"{area}-{total:012d}.gpkg.zst"
        beside = target.with_name(target.name + ".json")
        standing = {code: (seq, head.hex()) for code, (seq, head, _) in now.items()}
        with scratch(self.folder) as own:
            made, told = own / target.name, own / beside.name
            make_snapshot(
                counted(self._rows(connection, now), self._count(connection, now), told_of),
                made,
                area=area,
                title=self._title(connection, area),
                cursors={code: Cursor(seq, head, digest) for code, (seq, head, digest) in now.items()},
                history=_history(connection, now),
            )
            told.write_text(json.dumps(standing), "utf-8")
            made.replace(target)
            told.replace(beside)
        self._drop_old(area, beside)
        return target

    def _title(self, connection: Connection, area: str) -> str:
        query = f"SELECT name FROM division WHERE h_alive AND code = {self.database.mark}"
        return str(connection.exec_driver_sql(query, (area,)).scalar() or area)

    def _count(self, connection: Connection, now: Mapping[str, books.Area]) -> int:
        marks = ", ".join([self.database.mark] * len(now))
        return sum(
            connection.exec_driver_sql(
                f"SELECT count(*) FROM {kind.name} WHERE h_alive AND h_area IN ({marks})", tuple(now)
            ).scalar_one()
            for kind in STORED_TYPES
            if now
        )

    def _rows(self, connection: Connection, now: Mapping[str, books.Area]) -> Iterator[SnapshotRow]:
        for kind in STORED_TYPES:
            for row in read_living(self.database, connection, kind.name, field_ids(kind), list(now)):
                cells = {name: value for name, value in row.values.items() if value is not None}
                yield SnapshotRow(kind.name, row.uid, row.area, cells)

    def _drop_old(self, area: str, newest: Path) -> None:
        """Keep this file and the one before: somebody may still be fetching that."""
        for file in sorted(self.folder.glob(f"{area}-*.json"))[:-2]:
            if file != newest:
                file.with_suffix("").unlink(missing_ok=True)
                file.unlink(missing_ok=True)


def counted(rows: Iterable[SnapshotRow], whole: int, made: Made | None) -> Iterator[SnapshotRow]:
    """The same rows; `made` hears of them, a thousand at a time."""
    for number, row in enumerate(rows):
        if made is not None and number % _TOLD_EACH == 0:
            made(number, whole)
        yield row
    if made is not None:
        made(whole, whole)


def _told(file: Path) -> dict[str, tuple[int, str]]:
    """Number and head of each area that a ready file was made of; nothing for one of an earlier version, or
    where it cannot be read (any more)."""
    try:
        told = msgspec.json.decode(file.read_bytes(), type=dict[str, tuple[int, str]])
    except (OSError, msgspec.MsgspecError):
        return {}
    return told


def _is_of(connection: Connection, told: Mapping[str, tuple[int, str]]) -> bool:
    """Whether this log goes on from there."""
    ends = [(code, seq, bytes.fromhex(head)) for code, (seq, head) in told.items()]
    return bool(ends) and all(has_block(connection, *end) for end in ends)


def _history(connection: Connection, now: Mapping[str, books.Area]) -> Iterator[Block]:
    """The newest blocks, oldest first, without what was drawn once."""
    query = (
        select(LOG.c.area, LOG.c.first, LOG.c.received, LOG.c.last)
        .where(LOG.c.area.in_(list(now)))
        .order_by(LOG.c.received.desc(), LOG.c.area, LOG.c.first.desc())
    )
    chosen: list[tuple[str, int]] = []
    left = HISTORY_ENTRIES
    for area, first, _, last in connection.execute(query):
        if left <= 0:
            break
        chosen.append((area, first))
        left -= last - first + 1
    for area, first in reversed(chosen):
        body = connection.execute(
            select(LOG.c.body).where(LOG.c.area == area, LOG.c.first == first)
        ).scalar_one()
        block = decode_block(bytes(body))
        told = tuple(effect for effect in block.effects if effect.entity not in _DRAWN_ONCE)
        if told:
            yield replace(block, effects=told)
