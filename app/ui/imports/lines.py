"""Lines of a plan as a table of any length: each is made into words when it is seen, and may have a tick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from app.ui import metrics

Index = QModelIndex | QPersistentModelIndex
Line = Callable[[int], Sequence[str]]
_NONE = QModelIndex()
_KEPT = 400  # lines in words, some screens full
_WIDTH_BY = 60  # lines that the width of the columns is taken from


class Lines(QAbstractTableModel):
    """`count` lines under headings; `taken(row)` is None for a line without a tick."""

    ticked = Signal(object, bool)  # rows, and whether they are taken

    def __init__(
        self,
        headings: Sequence[str],
        count: int,
        line: Line,
        taken: Callable[[int], bool | None] = lambda row: None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._headings, self._count, self._line, self._taken = headings, count, line, taken
        self._known: dict[int, Sequence[str]] = {}

    def rowCount(self, parent: Index = _NONE) -> int:
        """The number of lines."""
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: Index = _NONE) -> int:
        """The number of headings."""
        return 0 if parent.isValid() else len(self._headings)

    def headerData(
        self, section: int, across: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """The headings."""
        shown = role == Qt.ItemDataRole.DisplayRole and across == Qt.Orientation.Horizontal
        return self._headings[section] if shown else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The first cell of a line that can be left out has a box."""
        flags = super().flags(index)
        boxed = index.column() == 0 and self._taken(index.row()) is not None
        return flags | Qt.ItemFlag.ItemIsUserCheckable if boxed else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The words of a cell, the same as its tip, and whether its line is taken."""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._words(index.row())[index.column()]
        taken = self._taken(index.row()) if role == Qt.ItemDataRole.CheckStateRole else None
        if taken is None or index.column():
            return None
        return Qt.CheckState.Checked if taken else Qt.CheckState.Unchecked

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take a line or leave it."""
        if role != Qt.ItemDataRole.CheckStateRole or self._taken(index.row()) is None:
            return False
        self.ticked.emit([index.row()], Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    def repaint(self) -> None:
        """Ticks were set or taken away."""
        if self._count:
            self.dataChanged.emit(self.index(0, 0), self.index(self._count - 1, 0))

    def _words(self, row: int) -> Sequence[str]:
        if row not in self._known:
            if len(self._known) > _KEPT:
                self._known.clear()
            self._known[row] = self._line(row)
        return self._known[row]


class LinesTable(QTableView):
    """Shows lines; Space takes or leaves all that are chosen."""

    def __init__(self, lines: Lines, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines = lines
        lines.setParent(self)
        self.setModel(lines)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(metrics.line_height())
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setAlternatingRowColors(True)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        header, last = self.horizontalHeader(), lines.columnCount() - 1
        header.setResizeContentsPrecision(_WIDTH_BY)
        self.resizeColumnsToContents()
        for column in range(last):
            self.setColumnWidth(column, min(self.columnWidth(column), metrics.chars(44)))
        header.setHighlightSections(False)
        header.setSelectionModel(QItemSelectionModel(lines, header))  # else each painting looks at every line
        header.setSectionResizeMode(last, QHeaderView.ResizeMode.Stretch)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space turns the ticks of the chosen lines as that of the current one."""
        now = self.currentIndex()
        state = self.lines.index(now.row(), 0).data(Qt.ItemDataRole.CheckStateRole) if now.isValid() else None
        if event.key() != Qt.Key.Key_Space or state is None:
            super().keyPressEvent(event)
            return
        rows = [index.row() for index in self.selectionModel().selectedRows(0)]
        self.lines.ticked.emit(rows, state != Qt.CheckState.Checked)
