"""What stands on the map beside the features: scale bar, north arrow, the note on boundaries and on
made-up data."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from app.carto.projection import convergence_deg
from app.carto.scale import legible_scale, scale_bar, scale_text
from app.carto.view import MapView
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.map.canvas import Canvas
from app.ui.theme import colours

_BAR_MM = 45.0


def draw_scale(painter: QPainter, canvas: Canvas) -> None:
    """The scale bar with its numbers and the numeric scale, bottom left."""
    view = canvas.view
    if view is None:
        return
    bar = scale_bar(view.scale, _BAR_MM)
    step, pad = bar.step_mm * view.px_per_mm, metrics.grid(3)
    painter.setFont(metrics.sized(0.85))
    height = QFontMetricsF(painter.font()).height()
    words = scale_text(legible_scale(view.scale))
    plate = scale_plate(view, canvas.height())
    _plate(painter, plate)
    left, base = plate.left() + 1.5 * pad, plate.bottom() - metrics.grid(1.5)
    ink = QColor(colours().text)
    for at in range(bar.steps):
        box = QRectF(left + at * step, base - metrics.grid(1), step, metrics.grid(1))
        painter.setPen(QPen(ink, 1))
        painter.setBrush(ink if at % 2 == 0 else QColor(colours().panel))
        painter.drawRect(box)
    labels = bar.labels()
    for at in (0, bar.steps // 2, bar.steps):
        middle = left + at * step
        box = QRectF(middle - 60, plate.top() + 2, 120, height)
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, labels[at])
    right = QRectF(left, plate.top(), plate.right() - left - pad / 2, plate.height())
    painter.drawText(right, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)


def scale_plate(view: MapView, height: int) -> QRectF:
    """Where the scale bar stands on a canvas of that height."""
    bar, pad = scale_bar(view.scale, _BAR_MM), metrics.grid(3)
    measure = QFontMetricsF(metrics.sized(0.85))
    words = measure.horizontalAdvance(f"  {scale_text(legible_scale(view.scale))}")
    width = bar.length_mm * view.px_per_mm + words + 6 * pad
    return QRectF(pad, height - pad - 2.2 * measure.height(), width, 2.2 * measure.height())


def draw_north(painter: QPainter, canvas: Canvas) -> None:
    """The arrow to true north, top right."""
    view = canvas.view
    if view is None:
        return
    size, pad = metrics.grid(9), metrics.grid(3)
    painter.save()
    painter.translate(canvas.width() - pad - size / 2, pad + size / 2)
    painter.setPen(QPen(QColor(colours().border), 1))
    painter.setBrush(QColor(colours().panel))
    painter.drawEllipse(QPointF(0, 0), size / 2, size / 2)
    painter.rotate(-_turn(view))
    half = size * 0.32
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours().text))
    painter.drawPolygon(
        QPolygonF([QPointF(0, -half), QPointF(half * 0.55, half * 0.5), QPointF(0, half * 0.2)])
    )
    painter.setBrush(QColor(colours().muted))
    painter.drawPolygon(
        QPolygonF([QPointF(0, -half), QPointF(-half * 0.55, half * 0.5), QPointF(0, half * 0.2)])
    )
    painter.setFont(metrics.sized(0.7, bold=True))
    painter.setPen(QColor(colours().text))
    painter.drawText(
        QRectF(-size / 2, half * 0.35, size, size * 0.3), Qt.AlignmentFlag.AlignCenter, tr(N_("N"))
    )
    painter.restore()


class Note:
    """A line at the foot of the map: boundaries are for orientation only, and whether data are made up."""

    def __init__(self) -> None:
        self.synthetic = False

    def draw(self, painter: QPainter, canvas: Canvas) -> None:
        """Bottom right, on a plate so that it can be read above anything."""
        if canvas.view is None:
            return
        parts = [tr(N_("Boundaries are for orientation only"))]
        if self.synthetic:
            parts.insert(0, tr(N_("Synthetic data for the demo")))
        painter.setFont(metrics.sized(0.85))
        words, pad = " · ".join(parts), metrics.grid(3)
        measure = QFontMetricsF(painter.font())
        width, height = measure.horizontalAdvance(words) + 2 * pad, measure.height() * 1.2
        beside_scale = width + pad <= canvas.width() - scale_plate(canvas.view, canvas.height()).right()
        lift = 0.0 if beside_scale else scale_plate(canvas.view, canvas.height()).height() + pad / 2
        plate = QRectF(canvas.width() - pad - width, canvas.height() - pad - height - lift, width, height)
        _plate(painter, plate)
        painter.setPen(QColor(colours().warning if self.synthetic else colours().muted))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)


class Pin:
    """A cross-hair where the user asked to go."""

    def __init__(self) -> None:
        self.at: tuple[float, float] | None = None

    def draw(self, painter: QPainter, canvas: Canvas) -> None:
        """A ring and four strokes, light under dark so that they show on anything."""
        if self.at is None or canvas.view is None:
            return
        x, y = canvas.view.px_of(*self.at)
        near, far = metrics.grid(2), metrics.grid(5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in (("#ffffff", 4.0), (colours().danger if not colours().dark else "#b3261e", 1.8)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawEllipse(QPointF(x, y), near, near)
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(QPointF(x + dx * near, y + dy * near), QPointF(x + dx * far, y + dy * far))


def _plate(painter: QPainter, box: QRectF) -> None:
    ground = QColor(colours().panel)
    ground.setAlpha(225)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(box, metrics.grid(1), metrics.grid(1))


def _turn(view: MapView) -> float:
    width, height = view.size_px
    lon, lat = view.degrees_at(width / 2, height / 2)
    return convergence_deg(lon, lat, view.crs) if lon == lon else 0.0
