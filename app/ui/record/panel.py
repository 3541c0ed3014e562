"""The record panel: follows the selection, reads the record in a thread, and starts what is done to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QStackedLayout,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.catalog import entity_type
from app.domain.entities.boiler_codes import words_of_state
from app.domain.entities.patrol import Patrol
from app.domain.surroundings import SOURCES
from app.i18n import N_, tr
from app.ui import icons, metrics
from app.ui.conflicts.notes import ConflictNotes, of_record
from app.ui.desk import Desk, Touched
from app.ui.parts import fault, say_fault
from app.ui.record.alerts import alerts_of
from app.ui.record.editdialog import EditDialog
from app.ui.record.evidence import EvidenceView
from app.ui.record.fields import FieldsView, Rows, place_rows
from app.ui.record.history import HistoryView
from app.ui.record.many import ManySteps
from app.ui.record.nextsteps import NextSteps, can_open
from app.ui.record.papers import KindsDialog
from app.ui.record.patrols import PatrolLink
from app.ui.record.redacting import ask_redaction
from app.ui.record.signatures import SignaturesView
from app.ui.record.stepdialog import StepDialog
from app.ui.record.stepper import Stepper
from app.ui.record.viewer import open_paper
from app.ui.selection import Selected
from app.ui.tasks import Callbacks

if TYPE_CHECKING:
    from app.actions.conflicts import ConflictView
    from app.actions.history import HistoryEntry
    from app.actions.records import RecordView
    from app.actions.steps import NextStep

_BESIDE = frozenset({"attachment", "redaction", "approval", "conflict"})
_Read = tuple["RecordView", Sequence["HistoryEntry"], Sequence["ConflictView"], Rows]


_EDIT = N_("Edit this record (F2)")


class RecordPanel(QWidget):
    """One record; empty it says how to choose one."""

    shown = Signal(object)  # RecordView
    located = Signal()  # show the record on the map
    disputed = Signal(str)  # show the conflicts of this record (uid)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recordPanel")
        self._desk = desk
        self.view: RecordView | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(metrics.chars(40))
        self.title = QLabel(wordWrap=True)
        self.title.setFont(metrics.sized(1.15, bold=True))
        self.subtitle = QLabel(wordWrap=True)
        self.subtitle.setProperty("muted", True)
        self.stepper, self.conflicts = Stepper(), ConflictNotes()
        self.alerts = fault()
        self.fields, self.history = FieldsView(), HistoryView()
        self.evidence, self.steps, self.signatures = EvidenceView(desk), NextSteps(), SignaturesView()
        self.many, self.patrols = ManySteps(desk), PatrolLink(desk)
        self.edit = self._button("edit", _EDIT, self.edit_record)
        self.locate = self._button("zoom_selection", N_("Show on the map"), self.located)
        self._empty = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setProperty("muted", True)
        self._lay_out()
        self._connect()
        self._show_nothing()

    def _connect(self) -> None:
        self._desk.selection.changed.connect(self._follow)
        self._desk.changed.connect(self._records_changed)
        self._desk.actor_changed.connect(self.read)
        self._desk.room.changed.connect(self.read)
        self._desk.preferences_changed.connect(self.read)
        self.steps.wanted.connect(self.open_step)
        self.evidence.added.connect(self.add_papers)
        self.evidence.opened.connect(self._open_paper)
        self.evidence.unwanted.connect(lambda _: self.redact_paper())
        self.conflicts.wanted.connect(lambda: self.disputed.emit(self._desk.selection.now.current))

    # ---- reading

    def read(self) -> None:
        """Read the current record again."""
        selected = self._desk.selection.now
        if not selected.current:
            self._show_nothing()
            return
        notation = self._desk.preferences.notation
        self._desk.read(
            self,
            lambda session, _: _read(session, selected, notation),
            Callbacks(self._show, self._gone),
            topic="record",
        )

    def _follow(self, _: Selected) -> None:
        self.read()

    def _records_changed(self, touched: Touched) -> None:
        current = self._desk.selection.now
        beside = _BESIDE | (SOURCES if current.entity and entity_type(current.entity).at_read else set())
        if current.entity == "grid_cell":
            beside |= {"patrol"}
        if current.current in touched.get(current.entity, ()) or beside & set(touched):
            self.read()

    def _show(self, found: _Read) -> None:
        self.view, entries, disputes, place = found
        record, kind = self.view.record, self.view.record.TYPE
        self.title.setText(record.title())
        self.subtitle.setText(self._about())
        self.patrols.show_record(record)
        self.stepper.show_state(self.view.state)
        say_fault(self.alerts, "\n".join(alerts_of(self.view, self._desk.need().today)))
        self.conflicts.show_conflicts(disputes)
        self.fields.show_record(record, self._desk.names, place)
        self.evidence.show_papers(
            self.view,
            self._desk.why_not_add(entity_type("attachment")),
            redactor=not self._desk.why_not_add(entity_type("redaction")),
        )
        self.signatures.show_signatures(self.view.signatures)
        self.history.show_history(kind, entries, self._desk.names)
        self.steps.setVisible(self.view.state is not None)
        self.steps.show_steps(self.view.steps, self._desk.actor is not None, self._desk.room.why_closed)
        self.many.follow(self._desk.selection.now)
        why = self._desk.why_not_write(kind)
        self.edit.setEnabled(not why)
        self.edit.setToolTip(why or tr(_EDIT))
        self._name_tabs()
        self._pages.setCurrentIndex(1)
        self.shown.emit(self.view)

    def _about(self) -> str:
        record = self.view.record if self.view else None
        if record is None:
            return ""
        selected = self._desk.selection.now
        parts = [record.TYPE.text]
        if isinstance(record, Patrol):  # its title has the code alone
            parts.append(self._desk.names.of("division", record.div_code or ""))
        if self.view and self.view.state:
            parts.append(words_of_state(self.view.state))
        if getattr(record, "round_no", 1) != 1:
            parts.append(tr(N_("round {n}"), n=record.values()["round_no"]))
        if self.view and self.view.patrols:
            parts.append(self.view.patrols)
        if getattr(record, "synthetic", None):
            parts.append(tr(N_("Synthetic")))
        if len(selected.uids) > 1:
            parts.append(tr(N_("1 of {n} selected"), n=len(selected.uids)))
        return " · ".join(parts)

    def _gone(self, error: Exception) -> None:
        """The record was deleted, or its creation undone, while it was selected."""
        shown = self.view is not None and self.view.record.uid == self._desk.selection.now.current
        gone = N_("{title} is no longer in the ledger.")  # by the name that was just read here, not by a key
        self._desk.said.emit(tr(gone, title=self.view.record.title()) if self.view and shown else str(error))
        self._desk.selection.clear()

    def _show_nothing(self) -> None:
        self.view = None
        hint = N_("Select a record on the map or in the ledger to see it here.")
        self._empty.setText(tr(hint) if self._desk.session else tr(N_("No workspace is open.")))
        self._pages.setCurrentIndex(0)

    # ---- doing

    def open_step(self, step: NextStep) -> None:
        """Open the dialog of a step."""
        if self.view is not None:
            StepDialog(self._desk, self.view, step, self.window()).open()

    def first_step(self) -> None:
        """Ctrl+Enter: open the first step this person may take."""
        steps = self.view.steps if self.view else ()
        first = next((step for step in steps if step.for_me and can_open(step)), None)
        if first is not None:
            self.open_step(first)
        else:
            self._desk.said.emit(tr(N_("There is no step for you on this record now.")))

    def focus_fields(self) -> None:
        """Show the fields and take the keyboard."""
        self.tabs.setCurrentWidget(self.fields)
        self.fields.setFocus()

    def focus_history(self) -> None:
        """Show the history and take the keyboard."""
        self.tabs.setCurrentWidget(self.history)
        self.history.setFocus()

    def choose_papers(self) -> None:
        """Choose files as evidence."""
        if self.view is not None:
            self.tabs.setCurrentWidget(self.evidence)
            self.evidence.choose()

    def edit_record(self) -> None:
        """Open the form."""
        if self.view is not None and self.edit.isEnabled():
            EditDialog(self._desk, self.view.record.TYPE, self.view.record, self.window()).open()

    def add_papers(self, files: list[Path]) -> None:
        """Ask what the files are, then put them beside the record."""
        if self.view is None or not files:
            return
        record = self.view.record
        wanted = [kind for step in self.view.steps if step.for_me for kind in step.evidence]
        have = {paper.kind for paper in self.view.attachments}
        dialog = KindsDialog(files, [kind for kind in wanted if kind not in have], self.window())

        def work(session: Any, _: Any) -> object:
            from app.actions.evidence import add_evidence  # late: actions load after the first paint

            return add_evidence(session, record, dialog.chosen())

        def send() -> None:
            said = tr(N_("{n} files added as evidence"), n=len(files))
            self._desk.act(self, work, lambda _: self._desk.said.emit(said), title=tr(N_("Adding evidence")))

        dialog.accepted.connect(send)
        dialog.open()

    def redact_paper(self) -> None:
        """Take the chosen paper away, or say that one has to be chosen."""
        paper = self.evidence.paper(self.evidence.chosen())
        if paper is not None and self.view is not None:
            ask_redaction(self._desk, paper, self.view.record.title(), self.window())
        elif self.view is not None:
            self.tabs.setCurrentWidget(self.evidence)
            self._desk.said.emit(tr(N_("Choose the paper that lies here wrongly.")))

    def _open_paper(self, uid: str) -> None:
        paper = self.evidence.paper(uid)
        if paper is not None and self.view is not None:
            open_paper(self._desk, paper, self.view.attachments, self.window())

    # ---- layout

    def _button(self, icon: str, words: str, run: Any) -> QToolButton:
        button = QToolButton()
        button.setProperty("flat", True)
        button.setToolTip(tr(words))
        button.setAccessibleName(tr(words))
        icons.wear(button, icon)
        button.clicked.connect(run)
        return button

    def _name_tabs(self) -> None:
        papers = len(self.view.attachments) if self.view else 0
        signed = len(self.view.signatures) if self.view else 0
        self.tabs.setTabText(1, tr(N_("Evidence {n}"), n=papers))
        self.tabs.setTabText(2, tr(N_("Signatures {n}"), n=signed) if signed else tr(N_("Signatures")))
        self.tabs.setTabVisible(2, bool(self.view and self.view.state is not None))

    def _lay_out(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.fields, tr(N_("Fields")))
        self.tabs.addTab(self.evidence, tr(N_("Evidence {n}"), n=0))
        self.tabs.addTab(self.signatures, tr(N_("Signatures")))
        self.tabs.addTab(self.history, tr(N_("History")))
        top = QHBoxLayout()
        metrics.tight(top, 0, 0)
        words = QVBoxLayout()
        words.addWidget(self.title)
        words.addWidget(self.subtitle)
        top.addLayout(words, 1)
        for button in (self.locate, self.edit):
            top.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        page = QWidget()
        column = QVBoxLayout(page)
        metrics.tight(column, 2, 2)
        column.addLayout(top)
        column.addWidget(self.patrols)
        column.addWidget(self.stepper)
        column.addWidget(self.alerts)
        column.addWidget(self.conflicts)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.many)
        column.addWidget(self.steps)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(page)


def _read(session: Any, selected: Selected, notation: str) -> _Read:
    from app.actions.history import history  # late: actions load after the first paint
    from app.actions.records import show_record

    kind = entity_type(selected.entity).name
    view = show_record(session, kind, selected.current)
    entries, disputes = history(session, kind, selected.current), of_record(session, view.record.uid)
    return view, entries, disputes, place_rows(view.record, notation)
