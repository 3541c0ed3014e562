"""One conflict in full: both sides, the rule and its proposal, evidence, places, and the two keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.domain.entities.conflict import PROPOSALS
from app.domain.entities.people import ROLES
from app.domain.entity import GEOMETRY
from app.domain.values import show_moment
from app.i18n import N_, listed, tr
from app.ui import icons, metrics
from app.ui.conflicts.model import (
    APART,
    KEPT,
    NEAR,
    OFFERED,
    VOID,
    deed_of,
    is_decidable,
    kind_of,
    may_take,
    proposal_of,
)
from app.ui.conflicts.papers import PaperStrip
from app.ui.conflicts.placemap import PlaceMap, Scenes
from app.ui.conflicts.sides import Sides
from app.ui.desk import Desk
from app.ui.parts import heading, muted, named, side_button

if TYPE_CHECKING:
    from app.actions.conflicts import ConflictView


class ConflictDetail(QWidget):
    """`taken` asks for a side, `wanted` for the record."""

    taken = Signal(str)  # KEPT or OFFERED
    wanted = Signal(str, str)  # entity, uid

    def __init__(self, desk: Desk, scenes: Scenes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._scenes = desk, scenes
        self.view: ConflictView | None = None
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.keep, self.take, self.both = QPushButton(), QPushButton(), QPushButton()
        for button, side in self._sides():
            button.clicked.connect(lambda _=False, side=side: self.taken.emit(side))
        self._why_not = muted()
        self._around = QWidget()
        desk.room.changed.connect(self._close)
        foot = named("foot")
        row = QHBoxLayout(foot)
        metrics.tight(row, 2, 2)
        row.addWidget(self._why_not, 1)
        for button, _ in self._sides():
            row.addWidget(button)
        column = QVBoxLayout(self)
        metrics.tight(column, 0, 0)
        column.addWidget(self._area, 1)
        column.addWidget(self._around)
        column.addWidget(foot)

    def _sides(self) -> tuple[tuple[QPushButton, str], ...]:
        return (self.keep, KEPT), (self.take, OFFERED), (self.both, APART)

    def _close(self) -> None:
        """Whether anything can be changed is another matter now."""
        if self.view is not None:
            self._show_foot(self.view)

    def show_view(self, view: ConflictView) -> None:
        """Show a conflict."""
        same = self.view is not None and self.view.uid == view.uid
        at = self._area.verticalScrollBar().value() if same else 0
        self.view = view
        body = named("recordBody")
        column = QVBoxLayout(body)
        metrics.tight(column, 4, 3)
        column.addLayout(self._title(view))
        column.addWidget(_rule(view))
        column.addWidget(Sides(view, self._desk.names, proposal_of(view)))
        column.addStretch(1)
        self._area.setWidget(body)
        self._show_surroundings(view)
        self._area.verticalScrollBar().setValue(at)
        self._show_foot(view)

    def _title(self, view: ConflictView) -> QHBoxLayout:
        words = QVBoxLayout()
        title = heading(view.record.title, 1.15)
        title.setWordWrap(True)
        title.setTextFormat(Qt.TextFormat.PlainText)
        words.addWidget(title)
        words.addWidget(muted(f"{kind_of(view)} · {view.kind_text}"))
        go = side_button(
            tr(N_("Go to the record")), lambda: self.wanted.emit(view.record.entity, view.record.uid)
        )
        icons.wear(go, "goto")
        go.setEnabled(view.record.exists)
        if not view.record.exists:
            go.setToolTip(tr(N_("The record is deleted.")))
        row = QHBoxLayout()
        row.addLayout(words, 1)
        row.addWidget(go, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _show_surroundings(self, view: ConflictView) -> None:
        """The map and the papers side by side, in sight however long the fields are; a map alone has all the
        room."""
        around = named("recordBody")
        row = QHBoxLayout(around)  # first: a map shown without a parent would be a window of its own
        metrics.tight(row, 4, 4)
        self.layout().replaceWidget(self._around, around)  # type: ignore[union-attr]
        self._around.hide()
        self._around.setParent(None)
        self._around.deleteLater()
        self._around = around
        place = next((field for field in view.fields if field.field == GEOMETRY), None)
        if place is not None or view.place is not None:
            small = PlaceMap(self._desk, self._scenes)
            row.addWidget(small, 3)
            if place is not None:
                small.show_places(view.record.entity, place.kept, place.offered)
            else:
                small.show_place(view.record.entity, view.place)
        if view.evidence:
            papers = QVBoxLayout()
            papers.addWidget(muted(tr(N_("Evidence {n}"), n=len(view.evidence))))
            papers.addWidget(PaperStrip(self._desk, view.evidence), 1)
            row.addLayout(papers, 2)
        around.setVisible(row.count() > 0)

    def _show_foot(self, view: ConflictView) -> None:
        free, settled = is_decidable(view), bool(view.settled_by)
        closed = self._desk.room.why_closed if free else ""
        for at, (button, side) in enumerate(self._sides(), 1):
            button.setText(f"{at}  {deed_of(view, side)}")
            offers = view.own_number if side == APART else side == KEPT or view.kind != VOID
            button.setVisible(not settled and bool(offers))
            button.setEnabled(may_take(view, side) and not closed)
            button.setProperty("primary", free and proposal_of(view) == side)
            button.style().polish(button)
        self._why_not.setText(closed or _foot_words(view))


def _rule(view: ConflictView) -> QFrame:
    frame = QFrame()
    frame.setObjectName("card")
    column = QVBoxLayout(frame)
    metrics.tight(column, 2.5, 1)
    proposal = tr(N_("Proposal: {words}"), words=deed_of(view, proposal_of(view))) if view.proposal else ""
    for words in (view.rule, proposal if view.situation == "open" else ""):
        if words:
            label = QLabel(words, wordWrap=True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            column.addWidget(label)
    return frame


def _foot_words(view: ConflictView) -> str:
    if view.settled_by:
        when = show_moment(view.settled_at) if view.settled_at else ""
        told = tr(N_("Settled by {who}"), who=view.settled_by)
        return " · ".join(part for part in (told, when, _taken(view)) if part)
    if is_decidable(view) and view.obstacle:
        return tr(N_("Cannot be taken in: {why}"), why=view.obstacle)
    if is_decidable(view) and view.kind == VOID:
        return tr(N_("Whoever may takes the step again at the record; 1 puts this aside."))
    if is_decidable(view) and view.note == NEAR:
        return tr(N_("If they are one: 2 deletes this entry; to delete the other, go to it, then press 1."))
    if is_decidable(view) and view.own_number:
        return tr(N_("Keys 1 to 3 decide; Ctrl+Z takes the decision back."))
    if is_decidable(view):
        by_rule = tr(N_("The rule has settled this; you may decide otherwise.")) + " "
        keys = tr(N_("Keys 1 and 2 take a side; Ctrl+Z takes the decision back."))
        return keys if view.situation == "open" else by_rule + keys
    roles = listed(ROLES.label(role) for role in view.decides)
    return tr(N_("Decided by: {roles}"), roles=roles or "—")


def _taken(view: ConflictView) -> str:
    taken = view.taken or ""
    return deed_of(view, taken) if taken in (*PROPOSALS.codes, APART) else taken
