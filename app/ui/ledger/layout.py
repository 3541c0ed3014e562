"""The columns of a ledger's table: which are shown, in which order, how wide, how many stay at the left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, Signal

from app.ui import metrics
from app.ui.ledger import columns
from app.ui.ledger.frozen import FrozenColumns
from app.ui.ledger.header import LedgerHeader
from app.ui.ledger.table import LedgerTable
from app.ui.ledger.views import MOST_FROZEN

_LEAST, _MOST = 3.0, 120.0  # digits


class ColumnLayout(QObject):
    """Tells `changed` when the user, a panel or a view arranged the columns."""

    changed = Signal()

    def __init__(self, table: LedgerTable, header: LedgerHeader, parent: QObject) -> None:
        super().__init__(parent)
        self._table, self._header = table, header
        self._names = [field.name for field in table.ledger.columns]
        self._laying = False
        self.frozen = 0
        self.overlay = FrozenColumns(table, header)
        self.standard()
        for signal in (header.sectionMoved, header.sectionResized):
            signal.connect(self._tell)

    # ---- what is shown

    def shown(self) -> tuple[str, ...]:
        """The columns that are shown, from left to right."""
        return tuple(self._names[at] for at in self._table.columns_shown())

    def order(self) -> tuple[str, ...]:
        """All columns: those shown from left to right, then the others."""
        rest = [name for name in self._names if name not in self.shown()]
        return (*self.shown(), *rest)

    def widths(self) -> dict[str, float]:
        """The width of each shown column in digits."""
        return {
            name: round(self._header.sectionSize(self._at(name)) / metrics.chars(1), 1)
            for name in self.shown()
        }

    # ---- arranging

    def show(self, names: Sequence[str], widths: Mapping[str, float] | None = None) -> None:
        """Show these columns in this order and no others; without any the ledger's own are shown."""
        if not names:
            self.standard()
            return
        self._laying = True
        rest = [name for name in self._names if name not in names]
        for place, name in enumerate((*names, *rest)):
            at = self._at(name)
            self._header.moveSection(self._header.visualIndex(at), place)
            self._header.setSectionHidden(at, name not in names)
        for name, width in (widths or {}).items():
            if name in names:
                self._header.resizeSection(
                    self._at(name), round(min(max(width, _LEAST), _MOST) * metrics.chars(1))
                )
        self._laying = False
        self._tell()

    def standard(self) -> None:
        """The columns, order and widths a ledger begins with."""
        kind, header = self._table.ledger.kind, self._header
        first = [field.name for field in self._table.ledger.columns if columns.shown_at_first(kind, field)]
        fitting = {
            field.name: max(float(columns.width_in_chars(field)), header.width_for(at) / metrics.chars(1))
            for at, field in enumerate(self._table.ledger.columns)
        }
        self.show(self._names, fitting)
        self.show(first)

    def hide(self, name: str) -> None:
        """Hide a column, unless it is the last one."""
        left = [shown for shown in self.shown() if shown != name]
        if left:
            self.show(left)

    def freeze(self, count: int) -> None:
        """Keep the first `count` columns at the left while scrolling sideways."""
        self.frozen = min(max(count, 0), MOST_FROZEN)
        self._tell()

    def place(self, name: str) -> int:
        """Where a column stands among those shown, -1 when it is hidden."""
        return self.shown().index(name) if name in self.shown() else -1

    def _at(self, name: str) -> int:
        return self._names.index(name)

    def _tell(self, *_: object) -> None:
        if self._laying:
            return
        self.overlay.show_first(self.frozen)
        self.changed.emit()
