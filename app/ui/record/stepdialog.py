"""Taking one step: its fields, the papers it needs, the reason; sent as one action, refused with
everything missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.domain.entities.boiler_codes import CHECKLISTS
from app.domain.entities.papers import EVIDENCE_KINDS
from app.domain.entity import Entity
from app.domain.fields import Field
from app.errors import AppError, Invalid
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.forms.checklist import ChecklistEditor
from app.ui.forms.form import Form
from app.ui.messages import buttons
from app.ui.parts import heading, muted, side_button
from app.ui.record.drafts import offer_drafts
from app.ui.record.evidence import file_filter, local_files
from app.ui.record.papers import guess_kind
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
        self._files: dict[str, list[Path]] = {}
        self._slots: dict[str, QLabel] = {}
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
        self._lay_out()

    def send(self) -> None:
        """Take the step."""
        try:
            values = self.form.changes()
        except Invalid as fault:
            self._refused(fault)
            return
        evidence = [(kind, path) for kind, paths in self._files.items() for path in paths]
        self.take(values, evidence, self.reason.toPlainText().strip())

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
        for name, value in values.items():
            if name in self.form.names():
                self.form.editor(name).set_value(value)

    def add_file(self, kind: str, path: Path) -> None:
        """Put a file under a kind of evidence."""
        self._files.setdefault(kind, []).append(path)
        if kind not in self._slots:
            self._add_slot(kind)
        self._show_slot(kind)

    def fault(self) -> str:
        """Why the step was refused; empty before it was."""
        return self._fault.text()

    def missing(self) -> list[str]:
        """The kinds of evidence the step asks for and nobody has given yet."""
        return [kind for kind in self._slots if kind not in self._have and kind not in self._files]

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
        whys = [str(item["why"]) for item in error.details if isinstance(item, dict) and "why" in item]
        lines = whys or [error.message]
        self._fault.setText(
            "\n".join(f"• {line}" for line in lines) + (f"\n{error.hint}" if error.hint else "")
        )
        self._fault.show()

    # ---- layout

    def _lay_out(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        metrics.tight(column, 1, 3)
        fields = self._fields()
        if fields:
            self.form.add_group("", fields)
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
        area.setWidget(body)
        outer = QVBoxLayout(self)
        outer.addWidget(area, 1)
        outer.addWidget(self._fault)
        outer.addWidget(self.foot)
        metrics.open_at(
            self, metrics.chars(72), min(body.sizeHint().height() + metrics.grid(30), metrics.grid(160))
        )

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
        editor = self.form.editor("end_checks")
        if isinstance(editor, ChecklistEditor):
            editor.offer(CHECKLISTS.get(str(self.form.editor("end_state").value()), ()))

    def _add_papers(self, column: QVBoxLayout) -> None:
        self._papers = QFormLayout()
        self._papers.setHorizontalSpacing(metrics.grid(3))
        wanted = [*self._step.evidence, *self._wanted_by_guards()]
        if wanted:
            column.addWidget(heading(tr(N_("Papers and photographs"))))
            for kind in dict.fromkeys(wanted):
                self._add_slot(kind)
        column.addLayout(self._papers)
        column.addWidget(muted(tr(N_("More files can be dropped on this window."))))

    def _wanted_by_guards(self) -> list[str]:
        return [str(lack.values["evidence"]) for lack in self._step.lacks if "evidence" in lack.values]

    def _add_slot(self, kind: str) -> None:
        line = QWidget()
        row = QHBoxLayout(line)
        metrics.tight(row, 0, 1)
        state = QLabel(wordWrap=True)
        choose = side_button(tr(N_("Choose…")), lambda: self._choose(kind))
        row.addWidget(state, 1)
        row.addWidget(choose)
        self._slots[kind] = state
        self._papers.addRow(QLabel(EVIDENCE_KINDS.label(kind)), line)
        self._show_slot(kind)

    def _show_slot(self, kind: str) -> None:
        files = self._files.get(kind, [])
        chosen = "、".join(path.name for path in files)
        words, tone = (chosen, "good") if files else self._absent(kind)
        label = self._slots[kind]
        label.setText(words)
        for name in ("good", "danger", "muted"):
            label.setProperty(name, name == tone)
        label.style().polish(label)

    def _choose(self, kind: str) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, EVIDENCE_KINDS.label(kind), "", file_filter())
        for name in names:
            self.add_file(kind, Path(name))

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
