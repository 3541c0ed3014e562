"""Bundles on a stick: what goes in comes out, and whatever is wrong is named exactly."""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pyrage
import pytest

from app.actions.outputs import output_file
from app.errors import AppError, Cancelled, Invalid, StoreFailure
from app.i18n import N_
from app.sync import bundle as bundles
from app.sync import bundle_frames
from app.sync.bundle import BundleHead, Item, check_bundle, write_bundle
from app.sync.bundle_frames import Chain, Closing, FrameHead, pack_frame
from app.sync.bundle_volume import MAGIC, BundleProblem, VolumeWriter, check_volume, problem, volume_path
from app.sync.keys import DeviceKeys
from app.sync.signing import BUNDLE, sign
from app.sync.unpacking import Receiver, Unpacked, unpack_bundle
from small_disk import small_disk

HUB, LAPTOP = DeviceKeys.make(), DeviceKeys.make()
HEAD = BundleHead("to_hub", "b-1", "hub-620800", "laptop-1", "2026-11-23T10:00:00.000Z")
RECEIVER = Receiver(HUB.identity, "to_hub", "hub-620800", "", lambda head, items: LAPTOP.sign_public)
RND = random.Random(11)
PICTURE = RND.randbytes(300_000)
ITEMS = [
    Item("enrol", body=b"who I am"),
    Item("batch", body=b"first batch"),
    Item("batch", body=RND.randbytes(9000)),
    Item("batch", body=b""),
    Item("blob", sha256(PICTURE).hexdigest(), PICTURE),
    Item("policy", body=b"grants"),
]


def write(path: Path, items: list[Item] | None = None, head: BundleHead = HEAD, **more: object) -> Path:
    write_bundle(path, head, [HUB.recipient], ITEMS if items is None else items, LAPTOP.sign_seed)
    return path


def unpack(path: Path, into: Path, receiver: Receiver = RECEIVER) -> Unpacked:
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir()
    return unpack_bundle(path, receiver, into)


def code_of(path: Path, into: Path, receiver: Receiver = RECEIVER) -> str:
    with pytest.raises(BundleProblem) as told:
        unpack(path, into, receiver)
    assert str(told.value)
    return told.value.code


