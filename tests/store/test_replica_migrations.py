"""A workspace that 0.1.0 made opens, is backed up and brought up, and everything in it can be sent."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.domain.entities.boiler import Boiler
from app.domain.entities.conflict import Conflict
from app.domain.entities.papers import Approval, Attachment
from app.store.workspace import Workspace
from store.records import CLERK, START, Desk, boiler
from store.replicas import Laptop, TinyHub

RECORDED = Path(__file__).parent / "recorded"


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A copy of the recorded workspace with its evidence."""
    shutil.copytree(RECORDED / "workspace-0.1.0.files", tmp_path / "旧.files")
    return Path(shutil.copy(RECORDED / "workspace-0.1.0.gpkg", tmp_path / "旧.gpkg"))


def test_it_opens_whole_and_a_backup_was_made(recorded: Path) -> None:
    with Workspace.open(recorded) as workspace:
        report = workspace.check()
        assert report.ok, report.findings
        assert (workspace.format_version, workspace.schema_version) == (2, 2)
        assert (workspace.count(Boiler), workspace.count(Approval), workspace.count(Attachment)) == (3, 1, 1)
        assert workspace.count(Conflict) == 0
        assert workspace.external_count() == 1
        assert workspace.unsent() == 17
        assert workspace.last_redoable(CLERK.uid) is None
    (made,) = recorded.with_name("旧.backups").iterdir()
    with closing(sqlite3.connect(made)) as connection:
        told = dict(connection.execute("SELECT key, value FROM gridward_meta"))
    assert told["format_version"] == "1"


def test_it_can_be_read_without_being_changed(recorded: Path) -> None:
    before = recorded.read_bytes()
    with Workspace.open(recorded, read_only=True) as workspace:
        assert workspace.unsent() == 17
        assert not workspace.replica.enrolled
        assert workspace.check().ok
    assert recorded.read_bytes() == before


def test_all_it_holds_is_sent_but_the_edit_nobody_has_answered_for(recorded: Path) -> None:
    hub = TinyHub()
    with Workspace.open(recorded) as workspace:
        laptop = Laptop(workspace, hub, "dev-old")
        assert (laptop.replica.unsealed(), laptop.replica.pending().waiting_for_reason) == (16, 1)
        (batch,) = laptop.push()
        claimed = next(act for act in batch.acts if act.action == "external_edit")
        assert (claimed.reason, claimed.person_name) == ("QGIS 中补录地址", "王芳")
        laptop.pull()
        assert laptop.agrees()
        assert laptop.replica.pending() == type(laptop.replica.pending())(1, 1, 1)
        assert workspace.seal(CLERK, "核对过", START) == 1
        laptop.sync()
        assert laptop.replica.pending().changes == 0
        assert laptop.agrees()
        assert workspace.check().ok


def test_a_second_copy_of_the_file_does_not_count_twice(recorded: Path, tmp_path: Path) -> None:
    hub = TinyHub()
    copy = Path(shutil.copy(recorded, tmp_path / "另.gpkg"))
    shutil.copytree(tmp_path / "旧.files", tmp_path / "另.files")
    with Workspace.open(recorded) as first, Workspace.open(copy) as second:
        Laptop(first, hub, "dev-1").sync()
        other = Laptop(second, hub, "dev-2")
        own = boiler("PL-0100", div_code="620802105")
        Desk(second).add(own)
        done = other.pull()
        assert done.settled == 16
        assert (other.replica.unsealed(), other.replica.pending().changes) == (1, 2)
        assert second.check().ok
        journalled = second.history(Boiler, own.uid)
        assert len(journalled) == 1
        other.sync()
        assert other.agrees()
