"""A laptop whose disk is nearly or wholly full: what is unsent still gets out, by line and by stick, and what
comes in waits for room."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.actions.evidence import add_evidence
from app.actions.sticks import bundle_in, bundle_out
from app.actions.syncing import sync_status
from app.domain.entities.papers import Attachment
from app.errors import StoreFailure
from app.hub.sticks import give_bundle, take_bundle
from app.store.room import MB, RESERVE, VARIABLE, Limits, Room
from builders import photo
from small_disk import fill, small_disk
from sync.accounts import settle
from sync.doings import edit
from sync.lan import TOWN, Lan, Laptop
from sync.town import boiler
from sync.world import World

LITTLE = "4,12,6"  # reserve, warning, reading only


class Disk:
    """A disk of which a test says how much is free."""

    def __init__(self, laptop: Laptop, free: int) -> None:
        self.free = free
        workspace = laptop.session.workspace
        workspace._opened.database.room = Room(workspace.path, Limits(), self)

    def __call__(self, folder: Path) -> int:
        return self.free


def test_with_little_room_a_round_sends_and_fetches_nothing(lan: Lan) -> None:
    one, two = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    one.enter("inspector", "T-1", address="东大街1号")
    two.enter("officer", "T-2")
    two.sync()
    disk = Disk(one, 99 * MB)
    done = one.sync()
    assert (done.pushed, done.pulled, done.unsent, done.held_back) == (1, 0, 0, True)
    assert done.message and done.agrees and not done.is_level
    assert sync_status(one.session).short
    with pytest.raises(StoreFailure) as told:
        one.enter("inspector", "T-3")
    assert told.value.code == "disk_low"
    again = one.sync()
    assert (again.pushed, again.held_back) == (0, True), "what the hub has taken is not sent twice"
    assert two.sync().pulled and two.boiler("T-1").address == "东大街1号"
    disk.free = 200 * MB
    whole = one.sync()
    assert (whole.held_back, whole.is_level, whole.message) == (False, True, "")
    assert one.boiler("T-2") and not sync_status(one.session).short
    assert one.session.workspace.check().ok


def test_room_that_ends_in_the_middle_of_a_round_is_said_and_costs_nothing(lan: Lan) -> None:
    one, two = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    for number in range(3):
        two.enter("officer", f"T-{number}")
        two.sync()
    one.enter("inspector", "T-9")
    disk = Disk(one, 200 * MB)
    # Before the round what it tells the hub of the journal is kept, then the round looks once for itself.
    looked = iter([200 * MB] * 2 + [99 * MB] * 1000)
    room = one.session.workspace.room
    room.measure = lambda _: next(looked)
    with pytest.raises(StoreFailure) as told:
        one.sync()
    assert told.value.code == "disk_low"
    assert sync_status(one.session).last_error
    room.measure = disk
    done = one.sync()
    assert done.is_level and one.boiler("T-2")


def test_a_hub_that_was_brought_back_is_given_its_blocks_by_a_laptop_without_room(world: World) -> None:
    """Giving back folds nothing, and comes before what was written upon it."""
    town, other = world.laptops["town_a"], world.laptops["town_a2"]
    record = boiler(other, "A-entered")
    assert record is not None
    world.back_up_hub()
    edit(other, "officer2", record, note="在备份之后")
    other.round()
    town.round()
    world.restore_hub(-1, declared=False)
    database = town.workspace._opened.database
    database.room = Room(town.file, Limits(), lambda _: 200 * MB)
    seen = boiler(town, "A-entered")
    assert seen is not None and edit(town, "officer", seen, note="看过以后")
    database.room.measure = lambda _: 99 * MB
    done = town.round()
    assert done is not None and done.held_back and done.restored and done.given_back
    database.room.measure = lambda _: 200 * MB
    settle(world)


def test_an_answer_by_stick_waits_for_room(lan: Lan, tmp_path: Path) -> None:
    one, two = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    two.enter("officer", "T-2")
    two.sync()
    one.enter("inspector", "T-1")
    disk = Disk(one, 99 * MB)
    out = bundle_out(one.session, tmp_path / "out.bundle")
    assert (out.changes, out.verified) == (1, True)
    take_bundle(lan.hub, tmp_path / "out.bundle", lan.clock())
    give_bundle(lan.hub, one.device, tmp_path / "back.bundle", lan.clock())
    with pytest.raises(StoreFailure) as told:
        bundle_in(one.session, tmp_path / "back.bundle")
    assert told.value.code == "disk_low"
    assert not list(one.session.workspace.path.parent.glob(".bundle-*"))
    disk.free = 200 * MB
    assert bundle_in(one.session, tmp_path / "back.bundle").is_level
    assert one.boiler("T-2")


def test_files_that_do_not_fit_wait(lan: Lan, tmp_path: Path) -> None:
    one, two = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    _photographed(two, tmp_path, 300_000, 100_000)
    two.sync()
    disk = Disk(one, 100 * MB + 200_000)
    assert one.sync().blobs_down == 1, "the smaller one"
    disk.free = 200 * MB
    done = one.sync()
    assert done.blobs_down == 1
    for paper in one.session.workspace.find(Attachment):
        one.session.workspace.verify_attachment(paper.sha256)


# ------------------------------------------------------------------ a real disk
@pytest.fixture
def full(lan: Lan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Laptop, Path]]:
    """A laptop with unsent work and a photograph on a disk of 30 MB that is wholly full."""
    laptop = lan.laptop(TOWN, "R2")
    laptop.sync()
    path = laptop.session.workspace.path
    with small_disk(tmp_path / "disk", 30) as disk:
        laptop.session.close()
        shutil.copytree(path.parent, disk / "laptop")
        shutil.rmtree(path.parent)
        path.parent.symlink_to(disk / "laptop")
        laptop.reopen()
        for number in range(40):
            laptop.enter("inspector", f"T-{number}", note="满" * 200)
        _photographed(laptop, tmp_path, 300_000)
        monkeypatch.setenv(VARIABLE, LITTLE)
        laptop.reopen()
        assert laptop.session.workspace.room.keep()
        fill(disk)
        yield laptop, disk
        laptop.session.close()
        lan.laptops.remove(laptop)


def test_a_bundle_is_written_from_a_full_disk(full: tuple[Laptop, Path], lan: Lan, tmp_path: Path) -> None:
    laptop, disk = full
    done = bundle_out(laptop.session, tmp_path / "out.bundle")
    assert done.changes >= 41 and done.blobs == 1 and done.verified
    assert not (disk / "laptop" / RESERVE).exists(), "it was for this"
    taken = take_bundle(lan.hub, tmp_path / "out.bundle", lan.clock())
    assert [answer.state for answer in taken.answers] == ["taken"]


def test_without_a_reserve_a_full_disk_says_what_is_safe(full: tuple[Laptop, Path], tmp_path: Path) -> None:
    laptop, disk = full
    (disk / "laptop" / RESERVE).unlink()
    fill(disk)
    with pytest.raises(StoreFailure) as told:
        bundle_out(laptop.session, tmp_path / "out.bundle")
    assert told.value.code == "disk_full" and told.value.hint
    assert not (tmp_path / "out.bundle").exists()
    assert laptop.replica.unsent() >= 41


def test_work_is_sent_from_a_full_disk_and_goes_on_when_there_is_room(full: tuple[Laptop, Path]) -> None:
    laptop, disk = full
    done = laptop.sync()
    assert done.held_back and done.pushed >= 41 and done.blobs_up == 1 and not done.unsent
    (disk / "ballast").unlink()
    done = laptop.sync()
    assert done.is_level and laptop.session.workspace.room.keep()
    laptop.edit("inspector", "T-1", "核对", address="东大街9号")
    assert laptop.sync().is_level and laptop.session.workspace.check().ok


def _photographed(laptop: Laptop, folder: Path, *sizes: int) -> None:
    for size in sizes:
        image = photo(folder / f"{size}.jpg")
        image.write_bytes(image.read_bytes() + bytes(size))
        number = f"P-{size}"
        laptop.enter("officer", number)
        add_evidence(laptop.as_("officer"), laptop.boiler(number), [("site_photo", image)])
