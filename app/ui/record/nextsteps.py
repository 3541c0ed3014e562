"""“What may I do next”: a button for each step this person may take on the record, with what is still
missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.domain.entities.people import ROLES
from app.i18n import N_, in_a_row, listed, tr
from app.ui import icons, metrics
from app.ui.parts import named

if TYPE_CHECKING:
    from app.actions.steps import NextStep

# What the step's own dialog can supply; any other lack has to be met before.
FILLED_IN_DIALOG = ("evidence", "field", "reason", "dates", "unproven", "check")


class NextSteps(QWidget):
    """Lists the steps; `wanted` asks the panel to open the step's dialog."""

    wanted = Signal(object)  # NextStep

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[NextStep, ...] = ()
        self._closed = ""
        title = QLabel(tr(N_("What may I do next")))
        title.setFont(metrics.sized(1.0, bold=True))
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        metrics.tight(column, 2, 1)
        column.addWidget(title)
        column.addWidget(self._area)

    def show_steps(self, steps: Sequence[NextStep], signed_in: bool, closed: str = "") -> None:
        """Show the steps of the person's role; without any, say whose turn it is. `closed` says why none can
        be taken now."""
        self._steps, self._closed = tuple(steps), closed
        body = named("recordBody")
        column = QVBoxLayout(body)
        metrics.tight(column, 0, 1)
        mine = [step for step in steps if step.for_me]
        if mine and closed:
            column.addWidget(_muted(closed))
        for step in mine:
            self._add_step(column, step)
        if not mine:
            column.addWidget(_muted(self._whose_turn(signed_in)))
        column.addStretch(1)
        self._area.setWidget(body)
        wish = body.sizeHint().height() + metrics.grid(1)
        self._area.setFixedHeight(min(wish, metrics.line_height() * 9))

    def buttons(self) -> list[QPushButton]:
        """The buttons that are shown."""
        return self._area.findChildren(QPushButton)

    def words(self) -> str:
        """The sentences that are shown."""
        return "\n".join(label.text() for label in self._area.findChildren(QLabel))

    def _add_step(self, column: QVBoxLayout, step: NextStep) -> None:
        count = f" ({step.signature}/{step.signatures})" if step.signatures > 1 else ""
        button = QPushButton(step.label + count)
        if step.allowed:
            button.setProperty("primary", True)
        else:
            icons.wear(button, "step")
        button.setEnabled(can_open(step) and not self._closed)
        button.clicked.connect(lambda _=False, step=step: self.wanted.emit(step))
        column.addWidget(button)
        if step.lacks:
            reason = _muted(_sentence(step))
            button.setAccessibleDescription(reason.text())
            button.setToolTip(self._closed or reason.text())
            column.addWidget(reason)

    def _whose_turn(self, signed_in: bool) -> str:
        if not signed_in:
            return tr(N_("Sign in to see what you may do."))
        if not self._steps:
            return tr(N_("This record has no further step."))
        if all(any(lack.code == "outside_area" for lack in step.lacks) for step in self._steps):
            return tr(N_("This record lies outside your area"))
        turns = dict.fromkeys(map(_turn, self._steps))
        return tr(N_("Not your turn. Next: {turns}"), turns=in_a_row(turns))


def _turn(step: NextStep) -> str:
    """A step with those who may take it."""
    return tr(N_("{step} ({roles})"), step=step.label, roles=listed(map(ROLES.label, step.roles)))


def can_open(step: NextStep) -> bool:
    """Whether the step's dialog is worth opening: everything missing can be supplied there."""
    return all(not lack.who and lack.code in FILLED_IN_DIALOG for lack in step.lacks)


def _sentence(step: NextStep) -> str:
    """One sentence: the papers together, then the rest."""
    papers = [lack for lack in step.lacks if lack.code == "evidence" and "kind" in lack.values]
    others = [lack.text for lack in step.lacks if lack not in papers]
    kinds = listed(str(lack.values["kind"]) for lack in papers)
    return in_a_row([*([tr(N_("Missing: {kind}"), kind=kinds)] if kinds else []), *others])


def _muted(words: str) -> QLabel:
    label = QLabel(words, wordWrap=True)
    label.setProperty("muted", True)
    return label
