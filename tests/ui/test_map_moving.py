"""Moving the map: thrown paper, two fingers, a box, and back through the views it rested on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.carto.view import MapView
from app.domain.entities.boiler import Boiler
from app.ui.application import Program
from app.ui.map.canvas import Canvas
from app.ui.map.fling import Fling
from app.ui.map.trail import Trail
from window_cases import WAIT_MS, settle

Office = Callable[..., Program]
VIEW = MapView.of_degrees((106.45, 35.25, 107.15, 35.65), (600, 400), "EPSG:4545")


def test_the_trail_goes_back_and_forward_and_is_cut_by_a_new_way() -> None:
    trail = Trail()
    views = [VIEW, VIEW.zoomed(2.0), VIEW.zoomed(2.0).panned(300, 0)]
    for view in views:
        trail.rest(view)
        trail.rest(view.panned(1, 1))  # as good as the same
    assert not trail.can_go(1)
    now = views[2].resized((300, 200))
    back = trail.go(-1, now)
    assert back is not None
    assert (back.scale, back.centre, back.size_px) == (views[1].scale, views[1].centre, (300, 200))
    assert trail.go(-1, now).scale == VIEW.scale  # type: ignore[union-attr]
    assert trail.go(-1, now) is None
    assert trail.go(1, now) is not None
    trail.rest(VIEW.zoomed(9.0))
    assert not trail.can_go(1)
    assert trail.can_go(-2)


@pytest.fixture
def canvas(office: Office, qtbot: QtBot) -> Canvas:
    running = office()
    settle(running, qtbot)
    found = running.window.work.map.canvas
    assert found.view is not None
    return found


def test_back_and_forward_in_the_window(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane = running.window.work.map
    settle(running, qtbot)
    home = pane.canvas.view
    assert home is not None
    back, forward = pane.actions_by_name["view_back"], pane.actions_by_name["view_forward"]
    assert not back.isEnabled()
    pane.canvas.zoom(4.0)
    settle(running, qtbot)
    assert back.isEnabled()
    back.trigger()
    assert pane.canvas.view == home
    settle(running, qtbot)
    assert not back.isEnabled()
    forward.trigger()
    assert pane.canvas.view.scale == pytest.approx(home.scale / 4)
    settle(running, qtbot)
    qtbot.mouseClick(pane.canvas, Qt.MouseButton.BackButton)
    assert pane.canvas.view == home


def test_paper_that_is_thrown_slides_on_and_stops(qtbot: QtBot) -> None:
    moved: list[tuple[float, float]] = []
    fling = Fling(lambda dx, dy: moved.append((dx, dy)))
    for at in range(6):
        fling.follow(QPointF(20.0 * at, 0.0), 15.0 * at)
    fling.let_go(80.0)
    assert fling.slides()
    qtbot.waitUntil(lambda: not fling.slides(), timeout=WAIT_MS)
    assert sum(dx for dx, _ in moved) > 50
    assert all(dy == 0 for _, dy in moved)
    slow = Fling(lambda dx, dy: moved.append((dx, dy)))
    for at in range(6):
        slow.follow(QPointF(float(at), 0.0), 15.0 * at)
    slow.let_go(80.0)
    assert not slow.slides()
    slow.follow(QPointF(0, 0), 0.0)
    slow.follow(QPointF(300, 0), 20.0)
    slow.let_go(400.0)  # held still before it was let go
    assert not slow.slides()


def test_a_press_holds_the_sliding_paper(canvas: Canvas, qtbot: QtBot) -> None:
    for at in range(6):
        canvas.fling.follow(QPointF(20.0 * at, 0.0), 15.0 * at)
    canvas.fling.let_go(80.0)
    assert canvas.fling.slides()
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    assert not canvas.fling.slides()


def test_a_view_that_is_asked_for_is_not_slid_away_from(canvas: Canvas) -> None:
    for at in range(6):
        canvas.fling.follow(QPointF(20.0 * at, 0.0), 15.0 * at)
    canvas.fling.let_go(80.0)
    assert canvas.fling.slides()
    canvas.show_extent((106.6, 35.5, 106.7, 35.6))
    assert not canvas.fling.slides()


def test_two_fingers_on_a_touchpad_zoom_about_themselves(canvas: Canvas) -> None:
    assert canvas.view is not None
    at, before = QPointF(120, 90), canvas.view
    held = before.degrees_at(at.x(), at.y())
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        *(at, at, at),
        0.25,
        QPointF(),
    )
    assert event.type() == QEvent.Type.NativeGesture
    QApplication.sendEvent(canvas, event)
    assert canvas.view.scale == pytest.approx(before.scale / 1.25)
    assert canvas.view.px_of(*held) == pytest.approx((at.x(), at.y()), abs=0.01)


def test_zooming_to_what_is_nowhere_says_so(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane, desk = running.window.work.map, running.desk
    settle(running, qtbot)
    assert desk.session is not None
    boilers = desk.session.workspace.find(Boiler)
    lost = next(boiler for boiler in boilers if boiler.geometry is None)
    before, said = pane.canvas.view, list[str]()
    desk.said.connect(said.append)
    pane.actions_by_name["zoom_selection"].trigger()
    assert said == ["请先在台账中选择记录。"]
    desk.selection.choose("boiler", [lost.uid])
    settle(running, qtbot)
    pane.actions_by_name["zoom_selection"].trigger()
    settle(running, qtbot)
    assert said[1:] == ["所选记录在地图上还没有图形"]
    assert pane.canvas.view == before


def test_a_wheel_turned_beyond_all_measure_keeps_what_is_under_the_pointer(canvas: Canvas) -> None:
    at = QPointF(120, 90)
    before = canvas.view
    assert before is not None
    for turn in (0, 2_000_000, -2_000_000, 8, -8):
        QApplication.sendEvent(
            canvas,
            QWheelEvent(
                at,
                QPointF(canvas.mapToGlobal(at.toPoint())),
                QPoint(),
                QPoint(120, turn),
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            ),
        )
        assert canvas.view is not None
        assert (canvas.view is before) == (turn == 0)  # tilted sideways alone it moves nothing
        assert canvas.view.px_of(*before.degrees_at(120, 90)) == pytest.approx((120, 90), abs=0.01)


def test_a_dragged_box_fills_the_window(office: Office, qtbot: QtBot) -> None:
    pane = office().window.work.map
    pane.actions_by_name["zoom_box"].trigger()
    canvas = pane.canvas
    assert canvas.tool is pane.box
    assert canvas.view is not None
    before = canvas.view
    wanted = before.degrees_at(150, 120)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 80))
    qtbot.mouseMove(canvas, QPoint(200, 160))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 160))
    assert canvas.view.scale < before.scale / 2
    x, y = canvas.view.px_of(*wanted)
    assert (x, y) == pytest.approx((canvas.width() / 2, canvas.height() / 2), abs=2)
    closer = canvas.view
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    assert canvas.view.scale == pytest.approx(closer.scale / 2)


def test_a_place_the_maps_system_does_not_know_moves_nothing(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane = running.window.work.map
    before = pane.canvas.view
    assert not pane.canvas.show_extent((1e7, 1e7, 2e7, 2e7))
    assert pane.canvas.view is before
    assert pane.canvas.show_extent((106.6, 35.5, 106.7, 35.6))
    settle(running, qtbot)
