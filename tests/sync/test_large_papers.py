"""Papers of hundreds of megabytes by stick: read, hashed and kept in pieces, on both sides."""

from __future__ import annotations

import os
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.actions.evidence import add_evidence
from app.actions.sticks import bundle_in, bundle_out
from app.domain import limits
from app.domain.entities.papers import Attachment
from app.errors import AppError
from app.hub import objects
from app.hub.sticks import give_bundle, take_bundle
from builders import paper
from sync.lan import TOWN, Lan, Laptop

PAPER = 40 << 20  # bytes: ten frames of a bundle
MOST = 20 << 20  # bytes that may be held for it at any moment


def scan(path: Path, size: int = PAPER, seed: int = 1) -> Path:
    """A paper that does not shrink when it is packed."""
    with paper(path).open("ab") as file:
        noise = random.Random(seed)
        for _ in range(size >> 20):
            file.write(noise.randbytes(1 << 20))
    return path


def handed_in(laptop: Laptop, *files: Path) -> list[str]:
    """Papers beside a boiler of this laptop; their hashes in this order."""
    boiler = laptop.enter("officer", "T-1")
    for file in files:
        add_evidence(laptop.as_("officer"), boiler, [("other", file)])
    found = {one.file_name: one.sha256 for one in laptop.session.workspace.find(Attachment)}
    return [found[file.name] for file in files]


def in_little_memory(work: Callable[[], Any]) -> Any:
    """What a work gives that never holds a paper."""
    tracemalloc.start()
    try:
        done = work()
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()
    return done


def folders(lan: Lan) -> set[str]:
    """What lies in the hub's folder."""
    return {path.name for path in (lan.folder / "hub").iterdir()}


def test_nobody_holds_a_paper_in_memory_and_a_bad_copy_of_its_stick_is_named(
    lan: Lan, tmp_path: Path
) -> None:
    one, two = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    [sha256] = handed_in(one, scan(tmp_path / "批复.pdf"))
    out, bad, back = (tmp_path / f"{name}.bundle" for name in ("out", "bad", "back"))
    in_little_memory(lambda: bundle_out(one.session, out))
    before, whole, middle = folders(lan), out.read_bytes(), out.stat().st_size // 2
    flipped = bytes([whole[middle] ^ 1])
    for copy, code in (
        (whole[:middle], "cut"),
        (whole[:middle] + flipped + whole[middle + 1 :], "altered"),
        (whole[:middle] + bytes(len(whole) - middle), "altered"),
    ):
        bad.write_bytes(copy)
        with pytest.raises(AppError) as told:
            take_bundle(lan.hub, bad, lan.clock())
        assert told.value.code == code and lan.hub.blobs.size(sha256) is None
    del whole, copy
    taken = in_little_memory(lambda: take_bundle(lan.hub, out, lan.clock()))
    assert taken.blobs == 1 and lan.hub.blobs.size(sha256) == (tmp_path / "批复.pdf").stat().st_size
    given = in_little_memory(lambda: give_bundle(lan.hub, two.device, back, lan.clock()))
    assert (given.files, folders(lan)) == (1, before), "what was unpacked is gone"
    read = in_little_memory(lambda: bundle_in(two.session, back))
    assert read.blobs_down == 1 and two.session.workspace.verify_attachment(sha256)


def test_of_a_stick_with_a_paper_beyond_the_limit_nothing_is_taken(
    lan: Lan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = lan.laptop(TOWN, "R2")
    small, large = handed_in(one, paper(tmp_path / "小.pdf"), scan(tmp_path / "大.pdf", 2 << 20))
    bundle_out(one.session, tmp_path / "out.bundle")
    with monkeypatch.context() as lower:
        lower.setattr(limits, "FILE_BYTES", 1 << 20)
        with pytest.raises(AppError) as told:
            take_bundle(lan.hub, tmp_path / "out.bundle", lan.clock())
    assert told.value.code == "too_large" and large in told.value.message
    assert (lan.hub.blobs.size(small), lan.hub.device(one.device).next) == (None, 1)
    assert take_bundle(lan.hub, tmp_path / "out.bundle", lan.clock()).blobs == 2


def test_papers_are_not_unpacked_into_the_room_that_a_hub_needs_itself(
    lan: Lan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = lan.laptop(TOWN, "R2")
    handed_in(one, scan(tmp_path / "批复.pdf", 2 << 20))
    out, before = tmp_path / "out.bundle", folders(lan)
    bundle_out(one.session, out)
    usage, unpacked = objects.shutil.disk_usage(tmp_path), list[Path]()

    def little(_: Path) -> Any:
        unpacked.extend((lan.folder / "hub").glob(".making-*/*.blob"))
        return usage._replace(free=objects.RESERVE + 2**20)

    monkeypatch.setattr(objects.shutil, "disk_usage", little)
    with pytest.raises(AppError) as told:
        take_bundle(lan.hub, out, lan.clock())
    assert told.value.code == "disk_full" and (folders(lan), unpacked) == (before, [])
    assert lan.hub.device(one.device).next == 1
    two = lan.laptop(TOWN, "R2")
    two.enter("officer2", "T-2")
    bundle_out(two.session, out)
    monkeypatch.setattr(objects.shutil, "disk_usage", lambda _: usage._replace(free=2**20))
    assert take_bundle(lan.hub, out, lan.clock()).answers[0].accepted == 1, "changes are taken to the last"


def test_what_a_hub_that_was_killed_had_unpacked_goes_with_the_next_stick(lan: Lan, tmp_path: Path) -> None:
    one, before = lan.laptop(TOWN, "R2"), folders(lan)
    left, busy = (lan.folder / "hub" / f".making-{name}" for name in ("left", "busy"))
    for folder in (left, busy):
        folder.mkdir()
        (folder / "0.blob").write_bytes(b"a paper")
    os.utime(left, (0, 0))
    handed_in(one, paper(tmp_path / "批复.pdf"))
    bundle_out(one.session, tmp_path / "out.bundle")
    take_bundle(lan.hub, tmp_path / "out.bundle", lan.clock())
    assert folders(lan) - before == {busy.name}, "another process may be at it"


def test_a_paper_that_is_damaged_at_the_hub_holds_up_no_answer(lan: Lan, tmp_path: Path) -> None:
    """On a bad disk: the laptop would refuse the whole bundle for it, and the next one as well."""
    one, two = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    good, damaged = handed_in(one, paper(tmp_path / "好.pdf"), scan(tmp_path / "坏.pdf", 5 << 20))
    one.sync()
    file = lan.folder / "hub" / "blobs" / "blobs" / damaged[:2] / damaged
    content = file.read_bytes()
    for wrong in (content[:-1] + b"?", content[:100]):
        file.write_bytes(wrong)
        back = tmp_path / f"{len(wrong)}.bundle"
        given = give_bundle(lan.hub, two.device, back, lan.clock())
        assert (given.files, given.unknown) == (1, 1)
    done = bundle_in(two.session, back)
    assert done.agrees and done.blobs_down == 1 and done.papers is not None and done.papers.unknown == 1
    assert two.session.workspace.verify_attachment(good)
