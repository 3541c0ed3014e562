"""Invitations: the code a person reads out or types, and the file that stands in for a network.

A code is `XXXXX-XXXXX-YYYYY-YYYYY` in Crockford's base 32: 50 bits of secret, then the first 50 bits of the
SHA-256 of the hub's certificate (zeros without TLS). The letters I, L and O may be typed for 1, 1 and 0.

An invitation file is 8 bytes that name it, the length of the file and of its facts (8 and 4 bytes,
little-endian), the facts (age, with the code as passphrase), a snapshot (age, to a key in the facts) and a
SHA-256 over all that.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import pyrage
from msgspec import Meta
from pyrage import passphrase

from app import disk
from app.domain.entities.people import ROLES
from app.domain.rights import within_cap
from app.errors import Invalid, Refused, StoreFailure
from app.i18n import N_

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
HALF = 10  # letters of the secret, and of the certificate's hash
MAGIC = b"GWINVT1\n"
_FRONT = len(MAGIC) + 8 + 4
_MAX_FACTS = 64 << 10
_PIECE = 1 << 20
_FORGIVEN = str.maketrans("ILO", "110", " -\t\n\u2010\u2011\u2012\u2013\u2014\u2212_.\u3002")
Text = Annotated[str, Meta(max_length=300)]

PROBLEMS = {
    "not_an_invitation": N_("{file} is not an invitation"),
    "too_new": N_("{file} was written by a newer version of the program"),
    "cut": N_("{file} was cut short: {found} of {expected} bytes are there"),
    "altered": N_("{file} was changed after it was written"),
    "wrong_code": N_("This code does not open {file}"),
    "too_slow": N_("This computer is too slow, or too busy now, to open {file}"),
}
_HINTS = {
    "too_slow": N_("The code may be right. Close other programs and try again, or join over the network."),
}
_EXCESSIVE = "Excessive work"  # how age begins what it says of a passphrase that would take long


@dataclass(frozen=True, slots=True)
class Code:
    """A code as it was understood: `secret` and `certificate` are ten letters each."""

    secret: str
    certificate: str

    def __str__(self) -> str:
        letters = self.secret + self.certificate
        return "-".join(letters[at : at + 5] for at in range(0, 2 * HALF, 5))

    @property
    def fingerprint(self) -> str:
        """The first 12 hex digits of the certificate's SHA-256; empty when the hub has none."""
        bits = sum(ALPHABET.index(letter) << 5 * place for place, letter in enumerate(self.certificate[::-1]))
        return f"{bits >> 2:012x}" if bits else ""


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """What a laptop has to know of its hub. `expires` is a moment as stored; `fingerprint` the whole SHA-256
    of the certificate in hex; `device` is set when the hub has named the laptop already;
    `recovery` is the recipient of the recovery key, "" without one."""

    hub: Text
    url: Text
    fingerprint: Text
    hub_key: Annotated[bytes, Meta(min_length=32, max_length=32)]
    hub_recipient: Text
    area: Text
    root: Text
    role: Text
    expires: Text
    device: Text = ""
    founding: bool = False
    recovery: Text = ""


class _Facts(msgspec.Struct, array_like=True):
    invitation: Invitation
    identity: Text  # opens the snapshot
    size: Annotated[int, Meta(ge=0)]
    digest: bytes


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that its code opened; `snapshot` says whether it brings the records along."""

    invitation: Invitation
    path: Path
    facts: _Facts
    begins: int

    @property
    def snapshot(self) -> bool:
        """Whether there is a snapshot to take out."""
        return self.facts.size > 0

    def extract_snapshot(self, target: Path) -> None:
        """Write the snapshot to `target`, whole or not at all; raises Invalid `altered`, StoreFailure."""
        part = target.with_name(target.name + ".part")
        identity = pyrage.x25519.Identity.from_str(self.facts.identity)
        try:
            with _stored(target), self.path.open("rb") as file, part.open("wb") as out:
                file.seek(self.begins)
                pyrage.decrypt_io(_Until(file, -32), out, [identity])
        except pyrage.DecryptError:
            part.unlink()
            raise _problem("altered", self.path) from None
        with part.open("rb") as file:
            same = part.stat().st_size == self.facts.size and _digest(file) == self.facts.digest
        if not same:
            part.unlink()
            raise _problem("altered", self.path)
        with _stored(target):
            disk.settle(part, target)


def make_code(secret: str, fingerprint: str) -> Code:
    """The code of a secret and of the certificate's SHA-256 (hex, empty without TLS)."""
    first = int(fingerprint[:16] or "0", 16) >> (64 - 5 * HALF)
    return Code(secret, "".join(ALPHABET[first >> shift & 31] for shift in range(5 * (HALF - 1), -1, -5)))


def check_role(role: str, cap: str) -> None:
    """Raise Refused when whoever brings a file (of `role`; "" nobody) could not sign in on a laptop that
    joins by an invitation for `cap`: they may be the only one who opens it."""
    if role and not within_cap(role, cap):
        raise Refused(
            N_("The invitation is for persons up to {cap}; who is signed in here is {role}"),
            hint=N_(
                "Nothing was changed, and the invitation is still good. Ask for one for {role}, or join with"
                " a new file."
            ),
            cap=ROLES.word(cap),
            role=ROLES.word(role),
            code="other_role",
        )


