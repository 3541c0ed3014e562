"""One writing program at a time: a lock file beside the workspace, freed when its program dies."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import StoreFailure
from app.i18n import N_

if TYPE_CHECKING:
    from io import FileIO


def lock_path(path: Path) -> Path:
    """The lock file of a workspace."""
    return path.with_name(path.name + ".lock")


class WriterLock:
    """Held from opening a workspace for writing until it is closed."""

    def __init__(self, path: Path) -> None:
        self._path = lock_path(path)
        self._file = self._take(path)

    def release(self) -> None:
        """Give the lock back; twice does no harm."""
        if self._file.closed:
            return
        if sys.platform != "win32":
            self._path.unlink(missing_ok=True)  # while it is held, so that nobody else's is removed
        self._file.close()

    def _take(self, path: Path) -> FileIO:
        while True:
            file = self._path.open(
                "a+b", buffering=0
            )  # or what a full disk refused is tried at closing again
            if not _locked(file):
                holder = self._holder()
                file.close()
                raise StoreFailure(
                    N_("{file} is open for writing in another Gridward ({holder})"),
                    hint=N_("Close it there, or open this workspace for reading only."),
                    file=path.name,
                    holder=holder or "?",
                    code="in_use",
                )
            if self._is_current(file):
                break
            file.close()  # the former holder removed the file between our opening and locking it
        with suppress(OSError):  # on a full disk nobody learns who holds it, but it holds
            file.truncate(1)
            file.write(f" {os.getpid()} {_user()}".encode())
        return file

    def _holder(self) -> str:
        try:
            return self._path.read_bytes()[1:].decode("utf-8", "replace").strip("\x00 ")
        except OSError:
            return ""

    def _is_current(self, file: FileIO) -> bool:
        if sys.platform == "win32":
            return True
        try:
            return os.fstat(file.fileno()).st_ino == self._path.stat().st_ino
        except FileNotFoundError:
            return False


def _locked(file: FileIO) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _user() -> str:
    return os.environ.get("USER") or os.environ.get("USERNAME") or ""
