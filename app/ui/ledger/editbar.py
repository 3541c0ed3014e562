"""The foot of a ledger: the grand total, and while editing what is written, a reason, and saving it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.i18n import N_, tr
from app.ui import metrics
from app.ui.parts import side_button


class _OneLine(QLabel):
    """Takes the room there is: a sentence too long for it ends in dots, and its tip holds all of it."""

    def minimumSizeHint(self) -> QSize:
        """No width of its own, so that a long sentence pushes nothing out of the window."""
        return QSize(0, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        """As the smallest."""
        return self.minimumSizeHint()

    def paintEvent(self, _: QPaintEvent) -> None:
        """The sentence, cut at the end where it must be."""
        words = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, words)


class LedgerFoot(QWidget):
    """Always there; a second line shows while the table is edited."""

    saving = Signal()
    discarding = Signal()
    cancelling = Signal()  # a large block that is being written

    def __init__(self, total: QLabel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("paneHeader")
        self.counts = QLabel()
        self.counts.setFont(metrics.sized(1.0, bold=True))
        self.says = _OneLine()
        self.says.setProperty("danger", True)
        self.reason = QLineEdit(placeholderText=tr(N_("Reason of the change (may be empty)")))
        self.reason.setAccessibleName(tr(N_("Reason of the change")))
        self.reason.returnPressed.connect(self.saving)
        self.save: QPushButton = side_button(tr(N_("Save the edits")), self.saving.emit)
        self.save.setProperty("primary", True)
        self.discard = side_button(tr(N_("Discard")), self.discarding.emit)
        self.reason.setMinimumWidth(metrics.chars(30))
        column = QVBoxLayout(self)
        metrics.tight(column, 1, 1)
        self.row = _line(column, QLabel(tr(N_("Total"))), total)
        self.row.addStretch(1)
        self._edits = QWidget()
        line = QVBoxLayout(self._edits)
        metrics.tight(line, 0, 0)
        self._bar = QProgressBar()
        self._bar.setMaximumWidth(metrics.chars(30))
        self._stop = side_button(tr(N_("Cancel")), self.cancelling.emit)
        parts = (self.counts, self.says, self._bar, self._stop, self.reason, self.save, self.discard)
        _line(line, *parts).setStretch(1, 1)
        self.show_working(False)
        column.addWidget(self._edits)
        self.show_editing(False)

    def lead(self, *buttons: QWidget) -> None:
        """Put buttons in front of the total."""
        for at, button in enumerate(buttons):
            self.row.insertWidget(at, button)

    def show_editing(self, on: bool) -> None:
        """Show or hide the part for edits."""
        self._edits.setVisible(on)
        self.says.clear()
        if on:
            self.show_counts(0, 0)

    def show_working(self, on: bool) -> None:
        """A large block is being written: its progress and a way to stop it, instead of saving."""
        shown: dict[QWidget, bool] = dict.fromkeys((self._bar, self._stop), on)
        shown |= dict.fromkeys((self.reason, self.save, self.discard), not on)
        for part, seen in shown.items():
            part.setVisible(seen)
        self._bar.setRange(0, 0)

    def show_progress(self, done: int, total: int, _: str) -> None:
        """How many records of a block have been written."""
        self._bar.setRange(0, total)
        self._bar.setValue(done)

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


def _line(column: QVBoxLayout, *parts: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(metrics.grid(1.5))
    for part in parts:
        row.addWidget(part)
    column.addLayout(row)
    return row
