"""Puts the demo together: real divisions, simulated records, imported ledgers, steps by people."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from shapely.geometry import Point

from app.actions.counts import freeze_baseline
from app.actions.evidence import add_evidence
from app.actions.grids import make_grid
from app.actions.imports import ImportRequest, import_records, preview
from app.actions.people import actor_of, find_person, verifier
from app.actions.session import Session
from app.actions.steps import do_step
from app.bootstrap import create_workspace
from app.demo.boilers import boilers
from app.demo.builtup import built_up_areas, outlines
from app.demo.cells import admin_cells
from app.demo.ledgers import Ledger, ledgers, write_ledger
from app.demo.papers import Occasion, paper
from app.demo.patrols import walk
from app.demo.people import CITY, CITY_BUREAU, PIN, assignments, orgs, person, users
from app.demo.seats import township_seats
from app.demo.seed import MARK, Clock, day, uid_source
from app.demo.shares import BASELINE
from app.demo.story import ADD_EVIDENCE, Step, story
from app.demo.townships import with_township_areas
from app.demo.truth import Ground, Truth
from app.demo.water import water_records
from app.domain.changes import insert, update
from app.domain.entities.boiler import Boiler
from app.domain.entities.division import Division
from app.domain.entities.people import Person
from app.domain.entities.water import BuiltUpArea
from app.errors import StoreFailure
from app.exchange.options import ImportOptions
from app.exchange.report import ImportPlan, ImportReport
from app.i18n import N_, tr

Progress = Callable[[int, int, str], None]
FILE = "pingliang.gpkg"
LEDGER_FOLDER = "ledgers"
CELL_SIZE_M = 1000
MIGRATION = f"平环发〔2026〕1号迁入确认{MARK}"
BASELINE_NAME = f"燃煤锅炉底册2026{MARK}"
# What a person at the bureau answers when the importer asks about these ledgers.
ANSWERS = {"year": "2026", "units_meaning": "each", "axes": "yx", "crs": "EPSG:4490"}
_ADMIN = "admin"


@dataclass(frozen=True)
class Demo:
    """What was built: the workspace, the truth behind it, and the import report of each county's ledger."""

    path: Path
    truths: Sequence[Truth]
    reports: Sequence[tuple[Ledger, ImportReport]]


def build(folder: Path, boiler_count: int = BASELINE, cell_size_m: int = CELL_SIZE_M,
          progress: Progress | None = None) -> Demo:  # fmt: skip
    """Build `folder/pingliang.gpkg` with the ledgers beside it; the same arguments give the same records.

    Raises StoreFailure when there is a workspace of that name already; nothing is left behind on failure.
    """
    path = folder / FILE
    if path.exists():
        raise StoreFailure(N_("{file} exists already"), hint=N_("It was left as it is; choose another name."),
                           file=str(path), code="exists")  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    tell = progress or (lambda done, total, words: None)
    clock = Clock()
    tell(0, 100, tr(N_("Divisions and people")))
    session = create_workspace(path, CITY, _ADMIN, PIN, now=clock, new_uid=uid_source("session"))
    try:
        ground = _ground(session)
        tell(10, 100, tr(N_("Grid cells")))
        act_as(session, "city")
        make_grid(session, CITY, cell_size_m)
        tell(30, 100, tr(N_("Ledgers through the importer")))
        truths = boilers(ground, boiler_count)
        clock.move_to(day("2026-03-04", 10))
        reports = _import_all(session, ledgers(truths, ground.names), folder / LEDGER_FOLDER)
        freeze_baseline(session, BASELINE_NAME, MIGRATION)
        tell(50, 100, tr(N_("Workflow steps")))
        _play(session, clock, truths, tell)
        act_as(session, "city")
        walk(session, clock)
    except BaseException:
        session.workspace.discard()
        raise
    session.close()
    tell(100, 100, "")
    return Demo(path, truths, reports)


def act_as(session: Session, login: str) -> None:
    """Go on as another user; the demo's own building needs no PIN."""
    found = find_person(session, login)
    assert found is not None, login
    session.actor = actor_of(found)


