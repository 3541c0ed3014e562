"""How a drawing looks: the board's shapes with their corners, the line under way, the sign of snapping."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPolygonF

from app.carto.digitise.board import Board
from app.carto.digitise.corners import XY, place_of
from app.carto.digitise.snapping import Snap
from app.carto.display import Floats
from app.carto.projection import to_map
from app.carto.view import MapView
from app.ui.digitise.ground import Near, OnScreen
from app.ui.digitise.work import Aim, Digitising, Mode
from app.ui.theme import colours

_CORNER_PX, _ACTIVE_PX, _SNAP_PX = 2.5, 4.5, 7.0
_MOST_CORNERS_SHOWN = 4000  # more of them in one window are one grey band
Hand = tuple[Near | None, tuple[Near, XY] | None, Aim | None]


def paint_board(painter: QPainter, view: MapView, work: Digitising) -> None:
    """Every shape on the board, whichever tool is in use."""
    screen = work.screen(view.crs)
    accent = QColor(colours().accent)
    fill = QColor(accent)
    fill.setAlpha(40)
    painter.setPen(QPen(QColor("#ffffff"), 4.0))
    path = _path(screen, view)
    painter.setBrush(QBrush(fill))
    painter.drawPath(path)
    painter.setPen(QPen(accent, 2.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    if work.mode is Mode.CORNERS:
        _corners(painter, screen, view, accent)


def paint_drawing(painter: QPainter, view: MapView, work: Digitising, hand: Hand) -> None:
    """The corner in hand or under the pointer, the line with its loose end, and the sign of snapping."""
    hover, held, aim = hand
    _line(painter, view, work, aim)
    if held is not None:
        _moving(painter, view, work.board, held)
    for near, size in ((hover, _ACTIVE_PX - 1), (work.active, _ACTIVE_PX)):
        if near is not None and (held is None or near != held[0]):
            _square(painter, QPointF(*view.px_of(*place_of(work.board.need(near.uid), near.corner))), size)
    if aim is not None and aim.snap is not None:
        _sign(painter, QPointF(*view.px_of(*aim.snap.place)), aim.snap)


def _path(screen: OnScreen, view: MapView) -> QPainterPath:
    path = QPainterPath()
    for line in screen.lines:
        points = QPolygonF([QPointF(x, y) for x, y in screen.px(line, view).tolist()])
        path.addPolygon(points)
        if line.ring.closed:
            path.closeSubpath()
    return path


def _corners(painter: QPainter, screen: OnScreen, view: MapView, accent: QColor) -> None:
    width, height = view.size_px
    painter.setPen(QPen(accent, 1.2))
    painter.setBrush(QColor("#ffffff"))
    shown = 0
    for line in screen.lines:
        px = screen.px(line, view)
        inside = (px[:, 0] > 0) & (px[:, 0] < width) & (px[:, 1] > 0) & (px[:, 1] < height)
        shown += int(inside.sum())
        if shown > _MOST_CORNERS_SHOWN:
            return
        for x, y in px[inside].tolist():
            painter.drawRect(QRectF(x - _CORNER_PX, y - _CORNER_PX, 2 * _CORNER_PX, 2 * _CORNER_PX))


def _line(painter: QPainter, view: MapView, work: Digitising, aim: Aim | None) -> None:
    """The line with its loose end, which shows the boundary that the next corner would follow."""
    if not work.chain:
        return
    places = list(work.chain)
    if aim is not None and aim.trail is not None:
        places[-1:] = [aim.trail.start, *aim.trail.between]
    places += [aim.place] if aim is not None else []
    px = _pixels(view, places)
    danger = QColor(colours().danger if work.mode is not Mode.NEW else colours().accent)
    closed = work.closed and len(px) > 2
    fill = QColor(danger)
    fill.setAlpha(40)
    painter.setBrush(QBrush(fill) if closed else QBrush(Qt.BrushStyle.NoBrush))
    for colour, width in ((QColor("#ffffff"), 4.5), (danger, 2.2)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine))
        (painter.drawPolygon if closed else painter.drawPolyline)(QPolygonF(px))
        painter.setBrush(Qt.BrushStyle.NoBrush)
    for point in px[: len(work.chain)]:
        _square(painter, point, _CORNER_PX + 0.5)


def _moving(painter: QPainter, view: MapView, board: Board, held: tuple[Near, XY]) -> None:
    """Where the corner goes, and its two edges with it."""
    near, to = held
    screen = OnScreen(Board({near.uid: board.need(near.uid)}), view.crs)
    ring = next(
        line.ring
        for line in screen.lines
        if (line.ring.part, line.ring.ring) == (near.corner.part, near.corner.ring)
    )
    at, count = near.corner.at, len(ring.xy)
    beside = [at - 1, at + 1] if not ring.closed else [(at - 1) % count, (at + 1) % count]
    middle = QPointF(*view.px_of(*to))
    painter.setPen(QPen(QColor(colours().accent), 1.6, Qt.PenStyle.DashLine))
    for number in beside:
        if 0 <= number < count and number != at:
            painter.drawLine(middle, QPointF(*view.px_of(*ring.xy[number])))
    _square(painter, middle, _ACTIVE_PX)


def _square(painter: QPainter, at: QPointF, size: float) -> None:
    painter.setPen(QPen(QColor(colours().accent), 1.6))
    painter.setBrush(QColor("#ffffff"))
    painter.drawRect(QRectF(at.x() - size, at.y() - size, 2 * size, 2 * size))


def _sign(painter: QPainter, at: QPointF, snap: Snap) -> None:
    """A square around a corner, a cross on an edge: told apart without colour."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(colours().warning), 2.0))
    box = QRectF(at.x() - _SNAP_PX, at.y() - _SNAP_PX, 2 * _SNAP_PX, 2 * _SNAP_PX)
    if snap.kind == "corner":
        painter.drawRect(box)
    else:
        painter.drawLine(box.topLeft(), box.bottomRight())
        painter.drawLine(box.topRight(), box.bottomLeft())


def _pixels(view: MapView, places: Sequence[XY]) -> list[QPointF]:
    on_map: Floats = to_map(np.asarray(places, dtype=np.float64), view.crs)
    return [QPointF(x, y) for x, y in (view.to_mm(on_map) * view.px_per_mm).tolist()]
