"""Snapshots: a whole workspace file made at the hub, and brought in on a new laptop in place of a replay."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, islice
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO, Self

import zstandard
from sqlalchemy import Connection

from app import disk
from app.domain.areas import OWNERS
from app.domain.digest import as_text
from app.domain.replication import Block, Cells
from app.domain.values import as_moment
from app.errors import AppError, StoreFailure
from app.i18n import N_
from app.store import (
    backup,
    byrecord,
    chain,
    failures,
    journal,
    meta,
    opening,
    place,
    replica_facts,
    views,
    watch,
)
from app.store.connect import Database, opened
from app.store.crossing import crossing
from app.store.fold_write import added_act
from app.store.journal import FOREIGN, NOTED, set_context
from app.store.replica_facts import Cursor, ReplicaFacts
from app.store.rtree import index_name, quoted
from app.store.tables import STORED_TYPES, is_known

_BLOCK = 1 << 20
_AT_ONCE = (
    20_000  # records; those of one town in it fill pages of their own, which folds of its log then share
)
_LEVEL = 3
_FRAME_HEAD = 18  # bytes at most
_PIECE = 1 << 18  # bytes of a snapshot unpacked at once
_AHEAD = 8  # pieces that may wait to be written
_SYNCED = 32 << 20  # bytes after which the disk is asked to have them


@dataclass(frozen=True)
class SnapshotRow:
    """A record with its area; `cells` by field id, as on the wire."""

    entity: str
    uid: str
    area: str
    cells: Cells


@dataclass(frozen=True)
class SnapshotFile:
    """A snapshot that is ready to be sent: its SHA-256 in hex, its size and that of what it unpacks to."""

    path: Path
    sha256: str
    size: int
    unpacked: int


def make_snapshot(
    rows: Iterable[SnapshotRow],
    target: Path,
    *,
    area: str,
    title: str,
    cursors: Mapping[str, Cursor],
    history: Iterable[Block] = (),
) -> SnapshotFile:
    """Write `target` (.gpkg.zst) with these records, which are what the areas' logs add up to at `cursors`.

    `history` are pieces of the logs, oldest first, that a record's history shall show from the start. Records
    may come in any order; those of one kind together are written faster.
    """
    part = target.with_name(target.name + ".part.gpkg")
    packed = target.with_name(target.name + ".part")
    backup.remove(part)
    try:
        with failures.translated(target):
            database = opening.make_file(part, area, title)
            try:
                _fill(database, rows, cursors, history)
            finally:
                database.close()
            _settle(part)
            made = _pack(part, packed)
            disk.settle(packed, target)
    finally:
        backup.remove(part)
        packed.unlink(missing_ok=True)
    return SnapshotFile(target, *made)


def install_snapshot(
    source: Path,
    target: Path,
    facts: ReplicaFacts,
    *,
    sha256: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Unpack a snapshot as the new workspace `target`, belonging to the hub of `facts`.

    `sha256` (hex) is what the hub named. Raises StoreFailure `snapshot_damaged` for a cut or altered file and
    Invalid for a target that is there; then nothing is left behind. `progress` hears (read, all) bytes.
    """
    target = target.resolve()
    place.check_new(target)
    part = target.with_name(target.name + ".part")
    backup.remove(part)
    try:
        with failures.translated(target):
            proved = _unpack(source, part, sha256, progress or _silent)
            _belong(part, source, facts, sound=proved)
            part.chmod(0o600)
            backup.set_aside(target)
            part.rename(target)  # brought to the disk while it was unpacked
            disk.sync_folder(target.parent)
    finally:
        backup.remove(part)


