"""The one painter: draws a display list or the operations of a sheet on any QPainter."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QTransform

from app.carto.display import DisplayList, Floats, Group, Ints, Markers, Op, Shapes, Text
from app.carto.symbols import Fill, Hatch, Line, TextStyle
from app.render.fonts import ensure_application, font_of, outline_font
from app.render.markers import MarkerStamp
from app.render.paths import path_of

_OUTLINE_PX = 100
_RINGS_AT_ONCE = 1500


def paint(painter: QPainter, picture: DisplayList, px_per_mm: float, vector: bool = False) -> None:
    """Draw a whole map picture: its ground, then everything, cut at its edges."""
    ensure_application()
    frame = QRectF(0, 0, picture.width_mm * px_per_mm, picture.height_mm * px_per_mm)
    painter.fillRect(frame, QColor(picture.background))
    painter.save()
    painter.setClipRect(frame, Qt.ClipOperation.IntersectClip)
    paint_ops(painter, picture.ops, px_per_mm, vector)
    painter.restore()


def paint_ops(painter: QPainter, ops: tuple[Op, ...], px_per_mm: float, vector: bool = False) -> None:
    """Draw operations given in millimetres; `vector` keeps markers as paths, for PDF and printers."""
    ensure_application()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing, True)
    _Drawing(painter, px_per_mm, vector).all(ops)


class _Drawing:
    """One run over a list of operations on one device."""

    def __init__(self, painter: QPainter, px_per_mm: float, vector: bool) -> None:
        self._painter = painter
        self._px = px_per_mm
        self._vector = vector
        self._dpi = float(painter.device().logicalDpiY())
        self._fonts: dict[TextStyle, tuple[QFont, QFontMetricsF]] = {}

    def all(self, ops: tuple[Op, ...]) -> None:
        for op in ops:
            if isinstance(op, Shapes):
                self._shapes(op)
            elif isinstance(op, Markers):
                MarkerStamp(op.marker, self._px, self._vector).put(self._painter, op.xy * self._px)
            elif isinstance(op, Text):
                self._text(op)
            else:
                self._group(op)

    def _group(self, group: Group) -> None:
        painter = self._painter
        painter.save()
        painter.translate(group.dx * self._px, group.dy * self._px)
        if group.clip:
            x, y, w, h = (value * self._px for value in group.clip)
            painter.setClipRect(QRectF(x, y, w, h), Qt.ClipOperation.IntersectClip)
        self.all(group.ops)
        painter.restore()

    def _shapes(self, op: Shapes) -> None:
        if not len(op.starts):
            return
        painter, xy = self._painter, op.xy * self._px
        pen = self._pen(op.line)
        brush = _brush(op.fill) if op.closed else Qt.BrushStyle.NoBrush
        hatch = op.fill.hatch if op.fill and op.closed else None
        painter.setPen(pen)
        painter.setBrush(brush)
        for some, starts in _pieces(xy, op.starts):
            path = path_of(some, starts, op.closed)
            if hatch is None:
                painter.drawPath(path)
            else:
                self._hatched(path, hatch, brush, pen)

    def _hatched(self, path: QPainterPath, hatch: Hatch, brush: QBrush | Qt.BrushStyle, pen: QPen) -> None:
        """Fill, then hatch lines cut at the outline, then the outline on top."""
        painter = self._painter
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(brush)
        painter.drawPath(path)
        painter.save()
        painter.setClipPath(path, Qt.ClipOperation.IntersectClip)
        strokes, starts = hatch_lines(path.boundingRect(), hatch, self._px)
        painter.setPen(self._pen(Line(hatch.colour, hatch.width_mm)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path_of(strokes, starts, closed=False))
        painter.restore()
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)

    def _pen(self, line: Line | None) -> QPen:
        if line is None:
            return QPen(Qt.PenStyle.NoPen)
        colour = QColor(line.colour)
        colour.setAlphaF(line.opacity)
        width = max(line.width_mm * self._px, 0.01)
        pen = QPen(QBrush(colour), width)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if line.dash:
            pen.setDashPattern([length * self._px / width for length in line.dash])
        return pen

    def _text(self, op: Text) -> None:
        painter, style = self._painter, op.style
        font, metrics = self._font(style)
        width = metrics.horizontalAdvance(op.text) - style.spacing_mm * self._px
        shift = {"left": 0.0, "middle": -width / 2, "right": -width}[op.anchor]
        painter.save()
        painter.translate(op.x * self._px, op.y * self._px)
        if op.angle_deg:
            painter.rotate(op.angle_deg)
        if style.halo:
            self._halo(op, shift)
        painter.setFont(font)
        painter.setPen(QColor(style.colour))
        painter.drawText(QPointF(shift, 0.0), op.text)
        painter.restore()

    def _halo(self, op: Text, shift: float) -> None:
        style = op.style
        outline = QPainterPath()
        outline.addText(0.0, 0.0, outline_font(style, _OUTLINE_PX), op.text)
        factor = style.size_mm * self._px / _OUTLINE_PX
        scaled = QTransform.fromTranslate(shift, 0.0).scale(factor, factor).map(outline)
        pen = QPen(QColor(style.halo), style.halo_mm * 2 * self._px)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        self._painter.strokePath(scaled, pen)

    def _font(self, style: TextStyle) -> tuple[QFont, QFontMetricsF]:
        found = self._fonts.get(style)
        if found is None:
            font = font_of(style, self._px, self._dpi)
            found = font, QFontMetricsF(font, self._painter.device())
            self._fonts[style] = found
        return found


def _brush(fill: Fill | None) -> QBrush | Qt.BrushStyle:
    if fill is None or not fill.colour:
        return Qt.BrushStyle.NoBrush
    colour = QColor(fill.colour)
    colour.setAlphaF(fill.opacity)
    return QBrush(colour)


def _pieces(xy: Floats, starts: Ints) -> list[tuple[Floats, Ints]]:
    """Rings in portions: one path of very many rings costs more than several paths."""
    if len(starts) <= _RINGS_AT_ONCE:
        return [(xy, starts)]
    cuts = list(range(0, len(starts), _RINGS_AT_ONCE))
    portions = []
    for first in cuts:
        last = first + _RINGS_AT_ONCE
        end = int(starts[last]) if last < len(starts) else len(xy)
        begin = int(starts[first])
        portions.append((xy[begin:end], starts[first:last] - begin))
    return portions


def hatch_lines(box: QRectF, hatch: Hatch, px_per_mm: float) -> tuple[Floats, Ints]:
    """Parallel strokes that cover a box of device units; they start at the page's origin, so neighbours
    match."""
    angle = np.radians(-hatch.angle_deg)
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    corners = np.array(
        [
            [box.left(), box.top()],
            [box.right(), box.top()],
            [box.right(), box.bottom()],
            [box.left(), box.bottom()],
        ]
    )
    step = max(hatch.spacing_mm * px_per_mm, 1.0)
    reach, offsets = corners @ along, corners @ across
    numbers = np.arange(np.ceil(offsets.min() / step), np.floor(offsets.max() / step) + 1)
    feet = numbers[:, None] * step * across
    ends = np.stack([feet + reach.min() * along, feet + reach.max() * along], axis=1)
    return ends.reshape(-1, 2), np.arange(0, 2 * len(numbers), 2, dtype=np.int64)
