"""Database errors as the user should hear them; the only place that knows SQLite's error names."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from app.errors import StoreFailure
from app.i18n import N_, listed

_NO_ROOM = 64 * 1024  # bytes: what the file beside the workspace needs


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise StoreFailure for what SQLite or the file system says about the workspace at `path`."""
    try:
        yield
    except DBAPIError as error:
        failure = failure_of(error.orig, path)
        if failure is None:
            raise
        raise failure from error
    except (sqlite3.Error, OSError) as error:
        failure = failure_of(error, path)
        if failure is None:
            raise
        raise failure from error


def failure_of(error: BaseException | None, path: Path) -> StoreFailure | None:
    """The failure behind an error; None when it is a broken rule or a bug, not the file."""
    if isinstance(error, OSError):
        return _of_system(error, path)
    name = getattr(error, "sqlite_errorname", "") or ""
    if isinstance(error, sqlite3.OperationalError) and "decode to UTF-8" in str(error):
        return damaged(path, str(error))
    for start, make in _BY_NAME.items():
        if name.startswith(start):
            return make(path, str(error))
    return None


def damaged(path: Path, why: str = "") -> StoreFailure:
    """The file's inner structure is broken."""
    return StoreFailure(
        N_("The workspace {file} is damaged"),
        hint=N_(
            "Leave the file as it is and restore the newest backup into another file; then “salvage” brings"
            " back what was written since."
        ),
        details=[why] if why else [],
        file=path.name,
        code="damaged",
    )


def rebuilt(path: Path, layers: Sequence[str]) -> StoreFailure:
    """A layer's table is no longer the one this program made."""
    return StoreFailure(
        N_("In {file} another program has written layers anew: {layers}"),
        hint=N_(
            "Restore the newest backup into another file; let other programs edit layers, not replace them."
        ),
        details=list(layers),
        file=path.name,
        layers=listed(layers),
        code="damaged",
    )


def full(path: Path, why: str = "") -> StoreFailure:
    """No room is left on the disk."""
    return StoreFailure(
        N_("The disk is full; {file} could not be written"),
        hint=N_(
            "Nothing was changed; everything saved before is still there. Free some space and try again."
        ),
        details=[why] if why else [],
        file=path.name,
        code="disk_full",
    )


def locked(path: Path, why: str = "") -> StoreFailure:
    """Another program is writing into the file."""
    return StoreFailure(
        N_("Another program is writing into {file}"),
        hint=N_("End the editing there (in QGIS, save and leave edit mode), then try again."),
        details=[why] if why else [],
        file=path.name,
        code="locked",
    )


def read_only(path: Path, why: str = "") -> StoreFailure:
    """The file or its folder may not be written."""
    return StoreFailure(
        N_("{file} cannot be written: the file or its folder {folder} is read-only"),
        hint=N_("Copy the workspace into a folder of your own, or ask for the right to write there."),
        details=[why] if why else [],
        file=path.name,
        folder=str(path.parent),
        code="read_only",
    )


def unreadable(path: Path, why: str = "") -> StoreFailure:
    """The system cannot open or read the file."""
    return StoreFailure(
        N_("{file} cannot be read or written"),
        hint=N_("Check the disk and the permissions of {folder}."),
        details=[why] if why else [],
        file=path.name,
        folder=str(path.parent),
        code="unreadable",
    )


def _of_system(error: OSError, path: Path) -> StoreFailure:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return full(path, str(error))
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return read_only(path, str(error))
    return unreadable(path, str(error))


def _unreadable_or_full(path: Path, why: str = "") -> StoreFailure:
    """What SQLite calls an input or output error: on a full disk it cannot make the small file beside the
    workspace by which readers and writers meet, and says no more of it than that."""
    with suppress(OSError):
        if shutil.disk_usage(path.parent).free < _NO_ROOM:
            return full(path, why)
    return unreadable(path, why)


_BY_NAME = {
    "SQLITE_FULL": full,
    "SQLITE_CORRUPT": damaged,
    "SQLITE_NOTADB": damaged,
    "SQLITE_BUSY": locked,
    "SQLITE_LOCKED": locked,
    "SQLITE_READONLY": read_only,
    "SQLITE_CANTOPEN": unreadable,
    "SQLITE_IOERR": _unreadable_or_full,
}
