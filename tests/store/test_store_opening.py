"""A file that cannot be opened says why in one message, and stays as it was."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pyogrio
import pytest
from geopandas import GeoDataFrame
from shapely.geometry import Point

from app.domain.entities.boiler import Boiler
from app.errors import AppError, Cancelled, Invalid, StoreFailure
from app.store import place
from app.store.lock import lock_path
from app.store.workspace import Workspace
from store.records import Desk, boiler

ROOT = Path(__file__).parents[2]


def _refused(path: Path, code: str) -> AppError:
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(AppError) as caught:
        Workspace.open(path)
    assert caught.value.code == code
    assert caught.value.message
    assert (path.read_bytes() if path.is_file() else None) == before
    assert not lock_path(path).exists()
    return caught.value


def test_a_new_workspace_is_whole_and_says_what_it_is(tmp_path: Path) -> None:
    with Workspace.create(tmp_path / "平凉.gpkg", "620800", "平凉市") as workspace:
        assert (workspace.area, workspace.title) == ("620800", "平凉市")
        assert (workspace.format_version, len(workspace.device)) == (2, 36)
        report = workspace.check()
        assert report.ok, report.findings
        assert all(report.checks.values())
    assert sorted(item.name for item in tmp_path.iterdir()) == ["平凉.gpkg"]


def test_two_workspaces_are_two_devices(tmp_path: Path) -> None:
    made = [Workspace.create(tmp_path / name, "620800", "") for name in ("a.gpkg", "b.gpkg")]
    for workspace in made:
        workspace.close()
    assert made[0].device != made[1].device


def test_a_file_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    path.write_text("important")
    with pytest.raises(Invalid) as caught:
        Workspace.create(path, "620800", "")
    assert caught.value.code == "exists"
    assert path.read_text() == "important"
    assert [item.name for item in tmp_path.iterdir()] == ["a.gpkg"]


def test_a_workspace_needs_its_ending_and_its_folder(tmp_path: Path) -> None:
    for path, code in ((tmp_path / "a.sqlite", "bad_name"), (tmp_path / "no" / "a.gpkg", "no_folder")):
        with pytest.raises(AppError) as caught:
            Workspace.create(path, "620800", "")
        assert caught.value.code == code


def test_no_file(tmp_path: Path) -> None:
    assert _refused(tmp_path / "none.gpkg", "not_found").exit_code == 5


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04" + bytes(200), b"SQLite format 3\x00"])
def test_no_geopackage(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.gpkg"
    path.write_bytes(content)
    _refused(path, "not_geopackage")


def test_a_database_that_is_no_geopackage(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (x)")
    _refused(path, "not_geopackage")


def test_a_geopackage_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    frame = GeoDataFrame({"name": ["甲"]}, geometry=[Point(106, 35)], crs="EPSG:4490")
    pyogrio.write_dataframe(frame, path, layer="点")
    with pytest.raises(StoreFailure) as caught:
        Workspace.open(path)
    assert caught.value.code == "not_workspace"
    assert len(pyogrio.read_dataframe(path)) == 1


def test_a_damaged_file(file: Path) -> None:
    with Workspace.open(file) as workspace:
        Desk(workspace).add(*(boiler(f"PL-{n}", note="x" * 400) for n in range(200)))
    content = bytearray(file.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 60_000] = os.urandom(60_000)
    file.write_bytes(content)
    _refused(file, "damaged")


def test_a_file_cut_short(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 3])
    _refused(file, "damaged")


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE sync_ctx",
        "DROP TABLE sync_journal",
        "DROP TABLE sync_chain",
        "DROP TABLE gridward_layer",
        "DROP TABLE 燃煤锅炉",
        "DELETE FROM gridward_layer",
        "UPDATE gridward_meta SET value = 'many' WHERE key = 'format_version'",
        "UPDATE gridward_meta SET value = CAST(x'ff' AS TEXT) WHERE key = 'title'",
    ],
)
def test_a_file_whose_inner_tables_were_spoilt(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()
    for read_only in (True, False):
        with pytest.raises(StoreFailure) as caught:
            Workspace.open(file, read_only=read_only)
        assert caught.value.code == "damaged"
    assert not lock_path(file).exists()


def test_a_file_from_a_newer_version(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE gridward_meta SET value = '99' WHERE key = 'format_version'")
        connection.commit()
    with pytest.raises(StoreFailure) as caught:
        Workspace.open(file)
    assert caught.value.code == "too_new"
    assert "99" in caught.value.message


def test_a_second_writer_is_refused_and_a_reader_is_not(file: Path) -> None:
    with Workspace.open(file) as first:
        Desk(first).add(boiler("PL-1"))
        with pytest.raises(StoreFailure) as caught:
            Workspace.open(file)
        assert caught.value.code == "in_use"
        assert str(os.getpid()) in caught.value.message
        with Workspace.open(file, read_only=True) as second:
            assert second.count(Boiler) == 1
            with pytest.raises(StoreFailure) as caught:
                Desk(second).add(boiler("PL-2"))
            assert caught.value.code == "read_only"
    Workspace.open(file).close()


def test_a_lock_left_by_a_dead_program_is_no_lock(file: Path) -> None:
    lock_path(file).write_text("1 gone")
    Workspace.open(file).close()
    assert not lock_path(file).exists()


def test_another_program_in_the_middle_of_writing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.store.patience.BUSY_SECONDS", 0.1)
    with Workspace.open(file) as workspace, closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFailure) as caught:
            Desk(workspace).add(boiler("PL-1"))
        assert caught.value.code == "locked"
        other.execute("ROLLBACK")
        Desk(workspace).add(boiler("PL-1"))


def test_who_waits_for_another_program_hears_of_it_and_may_stop(file: Path) -> None:
    """A save, and one that waits for a save: nothing is written, and the next one may."""
    heard: list[str] = []

    def heed(words: str) -> None:
        heard.append(words)
        raise Cancelled("stop")

    with Workspace.open(file) as workspace, closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with workspace.heeding(heed), pytest.raises(Cancelled):
            Desk(workspace).add(boiler("PL-1"))
        other.execute("ROLLBACK")
        assert heard == [f"等待其他程序写完 {file.name}…"]
        turn = workspace._opened.database.turn
        with turn, ThreadPoolExecutor(1) as pool:
            pool.submit(_stopped_save, workspace, heed).result(timeout=30)
        assert heard[1:] == [""] and not turn.wanted
        Desk(workspace).add(boiler("PL-1"))


def _stopped_save(workspace: Workspace, heed: Callable[[str], None]) -> None:
    with workspace.heeding(heed), pytest.raises(Cancelled):
        Desk(workspace).add(boiler("PL-1"))


MOUNTS = """/dev/vda / ext4 rw 0 0
//server/share /mnt/bureau\\040share cifs rw 0 0
server:/export /srv/nfs nfs4 rw 0 0
/dev/sdb1 /srv/nfs/local ext4 rw 0 0
user@host: /home/a/remote fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "network"),
    [
        ("/home/a/b.gpkg", False),
        ("/mnt/bureau share/b.gpkg", True),
        ("/mnt/bureau sharepoint/b.gpkg", False),
        ("/srv/nfs/deep/b.gpkg", True),
        ("/srv/nfs/local/b.gpkg", False),
        ("/home/a/remote/b.gpkg", True),
        ("//server/share/b.gpkg", True),
        ("\\\\server\\share\\b.gpkg", True),
    ],
)
def test_network_drives_are_known(tmp_path: Path, path: str, network: bool) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert place.is_network(Path(path), mounts) is network


