"""The way from a cell to its patrols, and from a patrol to its cell."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from app.domain.entities.grid_cell import GridCell
from app.domain.entities.patrol import Patrol
from app.domain.entity import Entity
from app.domain.filters import equal
from app.i18n import N_, tr
from app.ui.desk import Desk


class PatrolLink(QPushButton):
    """A link below the title of a cell or a patrol; hidden for other records."""

    patrols_wanted = Signal(str, object, str)  # entity, uids, what they are
    cell_wanted = Signal(str, str)  # entity, uid

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._record: Entity | None = None
        self.setProperty("link", True)
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._follow)
        self.hide()

    def show_record(self, record: Entity) -> None:
        """Say where the link leads from this record."""
        self._record = record
        self.setText(tr(N_("Show its patrols") if isinstance(record, GridCell) else N_("Show its cell")))
        self.setVisible(isinstance(record, (GridCell, Patrol)))

    def _follow(self) -> None:
        record = self._record
        if isinstance(record, Patrol):
            self.cell_wanted.emit(GridCell.TYPE.name, record.cell)
        elif isinstance(record, GridCell):
            self._desk.read(
                self,
                lambda session, _: session.workspace.uids(Patrol, equal(cell=record.uid)),
                lambda uids: self._show_patrols(record, uids),
                topic="patrols",
            )

    def _show_patrols(self, cell: GridCell, uids: list[str]) -> None:
        said = tr(N_("{cell}: {n} patrols"), cell=cell.name or cell.grid_code, n=len(uids))
        self.patrols_wanted.emit(Patrol.TYPE.name, uids, said)
