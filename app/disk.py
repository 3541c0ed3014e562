"""What is said to be saved is on the disk: its bytes, its name, and the folders made for it.

A system may lose, when the power fails, whatever it was not asked to bring to the disk: a file that has its
name may be empty, and a file that was written may have no name.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

_NOT_KNOWN = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)


def settle(part: Path, target: Path) -> None:
    """Give a finished file its name, for good: `target` is the old one or the whole new one, at any moment.

    `part` lies on the same disk. Raises OSError.
    """
    sync_file(part)
    part.replace(target)
    sync_folder(target.parent)


def write(target: Path, content: bytes) -> None:
    """Write a small file that only this user may read, whole or not at all, and for good. Raises OSError."""
    make_folder(target.parent)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        settle(part, target)
    finally:
        part.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder that only this user may enter, with those above it, so that it stays. Raises OSError."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)


def sync_file(file: Path) -> None:
    """Bring a file's bytes to the disk. Raises OSError."""
    with file.open("rb+") as opened:  # Windows wants a handle that may write
        os.fsync(opened.fileno())


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk. Raises OSError.

    Windows does this by itself; some sticks and network drives know no such thing for a folder.
    """
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NOT_KNOWN:
            raise
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Bring everything in and below a folder to the disk, such as a copy. Raises OSError."""
    for path, _, names in os.walk(folder, topdown=False):
        for name in names:
            sync_file(Path(path, name))
        sync_folder(Path(path))
