"""Little room on the disk: a reserve for what has to go on, no writing below a limit, and no loss."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.domain.entities.boiler import Boiler
from app.errors import StoreFailure
from app.store import room as rooms
from app.store.room import MB, RESERVE, VARIABLE, Limits, Room, free_in, limits_here
from app.store.workspace import Workspace
from small_disk import fill, small_disk
from store.records import CLERK, START, Desk, boiler, foreign
from store.replicas import Laptop, TinyHub

SMALL = Limits(reserve=8 * MB, warn=24 * MB, stop=6 * MB, needed=2 * MB)
BARE = Limits(reserve=8 * MB, warn=0, stop=0, needed=2 * MB)  # a reserve, and nobody who stops in time


class Disk:
    """A disk of which a test says how much is free."""

    def __init__(self, free: int) -> None:
        self.free = free

    def __call__(self, folder: Path) -> int:
        return self.free


def roomy(path: Path, free: int) -> tuple[Room, Disk]:
    disk = Disk(free)
    return Room(path, Limits(), disk), disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 40 MB."""
    with small_disk(tmp_path / "disk", 40) as folder:
        yield folder


@pytest.fixture
def there(disk: Path, empty_file: Path) -> Path:
    """A closed workspace on the small disk."""
    return Path(shutil.copy(empty_file, disk / "平凉.gpkg"))


# ------------------------------------------------------------------ limits
@pytest.mark.parametrize(
    ("free", "level"), [(500, "enough"), (499, "low"), (100, "low"), (99, "short"), (0, "short")]
)
def test_what_is_free_has_a_level(tmp_path: Path, free: int, level: str) -> None:
    room, _ = roomy(tmp_path / "a.gpkg", free * MB)
    assert (room.look().level, room.look().free) == (level, free * MB)


def test_a_system_that_does_not_tell_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, 0))  # type: ignore[attr-defined]
    assert Room(tmp_path / "a.gpkg", Limits()).look().level == "enough"
    assert Room(tmp_path / "gone" / "a.gpkg", Limits()).look().level == "enough"


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("", Limits()),
        ("64", Limits()),
        ("a,b,c", Limits()),
        ("16, 200, 50", Limits(16 * MB, 200 * MB, 50 * MB, 8 * MB)),
        ("0,0,0", Limits(0, 0, 0, 0)),
    ],
)
def test_a_computer_may_have_its_own_limits(
    monkeypatch: pytest.MonkeyPatch, told: str, found: Limits
) -> None:
    monkeypatch.setenv(VARIABLE, told)
    assert limits_here() == found


# ------------------------------------------------------------------ the reserve
@pytest.mark.parametrize("fallocate", [True, False])
def test_the_reserve_takes_real_room_that_only_its_owner_reads(
    disk: Path, monkeypatch: pytest.MonkeyPatch, fallocate: bool
) -> None:
    if not fallocate:
        monkeypatch.delattr(os, "posix_fallocate")
    before = shutil.disk_usage(disk).free
    room = Room(disk / "a.gpkg", SMALL)
    assert room.keep() and room.keep()
    made = disk / RESERVE
    assert made.stat().st_size == SMALL.reserve
    assert before - shutil.disk_usage(disk).free >= SMALL.reserve
    assert made.stat().st_mode & 0o777 == 0o600
    assert [item.name for item in disk.iterdir()] == [RESERVE]


def test_workspaces_of_a_folder_share_one(disk: Path) -> None:
    assert Room(disk / "a.gpkg", SMALL).keep() and Room(disk / "b.gpkg", SMALL).keep()
    assert [item.name for item in disk.iterdir()] == [RESERVE]
    assert Room(disk / "b.gpkg", SMALL).give_up() and not Room(disk / "a.gpkg", SMALL).give_up()


@pytest.mark.parametrize(("free", "made"), [(171, False), (172, True)])
def test_none_is_made_where_it_would_stop_the_work(tmp_path: Path, free: int, made: bool) -> None:
    room, _ = roomy(tmp_path / "a.gpkg", free * MB)
    assert room.keep() is made
    assert (tmp_path / RESERVE).exists() is made


