"""The recovery key: a pair that a bureau keeps in a safe, to read bundles by when the hub is lost.

Its private half is an age identity as text, as `age-keygen` writes it, or the same locked by a passphrase.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyrage
from pyrage import passphrase as locking

from app.errors import Invalid
from app.i18n import N_
from app.sync.bundle import Item
from app.sync.signing import unpack_signed
from app.sync.unpacking import Receiver, unpack_bundle
from app.sync.wire import decode_batch

_KEY = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]{58}", re.ASCII)
_LOCKED = (b"-----BEGIN AGE", b"age-encryption.org/")
_LARGEST = 64 << 10


@dataclass(frozen=True)
class RecoveryKey:
    """A key pair: `identity` is the private half, `recipient` what bundles are written to."""

    identity: str
    recipient: str

    def text(self, made_at: str, passphrase: str = "") -> str:
        """The private half for a safe; with a passphrase locked by it."""
        lines = f"# created: {made_at}\n# public key: {self.recipient}\n{self.identity}\n"
        return locking.encrypt(lines.encode(), passphrase, armored=True).decode() if passphrase else lines


@dataclass(frozen=True)
class Contents:
    """What an opened bundle holds: batches with their changes and acts, files, and between which moments."""

    batches: int
    changes: int
    acts: int
    files: int
    first: str
    last: str


def make_key() -> RecoveryKey:
    """A new pair."""
    identity = pyrage.x25519.Identity.generate()
    return RecoveryKey(str(identity), str(identity.to_public()))


def is_locked(file: Path) -> bool:
    """Whether a passphrase opens this file of a key."""
    return _read(file).startswith(_LOCKED)


def read_key(file: Path, passphrase: str = "") -> RecoveryKey:
    """The pair in a file; raises Invalid `bad_recovery_key`, `wrong_passphrase`."""
    told = _read(file)
    if told.startswith(_LOCKED):
        try:
            told = locking.decrypt(told, passphrase)
        except pyrage.DecryptError:
            raise Invalid(
                N_("The passphrase does not open {file}"), hint=N_("Nothing was changed."),
                file=file.name, code="wrong_passphrase",
            ) from None  # fmt: skip
    found = _KEY.search(told.decode("utf-8", "replace").upper())
    try:
        identity = pyrage.x25519.Identity.from_str(found.group() if found else "")
    except pyrage.IdentityError:
        raise Invalid(
            N_("{file} holds no recovery key"),
            hint=N_("It holds a line that begins with AGE-SECRET-KEY-1, or is locked by a passphrase."),
            file=file.name,
            code="bad_recovery_key",
        ) from None
    return RecoveryKey(str(identity), str(identity.to_public()))


def look_into(path: Path, identity: str) -> Contents:
    """Open a bundle for a hub by the private key and say what it holds; who wrote it only its hub can prove.

    Raises BundleProblem with what is wrong with it.
    """
    receiver = Receiver(identity, "to_hub", "", "", lambda *_: None, any_hub=True)
    with tempfile.TemporaryDirectory(prefix="gridward-bundle-") as folder:
        items = unpack_bundle(path, receiver, Path(folder)).items
        return _counted(items)


def _counted(items: tuple[Item, ...]) -> Contents:
    batches = [decode_batch(unpack_signed(item.read()).body) for item in items if item.kind == "batch"]
    moments = sorted(act.wall for batch in batches for act in batch.acts)
    return Contents(
        batches=len(batches),
        changes=sum(len(batch.entries) for batch in batches),
        acts=len({act.uid for batch in batches for act in batch.acts}),
        files=sum(item.kind == "blob" for item in items),
        first=moments[0] if moments else "",
        last=moments[-1] if moments else "",
    )


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_LARGEST).strip()
    except OSError as error:
        raise Invalid(
            N_("{file} cannot be read"), file=file.name, details=[str(error)], code="bad_recovery_key"
        ) from error
