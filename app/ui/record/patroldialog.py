"""Entering a patrol: which cells, day, mode, result, by whom; one change set for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from app.domain.entities.grid_cell import GridCell
from app.domain.entities.patrol import Patrol
from app.domain.fields import Field, Kind
from app.domain.filters import one_of
from app.errors import Invalid
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.forms.form import Form
from app.ui.map.places import standing
from app.ui.messages import ask, buttons
from app.ui.parts import fault, say_refusal
from app.ui.tasks import Callbacks

if TYPE_CHECKING:
    from app.actions.session import Session
    from app.ui.window import MainWindow


_CELLS = Field(
    Kind.TEXTS,
    N_("Cells patrolled"),
    name="cells",
    required=True,
    hint=N_("Codes or names of the cells, with ; between them"),
)


_ASKED = ("patrolled_on", "started", "ended", "mode", "result", "inspectors", "note")


class PatrolDialog(QDialog):
    """Proposes a routine patrol of today with nothing found, by whoever is signed in: Enter records it."""

    recorded = Signal(object)  # list[Patrol]

    def __init__(self, desk: Desk, cells: Sequence[str], parent: QWidget | None = None) -> None:
        from app.actions.patrols import start_of_patrol  # late: actions load after the first paint

        super().__init__(parent)
        self._desk = desk
        self.setWindowTitle(tr(N_("Record a patrol")))
        self.form = Form(desk.names)
        fields = Patrol.TYPE.fields
        start = start_of_patrol(desk.need())
        self.form.add_group("", [_CELLS, *(fields[name] for name in _ASKED)])
        self.form.fill({**start, _CELLS.name: tuple(cells)})
        self._fault = fault()
        self.foot = buttons(tr(N_("Record the patrol")))
        self.foot.accepted.connect(self.send)
        self.foot.rejected.connect(self.reject)
        desk.room.watch_over(self.foot)
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 2)
        column.addWidget(self.form)
        column.addWidget(self._fault)
        column.addStretch(1)
        column.addWidget(self.foot)
        self.setMinimumWidth(metrics.chars(60))

    def send(self) -> None:
        """Record it; what is wrong is said below the form."""
        try:
            values = self.form.values()
            cells = values.pop(_CELLS.name)
        except Invalid as reason:
            say_refusal(self._fault, reason, self._desk.failed.emit)
            return

        def work(session: Session, _: Any) -> list[Patrol]:
            from app.actions.patrols import record_patrol  # late: actions load after the first paint

            return record_patrol(session, cells, values)

        def refused(error: Exception) -> None:
            say_refusal(self._fault, error, self._desk.failed.emit)

        self.foot.setEnabled(False)
        callbacks: Callbacks[list[Patrol]] = Callbacks(
            self._recorded, refused, finished=lambda: self.foot.setEnabled(True)
        )
        self._desk.act(self, work, callbacks, title=tr(N_("Saving")))

    def reject(self) -> None:
        """Ask before entries are thrown away."""
        question = tr(N_("Throw away what you have entered?"))
        if not self.form.touched() or ask(self, question, tr(N_("Throw away"))):
            super().reject()

    def _recorded(self, made: list[Patrol]) -> None:
        self._desk.said.emit(tr(N_("Patrol recorded for {n} cells"), n=len(made)))
        self.accept()
        self.recorded.emit(made)


def ask_patrol(window: MainWindow) -> None:
    """Enter a patrol of the cells that are selected, or whose patrols are; else of those that are named.

    What was found is shown at once beside its photographs, which are dropped or added there.
    """
    desk, now = window.desk, window.desk.selection.now

    def read(session: Session, _: Any) -> list[str]:
        entity, uids = standing(session, now.entity, now.uids)
        chosen = one_of("uid", tuple(uids) if entity == GridCell.TYPE.name else ())
        return [cell.grid_code for cell in session.workspace.find(GridCell, chosen, order="grid_code")]

    def show(made: list[Patrol]) -> None:
        if made[0].result != "normal" or window.page == Patrol.TYPE.name:
            window.show_record(Patrol.TYPE.name, made[0].uid)
            window.work.record.tabs.setCurrentWidget(window.work.record.evidence)

    def ask(codes: list[str]) -> None:
        dialog = PatrolDialog(desk, codes, window)
        dialog.recorded.connect(show)
        dialog.open()

    desk.read(window, read, ask, topic="patrol")
