"""Many small areas onto pixels by one scan instead of a path each."""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter, QTransform

from app.carto.display import Mosaic
from app.carto.flat import COLOURS, HAS_SCAN
from app.carto.paper import Paper, Place
from app.carto.symbols import Line
from app.render.ink import Pixels, frame_of

# Outlines are drawn half a pixel wide and paler when thinner; a wide one is left to Qt.
_WIDEST_PX = 1.1
_SAMPLE_PX = 0.5

if not HAS_SCAN:
    logging.getLogger(__name__).warning("compiled drawing is not there: maps of many cells take longer")


def paint_mosaic(painter: QPainter, op: Mosaic, px_per_mm: float) -> bool:
    """Scan the areas onto the painter's pixels; false when this device or look wants outlines instead."""
    moved = painter.combinedTransform()
    wide = any(line and line.width_mm * px_per_mm > _WIDEST_PX for _, line in op.looks)
    if not HAS_SCAN or wide or moved.isRotating() or moved.isScaling():
        return False
    frame = frame_of(painter)
    if frame.isEmpty():
        return True
    colours, pixels = _colours(op, px_per_mm), Pixels.of(painter)
    if pixels is not None:
        op.areas.draw(op.classes, _place(op, px_per_mm, moved.dx(), moved.dy()), colours, pixels.paper)
        return True
    apart = Paper.blank(frame.width(), frame.height())
    place = _place(op, px_per_mm, moved.dx() - frame.x(), moved.dy() - frame.y())
    op.areas.draw(op.classes, place, colours, apart)
    _put(painter, apart, frame, moved)
    return True


def _put(painter: QPainter, apart: Paper, frame: QRect, moved: QTransform) -> None:
    width, height = frame.width(), frame.height()
    image = QImage(apart.pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    painter.drawImage(round(frame.x() - moved.dx()), round(frame.y() - moved.dy()), image)


def _place(op: Mosaic, px_per_mm: float, dx: float, dy: float) -> Place:
    share = px_per_mm / op.unit
    east, north = op.areas.origin
    return (share, (east - op.left) * share + dx, -share, (op.top - north) * share + dy)


def _colours(op: Mosaic, px_per_mm: float) -> NDArray[np.uint32]:
    """Fills, outlines over fills, outlines over nothing, as _scan.c wants them."""
    table = np.zeros(COLOURS, dtype=np.uint32)
    for number, (fill, line) in enumerate(op.looks):
        under = _premultiplied(fill.colour, fill.opacity) if fill and fill.colour else (0.0,) * 4
        over = _stroke(line, px_per_mm)
        table[number] = _packed(under)
        table[256 + number] = _packed(_over(over, under))
        table[512 + number] = _packed(over)
    return table


def _stroke(line: Line | None, px_per_mm: float) -> tuple[float, ...]:
    if line is None:
        return (0.0,) * 4
    share = min(line.width_mm * px_per_mm / _SAMPLE_PX, 1.0)
    return _premultiplied(line.colour, line.opacity * share)


def _premultiplied(colour: str, opacity: float) -> tuple[float, ...]:
    """Alpha, red, green, blue in 0..1, the colours times alpha."""
    found = QColor(colour)
    alpha = found.alphaF() * opacity
    return (alpha, found.redF() * alpha, found.greenF() * alpha, found.blueF() * alpha)


def _over(top: tuple[float, ...], below: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(t + b * (1.0 - top[0]) for t, b in zip(top, below, strict=True))


def _packed(parts: tuple[float, ...]) -> int:
    a, r, g, b = (round(255 * part) for part in parts)
    return a << 24 | r << 16 | g << 8 | b
