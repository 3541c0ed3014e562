"""Whether the disk that a workspace lies on is encrypted, as far as the system tells everybody.

Linux: dm-crypt (LUKS) below the file system, through LVM, RAID, partitions and loop devices; a folder that
fscrypt or an encrypting file system keeps. Windows: what its explorer shows of BitLocker. A disk that
encrypts by itself counts as not encrypted: nobody here can see whether it asks for a key.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Literal

from app.store.place import MOUNTS, mount_of

DiskState = Literal["encrypted", "open", "unknown"]
_SYS = Path("/sys")
_DEEPEST = 12  # devices upon devices
_ENCRYPTING = frozenset(("ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs", "fuse.securefs"))
_GET_POLICY = 0xC0096616  # FS_IOC_GET_ENCRYPTION_POLICY_EX of linux/fscrypt.h
_POLICY_BYTES = 8 + 24
# System.Volume.BitLockerProtection: 1 on, 2 off, 3 and 4 while it is switched on or off, 5 suspended: its key
# lies open.
_BITLOCKER: dict[str, DiskState] = {"1": "encrypted", "2": "open", "3": "open", "4": "open", "5": "open"}
_ASK_WINDOWS = (
    "(New-Object -ComObject Shell.Application).NameSpace('{drive}').Self"
    ".ExtendedProperty('System.Volume.BitLockerProtection')"
)
_PATIENCE_S = 20


def disk_state(folder: Path, system: Path = _SYS, mounts: Path = MOUNTS) -> DiskState:
    """Whether what is written into this folder lies encrypted on its disk. May take a second on Windows."""
    if sys.platform == "win32":
        return _bitlocker(os.path.splitdrive(folder.absolute())[0])
    if not sys.platform.startswith("linux"):
        return "unknown"
    source, kind = mount_of(folder, mounts)
    if kind in _ENCRYPTING or _has_policy(folder):
        return "encrypted"
    try:
        number = folder.stat().st_dev
        if not os.major(number) and source.startswith("/"):  # btrfs and others number themselves
            number = Path(source).stat().st_rdev
    except OSError:
        return "unknown"
    return device_state(f"{os.major(number)}:{os.minor(number)}", system)


def device_state(number: str, system: Path = _SYS) -> DiskState:
    """The same of a block device by its number, MAJOR:MINOR."""
    try:
        place = (system / "dev/block" / number).resolve(strict=True)
        together = _together(place, system)
        return _all(_below(item, system, _DEEPEST) for item in together)
    except (OSError, RuntimeError):  # there is none such, or it leads round in a circle
        return "unknown"


def _below(place: Path, system: Path, left: int) -> DiskState:
    """What a device and those it stands upon say."""
    if not left:
        return "unknown"
    mapped = _text(place / "dm/uuid") if (place / "dm").is_dir() else None
    if mapped is not None and mapped.startswith("CRYPT-"):
        return "encrypted"
    if (place / "partition").exists():
        return _below(place.parent, system, left - 1)
    backing = _text(place / "loop/backing_file")
    if backing:
        return _state_of_file(Path(backing), system, left - 1)
    slaves = place / "slaves"
    upon = [item.resolve(strict=True) for item in sorted(slaves.iterdir())] if slaves.is_dir() else []
    if upon:
        found = _all(_below(item, system, left - 1) for item in upon)
        # A mapping that says nothing of itself may encrypt.
        return "unknown" if found == "open" and mapped == "" else found
    return "unknown" if mapped is not None else "open"


def _state_of_file(file: Path, system: Path, left: int) -> DiskState:
    number = file.stat().st_dev
    place = (system / "dev/block" / f"{os.major(number)}:{os.minor(number)}").resolve(strict=True)
    return _below(place, system, left)


def _together(place: Path, system: Path) -> list[Path]:
    """The devices of the btrfs that this one belongs to; mostly itself alone."""
    for devices in system.glob("fs/btrfs/*/devices"):
        found = [item.resolve(strict=True) for item in devices.iterdir()]
        if place in found:
            return found
    return [place]


def _all(states: Iterable[DiskState]) -> DiskState:
    """Encrypted only where every part is; open where one is known to be."""
    found = set(states)
    return "open" if "open" in found else "unknown" if "unknown" in found or not found else "encrypted"


def _text(file: Path) -> str | None:
    try:
        return file.read_text("utf-8", "replace").strip()
    except OSError:
        return None


def _has_policy(folder: Path) -> bool:
    """Whether fscrypt keeps this folder."""
    import fcntl

    asked = bytearray(_POLICY_BYTES)
    asked[:8] = (_POLICY_BYTES - 8).to_bytes(8, sys.byteorder)
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        return bool(fcntl.ioctl(handle, _GET_POLICY, asked) == 0)
    except OSError:  # no such policy, or a file system that has none
        return False
    finally:
        os.close(handle)


@lru_cache(maxsize=8)
def _bitlocker(drive: str) -> DiskState:
    """What Windows shows of a drive such as `C:` to everybody; asked once."""
    if len(drive) != 2 or not drive[0].isalpha():
        return "unknown"
    words = ["powershell.exe", "-NoProfile", "-NonInteractive", "-Command", _ASK_WINDOWS.format(drive=drive)]
    try:
        said = subprocess.run(
            words, capture_output=True, text=True, timeout=_PATIENCE_S, check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        ).stdout  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return _BITLOCKER.get(said.strip(), "unknown")
