"""Where a device's keys lie: the system's keystore, else wrapped by PINs in the workspace, else a file.

A keystore counts only when it gives back what was put in. Asking one may wait for a person or for a service
that never answers, so it is asked in a thread of its own and for a few seconds.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import queue
import re
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from app import disk
from app.errors import Invalid, StoreFailure
from app.i18n import N_
from app.sync.keys import DeviceKeys

Where = Literal["keystore", "wrapped", "file"]
SERVICE = "gridward"
PATIENCE = 5.0  # seconds
_PLACE = "keys.place"
WRAPPED = "keys.of."  # before the uid of the person whose PIN wraps them
# Only the systems' own keystores: others keep passwords in plain files, or nowhere.
_TRUSTED = re.compile(r"keyring\.backends\.(Windows|macOS|SecretService|libsecret|kwallet|chainer)\b")


class Private(Protocol):
    """The small private values of a workspace (a Replica has them)."""

    def private(self, name: str) -> bytes | None:
        """The value, None when there is none."""

    def set_private(self, name: str, value: bytes) -> None:
        """Keep a value."""


class Ring(Protocol):
    """A keystore of the system."""

    def get(self, device: str) -> str | None:
        """The secret kept for a device."""

    def put(self, device: str, secret: str) -> None:
        """Keep a secret."""

    def drop(self, device: str) -> None:
        """Forget it."""


class SystemRing:
    """The keystore of this system through `keyring`, which is loaded only when it is asked.

    Every call may raise anything the system's service comes up with.
    """

    def get(self, device: str) -> str | None:
        """The secret kept for a device."""
        found: str | None = self._backend().get_password(SERVICE, device)
        return found

    def put(self, device: str, secret: str) -> None:
        """Keep a secret."""
        self._backend().set_password(SERVICE, device, secret)

    def drop(self, device: str) -> None:
        """Forget it."""
        self._backend().delete_password(SERVICE, device)

    def _backend(self) -> Any:
        import keyring  # late: it looks through every installed package

        backend = keyring.get_keyring()
        if not _TRUSTED.match(f"{type(backend).__module__}."):
            raise LookupError("no keystore of the system")
        return backend


@dataclass(frozen=True, slots=True)
class Held:
    """The keys, and where they lie; `warning` is a sentence when that place is weak."""

    keys: DeviceKeys
    where: Where
    warning: str = ""


class Keystore:
    """Keeps and finds the keys of one device."""

    def __init__(
        self,
        device: str,
        private: Private,
        folder: Path,
        ring: Ring | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._device = device
        self._private = private
        self._file = folder / f"{re.sub(r'[^0-9A-Za-z-]', '_', device)}.key"
        self._ring = ring or SystemRing()
        self._patience = patience

    def keep(self, keys: DeviceKeys, person: str = "", pin: str | None = None) -> Held:
        """Keep new keys in the best place there is.

        Without a keystore a PIN wraps them for `person`; without a PIN they lie in a file of this user alone.
        Raises StoreFailure when that file cannot be written.
        """
        secret = base64.b64encode(keys.to_bytes()).decode("ascii")
        if self._ask(lambda: self._ring.put(self._device, secret)) and self._from_ring() == keys:
            return self._kept(keys, "keystore")
        if pin and person:
            self._private.set_private(WRAPPED + person, keys.wrap(pin))
            return self._kept(keys, "wrapped")
        self._write(keys.to_bytes())
        return self._kept(keys, "file")

    def opens_for(self, person: str) -> bool:
        """Whether wrapped keys open with a PIN of this person, be it a former one."""
        return bool(self._private.private(WRAPPED + person))

    def add_person(self, keys: DeviceKeys, person: str, pin: str) -> None:
        """Let another person open wrapped keys with their own PIN; elsewhere there is nothing to do."""
        if self.where == "wrapped":
            self._private.set_private(WRAPPED + person, keys.wrap(pin))

    def wrap(self, keys: DeviceKeys, person: str, pin: str) -> None:
        """Wrap keys that lie in a file by a person's PIN; the file goes."""
        if self.where == "file":
            self._private.set_private(WRAPPED + person, keys.wrap(pin))
            self._kept(keys, "wrapped")
            self._file.unlink(missing_ok=True)

    def held(self, person: str = "", pin: str | None = None) -> Held:
        """The keys; raises Invalid `keys_locked` (PIN wanted), `wrong_pin`, `keys_missing`, `bad_keys`."""
        where = self.where
        if where == "wrapped":
            return Held(self._unwrapped(person, pin), "wrapped")
        keys = self._from_ring() if where == "keystore" else self._from_file()
        if keys is None:
            raise Invalid(
                N_("The keys of this computer are not where they were kept"),
                hint=N_(
                    "A copied workspace joins with new keys by a code of the bureau; its unsent work goes"
                    " along."
                ),
                code="keys_missing",
            )
        return Held(keys, where or "file", self._weakness(where))

    @property
    def where(self) -> Where | None:
        """Where the keys were put; None when none were."""
        kept = self._private.private(_PLACE)
        places: dict[bytes, Where] = {b"keystore": "keystore", b"wrapped": "wrapped", b"file": "file"}
        return places.get(kept or b"")

    def forget(self) -> None:
        """Remove the keys from the keystore and the file; wrapped entries become empty with the next ones."""
        self._ask(lambda: self._ring.drop(self._device))
        self._file.unlink(missing_ok=True)

    def _kept(self, keys: DeviceKeys, where: Where) -> Held:
        self._private.set_private(_PLACE, where.encode("ascii"))
        return Held(keys, where, self._weakness(where))

    def _weakness(self, where: Where | None) -> str:
        if where != "file":
            return ""
        return N_("This system has no keystore: the keys lie in a file that only this user may read")

    def _unwrapped(self, person: str, pin: str | None) -> DeviceKeys:
        wrapped = self._private.private(WRAPPED + person)
        if not wrapped or not pin:
            raise Invalid(
                N_("The keys of this computer open with the PIN of a person who has signed in here before"),
                hint=N_(
                    "All work is safe here. Let that person sign in first, then you; if nobody knows that PIN"
                    " any more, join with new keys by a code of the bureau (“PIN forgotten…” where one signs"
                    " in)."
                ),
                code="keys_locked",
            )
        return DeviceKeys.unwrap(wrapped, pin)

    def _from_ring(self) -> DeviceKeys | None:
        found: list[str | None] = []
        if not self._ask(lambda: found.append(self._ring.get(self._device))) or not found[0]:
            return None
        try:
            return DeviceKeys.from_bytes(base64.b64decode(found[0], validate=True))
        except (binascii.Error, ValueError):
            return None

    def _ask(self, call: Callable[[], object]) -> bool:
        """Whether the keystore answered in time and without a complaint."""
        answers: queue.SimpleQueue[bool] = queue.SimpleQueue()

        def asking() -> None:
            done = False
            try:
                with contextlib.suppress(Exception):  # a keystore that fails is one that is not there
                    call()
                    done = True
            finally:
                answers.put(done)

        threading.Thread(target=asking, name="keystore", daemon=True).start()
        try:
            return answers.get(timeout=self._patience)
        except queue.Empty:
            return False

    def _from_file(self) -> DeviceKeys | None:
        try:
            kept = self._file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(self._file, error) from error
        if os.name == "posix" and stat.S_IMODE(self._file.stat().st_mode) & 0o077:
            self._file.chmod(0o600)  # a backup brought it back for everybody
        return DeviceKeys.from_bytes(kept)

    def _write(self, kept: bytes) -> None:
        try:
            disk.write(self._file, kept)
        except OSError as error:
            raise _unreadable(self._file, error) from error


def _unreadable(path: Path, error: OSError) -> StoreFailure:
    return StoreFailure(
        N_("The keys of this computer cannot be read or written: {path}"), path=path, details=[str(error)],
        code="keys_file",
    )  # fmt: skip
