"""The table behind a ledger: uids and a cache of pages, columns from the declaration."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.domain.entity import Entity, EntityType
from app.domain.fields import Field, Kind
from app.ui.ledger.columns import columns_of
from app.ui.ledger.rows import PAGE, Rows
from app.ui.names import Names
from app.ui.symbols import status_icon

_PAGES_KEPT = 40
_NONE = QModelIndex()
Index = QModelIndex | QPersistentModelIndex
ReadPage = Callable[[EntityType, Sequence[str]], dict[str, Entity]]


class LedgerModel(QAbstractTableModel):
    """Shows `Rows`; a page of records is read when one of its cells is first painted."""

    def __init__(
        self, kind: EntityType, read_page: ReadPage, names: Names, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.kind = kind
        self.columns: list[Field] = columns_of(kind)
        self.names = names
        self._read_page = read_page
        self._uids: tuple[str, ...] = ()
        self._place: dict[str, int] = {}
        self._pages: OrderedDict[int, dict[str, Entity]] = OrderedDict()

    def show_rows(self, rows: Rows) -> None:
        """Take a new set of records, or the same ones in another order."""
        self.beginResetModel()
        self._uids, self._place = rows.uids, dict(rows.place)
        self._pages.clear()
        self.endResetModel()

    def forget(self, uids: Sequence[str]) -> None:
        """Read these records again when they are next painted."""
        rows = sorted(self._place[uid] for uid in uids if uid in self._place)
        for row in rows:
            self._pages.pop(row // PAGE, None)
        if rows:
            first, last = self.index(rows[0], 0), self.index(rows[-1], len(self.columns) - 1)
            self.dataChanged.emit(first, last)

    @property
    def uids(self) -> tuple[str, ...]:
        """The records shown, in order."""
        return self._uids

    def row_of(self, uid: str) -> int:
        """The row of a record, -1 when the ledger does not show it."""
        return self._place.get(uid, -1)

    def uid_at(self, row: int) -> str:
        """The record of a row."""
        return self._uids[row]

    def record(self, row: int) -> Entity | None:
        """The record of a row, from the cache or by one page read; None when it is gone meanwhile."""
        page = row // PAGE
        if page not in self._pages:
            self._pages[page] = self._read_page(self.kind, self._uids[page * PAGE : (page + 1) * PAGE])
            if len(self._pages) > _PAGES_KEPT:
                self._pages.popitem(last=False)
        return self._pages[page].get(self._uids[row])

    def shown(self, row: int, column: int) -> str:
        """A cell as a person reads it."""
        record, field = self.record(row), self.columns[column]
        return self.names.show(field, getattr(record, field.name)) if record else ""

    # ---- Qt's questions

    def rowCount(self, parent: Index = _NONE) -> int:
        """The number of records."""
        return 0 if parent.isValid() else len(self._uids)

    def columnCount(self, parent: Index = _NONE) -> int:
        """The number of fields."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, alignment, status symbol and tool tip of a cell."""
        if not index.isValid() or index.row() >= len(self._uids):
            return None
        field = self.columns[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.shown(index.row(), index.column())
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
        return self.columns[section].heading if across == Qt.Orientation.Horizontal else str(section + 1)


def _side(field: Field) -> Qt.AlignmentFlag:
    """Numbers stand at the right, under a heading at the right."""
    right = field.kind in (Kind.NUMBER, Kind.INTEGER)
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
