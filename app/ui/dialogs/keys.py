"""The list of keys, made from the commands."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.i18n import N_, tr
from app.ui import metrics
from app.ui.frame.commands import Commands
from app.ui.messages import buttons

_ON_THE_MAP = (
    (N_("Arrow keys"), N_("Move the map")),
    (N_("+ and −"), N_("Zoom in and out")),
    (N_("Home"), N_("Show the whole area")),
    (N_("Shift + drag"), N_("Select in a box")),
    (N_("Ctrl + click"), N_("Add to the selection")),
    (N_("Alt + click"), N_("What lies under the pointer")),
    (N_("Esc"), N_("Back to selecting, then select nothing")),
)
_IN_THE_LEDGER = (
    (N_("Click, Shift + click on a heading"), N_("Sort by one column, by several")),
    (N_("Alt + Up, Alt + Shift + Up"), N_("Sort by the column of the cell, by several")),
    (N_("Alt + Down"), N_("Filter the column")),
    (N_("Left, Right, double click on a group"), N_("Fold and unfold the group")),
    (N_("Ctrl + C"), N_("Copy as shown, with headings")),
    (N_("F2 or just typing"), N_("Write in the cell (while editing in the table)")),
    (N_("Enter, Tab, Shift + Enter, Shift + Tab"), N_("Take the value and go on or back")),
    (N_("Ctrl + V"), N_("Paste a block of a spreadsheet")),
    (N_("Ctrl + D"), N_("Fill down")),
    (N_("Delete"), N_("Empty the chosen cells")),
    (N_("Ctrl + Backspace"), N_("Put back what the records hold")),
    (N_("Ctrl + Z while editing"), N_("Take back the last step of writing")),
    (N_("Ctrl + S"), N_("Save the edits as one change")),
    (N_("Esc while editing"), N_("Discard the edits and end editing")),
)


class KeysDialog(QDialog):
    """Two columns: key, and what it does."""

    def __init__(self, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr(N_("Keys")))
        body = QWidget()
        grid = QGridLayout(body)
        grid.setHorizontalSpacing(metrics.grid(6))
        rows = [
            (
                QKeySequence(item.shortcut).toString(QKeySequence.SequenceFormat.NativeText),
                tr(item.label).rstrip("…"),
            )
            for item in commands.commands.values()
            if item.shortcut
        ]
        rows += [(tr(key), tr(words)) for key, words in (*_ON_THE_MAP, *_IN_THE_LEDGER)]
        for at, (key, words) in enumerate(rows):
            name = QLabel(key)
            name.setFont(metrics.sized(1.0, bold=True))
            grid.addWidget(name, at, 0)
            grid.addWidget(QLabel(words), at, 1)
        grid.setColumnStretch(1, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(body)
        foot = buttons(tr(N_("Close")), cancel=False)
        foot.accepted.connect(self.accept)
        column = QVBoxLayout(self)
        column.addWidget(area, 1)
        column.addWidget(foot)
        metrics.open_at(self, metrics.chars(66), metrics.line_height() * 22)
