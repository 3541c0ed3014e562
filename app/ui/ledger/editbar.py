"""The foot of a ledger: the grand total, and while editing what is written, a reason, and saving it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from app.i18n import N_, tr
from app.ui import metrics
from app.ui.parts import side_button


class LedgerFoot(QWidget):
    """Always there; the editing part shows while the table is edited."""

    saving = Signal()
    discarding = Signal()

    def __init__(self, total: QLabel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("paneHeader")
        self.counts = QLabel()
        self.counts.setFont(metrics.sized(1.0, bold=True))
        self.says = QLabel()
        self.says.setProperty("danger", True)
        self.reason = QLineEdit(placeholderText=tr(N_("Reason of the change (may be empty)")))
        self.reason.setAccessibleName(tr(N_("Reason of the change")))
        self.reason.returnPressed.connect(self.saving)
        self.save: QPushButton = side_button(tr(N_("Save the edits")), self.saving.emit)
        self.save.setProperty("primary", True)
        self.discard = side_button(tr(N_("Discard")), self.discarding.emit)
        row = QHBoxLayout(self)
        metrics.tight(row, 1, 1.5)
        self.row = row
        row.addWidget(QLabel(tr(N_("Total"))))
        row.addWidget(total)
        row.addStretch(1)
        self._parts = (self.counts, self.reason, self.save, self.discard)
        for part in (self.says, *self._parts):
            row.addWidget(part)
        self.show_editing(False)

    def lead(self, *buttons: QWidget) -> None:
        """Put buttons in front of the total."""
        for at, button in enumerate(buttons):
            self.row.insertWidget(at, button)

    def show_editing(self, on: bool) -> None:
        """Show or hide the part for edits."""
        for part in self._parts:
            part.setVisible(on)
        self.says.clear()
        if on:
            self.show_counts(0, 0)

    def show_counts(self, changed: int, wrong: int) -> None:
        """How many cells are written in, and how many of them are wrong."""
        said = N_("{n} changed, {wrong} wrong") if wrong else N_("{n} changed")
        self.counts.setText(tr(said, n=changed, wrong=wrong))
        self.counts.setProperty("danger", bool(wrong))
        self.counts.style().unpolish(self.counts)
        self.counts.style().polish(self.counts)
        self.save.setEnabled(bool(changed or wrong))
        self.discard.setEnabled(bool(changed or wrong))

    def say(self, words: str) -> None:
        """Say what is wrong with a cell, or nothing."""
        self.says.setText(words)
        self.says.setToolTip(words)
