"""Measuring on the map: a distance along corners, an area within them."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from shapely.geometry import LineString, Polygon

from app.carto.jotted import Jotted
from app.domain.coordinates.measure import (
    area_m2,
    area_words,
    bearing_deg,
    bearing_words,
    distance_m,
    distance_words,
    length_m,
)
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.map.canvas import Canvas
from app.ui.map.tools import Tool
from app.ui.theme import colours


class MeasureTool(Tool):
    """Click corner after corner, or Space under the cross; double click or Enter ends, Backspace takes one
    back, Esc starts again."""

    cursor = Qt.CursorShape.CrossCursor
    measured = Signal(str)

    def __init__(self, canvas: Canvas, *, closed: bool) -> None:
        super().__init__(canvas)
        self._closed = closed
        self._corners: list[tuple[float, float]] = []
        self._free: tuple[float, float] | None = None
        self._done = False

    def release(self, event: QMouseEvent) -> None:
        """A click sets a corner."""
        if event.button() == Qt.MouseButton.LeftButton and self._is_click(event.position()):
            self._set(event.position())
        super().release(event)

    def _set(self, at: QPointF) -> None:
        if self._done:
            self._corners, self._done = [], False
        self._corners.append(self.ground_at(at))
        self._tell()

    def move(self, event: QMouseEvent) -> None:
        """The loose end follows the pointer."""
        super().move(event)
        self.aimed(event.position())

    def aimed(self, at: QPointF) -> None:
        """The loose end is at a pixel."""
        if self._corners and not self._done:
            self._free = self.ground_at(at)
            self._tell()

    def double_click(self, event: QMouseEvent) -> None:
        """The last corner is set; the measure stays."""
        self._finish()

    def key(self, event: QKeyEvent) -> bool:
        """Space sets a corner, Enter ends, Backspace takes the last corner back, Esc starts again."""
        if event.key() == Qt.Key.Key_Space:
            self.canvas.use_cross(True)
            self._free = None
            self._set(self.canvas.cross.at)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._finish()
        elif event.key() == Qt.Key.Key_Backspace and self._corners:
            self._corners.pop()
            self._tell()
        elif event.key() == Qt.Key.Key_Escape and self._corners:
            self.stop()
        else:
            return False
        return True

    def stop(self) -> None:
        """Forget the corners."""
        self._corners, self._free, self._done = [], None, False
        self._tell()

    def result(self) -> str:
        """The measure in words, on the ellipsoid."""
        return self._words(self._places())

    def _words(self, places: list[tuple[float, float]]) -> str:
        if len(places) < 2:
            return tr(
                N_("Click the corners, or arrows and Space; double click or Enter ends, Esc starts again")
            )
        if not self._closed or len(places) < 3:
            return _along(places)
        shape = Polygon(places)
        words = tr(
            N_("Area {area}, perimeter {length}"),
            area=area_words(area_m2(shape)),
            length=distance_words(length_m(shape)),
        )
        return words if shape.is_valid else tr(N_("The outline crosses itself: no area"))

    def jotted(self) -> Jotted:
        """What a saved picture shows of it: the corners that are set."""
        words = self._words(self._corners) if len(self._corners) > 1 else ""
        return Jotted(tuple(self._corners), self._closed, words)

    def paint(self, painter: QPainter) -> None:
        """The line or outline, its corners, and the measure beside the last of them."""
        view = self.canvas.view
        if view is None or not self._corners:
            return
        points = [QPointF(*view.px_of(*place)) for place in self._places()]
        pen = QPen(QColor(colours().accent), 2.0)
        painter.setPen(pen)
        fill = QColor(colours().accent)
        fill.setAlpha(45)
        painter.setBrush(QBrush(fill) if self._closed else QBrush(Qt.BrushStyle.NoBrush))
        if self._closed and len(points) > 2:
            painter.drawPolygon(QPolygonF(points))
        else:
            painter.drawPolyline(QPolygonF(points))
        painter.setBrush(QColor("#ffffff"))
        for point in points:
            painter.drawEllipse(point, 3.5, 3.5)
        if len(points) > 1:
            _flag(painter, points[-1], self.result(), self.canvas.width())

    def _places(self) -> list[tuple[float, float]]:
        loose = [self._free] if self._free and not self._done else []
        return [*self._corners, *loose]

    def _finish(self) -> None:
        """A double click sets its corner twice: drop the copy."""
        if len(self._corners) > 1 and self._corners[-1] == self._corners[-2]:
            self._corners.pop()
        self._done, self._free = True, None
        self._tell()

    def _tell(self) -> None:
        self.measured.emit(self.result() if self._corners else "")
        self.canvas.update()


def _along(places: list[tuple[float, float]]) -> str:
    """The length of a line in words, and the bearing of its last leg that has a length."""
    length = distance_words(length_m(LineString(places)))
    legs = [pair for pair in pairwise(places) if pair[0] != pair[1]]
    if not legs or not isfinite(sum(map(sum, places))):
        return tr(N_("Distance {length}"), length=length)
    start, end = legs[-1]
    bearing = bearing_words(bearing_deg(*start, *end))
    if len(legs) == 1:
        return tr(N_("Distance {length}, bearing {bearing}"), length=length, bearing=bearing)
    return tr(
        N_("Distance {length}; last leg {leg}, bearing {bearing}"),
        length=length,
        leg=distance_words(distance_m(*start, *end)),
        bearing=bearing,
    )


def _flag(painter: QPainter, at: QPointF, words: str, room: int) -> None:
    """Words on a small plate beside a point, kept inside the window."""
    look = colours()
    measure = QFontMetricsF(painter.font())
    pad = metrics.grid(1)
    width, height = measure.horizontalAdvance(words) + 2 * pad, measure.height() + pad
    left = min(at.x() + 2 * pad, room - width - pad)
    top = at.y() - height - pad if at.y() > height + 2 * pad else at.y() + 2 * pad
    plate = QRectF(max(left, pad), top, width, height)
    painter.setPen(QColor(look.border))
    painter.setBrush(QColor(look.panel))
    painter.drawRoundedRect(plate, pad, pad)
    painter.setPen(QColor(look.text))
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)
