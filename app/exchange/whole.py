"""Files that appear only when they are whole: written beside their place and then moved into it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app import disk
from app.errors import StoreFailure
from app.i18n import N_


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """The path to write to; it takes the place of `target` at the end, and nothing is left after a fault.

    Raises StoreFailure when the system refuses.
    """
    part = target.with_name(f".{target.stem}.part{target.suffix}")
    try:
        yield part
        disk.settle(part, target)
    except OSError as error:
        raise StoreFailure(N_("“{file}” cannot be written: {why}"), code="unwritable", file=target.name,
                           why=error.strerror or str(error)) from error  # fmt: skip
    finally:
        part.unlink(missing_ok=True)
