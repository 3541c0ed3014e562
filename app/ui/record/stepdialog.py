"""Taking one step: its fields, the papers it needs, the reason; sent as one action, refused with
everything missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.domain.entities.boiler_codes import CHECKLISTS, END_PAPERS
from app.domain.entity import Entity
from app.domain.fields import Field
from app.errors import AppError, Invalid
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.forms.checklist import ChecklistEditor
from app.ui.forms.form import Form
from app.ui.messages import ask, buttons
from app.ui.parts import heading, muted
from app.ui.record.drafts import offer_drafts
from app.ui.record.evidence import local_files
from app.ui.record.papers import guess_kind
from app.ui.record.slots import PaperSlots
from app.ui.tasks import Callbacks

if TYPE_CHECKING:
    from app.actions.records import RecordView
    from app.actions.steps import NextStep, StepDone


class StepDialog(QDialog):
    """Stays open until the step is done or given up; nothing typed is lost when it is refused."""

    def __init__(self, desk: Desk, shown: RecordView, step: NextStep, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._record, self._step = desk, shown.record, step
        self._have = {paper.kind for paper in shown.attachments if paper.round_no == _round(shown.record)}
        self.papers = PaperSlots(self._absent)
        self.setWindowTitle(f"{step.label} · {self._about()}")
        self.setAcceptDrops(True)
        self.form = Form(desk.names)
        self.reason = QPlainTextEdit()
        self.reason.setTabChangesFocus(True)
        self.reason.setFixedHeight(metrics.line_height() * 3)
        self._fault = QLabel(wordWrap=True)
        self._fault.setProperty("danger", True)
        self._fault.hide()
        self.foot = buttons(step.label)
        self.foot.accepted.connect(self.send)
        self.foot.rejected.connect(self.reject)
        desk.room.watch_over(self.foot)
        self._lay_out()

    def send(self) -> None:
        """Take the step."""
        try:
            values = self.form.changes()
        except Invalid as fault:
            self._refused(fault)
            return
        self.take(values, self.papers.chosen(), self.reason.toPlainText().strip())

    def take(self, values: Mapping[str, Any], evidence: Sequence[tuple[str, Path]], reason: str) -> None:
        """Start the action with what was entered."""
        record, step = self._record, self._step

        def work(session: Any, _: Any) -> StepDone:
            from app.actions.steps import do_step  # late: actions load after the first paint

            return do_step(session, step.action, record, values=values, evidence=evidence, reason=reason)

        self.foot.setEnabled(False)
        self._desk.act(
            self,
            work,
            Callbacks(self._done, self._refused, finished=lambda: self.foot.setEnabled(True)),
            title=step.label,
        )

    def preset(self, values: Mapping[str, Any]) -> None:
        """Fill in what is known from where the step was begun."""
        self.form.preset(values)

    def add_file(self, kind: str, path: Path) -> None:
        """Put a file under a kind of evidence."""
        self.papers.add(kind, path)

    def fault(self) -> str:
        """Why the step was refused; empty before it was."""
        return self._fault.text()

    def missing(self) -> list[str]:
        """The kinds of evidence the step asks for and nobody has given yet."""
        return [kind for kind in self.papers.open_kinds() if kind not in self._have]

    def reject(self) -> None:
        """Ask before entries and chosen papers are thrown away."""
        entered = self.form.touched() or self.papers.chosen() or self.reason.toPlainText().strip()
        if not entered or ask(self, tr(N_("Throw away what you have entered?")), tr(N_("Throw away"))):
            super().reject()

    def _done(self, done: StepDone) -> None:
        self._desk.said.emit(done.message)
        self.accept()
        owner = self.parentWidget()
        if done.drafts and owner is not None:
            offer_drafts(self._desk, done, owner)

    def _refused(self, error: Exception) -> None:
        if not isinstance(error, AppError):
            self._desk.failed.emit(error)
            return
        told = [item for item in error.details if isinstance(item, dict)]
        self.papers.want(str(item["evidence"]) for item in told if "evidence" in item)
        whys = [str(item["why"]) for item in told if "why" in item]
        lines = whys or [error.message]
        self._fault.setText(
            "\n".join(f"• {line}" for line in lines) + (f"\n{error.hint}" if error.hint else "")
        )
        self._fault.show()
        self._grow()

    # ---- layout

    def _lay_out(self) -> None:
        self._body = QWidget()
        column = QVBoxLayout(self._body)
        metrics.tight(column, 1, 3)
        fields = self._fields()
        if fields:
            self.form.add_group("", fields, needed=self._step.asks)
            self.form.fill(self._start())
            self.form.edited.connect(self._offer_checks)
            self._offer_checks()
            column.addWidget(self.form)
        self._add_papers(column)
        column.addWidget(heading(tr(N_("Reason") if self._step.needs_reason else N_("Opinion or remark"))))
        column.addWidget(self.reason)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(self._body)
        outer = QVBoxLayout(self)
        outer.addWidget(area, 1)
        outer.addWidget(self._fault)
        outer.addWidget(self.foot)
        metrics.open_at(self, metrics.chars(72), self._wanted_height())

    def _wanted_height(self) -> int:
        """What shows everything, as far as a small screen allows."""
        said = 0 if self._fault.isHidden() else self._fault.heightForWidth(self._body.width())
        return min(self._body.sizeHint().height() + metrics.grid(30) + said, metrics.grid(160))

    def _grow(self) -> None:
        """Make room for what came later: another paper's line, the reasons of a refusal."""
        self.resize(self.width(), max(self.height(), self._wanted_height()))

    def _about(self) -> str:
        """What the window's title says the step is about."""
        return self._record.title()

    def _start(self) -> Mapping[str, Any]:
        """What stands in the fields at first."""
        return self._record.values()

    def _absent(self, kind: str) -> tuple[str, str]:
        """What is said of a kind of paper nobody has chosen here, and in which tone."""
        here = kind in self._have
        return (tr(N_("There already")), "good") if here else (tr(N_("Missing")), "danger")

    def _fields(self) -> list[Field]:
        """What the step asks for and may set, and what a guard found missing."""
        declared = self._record.TYPE.fields
        asked = dict.fromkeys((*self._step.asks, *self._step.may_set))
        for lack in self._step.lacks:
            name = str(lack.values.get("name", ""))
            if (
                lack.code == "field"
                and name in declared
                and not (declared[name].group or declared[name].derived)
            ):
                asked[name] = None
        return [declared[name] for name in asked]

    def _offer_checks(self) -> None:
        """The items of the end state that is chosen, and no others."""
        if not {"end_state", "end_checks"} <= set(self.form.names()):
            return
        editor, state = self.form.editor("end_checks"), str(self.form.editor("end_state").value())
        if isinstance(editor, ChecklistEditor):
            editor.offer(CHECKLISTS.get(state, ()))
        self.papers.want(END_PAPERS.get(state, ()))
        QTimer.singleShot(0, self, self._grow)  # once the new lines have been laid out

    def _add_papers(self, column: QVBoxLayout) -> None:
        wanted = [*self._step.evidence, *self._wanted_by_guards()]
        if wanted:
            column.addWidget(heading(tr(N_("Papers and photographs"))))
            self.papers.want(wanted)
        column.addWidget(self.papers)
        column.addWidget(muted(tr(N_("More files can be dropped on this window."))))

    def _wanted_by_guards(self) -> list[str]:
        return [str(lack.values["evidence"]) for lack in self._step.lacks if "evidence" in lack.values]

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Local files are welcome."""
        if local_files(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Sort dropped files into the kinds by their names, then by what is still missing."""
        event.acceptProposedAction()
        for path in local_files(event):
            self.add_file(guess_kind(path, self.missing()), path)


def _round(record: Entity) -> int:
    return int(getattr(record, "round_no", 1) or 1)
