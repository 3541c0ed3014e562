"""Small drawings of map symbols for legends, tables and steppers, so that a status looks the same
everywhere."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap

from app.carto.display import Markers, Op, Shapes, polyline, rectangle
from app.carto.symbols import Line, Symbol
from app.carto.theme import DARK, LIGHT, read_theme
from app.render.painter import paint_ops
from app.ui import metrics
from app.ui.theme import colours

_PX_PER_MM = 96 / 25.4
_STATUS_LAYER = "boilers"


def symbol_icon(symbol: Symbol) -> QIcon:
    """An icon of a legend line, as wide as an icon of the window."""
    return QIcon(symbol_pixmap(symbol, metrics.grid(5)))


def no_symbol() -> QIcon:
    """As wide as a symbol and empty: a line without one begins below the others."""
    picture = QPixmap(metrics.grid(5), metrics.grid(5))
    picture.fill(Qt.GlobalColor.transparent)
    return QIcon(picture)


def symbol_pixmap(symbol: Symbol, side: int) -> QPixmap:
    """The symbol in the middle of a transparent square of `side` pixels."""
    ratio = max(screen.devicePixelRatio() for screen in QGuiApplication.screens())
    picture = QPixmap(round(side * ratio), round(side * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    paint_ops(painter, _sample(symbol, side / _PX_PER_MM), _PX_PER_MM)
    painter.end()
    return picture


def status_icon(state: str) -> QIcon:
    """The map's symbol of a boiler's state; empty for a state the map does not know."""
    return _status_icon(state, colours().dark, metrics.grid(5))


@lru_cache(maxsize=64)
def _status_icon(state: str, dark: bool, side: int) -> QIcon:
    symbol = _status_symbols(DARK if dark else LIGHT).get(state)
    return QIcon(symbol_pixmap(symbol, side)) if symbol else QIcon()


@lru_cache(maxsize=2)
def _status_symbols(palette: str) -> dict[str, Symbol]:
    layer = read_theme("boilers", palette).layer(_STATUS_LAYER)
    if layer is None:
        return {}
    return {str(value): item.symbol for item in layer.rule.classes for value in item.values}


def _sample(symbol: Symbol, side_mm: float) -> tuple[Op, ...]:
    middle = side_mm / 2
    if symbol.marker:
        size = min(symbol.marker.size_mm * 1.35, side_mm * 0.85)
        marker = type(symbol.marker)(**{**symbol.marker.__dict__, "size_mm": size})
        return (Markers(np.array([[middle, middle]]), marker),)
    edge = side_mm * 0.12
    line = _thin(symbol.line)
    if symbol.fill:
        box = (edge, side_mm * 0.22, side_mm - 2 * edge, side_mm * 0.56)
        return (rectangle(box, symbol.fill, line),)
    flat: Shapes = polyline([(edge, middle), (side_mm - edge, middle)], line or Line("#888888"))
    return (flat,)


def _thin(line: Line | None) -> Line | None:
    """Wide boundary bands would fill a small sample."""
    return type(line)(**{**line.__dict__, "width_mm": min(line.width_mm, 0.7)}) if line else None
