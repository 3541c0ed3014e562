"""What the pointer does on the map: select, drag, zoom to a box."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen

from app.ui.map.canvas import Canvas
from app.ui.theme import colours

_CLICK_PX = 4
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_ALT = Qt.KeyboardModifier.AltModifier
_CTRL = Qt.KeyboardModifier.ControlModifier
_SET = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Tool(QObject):
    """A tool gets the canvas's input while it is in use; a drag with the middle button always pans."""

    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self._pressed: QPointF | None = None
        self._last: QPointF | None = None

    def press(self, event: QMouseEvent) -> None:
        """A button went down."""
        self._pressed = self._last = event.position()

    def move(self, event: QMouseEvent) -> None:
        """The pointer moved; with a button down the paper is dragged."""
        if self._pressed is not None and self._last is not None and event.buttons():
            step = event.position() - self._last
            self._last = event.position()
            if self.dragged(event):
                self.canvas.pan(step.x(), step.y())
                self.canvas.fling.follow(event.position())

    def release(self, event: QMouseEvent) -> None:
        """A button went up; the paper slides on when it was thrown."""
        if self._pressed is not None:
            self.canvas.fling.let_go()
        self._pressed = self._last = None

    def double_click(self, event: QMouseEvent) -> None:
        """Twice in quick succession."""

    def key(self, event: QKeyEvent) -> bool:
        """A key; true when the tool has used it."""
        return False

    def aimed(self, at: QPointF) -> None:
        """By the keys other ground was brought under the cross at a pixel."""

    def claims(self, event: QKeyEvent) -> bool:
        """Whether a key that is a shortcut of the window too shall come here."""
        return False

    def paint(self, painter: QPainter) -> None:
        """What the tool draws above the map."""

    def ground_at(self, at: QPointF) -> tuple[float, float]:
        """Longitude and latitude (EPSG:4490) under a pixel."""
        view = self.canvas.view
        return view.degrees_at(at.x(), at.y()) if view else (0.0, 0.0)

    def stop(self) -> None:
        """Another tool takes over."""

    def dragged(self, event: QMouseEvent) -> bool:
        """Whether the pointer has moved far enough since the button went down not to be a click."""
        return self._pressed is not None and not self._is_click(event.position())

    def _is_click(self, at: QPointF) -> bool:
        return self._pressed is not None and (at - self._pressed).manhattanLength() <= _CLICK_PX


class _BoxTool(Tool):
    """Draws a box while the left button is down, or from where the cross was to where it is; Esc takes a
    begun one back, other buttons drag the paper."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._box: QRectF | None = None
        self._from: tuple[float, float] | None = None  # the corner set by a key, in degrees

    def begins_box(self, event: QMouseEvent) -> bool:
        """Whether a press begins a box."""
        return event.button() == Qt.MouseButton.LeftButton

    def press(self, event: QMouseEvent) -> None:
        """Begin a click, a drag or a box."""
        super().press(event)
        self._from = None
        if self.begins_box(event):
            self._box = QRectF(event.position(), event.position())

    def move(self, event: QMouseEvent) -> None:
        """Stretch the box, or drag the paper."""
        if self._box is None:
            super().move(event)
            return
        self._box.setBottomRight(event.position())
        self.canvas.update()

    def key(self, event: QKeyEvent) -> bool:
        """Esc takes a begun box back."""
        if event.key() != Qt.Key.Key_Escape or (self._box is None and self._from is None):
            return False
        self.stop()
        return True

    def begin_at_cross(self) -> None:
        """Set the first corner of a box on the ground under the cross."""
        self._from = self.ground_at(self.canvas.cross.at)
        self.canvas.use_cross(True)
        self.canvas.update()

    @property
    def begun_by_keys(self) -> bool:
        """Whether a box spans from a corner set by a key to the cross."""
        return self._from is not None

    def stop(self) -> None:
        """Forget the box."""
        self._box = self._from = None
        self.canvas.update()

    def paint(self, painter: QPainter) -> None:
        """The box being drawn."""
        box = self._now()
        if box is not None:
            colour = QColor(colours().accent)
            painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DashLine))
            colour.setAlpha(40)
            painter.setBrush(colour)
            painter.drawRect(box.normalized())

    def _now(self) -> QRectF | None:
        view = self.canvas.view
        if self._from is None or view is None:
            return self._box
        return QRectF(QPointF(*view.px_of(*self._from)), self.canvas.cross.at)

    def take_box(self) -> QRectF | None:
        """The box that was drawn, which is then forgotten; None for none, and for one as small as a click."""
        box = self._now()
        self._box = self._from = None
        self.canvas.update()
        large = box is not None and min(abs(box.width()), abs(box.height())) > _CLICK_PX
        return box.normalized() if box is not None and large else None


class SelectTool(_BoxTool):
    """Click selects, Ctrl+click adds or takes away, Alt+click asks what lies there, Shift+drag selects in a
    box, plain drag pans. With keys: Space, Insert, and Shift+Space for the first corner of a box."""

    picked = Signal(float, float, bool)  # pixel x, y, add to the selection
    boxed = Signal(float, float, float, float, bool)
    asked = Signal(float, float)

    def begins_box(self, event: QMouseEvent) -> bool:
        """With Shift."""
        return bool(event.modifiers() & _SHIFT) and super().begins_box(event)

    def release(self, event: QMouseEvent) -> None:
        """Select what was clicked or boxed."""
        add, begun, box = bool(event.modifiers() & _CTRL), self._box is not None, self.take_box()
        if box is not None:
            self._tell_box(box, add)
        elif not begun and event.button() == Qt.MouseButton.LeftButton and self._is_click(event.position()):
            x, y = event.position().x(), event.position().y()
            if event.modifiers() & _ALT:
                self.asked.emit(x, y)
            else:
                self.picked.emit(x, y, add)
        super().release(event)

    def _tell_box(self, box: QRectF, add: bool) -> None:
        self.boxed.emit(box.left(), box.top(), box.right(), box.bottom(), add)

    def key(self, event: QKeyEvent) -> bool:
        """Space selects under the cross, Insert adds or takes away; both end a box that Shift+Space began."""
        if event.key() not in (*_SET, Qt.Key.Key_Insert):
            return super().key(event)
        if event.modifiers() & _SHIFT and not self.begun_by_keys:
            self.begin_at_cross()
            return True
        add, begun, box = event.key() == Qt.Key.Key_Insert, self.begun_by_keys, self.take_box()
        self.canvas.use_cross(True)
        if box is not None:
            self._tell_box(box, add)
        elif not begun:
            self.picked.emit(self.canvas.cross.at.x(), self.canvas.cross.at.y(), add)
        return True

    def double_click(self, event: QMouseEvent) -> None:
        """Closer, about the pointer."""
        self.canvas.zoom(2.0, event.position())


class ZoomBoxTool(_BoxTool):
    """A dragged box fills the window; a click comes closer, with Shift further away. With keys Space sets one
    corner and then the other."""

    cursor = Qt.CursorShape.CrossCursor

    def release(self, event: QMouseEvent) -> None:
        """Show what is in the box."""
        begun, box = self._box is not None, self.take_box()
        if box is not None:
            self.canvas.show_box(box)
        elif begun:
            self.canvas.zoom(0.5 if event.modifiers() & _SHIFT else 2.0, event.position())
        super().release(event)

    def key(self, event: QKeyEvent) -> bool:
        """Space, the ground moved by arrows, Space."""
        if event.key() not in _SET:
            return super().key(event)
        if not self.begun_by_keys:
            self.begin_at_cross()
        elif (box := self.take_box()) is not None:
            self.canvas.show_box(box)
        return True
