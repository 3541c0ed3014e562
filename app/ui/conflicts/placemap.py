"""A small map for a conflict: both places where the position differs, else where the record is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import shapely
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from app.carto.theme import DARK, LIGHT, Theme, read_theme
from app.carto.view import MapView
from app.domain.coordinates.measure import distance_m, distance_words
from app.domain.coordinates.zones import CITY
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.desk import Desk
from app.ui.map.canvas import Canvas
from app.ui.map.furniture import draw_scale
from app.ui.map.pane import THEME_OF
from app.ui.map.picture import Scene, draw_picture, with_margin
from app.ui.map.tools import SelectTool
from app.ui.parts import muted
from app.ui.tasks import Lane, Token
from app.ui.theme import colours

Scenes = Callable[[], Scene | None]
_ROOM, _LEAST = 0.002, 0.0003  # degrees around the places, so that their surroundings are seen
_PIN = 2.6  # the radius of a pin
_SHARE = 0.6  # of what two places are apart: they are to be told from each other first


class PlaceMap(QWidget):
    """Draws with the features the large map has read already; 1 is what stands, 2 the other."""

    def __init__(self, desk: Desk, scenes: Scenes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._scenes = desk, scenes
        self._places: tuple[tuple[str, BaseGeometry], ...] = ()
        self._scene: Scene | None = None
        self.canvas = Canvas(self)
        self.canvas.setMinimumHeight(metrics.grid(52))
        self.canvas.setAccessibleName(tr(N_("Map")))
        self.canvas.furniture += [draw_scale, self._draw_places]
        self.canvas.use(SelectTool(self.canvas))
        self.canvas.settled.connect(self._draw)
        self._words: QLabel = muted()
        column = QVBoxLayout(self)
        metrics.tight(column, 0, 1)
        column.addWidget(self._words)
        column.addWidget(self.canvas)

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(metrics.grid(100), metrics.grid(60))

    def show_places(self, entity: str, kept: Any, offered: Any) -> None:
        """Show two shapes in degrees EPSG:4490; either may be missing."""
        pairs = (("1", kept), ("2", offered))
        places = tuple((name, at) for name, at in pairs if isinstance(at, BaseGeometry))
        both = len(places) == len(pairs)
        self._show(entity, places, _apart(kept, offered) if both else tr(N_("Where the record is")))

    def show_place(self, entity: str, place: BaseGeometry | None) -> None:
        """Show where the record is, in degrees EPSG:4490, when its place is not at odds."""
        places = (("", place),) if place is not None else ()
        self._show(entity, places, tr(N_("Where the record is")))

    def _show(self, entity: str, places: tuple[tuple[str, BaseGeometry], ...], words: str) -> None:
        self._places = places
        large = self._scenes()
        if large is None or not self._places:
            self.hide()
            return
        theme = read_theme(THEME_OF.get(entity, "boilers"), DARK if colours().dark else LIGHT)
        self._scene = Scene(_unnamed(theme, entity), large.layers)
        self.canvas.background = theme.background
        x0, y0, x1, y1 = shapely.total_bounds([at for _, at in self._places])
        self._words.setText(words)
        apart = max(x1 - x0, y1 - y0)
        room = min(_ROOM, max(_LEAST, _SHARE * apart)) if len(self._places) == 2 else _ROOM
        self.canvas.open((x0 - room, y0 - room, x1 + room, y1 + room), CITY)
        self.show()

    def _draw(self, view: MapView) -> None:
        scene = self._scene
        if scene is None or self._desk.session is None:
            return
        wide, ratio = with_margin(view), self.devicePixelRatioF()

        def work(token: Token) -> Any:
            return None if token.cancelled() else draw_picture(scene, wide, ratio)

        self._desk.tasks.run(self, work, self._drawn, lane=Lane.DRAW, topic="picture")

    def _drawn(self, picture: Any) -> None:
        if picture is not None:
            self.canvas.take_picture(picture)

    def _draw_places(self, painter: QPainter, canvas: Canvas) -> None:
        if canvas.view is None:
            return
        middles = [_px(canvas.view, [shape.representative_point()])[0] for _, shape in self._places]
        if len(middles) == 2:
            painter.setPen(QPen(QColor(colours().text), 1.2, Qt.PenStyle.DashLine))
            painter.drawLine(*middles)
        for (name, shape), middle in zip(self._places, _side_by_side(middles), strict=True):
            _outline(painter, canvas.view, shape)
            if name:
                _pin(painter, name, middle)
            elif isinstance(shape, Point):
                _ring(painter, middle)


def _unnamed(theme: Theme, entity: str) -> Theme:
    """The theme without the names of what is compared: half of them would stand under the pins."""
    bare = (replace(layer, label=None) if layer.entity == entity else layer for layer in theme.layers)
    return replace(theme, layers=tuple(bare))


def _apart(kept: Any, offered: Any) -> str:
    if isinstance(kept, Point) and isinstance(offered, Point):
        away = distance_words(distance_m(kept.x, kept.y, offered.x, offered.y))
        return tr(N_("The two places are {distance} apart."), distance=away)
    return tr(N_("Both places on the map"))


def _px(view: MapView, points: Iterable[Point]) -> list[QPointF]:
    return [QPointF(*view.px_of(point.x, point.y)) for point in points]


def _side_by_side(middles: list[QPointF]) -> list[QPointF]:
    """Where the pins are drawn: beside each other where one would hide the other."""
    if len(middles) < 2 or QLineF(*middles).length() >= 2 * metrics.grid(_PIN):
        return middles
    middle, aside = QLineF(*middles).center(), QPointF(metrics.grid(_PIN), 0)
    return [middle - aside, middle + aside]


def _outline(painter: QPainter, view: MapView, shape: BaseGeometry) -> None:
    if isinstance(shape, Point):
        return
    painter.setPen(QPen(QColor(colours().accent), 2.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for part in shapely.get_parts(shape):
        line = part.exterior if hasattr(part, "exterior") else part
        painter.drawPolyline(QPolygonF(_px(view, map(Point, line.coords))))


def _ring(painter: QPainter, middle: QPointF) -> None:
    painter.setPen(QPen(QColor(colours().accent), 2.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(middle, metrics.grid(_PIN), metrics.grid(_PIN))


def _pin(painter: QPainter, name: str, middle: QPointF) -> None:
    radius = metrics.grid(_PIN)
    painter.setPen(QPen(QColor(colours().base), 1.5))
    painter.setBrush(QColor(colours().accent if name == "1" else colours().warning))
    painter.drawEllipse(middle, radius, radius)
    painter.setFont(metrics.sized(1.0, bold=True))
    painter.setPen(QColor(colours().on_accent))
    box = QRectF(middle.x() - radius, middle.y() - radius, 2 * radius, 2 * radius)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)
