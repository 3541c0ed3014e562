"""Words: stamped as ready-made pictures on the screen, real text in a PDF; halos are drawn as outlines."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QTransform

from app.carto.display import Text
from app.carto.symbols import TextStyle
from app.render.fonts import font_of, outline_font

_OUTLINE_PX = 100
_PART_OF_WIDTH = {"left": 0.0, "middle": -0.5, "right": -1.0}


class WordSetter:
    """Sets lines of words on one device."""

    def __init__(self, painter: QPainter, px_per_mm: float, vector: bool) -> None:
        self._painter = painter
        self._px = px_per_mm
        self._vector = vector
        self._dpi = float(painter.device().logicalDpiY())
        self._fonts: dict[TextStyle, tuple[QFont, QFontMetricsF]] = {}

    def put(self, op: Text) -> None:
        """Draw one line of words at its place."""
        if self._vector or op.angle_deg or not op.style.halo:
            self._as_text(op)
            return
        picture, width, left, up = _picture(op.text, op.style, self._px)
        x = op.x * self._px + width * _PART_OF_WIDTH[op.anchor]
        self._painter.drawImage(QPointF(round(x - left), round(op.y * self._px - up)), picture)

    def _as_text(self, op: Text) -> None:
        painter, style = self._painter, op.style
        font, metrics = self._font(style)
        width = metrics.horizontalAdvance(op.text) - style.spacing_mm * self._px
        painter.save()
        painter.translate(op.x * self._px, op.y * self._px)
        if op.angle_deg:
            painter.rotate(op.angle_deg)
        draw_words(painter, op.text, style, font, (width * _PART_OF_WIDTH[op.anchor], 0.0), self._px)
        painter.restore()

    def _font(self, style: TextStyle) -> tuple[QFont, QFontMetricsF]:
        found = self._fonts.get(style)
        if found is None:
            font = font_of(style, self._px, self._dpi)
            found = font, QFontMetricsF(font, self._painter.device())
            self._fonts[style] = found
        return found


def draw_words(
    painter: QPainter, text: str, style: TextStyle, font: QFont, at: tuple[float, float], px_per_mm: float
) -> None:
    """Words with their halo below them; `at` is the left end of the base line."""
    if style.halo:
        outline = QPainterPath()
        outline.addText(0.0, 0.0, outline_font(style, _OUTLINE_PX), text)
        factor = style.size_mm * px_per_mm / _OUTLINE_PX
        scaled = QTransform.fromTranslate(*at).scale(factor, factor).map(outline)
        pen = QPen(QColor(style.halo), style.halo_mm * 2 * px_per_mm)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(scaled, pen)
    painter.setFont(font)
    painter.setPen(QColor(style.colour))
    painter.drawText(QPointF(*at), text)


@lru_cache(maxsize=2048)
def _picture(text: str, style: TextStyle, px_per_mm: float) -> tuple[QImage, float, int, int]:
    """Words with a halo drawn once: the picture, their width, and where in it their base line begins."""
    probe = _transparent(1, 1, px_per_mm)
    font = font_of(style, px_per_mm, float(probe.logicalDpiY()))
    metrics = QFontMetricsF(font, probe)
    width = metrics.horizontalAdvance(text)
    edge = math.ceil(style.halo_mm * px_per_mm) + 2
    up = math.ceil(metrics.ascent()) + edge
    size = math.ceil(width) + 2 * edge, up + math.ceil(metrics.descent()) + edge
    image = _transparent(*size, px_per_mm)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing, True)
    draw_words(painter, text, style, font, (edge, up), px_per_mm)
    painter.end()
    return image, width - style.spacing_mm * px_per_mm, edge, up


def _transparent(width: int, height: int, px_per_mm: float) -> QImage:
    """An empty picture of a resolution, as fonts are measured by it."""
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDotsPerMeterX(round(px_per_mm * 1000))
    image.setDotsPerMeterY(round(px_per_mm * 1000))
    image.fill(Qt.GlobalColor.transparent)
    return image
