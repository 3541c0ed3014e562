"""How a ledger is ordered, filtered by its columns and grouped: changed at the headings and by the menu."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QMenu, QPushButton

from app.domain.entity import EntityType
from app.i18n import N_, tr
from app.ui.desk import Desk
from app.ui.ledger import columns
from app.ui.ledger.chips import FilterWords
from app.ui.ledger.columnfilter import ColumnFilter, words
from app.ui.ledger.grouping import COUNTY, LABELS, TOWNSHIP, groupings
from app.ui.ledger.header import LedgerHeader
from app.ui.ledger.headermenu import FilterMenu
from app.ui.ledger.layout import ColumnLayout
from app.ui.ledger.rows import HeldValue, Question, Sort, read_values
from app.ui.ledger.table import LedgerTable


class Arranging(QObject):
    """Holds the order, the column filters and the grouping; `changed` asks for the rows again."""

    changed = Signal()

    def __init__(self, desk: Desk, kind: EntityType, table: LedgerTable, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self.kind, self._table = desk, kind, table
        self.sorts = self.first_sorts()
        self.filters: dict[str, ColumnFilter] = {}
        self.groups: tuple[str, ...] = ()
        self.words = FilterWords()
        self.words.dropped.connect(self.drop)
        self.header = LedgerHeader([field.name for field in table.ledger.columns], table)
        table.setHorizontalHeader(self.header)
        self.header.sorted.connect(self._sort_column)
        table.sorting.connect(self._sort_column)
        self.layout = ColumnLayout(table, self.header, self)
        self.button = self._group_button()
        self.menu: FilterMenu | None = None
        self._show()

    def question(self, question: Question) -> Question:
        """The question of the boxes, with what the headings ask."""
        return Question(
            question.kind,
            question.filter,
            question.words,
            self.sorts,
            tuple(self.filters.values()),
            self.groups,
        )

    def first_sorts(self) -> tuple[Sort, ...]:
        """The order a ledger has before anybody asks for another."""
        first = columns.ORDER.get(self.kind.name)
        return (first,) if first else ()

    def put(self, sorts: Sequence[Sort], filters: Sequence[ColumnFilter], groups: Sequence[str]) -> None:
        """Order, filter and group as a view has it, all at once."""
        self.sorts, self.groups = tuple(sorts), tuple(groups)
        self.filters = {asked.field: asked for asked in filters}
        self._tell()

    def sort(self, name: str, *, add: bool = False, down: bool | None = None) -> None:
        """Sort by a column, alone or after the others; the same column again turns round."""
        known = dict(self.sorts)
        turned = not known[name] if name in known else False
        way = turned if down is None else down
        if add and name in known:
            self.sorts = tuple((kept, way if kept == name else held) for kept, held in self.sorts)
        else:
            self.sorts = (*self.sorts, (name, way)) if add else ((name, way),)
        self._tell()

    def filter(self, asked: ColumnFilter) -> None:
        """Filter a column; an empty filter takes the column's filter away."""
        self.filters.pop(asked.field, None)
        if asked:
            self.filters[asked.field] = asked
        self._tell()

    def drop(self, name: str = "") -> None:
        """Take a column's filter away, or all."""
        if name:
            self.filters.pop(name, None)
        else:
            self.filters.clear()
        self._tell()

    def group(self, *bys: str) -> None:
        """Group by these, outermost first; by nothing ends the grouping."""
        self.groups = bys
        self._tell()

    def open_menu(self, column: int, question: Question) -> None:
        """Open the filter of a column below its heading; its values are counted in a thread."""
        field, names = self._table.ledger.columns[column], self._desk.names
        now = self.filters.get(field.name, ColumnFilter(field.name))
        menu = self.menu = FilterMenu(field, now, self._table)
        menu.taken.connect(self.filter)
        menu.ordered.connect(lambda name, down: self.sort(name, down=down))
        menu.adjustSize()
        frozen = 0 <= self.layout.place(field.name) < self.layout.frozen
        header = self.layout.overlay.headings if frozen else self.header
        place = header.mapToGlobal(header.mark_place(column).bottomRight())
        room = self._table.screen().availableGeometry()
        left = max(room.left(), min(place.x() - menu.width(), room.right() - menu.width()))
        top = max(room.top(), min(place.y(), room.bottom() - menu.height()))
        menu.move(QPoint(left, top))
        menu.show()

        def show(held: list[HeldValue]) -> None:
            menu.show_values(held)

        self._desk.read(
            menu, lambda session, _: read_values(session, question, field.name, names), show, topic="values"
        )

    def fold_all(self, fold: bool) -> None:
        """Fold every group, or none."""
        self._table.ledger.fold({group.path for group in self._table.ledger.groups} if fold else set())

    def fold_row(self, row: int) -> None:
        """Fold or unfold the group of a heading."""
        group = self._table.ledger.group_at(row)
        if group is not None:
            self._table.ledger.fold(set(self._table.ledger.folded ^ {group.path}))
            self._table.setCurrentIndex(self._table.ledger.index(row, self._table.column_now()))

    def _sort_column(self, column: int, add: bool) -> None:
        self.sort(self._table.ledger.columns[column].name, add=add)

    def _tell(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        names, fields = self._desk.names, self.kind.fields
        for header in (self.header, self.layout.overlay.headings):
            header.show_state(self.sorts, self.filters)
        self.words.show_words(
            {
                name: words(asked, fields[name], lambda value, field=fields[name]: names.show(field, value))  # type: ignore[misc]
                for name, asked in self.filters.items()
            }
        )
        by = " · ".join(tr(LABELS[name]) for name in self.groups)
        self.button.setText((tr(N_("Groups: {by}"), by=by) if by else tr(N_("Group"))) + " ▾")

    def _group_button(self) -> QPushButton:
        button = QPushButton()
        button.setAutoDefault(False)
        known = groupings(self.kind)
        menu = QMenu(button)
        menu.addAction(tr(N_("No groups")), lambda: self.group())
        if COUNTY in known:
            menu.addAction(
                f"{tr(LABELS[COUNTY])} · {tr(LABELS[TOWNSHIP])}", lambda: self.group(COUNTY, TOWNSHIP)
            )
        for by in known:
            menu.addAction(tr(LABELS[by]), lambda by=by: self.group(by))
        menu.addSeparator()
        menu.addAction(tr(N_("Fold all groups")), lambda: self.fold_all(True))
        menu.addAction(tr(N_("Unfold all groups")), lambda: self.fold_all(False))
        button.setMenu(menu)
        button.setVisible(bool(known))
        return button
