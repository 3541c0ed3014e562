"""Signing in as one of the workspace's people, and signing out."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.changes import Actor
from app.domain.entities.people import ROLES, Person
from app.errors import AppError
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.messages import buttons
from app.ui.tasks import Callbacks


class SignInDialog(QDialog):
    """A list of people and a PIN; checking it takes a moment and does not block the window. `forgotten` says
    that its person does not know it. `only` is the one person whose entries are not saved yet: under another
    name they would be somebody else's."""

    forgotten = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None, only: Actor | None = None) -> None:
        super().__init__(parent)
        self._desk, self._only = desk, only
        self.setWindowTitle(tr(N_("Sign in")))
        self.who = QComboBox()
        self.who.setMinimumContentsLength(30)
        self.who.setEditable(True)
        self.who.setEnabled(only is None)
        self.who.setAccessibleName(tr(N_("Person")))
        self.who.currentIndexChanged.connect(lambda _: self._show_begin())
        self.pin = QLineEdit()
        self.pin.setEchoMode(QLineEdit.EchoMode.Password)
        self.pin.setMaxLength(64)
        self._hint = QLabel(wordWrap=True)
        self._hint.setProperty("muted", True)
        self._fault = QLabel(wordWrap=True)
        self._fault.setProperty("danger", True)
        self.lost = QPushButton(tr(N_("PIN forgotten…")), flat=True, autoDefault=False)
        self.lost.clicked.connect(self._give_up)
        self.foot = buttons(tr(N_("Sign in")))
        self.foot.accepted.connect(self.send)
        self.foot.rejected.connect(self.reject)
        self.foot.setEnabled(only is None)  # else once they are found
        rows = QFormLayout()
        rows.setHorizontalSpacing(metrics.grid(3))
        rows.addRow(tr(N_("Person")), self.who)
        rows.addRow(tr(N_("PIN")), self.pin)
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 2)
        column.addLayout(rows)
        column.addWidget(self._hint)
        column.addWidget(self._fault)
        column.addStretch(1)
        below = QHBoxLayout()
        below.addWidget(self.lost)
        below.addWidget(self.foot, 1)
        column.addLayout(below)
        self.setMinimumWidth(metrics.chars(70))
        desk.read(self, _people, self._list, topic="people")

    def send(self) -> None:
        """Check name and PIN."""
        login = str(self.who.currentData() or self.who.currentText()).strip()
        pin = self.pin.text()

        def work(session: Any, _: Any) -> object:
            from app.actions.people import sign_in  # late: actions load after the first paint

            return sign_in(session, login, pin)

        self.foot.setEnabled(False)
        callbacks: Callbacks[object] = Callbacks(
            lambda _: self._signed_in(login), self._refused, finished=lambda: self.foot.setEnabled(True)
        )
        self._desk.act(self, work, callbacks, title=tr(N_("Signing in")))

    def _give_up(self) -> None:
        self.reject()
        self.forgotten.emit()

    def _signed_in(self, login: str) -> None:
        self._desk.remember(last_login=login)
        self._desk.actor_changed.emit()
        self.accept()

    def _refused(self, error: Exception) -> None:
        if not isinstance(error, AppError):
            self._desk.failed.emit(error)
            return
        self._fault.setText(error.told)
        self._grow()
        self.pin.selectAll()
        self.pin.setFocus(Qt.FocusReason.OtherFocusReason)

    def _list(self, people: list[Person]) -> None:
        typed, only = self.who.currentText(), self._only
        self.who.clear()
        for person in people:
            if only is None or person.uid == only.uid:
                self.who.addItem(_words(person), person.login)
        last = self._desk.preferences.last_login
        self.who.setCurrentIndex(max(0, self.who.findData(last)))
        if typed:
            self.who.setEditText(typed)
        if only is not None:
            self._bind(only)
        elif any(person.synthetic for person in people):
            self._hint.setText(tr(N_("Demo workspace: everybody's PIN is {pin}."), pin="246810"))
        self._show_begin()
        self.pin.setFocus()

    def _bind(self, only: Actor) -> None:
        self.foot.setEnabled(self.who.count() > 0)
        told = N_(
            "{name} has entered something that is not saved. It stays as it is; to save it {name} signs in"
            " again. Whoever else wants to sign in throws it away first."
        )
        gone = N_(
            "{name} has entered something that is not saved, and may not sign in here any more. It stays as"
            " it is until you throw it away: write down what you need, and ask the bureau."
        )
        self._hint.setText(tr(told if self.who.count() else gone, name=only.name))
        self._grow()

    def _grow(self) -> None:
        layout = self.layout()
        if layout is not None:  # else the words take their room from the fields above
            layout.activate()
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))

    def _show_begin(self) -> None:
        """A long line is shown from its beginning, which is the name."""
        line = self.who.lineEdit()
        if line is not None:
            line.setCursorPosition(0)


def _people(session: Any, _: Any) -> list[Person]:
    from app.actions.people import people_here  # late: actions load after the first paint

    found: list[Person] = people_here(session)
    return found


def _words(person: Person) -> str:
    parts = [f"{person.name} ({person.login})" if person.name != person.login else person.login]
    parts += [ROLES.label(person.role), person.org or ""]
    return " · ".join(part for part in parts if part)
