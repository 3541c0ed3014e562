"""The small list of what lies under the pointer, and the attributes of a feature that is no record."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.i18n import N_, listed, tr
from app.ui import icons, metrics
from app.ui.finder.field import ENTITY_ICONS
from app.ui.map.identified import Under
from app.ui.messages import buttons
from app.ui.parts import heading, muted

_UNDER = Qt.ItemDataRole.UserRole
_FURTHER = "further"
_NAMED = 3
_MOST_LINES = 12
_WIDEST = 70  # characters


class UnderList(QFrame):
    """A popup, the topmost first; Up, Down and Enter or a click choose, Esc leaves."""

    chosen = Signal(object)  # Under
    further = Signal()  # look through the layers that are not shown

    def __init__(self, found: Sequence[Under], left_out: int, unseen: Sequence[str], parent: QWidget) -> None:
        """`unseen` are the titles of layers not in the picture; a last line offers to look through them."""
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("finderPopup")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.list = QListWidget()
        self.list.setAccessibleName(tr(N_("What lies here")))
        self.list.setIconSize(QSize(metrics.grid(5), metrics.grid(5)))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        for item in found:
            words = f"{item.title}    {item.detail}"
            line = QListWidgetItem(icons.icon(ENTITY_ICONS.get(item.entity, "layers")), words)
            line.setData(_UNDER, item)
            line.setToolTip(words)
            self.list.addItem(line)
        if unseen:
            self._offer(list(dict.fromkeys(unseen)))
        column = QVBoxLayout(self)
        metrics.tight(column, 0.25, 0.25)
        column.addWidget(self.list)
        self.left_out = muted(tr(N_("and {n} more: come closer to see them"), n=left_out))
        self.left_out.setVisible(left_out > 0)
        column.addWidget(self.left_out)
        self.list.itemActivated.connect(self._choose)
        self.list.itemClicked.connect(self._choose)
        self.list.setCurrentRow(0)
        self.setFocusProxy(self.list)
        wide = self.list.sizeHintForColumn(0) + metrics.grid(8)
        self.list.setFixedWidth(min(max(wide, metrics.chars(24)), metrics.chars(_WIDEST)))
        lines = min(self.list.count(), _MOST_LINES)
        self.list.setFixedHeight(lines * self.list.sizeHintForRow(0) + metrics.grid(2))

    def _offer(self, unseen: Sequence[str]) -> None:
        named = listed(unseen[:_NAMED]) + ("…" if len(unseen) > _NAMED else "")
        words = tr(N_("Also look through layers not shown now ({layers})"), layers=named)
        line = QListWidgetItem(icons.icon("layers"), words)
        line.setData(_UNDER, _FURTHER)
        line.setToolTip("\n".join(unseen))
        self.list.addItem(line)

    def show_at(self, place: QPoint) -> None:
        """Open beside a place of the screen, inside of it."""
        self.adjustSize()
        room = self.screen().availableGeometry()
        left = min(place.x() + metrics.grid(2), room.right() - self.width())
        top = min(place.y() + metrics.grid(2), room.bottom() - self.height())
        self.move(max(room.left(), left), max(room.top(), top))
        self.show()
        self.list.setFocus()

    def _choose(self, line: QListWidgetItem) -> None:
        found = line.data(_UNDER)
        if not self.isVisible():  # a click may be told twice
            return
        self.close()
        if isinstance(found, Under):
            self.chosen.emit(found)
        else:
            self.further.emit()


class AttributesDialog(QDialog):
    """The headings and values of a feature; they can be copied cell by cell."""

    def __init__(self, feature: Under, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr(N_("Attributes")))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        values = feature.values or {}
        self.table = QTableWidget(len(values), 2)
        self.table.setHorizontalHeaderLabels([tr(N_("Heading")), tr(N_("Value"))])
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.horizontalHeader().setStretchLastSection(True)
        for row, pair in enumerate(values.items()):
            for at, words in enumerate(pair):
                cell = QTableWidgetItem(words)
                cell.setToolTip(words)
                self.table.setItem(row, at, cell)
        self.table.resizeColumnToContents(0)
        self.table.setColumnWidth(0, min(self.table.columnWidth(0) + metrics.grid(4), metrics.chars(28)))
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 2)
        title = heading(feature.title)
        title.setWordWrap(True)
        column.addWidget(title)
        column.addWidget(muted(feature.detail))
        column.addWidget(self.table, 1)
        close = buttons(tr(N_("Close")), cancel=False)
        close.accepted.connect(self.accept)
        column.addWidget(close)
        self.resize(metrics.chars(64), metrics.grid(90))
