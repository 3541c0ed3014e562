"""One step on many records: the step's dialog without a record's own values, then who was refused and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QHeaderView,
    QProgressBar,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.actions.watching import Watch
from app.domain.entity import Entity
from app.i18n import N_, in_a_row, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.messages import buttons
from app.ui.parts import heading, muted, side_button
from app.ui.record.stepdialog import StepDialog
from app.ui.tasks import Callbacks, Task, Token

if TYPE_CHECKING:
    from app.actions.batches import BatchLine, BatchStep
    from app.actions.records import RecordView


class BatchDialog(StepDialog):
    """What is entered goes to each record; each is judged by itself, in the order of the selection.

    `shown` is one of the records. While the records are gone through, Cancel stops after the present one.
    """

    def __init__(
        self, desk: Desk, shown: RecordView, batch: BatchStep, records: Sequence[Entity], parent: QWidget
    ) -> None:
        self._records = tuple(records)
        self._task: Task | None = None
        self._bar = QProgressBar()
        self._bar.hide()
        super().__init__(desk, shown, batch.step, parent)
        words = N_("{n} records. What you enter and every file you choose here goes to each of them.")
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(0, muted(tr(words, n=len(self._records))))
        layout.insertWidget(layout.count() - 1, self._bar)

    def take(self, values: Mapping[str, Any], evidence: Sequence[tuple[str, Path]], reason: str) -> None:
        """Start the batch."""
        records, step = self._records, self._step

        def work(session: Any, token: Any) -> list[BatchLine]:
            from app.actions.batches import Given, do_steps  # late: actions load after the first paint

            given = Given(values, evidence, reason)
            return do_steps(session, step.action, records, given, token.progress, token.cancelled)

        self._desk.gather(True)
        self._allow(on=False)
        callbacks: Callbacks[list[BatchLine]] = Callbacks(
            self._finished, self._refused, self._show_progress, self._over
        )
        self._task = self._desk.act(self, work, callbacks, title=step.label)

    def reject(self) -> None:
        """Close, or stop what is under way: what is done stays done, and the outcome is told."""
        if self._task is not None:
            self._task.cancel()
            return
        super().reject()

    def _over(self) -> None:
        self._desk.gather(False)
        self._allow(on=True)

    def _allow(self, *, on: bool) -> None:
        for button in self.foot.buttons():
            if button.objectName() == "deed":
                button.setEnabled(on)
        self._bar.setVisible(not on)
        if on:
            self._task = None

    def _show_progress(self, done: int, whole: int, _: str) -> None:
        self._bar.setRange(0, whole)
        self._bar.setValue(done)

    def _finished(self, lines: list[BatchLine]) -> None:
        refused = [line for line in lines if line.done is None]
        left = len(self._records) - len(lines)
        said = tr(N_("{n} done, {refused} refused"), n=len(lines) - len(refused), refused=len(refused))
        if left:
            said = in_a_row([said, tr(N_("{n} not reached"), n=left)])
        self._desk.said.emit(said)
        self.accept()
        if refused or left:
            BatchOutcome(self._desk, said, refused, self.parentWidget()).open()

    def _about(self) -> str:
        return tr(N_("{n} records"), n=len(self._records))

    def _start(self) -> Mapping[str, Any]:
        return {}

    def _absent(self, kind: str) -> tuple[str, str]:
        return tr(N_("As each record has it")), "muted"


class BatchOutcome(QDialog):
    """The records that were refused, each with everything that was missing."""

    def __init__(self, desk: Desk, said: str, refused: Sequence[BatchLine], parent: QWidget | None) -> None:
        super().__init__(parent)
        self._desk, self._said, self._refused = desk, said, tuple(refused)
        self.setWindowTitle(tr(N_("Outcome")))
        self.table = QTableWidget(len(refused), 2)
        self.table.setHorizontalHeaderLabels([tr(N_("Record")), tr(N_("Why it was refused"))])
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(True)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for at, line in enumerate(self._refused):
            self.table.setItem(at, 0, QTableWidgetItem(line.record.title()))
            self.table.setItem(at, 1, QTableWidgetItem(line.why))
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        foot = buttons(tr(N_("Close")), cancel=False)
        foot.accepted.connect(self.accept)
        foot.addButton(side_button(tr(N_("Copy")), self.copy), foot.ButtonRole.ActionRole)
        if refused:
            foot.addButton(side_button(tr(N_("Save…")), self.choose_file), foot.ButtonRole.ActionRole)
            foot.addButton(side_button(tr(N_("Select the refused")), self.select), foot.ButtonRole.ActionRole)
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 2)
        column.addWidget(heading(said))
        column.addWidget(self.table, 1)
        column.addWidget(foot)
        metrics.open_at(self, metrics.chars(90), metrics.line_height() * min(24, 10 + 2 * len(refused)))

    def copy(self) -> None:
        """The list as text, a line for each record, with a tab between."""
        lines = [f"{line.record.title()}\t{line.why}" for line in self._refused]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def choose_file(self) -> None:
        """Ask where the list goes, as xlsx or csv."""
        session = self._desk.session
        folder = session.workspace.path.parent if session is not None else Path.home()
        proposal = str(folder / f"{self.windowTitle()}.xlsx")
        name, _ = QFileDialog.getSaveFileName(self, tr(N_("Save the outcome")), proposal, "*.xlsx *.csv")
        if name:
            self.save_to(Path(name))

    def save_to(self, path: Path) -> None:
        """Write the list by the ending of the file."""
        refused, said = self._refused, self._said

        def work(session: Any, token: Token) -> Path:
            from app.actions.batches import write_refused  # late: actions load after the first paint

            return write_refused(session, refused, said, path, watch=Watch(token.progress, token.cancelled))

        done: Callbacks[Path] = Callbacks(
            lambda made: self._desk.said.emit(tr(N_("{n} rows are in {path}"), n=len(refused), path=made))
        )
        self._desk.read(self, work, done, title=tr(N_("Save the outcome")))

    def select(self) -> None:
        """Leave only the refused ones selected."""
        entity = self._refused[0].record.TYPE.name
        self._desk.selection.choose(entity, [line.record.uid for line in self._refused])
        self.accept()
