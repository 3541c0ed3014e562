"""The demo's main job without a window: a sheet in, one boiler cleared, map, sheets and page out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.actions.imports import ImportRequest, import_records, preview, save_refused
from app.actions.map_picture import PictureOrder, save_picture
from app.actions.people import sign_in
from app.actions.session import Session
from app.actions.sharing import share
from app.actions.sheets import BOILER_MAP, ZONE_SHEET, SheetOrder, print_sheet
from app.bootstrap import open_workspace
from app.demo.build import FILE, LEDGER_FOLDER, take
from app.demo.dispatch import FILE as DISPATCH
from app.demo.dispatch import write_dispatch
from app.demo.people import PIN
from app.demo.seed import MARK, Clock, day, uid_source
from app.demo.story import Step, acceptance
from app.demo.truth import HOME_TOWN
from app.domain.entities.boiler import Boiler
from app.domain.entities.papers import Approval, Attachment
from app.domain.filters import Condition, equal, where
from app.exchange.options import ImportOptions
from app.exchange.report import ImportReport
from app.i18n import N_, tr

Progress = Callable[[int, int, str], None]
ZONE_OF = f"景家庄水源地{MARK}"
_DAYS = ("2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05")
_NOTICE_DAY, _CLEAR_DAY, _LAST_DAY = "2026-11-06", "2026-11-16", "2026-11-20"
_SIMPLE = ("dismantle", "district_heat")
_ROWS = 6


@dataclass(frozen=True)
class Tour:
    """What was done: files written, the boiler cleared, and the report of the import, if there was one."""

    files: tuple[Path, ...]
    cleared: str
    report: ImportReport | None


def tour(folder: Path, progress: Progress | None = None) -> Tour:
    """Do the main job in the demo's workspace of `folder`; a second time only the files are written again.

    The simulated days lie after those of the demo, so that the public notice can run out.
    """
    tell = progress or (lambda done, total, words: None)
    session = open_workspace(folder / FILE)
    session.now = clock = Clock(day(_DAYS[0]))
    begun = session.workspace.count(Approval) + session.workspace.count(Attachment)
    session.new_uid = uid_source(f"tour/{begun}")  # a tour that was broken off must not give its uids again
    try:
        cleared, report = _cleared_before(session), None
        chosen = None if cleared else headline_boiler(session)
        if chosen is not None:
            tell(0, 5, tr(N_("Importing the county's sheet")))
            report = _import(session, folder / LEDGER_FOLDER, chosen)
            tell(1, 5, tr(N_("Clearing one boiler")))
            _clear(session, clock, chosen)
            cleared = chosen.ledger_no
        clock.move_to(day(_LAST_DAY))
        files = _write(session, folder, tell)
    finally:
        session.close()
    return Tour((folder / FILE, *files), cleared, report)


def headline_boiler(session: Session) -> Boiler | None:
    """A boiler of 柳湖镇 under treatment, with a position, whose acceptance needs the fewest papers.

    None in a demo of so few boilers that there is no such one.
    """
    found = session.workspace.find(Boiler, equal(status="in_progress"), order="ledger_no")
    near = [item for item in found if str(item.div_code).startswith(HOME_TOWN) and item.geometry is not None]
    return min(near, key=_effort, default=None)


def _effort(boiler: Boiler) -> tuple[bool, bool, str]:
    """Boilers under pressure and converted ones need a paper more each."""
    return bool(boiler.pressurized), boiler.treatment not in _SIMPLE, boiler.ledger_no


def _cleared_before(session: Session) -> str:
    """The boiler that an earlier tour cleared; empty when there was none."""
    found = session.workspace.find(Approval, equal(action="clear"), limit=1)
    boiler = session.workspace.get(Boiler, found[0].owner) if found else None
    return boiler.ledger_no if boiler else ""


def _import(session: Session, folder: Path, chosen: Boiler) -> ImportReport | None:
    """The county's clerk imports a sheet about other boilers; its refused row goes back with a comment."""
    sign_in(session, "clerk", PIN)
    county = HOME_TOWN[:6]
    near = session.workspace.find(
        Boiler,
        where(Condition("div_code", "~", county), Condition("status", "=", "in_progress")),
        order="ledger_no",
    )
    others = [item for item in near if item.uid != chosen.uid and item.stack_m][:_ROWS]
    if not others:
        return None
    folder.mkdir(exist_ok=True)
    write_dispatch(others, folder / DISPATCH)
    request = ImportRequest("boiler", folder / DISPATCH, ImportOptions(answers={"crs": "EPSG:4490"}))
    plan = preview(session, request)
    done = import_records(session, plan, f"崆峒区11月调度{MARK}")
    save_refused(request, plan, folder / DISPATCH.replace(".xlsx", "_退回.xlsx"))
    return done.report


def _clear(session: Session, clock: Clock, boiler: Boiler) -> None:
    """From the application to 已销号: seven signatures of seven people, the notice waited for."""
    with tempfile.TemporaryDirectory() as drawn:
        for step in _steps(boiler):
            clock.move_to(step.when)
            sign_in(session, step.login, PIN)
            take(session, step, Path(drawn))


def _steps(boiler: Boiler) -> Iterator[Step]:
    yield from acceptance(boiler, _DAYS)
    yield Step(day(_NOTICE_DAY), "city", "notice", boiler.ledger_no)
    yield Step(day(_CLEAR_DAY), "leader", "clear", boiler.ledger_no)


def _write(session: Session, folder: Path, tell: Progress) -> Sequence[Path]:
    sign_in(session, "city", PIN)
    names = ("map.png", "boiler_map.pdf", "zone_sheet.pdf", "share.html")
    picture, wall, zone, page = (folder / name for name in names)
    tell(2, 5, tr(N_("Drawing the map")))
    save_picture(session, picture, PictureOrder(framed=True))
    tell(3, 5, tr(N_("Printing the sheets")))
    print_sheet(session, SheetOrder(BOILER_MAP), wall)
    print_sheet(session, SheetOrder(ZONE_SHEET, of=(ZONE_OF,)), zone)
    tell(4, 5, tr(N_("Writing the page")))
    share(session, page)
    tell(5, 5, "")
    return picture, wall, zone, page
