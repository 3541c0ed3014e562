"""The list of keys, made from the commands."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.i18n import N_, tr
from app.ui import metrics
from app.ui.frame.commands import Commands
from app.ui.messages import buttons
from app.ui.parts import heading

_ON_THE_MAP = (
    (N_("Arrow keys"), N_("Move the map; a cross shows its middle. Shift: 10 pixels, Ctrl: 1 pixel")),
    (N_("+ and −"), N_("Zoom in and out")),
    (N_("Home"), N_("Show the whole area")),
    (N_("Space"), N_("A click under the cross: select, ask, set a corner")),
    ("Insert", N_("Add what is under the cross to the selection, or take it away")),
    (N_("Shift + Space, Space"), N_("Select in a box: one corner, then the other (Insert adds)")),
    (N_("Enter"), N_("End a measure or a lasso (Insert: the lasso adds)")),
    ("Backspace", N_("Take the last corner back")),
    (N_("Shift + drag"), N_("Select in a box")),
    (N_("Ctrl + click"), N_("Add to the selection")),
    (N_("Alt + click"), N_("What lies under the pointer")),
    (N_("Esc"), N_("Back to selecting, then select nothing")),
)
_WHILE_DRAWING = (
    (N_("Space, Enter"), N_("Set a corner under the cross, end the line")),
    (N_("Shift + Space"), N_("Set a corner, following a boundary the other way round")),
    (N_("Tab, Space"), N_("Take the next corner in hand, the one under the cross")),
    (N_("Arrow keys, Enter"), N_("Move the corner in hand (Shift: 10 pixels), draw it to what is near")),
    ("Insert, Delete", N_("Add a corner behind the one in hand, take it away")),
    ("E, H, C", N_("Edit corners, draw a hole, cut")),
    ("J", N_("Join the shapes into one")),
    ("S, T, G", N_("Snapping, tracing, shared corners together: on and off")),
    ("P", N_("Type the position of a corner")),
    ("Ctrl + Z, Ctrl + Y", N_("One step back, one step forth")),
    ("Ctrl + S, Ctrl + W", N_("Save what is drawn, end drawing")),
)
_IN_THE_LAYERS = (
    (N_("Space"), N_("Show or hide the layer or the group")),
    (N_("Alt + Up, Alt + Down"), N_("Move the layer")),
    (N_("Enter"), N_("Symbols, labels, opacity, scales, group")),
    (N_("F2 in the list"), N_("Rename the layer")),
    (N_("Menu key, Shift + F10"), N_("All that can be done with the layer")),
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
    ("Delete", N_("Empty the chosen cells")),
    (N_("Ctrl + Backspace"), N_("Put back what the records hold")),
    (N_("Ctrl + Z while editing"), N_("Take back the last step of writing")),
    (N_("Ctrl + S"), N_("Save the edits as one change")),
    (N_("Esc while editing"), N_("Discard the edits and end editing")),
)

_ELSEWHERE = (
    (N_("Down, Up, Enter in the search"), N_("Choose among what was found, and take it")),
    (N_("1, 2 on the page of conflicts"), N_("Let the left or the right value stand")),
    (N_("Alt + Up, Alt + Down among columns"), N_("Move the column")),
    (N_("Ctrl + Enter in a reason"), N_("Take the reason and go on")),
)


class KeysDialog(QDialog):
    """Two columns: key, and what it does."""

    def __init__(self, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr(N_("Keys")))
        body = QWidget()
        self._grid = QGridLayout(body)
        self._grid.setHorizontalSpacing(metrics.grid(6))
        rows = [
            (
                QKeySequence(item.shortcut).toString(QKeySequence.SequenceFormat.NativeText),
                tr(item.label).rstrip("…"),
            )
            for item in commands.commands.values()
            if item.shortcut
        ]
        self._list(N_("Everywhere"), rows)
        for title, keys in (
            (N_("On the map"), _ON_THE_MAP), (N_("While drawing"), _WHILE_DRAWING),
            (N_("In the layers"), _IN_THE_LAYERS), (N_("In the ledger"), _IN_THE_LEDGER),
            (N_("Elsewhere"), _ELSEWHERE),
        ):  # fmt: skip
            self._list(title, [(tr(key), tr(words)) for key, words in keys])
        self._grid.setColumnStretch(1, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(body)
        foot = buttons(tr(N_("Close")), cancel=False)
        foot.accepted.connect(self.accept)
        column = QVBoxLayout(self)
        column.addWidget(area, 1)
        column.addWidget(foot)
        metrics.open_at(self, metrics.chars(92), metrics.line_height() * 22)

    def _list(self, title: str, rows: Sequence[tuple[str, str]]) -> None:
        """A heading, and below it the keys of one part of the window."""
        self._grid.addWidget(heading(tr(title)), self._grid.rowCount(), 0, 1, 2)
        for key, words in rows:
            at = self._grid.rowCount()
            name, does = QLabel(key), QLabel(words)
            name.setFont(metrics.sized(1.0, bold=True))
            does.setWordWrap(True)
            self._grid.addWidget(name, at, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(does, at, 1)
