"""The search line with its list: type, choose with the arrows, Enter does it, Esc leaves."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.i18n import N_, tr
from app.ui import icons, metrics
from app.ui.desk import Desk
from app.ui.finder.search import COMMAND, PLACE, Found, find_places, find_records
from app.ui.frame.commands import Commands

_TYPING_MS = 120
_FOUND = Qt.ItemDataRole.UserRole
_ICONS = {COMMAND: "keyboard", PLACE: "goto"}
ENTITY_ICONS = {
    "boiler": "boilers",
    "grid_cell": "cells",
    "water_source": "sources",
    "protection_zone": "sources",
    "built_up_area": "builtup",
    "sketch": "digitise",
    "division": "layers",
}
_MOST_LINES = 12


class Finder(QLineEdit):
    """`wanted` carries what was chosen."""

    wanted = Signal(object)  # Found

    def __init__(self, desk: Desk, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._commands = desk, commands
        self.setPlaceholderText(tr(N_("Search names, numbers, addresses, coordinates, commands (Ctrl+K)")))
        self.setAccessibleName(tr(N_("Search")))
        self.setClearButtonEnabled(True)
        self.addAction(icons.icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setIconSize(QSize(metrics.grid(5), metrics.grid(5)))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._choose)
        self.popup = QFrame(self.window(), Qt.WindowType.ToolTip)
        self.popup.setObjectName("finderPopup")
        column = QVBoxLayout(self.popup)
        metrics.tight(column, 0.25, 0)
        column.addWidget(self.list)
        self._delay = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._delay.timeout.connect(self._search)
        self.textEdited.connect(self._edited)
        self.installEventFilter(self)

    def begin(self) -> None:
        """Ctrl+K: take the keyboard and offer every command."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()
        self._search()

    def _edited(self) -> None:
        self._delay.start()

    def _search(self) -> None:
        words = self.text().strip()
        commands = [
            Found(COMMAND, tr(item.label).rstrip("…"), item.shortcut, id=item.id)
            for item in self._commands.found(words)
        ]
        if not words:
            self._show(commands)
            return
        self._show([*find_places(words), *commands[:4]])
        before = [*find_places(words)]
        self._desk.read(
            self,
            lambda session, token: find_records(session, words, token.cancelled),
            lambda found: self._show([*before, *found, *commands]),
            topic="search",
        )

    def _show(self, found: list[Found]) -> None:
        if not self.hasFocus():
            return
        self.list.clear()
        for item in found:
            words = f"{item.title}    {item.detail}" if item.detail else item.title
            name = ENTITY_ICONS.get(item.entity) or _ICONS.get(item.what, "search")
            line = QListWidgetItem(icons.icon(name), words)
            line.setData(_FOUND, item)
            line.setToolTip(words)
            self.list.addItem(line)
        if not found:
            none = QListWidgetItem(tr(N_("Nothing found")))
            none.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(none)
        self.list.setCurrentRow(0)
        self._place(max(1, len(found)))

    def _place(self, lines: int) -> None:
        height = metrics.line_height() * min(lines, _MOST_LINES) + metrics.grid(3)
        self.popup.setFixedSize(max(self.width(), metrics.chars(60)), height)
        self.popup.move(self.mapToGlobal(QPoint(0, self.height() + 1)))
        self.popup.show()
        self.popup.raise_()

    def _choose(self, line: QListWidgetItem | None) -> None:
        found = line.data(_FOUND) if line else None
        if isinstance(found, Found):
            self._leave()
            self.wanted.emit(found)

    def _leave(self) -> None:
        self.popup.hide()
        self.clear()
        self.clearFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows move in the list while the line keeps the keyboard."""
        if watched is self and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
            key = Qt.Key(event.key())
            if key in step and self.popup.isVisible():
                row = min(max(0, self.list.currentRow() + step[key]), self.list.count() - 1)
                self.list.setCurrentRow(row)
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose(self.list.currentItem() if self.popup.isVisible() else None)
                return True
            if key == Qt.Key.Key_Escape:
                self._leave()
                return True
        return super().eventFilter(watched, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Elsewhere: the list goes away."""
        self.popup.hide()
        super().focusOutEvent(event)
