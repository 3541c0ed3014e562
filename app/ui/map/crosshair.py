"""The pointer of who uses the keys: a cross in the middle of the map; the arrows move the ground below."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from app.ui import metrics
from app.ui.theme import colours

_WIDE = 0.2  # of the window, for an arrow; with Shift and with Ctrl so many pixels
_NEAR_PX, _FINE_PX = 10.0, 1.0
_ARROWS = {
    Qt.Key.Key_Left: (1, 0),
    Qt.Key.Key_Right: (-1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


class Crosshair:
    """Belongs to a map widget; `shown` from the first key on until the mouse is moved."""

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self.shown = False

    @property
    def at(self) -> QPointF:
        """The pixel it stands on."""
        return QPointF(self._owner.width() / 2, self._owner.height() / 2)

    def step(self, event: QKeyEvent) -> tuple[float, float] | None:
        """How far a key moves the ground, in pixels; None for a key that is no arrow."""
        towards = _ARROWS.get(Qt.Key(event.key()))
        if towards is None:
            return None
        far: tuple[float, float] = (self._owner.width() * _WIDE, self._owner.height() * _WIDE)
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            far = (_FINE_PX, _FINE_PX)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            far = (_NEAR_PX, _NEAR_PX)
        return towards[0] * far[0], towards[1] * far[1]

    def draw(self, painter: QPainter) -> None:
        """Dark on light, so that it shows on any map; open in the middle, where one aims."""
        near, far = metrics.grid(1), metrics.grid(4)
        for colour, width in (("#ffffff", 4.0), (colours().accent, 1.6)):
            painter.setPen(QPen(QColor(colour), width))
            for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(self.at + QPointF(x, y) * near, self.at + QPointF(x, y) * far)
