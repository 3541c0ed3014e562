"""The map widget: shows the last picture moved or stretched while the view moves, and asks for a sharp
one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QElapsedTimer, QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QSizePolicy, QWidget

from app.carto.features import Extent
from app.carto.view import MapView
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.map.crosshair import Crosshair
from app.ui.map.fling import Fling
from app.ui.map.picture import Picture, placed
from app.ui.map.trail import Trail

if TYPE_CHECKING:
    from app.ui.map.tools import Tool

_SETTLE_MS = 70
_AT_LEAST_EVERY_MS = 300
_NEAREST, _AT_A_POINT = 1_500.0, 10_000.0  # closer than the first is a point, shown at the second
_WHEEL = 1.0018  # zoom factor for an eighth of a degree of the wheel
_MOST_TURN = 1200  # ten notches: more in one event is a driver's slip, and a power of it no number


class Canvas(QWidget):
    """Holds the view; the pane gives it pictures, a tool and overlays."""

    view_changed = Signal(object)  # MapView: every movement
    settled = Signal(object)  # MapView: a sharp picture is wanted
    pointed = Signal(float, float)  # longitude, latitude under the pointer (EPSG:4490)
    left = Signal()  # the pointer has gone
    escaped = Signal()  # Esc, which the tool had no use for
    trail_changed = Signal()  # the map rests on another view: back and forward may lead elsewhere

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr(N_("Map")))
        self.view: MapView | None = None
        self.background = "#ffffff"
        self._home: Extent | None = None
        self._at_home = True  # until the user moves the map, a new size shows the whole area again
        self._crs = ""
        self._picture: Picture | None = None
        self._marks: Picture | None = None
        self._tool: Tool | None = None
        self.trail = Trail()
        self.fling = Fling(self.pan, self)
        self.cross = Crosshair(self)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.furniture: list[Callable[[QPainter, Canvas], None]] = []  # drawn above the map, in this order
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._ask_for_picture)
        self._since = QElapsedTimer()
        self._since.start()

    def minimumSizeHint(self) -> QSize:
        """Small enough for a laptop, large enough to be a map."""
        return QSize(metrics.grid(60), metrics.grid(35))

    # ---- view

    def open(self, home: Extent, crs: str) -> None:
        """Start with an extent of degrees in a system of metres; the old pictures are gone."""
        self._home, self._crs = home, crs
        self._picture = self._marks = None
        self.view = None
        self.trail.clear()
        self.fling.stop()
        self.show_all()

    def close_map(self) -> None:
        """Show nothing."""
        self._home, self.view, self._picture, self._marks = None, None, None, None
        self.update()

    def show_all(self) -> None:
        """The whole area of the workspace."""
        if self._home and self.width() > 1 and self.height() > 1:
            size = (self.width(), self.height())
            fresh = MapView.of_degrees(self._home, size, self._crs, float(self.logicalDpiX()))
            self.set_view(fresh.zoomed(0.94))
            self._at_home = True

    def show_extent(self, extent: Extent) -> bool:
        """The whole of an extent of degrees; a point at a scale where its surroundings are seen. False when
        the map's system does not reach there."""
        if self.view is None:
            return False
        fitted = self.view.fitted_degrees(extent, 0.15)
        near = fitted.scale < _NEAREST
        self.set_view(replace(fitted, scale=_AT_A_POINT) if near else fitted)
        return fitted.has_place

    def set_view(self, view: MapView) -> None:
        """Show another part of the ground, at once with the old picture, soon with a sharp one; paper that
        still slides stays there."""
        self.fling.stop()
        self._move_to(view)

    def _move_to(self, view: MapView) -> None:
        if not view.has_place:
            return  # the way there led off what the map's system knows
        self.view = view
        self._at_home = False
        self.view_changed.emit(view)
        self._ask_soon()
        self.update()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom about a point of the widget, or its middle."""
        if self.view:
            self.set_view(self.view.zoomed(factor, (at.x(), at.y()) if at else None))

    def pan(self, dx: float, dy: float) -> None:
        """Drag the paper by pixels."""
        if self.view:
            self._move_to(self.view.panned(dx, dy))

    def show_box(self, box: QRectF) -> None:
        """The whole of a box of the widget's pixels."""
        if self.view and box.width() > 0 and box.height() > 0:
            per_mm = self.view.px_per_mm
            corners = np.array([[box.left(), box.bottom()], [box.right(), box.top()]]) / per_mm
            (x0, y0), (x1, y1) = self.view.from_mm(corners).tolist()
            self.set_view(self.view.fitted((x0, y0, x1, y1), 0.0))

    def step_back(self) -> None:
        """The view before this one."""
        self._go(-1)

    def step_forward(self) -> None:
        """The view one came back from."""
        self._go(1)

    def _go(self, step: int) -> None:
        found = self.trail.go(step, self.view) if self.view else None
        if found is not None:
            self.set_view(found)
            self.trail_changed.emit()

    def refresh(self) -> None:
        """Ask for a new picture of the same view, because records or layers have changed."""
        self._settle.start()

    def _ask_soon(self) -> None:
        """When the map has come to rest; on a long drag now and then, once the drawn margin has run out."""
        long_ago = self._since.elapsed() >= _AT_LEAST_EVERY_MS
        if not (self._settle.isActive() and long_ago and self._shows_edges()):
            self._settle.start()

    def _shows_edges(self) -> bool:
        """Whether the last picture no longer covers the window."""
        if self._picture is None or self.view is None:
            return True
        return not placed(self._picture.view, self.view).contains(QRectF(self.rect()))

    def waits(self) -> bool:
        """Whether a sharp picture is about to be asked for."""
        return self._settle.isActive()

    def _ask_for_picture(self) -> None:
        self._since.restart()
        if self.view is not None:
            if not self.fling.slides():
                self.trail.rest(self.view)
                self.trail_changed.emit()
            self.settled.emit(self.view)

    # ---- pictures

    def take_picture(self, picture: Picture) -> None:
        """A sharp picture has come; it is kept even if the view has moved on."""
        self._picture = picture
        self.update()

    def take_marks(self, marks: Picture | None) -> None:
        """The marks of the selection have come."""
        self._marks = marks
        self.update()

    @property
    def picture(self) -> Picture | None:
        """The last picture."""
        return self._picture

    def paintEvent(self, event: QPaintEvent) -> None:
        """Blit the last picture where it belongs now, then the marks, then what the tool draws."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self.background))
        moving = (
            self._settle.isActive()
        )  # stretching smoothly costs half a frame, and nobody sees it in motion
        if self.view is not None:
            painter.setRenderHint(
                QPainter.RenderHint.SmoothPixmapTransform, self._is_stretched() and not moving
            )
            for picture in (self._picture, self._marks):
                if picture is not None and picture.view.crs == self.view.crs:
                    painter.drawImage(placed(picture.view, self.view), picture.image)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for draw in self.furniture:
                draw(painter, self)
            if self._tool:
                self._tool.paint(painter)
            if self.cross.shown:
                self.cross.draw(painter)
        painter.end()

    def _is_stretched(self) -> bool:
        return bool(self._picture and self.view and self._picture.view.scale != self.view.scale)

    # ---- tools and input

    def use(self, tool: Tool) -> None:
        """Give the pointer to a tool."""
        if self._tool is not None:
            self._tool.stop()
        self._tool = tool
        self.setCursor(tool.cursor)
        self.update()

    @property
    def tool(self) -> Tool | None:
        """The tool in use."""
        return self._tool

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep centre and scale; the first real size shows the whole area."""
        if self.view is None or self._at_home:
            self.show_all()
        else:
            self.set_view(self.view.resized((self.width(), self.height())))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer; a wheel that tilts sideways moves nothing."""
        self.fling.stop()
        turn = min(max(event.angleDelta().y(), -_MOST_TURN), _MOST_TURN)
        if turn:
            self.zoom(_WHEEL**turn, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Give it to the tool; the buttons for back and forward are the map's own."""
        self.fling.stop()
        if event.button() == Qt.MouseButton.BackButton:
            self.step_back()
        elif event.button() == Qt.MouseButton.ForwardButton:
            self.step_forward()
        elif self._tool and self.view:
            self._tool.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell where the pointer is, then give it to the tool."""
        if self.view is None:
            return
        self.use_cross(False)
        self._point(event.position())
        if self._tool:
            self._tool.move(event)

    def _point(self, at: QPointF) -> None:
        lon, lat = self.view.degrees_at(at.x(), at.y()) if self.view else (float("nan"),) * 2
        if lon == lon:
            self.pointed.emit(lon, lat)

    def use_cross(self, shown: bool) -> None:
        """The keys point at the middle of the map now, or the mouse points again."""
        if shown != self.cross.shown:
            self.cross.shown = shown
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Give it to the tool."""
        if self._tool and self.view:
            self._tool.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Give it to the tool."""
        if self._tool and self.view:
            self._tool.double_click(event)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer has left."""
        self.left.emit()

    def event(self, event: QEvent) -> bool:
        """Let the tool have keys that would be shortcuts or go to the next widget."""
        if isinstance(event, QNativeGestureEvent) and self._pinched(event):
            return True
        if isinstance(event, QGestureEvent):
            return self._spread(event)
        if isinstance(event, QKeyEvent) and self._tool is not None:
            if event.type() == QEvent.Type.ShortcutOverride and self._tool.claims(event):
                event.accept()
                return True
            tab = event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
            if event.type() == QEvent.Type.KeyPress and tab and self._tool.key(event):
                return True
        return super().event(event)

    def _pinched(self, event: QNativeGestureEvent) -> bool:
        """Two fingers on a touchpad: the paper grows and shrinks between them."""
        if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
            return False
        self.fling.stop()
        self.zoom(max(1.0 + event.value(), 0.2), event.position())
        return True

    def _spread(self, event: QGestureEvent) -> bool:
        """Two fingers on a touch screen."""
        pinch = event.gesture(Qt.GestureType.PinchGesture)
        if not isinstance(pinch, QPinchGesture):
            return False
        middle = QPointF(self.mapFromGlobal(pinch.centerPoint().toPoint()))
        self.zoom(max(pinch.scaleFactor(), 0.2), middle)
        moved = pinch.centerPoint() - pinch.lastCenterPoint()
        self.pan(moved.x(), moved.y())
        event.accept(pinch)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the ground under the cross, + and - zoom, Home shows all; the rest is the tool's."""
        self.fling.stop()
        if self._tool and self._tool.key(event):
            return
        key, step = Qt.Key(event.key()), self.cross.step(event)
        if step is not None:
            self.pan(*step)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1.5)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / 1.5)
        elif key == Qt.Key.Key_Home:
            self.show_all()
        elif key == Qt.Key.Key_Escape:
            self.use_cross(False)
            self.escaped.emit()
            return
        else:
            super().keyPressEvent(event)
            return
        self._aim()

    def _aim(self) -> None:
        """Other ground lies under the cross: say what, here and to the tool."""
        self.use_cross(True)
        self._point(self.cross.at)
        if self._tool and self.view:
            self._tool.aimed(self.cross.at)
