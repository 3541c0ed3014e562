"""A damaged file: its newest backup is restored, and what was written since comes back from its journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from app.actions.salvaging import salvage
from app.actions.session import Session
from app.domain.entities.boiler import Boiler
from app.domain.filters import equal
from app.errors import Invalid, StoreFailure
from app.store.workspace import Workspace, restore
from builders import photo
from store.records import CHIEF, START, Desk, boiler
from store.replicas import Laptop, paper

PAGE = 4096


def spoil(file: Path, table: str, share: float = 0.5) -> None:
    """Overwrite a page in the middle of a table, as a failing disk does."""
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = [
            row[0]
            for row in raw.execute(
                "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno", (table,)
            )
        ]
    with file.open("rb+") as part:
        part.seek((pages[int(len(pages) * share)] - 1) * PAGE)
        part.write(b"\xa5" * PAGE)


def named(workspace: Workspace, number: str) -> Boiler:
    return workspace.find(Boiler, equal(ledger_no=number))[0]


@pytest.fixture
def broken(file: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A damaged file with work after its backup, and the file that was restored from that."""
    with Workspace.open(file) as workspace:
        desk = Desk(workspace)
        desk.add(*(boiler(f"PL-{n}") for n in range(40)))
        backup = workspace.daily_backup(START)
        assert backup is not None
        desk.edit(named(workspace, "PL-1"), note="备份之后")
        Desk(workspace, CHIEF).edit(named(workspace, "PL-2"), note="负责人改的")
        image = photo(tmp_path / "photo.jpg")
        stored = workspace.attach(image)
        desk.add(boiler("PL-NEW"), paper(named(workspace, "PL-1"), workspace))
        desk.undo()
        desk.edit(named(workspace, "PL-3"), note="最后一笔")
        assert workspace.attachment_path(stored.sha256).is_file()
    spoil(file, "燃煤锅炉")
    with pytest.raises(StoreFailure) as told:
        Workspace.open(file)
    assert told.value.code == "damaged" and "salvage" in told.value.hint
    target = file.with_name("恢复.gpkg")
    restore(backup, target)
    return file, target


def test_what_was_written_after_the_backup_comes_back_as_it_was(broken: tuple[Path, Path]) -> None:
    damaged, target = broken
    before = damaged.read_bytes()
    with Workspace.open(target) as workspace:
        assert named(workspace, "PL-1").note is None
        done = salvage(Session(workspace), damaged)
        assert (done.acts, done.left, done.gaps) == (5, (), False)
        assert named(workspace, "PL-1").note == "备份之后" and named(workspace, "PL-3").note == "最后一笔"
        assert not workspace.find(Boiler, equal(ledger_no="PL-NEW")), "that was taken back"
        entry = workspace.history(Boiler, named(workspace, "PL-2").uid)[0]
        assert (entry.person, entry.changes[0].after) == (CHIEF.name, "负责人改的")
        assert entry.at == "2026-11-23T02:01:00.000Z", "when it was done, not when it was brought back"
        assert workspace.check().ok
        again = salvage(Session(workspace), damaged)
        assert (again.acts, again.left) == (0, ())
    assert damaged.read_bytes() == before


def test_what_somebody_has_changed_meanwhile_is_left_for_a_person(broken: tuple[Path, Path]) -> None:
    damaged, target = broken
    with Workspace.open(target) as workspace:
        desk = Desk(workspace)
        desk.at += timedelta(days=1)
        desk.edit(named(workspace, "PL-1"), note="恢复后又改")
        done = salvage(Session(workspace), damaged)
        assert named(workspace, "PL-1").note == "恢复后又改"
        [left] = [item for item in done.left if item.changes[0].after.get("note") == "备份之后"]
        assert left.why and left.person and left.at


def test_acts_that_are_torn_stay_away_and_the_others_come(broken: tuple[Path, Path]) -> None:
    damaged, target = broken
    with closing(sqlite3.connect(damaged)) as raw:
        last = raw.execute("SELECT max(seq) FROM sync_journal").fetchone()[0]
    spoil(damaged, "sync_journal", 0.3)
    with Workspace.open(target) as workspace:
        done = salvage(Session(workspace), damaged)
        assert done.gaps and last > 40
        assert named(workspace, "PL-3").note == "最后一笔"
        assert workspace.check().ok


def test_nothing_that_can_be_read_is_said(broken: tuple[Path, Path], tmp_path: Path) -> None:
    damaged, target = broken
    damaged.write_bytes(b"\0" * PAGE * 10)
    with Workspace.open(target) as workspace:
        with pytest.raises(StoreFailure) as told:
            salvage(Session(workspace), damaged)
        assert told.value.code == "damaged"
        for wrong in (target, tmp_path / "none.gpkg"):
            with pytest.raises(Invalid):
                salvage(Session(workspace), wrong)


def test_another_workspace_gives_nothing(broken: tuple[Path, Path], tmp_path: Path) -> None:
    damaged, _ = broken
    with Workspace.create(tmp_path / "another.gpkg", "620800", "平凉") as workspace:
        Desk(workspace).add(boiler("PL-OTHER"))
        with pytest.raises(Invalid) as told:
            salvage(Session(workspace), damaged)
        assert told.value.code == "another_workspace"
        assert [item.ledger_no for item in workspace.find(Boiler)] == ["PL-OTHER"]


def test_what_may_be_at_the_hub_waits_for_a_sync(lend: Callable[..., Laptop], tmp_path: Path) -> None:
    laptop = lend("dev-a")
    workspace = laptop.workspace
    laptop.desk.add(boiler("PL-1"))
    laptop.sync()
    backup = workspace.backup(tmp_path / "stick", START)
    laptop.desk.edit(named(workspace, "PL-1"), note="已打包")
    laptop.replica.seal(10, laptop.encode)
    laptop.desk.edit(named(workspace, "PL-1"), contact="未打包")
    workspace.close()
    target = tmp_path / "back.gpkg"
    restore(backup, target)
    with Workspace.open(target) as fresh:
        done = salvage(Session(fresh), workspace.path)
        assert (done.acts, len(done.left)) == (1, 1)
        assert named(fresh, "PL-1").contact == "未打包" and named(fresh, "PL-1").note is None
        fresh.replica.set_facts(last_sync="2026-11-24T00:00:00.000Z")
        done = salvage(Session(fresh), workspace.path)
        assert (done.acts, done.left) == (1, ()) and named(fresh, "PL-1").note == "已打包"
