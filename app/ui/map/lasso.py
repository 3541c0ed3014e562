"""The lasso: a free outline drawn with the pointer selects what it touches."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF

from app.ui.map.canvas import Canvas
from app.ui.map.tools import Tool
from app.ui.theme import colours

_STEP_PX = 3  # nearer corners tell nothing more
_ENDS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Insert)


class LassoTool(Tool):
    """Drag an outline, Ctrl adds to the selection, Esc takes a begun outline back; other buttons drag the
    paper. With keys Space sets corners under the cross, Enter selects, Insert adds to the selection."""

    cursor = Qt.CursorShape.CrossCursor
    outlined = Signal(object, bool)  # corners in pixels as (x, y) pairs, add to the selection

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._outline: list[QPointF] = []
        self._corners: list[tuple[float, float]] = []  # set by keys, in degrees

    def press(self, event: QMouseEvent) -> None:
        """Begin an outline."""
        super().press(event)
        self._corners = []
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
        self._select(outline, add=bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        super().release(event)

    def _select(self, outline: list[QPointF], *, add: bool) -> None:
        if len(outline) > 2:
            self.outlined.emit([(at.x(), at.y()) for at in outline], add)
        self.canvas.update()

    def key(self, event: QKeyEvent) -> bool:
        """Corners set and taken back; Enter and Insert end the outline, Esc takes it back."""
        key, begun = event.key(), bool(self._outline or self._corners)
        if key == Qt.Key.Key_Space:
            self._corners.append(self.ground_at(self.canvas.cross.at))
            self.canvas.use_cross(True)
        elif key == Qt.Key.Key_Backspace and self._corners:
            self._corners.pop()
        elif key in _ENDS:
            outline, self._corners = self._set_by_keys(), []
            self._select(outline, add=key == Qt.Key.Key_Insert)
        elif key == Qt.Key.Key_Escape and begun:
            self.stop()
        else:
            return False
        self.canvas.update()
        return True

    def _set_by_keys(self) -> list[QPointF]:
        view = self.canvas.view
        return [QPointF(*view.px_of(*place)) for place in self._corners] if view else []

    def stop(self) -> None:
        """Forget the outline, and the press that began it."""
        self._outline, self._corners, self._pressed = [], [], None
        self.canvas.update()

    def paint(self, painter: QPainter) -> None:
        """The outline as far as it is drawn, closed."""
        corners = self._set_by_keys()
        if corners:
            corners.append(self.canvas.cross.at)
        outline = self._outline or corners
        if not outline:
            return
        colour = QColor(colours().accent)
        painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DashLine))
        colour.setAlpha(40)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF(outline))
