"""Draws the cells of a ledger, headings of groups across all columns, and opens the editor of a field."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
)
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QKeySequence, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
    QWidget,
)

from app.errors import Invalid
from app.ui import metrics
from app.ui.forms.editors import Editor, cell_editor
from app.ui.ledger.cells import checked
from app.ui.ledger.grouping import Group
from app.ui.ledger.model import LedgerModel
from app.ui.ledger.staging import Staged
from app.ui.theme import colours

Index = QModelIndex | QPersistentModelIndex
_STEPS = {
    Qt.Key.Key_Return: (1, 0),
    Qt.Key.Key_Enter: (1, 0),
    Qt.Key.Key_Tab: (0, 1),
    Qt.Key.Key_Backtab: (0, -1),
}


class CellDelegate(QStyledItemDelegate):
    """Belongs to one table; what was written goes to the model's edits by `stage`."""

    def __init__(self, table: QTableView, model: LedgerModel) -> None:
        super().__init__(table)
        self._table, self._model = table, model

    # ---- drawing

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Colour what is written and not saved; wrong values are red."""
        super().initStyleOption(option, index)
        staged = self._model.staged(index.row(), index.column())
        if staged is None:
            return
        option.backgroundBrush = QColor(colours().notice)  # type: ignore[attr-defined]
        for role in (QPalette.ColorRole.Text, QPalette.ColorRole.HighlightedText):
            option.palette.setColor(role, ink_of(staged))  # type: ignore[attr-defined]

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """A cell as Qt paints it, and a bar at its left when something is written in it."""
        staged = self._model.staged(index.row(), index.column())
        super().paint(painter, option, index)
        if staged is not None:
            mark_written(painter, option.rect, staged)  # type: ignore[attr-defined]

    def paint_group(self, painter: QPainter, rect: QRect, group: Group, *, chosen: bool) -> None:
        """A group's heading over the columns in sight; its words begin at the left of the view."""
        look = colours()
        painter.save()
        painter.setClipRect(rect, Qt.ClipOperation.IntersectClip)
        painter.fillRect(rect, QColor(look.selection if chosen else look.hover))
        painter.setPen(QColor(look.border))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.setPen(QColor(look.text))
        painter.setFont(metrics.sized(1.0, bold=True))
        left = metrics.grid(2 + 4 * group.level)
        words = QRect(left, rect.top(), self._table.viewport().width() * 2, rect.height())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self._model.group_words(group))
        painter.restore()

    # ---- editing

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """The editor of the field's kind; a wrong value is said at once, below the cell."""
        editor = cell_editor(self._model.columns[index.column()], self._model.names, parent)
        editor.setAutoFillBackground(True)
        editor.edited.connect(lambda: self._say(editor))
        inner = editor.focusProxy()
        if inner is not None:
            inner.installEventFilter(self)
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """What is written already, or what the record holds."""
        staged = self._model.staged(index.row(), index.column())
        record = self._model.record(index.row())
        if not isinstance(editor, Editor) or record is None:
            return
        field = self._model.columns[index.column()]
        editor.set_value(staged.value if staged and not staged.why else getattr(record, field.name))
        if staged and staged.why:
            editor.show_written(staged.written)

    def setModelData(self, editor: QWidget, _: QAbstractItemModel, index: Index) -> None:
        """Stage what was written, wrong or not."""
        if not isinstance(editor, Editor):
            return
        value, why = None, ""
        try:
            value = checked(editor.field, editor.value())
        except Invalid as fault:
            why = fault.message
        self._table.stage(index.row(), index.column(), (editor.written(), value, why))  # type: ignore[attr-defined]

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        """As wide as it needs, over the cell."""
        rect: QRect = option.rect  # type: ignore[attr-defined]
        width = max(rect.width(), min(editor.sizeHint().width(), metrics.chars(24)))
        height = max(rect.height(), editor.sizeHint().height())
        editor.setGeometry(rect.x(), rect.y() - (height - rect.height()) // 2, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter and Tab take the value and go on, Ctrl+S saves it, Esc leaves the cell as it was."""
        editor = _editor_of(watched)
        if editor is None:
            return False
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(editor, event)
        popup = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
        if (
            event.type() == QEvent.Type.FocusOut
            and isinstance(event, QFocusEvent)
            and event.reason() not in popup
        ):
            self._close(editor, take=True)
        return False

    def _key(self, editor: Editor, event: QKeyEvent) -> bool:
        key, saves = Qt.Key(event.key()), event.matches(QKeySequence.StandardKey.Save)
        leaves = key == Qt.Key.Key_Escape
        if not saves and not leaves and key not in _STEPS:
            return False
        self._close(editor, take=not leaves)
        if saves:  # what is being written is saved with the rest
            self._table.wanted.emit("save")  # type: ignore[attr-defined]
        elif not leaves:
            down, across = _STEPS[key]
            back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier) and key != Qt.Key.Key_Backtab
            self._table.step(-down if back else down, across)  # type: ignore[attr-defined]
        return True

    def _close(self, editor: Editor, *, take: bool) -> None:
        inner = editor.focusProxy()
        if inner is not None:
            inner.removeEventFilter(self)
        if take:
            self.commitData.emit(editor)
        self.closeEditor.emit(editor, QAbstractItemDelegate.EndEditHint.NoHint)

    def _say(self, editor: Editor) -> None:
        why = ""
        try:
            checked(editor.field, editor.value())
        except Invalid as fault:
            why = fault.message
        editor.setStyleSheet(f"QLineEdit, QComboBox {{ color: {colours().danger}; }}" if why else "")
        QToolTip.showText(editor.mapToGlobal(editor.rect().bottomLeft()), why, editor)


def ink_of(staged: Staged) -> QColor:
    """The ink of what is written and not saved."""
    look = colours()
    return QColor(look.danger if staged.wrong else look.warning if staged.moved else look.text)


def mark_written(painter: QPainter, place: QRect, staged: Staged) -> None:
    """The bar at the left of a cell in which something is written."""
    bar = ink_of(staged) if staged.wrong or staged.moved else QColor(colours().accent)
    painter.fillRect(QRect(place.topLeft(), place.bottomLeft() + QPoint(metrics.grid(0.75), 0)), bar)


def _editor_of(watched: QObject) -> Editor | None:
    if isinstance(watched, Editor):
        return watched
    parent = watched.parent()
    return parent if isinstance(parent, Editor) else None