# ---------------------------------------------------------------- making
def _fill(
    database: Database,
    rows: Iterable[SnapshotRow],
    cursors: Mapping[str, Cursor],
    history: Iterable[Block],
) -> None:
    with database.writing() as connection:
        raw: Any = connection.connection.driver_connection
        set_context(connection, NOTED)
        _drop_triggers(raw, connection)
        for entity, run in groupby(rows, key=lambda row: row.entity):
            if is_known(entity):
                _insert(raw, database, entity, run)
        _index(raw, database)
        for area, cursor in cursors.items():
            views.note(raw, 1, area, cursor.seq)
            raw.execute("INSERT INTO sync_origin VALUES (?, ?)", (area, cursor.seq))
            raw.execute(
                "INSERT INTO sync_cursor VALUES (?, ?, ?, ?, ?)",
                (area, cursor.seq, cursor.seq, cursor.head, as_text(cursor.digest)),
            )
        for block in history:
            _history(connection, raw, block)
        byrecord.take_in(raw)
        watch.put_back(connection)
        set_context(connection, FOREIGN)


def _drop_triggers(raw: sqlite3.Connection, connection: Connection) -> None:
    """The triggers of the layers would run for each row; what they do is done once at the end."""
    tables = {quoted(name) for name in meta.layer_names(connection).values()}
    found = raw.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, table in found:
        if quoted(table) in tables:
            raw.execute(f"DROP TRIGGER {quoted(name)}")


def _insert(raw: sqlite3.Connection, database: Database, entity: str, run: Iterable[SnapshotRow]) -> None:
    cross, table = crossing(entity), quoted(database.layout.of(entity).name)
    columns = ("uid", *cross.columns)
    listed, marks = ", ".join(map(quoted, columns)), ", ".join("?" * len(columns))
    rows, written = iter(run), cross.writer(cross.columns)
    while part := sorted(islice(rows, _AT_ONCE), key=attrgetter("area")):
        values = [[row.uid, *written(cross.taken(row.cells))] for row in part]
        raw.executemany(f"INSERT INTO {table} ({listed}) VALUES ({marks})", values)
        if entity in OWNERS:
            raw.executemany(
                "INSERT INTO sync_place VALUES (?, ?, ?)", [(entity, row.uid, row.area) for row in part]
            )


def _index(raw: sqlite3.Connection, database: Database) -> None:
    for kind in STORED_TYPES:
        if not kind.shape.value:
            continue
        table = database.layout.of(kind.name).name
        sides = ", ".join(f"ST_{side}(geometry)" for side in ("MinX", "MaxX", "MinY", "MaxY"))
        raw.execute(
            f"INSERT INTO {quoted(index_name(table, 'geometry'))} SELECT fid, {sides} FROM {quoted(table)}"
            " WHERE geometry IS NOT NULL AND NOT ST_IsEmpty(geometry)"
        )


def _history(connection: Connection, raw: sqlite3.Connection, block: Block) -> None:
    """Journal rows that are shown and not counted: what stood before them is not known here."""
    at = as_moment(datetime.fromtimestamp(block.received / 1000, UTC))
    seq = journal.last_row(raw)
    runs: list[tuple[int, list[list[Any]]]] = []
    for effect in block.effects:
        if effect.op == "n" or not is_known(effect.entity):
            continue
        seq += 1
        number = added_act(raw, block.acts[effect.act])
        cross = crossing(effect.entity)
        cells = cross.note((name, None, value) for name, value in cross.taken(effect.cells).items())
        told = journal.written([[*cell, 1] for cell in cells])
        row = [seq, number, effect.entity, effect.uid, effect.op, None, told, at]
        if runs and runs[-1][0] == number:
            runs[-1][1].append(row)
        else:
            runs.append((number, [row]))
    journal.append(raw, [row for _, run in runs for row in run])
    chain.link_runs(connection, runs)


def _settle(part: Path) -> None:
    """One file without a log beside it, closely packed and looked through, so that laptops need not."""
    with closing(opened(part, "rw")) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("ANALYZE")
    opening.examine(part)


def _pack(part: Path, packed: Path) -> tuple[str, int, int]:
    unpacked, hashed = part.stat().st_size, hashlib.sha256()
    squeeze = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True, threads=-1).compressobj(
        size=unpacked
    )
    with part.open("rb") as read, packed.open("wb") as written:
        while block := read.read(_BLOCK):
            _put(written, hashed, squeeze.compress(block))
        _put(written, hashed, squeeze.flush())
    return hashed.hexdigest(), packed.stat().st_size, unpacked


