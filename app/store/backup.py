"""Copies of the workspace by SQLite's backup API (a bare file copy misses commits), and bringing one back."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from app import disk
from app.domain.values import bureau_day
from app.errors import Invalid, StoreFailure
from app.i18n import N_
from app.store import failures, place
from app.store.attachments import files_folder
from app.store.connect import opened
from app.store.lock import WriterLock
from app.store.room import Room

KEPT = 7
_DAILY = ".backups"
_LOGS = ("-wal", "-journal")
_PAGES = 2000  # copied at a time, so that writers get their turn


def backup_folder(path: Path) -> Path:
    """Where the daily backups of a workspace are kept: `NAME.backups` beside it."""
    return path.with_name(path.stem + _DAILY)


def backup_to(path: Path, folder: Path, at: datetime) -> Path:
    """A checked copy of the file and its evidence in `folder`, named by its moment; gives the file's path.

    The copy is a workspace of its own: `NAME-MOMENT.gpkg` with `NAME-MOMENT.files` beside it.
    """
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    made = _copy(path, folder, f"{path.stem}-{stamp}.gpkg")
    try:
        with failures.translated(made):
            bring_evidence(files_folder(path), files_folder(made))
    except StoreFailure:
        made.unlink()
        shutil.rmtree(files_folder(made), ignore_errors=True)
        raise
    return made


def daily(path: Path, at: datetime, room: Room) -> Path | None:
    """Today's backup unless there is one; the newest seven days are kept. Gives the path of a new one; raises
    StoreFailure `disk_low` when it would leave no room for work."""
    name, folder = _of_day(path, at), backup_folder(path)
    if (folder / name).exists():
        return None
    room.check(path.stat().st_size)
    return _dated(path, folder, name)


def second(path: Path, folder: Path, device: str, at: datetime) -> Path | None:
    """The same, with the evidence, in a folder on another disk; nothing where that is not there now.

    `device` tells workspaces of one name apart. Gives the path of a new one.
    """
    if not folder.is_dir():
        return None
    beside = folder / f"{path.stem}-{device[:8]}{path.suffix}"
    with failures.translated(beside):
        bring_evidence(files_folder(path), files_folder(beside))
    name = _of_day(path, at)
    return None if (backup_folder(beside) / name).exists() else _dated(path, backup_folder(beside), name)


def _of_day(path: Path, at: datetime) -> str:
    return f"{path.stem}-{bureau_day(at)}.gpkg"


def _dated(path: Path, folder: Path, name: str) -> Path:
    """Copy the file under the name of its day, and let go of those that are too old."""
    made = _copy(path, folder, name)
    dated = sorted(folder.glob(f"{path.stem}-????-??-??.gpkg"))
    for old in dated[:-KEPT]:
        with suppress(OSError):
            old.unlink()
    return made


def before_migration(path: Path) -> Path:
    """The copy that is made before the tables of an older file are added to."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return _copy(path, backup_folder(path), f"{path.stem}-before-upgrade-{stamp}.gpkg")


def restore(source: Path, target: Path) -> Path | None:
    """Bring a backup back as `target`; a file that is there is kept aside and its new path given.

    Raises StoreFailure when the backup is damaged or no workspace; then nothing was touched.
    """
    source, target = source.resolve(), target.resolve()
    place.check_existing(source, read_only=True)
    place.check_local(target)
    if source == target:
        raise Invalid(N_("A backup cannot be restored onto itself"), code="same_file")
    part = target.with_name(target.name + ".part")
    with failures.translated(target):
        lock = WriterLock(target)
        try:
            copy_to(source, part)
            bring_evidence(_evidence_of(source), files_folder(target))
            aside = set_aside(target)
            part.rename(target)
            disk.sync_folder(target.parent)
        finally:
            remove(part)
            lock.release()
    return aside


def _evidence_of(source: Path) -> Path:
    """The evidence of a backup: beside it or, for a daily one, beside the workspace it was made of."""
    if source.parent.name.endswith(_DAILY) and not files_folder(source).is_dir():
        return source.parent.with_name(source.parent.name.removesuffix(_DAILY) + ".files")
    return files_folder(source)


def bring_evidence(source: Path, target: Path) -> None:
    """Copy the files of one evidence folder that another lacks; their names are their hashes."""
    if not source.is_dir() or source == target:
        return
    for file in sorted(source.glob("??/*")):
        place_there = target / file.parent.name / file.name
        if place_there.is_file() and place_there.stat().st_size == file.stat().st_size:
            continue
        disk.make_folder(place_there.parent)
        part = place_there.with_name(place_there.name + ".part")
        shutil.copyfile(file, part)
        part.chmod(0o600)
        disk.settle(part, place_there)


def _copy(path: Path, folder: Path, name: str) -> Path:
    target = folder / name
    with failures.translated(target):
        disk.make_folder(folder)
        part = folder / (name + ".part")
        copy_to(path, part)
        if target.exists():
            part.unlink()
            raise Invalid(N_("{file} is there already"), file=str(target), code="exists")
        disk.settle(part, target)
    return target


def copy_to(source: Path, part: Path) -> None:
    """A copy of the whole file that has been checked, or none."""
    remove(part)
    try:
        with closing(opened(source, "ro")) as read, closing(sqlite3.connect(part)) as written:
            read.backup(written, pages=_PAGES)
            written.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
            found = [row[0] for row in written.execute("PRAGMA quick_check(5)")]
        if found != ["ok"]:
            raise failures.damaged(source, "; ".join(found))
        part.chmod(0o600)
        disk.sync_file(part)
    except BaseException:
        remove(part)
        raise


def set_aside(target: Path) -> Path | None:
    """Keep the file at `target`, with its log, under a name that says when it was replaced. Raises OSError.

    It stays at its place until another takes that; its log does not, since that file would be read with it.
    A log without a file is kept as well.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    names = (f"{target.stem}-replaced-{stamp}{more}" for more in chain([""], (f"-{n}" for n in count(2))))
    aside = next(path for name in names if not (path := target.with_name(name + target.suffix)).exists())
    there = [end for end in ("", *_LOGS) if target.with_name(target.name + end).exists()]
    if not there:
        return None
    for end in there:
        _second_name(target.with_name(target.name + end), aside.with_name(aside.name + end))
    disk.sync_folder(target.parent)
    for end in (*_LOGS, "-shm"):
        target.with_name(target.name + end).unlink(missing_ok=True)
    disk.sync_folder(target.parent)
    return aside if "" in there else None


def _second_name(path: Path, other: Path) -> None:
    """The same file under another name; a copy where the disk knows no second names, as on a stick."""
    try:
        os.link(path, other)
    except OSError:
        shutil.copyfile(path, other)
        disk.sync_file(other)


def remove(part: Path) -> None:
    """Remove a file with the logs beside it, if they are there."""
    for ending in ("", *_LOGS, "-shm"):
        part.with_name(part.name + ending).unlink(missing_ok=True)
