"""Look-back rounds on screen: how far each has come, its boilers, and a result recorded in a few clicks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QProgressBar,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.actions.lookback import GOOD, OPEN, RESULTS, Progress, Visit, rounds, visits_of
from app.actions.records import RecordView, show_record
from app.actions.reports import ReportDone, ReportOrder, make_report
from app.actions.watching import Watch
from app.domain.values import show_moment
from app.i18n import N_, in_a_row, tr
from app.ui import metrics
from app.ui.desk import Desk, Touched
from app.ui.parts import muted, side_button
from app.ui.record.nextsteps import can_open
from app.ui.record.stepdialog import StepDialog
from app.ui.tasks import Callbacks, Token
from app.ui.theme import colours

_COLUMNS = (N_("Place in the draw"), N_("Ledger no."), N_("User unit"), N_("Division"), N_("Found"), N_("On"))
_STEP_OF = {"good": "look_back", "bad": "rebound"}
_FILES = "*.docx *.xlsx *.csv"


class LookbackDialog(QDialog):
    """Stays open beside the map: the row that is chosen is the record the window shows.

    `draw` opens the window's dialog that draws a round.
    """

    def __init__(self, desk: Desk, folder: str, draw: Callable[[], None], parent: QWidget) -> None:
        super().__init__(parent)
        self._desk, self._folder, self._draw = desk, folder, draw
        self._progress: dict[str, Progress] = {}
        self.visits: list[Visit] = []
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)  # hidden, it would go on choosing records
        self.setWindowTitle(tr(N_("Look-back rounds")))
        self.round = QComboBox()
        self.round.setAccessibleName(tr(N_("Look-back round")))
        self.round.activated.connect(lambda _: self._read_visits())
        self.bar = QProgressBar(textVisible=False)
        self.bar.setFixedHeight(metrics.grid(2))
        self.words, self.seed = muted(), muted()
        self.seed.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.table = self._table()
        self.good = side_button(tr(N_("Still cleared…")), lambda: self.record("good"))
        self.good.setProperty("primary", True)
        self.bad = side_button(tr(N_("Report a rebound…")), lambda: self.record("bad"))
        self.print = side_button(tr(N_("Write list or forms…")), self.choose_file)
        self.fresh = side_button(tr(N_("Draw a round…")), draw)
        self._lay_out()
        desk.changed.connect(self._changed)
        desk.actor_changed.connect(self._offer)
        desk.room.changed.connect(self._offer)
        self.reload()

    # ---- reading

    def reload(self) -> None:
        """Read the rounds again; the one that is shown stays."""
        self._desk.read(self, lambda session, _: rounds(session), self._show_rounds, topic="rounds")

    def _changed(self, touched: Touched) -> None:
        if {"boiler", "lookback_round", "approval"} & set(touched):
            self.reload()

    def _show_rounds(self, found: Sequence[Progress]) -> None:
        newest = found[0].round.uid if found else ""
        added = newest not in self._progress
        kept = newest if added else str(self.round.currentData() or newest)
        self._progress = {item.round.uid: item for item in found}
        self.round.clear()
        for item in found:
            self.round.addItem(f"{item.round.name} · {show_moment(item.round.drawn_at)}", item.round.uid)
        self.round.setCurrentIndex(max(0, self.round.findData(kept)))
        self._read_visits()

    def _read_visits(self) -> None:
        now = self._progress.get(str(self.round.currentData()))
        if now is None:
            self._show_visits([])
            return
        made = now.round
        self._desk.read(self, lambda session, _: visits_of(session, made), self._show_visits, topic="visits")

    def _show_visits(self, visits: Sequence[Visit]) -> None:
        held = self.chosen()
        self.visits = list(visits)
        self._say_progress()
        self.table.blockSignals(True)
        self.table.setRowCount(len(visits))
        for at, visit in enumerate(visits):
            for column, words in enumerate(self._cells(visit)):
                self.table.setItem(at, column, _item(words, visit.result, column))
        self.table.blockSignals(False)
        self._choose_next(held)

    def _cells(self, visit: Visit) -> tuple[str, ...]:
        boiler = visit.boiler
        place = self._desk.names.of("division", boiler.div_code) if boiler.div_code else ""
        found = tr(RESULTS[visit.result])
        return (str(visit.place), boiler.ledger_no, boiler.user_org or "", place, found, visit.found_on)

    def _say_progress(self) -> None:
        now = self._progress.get(str(self.round.currentData()))
        self.bar.setVisible(now is not None)
        if now is None:
            self.words.setText(tr(N_("No round has been drawn yet. The city bureau draws one.")))
            self.seed.clear()
            return
        self.bar.setRange(0, max(1, now.drawn))
        self.bar.setValue(now.visited)
        self.words.setText(
            tr(
                N_("Visited {n} of {all}: {good} still cleared, {reported} reported, {rebound} rebound"),
                n=now.visited,
                all=now.drawn,
                good=now.good,
                reported=now.reported,
                rebound=now.rebound,
            )
        )
        made = now.round
        words = N_("Drawn from {population} cleared boilers with the seed {seed}")
        said = tr(words, population=made.population, seed=made.seed)
        self.seed.setText(in_a_row(filter(None, (said, now.limited))))

    # ---- choosing and recording

    def chosen(self) -> Visit | None:
        """The visit whose row is chosen."""
        at = self.table.currentRow()
        return self.visits[at] if 0 <= at < len(self.visits) else None

    def _choose_next(self, held: Visit | None) -> None:
        """The row that was chosen; when something was found there, the next that is open."""
        places = [visit.place for visit in self.visits]
        at = places.index(held.place) if held is not None and held.place in places else 0
        if held is not None and self.visits and self.visits[at].result != held.result:
            later = [*range(at + 1, len(self.visits)), *range(at)]
            at = next((row for row in later if self.visits[row].result == OPEN), at)
        if self.visits:
            self.table.setCurrentCell(at, 1)
        self._offer()

    def _row_chosen(self) -> None:
        visit = self.chosen()
        if visit is not None:
            self._desk.selection.choose("boiler", [visit.boiler.uid])
        self._offer()

    def _offer(self) -> None:
        visit, closed = self.chosen(), self._desk.room.why_closed
        role = self._desk.actor.role if self._desk.actor is not None and not closed else ""
        waits = visit is not None and visit.result in (OPEN, GOOD) and visit.boiler.status == "cleared"
        self.good.setEnabled(waits and role in ("R5", "R6"))
        tip = "" if self.good.isEnabled() else tr(N_("For the city bureau; anybody reports."))
        self.good.setToolTip(closed or tip)
        self.bad.setEnabled(waits and bool(role))
        self.fresh.setEnabled(role in ("R5", "R6"))
        for button in (self.bad, self.fresh):
            button.setToolTip(closed)
        self.print.setEnabled(bool(self.visits))

    def record(self, what: str) -> None:
        """Open the step's dialog for the chosen boiler, with the round filled in."""
        visit, now = self.chosen(), self._progress.get(str(self.round.currentData()))
        if visit is None or now is None:
            return
        uid, name, action = visit.boiler.uid, now.round.name, _STEP_OF[what]

        def show(view: RecordView) -> None:
            step = next((item for item in view.steps if item.action == action), None)
            if step is None or not can_open(step):
                lacks = step.lacks if step else ()
                self._desk.said.emit(in_a_row(lack.text for lack in lacks))
                return
            dialog = StepDialog(self._desk, view, step, self)
            dialog.preset({"lookback_round": name})
            dialog.open()

        self._desk.read(self, lambda session, _: show_record(session, "boiler", uid), show, topic="record")

    # ---- paper

    def choose_file(self) -> None:
        """Ask where the list (xlsx, csv) or the forms (docx) go."""
        now = self._progress.get(str(self.round.currentData()))
        if now is None:
            return
        proposal = str(Path(self._folder) / f"{now.round.name}.docx")
        title = tr(N_("Forms as docx, the list as xlsx or csv"))
        name, _ = QFileDialog.getSaveFileName(self, title, proposal, _FILES)
        if name:
            self.write(Path(name))

    def write(self, path: Path) -> None:
        """Write the list or the forms of the round that is shown."""
        order = ReportOrder("lookback", of=(self._progress[str(self.round.currentData())].round.name,))

        def work(session: Any, token: Token) -> ReportDone:
            return make_report(session, order, path, watch=Watch(token.progress, token.cancelled))

        done: Callbacks[ReportDone] = Callbacks(lambda made: self._desk.said.emit(made.said))
        self._desk.read(self, work, done, title=tr(N_("Writing the report")))

    # ---- layout

    def _table(self) -> QTableWidget:
        table = QTableWidget(0, len(_COLUMNS))
        table.setHorizontalHeaderLabels([tr(word) for word in _COLUMNS])
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setAlternatingRowColors(True)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        table.currentCellChanged.connect(lambda *_: self._row_chosen())
        table.cellActivated.connect(lambda *_: self.record("good") if self.good.isEnabled() else None)
        return table

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.round, 1)
        top.addWidget(self.fresh)
        deeds = QHBoxLayout()
        for button in (self.good, self.bad):
            deeds.addWidget(button)
        deeds.addStretch(1)
        deeds.addWidget(self.print)
        deeds.addWidget(side_button(tr(N_("Close")), self.accept))  # no default: Enter belongs to the rows
        column = QVBoxLayout(self)
        metrics.tight(column, 3, 2)
        column.addLayout(top)
        for part in (self.bar, self.words, self.seed):
            column.addWidget(part)
        column.addWidget(self.table, 1)
        column.addLayout(deeds)
        metrics.open_at(self, metrics.chars(96), metrics.line_height() * 26)


def _item(words: str, result: str, column: int) -> QTableWidgetItem:
    item = QTableWidgetItem(words)
    tone = {"good": colours().good, "reported": colours().danger, "rebound": colours().danger}.get(result)
    if tone and column == _COLUMNS.index(N_("Found")):
        item.setForeground(QColor(tone))
    return item
