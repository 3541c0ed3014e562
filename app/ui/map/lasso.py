"""The lasso: a free outline drawn with the pointer selects what it touches."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF

from app.ui.map.canvas import Canvas
from app.ui.map.tools import Tool
from app.ui.theme import colours

_STEP_PX = 3  # nearer corners tell nothing more


class LassoTool(Tool):
    """Drag an outline, Ctrl adds to the selection, Esc takes a begun outline back; other buttons drag the
    paper."""

    cursor = Qt.CursorShape.CrossCursor
    outlined = Signal(object, bool)  # corners in pixels as (x, y) pairs, add to the selection

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._outline: list[QPointF] = []

    def press(self, event: QMouseEvent) -> None:
        """Begin an outline."""
        super().press(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._outline = [event.position()]

    def move(self, event: QMouseEvent) -> None:
        """Draw on."""
        if not self._outline:
            super().move(event)
        elif (event.position() - self._outline[-1]).manhattanLength() >= _STEP_PX:
            self._outline.append(event.position())
            self.canvas.update()

    def release(self, event: QMouseEvent) -> None:
        """Close the outline and select."""
        outline, self._outline = self._outline, []
        if len(outline) > 2:
            corners = [(at.x(), at.y()) for at in outline]
            self.outlined.emit(corners, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        self.canvas.update()
        super().release(event)

    def key(self, event: QKeyEvent) -> bool:
        """Esc takes a begun outline back."""
        if event.key() != Qt.Key.Key_Escape or not self._outline:
            return False
        self.stop()
        return True

    def stop(self) -> None:
        """Forget the outline, and the press that began it."""
        self._outline, self._pressed = [], None
        self.canvas.update()

    def paint(self, painter: QPainter) -> None:
        """The outline as far as it is drawn, closed."""
        if not self._outline:
            return
        colour = QColor(colours().accent)
        painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DashLine))
        colour.setAlpha(40)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF(self._outline))
