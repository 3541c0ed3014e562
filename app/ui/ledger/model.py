"""The table behind a ledger: uids and a cache of pages, columns from the declaration, edits not saved yet."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.domain.entity import Entity, EntityType
from app.domain.fields import Field, Kind
from app.i18n import N_, tr
from app.ui.ledger.cells import why_fixed
from app.ui.ledger.columns import columns_of
from app.ui.ledger.grouping import Group, Path, division_names, lines_of
from app.ui.ledger.rows import Question, Rows
from app.ui.ledger.staging import Staged, Staging
from app.ui.names import Names
from app.ui.symbols import status_icon

_PAGE = 60  # records read when one of them is painted: about a screen, 2 ms
_PAGES_KEPT = 80
_NONE = QModelIndex()
Index = QModelIndex | QPersistentModelIndex
ReadPage = Callable[[EntityType, Sequence[str]], dict[str, Entity]]

# Qt asks for them by the thousand while many rows are chosen; each joining of flags is a call of its own.
_READ = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
_WRITTEN = _READ | Qt.ItemFlag.ItemIsEditable


class LedgerModel(QAbstractTableModel):
    """Shows `Rows`; a page of records is read when one of its cells is first painted.

    A row is a record or the heading of a group.
    """

    def __init__(
        self, kind: EntityType, read_page: ReadPage, names: Names, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.kind = kind
        self.columns: list[Field] = columns_of(kind)
        self.names = names
        self.staging = Staging()
        self.editing = False
        self.in_haste = False  # the table flies past: rows that are not in memory stay empty
        self._read_page = read_page
        self._rows = Rows(question=None)  # type: ignore[arg-type]  # nothing was asked yet
        self._lines: Sequence[int] = ()
        self._row_of: dict[int, int] = {}
        self._folded: set[Path] = set()
        self._pages: OrderedDict[int, dict[str, Entity]] = OrderedDict()

    def show_rows(self, rows: Rows) -> None:
        """Take a new set of records, or the same ones in another order."""
        self.beginResetModel()
        self._rows = rows
        self._pages.clear()
        self._folded &= {group.path for group in rows.groups}
        self._lay_lines()
        self.endResetModel()

    def forget(self, uids: Sequence[str]) -> None:
        """Read these records again when they are next painted."""
        places = sorted(self._rows.place[uid] for uid in uids if uid in self._rows.place)
        for place in places:
            self._pages.pop(place // _PAGE, None)
        if places and self._lines:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._lines) - 1, len(self.columns) - 1))

    def repaint_cells(self) -> None:
        """Edits came or went: every cell that is seen is painted again."""
        if self._lines:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._lines) - 1, len(self.columns) - 1))

    # ---- rows, records and groups

    @property
    def uids(self) -> Sequence[str]:
        """The records of the ledger, in order, those in folded groups too."""
        return self._rows.uids

    def answers(self, question: Question) -> bool:
        """Whether the rows are those of a question, as they were when it was last asked."""
        return self._rows.question == question

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups, outer ones before those inside."""
        return self._rows.groups

    def row_of(self, uid: str) -> int:
        """The row of a record, -1 when the ledger does not show it."""
        place = self._rows.place.get(uid, -1)
        return self._row_of.get(place, -1) if self._rows.groups else place

    def uid_at(self, row: int) -> str:
        """The record of a row; empty for a group's heading."""
        line = self._lines[row]
        return self._rows.uids[line] if line >= 0 else ""

    def uids_by_row(self) -> Callable[[int], str]:
        """`uid_at` as it is now, for a thread: rows that are shown later do not move it."""
        lines, uids = self._lines, self._rows.uids
        return lambda row: uids[lines[row]] if row < len(lines) and lines[row] >= 0 else ""

    @property
    def read_page(self) -> ReadPage:
        """Reads records by their uids."""
        return self._read_page

    def group_at(self, row: int) -> Group | None:
        """The group whose heading a row is."""
        line = self._lines[row]
        return None if line >= 0 else self._rows.groups[-1 - line]

    def fold(self, paths: set[Path]) -> None:
        """Fold these groups and unfold all others."""
        self.beginResetModel()
        self._folded = paths
        self._lay_lines()
        self.endResetModel()

    @property
    def folded(self) -> frozenset[Path]:
        """The groups whose records are hidden."""
        return frozenset(self._folded)

    def record(self, row: int) -> Entity | None:
        """The record of a row, from the cache or by one page read; None when it is gone meanwhile, and when
        it would have to be read in haste."""
        place = self._lines[row]
        if place < 0:
            return None
        page = place // _PAGE
        if page not in self._pages:
            if self.in_haste:
                return None
            uids = self._rows.uids[page * _PAGE : (page + 1) * _PAGE]
            self._pages[page] = self._read_page(self.kind, uids)
            if len(self._pages) > _PAGES_KEPT:
                self._pages.popitem(last=False)
        return self._pages[page].get(self._rows.uids[place])

    def shown(self, row: int, column: int) -> str:
        """A cell as a person reads it, with what was written into it."""
        staged = self.staged(row, column)
        if staged is not None and staged.wrong:
            return staged.written
        field = self.columns[column]
        if staged is not None:
            return self.names.show(field, staged.value)
        record = self.record(row)
        return self.names.show(field, getattr(record, field.name)) if record else ""

    def staged(self, row: int, column: int) -> Staged | None:
        """What is written in a cell and not saved."""
        return self.staging.at(self.uid_at(row), self.columns[column].name) if len(self.staging) else None

    def group_words(self, group: Group) -> str:
        """A group's heading: its value, and its units and t/h."""
        total = group.total
        counted = (
            tr(N_("{n} units · {tph} t/h"), n=f"{total.units:,}", tph=f"{total.tph:g}")
            if self.kind.name == "boiler"
            else tr(N_("{n} records"), n=f"{total.units:,}")
        )
        return f"{self.group_label(group)}    {counted}"

    def group_label(self, group: Group) -> str:
        """The value that a group's records share."""
        key = group.path[-1]
        if key is None:
            return tr(N_("(empty)"))
        if group.by in self.kind.fields:
            return self.names.show(self.kind.fields[group.by], key)
        known = self.names.known("division")
        return next((known[code] for code in division_names(group.by, key) if code in known), str(key))

    # ---- Qt's questions

    def rowCount(self, parent: Index = _NONE) -> int:
        """The number of records and headings of groups."""
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index = _NONE) -> int:
        """The number of fields."""
        return 0 if parent.isValid() else len(self.columns)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Cells can be edited in the edit mode, where the program lets them."""
        if self.editing and index.isValid() and self._lines[index.row()] >= 0:
            return _READ if why_fixed(self.columns[index.column()]) else _WRITTEN
        return _READ if index.isValid() else Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, alignment, status symbol and tool tip of a cell."""
        if not index.isValid() or index.row() >= len(self._lines):
            return None
        group = self.group_at(index.row())
        if group is not None:
            shown = role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
            return self.group_words(group) if shown else None
        field = self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.shown(index.row(), index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(index)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(field)
        if role == Qt.ItemDataRole.DecorationRole and field.kind is Kind.STATE:
            record = self.record(index.row())
            return status_icon(str(getattr(record, field.name))) if record else None
        return None

    def headerData(
        self, section: int, across: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Headings from the declaration, row numbers at the left."""
        if role == Qt.ItemDataRole.TextAlignmentRole and across == Qt.Orientation.Horizontal:
            return _side(self.columns[section])
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if across == Qt.Orientation.Horizontal:
            return self.columns[section].heading
        line = self._lines[section]
        if line >= 0:
            return str(line + 1)
        return "▸" if self._rows.groups[-1 - line].path in self._folded else "▾"

    def _lay_lines(self) -> None:
        self._lines = lines_of(self._rows.groups, len(self._rows.uids), self._folded)
        grouped = bool(self._rows.groups)
        self._row_of = {line: row for row, line in enumerate(self._lines) if line >= 0} if grouped else {}

    def _tip(self, index: Index) -> str:
        staged = self.staged(index.row(), index.column())
        field = self.columns[index.column()]
        if staged is None:
            fixed = why_fixed(field) if self.editing else ""
            return "\n".join(part for part in (self.shown(index.row(), index.column()), fixed) if part)
        held = self.names.show(field, staged.before) or tr(N_("(empty)"))
        said = (
            N_("Meanwhile somebody wrote {value}")
            if staged.moved
            else N_("Not saved yet; the record holds {value}")
        )
        return "\n".join(part for part in (staged.why, staged.refusal, tr(said, value=held)) if part)


def _side(field: Field) -> Qt.AlignmentFlag:
    """Numbers stand at the right, under a heading at the right."""
    right = field.kind in (Kind.NUMBER, Kind.INTEGER)
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
