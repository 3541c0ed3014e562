"""A dialog of a few declared fields that starts one action; it stays open when the action refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from app.domain.fields import Field
from app.errors import Invalid
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.forms.form import Form
from app.ui.messages import buttons
from app.ui.parts import fault, muted, say_fault, say_refusal
from app.ui.tasks import Callbacks

Work = Callable[[Any, Mapping[str, Any]], object]


class AskDialog(QDialog):
    """`work` gets the session and the values in the writing thread; `done` its answer in the window's."""

    def __init__(
        self,
        desk: Desk,
        title: str,
        fields: Sequence[Field],
        work: Work,
        done: Callable[[Any], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._desk, self._work, self._after = desk, work, done
        title = title.rstrip("…")
        self.setWindowTitle(title)
        self.form = Form(desk.names)
        self.form.add_group("", fields)
        self._hint = muted()
        self._hint.hide()
        self._fault = fault()
        self.foot = buttons(title)
        self.foot.accepted.connect(self.send)
        self.foot.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 3)
        for box in (self.form, self._hint, self._fault):
            column.addWidget(box)
        column.addStretch(1)
        column.addWidget(self.foot)
        self.setMinimumWidth(metrics.chars(62))

    def say(self, words: str) -> None:
        """A quiet line below the fields."""
        self._hint.setText(words)
        self._hint.show()
        self._grow()

    def send(self) -> None:
        """Start the action."""
        try:
            values = self.form.values()
        except Invalid as refused:
            say_fault(self._fault, refused.message)
            return
        self.foot.setEnabled(False)
        callbacks: Callbacks[object] = Callbacks(
            self._done, self._refused, finished=lambda: self.foot.setEnabled(True)
        )
        self._desk.act(
            self, lambda session, _: self._work(session, values), callbacks, title=self.windowTitle()
        )

    def _done(self, outcome: object) -> None:
        self.accept()
        self._after(outcome)

    def _refused(self, error: Exception) -> None:
        say_refusal(self._fault, error, self._desk.failed.emit)
        self._grow()

    def _grow(self) -> None:
        """Make room for words that wrap; Qt asks them for their height at another width."""
        layout = self.layout()
        if layout is not None:
            width = max(self.width(), self.minimumWidth())
            self.resize(width, max(self.height(), layout.totalHeightForWidth(width)))
