"""A device's keys: wrapped by a PIN, and kept in the best place a computer has, without ever hanging."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import AppError, Invalid, StoreFailure
from app.sync import keys as wrapping
from app.sync.keys import DeviceKeys
from app.sync.keystore import Keystore, SystemRing
from app.sync.signing import (
    BATCH,
    BLOCK,
    Signed,
    pack_signed,
    sign,
    signed,
    unpack_signed,
    verify,
    verify_signed,
)

DEVICE = "0f6f1e1c-9c6b-4c58-8a7f-0a4f6a2d9b11"


@pytest.fixture(autouse=True)
def cheap_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id at its real cost takes 0.1 s a time; one test below pays it."""
    monkeypatch.setattr(wrapping, "ROUNDS", 1)
    monkeypatch.setattr(wrapping, "MEMORY_KIB", 1024)


class Notes:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def private(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def set_private(self, name: str, value: bytes) -> None:
        self.kept[name] = value


class GoodRing:
    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, device: str) -> str | None:
        return self.kept.get(device)

    def put(self, device: str, secret: str) -> None:
        self.kept[device] = secret

    def drop(self, device: str) -> None:
        del self.kept[device]


class BrokenRing(GoodRing):
    """Does with every call what it is told to do."""

    def __init__(self, does: Callable[[], object]) -> None:
        super().__init__()
        self.does = does

    def put(self, device: str, secret: str) -> None:
        self.does()


def fail() -> None:
    raise RuntimeError("no service")


class ForgetfulRing(GoodRing):
    def get(self, device: str) -> str | None:
        return None


def test_keys_come_back() -> None:
    keys = DeviceKeys.make()
    assert DeviceKeys.from_bytes(keys.to_bytes()) == keys
    assert keys.recipient.startswith("age1")
    assert len(keys.sign_public) == 32
    assert DeviceKeys.make() != keys
    assert keys.identity not in repr(keys)


def test_only_the_pin_opens_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the real cost
    keys = DeviceKeys.make()
    wrapped = keys.wrap("4826 五")
    assert keys.sign_seed not in wrapped
    assert DeviceKeys.unwrap(wrapped, "4826 五") == keys
    with pytest.raises(Invalid) as told:
        DeviceKeys.unwrap(wrapped, "4827")
    assert told.value.code == "wrong_pin"


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_wrappings_are_said(data: st.DataObject) -> None:
    wrapped = bytearray(DeviceKeys.make().wrap("1"))
    places = st.integers(0, len(wrapped) - 1)
    match data.draw(st.sampled_from(["flip", "cut", "noise"])):
        case "flip":
            place = data.draw(places)
            wrapped[place] ^= 1 << data.draw(st.integers(0, 7))
        case "cut":
            del wrapped[data.draw(places) :]
        case _:
            wrapped = bytearray(data.draw(st.binary(max_size=200)))
    with pytest.raises(Invalid) as told:
        DeviceKeys.unwrap(bytes(wrapped), "1")
    assert told.value.code in ("wrong_pin", "bad_keys")


@given(st.binary(max_size=120))
def test_noise_is_no_keys(noise: bytes) -> None:
    with pytest.raises(Invalid):
        DeviceKeys.from_bytes(noise)


