"""The room on a workspace's disk: the limits below which people are warned and nothing more is written, and
the reserve that is given up when the disk is full.

The reserve is one file for all workspaces of a folder: it is for the disk, and whoever needs it first frees
room for all of them.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.errors import StoreFailure
from app.i18n import N_

_LOG = logging.getLogger(__name__)
RESERVE = "gridward.reserve"
VARIABLE = "GRIDWARD_DISK_MB"
MB = 1_000_000
_BLOCK = 1 << 20
_UNTOLD = 1 << 50  # bytes: some drivers do not tell how much is free
Level = Literal["enough", "low", "short"]


@dataclass(frozen=True)
class Limits:
    """How many bytes must be free for what. Each number with its reason:

    `warn`: a day's backup is as long as the file (13 to 281 MB where that was measured) and a day's
    photographs are some 100 MB: with less than 500 MB the next day may be the last one.
    `stop`: a save of 5,000 boilers makes log and file 8 MB longer, a large exchange the log up to 150 MB
    before it is brought in. SQLite survives a full disk; the rest of the computer may not.
    `reserve`: eight times `needed`, as other programs go on writing when it is given up.
    `needed`: what sealing and noting 5,000 changes takes, by the same measure; with less than that the
    reserve is given up before anything is written.
    """

    reserve: int = 64 * MB
    warn: int = 500 * MB
    stop: int = 100 * MB
    needed: int = 8 * MB


@dataclass(frozen=True)
class Space:
    """How much is free (bytes), what that means, and whether the reserve is there. Below `stop` bytes nothing
    is written (`short`), below the limit of warning it is `low`."""

    free: int
    level: Level
    reserve: bool
    stop: int


def limits_here() -> Limits:
    """The limits of this computer: three numbers in GRIDWARD_DISK_MB (reserve, warn, stop), or the usual."""
    told = os.environ.get(VARIABLE, "").replace(",", " ").split()
    if len(told) != 3 or not all(word.isdecimal() for word in told):
        return Limits()
    reserve, warn, stop = (int(word) * MB for word in told)
    return Limits(reserve, warn, stop, min(Limits.needed, max(reserve, stop)))


def free_in(folder: Path) -> int:
    """The bytes a user may still write in a folder; very many where the system does not tell."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:  # whoever writes there hears what is wrong with it
        return _UNTOLD
    return usage.free if usage.total else _UNTOLD


class Room:
    """The room beside a workspace; `measure` tells the bytes that are free in a folder."""

    def __init__(
        self, path: Path, limits: Limits | None = None, measure: Callable[[Path], int] = free_in
    ) -> None:
        self.limits = limits or limits_here()
        self.measure = measure
        self.reserve = path.with_name(RESERVE)
        self._path = path

    def look(self) -> Space:
        """How things stand; some microseconds."""
        free = self._free()
        low = free < self.limits.warn
        level: Level = "short" if self._is_short(free) else "low" if low else "enough"
        return Space(free, level, self.reserve.exists(), self.limits.stop)

    def check(self, more: int = 0) -> None:
        """Raise StoreFailure `disk_low` when nothing is to be written but what has to go on: there is too
        little room, or would be after `more` bytes."""
        free = self._free()
        if not self.fits(more):
            closed = N_("Only {free} MB are free on the disk: {file} can only be read now")
            raise StoreFailure(
                closed
                if self._is_short(free)
                else N_("Only {free} MB are free on the disk: too few for this"),
                hint=N_(
                    "Nothing was changed, and everything saved before is still there. Empty the recycle bin"
                    " or move files (old copies in {backups}, too) to another disk: from {stop} MB on it goes"
                    " on by itself. What is unsent can be sent, or written as a bundle to a stick, even now."
                ),
                free=free // MB,
                stop=(self.limits.stop + more) // MB,
                file=self._path.name,
                backups=f"{self._path.stem}.backups",
                code="disk_low",
            )

    def fits(self, more: int) -> bool:
        """Whether there is room enough for work when so many bytes more are written."""
        return self._free() - more >= self.limits.stop

    def is_out(self) -> bool:
        """Whether so little is free that the reserve is needed for what has to go on."""
        return self._free() < self.limits.needed

    def give_up(self) -> bool:
        """Delete the reserve; whether there was one."""
        try:
            self.reserve.unlink()
        except OSError:
            return False
        _LOG.warning("the disk is full: %s was given up", self.reserve)
        return True

    def keep(self) -> bool:
        """Make the reserve unless it is there, if enough for work stays free beside it; whether it is there.

        Not being able to is no matter: it is tried again when the disk is looked at again.
        """
        size = self.limits.reserve
        if not size:
            return False
        with suppress(OSError):
            if self.reserve.stat().st_size >= size:
                return True
        if self._free() - size < self.limits.stop + self.limits.needed:
            return False
        part = self.reserve.with_name(f"{RESERVE}.part")
        try:
            _allocate(part, size)
            part.replace(self.reserve)
        except OSError as error:
            _LOG.warning("no reserve is kept: %s", error)
            with suppress(OSError):
                part.unlink()
            return False
        return True

    def _is_short(self, free: int) -> bool:
        return free < self.limits.stop

    def _free(self) -> int:
        return self.measure(self._path.parent)


def _allocate(path: Path, size: int) -> None:
    """A file of this size for which the disk has really set room aside."""
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(handle, 0, size)
            return
        block = os.urandom(_BLOCK)  # nothing a file system would pack
        for begin in range(0, size, _BLOCK):
            os.write(handle, block[: size - begin])
    finally:
        os.close(handle)