def _ground(session: Session) -> Ground:
    """Township and built-up areas, cells, people, sources and zones; gives where boilers may stand."""
    divisions = session.workspace.find(Division)
    seats = township_seats(divisions)
    placed = with_township_areas(divisions, seats)
    built_up = built_up_areas(divisions)
    changed = [
        update(old, geometry=new.geometry, boundary_authority=new.boundary_authority, synthetic=True)
        for old, new in zip(divisions, placed, strict=True)
        if new is not old
    ]
    session.commit(changed, "demo", f"乡镇模拟边界{MARK}")
    _people_and_places(session, placed, built_up)
    areas = {item.code: item.geometry for item in placed if item.geometry is not None}
    return Ground(areas, outlines(built_up), seats, {item.code: item.name for item in placed})


def _people_and_places(
    session: Session, divisions: Sequence[Division], built_up: Iterable[BuiltUpArea]
) -> None:
    kept = verifier(PIN)  # one for all: the demo tells its PIN anyway
    admin = session.workspace.find(Person)[0]
    persons = [person(user, kept) for user in users() if user.login != _ADMIN]
    cells = admin_cells(divisions)
    records = [*orgs(), *persons, *cells, *water_records(), *built_up, *assignments(cells, [admin, *persons])]
    own = next(user for user in users() if user.login == _ADMIN)
    named = update(admin, name=own.name + MARK, org=CITY_BUREAU, synthetic=True)
    session.commit([named, *map(insert, records)], "demo", f"演示用户与对象{MARK}")


def _import_all(session: Session, made: Sequence[Ledger], folder: Path) -> list[tuple[Ledger, ImportReport]]:
    """Every county's ledger through the importer, its claims accepted by the city bureau."""
    folder.mkdir(exist_ok=True)
    options = ImportOptions(answers=ANSWERS, accept_claims=True)
    reports = []
    for ledger in made:
        path = folder / ledger.file_name
        write_ledger(ledger, path)
        plan = preview(session, ImportRequest("boiler", path, options))
        done = import_records(session, marked(plan), f"{MIGRATION} {ledger.name}")
        reports.append((ledger, done.report))
    return reports


def marked(plan: ImportPlan) -> ImportPlan:
    """The plan with every boiler marked as simulated, which no ledger's column may say."""
    records = [
        replace(item, values={**item.values, "synthetic": True}) if item.before is None else item
        for item in plan.report.records
    ]
    return ImportPlan(plan.kind, replace(plan.report, records=records))


def _play(session: Session, clock: Clock, truths: Sequence[Truth], tell: Progress) -> None:
    """All steps of the story, each by its person on its day."""
    steps = story(truths)
    with tempfile.TemporaryDirectory() as drawn:
        for number, step in enumerate(steps):
            if number % 20 == 0:
                tell(50 + number * 50 // len(steps), 100, tr(N_("Workflow steps")))
            clock.move_to(step.when)
            act_as(session, step.login)
            take(session, step, Path(drawn))


def take(session: Session, step: Step, folder: Path) -> None:
    """Take one step of the story with freshly drawn papers."""
    boiler = session.workspace.by_key(Boiler, step.ledger_no)
    assert boiler is not None, step.ledger_no
    papers = [(kind, paper(folder, kind, occasion(session, boiler))) for kind in step.papers]
    if step.action == ADD_EVIDENCE:
        add_evidence(session, boiler, papers)
    else:
        do_step(session, step.action, boiler, values=step.values, evidence=papers, reason=step.reason)


def occasion(session: Session, boiler: Boiler) -> Occasion:
    """What a paper about this boiler says at this moment, with the position the record has."""
    point = boiler.geometry
    x, y = (point.x, point.y) if isinstance(point, Point) else (None, None)
    lines = (
        f"型号 {boiler.model or '无'}",
        f"额定出力 {boiler.rated_tph or 0:g} t/h",
        f"投运 {boiler.commissioned or '不详'}",
    )
    return Occasion(boiler.ledger_no, str(boiler.user_org), x, y, session.now(), lines)