def test_a_network_drive_is_refused(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/x {str(file.parent).replace(' ', chr(92) + '040')} nfs rw 0 0\n")
    monkeypatch.setattr(place, "MOUNTS", mounts)
    _refused(file, "network_path")
    with pytest.raises(StoreFailure):
        Workspace.create(file.with_name("new.gpkg"), "620800", "")


AS_NOBODY = """
import os, sys
from pathlib import Path
from app.errors import AppError
from app.store.workspace import Workspace
from app.domain.entities.boiler import Boiler
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
path = Path(sys.argv[1])
new = path.with_name("new.gpkg")
for attempt in (lambda: Workspace.open(path), lambda: Workspace.create(new, "620800", "")):
    try:
        attempt()
    except AppError as error:
        print(error.code, error.exit_code)
with Workspace.open(path, read_only=True) as workspace:
    print(workspace.count(Boiler))
"""


@pytest.mark.skipif(os.name == "nt", reason="permissions of Unix")
def test_a_folder_that_may_not_be_written_can_be_read(file: Path) -> None:
    with Workspace.open(file) as workspace:
        Desk(workspace).add(boiler("PL-1"))
    import tempfile

    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # pytest's own folders are closed to other users
    try:
        target = Path(shutil.copy(file, folder / "a.gpkg"))
        target.chmod(0o444)
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, str(target)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == ["read_only", "5", "read_only", "5", "1"]
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_workspace_begun_in_vain_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "photo.jpg"
    source.write_bytes(b"\xff\xd8\xff\xe0 picture")
    folder = tmp_path / "new"
    folder.mkdir()
    workspace = Workspace.create(folder / "a.gpkg", "620800", "")
    workspace.attach(source)
    workspace.discard()
    assert list(folder.iterdir()) == []


def _spoilt_far_in(file: Path) -> None:
    """Damage in a record's own pages, which nothing reads while the file is opened."""
    with Workspace.open(file) as workspace:
        Desk(workspace).add(*(boiler(f"PL-{n}", note="x" * 480) for n in range(200)))
    content = file.read_bytes()
    place = content.index(b"x" * 400) // 4096 * 4096
    file.write_bytes(content[:place] + bytes(4096) + content[place + 4096 :])


def test_a_file_that_is_proven_later_is_never_written_upon_when_it_is_damaged(file: Path) -> None:
    _spoilt_far_in(file)
    _refused(file, "damaged")
    before = file.read_bytes()
    with Workspace.open(file, proven=False) as workspace:
        for _ in range(2):
            with pytest.raises(StoreFailure) as caught:
                Desk(workspace).add(boiler("PL-new"))
            assert caught.value.code == "damaged"
        with pytest.raises(StoreFailure):
            workspace.prove()
    assert file.read_bytes() == before
    assert not lock_path(file).exists()


def test_a_file_that_is_proven_later_is_written_once_it_is_proven(file: Path) -> None:
    with Workspace.open(file, proven=False) as workspace:
        workspace.prove()
        Desk(workspace).add(boiler("PL-1"))
        assert workspace.count(Boiler) == 1
    with Workspace.open(file, proven=False) as workspace:
        Desk(workspace).add(boiler("PL-2"))  # the first write looks through the file itself
        assert workspace.count(Boiler) == 2
