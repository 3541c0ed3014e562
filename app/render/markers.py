"""Point symbols: stamped as ready-made pictures on the screen, drawn as paths in a PDF."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPainterPath, QPen

from app.carto.display import Floats
from app.carto.symbols import SHAPES, Marker, Part, paint_of
from app.render.ink import Pixels
from app.render.paths import path_of

_FAR = 1_000_000
_MANY = 400  # from here on markers are put down in compiled code, without the interpreter's lock


class MarkerStamp:
    """One marker at one size on one device."""

    def __init__(self, marker: Marker, px_per_mm: float, vector: bool) -> None:
        self._marker = marker
        self._px = px_per_mm
        self._vector = vector

    def put(self, painter: QPainter, places: Floats) -> None:
        """Draw the marker at each of `places` (n, 2) in device units, in their order."""
        if self._vector:
            self._as_paths(painter, places)
            return
        picture = _picture(self._marker, self._px)
        half = picture.width() / 2
        corners = np.round(places[np.isfinite(places).all(axis=1)] - half).clip(-_FAR, _FAR).astype(int)
        pixels = Pixels.of(painter) if len(corners) >= _MANY and self._marker.opacity >= 1.0 else None
        if pixels is not None:
            pixels.stamps(picture, corners)
            return
        before = painter.opacity()
        painter.setOpacity(before * self._marker.opacity)
        draw = painter.drawImage
        for x, y in corners.tolist():
            draw(x, y, picture)
        painter.setOpacity(before)

    def _as_paths(self, painter: QPainter, places: Floats) -> None:
        pieces = _pieces(self._marker, self._px)
        for x, y in places[np.isfinite(places).all(axis=1)].tolist():
            painter.save()
            painter.translate(x, y)
            painter.setOpacity(painter.opacity() * self._marker.opacity)
            _draw(painter, pieces)
            painter.restore()


_Piece = tuple[QPainterPath, QBrush | Qt.BrushStyle, QPen | Qt.PenStyle]


@lru_cache(maxsize=256)
def _picture(marker: Marker, px_per_mm: float) -> QImage:
    """The marker drawn once in the middle of an odd-sized transparent picture."""
    side = 2 * math.ceil((marker.size_mm * 0.6 + marker.casing_mm + marker.line_mm) * px_per_mm + 1) + 1
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.translate(side / 2, side / 2)
    _draw(painter, _pieces(marker, px_per_mm))
    painter.end()
    return image


def _draw(painter: QPainter, pieces: tuple[_Piece, ...]) -> None:
    for path, brush, pen in pieces:
        painter.setBrush(brush)
        painter.setPen(pen)
        painter.drawPath(path)


@lru_cache(maxsize=256)
def _pieces(marker: Marker, px_per_mm: float) -> tuple[_Piece, ...]:
    parts = SHAPES[marker.shape]
    pieces: list[_Piece] = []
    if marker.casing and marker.casing_mm > 0:
        outline = Part(parts[0].rings[:1])
        width = (marker.casing_mm * 2 + marker.line_mm) * px_per_mm
        pieces.append((_path(outline, marker, px_per_mm), _brush(marker.casing), _pen(marker.casing, width)))
    for part in parts:
        fill, stroke = paint_of(part.fill, marker), paint_of(part.stroke, marker)
        path = _path(part, marker, px_per_mm)
        pieces.append((path, _brush(fill), _pen(stroke, marker.line_mm * px_per_mm)))
    return tuple(pieces)


def _path(part: Part, marker: Marker, px_per_mm: float) -> QPainterPath:
    rings = [np.asarray(ring, dtype=float) for ring in part.rings]
    starts = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])[:-1]]).astype(np.int64)
    return path_of(np.concatenate(rings) * marker.size_mm * px_per_mm, starts, part.closed)


def _brush(colour: str) -> QBrush | Qt.BrushStyle:
    return QBrush(QColor(colour)) if colour else Qt.BrushStyle.NoBrush


def _pen(colour: str, width: float) -> QPen | Qt.PenStyle:
    if not colour:
        return Qt.PenStyle.NoPen
    pen = QPen(QColor(colour), max(width, 0.01))
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen
