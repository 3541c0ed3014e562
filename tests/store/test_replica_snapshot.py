"""A new laptop begins with a whole file of the hub's; a cut or altered one leaves nothing behind."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import zstandard
from osgeo_utils.samples import validate_gpkg

from app.domain.entities.boiler import Boiler
from app.domain.entities.grid_cell import GridCell
from app.domain.entities.papers import Attachment
from app.errors import AppError, Invalid, StoreFailure
from app.store.replica_facts import Cursor
from app.store.snapshot import SnapshotFile, SnapshotRow, install_snapshot, make_snapshot
from app.store.workspace import Workspace
from store.records import boiler, cell, foreign
from store.replicas import OTHER, ROOT, TOWN, Laptop, TinyHub, cells_in, facts, paper

Lend = Callable[..., Laptop]


def snapshot_of(hub: TinyHub, target: Path, *, history: bool = True) -> SnapshotFile:
    rows = [SnapshotRow(*place, hub.areas[place], row) for place, row in sorted(hub.rows.items())]
    cursors = {area: Cursor(log.seq, log.head, hub.digest(area)) for area, log in hub.logs.items()}
    blocks = [block for log in hub.logs.values() for block, _ in log.blocks] if history else []
    return make_snapshot(rows, target, area=ROOT, title="平凉市", cursors=cursors, history=blocks)


@pytest.fixture
def hub(lend: Lend) -> TinyHub:
    """A hub with a few records, one of them changed, one gone."""
    laptop = lend("dev-a")
    first, gone = boiler("PL-1", div_code=TOWN, pressurized=True), boiler("PL-2", div_code=OTHER)
    laptop.desk.add(first, gone, cell("C1", div_code=TOWN))
    laptop.desk.add(paper(first, laptop.workspace))
    laptop.desk.edit(laptop.workspace.get(Boiler, first.uid), note="改", rated_tph=None)
    laptop.desk.remove(laptop.workspace.get(Boiler, gone.uid))
    laptop.sync()
    return laptop.hub


@pytest.fixture
def ready(hub: TinyHub, tmp_path: Path) -> SnapshotFile:
    """A snapshot of it."""
    return snapshot_of(hub, tmp_path / "平凉.gpkg.zst")


def test_a_new_laptop_has_everything_and_goes_on(hub: TinyHub, ready: SnapshotFile, tmp_path: Path) -> None:
    assert hashlib.sha256(ready.path.read_bytes()).hexdigest() == ready.sha256
    heard: list[tuple[int, int]] = []
    target = tmp_path / "新.gpkg"
    install_snapshot(
        ready.path,
        target,
        facts("dev-n"),
        sha256=ready.sha256,
        progress=lambda done, all_: heard.append((done, all_)),
    )
    assert heard[-1] == (ready.size, ready.size)
    with Workspace.open(target) as workspace:
        laptop = Laptop(workspace, hub, "dev-n")
        assert (workspace.device, workspace.area, workspace.title) == ("dev-n", ROOT, "平凉市")
        assert laptop.agrees()
        report = workspace.check()
        assert report.ok, report.findings
        (held,) = workspace.find(Boiler)
        assert (held.note, held.rated_tph, held.pressurized, held.status) == ("改", None, True, "suspect")
        assert workspace.columns(GridCell, ["grid_code"], (106.5, 35.4, 106.7, 35.6)).uids
        assert [entry.person for entry in workspace.history(Boiler, held.uid)] == ["王芳", "王芳"]
        assert [need.sha256 for need in laptop.replica.wanted()] == [workspace.find(Attachment)[0].sha256]
        assert (workspace.unsent(), laptop.replica.unsent_blobs()) == (0, [])
        laptop.desk.edit(held, note="再改")
        laptop.desk.add(boiler("PL-3", div_code=TOWN))
        (batch,) = laptop.push()
        assert batch.views == ({TOWN: hub.logs[TOWN].seq - 2, OTHER: hub.logs[OTHER].seq},)
        laptop.pull()
        assert laptop.agrees()
        laptop.desk.undo()
        laptop.desk.undo()
        assert workspace.find(Boiler)[0].note == "改"
        laptop.sync()
        assert laptop.agrees()
        assert workspace.check().ok
    assert validate_gpkg.main(["v", "-k", "--warning-as-error", str(target)]) == 0


def test_without_history_the_check_is_green_too(hub: TinyHub, tmp_path: Path) -> None:
    made = snapshot_of(hub, tmp_path / "s.zst", history=False)
    install_snapshot(made.path, tmp_path / "n.gpkg", facts("dev-n"))
    with Workspace.open(tmp_path / "n.gpkg") as workspace:
        (held,) = workspace.find(Boiler)
        assert workspace.history(Boiler, held.uid) == []
        assert workspace.transactions() == []
        assert workspace.check().ok
        laptop = Laptop(workspace, hub, "dev-n")
        laptop.desk.remove(held)
        laptop.sync()
        assert workspace.check().ok


def test_a_record_changed_behind_the_back_is_found(ready: SnapshotFile, tmp_path: Path) -> None:
    target = tmp_path / "n.gpkg"
    install_snapshot(ready.path, target, facts("dev-n"))
    for statement in ("UPDATE 燃煤锅炉 SET model = '偷改'", "DELETE FROM 网格"):
        with closing(sqlite3.connect(target)) as connection:
            connection.execute("UPDATE sync_ctx SET txn = -1")
            connection.commit()
        table = statement.split()[1] if statement.startswith("UPDATE") else statement.split()[2]
        assert cells_in(target, f"SELECT count(*) FROM {table}")[0][0] == 1
        foreign(target, statement)
        with closing(sqlite3.connect(target)) as connection:
            connection.execute("UPDATE sync_ctx SET txn = 0")
            connection.commit()
        with Workspace.open(target) as workspace:
            assert ("records", "digest_differs", TOWN) in [
                (item.check, item.code, item.where) for item in workspace.check().findings
            ]


def broken_files(whole: bytes) -> dict[str, bytes]:
    unpacked = zstandard.ZstdDecompressor().decompress(whole)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0x40
    holed = bytearray(unpacked)
    holed[4096 * 3 : 4096 * 5] = random.Random(1).randbytes(8192)
    pack = zstandard.ZstdCompressor().compress
    return {
        "cut": whole[: len(whole) * 2 // 3],
        "cut by a byte": whole[:-1],
        "flipped": bytes(flipped),
        "added to": whole + b"more",
        "empty": b"",
        "no frame": b"hello" * 100,
        "another file": pack(b"hello" * 100),
        "broken inside": pack(bytes(holed)),
        "cut inside": pack(unpacked[: 4096 * 20]),
    }


def test_a_cut_or_altered_file_is_refused(ready: SnapshotFile, tmp_path: Path) -> None:
    source, target = tmp_path / "x.zst", tmp_path / "新.gpkg"
    for name, content in broken_files(ready.path.read_bytes()).items():
        source.write_bytes(content)
        with pytest.raises(StoreFailure) as caught:
            install_snapshot(source, target, facts("dev-n"))
        assert caught.value.code == "snapshot_damaged", name
        assert list(tmp_path.glob("新*")) == [], name


def test_the_hash_the_hub_named_counts(ready: SnapshotFile, tmp_path: Path) -> None:
    with pytest.raises(StoreFailure) as caught:
        install_snapshot(ready.path, tmp_path / "n.gpkg", facts("dev-n"), sha256="0" * 64)
    assert caught.value.code == "snapshot_damaged"
    assert not (tmp_path / "n.gpkg").exists()


def test_a_workspace_that_is_no_snapshot_is_refused(file: Path, tmp_path: Path) -> None:
    source = tmp_path / "x.zst"
    source.write_bytes(zstandard.ZstdCompressor().compress(file.read_bytes()))
    with pytest.raises(StoreFailure) as caught:
        install_snapshot(source, tmp_path / "n.gpkg", facts("dev-n"))
    assert caught.value.code == "snapshot_damaged"


def test_a_file_that_is_there_is_never_replaced(ready: SnapshotFile, tmp_path: Path) -> None:
    target = tmp_path / "n.gpkg"
    target.write_bytes(b"mine")
    with pytest.raises(Invalid):
        install_snapshot(ready.path, target, facts("dev-n"))
    assert target.read_bytes() == b"mine"
    with pytest.raises(AppError):
        install_snapshot(tmp_path / "none.zst", tmp_path / "m.gpkg", facts("dev-n"))


# ---------------------------------------------------------------- evidence files
def test_evidence_files_go_round(lend: Lend, tmp_path: Path) -> None:
    one, two = lend("dev-a"), lend("dev-b")
    held = boiler("PL-1", div_code=TOWN)
    one.desk.add(held)
    one.desk.add(paper(held, one.workspace))
    (need,) = one.replica.unsent_blobs()
    one.sync()
    one.replica.blob_sent(need.sha256)
    assert (one.replica.unsent_blobs(), one.replica.wanted()) == ([], [])
    two.sync()
    assert (two.replica.wanted(), two.replica.unsent_blobs()) == ([need], [])
    assert two.workspace.check().ok
    came = tmp_path / "came"
    came.write_bytes(b"something else")
    with pytest.raises(StoreFailure) as caught:
        two.replica.keep_blob(need.sha256, came)
    assert caught.value.code == "attachment_changed"
    came.write_bytes(one.workspace.attachment_path(need.sha256).read_bytes())
    kept = two.replica.keep_blob(need.sha256, came)
    assert kept == two.workspace.verify_attachment(need.sha256)
    assert (two.replica.wanted(), two.replica.unsent_blobs(), came.exists()) == ([], [], False)


def test_own_evidence_that_is_lost_before_it_was_sent_is_a_finding(lend: Lend) -> None:
    laptop = lend("dev-a")
    held = boiler("PL-1", div_code=TOWN)
    laptop.desk.add(held)
    laptop.desk.add(paper(held, laptop.workspace))
    (need,) = laptop.replica.unsent_blobs()
    laptop.workspace.attachment_path(need.sha256).unlink()
    assert [item.code for item in laptop.workspace.check().findings] == ["attachment_missing"]
    laptop.sync()
    assert [item.code for item in laptop.workspace.check().findings] == ["attachment_missing"]
    laptop.replica.blob_sent(need.sha256)
    assert laptop.workspace.check().ok
