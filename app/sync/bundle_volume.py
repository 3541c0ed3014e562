"""One file of a bundle: a plain head, the age-encrypted inside, and a closing hash anybody can check.

Layout: 8 bytes that name the format, the length of the whole file (8 bytes, little-endian), the length of the
head (4 bytes) and the head (msgpack), the age file, one byte that says whether another volume follows, and a
SHA-256 over all of it. So a cut copy is known from an altered one without any key.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

import msgspec
from msgspec import Meta

from app.errors import Invalid
from app.i18n import N_

MAGIC = b"GWBNDL1\n"
_FRONT = len(MAGIC) + 8
_TAIL = 33
_MAX_HEAD = 4096
_PIECE = 1 << 20
_NUMBERED = re.compile(r"(?P<base>.+)\.(?P<number>[1-9][0-9]*)(?P<ending>\.[^.]+)")
To = Literal["to_hub", "to_device"]
Text = Annotated[str, Meta(max_length=100)]

PROBLEMS = {
    "not_a_bundle": N_("{file} is not a bundle"),
    "too_new": N_("{file} was written by a newer version of the program"),
    "missing": N_("{file} is not here; all parts of a bundle are needed"),
    "repeated": N_("{file} repeats an earlier part of the bundle"),
    "reordered": N_("{file} is not the part of the bundle that its name says"),
    "cut": N_("{file} was cut short: {found} of {expected} bytes are there"),
    "altered": N_("{file} was changed after it was written"),
    "foreign": N_("{file} belongs to another hub, another bundle, or was written by somebody else"),
    "not_for_me": N_("{file} was not written for this computer"),
}
_HINT = N_("Copy it again from where it was written, or ask for a new bundle. Nothing was changed here.")
_HINTS = {  # where another copy would not help
    "not_for_me": N_("Give it to the computer that it was written for. Nothing was changed here."),
    "too_new": N_("Bring this program up to date. Nothing was changed here."),
}


class BundleProblem(Invalid):
    """What is wrong with a bundle; `code` is one of `PROBLEMS`."""


def problem(code: str, path: Path, found: int = 0, expected: int = 0) -> BundleProblem:
    """The problem `code` of one file."""
    return BundleProblem(
        PROBLEMS[code],
        hint=_HINTS.get(code, _HINT),
        code=code,
        file=path.name,
        found=found,
        expected=expected,
    )


class BundleHead(msgspec.Struct, array_like=True, frozen=True):
    """Who wrote a bundle, for whom and when; plain outside, and once more inside where nobody can change it.

    `made_at` is a moment as stored; `bundle` is the same uuid in all volumes, `volume` counts from 1.
    """

    to: To
    bundle: Text
    hub: Text
    device: Text
    made_at: Text
    volume: Annotated[int, Meta(ge=1, le=9999)] = 1
    program: Text = ""


@dataclass(frozen=True, slots=True)
class Volume:
    """A file that was checked: its head, whether another follows, and where the encrypted inside lies."""

    path: Path
    head: BundleHead
    more: bool
    begins: int
    ends: int
    size: int


def volume_path(path: Path, number: int) -> Path:
    """Where volume `number` of the bundle that begins at `path` lies: stick.bundle, stick.2.bundle, …"""
    return path if number == 1 else path.with_name(f"{path.stem}.{number}{path.suffix or '.bundle'}")


def first_path(path: Path) -> Path:
    """The first volume's path, by the name of any: stick.2.bundle belongs to stick.bundle."""
    match = _NUMBERED.fullmatch(path.name)
    return path.with_name(match["base"] + match["ending"]) if match else path


class VolumeWriter:
    """Writes one volume to `file`; `write` takes the bytes of the age file."""

    def __init__(self, file: BinaryIO, head: BundleHead) -> None:
        self._file = file
        self._hash = sha256()
        packed = msgspec.msgpack.encode(head)
        file.write(MAGIC + bytes(8))
        self.write(len(packed).to_bytes(4, "little") + packed)

    def write(self, piece: bytes) -> int:
        """The next bytes."""
        self._hash.update(piece)
        return self._file.write(piece)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self, more: bool) -> bytes:
        """Write the end, make it safe on the disk, and give the closing hash."""
        self.write(bytes((more,)))
        length = (self._file.tell() + 32).to_bytes(8, "little")
        closing = sha256(self._hash.digest() + length).digest()
        self._file.write(closing)
        self._file.seek(len(MAGIC))
        self._file.write(length)
        self._file.flush()
        os.fsync(self._file.fileno())
        return closing


def check_volume(path: Path, seen: Callable[[int], None] = lambda _: None) -> tuple[Volume, bytes]:
    """A whole and unaltered volume and its closing hash, without a key; raises BundleProblem.

    Nothing of the page cache is used where the system lets go of it, so the bytes come from the stick.
    """
    try:
        with path.open("rb") as file:
            return _checked(path, file, seen)
    except FileNotFoundError:
        raise problem("missing", path) from None
    except IsADirectoryError:
        raise problem("not_a_bundle", path) from None


def _checked(path: Path, file: BinaryIO, seen: Callable[[int], None]) -> tuple[Volume, bytes]:
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    size = os.fstat(file.fileno()).st_size
    front = file.read(_FRONT)
    _check_magic(path, front)
    told = int.from_bytes(front[len(MAGIC) :], "little")
    whole, closing, more = _hashed(file, size, seen)
    if not whole or told != size:
        raise problem("altered" if whole or size >= told else "cut", path, size, told)
    file.seek(_FRONT)
    length = int.from_bytes(file.read(4), "little")
    begins = _FRONT + 4 + length
    if length > _MAX_HEAD or begins > size - _TAIL:
        raise problem("not_a_bundle", path)
    try:
        head = msgspec.msgpack.decode(file.read(length), type=BundleHead)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise problem("not_a_bundle", path) from None
    return Volume(path, head, more, begins, size - _TAIL, size), closing


def _check_magic(path: Path, front: bytes) -> None:
    if len(front) < _FRONT and MAGIC.startswith(front[: len(MAGIC)]):
        raise problem("cut", path, len(front), _FRONT)
    if front[: len(MAGIC)] != MAGIC:
        newer = front[:6] == MAGIC[:6] and front[6:7] > MAGIC[6:7] and front[7:8] == MAGIC[7:8]
        raise problem("too_new" if newer else "not_a_bundle", path)


def _hashed(file: BinaryIO, size: int, seen: Callable[[int], None]) -> tuple[bool, bytes, bool]:
    """Whether the closing hash fits everything before it; the hash; and the byte before it."""
    left = size - _FRONT - 32
    if left < 5:
        return False, b"", False
    running, last = sha256(), b""
    while left and (piece := file.read(min(_PIECE, left))):
        running.update(piece)
        left -= len(piece)
        last = piece[-1:]
        seen(len(piece))
    closing = file.read(32)
    fits = closing == sha256(running.digest() + size.to_bytes(8, "little")).digest()
    return fits and last in (b"\0", b"\1"), closing, last == b"\1"