def test_a_disk_that_fills_while_it_is_made_keeps_nothing_of_it(disk: Path) -> None:
    fill(disk, leave=SMALL.reserve // 2)
    room = Room(disk / "a.gpkg", SMALL, Disk(1 << 40))
    assert not room.keep()
    assert {item.name for item in disk.iterdir()} == {"ballast"}


def test_one_that_somebody_has_emptied_is_made_again(disk: Path) -> None:
    room = Room(disk / "a.gpkg", SMALL)
    room.keep()
    os.truncate(disk / RESERVE, 0)
    assert room.keep() and (disk / RESERVE).stat().st_size == SMALL.reserve


# ------------------------------------------------------------------ reading only
def test_below_the_limit_nothing_is_changed_and_above_it_goes_on(desk: Desk, workspace: Workspace) -> None:
    desk.add(boiler("PL-1"))
    workspace._opened.database.room, disk = roomy(workspace.path, 99 * MB)
    photo = workspace.path.with_name("photo.jpg")
    photo.write_bytes(b"\xff\xd8\xff" + bytes(40_000))
    foreign(workspace.path, "UPDATE 燃煤锅炉 SET note = '外部'")
    for work in (
        lambda: desk.add(boiler("PL-2")),
        lambda: workspace.attach(photo),
        lambda: workspace.seal(CLERK, "现场核对", START),
        lambda: workspace.daily_backup(START),
    ):
        with pytest.raises(StoreFailure) as told:
            work()
        assert (told.value.code, told.value.exit_code) == ("disk_low", 5)
        assert "99 MB" in told.value.message and "平凉 清零.backups" in told.value.hint
    assert workspace.count(Boiler) == 1 and workspace.external_count() == 1
    assert workspace.check().ok
    disk.free = 101 * MB
    desk.add(boiler("PL-2"))
    assert workspace.attach(photo).size == 40_003
    assert workspace.seal(CLERK, "现场核对", START) == 1
    assert workspace.count(Boiler) == 2


def test_what_is_large_must_leave_room_for_work(workspace: Workspace, tmp_path: Path) -> None:
    workspace._opened.database.room, disk = roomy(workspace.path, 100 * MB + 1000)
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"\xff\xd8\xff" + bytes(40_000))
    with pytest.raises(StoreFailure) as told:
        workspace.attach(photo)
    assert told.value.code == "disk_low"
    with pytest.raises(StoreFailure) as told:
        workspace.daily_backup(START)
    assert told.value.code == "disk_low" and not list(tmp_path.rglob("*.part"))
    disk.free += 1 << 30
    assert workspace.attach(photo) and workspace.daily_backup(START)


def test_a_fold_waits_for_room_and_sending_does_not(lend: Callable[..., Laptop]) -> None:
    laptop, other = lend("dev-a"), lend("dev-b")
    laptop.desk.add(boiler("PL-1"))
    other.desk.add(boiler("PL-9"))
    other.push()
    database = laptop.workspace._opened.database
    database.room, disk = roomy(laptop.workspace.path, 50 * MB)
    with pytest.raises(StoreFailure) as told:
        laptop.pull()
    assert told.value.code == "disk_low" and laptop.replica.cursors() == {}
    laptop.push()
    assert len(laptop.hub.batches) == 2
    database.tidying.folded(20_000)  # the index by record waits as well
    disk.free = 200 * MB
    laptop.pull()
    assert laptop.agrees() and laptop.workspace.check().ok


# ------------------------------------------------------------------ a disk that is wholly full
@pytest.mark.parametrize(
    "told", [True, False], ids=["as the system tells", "by a quota that it does not tell"]
)
def test_what_was_typed_is_saved_on_a_disk_that_ran_full(there: Path, disk: Path, told: bool) -> None:
    with Workspace.open(there) as workspace:
        workspace._opened.database.room = Room(there, BARE, free_in if told else Disk(1 << 40))
        desk = Desk(workspace)
        desk.add(boiler("PL-1"))
        assert workspace._opened.database.room.keep()
        fill(disk)
        desk.add(*(boiler(f"PL-2-{n}") for n in range(200)))
        assert not (disk / RESERVE).exists()
        assert workspace.count(Boiler) == 201
    with Workspace.open(there) as workspace:
        assert workspace.count(Boiler) == 201 and workspace.check().ok


def test_an_import_that_does_not_fit_leaves_the_disk_as_it_was(there: Path, disk: Path) -> None:
    """The log of a transaction that failed was as long as the disk had room, and stayed so."""
    with Workspace.open(there) as workspace:
        workspace._opened.database.room = Room(there, BARE)
        desk = Desk(workspace)
        desk.add(boiler("PL-1"))
        workspace._opened.database.room.keep()
        fill(disk, leave=10 * MB)
        before = shutil.disk_usage(disk).free
        with pytest.raises(StoreFailure) as told:
            desk.add(*(boiler(f"PL-2-{n}") for n in range(40_000)))
        assert told.value.code == "disk_full"
        assert (disk / RESERVE).exists(), "it would not have been enough"
        assert before - shutil.disk_usage(disk).free < MB
        assert workspace.count(Boiler) == 1


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_opens_on_a_full_disk(
    there: Path, disk: Path, monkeypatch: pytest.MonkeyPatch, read_only: bool
) -> None:
    monkeypatch.setenv(VARIABLE, "8,24,6")
    Workspace.open(there).close()
    assert Room(there).keep()
    fill(disk)
    with Workspace.open(there, read_only=read_only) as workspace:
        assert workspace.count(Boiler) == 0
        assert workspace.room.look().level == "enough" or not (disk / RESERVE).exists()


def test_what_is_unsent_is_sealed_on_a_full_disk(
    disk: Path, empty_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "8,24,6")
    file = Path(shutil.copy(empty_file, disk / "a.gpkg"))
    with Workspace.open(file) as workspace:
        laptop = Laptop(workspace, TinyHub(), "dev-a")
        laptop.desk.add(*(boiler(f"PL-{n}") for n in range(300)))
        assert workspace.room.keep()
        fill(disk)
        laptop.push()
        assert len(laptop.hub.batches[0].entries) == 300
        assert not (disk / RESERVE).exists()
        fill(disk)
        with pytest.raises(StoreFailure) as told:
            laptop.desk.add(boiler("PL-X"))
        assert told.value.code == "disk_low"
        (disk / "ballast").unlink()
        laptop.desk.add(boiler("PL-X"))
        assert workspace.room.keep() and workspace.check().ok
