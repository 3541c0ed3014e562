"""Folders for what is made and gone again, within the hub's own folder: where the system keeps such files may
be memory, or too small for the papers of a stick."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_START = ".making-"
_LEFT_SECONDS = 24 * 3600.0  # after which nobody is at it any more


@contextmanager
def scratch(within: Path) -> Iterator[Path]:
    """An empty folder, gone afterwards; what a program that was ended in the middle has left goes, too."""
    within.mkdir(parents=True, exist_ok=True, mode=0o700)
    for folder in within.glob(f"{_START}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > _LEFT_SECONDS:
                shutil.rmtree(folder)
    with tempfile.TemporaryDirectory(prefix=_START, dir=within) as own:
        yield Path(own)