@pytest.fixture
def small_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames of 64 KiB and volumes of 256 KiB, so that a small bundle has many of both."""
    for module in (bundles, bundle_frames):
        monkeypatch.setattr(module, "MAX_FRAME", 64 << 10)
    monkeypatch.setattr(bundles, "VOLUME_BYTES", 256 << 10)
    monkeypatch.setattr(bundles, "_SLACK", 64 << 10)


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    path = write(tmp_path / "stick.bundle")
    found = unpack(path, tmp_path / "in")
    assert found.head == HEAD
    assert [(item.kind, item.name, item.read()) for item in found.items] == [
        (item.kind, item.name, item.read()) for item in ITEMS
    ]
    assert sorted(item.name for item in tmp_path.iterdir()) == ["in", "stick.bundle"]
    assert b"grants" not in path.read_bytes()


def test_an_empty_bundle_is_a_bundle(tmp_path: Path) -> None:
    assert unpack(write(tmp_path / "a.bundle", []), tmp_path / "in").items == ()


def test_things_may_lie_in_files(tmp_path: Path) -> None:
    big = RND.randbytes(5 << 20)  # more than a frame
    (tmp_path / "big").write_bytes(b"xx" + big)
    items = [Item("snapshot", "620802", tmp_path / "big", 2), Item("blob", sha256(big).hexdigest(), big)]
    found = unpack(write(tmp_path / "a.bundle", items), tmp_path / "in")
    assert found.items[0].name == "620802"
    assert [item.read() for item in found.items] == [b"xx"[2:] + big, big]


@pytest.mark.usefixtures("small_frames")
def test_a_large_bundle_has_several_files(tmp_path: Path) -> None:
    big = RND.randbytes(900 << 10)
    items = [*ITEMS, Item("snapshot", "620802", big)]
    written = write_bundle(tmp_path / "a.bundle", HEAD, [HUB.recipient], items, LAPTOP.sign_seed)
    assert [path.name for path in written.volumes][:2] == ["a.bundle", "a.2.bundle"]
    assert len(written.volumes) > 4
    assert all(path.stat().st_size <= 256 << 10 for path in written.volumes)
    for path in (written.path, written.volumes[2]):
        found = unpack(path, tmp_path / "in")
        assert found.volumes == written.volumes
        assert [item.read() for item in found.items] == [item.read() for item in items]
    report = check_bundle(written.volumes[-1])
    assert (report.ok, report.volumes, report.size) == (True, len(written.volumes), written.size)


def test_without_a_key_one_can_tell_who_wrote_it_and_that_it_is_whole(tmp_path: Path) -> None:
    report = check_bundle(write(tmp_path / "a.bundle"))
    assert report.ok
    facts = (report.kind, report.hub, report.device, report.made_at, report.volumes)
    assert facts == ("to_hub", "hub-620800", "laptop-1", "2026-11-23T10:00:00.000Z", 1)


# ------------------------------------------------------------------ what can be wrong, one by one
def test_missing(tmp_path: Path) -> None:
    assert code_of(tmp_path / "none.bundle", tmp_path / "in") == "missing"
    assert [item.code for item in check_bundle(tmp_path / "none.bundle").problems] == ["missing"]


def test_not_a_bundle(tmp_path: Path) -> None:
    path = tmp_path / "a.bundle"
    for content in (b"PK\x03\x04 a zip file, say", RND.randbytes(1000), b"age-encryption.org/v1\n"):
        path.write_bytes(content)
        assert code_of(path, tmp_path / "in") == "not_a_bundle"
    (tmp_path / "folder").mkdir()
    assert code_of(tmp_path / "folder", tmp_path / "in") == "not_a_bundle"


def test_a_newer_bundle_asks_for_a_newer_program(tmp_path: Path) -> None:
    path = write(tmp_path / "a.bundle")
    path.write_bytes(path.read_bytes().replace(MAGIC, b"GWBNDL2\n", 1))
    assert code_of(path, tmp_path / "in") == "too_new"


def test_cut_at_any_byte(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.bundle", ITEMS[:3]).read_bytes()
    cut = tmp_path / "cut.bundle"
    edges = [0, 1, 7, 8, 15, 16, 19, 20, 21, len(whole) - 33, len(whole) - 32, len(whole) - 1]
    for length in edges + [RND.randrange(len(whole)) for _ in range(60)]:
        cut.write_bytes(whole[:length])
        assert code_of(cut, tmp_path / "in") == "cut", length
        report = check_bundle(cut)
        assert (report.ok, [item.code for item in report.problems]) == (False, ["cut"])


def test_altered_at_any_bit(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.bundle", ITEMS[:3]).read_bytes()
    changed = tmp_path / "changed.bundle"
    for place in [
        8,
        12,
        16,
        20,
        30,
        len(whole) - 33,
        len(whole) - 1,
        *(RND.randrange(8, len(whole)) for _ in range(60)),
    ]:
        some = bytearray(whole)
        some[place] ^= 1 << RND.randrange(8)
        changed.write_bytes(some)
        assert code_of(changed, tmp_path / "in") == "altered", place
    for more in (whole + b"\0", whole + whole, whole[:-1] + bytes((whole[-1] ^ 1,))):
        changed.write_bytes(more)
        assert code_of(changed, tmp_path / "in") == "altered"


def test_a_hole_where_the_copy_stopped_is_seen(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.bundle").read_bytes()
    (tmp_path / "b.bundle").write_bytes(whole[:200_000] + bytes(len(whole) - 200_000))
    assert code_of(tmp_path / "b.bundle", tmp_path / "in") == "altered"


def test_not_for_me(tmp_path: Path) -> None:
    path = write(tmp_path / "a.bundle")
    other = replace(RECEIVER, identity=DeviceKeys.make().identity)
    assert code_of(path, tmp_path / "in", other) == "not_for_me"
    assert code_of(path, tmp_path / "in", replace(RECEIVER, to="to_device")) == "not_for_me"
    answer = write(tmp_path / "b.bundle", head=msgspec.structs.replace(HEAD, to="to_device"))
    mine = replace(RECEIVER, to="to_device", device="laptop-1")
    assert unpack(answer, tmp_path / "in", mine).head.to == "to_device"
    assert code_of(answer, tmp_path / "in", replace(mine, device="laptop-2")) == "not_for_me"


def test_foreign(tmp_path: Path) -> None:
    path = write(tmp_path / "a.bundle")
    assert code_of(path, tmp_path / "in", replace(RECEIVER, hub="hub-620900")) == "foreign"
    stranger = replace(RECEIVER, signer=lambda head, items: DeviceKeys.make().sign_public)
    assert code_of(path, tmp_path / "in", stranger) == "foreign"
    assert code_of(path, tmp_path / "in", replace(RECEIVER, signer=lambda head, items: None)) == "foreign"


@pytest.mark.usefixtures("small_frames")
def test_volumes_missing_repeated_reordered_and_of_another_bundle(tmp_path: Path) -> None:
    items = [Item("snapshot", "620802", RND.randbytes(900 << 10))]
    path = write(tmp_path / "a.bundle", items)
    other = write(tmp_path / "o.bundle", items, msgspec.structs.replace(HEAD, bundle="b-2"))
    kept = {file: file.read_bytes() for file in tmp_path.iterdir()}

    def after(*copies: tuple[Path, Path | None]) -> str:
        for file, content in kept.items():
            file.write_bytes(content)
        for target, source in copies:
            target.unlink()
            if source:
                target.write_bytes(kept[source])
        with pytest.raises(BundleProblem) as told:
            unpack(path, tmp_path / "in")
        shutil.rmtree(tmp_path / "in")
        assert [item.code for item in check_bundle(path).problems] == [told.value.code]
        return f"{told.value.code} {told.value.values['file']}"

    v2, v3 = volume_path(path, 2), volume_path(path, 3)
    assert after((v2, None)) == "missing a.2.bundle"
    assert after((v3, v2)) == "repeated a.3.bundle"
    assert after((v2, v3), (v3, v2)) == "reordered a.2.bundle"
    assert after((v2, volume_path(other, 2))) == "foreign a.2.bundle"
    path.unlink()
    with pytest.raises(BundleProblem) as told:
        unpack(v3, tmp_path / "in")
    assert (told.value.code, told.value.values["file"]) == ("missing", "a.bundle")


# ------------------------------------------------------------------ bundles somebody made with the right keys
class Forge:
    """Writes frames as it is told, encrypted and signed as they should be."""

    def __init__(self) -> None:
        self.chain = Chain()
        self.frames = [self.frame("header", msgspec.msgpack.encode(HEAD))]

    def frame(
        self, kind: str, body: bytes, name: str = "", offset: int = 0, size: int | None = None
    ) -> bytes:
        head = FrameHead(self.chain.frames, kind, name, offset, len(body) if size is None else size)  # type: ignore[arg-type]
        return pack_frame(head, body, self.chain)

    def add(self, *bodies: bytes) -> None:
        self.frames += [self.frame("batch", body) for body in bodies]

    def close(self, *, more: bool = False, seed: bytes = LAPTOP.sign_seed) -> None:
        closing = Closing(self.chain.frames, self.chain.total, more, bytes(64))
        signature = sign(BUNDLE, closing.claim, seed)
        self.frames.append(
            self.frame(
                "closing", msgspec.msgpack.encode(msgspec.structs.replace(closing, signature=signature))
            )
        )

    def write(self, path: Path, *, more: bool = False) -> Path:
        inside = pyrage.encrypt(b"".join(self.frames), [pyrage.x25519.Recipient.from_str(HUB.recipient)])
        with path.open("wb") as file:
            writer = VolumeWriter(file, HEAD)
            writer.write(inside)
            writer.close(more)
        return path


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ([0, 1, 2, 3, 4], ""),
        ([0, 1, 3, 4], "missing"),
        ([0, 1, 2, 2, 3, 4], "repeated"),
        ([0, 1, 3, 2, 4], "reordered"),
        ([0, 1, 2, 3], "cut"),
        ([0], "cut"),
        ([], "cut"),
        ([0, 1, 2, 3, 4, 4], "repeated"),
    ],
)
def test_frames_in_another_order_than_written(order: list[int], code: str, tmp_path: Path) -> None:
    forge = Forge()
    forge.add(b"one", b"two", b"three")
    forge.close()
    forge.frames = [forge.frames[place] for place in order]
    path = forge.write(tmp_path / "a.bundle")
    if code:
        assert code_of(path, tmp_path / "in") == code
    else:
        assert len(unpack(path, tmp_path / "in").items) == 3


def test_cut_at_every_frame_and_inside_frames(tmp_path: Path) -> None:
    """A writer that stopped, with everything around its frames as it should be."""
    forge = Forge()
    forge.add(b"one", b"two" * 50, b"three")
    forge.close()
    whole = b"".join(forge.frames)
    edges = [sum(map(len, forge.frames[:n])) for n in range(len(forge.frames))]
    for length in edges + [RND.randrange(len(whole)) for _ in range(20)]:
        forge.frames = [whole[:length]]
        assert code_of(forge.write(tmp_path / "a.bundle"), tmp_path / "in") == "cut"


def test_frames_that_lie(tmp_path: Path) -> None:
    def code(
        *frames: tuple[str, bytes, str, int, int], seed: bytes = LAPTOP.sign_seed, more: bool = False
    ) -> str:
        forge = Forge()
        forge.frames += [forge.frame(*frame) for frame in frames]
        forge.close(seed=seed, more=more)
        return code_of(forge.write(tmp_path / "a.bundle"), tmp_path / "in")

    name = sha256(b"picture").hexdigest()
    assert code(("blob", b"picturE", name, 0, 7)) == "altered"
    assert code(("blob", b"picture", "../../etc/passwd", 0, 7)) == "altered"
    assert code(("blob", b"pic", name, 0, 7)) == "missing"
    assert code(("blob", b"pic", name, 0, 7), ("batch", b"x", "", 0, 1)) == "missing"
    assert code(("blob", b"pic", name, 0, 7), ("blob", b"ure", name, 4, 7)) == "missing"
    assert code(("blob", b"pict", name, 0, 7), ("blob", b"ture", name, 3, 7)) == "repeated"
    assert code(("batch", b"longer than it says", "", 0, 3)) == "altered"
    assert code(("batch", b"x", "", 0, 1 << 40)) == "missing"  # a terabyte is said, and one byte comes
    assert code(("batch", b"x", "", 1 << 40, 1 << 40)) == "missing"
    assert code(("batch", b"x", "", 0, (1 << 40) + 1)) == "altered"
    assert code(("header", msgspec.msgpack.encode(HEAD), "", 0, 0)) == "altered"
    assert code(("closing", b"junk", "", 0, 0)) == "altered"
    assert code(("batch", b"x", "", 0, 1), seed=DeviceKeys.make().sign_seed) == "foreign"
    assert code(more=True) == "altered"  # the file says that nothing follows


def test_a_length_that_no_frame_has_is_named_before_it_is_waited_for(tmp_path: Path) -> None:
    for lengths in (b"\x20\0\xff\xff\xff\xff", b"\xff\xff\x01\0\0\0"):
        forge = Forge()
        forge.frames.append(lengths + bytes(64))
        assert code_of(forge.write(tmp_path / "a.bundle"), tmp_path / "in") == "altered"


def test_frames_of_two_bundles_in_one(tmp_path: Path) -> None:
    """Each frame is whole; the hash over all of them, which the writer signed, is not theirs."""
    one, two = Forge(), Forge()
    one.add(b"one", b"more")
    two.add(b"two", b"other")
    one.close()
    two.close()
    for place in range(1, 3):
        mixed = Forge()
        mixed.frames = [*one.frames[:place], *two.frames[place : place + 1], *one.frames[place + 1 :]]
        assert code_of(mixed.write(tmp_path / "a.bundle"), tmp_path / "in") == "altered"


def test_noise_inside_is_named(tmp_path: Path) -> None:
    for _ in range(60):
        forge = Forge()
        forge.add(b"one")
        forge.close()
        some = bytearray(b"".join(forge.frames))
        match RND.randrange(3):
            case 0:
                some[RND.randrange(len(some))] ^= 1 << RND.randrange(8)
            case 1:
                some = bytearray(RND.randbytes(RND.randrange(400)))
            case _:
                place = RND.randrange(len(some))
                some[place:place] = RND.randbytes(RND.randrange(1, 9))
        forge.frames = [bytes(some)]
        assert code_of(forge.write(tmp_path / "a.bundle"), tmp_path / "in") in ("altered", "cut")


def test_every_problem_has_its_sentence(tmp_path: Path) -> None:
    for code in (
        "missing",
        "repeated",
        "cut",
        "reordered",
        "foreign",
        "altered",
        "not_for_me",
        "not_a_bundle",
        "too_new",
    ):
        wrong = problem(code, tmp_path / "stick.bundle", 10, 20)
        assert "stick.bundle" in wrong.message
        assert wrong.code == code


# ------------------------------------------------------------------ writing
@pytest.fixture
def tiny_stick(tmp_path: Path) -> Iterator[Path]:
    """A stick of 1 MiB."""
    with small_disk(tmp_path / "stick", 1) as stick:
        yield stick


def test_a_full_stick_is_said_and_nothing_stays_on_it(tiny_stick: Path) -> None:
    earlier = write(tiny_stick / "a.bundle", ITEMS[:2]).read_bytes()
    with pytest.raises(StoreFailure) as told:
        write(tiny_stick / "a.bundle", [Item("snapshot", "620802", RND.randbytes(2 << 20))])
    assert told.value.code == "disk_full"
    assert {file.name: file.read_bytes() for file in tiny_stick.iterdir()} == {"a.bundle": earlier}


@pytest.mark.usefixtures("small_frames")
def test_a_stick_that_fills_at_a_later_volume_keeps_nothing(tiny_stick: Path) -> None:
    with pytest.raises(StoreFailure) as told:
        write(tiny_stick / "a.bundle", [Item("snapshot", "620802", RND.randbytes(2 << 20))])
    assert told.value.code == "disk_full"
    assert list(tiny_stick.iterdir()) == []


def test_a_computer_without_room_to_open_it_says_so(tiny_stick: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.bundle", [Item("snapshot", "620802", RND.randbytes(2 << 20))])
    with pytest.raises(StoreFailure):
        unpack_bundle(path, RECEIVER, tiny_stick)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreFailure) as told:
        write(tmp_path / "gone" / "a.bundle")
    assert told.value.code == "stick_gone" and not (tmp_path / "gone").exists()


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.EROFS, "stick_read_only"),
        (errno.EACCES, "stick_read_only"),
        (errno.ENOTCONN, "stick_gone"),
        (errno.EIO, "stick_gone"),
        (errno.EINVAL, "bad_name"),
        (errno.ENOSPC, "disk_full"),
        (errno.EMFILE, "bundle_unwritable"),
    ],
)
@pytest.mark.parametrize("when", ["written", "read back"])
def test_what_is_wrong_with_the_stick_is_named(
    number: int, code: str, when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> object:
        raise OSError(number, os.strerror(number))

    target = (bundles, "VolumeWriter") if when == "written" else (bundles, "check_volume")
    monkeypatch.setattr(*target, fails)
    with pytest.raises(StoreFailure) as told:
        write(tmp_path / "a.bundle")
    assert (told.value.code, list(tmp_path.iterdir())) == (code, [])
    assert told.value.hint


def test_a_stick_that_is_gone_is_said_when_it_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> object:
        raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")

    monkeypatch.setattr(bundles, "check_volume", fails)
    [found] = check_bundle(tmp_path / "a.bundle").problems
    assert found.code == "unreadable" and "拔出" in found.why
    with pytest.raises(AppError) as told:
        unpack_bundle(tmp_path / "a.bundle", RECEIVER, tmp_path)
    assert told.value.code == "stick_gone" and told.value.hint


def test_a_stick_that_is_gone_before_anything_is_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> object:
        raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")

    monkeypatch.setattr(Path, "stat", fails)
    nobody: Any = None
    assert output_file(nobody, tmp_path / "a.bundle") == tmp_path / "a.bundle"


@pytest.mark.parametrize("gives", ["something else", "an older bundle"])
def test_a_stick_that_gives_back_what_was_not_written_is_not_safe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gives: str
) -> None:
    """A false stick keeps what it had: whole, and not what was written."""
    older = tmp_path / "older.bundle"
    write(older)

    def decayed(path: Path, seen: object) -> object:
        with path.open("r+b") as file:
            file.seek(1000)
            file.write(b"?")
        return check_volume(path)

    read = decayed if gives == "something else" else lambda path, seen: check_volume(older)
    monkeypatch.setattr(bundles, "check_volume", read)
    with pytest.raises(StoreFailure) as told:
        write(tmp_path / "a.bundle")
    assert told.value.code == "bundle_unsafe"
    assert list(tmp_path.iterdir()) == [older]


@pytest.mark.parametrize("after", [0, 1, 3, 7, 8])  # 8 is the reading back
def test_one_may_stop_at_any_time(after: int, tmp_path: Path) -> None:
    told: list[int] = []

    def seen(amount: int) -> None:
        told.append(amount)
        if len(told) > after:
            raise Cancelled(N_("Stopped"))

    with pytest.raises(Cancelled):
        write_bundle(tmp_path / "a.bundle", HEAD, [HUB.recipient], ITEMS, LAPTOP.sign_seed, seen)
    assert list(tmp_path.iterdir()) == []


def test_a_thing_that_vanishes_while_it_is_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"short")
    with pytest.raises(AppError):
        write(tmp_path / "a.bundle", [Item("snapshot", "", tmp_path / "picture", 0, 9000)])
    assert [file.name for file in tmp_path.iterdir()] == ["picture"]


def test_a_recipient_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        write_bundle(tmp_path / "a.bundle", HEAD, ["age1nonsense"], [], LAPTOP.sign_seed)
