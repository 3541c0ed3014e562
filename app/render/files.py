"""Writes a finished file whole or not at all, so that the file that was there before is never half
replaced."""

from __future__ import annotations

import os
from pathlib import Path

from app import disk
from app.errors import StoreFailure
from app.i18n import N_


def write_whole(path: Path, content: bytes) -> None:
    """Write beside `path`, then move into its place; raises StoreFailure with the system's reason."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        disk.settle(beside, path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise StoreFailure(
            N_("{path} cannot be written: {reason}."),
            hint=N_(
                "Nothing was changed. Choose another folder, or close the program that has the file open."
            ),
            code="cannot_write",
            path=str(path),
            reason=error.strerror or str(error),
        ) from error
