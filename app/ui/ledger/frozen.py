"""The first columns of a ledger once more, lying over its table: they stay while it scrolls sideways."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QTableView

from app.ui import metrics
from app.ui.ledger.delegate import CellDelegate
from app.ui.ledger.header import LedgerHeader
from app.ui.ledger.swift import SwiftCells
from app.ui.ledger.table import LedgerTable
from app.ui.theme import colours

Index = QModelIndex | QPersistentModelIndex


class FrozenColumns(QTableView):
    """Shares model, selection and editing with the table it lies on; keys go to that table."""

    def __init__(self, table: LedgerTable, header: LedgerHeader) -> None:
        super().__init__(table)
        self._table, self._header = table, header
        self.setModel(table.model())
        self.setSelectionModel(table.selectionModel())
        delegate = CellDelegate(table, table.ledger)
        self.setItemDelegate(delegate)
        self._swift = SwiftCells(self, table.ledger, delegate, table.chosen)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.headings = LedgerHeader([field.name for field in table.ledger.columns], self)
        self.headings.setSectionsMovable(False)
        self.setHorizontalHeader(self.headings)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        upright = self.verticalHeader()
        upright.hide()
        upright.setSectionResizeMode(upright.ResizeMode.Fixed)
        upright.setDefaultSectionSize(table.verticalHeader().defaultSectionSize())
        self._wire()
        self.hide()

    def _wire(self) -> None:
        table = self._table
        table.verticalScrollBar().valueChanged.connect(self.verticalScrollBar().setValue)
        table.verticalScrollBar().rangeChanged.connect(self._follow_range)
        table.installEventFilter(self)
        table.viewport().installEventFilter(self)
        table.verticalHeader().installEventFilter(self)  # as wide as its last number: fewer rows, less wide
        self.headings.sectionResized.connect(self._resized)
        self.headings.sorted.connect(self._header.sorted)
        self.headings.menu_wanted.connect(self._header.menu_wanted)
        self.headings.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.activated.connect(table.activated)
        self.clicked.connect(lambda: table.setFocus())

    def show_first(self, count: int) -> None:
        """Lie over the first `count` columns of the table; 0 takes the frozen columns away."""
        first = self._table.columns_shown()[:count]
        self.setVisible(bool(first))
        self._table.freeze(self if first else None, first)
        if not first:
            return
        was = self.headings.blockSignals(True)
        for at in range(self.headings.count()):
            self.headings.setSectionHidden(at, at not in first)
        for place, at in enumerate(first):
            self.headings.moveSection(self.headings.visualIndex(at), place)
            self.headings.resizeSection(at, self._header.sectionSize(at))
        self.headings.blockSignals(was)
        self.mirror_mode()
        self._lay()

    def paintEvent(self, event: QPaintEvent) -> None:
        """As the table paints its own."""
        self._swift.paint(event)

    def mirror_mode(self) -> None:
        """Rows or cells, grid or none, as the table has it."""
        self.setSelectionBehavior(self._table.selectionBehavior())
        self.setEditTriggers(self._table.editTriggers())
        self.setShowGrid(self._table.showGrid())
        self.setStyleSheet(f"FrozenColumns {{ border-right: 2px solid {colours().accent}; }}")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The table was made larger or smaller."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self._lay()
        return False

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel scrolls the table."""
        QTableView.wheelEvent(self._table, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys are the table's."""
        self._table.keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A group's heading folds and unfolds, here as there."""
        at = self.indexAt(event.position().toPoint())
        if at.isValid() and self._table.ledger.group_at(at.row()) is not None:
            self._table.folding.emit(at.row())
            return
        super().mouseDoubleClickEvent(event)

    def scrollTo(self, index: Index, hint: QAbstractItemView.ScrollHint | None = None) -> None:
        """Only up and down, and only with the table."""

    def _resized(self, at: int, _: int, size: int) -> None:
        if size and size != self._header.sectionSize(at):
            self._header.resizeSection(at, size)

    def _follow_range(self, low: int, high: int) -> None:
        self.verticalScrollBar().setRange(low, high)
        self.verticalScrollBar().setValue(self._table.verticalScrollBar().value())

    def _lay(self) -> None:
        if not self.isVisibleTo(self._table):
            return
        table, heads = self._table, self._header.height()
        self.headings.setFixedHeight(heads)
        wanted = self.headings.length() + 2
        width = min(wanted, max(0, table.viewport().width() - metrics.chars(12)))
        left = table.frameWidth() + table.verticalHeader().width()
        self.setGeometry(left, table.frameWidth(), width, heads + table.viewport().height())
        self.verticalScrollBar().setValue(table.verticalScrollBar().value())
        self.raise_()
