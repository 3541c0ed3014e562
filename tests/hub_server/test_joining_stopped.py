"""Somebody joins with a new laptop and stops in the middle, wherever that is; the same code goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.actions import enrolling, syncing, upkeep
from app.actions.session import Session
from app.bootstrap import create_workspace
from app.domain.changes import insert
from app.domain.entities.division import Division
from app.domain.entities.papers import Attachment
from app.errors import Cancelled
from app.i18n import N_, tr
from app.store.proven import mark_path
from app.store.workspace import Workspace
from app.sync.results import EnrolDone
from hub_server.served import PIN, Served, gridward, served

Join = Callable[..., EnrolDone]
TOWN = "620802105"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Path]]:
    """A served hub that began with a workspace that holds a paper of the town."""
    folder = tmp_path_factory.mktemp("bureau")
    session = create_workspace(folder / "city.gpkg", "620800", "admin", PIN)
    (folder / "paper.txt").write_bytes(b"evidence")
    stored = session.workspace.attach(folder / "paper.txt")
    town = next(item for item in session.workspace.find(Division) if item.code == TOWN)
    session.commit([insert(Attachment(
        uid=session.new_uid(), owner_entity="division", owner=town.uid, kind="other", file_name="paper.txt",
        sha256=stored.sha256, size=8, added_by="admin", added_at="2026-11-23T02:00:00.000Z",
    ))], "attach")  # fmt: skip
    session.close()
    gridward("hub", "init", folder / "hub", "--area", "620800", "--from", folder / "city.gpkg")
    with served(folder / "hub") as found:
        yield found, folder / "hub"


@pytest.fixture
def join(hub: tuple[Served, Path], tmp_path: Path) -> Join:
    """Joins with one code and one file, again and again, and stops at the first word of progress that is
    `stop`; "" is said whenever something is waited for, and counts once the file is there."""
    told = gridward("hub", "invite", hub[1], "--area", TOWN, "--role", "R2", "--json").stdout
    code = json.loads(told)["code"]

    def joined(stop: str = "never") -> EnrolDone:
        def progress(done: int, whole: int, words: str) -> None:
            if words == tr(stop) and (stop or (tmp_path / "new.gpkg").exists()):
                raise Cancelled("stop")

        return enrolling.enrol(None, tmp_path / "new.gpkg", hub[0].url, code, None, progress)

    return joined


def test_in_the_middle_of_the_snapshot_nothing_is_made_and_the_code_goes_on(
    join: Join, tmp_path: Path
) -> None:
    """An empty file was made instead, whose name was taken at the next try, while the code was used up."""
    for words in (N_("Fetching the snapshot"), N_("Unpacking the snapshot")):
        with pytest.raises(Cancelled):
            join(words)
        assert not (tmp_path / "new.gpkg").exists()
    done = join()
    assert done.records > 100 and done.area == TOWN
    assert list(tmp_path.glob(".*")) == [mark_path(done.file)]


def test_in_the_first_round_the_laptop_has_joined(join: Join, tmp_path: Path) -> None:
    """It stopped at an error, with a file that nobody had spoken of."""
    done = join("")  # while the hub is waited for, or the round looks whether to go on
    assert done.file.exists() and done.records > 100
    assert set(tmp_path.glob(".*")) <= {mark_path(done.file)}, "nothing is left to be gone on with"
    with Workspace.open(done.file) as workspace:
        assert syncing.sync(Session(workspace)).agrees


def test_each_phase_says_what_is_done_and_one_that_cannot_be_stopped_joins_all_the_same(
    join: Join, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bar stood at its end while the new file was opened and its journal looked through."""
    monkeypatch.setattr(upkeep, "_TELL_S", 0.0)
    done = join(N_("Opening the new workspace"))
    assert done.records > 100
    assert set(tmp_path.glob(".*")) <= {mark_path(done.file)}, "nothing is left to be gone on with"
    told: list[tuple[int, int, str]] = []
    mark_path(done.file).unlink(missing_ok=True)
    with Workspace.open(done.file) as workspace:
        assert syncing.sync(Session(workspace), lambda *said: told.append(said)).agrees
        assert told[0] == (0, 0, tr(N_("Looking through the journal")))
        mark_path(done.file).unlink()
        with pytest.raises(Cancelled):
            syncing.sync(Session(workspace), None, lambda: True)
        assert not mark_path(done.file).exists(), "it was stopped in the look"


def test_papers_come_with_the_next_round(join: Join) -> None:
    """Whoever joined sat before a box until each photograph of the county was there."""
    done = join(N_("Fetching evidence"))
    assert done.place.endswith("柳湖镇")
    with Workspace.open(done.file) as workspace:
        assert len(workspace.replica.wanted()) == 1
        told: list[str] = []
        assert syncing.sync(Session(workspace), lambda *said: told.append(said[2])).blobs_down == 1
    small = "Fetching small pictures"  # of hundreds of papers; the window said that the hub lets one wait
    assert told.index(tr(small)) < told.index(tr(N_("Fetching evidence")))
