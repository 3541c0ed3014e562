"""The ledger pane: filter bar and table of one entity, following the selection and setting it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QMimeData, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QStackedLayout, QVBoxLayout, QWidget

from app.domain.entity import Entity, EntityType
from app.domain.surroundings import SOURCES
from app.errors import Invalid
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk, Touched
from app.ui.ledger.arranging import Arranging
from app.ui.ledger.blocks import write_block, write_table
from app.ui.ledger.columnpanel import ColumnPanel
from app.ui.ledger.copying import block_of, numeric_columns, wanted
from app.ui.ledger.editbar import LedgerFoot
from app.ui.ledger.editing import Editing
from app.ui.ledger.filterbar import FilterBar
from app.ui.ledger.model import LedgerModel
from app.ui.ledger.rows import PAGE, Question, Rows, read_page, read_rows
from app.ui.ledger.table import LedgerTable
from app.ui.ledger.viewing import Viewing
from app.ui.parts import muted, side_button
from app.ui.selection import MOST, Selected, cut

_TO_IMPORT = N_(
    "This ledger is empty. Drop an Excel file on the window, or choose Import in the workspace menu."
)
_EMPTY = {  # what to do next where nothing is imported
    "patrol": N_("No patrol has been recorded yet. Ctrl+N records one: name the cells, or select them first.")
}
_MOST_RUNS = 2000  # of chosen rows: Qt goes through all of them at each


class LedgerPane(QWidget):
    """One entity's ledger."""

    opened = Signal(str)  # a row was double-clicked or Enter pressed: bring the record into view

    def __init__(self, desk: Desk, kind: EntityType, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.kind = kind
        self._following = False
        self.bar = FilterBar(kind, desk.names, self, today=desk.session.today if desk.session else "")
        self.model = LedgerModel(kind, self._page, desk.names, self)
        self.table = LedgerTable(self.model)
        self.arranging = Arranging(desk, kind, self.table, self)
        self.foot = LedgerFoot(self.bar.count)
        self.viewing = Viewing(desk, self.arranging, self.arranging.layout, self.bar)
        self.editing = Editing(desk, self.table, self.foot, self)
        self._empty = muted()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._clear = side_button(tr(N_("Empty the filter")), self._clear_filter)
        self._edit = side_button(tr(N_("Edit in the table")), self.editing.toggle)
        self._edit.setCheckable(True)
        self._columns = side_button(tr(N_("Columns…")), self.choose_columns)
        self.foot.lead(self.arranging.button, self._edit)
        self._dress_table()
        self._lay_out()
        self._connect()
        self._greet()
        self.reload()

    def _connect(self) -> None:
        self.bar.changed.connect(self.reload)
        self.arranging.changed.connect(self.reload)
        self.editing.changed.connect(self._show_editing)
        self._desk.changed.connect(self._records_changed)
        self._desk.actor_changed.connect(self._greet)
        self._desk.room.changed.connect(self._offer)
        self._desk.selection.changed.connect(self._follow)
        self.table.selectionModel().selectionChanged.connect(self._chosen)
        self.table.activated.connect(lambda index: self._open(index.row()))
        self.table.folding.connect(self.arranging.fold_row)
        self.table.wanted.connect(lambda word: self._copy() if word == "copy" else None)
        for asking in (self.table.menu_wanted, self.arranging.header.menu_wanted):
            asking.connect(self._open_filter)

    def reload(self) -> None:
        """Ask again which records there are."""
        self._ask_rows(self._show, "rows")

    def _ask_rows(self, done: Callable[[Rows], None], topic: str) -> None:
        """Read which records the ledger asks for now; a condition that cannot be read is said."""
        try:
            question = self.question()
        except Invalid as fault:
            self.bar.show_fault(fault)
            return
        names = self._desk.names
        self._desk.read(self, lambda session, _: read_rows(session, question, names), done, topic=topic)

    def question(self) -> Question:
        """What the ledger asks for now; raises Invalid for a condition that cannot be read."""
        return self.arranging.question(Question(self.kind, self.bar.filter(), self.bar.text()))

    def is_filtering(self) -> bool:
        """Whether the boxes or a column narrow the ledger."""
        return self.bar.is_filtering() or bool(self.arranging.filters)

    def _show(self, rows: Rows) -> None:
        self.model.names = self._desk.names
        self.model.show_rows(rows)
        self.bar.show_count(len(rows.uids), rows.total)
        self._pages.setCurrentIndex(0 if rows.uids or self.arranging.filters else 1)
        self._empty.setText(self._why_empty())
        self._clear.setVisible(self.is_filtering())
        self._follow(self._desk.selection.now)
        self.table.stay()

    def _why_empty(self) -> str:
        if self.is_filtering():
            return tr(N_("No record fits the filter. Empty the filter to see all."))
        why = self._desk.why_not_add(self.kind)
        if why:
            return tr(N_("This ledger is empty. {why}"), why=why)
        return tr(_EMPTY.get(self.kind.name, _TO_IMPORT))

    def _clear_filter(self) -> None:
        self.arranging.drop()
        self.bar.choose()

    def _page(self, kind: EntityType, uids: Sequence[str]) -> dict[str, Entity]:
        """One indexed page read: the only reading the GUI thread does."""
        return read_page(self._desk.session, kind, uids) if self._desk.session else {}

    def _records_changed(self, touched: Touched) -> None:
        if self.kind.name in touched:
            self.editing.follow(touched[self.kind.name])
            self.model.forget(touched[self.kind.name])
            self.reload()
        elif self.kind.at_read and SOURCES & set(touched):
            self.model.forget(self.model.uids)
            self.reload()

    # ---- the table

    def _dress_table(self) -> None:
        layout = self.arranging.layout
        for header in (self.arranging.header, layout.overlay.headings):
            header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            header.customContextMenuRequested.connect(lambda at, header=header: self._ask_columns(header, at))
        copy = QAction(tr(N_("Copy")), self.table)
        copy.triggered.connect(self._copy)
        for view in (self.table, layout.overlay):
            view.addAction(copy)
            view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.bar.add(self.viewing.button, self._columns)
        self.installEventFilter(self.viewing)

    def choose_columns(self) -> None:
        """Open the panel of the columns."""
        ColumnPanel(self.arranging.layout, self.model, self.window()).open()

    def _ask_columns(self, header: QHeaderView, at: QPoint) -> None:
        layout, column = self.arranging.layout, header.logicalIndexAt(at)
        menu = QMenu(self)
        if column >= 0:
            name = self.model.columns[column].name
            menu.addAction(tr(N_("Hide this column")), lambda: layout.hide(name))
            menu.addAction(tr(N_("Freeze up to this column")), lambda: layout.freeze(layout.place(name) + 1))
        if layout.frozen:
            menu.addAction(tr(N_("Freeze no column")), lambda: layout.freeze(0))
        menu.addSeparator()
        menu.addAction(tr(N_("Choose columns…")), self.choose_columns)
        menu.exec(header.mapToGlobal(at))
        menu.deleteLater()

    def _open_filter(self, column: int) -> None:
        if column >= 0:
            self.arranging.open_menu(column, self.question())

    def _open(self, row: int) -> None:
        if self.model.uid_at(row) and not self.editing.on:
            self.opened.emit(self.model.uid_at(row))

    def _show_editing(self, on: bool) -> None:
        self._edit.setChecked(on)
        self._edit.setText(tr(N_("End editing")) if on else tr(N_("Edit in the table")))

    def _greet(self) -> None:
        """What whoever is signed in may do here, and their own area among the divisions."""
        self._offer()
        actor, names = self._desk.actor, self._desk.names
        area = actor.area if actor else ""
        self.bar.offer_area(area, names.of("division", area))

    def _offer(self) -> None:
        """The button as whoever is signed in may use it, else why not; what is being edited can be ended. An
        empty ledger says what to do, and that too depends on who is there."""
        why = self.editing.why_not()
        self._edit.setEnabled(not why or self.editing.on)
        self._edit.setToolTip(why or "Ctrl+Shift+D")
        self._empty.setText(self._why_empty())

    def _copy(self) -> None:
        """What is chosen as a block a spreadsheet can take, headings first; read in a thread."""
        rows, shown, cells = self.table.rows_chosen(), self.table.columns_shown(), None
        if not rows:
            return
        if self.editing.on:
            spots = self.table.spots()
            used = {column for _, column in spots}
            shown = [column for column in shown if column in used]
            cells = frozenset((self.model.uid_at(row), self.model.columns[at].name) for row, at in spots)
        asked = wanted(self.model, rows, shown, cells)
        if not asked.columns:
            return

        def read(session: Any, _: Any) -> list[list[str]]:
            found: dict[str, Entity] = {}
            for first in range(0, len(asked.uids), PAGE):
                found.update(read_page(session, self.kind, asked.uids[first : first + PAGE]))
            return block_of(asked, found)

        def put(block: list[list[str]]) -> None:
            held = QMimeData()
            held.setText(write_block(block))
            held.setHtml(write_table(block, numeric_columns(asked)))
            QGuiApplication.clipboard().setMimeData(held)
            self._desk.said.emit(tr(N_("{n} rows copied"), n=len(block) - 1))

        self._desk.read(self, read, put, topic="copy")

    # ---- the selection

    def select_shown(self) -> None:
        """Select every record that the filters let through, folded groups too: at once when they are those
        shown, else read for it."""

        def choose(uids: Sequence[str]) -> None:
            self._desk.selection.choose(self.kind.name, cut(uids, self._desk.said.emit))

        with suppress(Invalid):  # a condition that cannot be read is said below
            if self.model.answers(self.question()):
                choose(self.model.uids)
                return
        self._ask_rows(lambda rows: choose(rows.uids), "select")

    def _chosen(self) -> None:
        if self._following:
            return
        current = self.table.currentIndex().row()
        rows = [current] if self.editing.on and current >= 0 else self.table.rows_chosen()
        uids = [uid for uid in map(self.model.uid_at, rows) if uid]
        shown = self.model.uid_at(current) if current in rows else ""
        shown = shown or (uids[0] if uids else "")
        self._following = True  # headings of groups stay chosen beside the records
        try:
            self._desk.selection.choose(self.kind.name, uids, shown)
        finally:
            self._following = False

    def _follow(self, selected: Selected) -> None:
        """Show what is selected, without saying so again; the cells chosen for editing stay."""
        if self._following:
            return
        now = self.table.currentIndex()
        if self.editing.on and now.isValid() and self.model.uid_at(now.row()) == selected.current:
            return
        picked = selected.uids if selected.entity == self.kind.name else ()
        rows = [row for row in map(self.model.row_of, picked[:MOST]) if row >= 0]
        chosen = QItemSelection()
        for first, last in _runs(rows)[:_MOST_RUNS]:
            chosen.select(self.model.index(first, 0), self.model.index(last, len(self.model.columns) - 1))
        self._following = True
        try:
            flags = QItemSelectionModel.SelectionFlag
            self.table.selectionModel().select(chosen, flags.ClearAndSelect)
            current = self.model.row_of(selected.current) if rows else -1
            if current >= 0:
                place = self.model.index(current, self.table.column_now())
                # while cells are written in, a whole row chosen would be emptied or pasted over as one
                way = flags.ClearAndSelect if self.editing.on else flags.NoUpdate
                self.table.selectionModel().setCurrentIndex(place, way)
                self.table.scrollTo(place, QAbstractItemView.ScrollHint.EnsureVisible)
        finally:
            self._following = False

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        metrics.tight(column, 0, 0)
        column.addWidget(self.bar)
        column.addWidget(self.arranging.words)
        below = QWidget()
        self._pages = QStackedLayout(below)
        self._pages.addWidget(self.table)
        nothing = QWidget()
        middle = QVBoxLayout(nothing)
        middle.addStretch(1)
        middle.addWidget(self._empty)
        middle.addWidget(self._clear, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch(1)
        self._pages.addWidget(nothing)
        column.addWidget(below, 1)
        column.addWidget(self.foot)


def _runs(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Rows as runs of neighbours, first and last of each."""
    runs: list[tuple[int, int]] = []
    for row in sorted(rows):
        if runs and row <= runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs
