"""Frozen reports as they lie in the workspace: listed, opened, read again, and compared with each other."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.actions.outputs import output_file
from app.actions.session import Session
from app.domain.entities.boiler_codes import STATES
from app.domain.entities.papers import Attachment
from app.domain.entities.snapshot import ReportSnapshot, ReportWithdrawal
from app.domain.filters import equal
from app.domain.frozen import Comparison, Counted, Moved, Turned, compare, read_counted
from app.errors import Invalid, StoreFailure
from app.exchange.report_table import ReportTable, write_report_table
from app.i18n import N_, listed, tr

TURNS = {
    "in": N_("came in"),
    "out": N_("went out"),
    "state": N_("other state"),
    "tph": N_("other output"),
    "county": N_("other county"),
}


@dataclass(frozen=True)
class Frozen:
    """A frozen report; `counted` is None while its file has not come to this laptop."""

    snapshot: ReportSnapshot
    counted: Counted | None


@dataclass(frozen=True)
class Compared:
    """Two frozen reports, the older first, and what moved between them."""

    first: ReportSnapshot
    second: ReportSnapshot
    comparison: Comparison
    rows: dict[str, Any]


def frozen_reports(session: Session, report: str = "") -> list[ReportSnapshot]:
    """The frozen reports, the newest first; of one report when it is named."""
    found = session.workspace.find(ReportSnapshot, equal(report=report) if report else equal())
    return sorted(found, key=lambda item: (item.frozen_at, item.name), reverse=True)


def withdrawals(session: Session) -> dict[str, ReportWithdrawal]:
    """The withdrawals by the frozen report they are of."""
    return {item.snapshot: item for item in session.workspace.find(ReportWithdrawal)}


def find_frozen(session: Session, name: str) -> ReportSnapshot:
    """The frozen report of this name, or whose uid begins so. Raises Invalid `unknown_snapshot`."""
    known = frozen_reports(session)
    named = [item for item in known if item.name == name]
    found = named or [item for item in known if len(name) >= 8 and item.uid.startswith(name)]
    if len(found) != 1:
        raise Invalid(N_("There is no frozen report “{name}”"), hint=N_("Frozen reports: {known}"), name=name,
                      known=listed(item.name for item in known[:20]) or "—",
                      code="unknown_snapshot")  # fmt: skip
    return found[0]


def open_frozen(session: Session, snapshot: ReportSnapshot) -> Counted:
    """Its numbers and rows, proved against the record. Raises StoreFailure when the file is not here or not
    what it was."""
    path = session.workspace.verify_attachment(snapshot.content)
    return read_counted(path.read_bytes())


def newest_frozen(session: Session, report: str, period: str, area: str) -> Frozen | None:
    """The newest frozen report of a month that has numbers for `area`, without its rows when they are not
    here. One that was withdrawn is left out."""
    waiting, gone = None, withdrawals(session)
    for item in frozen_reports(session, report):
        if item.period != period or item.uid in gone:
            continue
        try:
            counted = open_frozen(session, item)
        except (StoreFailure, Invalid):
            waiting = waiting or Frozen(item, None)
            continue
        if any(number.place == area for number in counted.numbers):
            return Frozen(item, counted)
    return waiting


def file_of(session: Session, snapshot: ReportSnapshot) -> Attachment:
    """The report's file as it was sent. Raises StoreFailure `attachment_missing` without one."""
    for item in session.workspace.find(Attachment, equal(owner=snapshot.uid), order="added_at"):
        if item.sha256 != snapshot.content:
            return item
    raise StoreFailure(N_("The file of the frozen report “{name}” is not here"),
                       hint=N_("Sync first; it comes after the records."), name=snapshot.name,
                       code="attachment_missing")  # fmt: skip


def write_frozen(session: Session, snapshot: ReportSnapshot, target: Path) -> Path:
    """Copy the report's file as it was frozen to `target`, whose ending must be the file's. StoreFailure."""
    paper = file_of(session, snapshot)
    ending = Path(paper.file_name).suffix
    if target.suffix.lower() != ending:
        raise Invalid(N_("“{ending}” is no format for this report."), hint=N_("Known endings: {known}"),
                      ending=target.suffix or target.name, known=ending, code="format")  # fmt: skip
    source = session.workspace.verify_attachment(paper.sha256)
    try:
        shutil.copyfile(source, output_file(session, target))
    except OSError as error:
        raise StoreFailure(N_("“{file}” cannot be written: {why}"), code="unwritable", file=target.name,
                           why=error.strerror or str(error)) from error  # fmt: skip
    return target


def compare_frozen(session: Session, first: str, second: str) -> Compared:
    """What moved from one frozen report to another of the same kind, the earlier month first."""
    one, two = sorted((find_frozen(session, first), find_frozen(session, second)), key=_age)
    if one.report != two.report:
        raise Invalid(N_("“{one}” and “{two}” are not the same report"),
                      hint=N_("Compare two frozen reports of one kind."), one=one.name, two=two.name,
                      code="other_report")  # fmt: skip
    before, after = open_frozen(session, one), open_frozen(session, two)
    return Compared(one, two, compare(before, after), {**before.rows, **after.rows})


def write_comparison(session: Session, compared: Compared, target: Path) -> int:
    """The comparison as xlsx or csv: each number that moved with its boilers, then every boiler that
    changed; gives the number of lines."""
    lines = list(_lines(compared))
    words = (
        N_("Place"), N_("What is counted"), N_("Change"), N_("Ledger no."), N_("User unit"),
        N_("Units before"), N_("Units after"), N_("t/h before"), N_("t/h after"), N_("Before"), N_("After"),
    )  # fmt: skip
    title = tr(N_("From “{first}” to “{second}”"), first=compared.first.name, second=compared.second.name)
    if compared.first.synthetic or compared.second.synthetic:
        title = f"{title}（{tr(N_('Synthetic'))}）"
    nothing = "" if lines else tr(N_("Nothing moved between the two."))
    table = ReportTable(title, [(tr(word),) for word in words], lines, below=nothing)
    write_report_table(table, output_file(session, target))
    return len(lines)


def state_word(code: str) -> str:
    """A state in the user's language; empty for a boiler that was not there."""
    return STATES.label(code) if code else ""


def turn_words(item: Turned) -> tuple[str, str]:
    """What a boiler was and is, as people read it."""
    if item.what in ("in", "out", "state"):
        return state_word(item.before), state_word(item.after)
    return item.before, item.after


def _lines(compared: Compared) -> Iterator[list[Any]]:
    for moved in compared.comparison.moved:
        yield [moved.place_name, tr(moved.label), tr(N_("number moved")), None, None, moved.before.units,
               moved.after.units, moved.before.tph, moved.after.tph, None, None]  # fmt: skip
        yield from _behind(compared, moved)
    for item in compared.comparison.turned:
        before, after = turn_words(item)
        yield [None, None, tr(TURNS[item.what]), item.row.ledger_no, item.row.unit, None, None, None, None,
               before, after]  # fmt: skip


def _behind(compared: Compared, moved: Moved) -> Iterator[list[Any]]:
    for what, uids in (("in", moved.came), ("out", moved.went)):
        for uid in uids:
            row = compared.rows[uid]
            outputs = (None, row.tph) if what == "in" else (row.tph, None)
            yield [moved.place_name, tr(moved.label), tr(TURNS[what]), row.ledger_no, row.unit, None, None,
                   *outputs, None, None]  # fmt: skip


def _age(snapshot: ReportSnapshot) -> tuple[str, str, str]:
    return snapshot.period or "", snapshot.frozen_at, snapshot.uid
