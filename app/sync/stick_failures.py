"""What goes wrong with a stick, by its cause: full, read-only, pulled out, or a name it does not take."""

from __future__ import annotations

import errno
from pathlib import Path

from app.errors import StoreFailure
from app.i18n import N_, tr

PULLED_OUT = N_("{file} cannot be read: was the stick pulled out?")
_FULL = frozenset((errno.ENOSPC, errno.EDQUOT))
_READ_ONLY = frozenset((errno.EROFS, errno.EACCES, errno.EPERM))
_GONE = frozenset((errno.EIO, errno.ENXIO, errno.ENODEV, errno.ENOTCONN, errno.ENOENT, errno.ESTALE))
_NAME = frozenset((errno.EINVAL, errno.ENAMETOOLONG, errno.EILSEQ))
# Windows says more than its errno: write-protected; not ready, no such device, not connected, volume changed.
_WINDOWS = {19: "read_only", 21: "gone", 55: "gone", 433: "gone", 1006: "gone", 1167: "gone", 123: "name"}
_SAFE = N_("Everything is still safe on this computer; nothing was left on the stick.")
_SAYS = {
    "disk_full": (N_("There is not enough room for the bundle in {folder}"), _SAFE),
    "stick_read_only": (
        N_("Nothing may be written to {folder}: the stick is locked, or the folder is not yours"),
        N_("Slide the stick’s lock aside, or take another one. Everything is still safe on this computer."),
    ),
    "stick_gone": (
        N_("{folder} is not there any more: was the stick pulled out?"),
        N_(
            "Everything is still safe on this computer. Do not use what is on the stick: plug it in and write"
            " the bundle again."
        ),
    ),
    "bad_name": (
        N_("The stick does not take the name “{name}”"),
        N_('Choose a short name without : ? * " < > |. Everything is still safe on this computer.'),
    ),
    "bundle_unwritable": (N_("The bundle cannot be written to {folder}"), _SAFE),
}


def cause_of(error: BaseException) -> str:
    """The code of what is wrong: disk_full, stick_read_only, stick_gone, bad_name, else bundle_unwritable."""
    if not isinstance(error, OSError):
        return "bundle_unwritable"
    told = {"read_only": "stick_read_only", "gone": "stick_gone", "name": "bad_name"}
    by_windows = _WINDOWS.get(getattr(error, "winerror", None) or 0)
    if by_windows:
        return told[by_windows]
    known = {"disk_full": _FULL, "stick_read_only": _READ_ONLY, "stick_gone": _GONE, "bad_name": _NAME}
    return next((code for code, numbers in known.items() if error.errno in numbers), "bundle_unwritable")


def unwritable(path: Path, error: BaseException) -> StoreFailure:
    """Why a bundle could not be written, or read back, at `path`."""
    code = cause_of(error)
    message, hint = _SAYS[code]
    return StoreFailure(
        message, hint=hint, details=[str(error)], folder=path.parent, name=path.name, code=code
    )


def unreadable(path: Path, error: OSError) -> str:
    """Why a bundle cannot be looked at, as a sentence."""
    if cause_of(error) == "stick_gone":
        return tr(PULLED_OUT, file=path.name)
    return tr(N_("{file} cannot be read: {why}"), file=path.name, why=error.strerror or str(error))
