"""Entering a patrol of the selected cells: day, mode, result, by whom; one change set for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QDialog, QLabel, QVBoxLayout, QWidget

from app.domain.entities.grid_cell import GridCell
from app.domain.entities.patrol import Patrol
from app.errors import Invalid
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.forms.form import Form
from app.ui.messages import ask, buttons
from app.ui.parts import fault, say_refusal
from app.ui.tasks import Callbacks

if TYPE_CHECKING:
    from app.actions.session import Session
    from app.ui.window import MainWindow


class PatrolDialog(QDialog):
    """Proposes a routine patrol of today with nothing found, by whoever is signed in: Enter records it."""

    def __init__(self, desk: Desk, cells: Sequence[str], parent: QWidget | None = None) -> None:
        from app.actions.patrols import start_of_patrol  # late: actions load after the first paint

        super().__init__(parent)
        self._desk, self._cells = desk, tuple(cells)
        self.setWindowTitle(tr(N_("Record a patrol")))
        self.form = Form(desk.names)
        fields = Patrol.TYPE.fields
        start = start_of_patrol(desk.need())
        self.form.add_group("", [fields[name] for name in (*start, "note")])
        self.form.fill(start)
        self._fault = fault()
        self.foot = buttons(tr(N_("Record the patrol")))
        self.foot.accepted.connect(self.send)
        self.foot.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 2)
        column.addWidget(QLabel(tr(N_("{n} cells were patrolled"), n=len(self._cells)), wordWrap=True))
        column.addWidget(self.form)
        column.addWidget(self._fault)
        column.addStretch(1)
        column.addWidget(self.foot)
        self.setMinimumWidth(metrics.chars(60))

    def send(self) -> None:
        """Record it; what is wrong is said below the form."""
        try:
            values = self.form.values()
        except Invalid as reason:
            say_refusal(self._fault, reason, self._desk.failed.emit)
            return
        cells = self._cells

        def work(session: Session, _: Any) -> object:
            from app.actions.patrols import record_patrol  # late: actions load after the first paint

            return record_patrol(session, cells, values)

        def refused(error: Exception) -> None:
            say_refusal(self._fault, error, self._desk.failed.emit)

        self.foot.setEnabled(False)
        callbacks: Callbacks[object] = Callbacks(
            self._recorded, refused, finished=lambda: self.foot.setEnabled(True)
        )
        self._desk.act(self, work, callbacks, title=tr(N_("Saving")))

    def reject(self) -> None:
        """Ask before entries are thrown away."""
        question = tr(N_("Throw away what you have entered?"))
        if not self.form.touched() or ask(self, question, tr(N_("Throw away"))):
            super().reject()

    def _recorded(self, _: object) -> None:
        self._desk.said.emit(tr(N_("Patrol recorded for {n} cells"), n=len(self._cells)))
        self.accept()


def ask_patrol(window: MainWindow) -> None:
    """Enter a patrol of the cells that are selected, or say that some have to be."""
    now = window.desk.selection.now
    if now.entity != GridCell.TYPE.name or not now.uids:
        window.desk.said.emit(tr(N_("Select the cells that were patrolled")))
        return
    PatrolDialog(window.desk, now.uids, window).open()
