"""The ledger pane: filter bar and table of one entity, following the selection and setting it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QMenu,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.domain.entity import Entity, EntityType
from app.errors import Invalid
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk, Touched
from app.ui.ledger import columns
from app.ui.ledger.filterbar import FilterBar
from app.ui.ledger.model import LedgerModel
from app.ui.ledger.rows import Question, Rows, read_page, read_rows
from app.ui.parts import muted, side_button
from app.ui.selection import Selected

_MOST_SELECTED_ROWS = 2000


class LedgerPane(QWidget):
    """One entity's ledger."""

    opened = Signal(str)  # a row was double-clicked or Enter pressed: bring the record into view

    def __init__(self, desk: Desk, kind: EntityType, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.kind = kind
        self._order, self._descending = columns.ORDER.get(kind.name, ""), False
        self._following = False
        self.bar = FilterBar(kind, desk.names, self)
        self.model = LedgerModel(kind, self._page, desk.names, self)
        self.table = self._table()
        self._empty = muted()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._clear = side_button(tr(N_("Empty the filter")), self.bar.choose)
        self._lay_out()
        self.bar.changed.connect(self.reload)
        desk.changed.connect(self._records_changed)
        desk.selection.changed.connect(self._follow)
        self.reload()

    def reload(self) -> None:
        """Ask again which records there are."""
        try:
            question = self.question()
        except Invalid as fault:
            self.bar.show_fault(fault)
            return
        names = self._desk.names
        self._desk.read(
            self, lambda session, _: read_rows(session, question, names), self._show, topic="rows"
        )

    def question(self) -> Question:
        """What the ledger asks for now; raises Invalid for a condition that cannot be read."""
        return Question(self.kind, self.bar.filter(), self.bar.text(), self._order, self._descending)

    def _show(self, rows: Rows) -> None:
        self.model.show_rows(rows)
        self.bar.show_count(len(rows.uids), rows.total)
        self._pages.setCurrentIndex(0 if rows.uids else 1)
        self._empty.setText(self._why_empty())
        self._clear.setVisible(self.bar.is_filtering())
        self._follow(self._desk.selection.now)

    def _why_empty(self) -> str:
        if self.bar.is_filtering():
            return tr(N_("No record fits the filter. Empty the filter to see all."))
        return tr(
            N_(
                "This ledger is empty. Drop an Excel file on the window, "
                "or choose Import in the workspace menu."
            )
        )

    def _page(self, kind: EntityType, uids: Sequence[str]) -> dict[str, Entity]:
        """One indexed page read: the only reading the GUI thread does."""
        return read_page(self._desk.session, kind, uids) if self._desk.session else {}

    def _records_changed(self, touched: Touched) -> None:
        if self.kind.name in touched:
            self.model.forget(touched[self.kind.name])
            self.reload()

    # ---- the table

    def _table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.model)
        table.setAccessibleName(self.kind.text)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().setDefaultSectionSize(metrics.line_height())
        table.verticalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )
        self._dress_header(table)
        table.selectionModel().selectionChanged.connect(self._chosen)
        table.activated.connect(lambda index: self.opened.emit(self.model.uid_at(index.row())))
        copy = QAction(tr(N_("Copy")), table, shortcut=QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._copy)
        table.addAction(copy)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        return table

    def _dress_header(self, table: QTableView) -> None:
        header = table.horizontalHeader()
        for at, field in enumerate(self.model.columns):
            header.setSectionHidden(at, not columns.shown_at_first(self.kind, field))
            heading = header.fontMetrics().horizontalAdvance(field.heading) + metrics.grid(9)
            header.resizeSection(at, max(metrics.chars(columns.width_in_chars(field)), heading))
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        names = [field.name for field in self.model.columns]
        if self._order in names:
            header.setSortIndicator(names.index(self._order), Qt.SortOrder.AscendingOrder)
        header.sectionClicked.connect(self._sort)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._choose_columns)

    def _sort(self, column: int) -> None:
        name = self.model.columns[column].name
        self._descending = not self._descending if name == self._order else False
        self._order = name
        way = Qt.SortOrder.DescendingOrder if self._descending else Qt.SortOrder.AscendingOrder
        self.table.horizontalHeader().setSortIndicator(column, way)
        self.reload()

    def _choose_columns(self, at: QPoint) -> None:
        header = self.table.horizontalHeader()
        menu = QMenu(self)
        for column, field in enumerate(self.model.columns):
            action = menu.addAction(field.heading)
            action.setCheckable(True)
            action.setChecked(not header.isSectionHidden(column))
            action.toggled.connect(lambda shown, column=column: header.setSectionHidden(column, not shown))
        menu.exec(header.mapToGlobal(at))

    def _copy(self) -> None:
        """The selected rows as a block a spreadsheet can take, headings first."""
        shown = [at for at in range(len(self.model.columns)) if not self.table.isColumnHidden(at)]
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        lines = ["\t".join(self.model.columns[at].heading for at in shown)]
        lines += ["\t".join(self.model.shown(row, at) for at in shown) for row in rows[:_MOST_SELECTED_ROWS]]
        QGuiApplication.clipboard().setText("\n".join(lines))
        self._desk.said.emit(tr(N_("{n} rows copied"), n=len(lines) - 1))

    # ---- the selection

    def _chosen(self) -> None:
        if self._following:
            return
        rows = [index.row() for index in self.table.selectionModel().selectedRows()]
        current = self.table.currentIndex().row()
        uids = [self.model.uid_at(row) for row in rows]
        shown = self.model.uid_at(current) if current in rows else (uids[0] if uids else "")
        self._desk.selection.choose(self.kind.name, uids, shown)

    def _follow(self, selected: Selected) -> None:
        """Show what is selected, without saying so again."""
        picked = selected.uids if selected.entity == self.kind.name else ()
        rows = [row for row in map(self.model.row_of, picked[:_MOST_SELECTED_ROWS]) if row >= 0]
        chosen = QItemSelection()
        for row in rows:
            chosen.select(self.model.index(row, 0), self.model.index(row, len(self.model.columns) - 1))
        self._following = True
        try:
            flags = QItemSelectionModel.SelectionFlag
            self.table.selectionModel().select(chosen, flags.ClearAndSelect)
            current = self.model.row_of(selected.current) if rows else -1
            if current >= 0:
                place = self.model.index(current, max(0, self.table.currentIndex().column()))
                self.table.selectionModel().setCurrentIndex(place, flags.NoUpdate)
                self.table.scrollTo(place, QAbstractItemView.ScrollHint.EnsureVisible)
        finally:
            self._following = False

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        metrics.tight(column, 0, 0)
        column.addWidget(self.bar)
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
