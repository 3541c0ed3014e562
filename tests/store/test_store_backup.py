"""Backups are whole, seven days of them are kept, and bringing one back loses nothing that was there."""

from __future__ import annotations

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
