"""The panel in which the columns of a ledger are chosen, put in order and frozen, by mouse or keyboard."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.i18n import N_, tr
from app.ui import metrics
from app.ui.ledger.layout import ColumnLayout
from app.ui.ledger.model import LedgerModel
from app.ui.ledger.views import MOST_FROZEN
from app.ui.parts import muted, side_button

_NAME = Qt.ItemDataRole.UserRole


class ColumnPanel(QDialog):
    """Each change is seen in the table at once; Esc closes."""

    def __init__(self, layout: ColumnLayout, model: LedgerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr(N_("Columns of “{ledger}”"), ledger=model.kind.text))
        self._layout, self._headings = layout, {field.name: field.heading for field in model.columns}
        self._filling = False
        self.search = QLineEdit(placeholderText=tr(N_("Find a column")), clearButtonEnabled=True)
        self.search.setAccessibleName(tr(N_("Find a column")))
        self.search.textChanged.connect(self._narrow)
        self.list = QListWidget()
        self.list.setAccessibleName(tr(N_("Columns")))
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.list.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.frozen = QSpinBox(minimum=0, maximum=MOST_FROZEN)
        self.frozen.setAccessibleName(tr(N_("Frozen columns at the left")))
        self.fill()
        self.list.itemChanged.connect(self._take)
        self.list.model().rowsMoved.connect(self._take)
        self.list.model().rowsInserted.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self.frozen.valueChanged.connect(self._layout.freeze)
        self._lay_out()
        self.list.setFocus()

    def fill(self) -> None:
        """List the columns as they stand now."""
        self._filling = True
        shown = self._layout.shown()
        self.list.clear()
        for name in self._layout.order():
            item = QListWidgetItem(self._headings[name], self.list)
            item.setFlags((item.flags() | Qt.ItemFlag.ItemIsUserCheckable) & ~Qt.ItemFlag.ItemIsDropEnabled)
            item.setCheckState(Qt.CheckState.Checked if name in shown else Qt.CheckState.Unchecked)
            item.setData(_NAME, name)
        self.frozen.setValue(self._layout.frozen)
        self._filling = False
        self.list.setCurrentRow(0)

    def tick(self, name: str, on: bool = True) -> None:
        """Show or hide a column."""
        self._item(name).setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)

    def move_current(self, by: int) -> None:
        """Move the current column up or down; it is shown if it was not."""
        row = self.list.currentRow()
        to = min(max(row + by, 0), self.list.count() - 1)
        if row < 0 or to == row:
            return
        self._filling = True
        item = self.list.takeItem(row)
        self.list.insertItem(to, item)
        item.setCheckState(Qt.CheckState.Checked)
        self.list.setCurrentItem(item)
        self._filling = False
        self._take()

    def _take(self, *_: object) -> None:
        """Put the columns as the list has them; the last one stays ticked."""
        if self._filling:
            return
        items = [self.list.item(at) for at in range(self.list.count())]
        names = [item.data(_NAME) for item in items if item.checkState() == Qt.CheckState.Checked]
        if len(items) < len(self._headings):
            return  # between the two halves of a drag
        if not names:
            self.list.item(0).setCheckState(Qt.CheckState.Checked)
            return
        self._layout.show(names)

    def _item(self, name: str) -> QListWidgetItem:
        return next(
            self.list.item(at) for at in range(self.list.count()) if self.list.item(at).data(_NAME) == name
        )

    def _narrow(self, text: str) -> None:
        for at in range(self.list.count()):
            item = self.list.item(at)
            item.setHidden(text.strip().casefold() not in item.text().casefold())

    def _standard(self) -> None:
        self._layout.freeze(0)
        self._layout.standard()
        self.fill()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 2)
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        column.addWidget(
            muted(tr(N_("Drag a line, or Alt+Up and Alt+Down, to move a column. Space shows or hides it.")))
        )
        frozen = QHBoxLayout()
        label = QLabel(tr(N_("Frozen columns at the left")))
        label.setBuddy(self.frozen)
        frozen.addWidget(label)
        frozen.addWidget(self.frozen)
        frozen.addStretch(1)
        column.addLayout(frozen)
        foot = QHBoxLayout()
        foot.addWidget(side_button(tr(N_("Up")), lambda: self.move_current(-1)))
        foot.addWidget(side_button(tr(N_("Down")), lambda: self.move_current(1)))
        foot.addWidget(side_button(tr(N_("As at first")), self._standard))
        foot.addStretch(1)
        foot.addWidget(side_button(tr(N_("Close")), self.accept))
        column.addLayout(foot)
        for keys, by in (("Alt+Up", -1), ("Alt+Down", 1)):
            QShortcut(QKeySequence(keys), self).activated.connect(lambda by=by: self.move_current(by))
        self.setMinimumWidth(metrics.chars(52))
        metrics.open_at(self, metrics.chars(56), metrics.line_height() * 24)
