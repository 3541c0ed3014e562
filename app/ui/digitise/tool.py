"""The pointer and the keys while shapes are drawn: corners dragged, lines set corner by corner."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter

from app.carto.digitise.corners import XY, Corner, place_of
from app.carto.view import MapView
from app.ui.digitise.ground import Near
from app.ui.digitise.paint import paint_drawing
from app.ui.digitise.work import Aim, Digitising, Mode
from app.ui.map.canvas import Canvas
from app.ui.map.tools import Tool

_KEY_PX, _FAR_PX = 1.0, 10.0  # an arrow moves the corner in hand so far, with Shift further
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class DigitiseTool(Tool):
    """In the mode for corners a press takes one in hand, elsewhere it drags the paper; a double click on an
    edge adds one. In the other modes clicks set corners, Enter or a double click ends the line."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: Canvas, work: Digitising) -> None:
        super().__init__(canvas)
        self._work = work
        self._held: Near | None = None
        self._to: XY | None = None
        self._hover: Near | None = None
        self._aim: Aim | None = None  # of the corner in hand, or of the line's loose end
        self._board = work.board
        work.changed.connect(self._follow_board)

    # ---- the pointer

    def press(self, event: QMouseEvent) -> None:
        """Take a corner in hand, or begin a click or a drag of the paper."""
        super().press(event)
        view = self.canvas.view
        if (
            event.button() == Qt.MouseButton.LeftButton
            and self._work.mode is Mode.CORNERS
            and view is not None
        ):
            self._held = self._work.screen(view.crs).corner(_xy(event.position()), view)
            self._work.active = self._held
            self.canvas.update()

    def move(self, event: QMouseEvent) -> None:
        """Move the corner in hand, or the loose end of the line, or the paper."""
        view = self.canvas.view
        if view is None or not self._work.on:
            return
        if self._held is None:
            super().move(event)
        if self._held is not None:
            self._aim = self._beside(self._held, event.position())
            self._to = self._aim.place if self.dragged(event) else self._to
        elif self._work.mode is not Mode.CORNERS:
            self._aim = self._ahead(event.position(), event.modifiers() & Qt.KeyboardModifier.AltModifier)
        else:
            self._aim = None
            self._hover = self._work.screen(view.crs).corner(_xy(event.position()), view)
        self.canvas.update()

    def aimed(self, at: QPointF) -> None:
        """The loose end of the line is under the cross."""
        if self._work.on and self._work.mode is not Mode.CORNERS:
            self._aim = self._ahead(at)
            self.canvas.update()

    def release(self, event: QMouseEvent) -> None:
        """Put the corner down, or set one."""
        if event.button() == Qt.MouseButton.LeftButton:
            if self._held is not None:
                self._put_down()
            elif self._work.mode is not Mode.CORNERS and self._is_click(event.position()):
                self._set_corner(event.position(), event.modifiers() & Qt.KeyboardModifier.AltModifier)
        super().release(event)

    def double_click(self, event: QMouseEvent) -> None:
        """End the line; on an edge, add a corner."""
        view = self.canvas.view
        if self._work.mode is not Mode.CORNERS:
            self._work.finish()
        elif view is not None:
            edge = self._work.screen(view.crs).edge(_xy(event.position()), view)
            if edge is not None and self._work.screen(view.crs).corner(_xy(event.position()), view) is None:
                self._add(edge, self._beside(edge, event.position()).place)

    def _follow_board(self) -> None:
        """Of another board no corner is under the pointer or in hand, of another line no end is loose: what
        was there may be gone."""
        self._aim = None
        if self._work.board is not self._board:
            self._board = self._work.board
            self._held, self._to, self._hover = None, None, None

    def _put_down(self) -> None:
        held, to, self._held, self._to, self._aim = self._held, self._to, None, None, None
        if held is not None and to is not None:
            self._move(held, to)

    def _move(self, held: Near, to: XY) -> None:
        together = self._work.switches.together
        self._work.take(lambda board: board.moved(held.uid, held.corner, to, together=together))

    def _add(self, edge: Near, place: XY) -> None:
        if self._work.take(lambda board: board.added(edge.uid, edge.corner, place)):
            self._work.active = Near(edge.uid, _after(edge))

    def _ahead(self, at: QPointF, other_way: object = False) -> Aim:
        """Where a click would set the next corner of the line."""
        view = self.canvas.view
        assert view is not None
        return self._work.aim(view.degrees_at(at.x(), at.y()), view, other_way=bool(other_way))

    def _set_corner(self, at: QPointF, other_way: object) -> None:
        self._work.add_corner(self._ahead(at, other_way))
        self.canvas.update()

    def _beside(self, near: Near, at: QPointF) -> Aim:
        """Where a corner would be put down; its own shape does not draw it."""
        view = self.canvas.view
        assert view is not None
        place = view.degrees_at(at.x(), at.y())
        snap = self._work.snap(place, view, self._work.moving(near))
        return Aim(snap.place, snap) if snap is not None else Aim(place)

    # ---- the keys

    def claims(self, event: QKeyEvent) -> bool:
        """Whether a key that is also a shortcut of the window belongs to the drawing now."""
        return self._work.on and self._command(event) is not None

    def _command(self, event: QKeyEvent) -> str | None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            if event.key() == Qt.Key.Key_Z:
                return "forth" if shift else "back"
            return "forth" if event.key() == Qt.Key.Key_Y else None
        return None

    def key(self, event: QKeyEvent) -> bool:
        """Steps back and forth, the corner in hand, the line."""
        if not self._work.on:
            return False
        command = self._command(event)
        if command is not None:
            (self._work.forth if command == "forth" else self._work.back)()
            return True
        return self._key_of_corners(event) if self._work.mode is Mode.CORNERS else self._key_of_line(event)

    def _key_of_line(self, event: QKeyEvent) -> bool:
        """Space sets a corner under the cross, with Shift along the other way round a boundary; Enter ends,
        Backspace takes back."""
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._work.finish()
        elif key == Qt.Key.Key_Backspace:
            self._work.back()
        elif key == Qt.Key.Key_Space:
            self.canvas.use_cross(True)
            self._set_corner(self.canvas.cross.at, event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        elif key == Qt.Key.Key_Escape and self._work.chain:
            self._work.turn_to(self._work.mode)
        else:
            return key == Qt.Key.Key_Escape  # the work is ended by its bar, never by a key too many
        return True

    def _key_of_corners(self, event: QKeyEvent) -> bool:
        """Tab goes from corner to corner, Space takes the one under the cross; arrows move the one in hand,
        Enter draws it to what it may snap to, Insert adds one, Delete removes it."""
        view, active, key = self.canvas.view, self._work.active, Qt.Key(event.key())
        if view is None:
            return False
        if key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            step = -1 if key == Qt.Key.Key_Backtab else 1
            self._work.active = self._work.screen(view.crs).following(active, step)
            self._bring_into_view()
        elif key == Qt.Key.Key_Space:
            self.canvas.use_cross(True)
            self._work.active = self._work.screen(view.crs).corner(_xy(self.canvas.cross.at), view)
        elif active is not None and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._draw_near(active, view)
        elif active is not None and key in _ARROWS:
            self._nudge(
                active, key, _FAR_PX if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _KEY_PX
            )
        elif active is not None and key == Qt.Key.Key_Insert:
            self._add_behind(active)
        elif active is not None and key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            if self._work.take(lambda board: board.removed(active.uid, active.corner)):
                self._work.active = None
        elif key == Qt.Key.Key_Escape:
            self._work.active = None
        else:
            return False
        self.canvas.update()
        return True

    def _draw_near(self, active: Near, view: MapView) -> None:
        """A corner moved by keys goes exactly to the corner or edge beside it."""
        place = place_of(self._work.board.need(active.uid), active.corner)
        snap = self._work.snap(place, view, self._work.moving(active))
        if snap is not None:
            self._move(active, snap.place)

    def _nudge(self, active: Near, key: Qt.Key, px: float) -> None:
        view = self.canvas.view
        assert view is not None
        x, y = view.px_of(*place_of(self._work.board.need(active.uid), active.corner))
        dx, dy = _ARROWS[key]
        self._move(active, view.degrees_at(x + dx * px, y + dy * px))

    def _add_behind(self, active: Near) -> None:
        view = self.canvas.view
        assert view is not None
        behind = self._work.screen(view.crs).mate(active)
        if behind is None:
            return
        shape = self._work.board.need(active.uid)
        (x0, y0), (x1, y1) = place_of(shape, active.corner), place_of(shape, behind.corner)
        self._add(active, ((x0 + x1) / 2, (y0 + y1) / 2))

    def _bring_into_view(self) -> None:
        view, active = self.canvas.view, self._work.active
        if view is None or active is None:
            return
        x, y = view.px_of(*place_of(self._work.board.need(active.uid), active.corner))
        width, height = view.size_px
        if not (0 < x < width and 0 < y < height):
            self.canvas.set_view(view.panned(width / 2 - x, height / 2 - y))

    def stop(self) -> None:
        """Another tool takes over; the board stays."""
        self._held, self._to, self._hover, self._aim = None, None, None, None

    def paint(self, painter: QPainter) -> None:
        """What is in hand; the board itself is painted whichever tool is in use."""
        if self.canvas.view is not None and self._work.on:
            held = (self._held, self._to) if self._held and self._to else None
            paint_drawing(painter, self.canvas.view, self._work, (self._hover, held, self._aim))


def _xy(at: QPointF) -> XY:
    return at.x(), at.y()


def _after(near: Near) -> Corner:
    """The place in the ring behind a corner, where a new one goes."""
    return replace(near.corner, at=near.corner.at + 1)
