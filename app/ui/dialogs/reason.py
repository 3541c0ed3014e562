"""Asking for a reason: for deleting, for answering for edits of another program, for undoing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QLabel, QListWidget, QPlainTextEdit, QVBoxLayout, QWidget

from app.i18n import N_, tr
from app.ui import metrics
from app.ui.messages import buttons

_MOST_LINES = 8  # of the list without scrolling


class ReasonDialog(QDialog):
    """A question, a list of what it is about, and a reason that must be `enough`: by itself, not empty."""

    def __init__(
        self, title: str, question: str, do_it: str, items: list[str], parent: QWidget | None = None,
        enough: Callable[[str], bool] = bool,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._enough = enough
        self.setWindowTitle(title)
        self._reason = QPlainTextEdit()
        self._reason.setTabChangesFocus(True)
        self._reason.setFixedHeight(metrics.line_height() * 3)
        self._reason.setAccessibleName(tr(N_("Reason")))
        self._reason.textChanged.connect(self._check)
        QShortcut(QKeySequence("Ctrl+Return"), self).activated.connect(self._take)
        self.foot = buttons(do_it)
        self.foot.accepted.connect(self.accept)
        self.foot.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 2)
        column.addWidget(QLabel(question, wordWrap=True))
        if items:
            column.addWidget(_list_of(items))
        column.addWidget(QLabel(tr(N_("Reason"))))
        column.addWidget(self._reason)
        column.addWidget(self.foot)
        self.setMinimumWidth(metrics.chars(66))
        self._reason.setFocus()  # else the first key would go into the list
        self._check()
        self.resize(self.minimumWidth(), column.totalHeightForWidth(self.minimumWidth()))

    def reason(self) -> str:
        """The reason."""
        return self._reason.toPlainText().strip()

    def set_reason(self, text: str) -> None:
        """Propose a reason."""
        self._reason.setPlainText(text)

    def propose(self, text: str) -> None:
        """Propose a reason: Enter takes it, and in its field typing replaces it."""
        self.set_reason(text)
        self._reason.selectAll()
        for button in self.foot.buttons():
            if button.objectName() == "deed":
                button.setFocus()

    def _take(self) -> None:
        if self._enough(self.reason()):
            self.accept()

    def _check(self) -> None:
        for button in self.foot.buttons():
            if button.objectName() == "deed":
                button.setEnabled(self._enough(self.reason()))


def _list_of(items: list[str]) -> QListWidget:
    """The lines, as high as they are few."""
    box = QListWidget()
    box.addItems(items)
    box.setWordWrap(True)
    wide = metrics.chars(56)
    parts = [part for item in items[:_MOST_LINES] for part in item.split("\n")]
    lines = sum(1 + box.fontMetrics().horizontalAdvance(part) // wide for part in parts)
    box.setFixedHeight(min(lines, _MOST_LINES) * metrics.line_height() + metrics.grid(4))
    return box
