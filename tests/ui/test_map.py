"""The map: measures on the ellipsoid, keys, layers, places in any notation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.ui.application import Program
from app.ui.map.picture import placed, with_margin
from app.ui.map.places import under
from window_cases import WAIT_MS, boiler_in, choose, settle

Office = Callable[..., Program]


def test_a_square_kilometre_is_measured_as_one(office: Office, qtbot: QtBot) -> None:
    pane = office().window.work.map
    pane.actions_by_name["measure_area"].trigger()
    canvas = pane.canvas
    # 0.011037° of longitude and 0.009012° of latitude are 1000 m at 35.5° N on the ellipsoid
    pane.show_point(106.66, 35.54)
    assert canvas.view is not None
    corners = [(106.655, 35.535), (106.666037, 35.535), (106.666037, 35.544012), (106.655, 35.544012)]
    canvas.set_view(canvas.view.fitted_degrees((106.655, 35.535, 106.666037, 35.544012)))
    for lon, lat in corners:
        x, y = canvas.view.px_of(lon, lat)
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    words = pane.area.result()
    hectares = float(words.split("公顷")[0].split()[-1].lstrip("（").split("（")[-1])
    assert hectares == pytest.approx(100.0, rel=0.02)
    assert "亩" in words
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.tool is pane.select


def test_a_distance_grows_with_each_click_and_backspace_takes_one_back(office: Office, qtbot: QtBot) -> None:
    pane = office().window.work.map
    pane.actions_by_name["measure_distance"].trigger()
    said: list[str] = []
    pane.measured.connect(said.append)
    for x in (100, 200, 300):
        qtbot.mouseClick(pane.canvas, Qt.MouseButton.LeftButton, pos=QPoint(x, 120))
    three = pane.distance.result()
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Backspace)
    two = pane.distance.result()
    assert three != two
    assert said
    jotted = pane.jotted()  # what a saved picture shows of it
    assert (len(jotted.corners), jotted.words, jotted.pin) == (2, two, None)


def test_keys_move_and_zoom_the_map(office: Office, qtbot: QtBot) -> None:
    canvas = office().window.work.map.canvas
    assert canvas.view is not None
    home = canvas.view
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.view.scale < home.scale
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.view.centre[0] > home.centre[0]
    qtbot.keyClick(canvas, Qt.Key.Key_Home)
    assert canvas.view.scale == pytest.approx(home.scale)
    assert canvas.view.centre == pytest.approx(home.centre)


def test_an_old_picture_is_put_where_it_belongs(office: Office) -> None:
    canvas = office().window.work.map.canvas
    assert canvas.view is not None
    drawn = with_margin(canvas.view)
    still = placed(drawn, canvas.view)
    moved = placed(drawn, canvas.view.panned(30, -20))
    assert (moved.x() - still.x(), moved.y() - still.y()) == pytest.approx((30, -20))
    closer = placed(drawn, canvas.view.zoomed(2.0))
    assert closer.width() == pytest.approx(2 * still.width())
    assert closer.center().x() == pytest.approx(still.center().x())


def test_a_layer_that_is_switched_off_is_not_drawn(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane = running.window.work.map
    assert any(item.layer == "boilers" for item in pane.canvas.picture.drawn)  # type: ignore[union-attr]
    pane.tree.switched.emit({"boilers": False})
    settle(running, qtbot)
    assert not any(item.layer == "boilers" for item in pane.canvas.picture.drawn)  # type: ignore[union-attr]


def test_a_selection_made_elsewhere_is_brought_into_view(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane, boiler = running.window.work.map, boiler_in(running, "retained")
    pane.show_point(105.4, 35.0)
    settle(running, qtbot)
    choose(running, qtbot, boiler)

    def inside() -> bool:
        assert pane.canvas.view is not None
        x, y = pane.canvas.view.px_of(boiler.geometry.x, boiler.geometry.y)
        return 0 < x < pane.canvas.width() and 0 < y < pane.canvas.height()

    qtbot.waitUntil(inside, timeout=WAIT_MS)


def test_the_pointer_is_told_its_division_and_cell(office: Office) -> None:
    running = office()
    assert running.desk.session is not None
    division, cell = under(running.desk.session, 106.66, 35.54)
    assert division.startswith("崆峒区")
    assert cell.startswith("R5000-")
    assert under(running.desk.session, 100.0, 30.0) == ("", "")
