"""The row numbers at the left of a ledger: they say which rows are chosen without asking every cell."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QStyle, QStyleOptionHeader

from app.ui import metrics
from app.ui.ledger.chosen import Chosen
from app.ui.ledger.model import LedgerModel

_CHOSEN = QStyle.StateFlag.State_On | QStyle.StateFlag.State_Sunken


class RowNumbers(QHeaderView):
    """Looks as Qt's own. To mark a chosen row Qt asks the flags of all cells of that row and of its two
    neighbours, and six more things of each row: 9 ms of the 16 that a frame has."""

    def __init__(self, model: LedgerModel, chosen: Chosen) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._model, self._chosen = model, chosen
        self._marked: frozenset[int] = frozenset()
        self.setSectionsClickable(True)
        self.setHighlightSections(True)
        self.setDefaultSectionSize(metrics.line_height())
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def setSelectionModel(self, chosen: QItemSelectionModel) -> None:
        """A selection of its own, always empty; painted again when the table's changes."""
        super().setSelectionModel(QItemSelectionModel(chosen.model(), self))
        chosen.selectionChanged.connect(self.viewport().update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Which of the rows in sight are chosen is looked up once."""
        first, last = self.logicalIndexAt(event.rect().top()), self.logicalIndexAt(event.rect().bottom())
        last = last if last >= 0 else self.count() - 1
        self._marked = frozenset(self._chosen.within(first, last))
        super().paintEvent(event)

    def paintSection(self, painter: QPainter, rect: QRect, row: int) -> None:
        """A row's number, or the arrow of a group's heading."""
        option = QStyleOptionHeader()
        self.initStyleOption(option)
        option.rect, option.section = rect, row  # type: ignore[attr-defined]
        option.text = self._model.headerData(row, Qt.Orientation.Vertical)  # type: ignore[attr-defined]
        option.textAlignment = self.defaultAlignment()  # type: ignore[attr-defined]
        if row in self._marked:
            option.state |= _CHOSEN  # type: ignore[attr-defined]
        self.style().drawControl(QStyle.ControlElement.CE_Header, option, painter, self)
