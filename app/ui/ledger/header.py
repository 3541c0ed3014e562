"""The headings of a ledger: click to sort, Shift+click to sort by several, a mark that opens the filter."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QItemSelectionModel, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from app.ui import icons, metrics
from app.ui.ledger.rows import Sort
from app.ui.theme import colours

_CIRCLED = "①②③④⑤⑥⑦⑧⑨"
_MARK = 4.5  # steps of the grid at the right of a heading: the mark that opens the filter


class LedgerHeader(QHeaderView):
    """Shows what it is told; the pane decides what sorting and filtering mean."""

    sorted = Signal(int, bool)  # a column, and whether it is added to the others
    menu_wanted = Signal(int)

    def __init__(self, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._names = list(names)
        self._sorts: dict[str, tuple[int, bool]] = {}
        self._filtered: frozenset[str] = frozenset()
        self._pressed: tuple[int, QPoint] | None = None
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setHighlightSections(False)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setMinimumSectionSize(metrics.grid(8))
        self.setTextElideMode(Qt.TextElideMode.ElideRight)

    def setSelectionModel(self, chosen: QItemSelectionModel) -> None:
        """A selection of its own, always empty: to mark chosen columns Qt would look at every one of 50,000
        cells."""
        super().setSelectionModel(QItemSelectionModel(chosen.model(), self))

    def show_state(self, sorts: Sequence[Sort], filtered: Collection[str]) -> None:
        """Mark the columns that are sorted and filtered."""
        self._sorts = {name: (at, down) for at, (name, down) in enumerate(sorts)}
        self._filtered = frozenset(filtered)
        self.viewport().update()

    def marks(self, column: int) -> str:
        """The signs at a heading, in words a test and a screen reader can read."""
        name = self._names[column]
        arrow = ""
        if name in self._sorts:
            at, down = self._sorts[name]
            arrow = ("▼" if down else "▲") + (_CIRCLED[min(at, 8)] if len(self._sorts) > 1 else "")
        return arrow + ("⧩" if name in self._filtered else "")

    def width_for(self, column: int) -> int:
        """How wide a heading is with every sign it can have: one of several orders, and the filter."""
        words = self.sectionSizeFromContents(column).width()
        return words + metrics.grid(_MARK) + self._wide("▲" + _CIRCLED[0])

    def words_place(self, column: int) -> QRect:
        """Where the words of a heading stand now: left of its signs, never under them."""
        return self._words(self._rect(column), column)

    def paintSection(self, painter: QPainter, rect: QRect, column: int) -> None:
        """The heading, then its signs at the right: order, and the filter's mark."""
        painter.save()
        super().paintSection(painter, self._words(rect, column), column)
        painter.restore()
        look, name, at = colours(), self._names[column], self._mark(rect)
        painter.save()
        painter.setClipRect(rect)
        signs = rect.adjusted(self._words(rect, column).width() - 1, 0, 0, 0)
        painter.fillRect(signs, QColor(look.panel))
        painter.setPen(QColor(look.border))
        painter.drawLine(rect.topRight(), rect.bottomRight())
        painter.drawLine(signs.bottomLeft(), signs.bottomRight())
        if name in self._filtered:
            picture = icons.pixmap("filter", metrics.grid(3.5), look.accent)
            painter.drawPixmap(
                at.center().x() - picture.width() // 2, at.center().y() - picture.height() // 2, picture
            )
        else:
            painter.setPen(QColor(look.muted))
            painter.drawText(at, Qt.AlignmentFlag.AlignCenter, "▾")
        arrow = self._arrow(column)
        if arrow:
            painter.setPen(QColor(look.accent))
            width = self._wide(arrow)
            place = QRect(at.left() - width, rect.top(), width, rect.height() - 1)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, arrow)
        painter.restore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on the mark opens the filter; elsewhere it sorts."""
        pressed, self._pressed = self._pressed, None
        super().mouseReleaseEvent(event)
        where = event.position().toPoint()
        column = self.logicalIndexAt(where)
        if (
            pressed is None
            or column < 0
            or pressed[0] != column
            or event.button() != Qt.MouseButton.LeftButton
        ):
            return
        if (where - pressed[1]).manhattanLength() > metrics.grid(1):
            return
        if self._mark(self._rect(column)).contains(where):
            self.menu_wanted.emit(column)
        elif self.cursor().shape() != Qt.CursorShape.SplitHCursor:
            self.sorted.emit(column, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where, to tell a click from a drag."""
        where = event.position().toPoint()
        self._pressed = (self.logicalIndexAt(where), where)
        super().mousePressEvent(event)

    def mark_place(self, column: int) -> QRect:
        """Where a heading's filter mark stands, in the header."""
        return self._mark(self._rect(column))

    def _words(self, rect: QRect, column: int) -> QRect:
        return rect.adjusted(0, 0, -metrics.grid(_MARK) - self._wide(self._arrow(column)), 0)

    def _arrow(self, column: int) -> str:
        return self.marks(column).rstrip("⧩")

    def _wide(self, arrow: str) -> int:
        return self.fontMetrics().horizontalAdvance(arrow) + metrics.grid(1) if arrow else 0

    def _rect(self, column: int) -> QRect:
        return QRect(self.sectionViewportPosition(column), 0, self.sectionSize(column), self.height())

    def _mark(self, rect: QRect) -> QRect:
        width = metrics.grid(_MARK)
        return QRect(rect.right() - width, rect.top() + 1, width, rect.height() - 2)
