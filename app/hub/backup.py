"""A copy of an embedded hub while it serves, and bringing one back; checked before it counts.

A hub on PostgreSQL is copied by PostgreSQL's own programs: `docs/hub.md` has the commands.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from app import disk
from app.errors import Invalid, StoreFailure
from app.hub.hub import Hub
from app.hub.place import FILE, HubPlace
from app.i18n import N_

PARTS = ("blobs", "tls")  # beside the database; snapshots are made again
_PAGES = 2000  # copied at a time, so that pushes get their turn


def backup(place: HubPlace, target: Path, at: datetime) -> Path:
    """A copy in a new folder below `target`, named by the moment; gives that folder.

    The database comes first: attachments are only added, so that all it names are in the copy.
    """
    _embedded(place)
    file = place.folder / FILE
    if not file.is_file():
        raise StoreFailure(N_("There is no hub here"), hint=N_("Make one with “hub init”."), code="no_hub")
    made = target / f"hub-{at.astimezone(UTC).strftime('%Y%m%dT%H%M%SZ')}"
    part = made.with_name(made.name + ".part")
    if made.exists() or part.exists():
        raise StoreFailure(N_("{file} exists already"), hint=N_("It was left as it is; choose another name."),
                           file=made.name, code="exists")  # fmt: skip
    part.mkdir(parents=True, mode=0o700)
    try:
        _copy_database(file, part / FILE)
        for name in PARTS:
            if (place.folder / name).is_dir():
                shutil.copytree(place.folder / name, part / name, ignore=shutil.ignore_patterns("parts"))
        check(part)
        disk.sync_tree(part)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(part, ignore_errors=True)
        raise _failed(error) from error
    except StoreFailure:
        shutil.rmtree(part, ignore_errors=True)
        raise
    part.rename(made)
    disk.sync_folder(made.parent)
    return made


def restore(source: Path, place: HubPlace, at: datetime) -> Path | None:
    """Bring a backup back into the hub's folder, which is kept beside it under a new name and given.

    The hub must not serve meanwhile. Raises StoreFailure for a damaged backup; nothing is changed then.
    """
    _embedded(place)
    if not (source / FILE).is_file():
        raise Invalid(N_("{file} is no backup of a hub"), file=source.name, code="no_backup")
    check(source)
    kept = None
    part = place.folder.with_name(place.folder.name + ".restoring")
    shutil.rmtree(part, ignore_errors=True)
    try:
        shutil.copytree(source, part)
        _note_restored(part, at)  # first: it may turn out to be of a newer program
        disk.sync_tree(part)
        if place.folder.exists():
            _free(place.folder / FILE)
            stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
            kept = place.folder.with_name(f"{place.folder.name}.before-{stamp}")
            place.folder.rename(kept)
        part.rename(place.folder)
        disk.sync_folder(place.folder.parent)
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        raise _failed(error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return kept


def _note_restored(folder: Path, at: datetime) -> None:
    """Tell the hub in a folder that it was brought back."""
    hub = Hub.open(folder)
    try:
        hub.note_restored(at)
    finally:
        hub.close()


def check(folder: Path) -> None:
    """Raises StoreFailure unless the database in a folder is sound."""
    try:
        with closing(sqlite3.connect(f"{(folder / FILE).absolute().as_uri()}?mode=ro", uri=True)) as copy:
            found = [str(row[0]) for row in copy.execute("PRAGMA quick_check(5)")]
            copy.execute("SELECT count(*) FROM hub_area").fetchone()
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    if found != ["ok"]:
        raise StoreFailure(N_("The copy of the hub is damaged"), details=found, code="damaged",
                           hint=N_("Nothing was changed. Use another backup."))  # fmt: skip


def _embedded(place: HubPlace) -> None:
    if place.url is not None:
        raise Invalid(
            N_("A hub on PostgreSQL is copied with pg_dump"),
            hint=N_("docs/hub.md has the commands; attachments are copied with their folder or bucket."),
            code="postgresql",
        )


def _copy_database(file: Path, target: Path) -> None:
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy, pages=_PAGES, sleep=0.01)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, whole in itself
    target.chmod(0o600)


def _free(file: Path) -> None:
    """Raises StoreFailure while a server has the database: it would go on writing to the folder set aside."""
    if not file.is_file():
        return
    try:
        with closing(sqlite3.connect(file, timeout=2.0, isolation_level=None)) as found:
            found.execute("PRAGMA locking_mode = EXCLUSIVE")
            found.execute("BEGIN EXCLUSIVE")
            found.execute("ROLLBACK")
            found.execute("PRAGMA journal_mode = DELETE")  # only possible when nobody else has it open
    except sqlite3.OperationalError as error:
        raise StoreFailure(N_("The hub is in use"), hint=N_("Stop the server first; nothing was changed."),
                           code="in_use") from error  # fmt: skip


def _failed(error: Exception) -> StoreFailure:
    return StoreFailure(N_("The hub could not be copied: {why}"), hint=N_("Is there room on the disk?"),
                        why=str(error), code="backup")  # fmt: skip
