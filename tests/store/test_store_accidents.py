"""A killed program and a full disk lose nothing that was acknowledged, and leave nothing half-written."""

from __future__ import annotations

import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.domain.entities.boiler import Boiler
from app.domain.entities.grid_cell import GridCell
from app.errors import StoreFailure
from app.store.failures import failure_of
from app.store.workspace import Workspace
from store.records import START, Desk, boiler, cell

ROOT = Path(__file__).parents[2]
KILLS = 10
PER_TRANSACTION = 5

WRITER = """
import sys
from pathlib import Path
sys.path[:0] = [".", "tests"]
from app.store.workspace import Workspace
from store.records import Desk, boiler
desk = Desk(Workspace.open(Path(sys.argv[1])))
for number in range(int(sys.argv[2]), 100_000):
    desk.add(*(boiler(f"PL-{number}-{part}") for part in range(5)))
    print(number, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is Unix")
def test_a_killed_program_loses_nothing_acknowledged(file: Path) -> None:
    acknowledged = 0
    for round_no in range(KILLS):
        done = acknowledged
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file), str(round_no * 10_000)],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        ) as program:  # fmt: skip
            assert program.stdout is not None
            for _ in range(3 + round_no):
                assert program.stdout.readline()
            program.send_signal(signal.SIGKILL)
            done += 3 + round_no + len(program.stdout.readlines())
        with Workspace.open(file) as workspace:
            written = workspace.count(Boiler)
            assert written % PER_TRANSACTION == 0
            # One more may have been committed and not yet told.
            assert done <= written // PER_TRANSACTION <= done + 1
            acknowledged = written // PER_TRANSACTION
    with Workspace.open(file) as workspace:
        report = workspace.check()
        assert report.ok, report.findings
        assert workspace.external_changes() == []


def test_a_full_disk_is_told_and_nothing_is_half_written(desk: Desk, workspace: Workspace) -> None:
    desk.add(boiler("PL-1"))
    before = workspace.transactions()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size = workspace.path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100_000, limit[1]))
    try:
        with pytest.raises(StoreFailure) as caught:
            desk.add(*(cell(f"C{n}") for n in range(5_000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, ignored)
    assert caught.value.code in ("disk_full", "unreadable")
    assert caught.value.hint
    assert workspace.transactions() == before
    assert workspace.count(GridCell) == 0
    desk.add(cell("C1"))
    assert workspace.check().ok


@pytest.mark.parametrize(("free", "code"), [(4096, "disk_full"), (1 << 30, "unreadable")])
def test_an_error_of_the_system_on_a_full_disk_is_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, code: str
) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"
    room = SimpleNamespace(total=1 << 30, used=0, free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room)
    failure = failure_of(error, tmp_path / "x.gpkg")
    assert failure is not None and failure.code == code


def test_a_file_that_may_not_grow_is_a_full_disk(desk: Desk, workspace: Workspace) -> None:
    with workspace._opened.database.saving() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 20}")
    with pytest.raises(StoreFailure) as caught:
        desk.add(*(cell(f"C{n}") for n in range(2_000)))
    assert caught.value.code == "disk_full"
    assert workspace.count(GridCell) == 0


def test_a_full_disk_leaves_no_half_backup(workspace: Workspace, tmp_path: Path) -> None:
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limit[1]))
    try:
        with pytest.raises(StoreFailure):
            workspace.backup(tmp_path / "stick", START)
        with pytest.raises(StoreFailure):
            Workspace.create(tmp_path / "new.gpkg", "620800", "")
        photo = tmp_path / "photo.jpg"
        photo.write_bytes(b"\xff\xd8\xff" + bytes(40_000))
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limit[1]))
        with pytest.raises(StoreFailure):
            workspace.attach(photo)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, ignored)
    assert list((tmp_path / "stick").iterdir()) == []
    assert not (tmp_path / "new.gpkg").exists()
    left = workspace.attachment_path("0" * 64).parents[1]
    assert [item for item in left.rglob("*") if item.is_file()] == []
