"""Invitations: a code forgives how it was typed, and its file tells what is wrong with it."""

from __future__ import annotations

import random
import re
from hashlib import sha256
from pathlib import Path

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid, StoreFailure
from app.sync import invitation
from app.sync.enrol import enrol_request
from app.sync.invitation import (
    ALPHABET,
    Code,
    Invitation,
    check_invitation,
    make_code,
    parse_code,
    read_invitation,
    write_invitation,
)
from app.sync.keys import DeviceKeys

HUB = DeviceKeys.make()
FINGERPRINT = "ab5f0c2d9e" + "0" * 54
CODE = make_code("7K3QM09XZA", FINGERPRINT)
INVITATION = Invitation(
    hub="hub-620800", url="https://192.168.1.20:8443", fingerprint=FINGERPRINT, hub_key=HUB.sign_public,
    hub_recipient=HUB.recipient, area="620802", root="620800", role="R3", expires="2026-11-24T10:00:00.000Z",
)  # fmt: skip
RND = random.Random(2)
SNAPSHOT = RND.randbytes(200_000)


def test_the_hub_is_told_a_code_as_it_was_understood() -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter != "-" else letter for letter in str(CODE))
    assert enrol_request(wide, HUB, 1).code == str(CODE).replace("-", "")


@given(st.text(ALPHABET, min_size=10, max_size=10), st.binary(min_size=32, max_size=32))
def test_a_code_comes_back_however_it_is_typed(secret: str, certificate: bytes) -> None:
    code = make_code(secret, certificate.hex())
    assert parse_code(str(code)) == code
    assert parse_code(f"  {str(code).lower().replace('-', ' ')}\n") == code
    assert parse_code(str(code).replace("0", "o").replace("1", "l").replace("-", "—")) == code
    assert parse_code(str(code).replace("0", "O").replace("1", "I")) == code
    assert code.fingerprint in (certificate.hex()[:12], "")


def test_full_width_letters_are_letters() -> None:
    assert parse_code("".join(chr(ord(letter) + 0xFEE0) for letter in str(CODE))) == CODE


def test_a_hub_without_a_certificate_has_no_fingerprint() -> None:
    code = make_code("7K3QM09XZA", "")
    assert str(code) == "7K3QM-09XZA-00000-00000"
    assert code.fingerprint == ""


@pytest.mark.parametrize(
    "typed", ["", "7K3QM", str(CODE) + "7", str(CODE).replace("7", "U"), "!" * 20, "中" * 20]
)
def test_what_is_no_code_is_said(typed: str) -> None:
    with pytest.raises(Invalid) as told:
        parse_code(typed)
    assert told.value.code == "bad_code"


@pytest.fixture
def dear(monkeypatch: pytest.MonkeyPatch) -> None:
    """age makes the key of a code, as in a program."""
    monkeypatch.setattr(invitation, "passphrase", pyrage.passphrase)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An invitation with a snapshot as a program writes it, once: the passphrase takes a second or two."""
    folder = tmp_path_factory.mktemp("invitation")
    (folder / "snapshot").write_bytes(SNAPSHOT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(invitation, "passphrase", pyrage.passphrase)
        write_invitation(folder / "a.invitation", INVITATION, CODE, folder / "snapshot")
    assert sorted(file.name for file in folder.iterdir()) == ["a.invitation", "snapshot"]
    return (folder / "a.invitation").read_bytes()


@pytest.mark.usefixtures("dear")
def test_the_code_opens_it_and_takes_the_snapshot_out(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.invitation"
    path.write_bytes(whole)
    assert HUB.recipient.encode() not in whole
    found = read_invitation(path, CODE)
    assert (found.invitation, found.snapshot) == (INVITATION, True)
    found.extract_snapshot(tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == SNAPSHOT
    with pytest.raises(StoreFailure):
        found.extract_snapshot(tmp_path / "gone" / "out")
    spoilt = bytearray(whole)
    spoilt[-1000] ^= 1  # between reading and taking out
    path.write_bytes(spoilt)
    with pytest.raises((Invalid, StoreFailure)):
        found.extract_snapshot(tmp_path / "out2")
    assert not list(tmp_path.glob("out2*"))


@pytest.mark.usefixtures("dear")
def test_another_code_does_not_open_it(whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(whole)
    with pytest.raises(Invalid) as told:
        read_invitation(tmp_path / "a", Code("7K3QM09XZB", CODE.certificate))
    assert told.value.code == "wrong_code"


def test_what_is_wrong_with_the_file_is_named(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.invitation"

    def code_of(content: bytes) -> str:
        path.write_bytes(content)
        with pytest.raises(Invalid) as told:
            check_invitation(path)
        assert "a.invitation" in told.value.message
        return told.value.code

    for length in (0, 5, 8, 15, 19, 20, len(whole) - 1, *(RND.randrange(len(whole)) for _ in range(40))):
        assert code_of(whole[:length]) == "cut"
    for _ in range(40):
        some = bytearray(whole)
        some[RND.randrange(16, len(whole))] ^= 1 << RND.randrange(8)
        assert code_of(bytes(some)) == "altered"
    assert code_of(whole + b"\0") == "altered"
    assert code_of(b"PK\x03\x04" + whole) == "not_an_invitation"
    assert code_of(whole.replace(b"GWINVT1", b"GWINVT2", 1)) == "too_new"
    with pytest.raises(StoreFailure):
        check_invitation(tmp_path / "none")


def test_without_a_snapshot_it_is_small(tmp_path: Path) -> None:
    path = tmp_path / "a.invitation"
    write_invitation(path, INVITATION, CODE)
    assert path.stat().st_size < 2000
    assert not read_invitation(path, CODE).snapshot
    with pytest.raises(StoreFailure):
        write_invitation(tmp_path / "gone" / "a.invitation", INVITATION, CODE)


@pytest.mark.usefixtures("dear")
def test_a_computer_that_is_too_slow_for_the_code_is_not_told_that_it_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "a.invitation"
    write_invitation(path, INVITATION, CODE)
    content = path.read_bytes()
    work = re.search(rb"-> scrypt \S+ (\d\d)\n", content)
    assert work is not None
    content = content[: work.start(1)] + b"40" + content[work.end(1) : -32]
    path.write_bytes(content + sha256(content).digest())
    with pytest.raises(Invalid) as told:
        read_invitation(path, CODE)
    assert told.value.code == "too_slow" and told.value.hint
