from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image

from app.actions.counts import headline
from app.actions.history import history
from app.bootstrap import open_workspace
from app.demo.build import FILE, build
from app.demo.tour import tour
from app.domain.entities.boiler import Boiler
from app.domain.entities.papers import Approval
from app.domain.filters import equal

STEPS = [
    "import", "register", "plan", "plan", "start", "apply", "town_check", "county_accept", "county_accept",
    "chief_sign", "notice", "clear",
]  # fmt: skip
JUDGING = ("town_check", "county_accept", "chief_sign", "clear")


def test_the_main_job_clears_one_boiler_and_writes_the_files(
    copied: Callable[[], Path], qapp: object
) -> None:
    folder = copied()
    done = tour(folder)
    assert [path.name for path in done.files] == [
        FILE, "map.png", "boiler_map.pdf", "zone_sheet.pdf", "share.html",
    ]  # fmt: skip
    assert all(path.stat().st_size > 10_000 for path in done.files)
    with Image.open(folder / "map.png") as picture:
        assert picture.size == (1920, 1080)
    _check_import(done.report)
    session = open_workspace(folder / FILE, read_only=True)
    boiler = session.workspace.by_key(Boiler, done.cleared)
    assert boiler is not None
    assert boiler.status == "cleared"
    assert headline(session).sum.baseline.units == session.workspace.count(Boiler) == 249
    steps = [(entry.action, entry.person) for entry in reversed(history(session, "boiler", done.cleared))]
    session.close()
    assert [action for action, _ in steps] == STEPS
    judges = [person for action, person in steps if action in JUDGING]
    assert len(set(judges)) == 5
    assert dict(steps)["apply"] not in judges
    _check_again(folder, done.cleared)


def test_a_demo_of_one_boiler_still_writes_its_files(tmp_path: Path, qapp: object) -> None:
    build(tmp_path, 1, 10_000)
    done = tour(tmp_path)
    assert done.cleared == ""
    assert all(path.exists() for path in done.files)


def _check_again(folder: Path, cleared: str) -> None:
    """A second time only the files are written again."""
    second = tour(folder)
    assert second.cleared == cleared
    assert second.report is None
    session = open_workspace(folder / FILE, read_only=True)
    assert session.workspace.count(Approval, equal(action="clear")) == 1
    session.close()


def _check_import(report: object) -> None:
    from app.exchange.report import CHANGE, UNCHANGED, ImportReport

    assert isinstance(report, ImportReport)
    assert report.read == 6
    assert report.count(CHANGE) == 4
    assert report.count(UNCHANGED) == 1
    assert len(report.refused) == 1