def _put(written: BinaryIO, hashed: Any, piece: bytes) -> None:
    hashed.update(piece)
    written.write(piece)


# ---------------------------------------------------------------- installing
def _unpack(source: Path, part: Path, sha256: str | None, progress: Callable[[int, int], None]) -> bool:
    """Unpack while hashing; the file is on the disk when this returns.

    Gives whether its bytes are proved to be those that were packed: by the hash, or by the frame's own sum.
    """
    everything, done, hashed = source.stat().st_size, 0, hashlib.sha256()
    opener = zstandard.ZstdDecompressor().decompressobj()
    summed = False
    with source.open("rb") as read, _Behind(part) as written:
        try:
            summed = zstandard.get_frame_parameters(read.read(_FRAME_HEAD)).has_checksum
            read.seek(0)
            while block := read.read(_PIECE):
                hashed.update(block)
                written.put(opener.decompress(block))
                done += len(block)
                progress(done, everything)
        except zstandard.ZstdError as error:
            raise _damaged(source, str(error)) from error
        if not opener.eof or opener.unused_data:
            raise _damaged(source, "cut or added to")
        if sha256 is not None and hashed.hexdigest() != sha256.lower():
            raise _damaged(source, "SHA-256")
        written.finish()
    return summed or sha256 is not None


class _Behind:
    """A new file that is written and brought to the disk by a thread of its own, a few pieces behind, so that
    unpacking and the disk do not wait for each other."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self._thread = ThreadPoolExecutor(1)
        self._under_way: deque[Future[None]] = deque()
        self._unsynced = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(cancel_futures=True)
        self._file.close()

    def put(self, piece: bytes) -> None:
        """Append a piece; raises what writing one of those before raised."""
        if len(self._under_way) >= _AHEAD:
            self._under_way.popleft().result()
        self._under_way.append(self._thread.submit(self._write, piece))

    def finish(self) -> None:
        """Wait until everything is on the disk."""
        self._under_way.append(self._thread.submit(os.fsync, self._file.fileno()))
        for one in self._under_way:
            one.result()

    def _write(self, piece: bytes) -> None:
        left = memoryview(piece)
        while left:
            left = left[self._file.write(left) :]
        self._unsynced += len(piece)
        if self._unsynced >= _SYNCED:
            os.fsync(self._file.fileno())
            self._unsynced = 0


def _belong(part: Path, source: Path, facts: ReplicaFacts, *, sound: bool) -> None:
    """Look whether the file is a whole snapshot, and write into it whose it is.

    With `sound` its bytes are those that the hub looked through when it made them; who opens it looks again.
    """
    try:
        opening.examine(part, sound=sound)
    except AppError as error:
        if error.code == "too_new":
            raise
        raise _damaged(source, str(error)) from error
    with closing(opened(part, "rw")) as connection:
        if connection.execute("SELECT 1 FROM sync_origin LIMIT 1").fetchone() is None:
            raise _damaged(source, "no snapshot of a hub")
        # Nobody knows the file yet, so it need not survive a power cut half written.
        connection.execute("PRAGMA journal_mode = MEMORY")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN IMMEDIATE")
        replica_facts.save(connection, facts)
        for key, value in (("device", facts.device), ("area", facts.area)):
            connection.execute("UPDATE gridward_meta SET value = ? WHERE key = ?", (value, key))
        connection.execute("COMMIT")
    disk.sync_file(part)


def _damaged(source: Path, why: str) -> StoreFailure:
    return StoreFailure(
        N_("The snapshot {file} is cut or was altered on its way"),
        hint=N_("Fetch it again; no workspace was made."),
        details=[why],
        file=source.name,
        code="snapshot_damaged",
    )


def _silent(done: int, everything: int) -> None:
    """Nobody wants to hear of the progress."""
