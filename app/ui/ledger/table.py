"""The table of a ledger: reading by rows, editing by cells, with the keys of a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from app.ui.ledger.chosen import Chosen
from app.ui.ledger.delegate import CellDelegate
from app.ui.ledger.dragging import FarDrag
from app.ui.ledger.model import LedgerModel
from app.ui.ledger.rownumbers import RowNumbers
from app.ui.ledger.swift import SwiftCells

Index = QModelIndex | QPersistentModelIndex
Spot = tuple[int, int]  # row and column of the model
_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right)


class LedgerTable(QTableView):
    """Emits what was asked for by key; who listens does it."""

    wanted = Signal(str)  # copy paste fill empty put_back take_back do_again leave save, see `_KEYS`
    staged = Signal(int, int, object)  # row, column, (text, value, reason it is wrong)
    folding = Signal(int)  # the row of a group's heading
    sorting = Signal(int, bool)  # a column, and whether it is added to the others
    menu_wanted = Signal(int)  # a column: its filter is to be opened

    def __init__(self, model: LedgerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ledger = model
        self._over: QTableView | None = None  # the frozen columns, lying over the first ones
        self._frozen: frozenset[int] = frozenset()
        self._last = (0, 0)  # where the keyboard was: a new order of the rows makes Qt forget it
        self.setModel(model)
        self.selectionModel().currentChanged.connect(self._went)
        delegate = CellDelegate(self, model)
        self.setItemDelegate(delegate)
        self.chosen = Chosen(self)
        self._swift = SwiftCells(self, model, delegate, self.chosen)
        self.setAccessibleName(model.kind.text)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        numbers = RowNumbers(model, self.chosen)
        numbers.sectionClicked.connect(self._fold_row)
        self.setVerticalHeader(numbers)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._drag = FarDrag(self, model, self._repaint)
        self.set_editing(False)

    def _repaint(self) -> None:
        for view in (self, self._over):
            if view is not None:
                view.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground is painted here too: what is opaque is moved while scrolling, not painted again."""
        self._swift.paint(event)

    def set_editing(self, on: bool) -> None:
        """Cells with a grid that can be written in, or rows to read."""
        behaviour, trigger = QAbstractItemView.SelectionBehavior, QAbstractItemView.EditTrigger
        self.setSelectionBehavior(behaviour.SelectItems if on else behaviour.SelectRows)
        keys = trigger.AnyKeyPressed | trigger.EditKeyPressed | trigger.DoubleClicked
        self.setEditTriggers(keys if on else trigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(on)
        if self._over is not None:
            self._over.setSelectionBehavior(self.selectionBehavior())
            self._over.setEditTriggers(self.editTriggers())
            self._over.setShowGrid(on)
        self.viewport().update()

    def freeze(self, over: QTableView | None, columns: Iterable[int]) -> None:
        """These columns are shown by a view that lies over this one; None: there are none."""
        self._over, self._frozen = over, frozenset(columns)

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """A cell is brought into sight beside the frozen columns, not under them."""
        across = self.horizontalScrollBar()
        before = across.value()
        super().scrollTo(index, hint)
        if self._over is None:
            return
        if index.column() in self._frozen:
            across.setValue(before)
            return
        covered = self._over.width() - self.columnViewportPosition(index.column())
        if covered > 0:
            across.setValue(across.value() - covered)

    def edit(self, *asked: Any) -> Any:
        """A frozen cell is written in where it is seen."""
        if self._over is not None and len(asked) == 3 and asked[0].column() in self._frozen:
            return self._over.edit(*asked)
        return super().edit(*asked)

    def stage(self, row: int, column: int, written: object) -> None:
        """A cell was written in."""
        self.staged.emit(row, column, written)

    # ---- what is shown and chosen

    def columns_shown(self) -> list[int]:
        """The columns as they stand from left to right, hidden ones left out."""
        header = self.horizontalHeader()
        order = [header.logicalIndex(at) for at in range(header.count())]
        return [column for column in order if not header.isSectionHidden(column)]

    def ranges(self) -> list[QItemSelectionRange]:
        """The chosen ranges."""
        chosen = self.selectionModel().selection()
        return [chosen.at(at) for at in range(chosen.size())]

    def spots(self) -> list[Spot]:
        """The chosen cells of records that are shown, row by row, from left to right."""
        shown = {column: at for at, column in enumerate(self.columns_shown())}
        bands = _bands(self.ranges())
        spots: list[Spot] = []
        for top, bottom, chosen in bands:
            columns = sorted((column for column in chosen if column in shown), key=shown.__getitem__)
            rows = [row for row in range(top, bottom + 1) if self.ledger.uid_at(row)]
            spots += [(row, column) for row in rows for column in columns]
        return spots

    def rows_chosen(self) -> list[int]:
        """The chosen rows in order, headings of groups included."""
        return sorted({row for part in self.ranges() for row in range(part.top(), part.bottom() + 1)})

    def step(self, down: int, across: int) -> None:
        """Go to a neighbouring cell that is shown; at the end of a row nothing moves."""
        shown, now = self.columns_shown(), self.currentIndex()
        if not now.isValid() or now.column() not in shown:
            return
        at = min(max(shown.index(now.column()) + across, 0), len(shown) - 1)
        row = min(max(now.row() + down, 0), self.ledger.rowCount() - 1)
        while self.ledger.group_at(row) is not None and 0 <= row + (down or 1) < self.ledger.rowCount():
            row += down or 1
        self.setCurrentIndex(self.ledger.index(row, shown[at]))
        self.setFocus()

    def column_now(self) -> int:
        """The column of the keyboard, also where the rows were read again or are all filtered away."""
        now = self.currentIndex()
        return now.column() if now.isValid() else self._last[1]

    def stay(self) -> None:
        """Give the keyboard its cell back where nothing chosen has it after the rows were read again."""
        if not self.currentIndex().isValid() and self.ledger.rowCount():
            row = min(self._last[0], self.ledger.rowCount() - 1)
            place = self.ledger.index(row, self._last[1])
            self.selectionModel().setCurrentIndex(place, QItemSelectionModel.SelectionFlag.NoUpdate)

    def _went(self, now: QModelIndex) -> None:
        if now.isValid():
            self._last = (now.row(), now.column())

    # ---- keys and mouse

    def event(self, event: QEvent) -> bool:
        """The table's own keys come before the window's: F2 writes in the cell, Ctrl+Z takes back a step."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._own_key(event)
        ):
            event.accept()
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._tab(event):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keys of a spreadsheet; everything else is Qt's."""
        word = self._own_key(event)
        now = self.currentIndex()
        if word:
            self.wanted.emit(word)
        elif event.key() == Qt.Key.Key_Down and event.modifiers() == Qt.KeyboardModifier.AltModifier:
            self.menu_wanted.emit(self.column_now())
        elif event.key() == Qt.Key.Key_Up and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.sorting.emit(self.column_now(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif self._folds(event, now):
            self.folding.emit(now.row())
        elif self.ledger.editing and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.step(-1 if back else 1, 0)
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A group's heading folds and unfolds."""
        at = self.indexAt(event.position().toPoint())
        if at.isValid() and self.ledger.group_at(at.row()) is not None:
            self.folding.emit(at.row())
            return
        super().mouseDoubleClickEvent(event)

    def _own_key(self, event: QKeyEvent) -> str:
        """The word for a key that the table does itself now; empty for others."""
        if event.matches(QKeySequence.StandardKey.Copy):
            return "copy"
        if not self.ledger.editing:
            return ""
        if event.key() == Qt.Key.Key_F2 and event.type() == QEvent.Type.ShortcutOverride:
            return "edit"
        if event.key() == Qt.Key.Key_F2:
            return ""
        if event.matches(QKeySequence.StandardKey.Paste):
            return "paste"
        pressed = (event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier, Qt.Key(event.key()))
        return _KEYS.get(pressed, "")

    def _tab(self, event: QKeyEvent) -> bool:
        """Tab goes from cell to cell while editing; otherwise it leaves the table, as everywhere."""
        if not self.ledger.editing or event.key() not in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            return False
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            return False
        self.step(0, -1 if event.key() == Qt.Key.Key_Backtab else 1)
        return True

    def _folds(self, event: QKeyEvent, now: QModelIndex) -> bool:
        group = self.ledger.group_at(now.row()) if now.isValid() else None
        if group is None:
            return False
        folded = group.path in self.ledger.folded
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            return True
        return event.key() in _ARROWS and folded == (event.key() == Qt.Key.Key_Right)

    def _fold_row(self, row: int) -> None:
        if self.ledger.group_at(row) is not None:
            self.folding.emit(row)


def _bands(ranges: Sequence[QItemSelectionRange]) -> list[tuple[int, int, set[int]]]:
    """Ranges as bands of rows from the top, each with its columns: first row, last row, columns.

    Many cells are mostly few ranges, so their edges are looked at and not each cell.
    """
    edges = sorted({edge for part in ranges for edge in (part.top(), part.bottom() + 1)})
    waiting, open_ones, found = sorted(ranges, key=lambda part: -part.top()), [], []
    for top, below in pairwise(edges):
        while waiting and waiting[-1].top() == top:
            open_ones.append(waiting.pop())
        open_ones = [part for part in open_ones if part.bottom() >= top]
        columns = {column for part in open_ones for column in range(part.left(), part.right() + 1)}
        if columns:
            found.append((top, below - 1, columns))
    return found


_NONE, _CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
_KEYS = {
    (_NONE, Qt.Key.Key_Delete): "empty",
    (_NONE, Qt.Key.Key_Escape): "leave",
    (_CTRL, Qt.Key.Key_D): "fill",
    (_CTRL, Qt.Key.Key_Z): "take_back",
    (_CTRL, Qt.Key.Key_Y): "do_again",
    (_CTRL, Qt.Key.Key_S): "save",
    (_CTRL, Qt.Key.Key_Backspace): "put_back",
}
