"""The import wizard: shows the plan of an import until the user agrees, then has it written."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.actions.imports import (
    ImportRequest,
    correct_mapping,
    forget,
    import_records,
    learn,
    preview,
    save_refused,
    share_mapping,
)
from app.actions.watching import Watch
from app.domain.entity import EntityType
from app.errors import Changed, Invalid, StoreFailure
from app.i18n import N_, listed, tr
from app.settings import learned_folder
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.imports.columnspage import ColumnsPage
from app.ui.imports.differencespage import DifferencesPage, sentence
from app.ui.imports.questionspage import QuestionsPage
from app.ui.messages import tell
from app.ui.parts import fault, say_fault, say_refusal
from app.ui.tasks import Callbacks, Task, Token

_STEPS = (N_("1 Columns"), N_("2 Questions"), N_("3 Differences"))
_COLUMNS, _QUESTIONS, _DIFFERENCES = range(3)
_CLAIMS = ("R5", "R6")


class ImportWizard(QDialog):
    """Nothing is written before the last button; each answer makes a new plan in a thread."""

    def __init__(self, desk: Desk, kind: EntityType, source: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._kind = desk, kind
        self._request = ImportRequest(kind.cli, source, learned=learned_folder())
        self._plan: Any = None
        self._again: Exception | None = None  # why the file is compared again
        self._task: Task | None = None
        self._columns: dict[str, str] = {}
        self._brought: Path | None = None
        self._before: tuple[ImportRequest, dict[str, str], Path | None] | None = None  # a mapping was brought
        self._notes = tempfile.TemporaryDirectory(prefix="gridward-import-")
        self.finished.connect(lambda _: self._notes.cleanup())
        self.setWindowTitle(tr(N_("Import {kind}: {name}"), kind=kind.text, name=source.name))
        self.columns, self.questions = ColumnsPage(kind), QuestionsPage()
        self.source = self.columns.source
        self.source.changed.connect(self._read_otherwise)
        self.differences = DifferencesPage(kind, desk.names)
        self.columns.corrected.connect(self._correct)
        self.columns.forgotten.connect(self._forget)
        self.columns.shared.connect(self._share)
        self.columns.brought.connect(self._bring)
        self.differences.chosen.connect(self._name_buttons)
        self.reason = QLineEdit(
            placeholderText=tr(N_("Document or occasion, such as “county ledger of October”"))
        )
        self._fault = fault()
        self._bar = QProgressBar()
        self._bar.hide()
        self._lay_out()
        metrics.open_at(self, metrics.chars(120), metrics.line_height() * 24)
        self._go(_COLUMNS)
        self.make_plan()

    def make_plan(self) -> None:
        """Read the file with what has been settled so far."""
        request = self._request
        say_fault(self._fault, "")
        self._bar.show()
        self._enable(False)

        def work(session: Any, token: Token) -> Any:
            return preview(session, request, token.progress, token.cancelled)

        callbacks: Callbacks[Any] = Callbacks(self._planned, self._refused, self._progress, self._settled)
        self._task = self._desk.read(self, work, callbacks, topic="plan")

    def _planned(self, plan: Any) -> None:
        self._plan, self._before = plan, None
        report = plan.report
        where = tr(N_("Sheet {sheet}, headings in rows {rows}"), sheet=report.sheet or "—",
                   rows=listed(str(row) for row in report.header_rows) or "—")  # fmt: skip
        about = [where, report.encoding or "", tr(N_("{n} rows"), n=report.read)]
        self.columns.about.setText(" · ".join(part for part in about if part))
        self.columns.show_columns(report.mapping)
        self.columns.show_learned(report.learned)
        self.source.show_report(report)
        actor = self._desk.actor
        may = actor is not None and actor.role in _CLAIMS and "status_claim" in self._kind.fields
        self.questions.show_questions(report.ask, may)
        self.differences.show_report(report)
        if report.ask and self.pages.currentIndex() == _DIFFERENCES:
            self._go(_QUESTIONS)
        self._name_buttons()
        if self._again is not None:
            hint = tr(N_("Nothing was written. The file was compared with the ledger again."))
            say_fault(self._fault, f"{getattr(self._again, 'message', self._again)}\n{hint}")
            self._again = None

    def _settled(self) -> None:
        self._bar.hide()
        self._enable(True)

    def _progress(self, done: int, total: int, _: str) -> None:
        self._bar.setRange(0, total)
        self._bar.setValue(done)

    def _refused(self, error: Exception) -> None:
        if self._before is not None:  # what was brought cannot be used: the file is read as it was before
            (self._request, self._columns, self._brought), self._before = self._before, None
        if say_refusal(self._fault, error, self._desk.failed.emit) and self._plan is None:
            self.next.setEnabled(False)

    # ---- the steps

    def _go(self, step: int) -> None:
        self.pages.setCurrentIndex(step)
        for at, label in enumerate(self._labels):
            label.setProperty("muted", at != step)
            label.style().polish(label)
            label.setFont(metrics.sized(1.0, bold=at == step))  # after: polishing gives it back an older font
        self._name_buttons()

    def _next(self) -> None:
        step = self.pages.currentIndex()
        if step == _DIFFERENCES:
            self.write()
        elif step == _QUESTIONS:
            self._answer()
            self._go(_DIFFERENCES)
        else:
            self._go(_QUESTIONS)

    def _answer(self) -> None:
        options = replace(
            self._request.options,
            answers={**self._request.options.answers, **self.questions.answers()},
            accept_claims=self.questions.claims.isChecked(),
        )
        if options != self._request.options:
            self._request = replace(self._request, options=options)
            self.make_plan()

    def _correct(self) -> None:
        """A corrected column becomes a line of a mapping file, as the command line reads one."""
        self._columns.update(self.columns.corrections())
        note = Path(self._notes.name) / "mapping.toml"
        correct_mapping(note, self._columns, self._brought)
        self._request = replace(self._request, mapping=note)
        self.make_plan()

    def _read_otherwise(self) -> None:
        """Read the file as the person says; columns corrected for another heading are dropped."""
        options = self.source.settled(self._request.options)
        if options == self._request.options:
            return
        if (options.sheet, options.header_rows) != (
            self._request.options.sheet, self._request.options.header_rows
        ):  # fmt: skip
            self._columns.clear()
            self._request = replace(self._request, mapping=self._brought)
        self._request = replace(self._request, options=options)
        self.make_plan()

    def _forget(self) -> None:
        """Read the file as if no such file had been corrected before."""
        forget(self._request, self._plan)
        self.make_plan()

    def _share(self) -> None:
        """Save the file's mapping for others, who give it as --mapping."""
        proposal = str(self._request.source.with_suffix(".toml"))
        name, _ = QFileDialog.getSaveFileName(self, tr(N_("Save the mapping")), proposal, "TOML (*.toml)")
        if name:
            self.share_to(Path(name) if Path(name).suffix else Path(f"{name}.toml"))

    def _bring(self) -> None:
        """Read the file by a mapping that somebody saved."""
        folder = str(self._request.source.parent)
        name, _ = QFileDialog.getOpenFileName(self, tr(N_("Use a mapping")), folder, "TOML (*.toml)")
        if name:
            self.bring(Path(name))

    def bring(self, source: Path) -> None:
        """Use a mapping file instead of the corrections made so far; one that cannot be used is refused.

        It is copied first: the stick it came on may be gone at the next plan.
        """
        folder = Path(self._notes.name)
        copied = folder / f"brought-{len(list(folder.iterdir()))}.toml"  # the last one may be needed again
        before = (self._request, self._columns, self._brought)
        try:
            correct_mapping(copied, {}, source)
        except (Invalid, StoreFailure) as error:
            self._refused(error)
            return
        self._before = before
        self._columns, self._brought = {}, copied
        self._request = replace(self._request, mapping=copied)
        self.make_plan()

    def share_to(self, target: Path) -> None:
        """Save every column's field and the answers as a mapping file."""
        try:
            share_mapping(self._request, self._plan, target)
        except StoreFailure as error:
            self._refused(error)
        else:
            self._desk.said.emit(tr(N_("Saved: {path}"), path=target))

    def write(self) -> None:
        """Write what is ticked of the plan as one transaction."""
        plan, reason, leave = self._plan, self.reason.text().strip(), self.differences.left()
        say_fault(self._fault, "")
        self._enable(False)
        callbacks: Callbacks[Any] = Callbacks(
            self._written, self._unwritten, finished=lambda: self._enable(self._again is None)
        )
        self._desk.act(
            self,
            lambda session, _: import_records(session, plan, reason, leave),
            callbacks,
            title=tr(N_("Importing")),
        )

    def _unwritten(self, error: Exception) -> None:
        """Nothing was written. When the ledger is no longer as it was compared, it is compared again."""
        if isinstance(error, Changed | Invalid):
            self._again = error
            self.make_plan()
        else:
            self._refused(error)

    def _written(self, done: Any) -> None:
        try:
            learn(self._request, self._plan)
        except StoreFailure as error:
            self._desk.failed.emit(error)
        self._desk.said.emit(sentence(done.report, self.differences.left()))
        if done.committed is not None:
            self._desk.selection.choose(self._kind.name, done.committed.touched.get(self._kind.name, ())[:1])
        self.accept()

    def save_errors(self) -> None:
        """Save the same workbook with a comment on every refused cell."""
        source = self._request.source
        proposal = str(source.with_name(f"{source.stem}-{tr(N_('errors'))}.xlsx"))
        name, _ = QFileDialog.getSaveFileName(self, tr(N_("Save the error list")), proposal, "Excel (*.xlsx)")
        if name:
            self.save_errors_to(Path(name))

    def save_errors_to(self, target: Path) -> None:
        """Save the error list as `target`."""
        request, plan = self._request, self._plan
        said = N_("The error list is in {path}")
        self._desk.read(
            self,
            lambda _, token: save_refused(request, plan, target, Watch(token.progress, token.cancelled)),
            lambda path: tell(self, tr(said, path=path)),
            title=tr(N_("Saving the error list")),
        )  # fmt: skip

    def reject(self) -> None:
        """Stop reading and leave; nothing was written."""
        if self._task is not None:
            self._task.cancel()
        super().reject()

    # ---- layout

    def _enable(self, on: bool) -> None:
        for button in (self.back, self.next, self.errors):
            button.setEnabled(on)
        if on:
            self._name_buttons()

    def _name_buttons(self) -> None:
        step, plan = self.pages.currentIndex(), self._plan
        self.back.setEnabled(step > _COLUMNS)
        self.errors.setVisible(step == _DIFFERENCES)
        self.errors.setEnabled(plan is not None and bool(plan.report.refused))
        self._reason_row.setVisible(step == _DIFFERENCES)
        if step != _DIFFERENCES:
            self.next.setText(tr(N_("Next")))
            self.next.setEnabled(plan is not None)
            return
        count = len(plan.records) - self.differences.count_left() if plan else 0
        self.next.setText(tr(N_("Import {n} records"), n=count))
        self.next.setEnabled(plan is not None and plan.ready and count > 0)

    def _lay_out_steps(self) -> QHBoxLayout:
        self._labels = [QLabel(tr(words)) for words in _STEPS]
        top = QHBoxLayout()
        top.setSpacing(metrics.grid(6))
        bold = QFontMetrics(metrics.sized(1.0, bold=True))  # the steps stand still when one becomes bold
        for label in self._labels:
            label.setMinimumWidth(bold.horizontalAdvance(label.text()) + 2)
            top.addWidget(label)
        top.addStretch(1)
        return top

    def _lay_out(self) -> None:
        self.pages = QStackedWidget()
        for page in (self.columns, self.questions, self.differences):
            self.pages.addWidget(page)
        self.back, self.next = QPushButton(tr(N_("Back"))), QPushButton(tr(N_("Next")))
        self.errors, leave = QPushButton(tr(N_("Save the error list…"))), QPushButton(tr(N_("Cancel")))
        self.next.setDefault(True)
        for button, run in (
            (self.back, self._back),
            (self.next, self._next),
            (self.errors, self.save_errors),
            (leave, self.reject),
        ):
            button.setAutoDefault(button is self.next)
            button.clicked.connect(run)
        self._reason_row = QWidget()
        row = QHBoxLayout(self._reason_row)
        metrics.tight(row, 0, 2)
        row.addWidget(QLabel(tr(N_("Reason"))))
        row.addWidget(self.reason, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.errors)
        foot.addStretch(1)
        for button in (self.back, self.next, leave):
            foot.addWidget(button)
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 2)
        column.addLayout(self._lay_out_steps())
        column.addWidget(self.pages, 1)
        column.addWidget(self._reason_row)
        column.addWidget(self._bar)
        column.addWidget(self._fault)
        column.addLayout(foot)

    def _back(self) -> None:
        self._go(max(_COLUMNS, self.pages.currentIndex() - 1))
