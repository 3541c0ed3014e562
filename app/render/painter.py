"""The one painter: draws a display list or the operations of a sheet on any QPainter."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen

from app.carto.cutting import thinned
from app.carto.display import (
    DisplayList,
    Floats,
    Group,
    Ints,
    Markers,
    Mosaic,
    Op,
    Photo,
    Raster,
    Shapes,
    Text,
)
from app.carto.symbols import Fill, Hatch, Line
from app.render.fonts import ensure_application
from app.render.ink import Pixels, can_ink
from app.render.markers import MarkerStamp
from app.render.mosaic import paint_mosaic
from app.render.paths import path_of, portions
from app.render.photos import paint_photo
from app.render.raster import paint_raster
from app.render.words import WordSetter

# Measured: the rasteriser is fastest with a few dozen areas in one path; hairlines may be many.
_AREAS_AT_ONCE = 24
_HAIRLINES_AT_ONCE = 2000
_SAME_PX = 0.4  # corners of a detailed outline that fall within so many pixels are one


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
        self._words = WordSetter(painter, px_per_mm, vector)

    def all(self, ops: tuple[Op, ...]) -> None:
        for op in ops:
            if isinstance(op, Shapes):
                self._shapes(op)
            elif isinstance(op, Mosaic):
                self._mosaic(op)
            elif isinstance(op, Raster):
                paint_raster(self._painter, op, self._px)
            elif isinstance(op, Markers):
                MarkerStamp(op.marker, self._px, self._vector).put(self._painter, op.xy * self._px)
            elif isinstance(op, Text):
                self._words.put(op)
            elif isinstance(op, Photo):
                paint_photo(self._painter, op, self._px)
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

    def _mosaic(self, op: Mosaic) -> None:
        if self._vector:
            self.all(op.shapes())
        elif not paint_mosaic(self._painter, op, self._px):
            pixels = Pixels.of(self._painter) if all(can_ink(line) for _, line in op.looks) else None
            if pixels is None:
                self.all(op.shapes())
            else:
                pixels.mosaic(op, self._px)

    def _shapes(self, op: Shapes) -> None:
        if not len(op.starts):
            return
        pixels = None if self._vector or not can_ink(op.line) else Pixels.of(self._painter)
        if pixels is not None:
            pixels.shapes(op, self._px)
            return
        xy, starts = op.xy * self._px, op.starts
        if not self._vector:
            xy, starts = thinned(xy, starts, _SAME_PX)
        if op.closed and op.fill:
            self._filled(xy, starts, op.fill)
        if op.line:
            self._lined(xy, starts, op.line, op.closed)

    def _filled(self, xy: Floats, starts: Ints, fill: Fill) -> None:
        painter = self._painter
        painter.setPen(Qt.PenStyle.NoPen)
        for some, first in portions(xy, starts, _AREAS_AT_ONCE):
            path = path_of(some, first, closed=True)
            if fill.colour:
                painter.setBrush(_brush(fill))
                painter.drawPath(path)
            if fill.hatch:
                self._hatched(path, fill.hatch)

    def _lined(self, xy: Floats, starts: Ints, line: Line, closed: bool) -> None:
        """Hairlines many at once; wide or dashed ones ring by ring, as one long outline costs far more.

        Half transparent lines stay together, or places where two meet would come out darker.
        """
        painter = self._painter
        painter.setPen(self._pen(line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        simple = line.width_mm * self._px <= 1.0 and not line.dash
        at_once = len(starts) if line.opacity < 1.0 else _HAIRLINES_AT_ONCE if simple else 1
        for some, first in portions(xy, starts, at_once):
            painter.drawPath(path_of(some, first, closed))

    def _hatched(self, path: QPainterPath, hatch: Hatch) -> None:
        """Parallel strokes cut at the outline, and at the device: an area may reach round the world."""
        painter = self._painter
        box = path.boundingRect().intersected(_visible(painter))
        if box.isEmpty():
            return
        painter.save()
        painter.setClipPath(path, Qt.ClipOperation.IntersectClip)
        strokes, starts = hatch_lines(box, hatch, self._px)
        painter.setPen(self._pen(Line(hatch.colour, hatch.width_mm, opacity=hatch.opacity)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path_of(strokes, starts, closed=False))
        painter.restore()

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


def _visible(painter: QPainter) -> QRectF:
    """What of the painter's own units lies on its device."""
    device = painter.device()
    back, _ = painter.combinedTransform().inverted()
    seen = back.mapRect(QRectF(0, 0, device.width(), device.height()))
    return seen.intersected(painter.clipBoundingRect()) if painter.hasClipping() else seen


def _brush(fill: Fill) -> QBrush:
    colour = QColor(fill.colour)
    colour.setAlphaF(fill.opacity)
    return QBrush(colour)


def hatch_lines(box: QRectF, hatch: Hatch, px_per_mm: float) -> tuple[Floats, Ints]:
    """Parallel strokes that cover a box of device units; counted from the origin, so neighbours match."""
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
