"""Backups are whole, seven days of them are kept, and bringing one back loses nothing that was there."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.entities.boiler import Boiler
from app.errors import AppError, Invalid, StoreFailure
from app.store.workspace import Workspace, restore
from store.records import START, Desk, boiler
from store.test_store_attachments import evidence


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A small file."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 a photograph")
    return path


def test_a_backup_is_a_workspace_with_its_evidence(desk: Desk, photo: Path, tmp_path: Path) -> None:
    workspace = desk.workspace
    stored = workspace.attach(photo)
    desk.add(boiler("PL-1"), evidence(stored))
    made = workspace.backup(tmp_path / "stick", START)
    assert made.name == "平凉 清零-20261123T020000Z.gpkg"
    desk.add(boiler("PL-2"))
    with Workspace.open(made) as copy:
        assert copy.count(Boiler) == 1
        assert copy.check().ok
        assert copy.verify_attachment(stored.sha256).is_file()
    with pytest.raises(Invalid) as caught:
        workspace.backup(tmp_path / "stick", START)
    assert caught.value.code == "exists"


def test_one_backup_a_day_and_seven_are_kept(workspace: Workspace, file: Path) -> None:
    made = [workspace.daily_backup(START + timedelta(hours=6 * n)) for n in range(40)]
    names = sorted(item.name for item in file.with_name(file.stem + ".backups").iterdir())
    assert sum(item is not None for item in made) == 10 + 1  # 10:00 in Pingliang to the tenth day after
    assert len(names) == 7
    assert names[-1] == "平凉 清零-2026-12-03.gpkg"


def test_restoring_keeps_the_file_that_was_there(file: Path, photo: Path, tmp_path: Path) -> None:
    with Workspace.open(file) as workspace:
        stored = workspace.attach(photo)
        Desk(workspace).add(boiler("PL-1"), evidence(stored))
        made = workspace.backup(tmp_path / "stick", START)
        Desk(workspace).add(boiler("PL-2"))
        with pytest.raises(StoreFailure) as caught:
            restore(made, file)
        assert caught.value.code == "in_use"
    aside = restore(made, file)
    assert aside is not None
    with Workspace.open(file) as workspace, Workspace.open(aside) as old:
        assert (workspace.count(Boiler), old.count(Boiler)) == (1, 2)
        assert workspace.check().ok


def test_restoring_elsewhere_brings_the_evidence(file: Path, photo: Path, tmp_path: Path) -> None:
    with Workspace.open(file) as workspace:
        stored = workspace.attach(photo)
        Desk(workspace).add(boiler("PL-1"), evidence(stored))
        daily = workspace.daily_backup(START)
    assert daily is not None
    target = tmp_path / "elsewhere" / "new.gpkg"
    target.parent.mkdir()
    assert restore(daily, target) is None
    with Workspace.open(target) as workspace:
        assert workspace.check().ok
        assert workspace.verify_attachment(stored.sha256).is_file()


def test_a_damaged_backup_touches_nothing(file: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.gpkg"
    content = file.read_bytes()
    bad.write_bytes(content[: len(content) // 2])
    before = file.read_bytes()
    with pytest.raises(AppError) as caught:
        restore(bad, file)
    assert caught.value.code == "damaged"
    assert file.read_bytes() == before
    assert [item.name for item in file.parent.iterdir()] == [file.name]
    with pytest.raises(Invalid):
        restore(file, file)


@pytest.mark.parametrize("renames", [0, 1, 2])
def test_nothing_is_lost_when_the_program_dies_while_restoring(
    renames: int, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tmp_path / "killed"  # what a program that is killed leaves: its last save is in the log
    left.mkdir()
    with Workspace.open(file) as workspace:
        made = workspace.backup(tmp_path / "stick", START)
        Desk(workspace).add(boiler("PL-1"))
        for part in file.parent.glob(f"{file.name}*"):
            shutil.copyfile(part, left / part.name)
    victim, real, done = left / file.name, Path.rename, []

    def dies(self: Path, target: Path) -> Path:
        if self.parent == left:
            done.append(self)
            if len(done) > renames:
                raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(Path, "rename", dies)
        restore(made, victim)
    kept = []
    for path in left.glob("*.gpkg"):
        with Workspace.open(path) as workspace:
            kept.append(workspace.count(Boiler))
    assert 1 in kept, "the last save is nowhere"
    restore(made, victim)
    with Workspace.open(victim) as workspace:
        assert workspace.count(Boiler) == 0
        assert workspace.check().ok


def test_a_log_that_was_left_behind_is_not_read_into_a_new_file(file: Path, tmp_path: Path) -> None:
    with Workspace.open(file) as workspace:
        Desk(workspace).add(*(boiler(f"PL-{n}") for n in range(50)))
        target = tmp_path / "new.gpkg"
        shutil.copyfile(file.with_name(file.name + "-wal"), tmp_path / "new.gpkg-wal")
    with Workspace.create(target, "620800", "平凉") as workspace:
        assert workspace.count(Boiler) == 0
        assert workspace.check().ok
    assert [path for path in tmp_path.glob("new-replaced-*") if path.name.endswith("-wal")]


def test_a_second_backup_lies_on_another_disk_with_its_evidence(
    desk: Desk, workspace: Workspace, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"\xff\xd8\xff a photograph")
    stored = workspace.attach(photo)
    desk.add(boiler("PL-1"))
    other = tmp_path / "另一块盘"
    assert workspace.second_backup(other, START) is None and not other.exists(), "it is not plugged in"
    other.mkdir()
    made = workspace.second_backup(other, START)
    assert made is not None and other in made.parents
    assert workspace.second_backup(other, START) is None
    days = [workspace.second_backup(other, START + timedelta(days=day)) for day in range(1, 9)]
    assert len(list(made.parent.iterdir())) == 7 and days[-1] is not None
    restore(days[-1], tmp_path / "back.gpkg")
    with Workspace.open(tmp_path / "back.gpkg") as back:
        assert back.count(Boiler) == 1 and back.verify_attachment(stored.sha256)
