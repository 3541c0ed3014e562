"""The letter that is due with a step, offered as a draft as soon as the step is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog, QWidget

from app.i18n import N_, tr
from app.ui.desk import Desk
from app.ui.messages import ask

if TYPE_CHECKING:
    from app.actions.reports import ReportDone
    from app.actions.steps import StepDone


def offer_drafts(desk: Desk, done: StepDone, parent: QWidget) -> None:
    """Ask for each letter whether it is to be written now, and where to."""
    from app.actions.reports import report_kind  # late: it loads the office formats

    for name in done.drafts:
        kind = report_kind(name)
        words = tr(N_("{letter} is due for {title}."), letter=kind.text, title=done.record.title())
        if not ask(parent, words, tr(N_("Write the draft…"))):
            continue
        folder = desk.need().workspace.path.parent
        proposal = folder / f"{kind.text} {done.record.title()}{kind.endings[0]}"
        target, _ = QFileDialog.getSaveFileName(parent, kind.text, str(proposal), f"*{kind.endings[0]}")
        if target:
            write_draft(desk, name, done.record.uid, Path(target), parent)


def write_draft(desk: Desk, name: str, uid: str, target: Path, owner: QWidget) -> None:
    """Write the letter of one record in a thread."""

    def work(session: Any, _: Any) -> ReportDone:
        from app.actions.reports import ReportOrder, make_report  # late: it loads the office formats

        return make_report(session, ReportOrder(name, of=(uid,)), target)

    said = N_("The draft is in {path}")
    desk.read(
        owner, work, lambda made: desk.said.emit(tr(said, path=made.path)), title=tr(N_("Writing the report"))
    )