def test_a_keystore_that_works_is_used(tmp_path: Path) -> None:
    notes, ring, keys = Notes(), GoodRing(), DeviceKeys.make()
    assert Keystore(DEVICE, notes, tmp_path, ring).keep(keys, "p", "1").where == "keystore"
    held = Keystore(DEVICE, notes, tmp_path, ring).held()
    assert (held.keys, held.where, held.warning) == (keys, "keystore", "")
    assert list(notes.kept.values()) == [b"keystore"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ring", [BrokenRing(fail), BrokenRing(lambda: time.sleep(30)), ForgetfulRing()])
def test_without_a_keystore_the_pin_wraps_them(ring: GoodRing, tmp_path: Path) -> None:
    notes, keys = Notes(), DeviceKeys.make()
    store = Keystore(DEVICE, notes, tmp_path, ring, patience=0.2)
    begun = time.monotonic()
    assert store.keep(keys, "zhang", "4826").where == "wrapped"
    assert time.monotonic() - begun < 10
    assert store.held("zhang", "4826").keys == keys
    store.add_person(keys, "ma", "77")
    assert store.held("ma", "77").keys == keys
    for person, pin, code in (
        ("zhang", "77", "wrong_pin"),
        ("zhang", None, "keys_locked"),
        ("li", "1", "keys_locked"),
    ):
        with pytest.raises(Invalid) as told:
            store.held(person, pin)
        assert told.value.code == code


def test_without_a_pin_they_lie_in_a_file_of_this_user(tmp_path: Path) -> None:
    notes, keys, folder = Notes(), DeviceKeys.make(), tmp_path / "keys"
    held = Keystore(DEVICE, notes, folder, BrokenRing(fail)).keep(keys)
    assert held.where == "file"
    assert held.warning
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    assert Keystore(DEVICE, notes, folder, BrokenRing(fail)).held().keys == keys
    assert file.stat().st_mode & 0o777 == 0o600
    Keystore(DEVICE, notes, folder, BrokenRing(fail)).forget()
    with pytest.raises(Invalid) as told:
        Keystore(DEVICE, notes, folder, BrokenRing(fail)).held()
    assert told.value.code == "keys_missing"


def test_a_copied_workspace_has_no_keys_elsewhere(tmp_path: Path) -> None:
    notes = Notes()
    Keystore(DEVICE, notes, tmp_path, GoodRing()).keep(DeviceKeys.make())
    with pytest.raises(Invalid) as told:
        Keystore(DEVICE, notes, tmp_path, GoodRing()).held()
    assert told.value.code == "keys_missing"


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(StoreFailure):
        Keystore(DEVICE, Notes(), tmp_path / "keys", BrokenRing(fail)).keep(DeviceKeys.make())


@pytest.mark.parametrize("backend", ["keyring.backends.null.Keyring", "keyring.backends.fail.Keyring", ""])
def test_this_computer_s_keystore_neither_hangs_nor_raises(backend: str, tmp_path: Path) -> None:
    """In a process of its own: `keyring` chooses its backend once. Without a session bus there is none."""
    script = f"""
import pathlib, sys
from sync.test_keys_kept import DEVICE, Notes
from app.sync.keys import DeviceKeys
from app.sync.keystore import Keystore
store = Keystore(DEVICE, Notes(), pathlib.Path({str(tmp_path)!r}), patience=3)
assert "keyring" not in sys.modules
keys = DeviceKeys.make()
print(store.keep(keys).where, store.held().keys == keys)
"""
    names = ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "XDG_RUNTIME_DIR")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    environment["PYTHONPATH"] = os.pathsep.join((".", "tests"))
    environment.pop("PYTHON_KEYRING_BACKEND", None)
    if backend:
        environment["PYTHON_KEYRING_BACKEND"] = backend
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["file", "True"]


def test_a_keystore_that_keeps_nothing_safe_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backends import null

    monkeypatch.setattr(keyring, "get_keyring", null.Keyring)
    with pytest.raises(LookupError):
        SystemRing().get(DEVICE)


# ------------------------------------------------------------------ signatures
def test_a_signature_is_good_for_one_body_and_one_sort_of_message() -> None:
    keys, other = DeviceKeys.make(), DeviceKeys.make()
    signature = sign(BATCH, b"body", keys.sign_seed)
    verify(BATCH, b"body", signature, keys.sign_public)
    for context, body, given_, public in (
        (BLOCK, b"body", signature, keys.sign_public),
        (BATCH, b"bodx", signature, keys.sign_public),
        (BATCH, b"body", signature, other.sign_public),
        (BATCH, b"body", signature[:-1], keys.sign_public),
        (BATCH, b"body", signature, b"short"),
    ):
        with pytest.raises(Invalid) as told:
            verify(context, body, given_, public)
        assert told.value.code == "bad_signature"


def test_a_signed_message_comes_back() -> None:
    keys = DeviceKeys.make()
    message = signed(BATCH, b"body", DEVICE, keys.sign_seed)
    found = unpack_signed(pack_signed(message))
    assert found == message
    verify_signed(BATCH, found, keys.sign_public)


@given(st.binary(max_size=100))
def test_noise_is_no_signed_message(noise: bytes) -> None:
    with pytest.raises(AppError):
        unpack_signed(noise)


def test_a_signed_message_cannot_name_another_hash() -> None:
    message = signed(BATCH, b"body", DEVICE, DeviceKeys.make().sign_seed)
    lie = Signed(message.body, bytes(32), message.signature, message.device)
    assert unpack_signed(pack_signed(lie)).sha256 == message.sha256
