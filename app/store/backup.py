"""Copies of the workspace by SQLite's backup API (a bare file copy misses commits), and bringing one back."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from app.domain.values import bureau_day
from app.errors import Invalid
from app.i18n import N_
from app.store import failures, place
from app.store.attachments import sync_folder
from app.store.connect import opened

KEPT = 7
_PAGES = 2000  # copied at a time, so that writers get their turn


def backup_folder(path: Path) -> Path:
    """Where the daily backups of a workspace are kept: `NAME.backups` beside it."""
    return path.with_name(path.stem + ".backups")


def backup_to(path: Path, folder: Path, at: datetime) -> Path:
    """Write a checked copy named by its moment into `folder` and give its path."""
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return _copy(path, folder, f"{path.stem}-{stamp}.gpkg")


def daily(path: Path, at: datetime) -> Path | None:
    """Today's backup unless there is one; the newest seven days are kept. Gives the path of a new one."""
    folder = backup_folder(path)
    name = f"{path.stem}-{bureau_day(at)}.gpkg"
    if (folder / name).exists():
        return None
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
    place.check_existing(source, read_only=True)
    place.check_local(target)
    if source.resolve() == target.resolve():
        raise Invalid(N_("A backup cannot be restored onto itself"), code="same_file")
    part = target.with_name(target.name + ".part")
    with failures.translated(target):
        _whole_copy(source, part)
        aside = _set_aside(target)
        part.rename(target)
        sync_folder(target.parent)
    return aside


def _copy(path: Path, folder: Path, name: str) -> Path:
    target = folder / name
    with failures.translated(target):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = folder / (name + ".part")
        _whole_copy(path, part)
        if target.exists():
            part.unlink()
            raise Invalid(N_("{file} is there already"), file=str(target), code="exists")
        part.rename(target)
        sync_folder(folder)
    return target


def _whole_copy(source: Path, part: Path) -> None:
    """A copy that has been checked, or none."""
    _remove(part)
    try:
        with closing(opened(source, "ro")) as read, closing(sqlite3.connect(part)) as written:
            read.backup(written, pages=_PAGES)
            written.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
            found = [row[0] for row in written.execute("PRAGMA quick_check(5)")]
        if found != ["ok"]:
            raise failures.damaged(source, "; ".join(found))
        part.chmod(0o600)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
    except BaseException:
        _remove(part)
        raise


def _set_aside(target: Path) -> Path | None:
    """Move a file, with its log, to a name that says when it was replaced."""
    if not target.exists():
        return None
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = target.with_name(f"{target.stem}-replaced-{stamp}{target.suffix}")
    for ending in ("-wal", "-shm", ""):
        part = target.with_name(target.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    return aside


def _remove(part: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        part.with_name(part.name + ending).unlink(missing_ok=True)