def letters_of(typed: str) -> str:
    """The letters and digits of a code as somebody typed it: capitals, also where an input method made wide
    ones, without dashes, look-alikes read as meant."""
    return unicodedata.normalize("NFKC", typed).upper().translate(_FORGIVEN)


def parse_code(typed: str) -> Code:
    """The code a person typed, in any case, with or without dashes; raises Invalid `bad_code`."""
    letters = letters_of(typed)
    wrong = sorted(set(letters) - set(ALPHABET))
    if len(letters) != 2 * HALF or wrong:
        raise Invalid(
            N_("A code has 20 letters and digits, such as 7K3QM-09XZA-52C4N-P1RTE"),
            hint=N_("U is not used; I and L count as 1, O as 0."),
            details=wrong,
            code="bad_code",
        )
    return Code(letters[:HALF], letters[HALF:])


def write_invitation(path: Path, invitation: Invitation, code: Code, snapshot: Path | None = None) -> None:
    """Write an invitation that only its code opens; raises StoreFailure when it cannot be written."""
    identity = pyrage.x25519.Identity.generate()
    part = path.with_name(path.name + ".part")
    with _stored(path):
        size, digest = 0, b""
        if snapshot:
            size = snapshot.stat().st_size
            with snapshot.open("rb") as file:
                digest = _digest(file)
        facts = msgspec.msgpack.encode(_Facts(invitation, str(identity), size, digest))
        sealed = passphrase.encrypt(facts, _spelt(code))
        with part.open("w+b") as out:
            out.write(MAGIC + bytes(8) + len(sealed).to_bytes(4, "little") + sealed)
            if snapshot:
                _encrypt(snapshot, out, identity)
            _close(out)
        disk.settle(part, path)


def check_invitation(path: Path) -> int:
    """Check, without a code, that the file is whole; gives the length of its facts. Raises Invalid."""
    with _stored(path), path.open("rb") as file:
        size = path.stat().st_size
        front = file.read(_FRONT)
        magic = front[: len(MAGIC)]
        if len(front) < _FRONT and MAGIC.startswith(magic):
            raise _problem("cut", path, size, _FRONT)
        if magic != MAGIC:
            newer = magic[:6] == MAGIC[:6] and magic[7:] == MAGIC[7:] and magic[6] > MAGIC[6]
            raise _problem("too_new" if newer else "not_an_invitation", path)
        told = int.from_bytes(front[len(MAGIC) : -4], "little")
        if told > size:
            raise _problem("cut", path, size, told)
        file.seek(0)
        whole = told == size and size >= _FRONT + 32 and _digest(_Until(file, -32)) == file.read(32)
        length = int.from_bytes(front[-4:], "little")
        if not whole or length > min(_MAX_FACTS, size - _FRONT - 32):
            raise _problem("altered", path)
        return length


def read_invitation(path: Path, code: Code) -> OpenInvitation:
    """Open an invitation, in about a second; raises Invalid `wrong_code`, `too_slow` where this computer
    would take many, and as `check_invitation`."""
    length = check_invitation(path)
    with _stored(path), path.open("rb") as file:
        file.seek(_FRONT)
        sealed = file.read(length)
    try:
        opened = passphrase.decrypt(sealed, _spelt(code))
    except pyrage.DecryptError as error:
        raise _problem("too_slow" if _EXCESSIVE in str(error) else "wrong_code", path) from None
    try:
        facts = msgspec.msgpack.decode(opened, type=_Facts)
        pyrage.x25519.Identity.from_str(facts.identity)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, pyrage.IdentityError):
        raise _problem("not_an_invitation", path) from None
    return OpenInvitation(facts.invitation, path, facts, _FRONT + length)


def _encrypt(snapshot: Path, out: BinaryIO, identity: pyrage.x25519.Identity) -> None:
    with snapshot.open("rb") as file:
        pyrage.encrypt_io(file, out, [identity.to_public()])


def _close(out: BinaryIO) -> None:
    """Write the length and the closing hash."""
    length = out.tell() + 32
    out.seek(len(MAGIC))
    out.write(length.to_bytes(8, "little"))
    out.seek(0)
    closing = _digest(out)
    out.seek(0, os.SEEK_END)
    out.write(closing)


class _Until:
    """A file read up to `end` bytes before its end (a negative number)."""

    def __init__(self, file: BinaryIO, end: int) -> None:
        self._file = file
        self._left = os.fstat(file.fileno()).st_size + end - file.tell()

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end."""
        piece = self._file.read(min(size, max(self._left, 0)))
        self._left -= len(piece)
        return piece


def _digest(file: BinaryIO | _Until) -> bytes:
    running = sha256()
    while piece := file.read(_PIECE):
        running.update(piece)
    return running.digest()


def _spelt(code: Code) -> str:
    return f"gridward-invitation-1 {code}"


@contextmanager
def _stored(path: Path) -> Iterator[None]:
    """Tell what the file system says in the user's words."""
    try:
        yield
    except (OSError, pyrage.EncryptError) as error:
        path.with_name(path.name + ".part").unlink(missing_ok=True)
        raise StoreFailure(
            N_("{file} cannot be read or written"), file=path.name, details=[str(error)], code="storage"
        ) from error


def _problem(code: str, path: Path, found: int = 0, expected: int = 0) -> Invalid:
    hint = _HINTS.get(code, "")
    return Invalid(PROBLEMS[code], hint=hint, code=code, file=path.name, found=found, expected=expected)
