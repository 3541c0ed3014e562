"""Freezing a report: its file, its numbers and the rows behind them are kept for good."""

from __future__ import annotations

import tempfile
from pathlib import Path

from app.actions.action import action
from app.actions.dossiers import fit_name
from app.actions.evidence import keep, prepare
from app.actions.monthly import month_in_hand
from app.actions.numbers import ALL
from app.actions.reports import ReportKind, ReportOrder, count_report, make_report, report_kind
from app.actions.rights import require_role
from app.actions.session import Session
from app.actions.snapshots import find_frozen, withdrawals
from app.actions.standing import baseline_at
from app.domain.changes import insert
from app.domain.entities.boiler import Boiler
from app.domain.entities.snapshot import ReportSnapshot, ReportWithdrawal
from app.domain.filters import equal
from app.domain.frozen import Counted, write_counted
from app.domain.output import Total
from app.domain.reporting import period_of
from app.domain.rights import WRITERS, may_withdraw
from app.errors import Changed, Invalid, NotAllowed, Refused
from app.i18n import N_

WITHDRAWERS = WRITERS["report_withdrawal"]
_KIND = "other"  # of the evidence kinds
_PREFERRED = (".xlsx", ".docx")


def freeze_report(
    session: Session, order: ReportOrder, *, name: str = "", ending: str = "", reason: str = ""
) -> ReportSnapshot:
    """Write a report as it is now and keep it (R3, R5): its file, its numbers, its rows. It never changes.

    Without a name it gets the report's, its month's and a number. Raises Invalid for a name that is taken,
    Changed when records changed while it was written, and what writing the report raises.
    """
    require_role(session, *WRITERS["report_snapshot"])
    kind = report_kind(order.name)
    chosen = _name(session, kind, order, name.strip())
    before = session.workspace.snapshot_id()
    with tempfile.TemporaryDirectory(prefix=".frozen-", dir=session.workspace.path.parent) as scratch:
        file = Path(scratch) / (fit_name(chosen) + (ending or ending_of(kind)))
        make_report(session, order, file)
        counted = count_report(session, order)
        rows = Path(scratch) / "rows.json"
        rows.write_bytes(write_counted(counted, {"report": order.name, "journal": before}))
        record = _record(session, order, chosen, counted, before)
        # Last of all, so that nothing that goes into the snapshot was read after another change.
        if session.workspace.snapshot_id() != before:
            raise Changed(N_("Records changed while the report was written"),
                          hint=N_("Nothing was kept. Freeze it again."), code="changed")  # fmt: skip
        return _keep(session, record, (file, rows), reason)


@action(N_("Withdraw a frozen report…"), "record", command="reports withdraw", roles=WITHDRAWERS)
def withdraw_frozen(session: Session, name: str, reason: str) -> ReportWithdrawal:
    """Say that a frozen report no longer holds (R4 of its county, R6; never who froze it), and why.

    The report, its file and its numbers stay; no later month stands on it. Raises NotAllowed, Refused
    without a reason or for one that is withdrawn already.
    """
    actor = require_role(session, *WITHDRAWERS)
    found = find_frozen(session, name)
    if not may_withdraw(actor.role, actor.area, actor.uid, found.values()):
        raise NotAllowed(
            N_("“{name}” was frozen by you or by another house, so you cannot withdraw it"),
            hint=N_("Its own leaders can, or the city’s."), name=found.name, code="not_yours_to_withdraw",
        )  # fmt: skip
    if not reason.strip():
        raise Refused(N_("A reason is needed"), hint=N_("The report stays as it is."), code="reason")
    if found.uid in withdrawals(session):
        raise Refused(N_("“{name}” is withdrawn already"), name=found.name, code="withdrawn")
    made = ReportWithdrawal(
        uid=session.new_uid(), snapshot=found.uid, name=found.name, reason=reason.strip(),
        withdrawn_at=session.moment(), withdrawn_by=actor.uid, withdrawn_by_name=actor.name,
        synthetic=found.synthetic,
    )  # fmt: skip
    session.commit([insert(made)], "withdraw_report", reason)
    return made


def ending_of(kind: ReportKind) -> str:
    """The ending a frozen report has when none is asked for: a workbook or a document."""
    return next((item for item in _PREFERRED if item in kind.endings), kind.endings[0])


def _record(
    session: Session, order: ReportOrder, name: str, counted: Counted, journal: str
) -> ReportSnapshot:
    actor = session.person()
    month = _month(session, order)
    baseline = baseline_at(session, period_of(month).end if month else session.today)
    area = session.workspace.area
    whole = counted.number(area, "baseline") or counted.number(area, ALL)
    total = whole.total if whole else Total()
    synthetic = session.workspace.find(Boiler, equal(synthetic=True), limit=1)
    return ReportSnapshot(
        uid=session.new_uid(), name=name, report=order.name, period=month or None,
        public=order.public, div_code=actor.area or area, baseline=baseline.name if baseline else None,
        units=total.units, tph=total.tph, journal=journal, content="", frozen_at=session.moment(),
        frozen_by=actor.uid, frozen_by_name=actor.name, synthetic=bool(synthetic) or None,
    )  # fmt: skip


def _keep(
    session: Session, snapshot: ReportSnapshot, files: tuple[Path, Path], reason: str
) -> ReportSnapshot:
    """Take the report's file and its rows in, then write the record with both as its papers."""
    papers = [(_KIND, path) for path in files]
    fresh = prepare(session, snapshot, papers)
    keep(session, papers, fresh)
    made = snapshot.replace(content=fresh[-1].sha256, reason=reason or None)
    session.commit(map(insert, (made, *fresh)), "freeze_report", reason)
    return session.workspace.get(ReportSnapshot, made.uid) or made


def _month(session: Session, order: ReportOrder) -> str:
    """The month of a report that has one."""
    return period_of(order.period or month_in_hand(session)).month if order.name == "monthly" else ""


def _name(session: Session, kind: ReportKind, order: ReportOrder, written: str) -> str:
    if written:
        if session.workspace.find(ReportSnapshot, equal(name=written), limit=1):
            raise Invalid(N_("There is a frozen report “{name}” already"),
                          hint=N_("A frozen report never changes; give a new name."), name=written,
                          code="duplicate")  # fmt: skip
        return written
    month = _month(session, order)
    stem = " ".join(part for part in (kind.text, month or session.today) if part)
    known = {item.name for item in session.workspace.find(ReportSnapshot)}
    number = next(no for no in range(1, len(known) + 2) if f"{stem} {no}" not in known)
    return f"{stem} {number}"
