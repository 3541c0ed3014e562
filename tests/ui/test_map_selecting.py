"""Selecting on the map with a lasso, selecting what the ledger shows, and the bearing of a measured line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.carto.hit import Hit
from app.domain.entities.boiler import Boiler
from app.domain.entities.grid_cell import GridCell
from app.domain.filters import equal
from app.ui import selection
from app.ui.application import Program
from app.ui.map.pane import MapPane
from window_cases import WAIT_MS, settle, shows_marks

Office = Callable[..., Program]
CTRL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


def _drag(qtbot: QtBot, pane: MapPane, corners: list[tuple[float, float]], add: bool = False) -> None:
    points = [QPoint(round(x), round(y)) for x, y in corners]
    held = CTRL if add else Qt.KeyboardModifier.NoModifier
    qtbot.mousePress(pane.canvas, LEFT, held, pos=points[0])
    for point in points[1:]:
        qtbot.mouseMove(pane.canvas, point)
    qtbot.mouseRelease(pane.canvas, LEFT, held, pos=points[-1])


def _around(pane: MapPane, boiler: Boiler) -> list[tuple[float, float]]:
    assert pane.canvas.view is not None
    x, y = pane.canvas.view.px_of(boiler.geometry.x, boiler.geometry.y)
    return [(x - 9, y + 7), (x, y - 9), (x + 9, y + 7), (x, y + 8)]


def _two_apart(running: Program) -> tuple[Boiler, Boiler]:
    assert running.desk.session is not None
    found = [b for b in running.desk.session.workspace.find(Boiler) if b.geometry is not None]
    return min(found, key=lambda b: b.geometry.x), max(found, key=lambda b: b.geometry.x)


def test_a_lasso_selects_what_it_goes_around_and_ctrl_adds(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane = running.window.work.map
    west, east = _two_apart(running)
    running.window.commands.actions["lasso"].trigger()
    assert pane.canvas.tool is pane.lasso
    before = pane.canvas.view
    _drag(qtbot, pane, _around(pane, west))
    settle(running, qtbot)
    first = running.desk.selection.now
    assert first.entity == "boiler" and west.uid in first and east.uid not in first
    assert pane.canvas.view == before  # neither the drag nor the selection moves the paper
    _drag(qtbot, pane, _around(pane, east), add=True)
    settle(running, qtbot)
    assert {west.uid, east.uid} <= set(running.desk.selection.now.uids)
    _drag(qtbot, pane, _around(pane, east))
    settle(running, qtbot)
    assert west.uid not in running.desk.selection.now


def test_esc_takes_a_begun_lasso_back(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane = running.window.work.map
    west, _ = _two_apart(running)
    pane.actions_by_name["lasso"].trigger()
    points = [QPoint(round(x), round(y)) for x, y in _around(pane, west)]
    qtbot.mousePress(pane.canvas, LEFT, pos=points[0])
    for point in points[1:]:
        qtbot.mouseMove(pane.canvas, point)
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Escape)
    qtbot.mouseRelease(pane.canvas, LEFT, pos=points[-1])
    settle(running, qtbot)
    assert running.desk.selection.now.uids == ()
    assert pane.canvas.tool is pane.lasso
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Escape)
    assert pane.canvas.tool is pane.select


def test_all_that_the_filter_shows_is_selected(office: Office, qtbot: QtBot) -> None:
    running = office()
    assert running.desk.session is not None
    ledger = running.window.work.ledger
    assert ledger is not None
    wanted = {b.uid for b in running.desk.session.workspace.find(Boiler, equal(status="retained"))}
    ledger.bar.choose(expression="status=retained")
    settle(running, qtbot)
    running.window.commands.actions["select_shown"].trigger()
    qtbot.waitUntil(lambda: set(running.desk.selection.now.uids) == wanted, timeout=WAIT_MS)
    settle(running, qtbot)
    assert len(wanted) > 1
    assert len(ledger.table.rows_chosen()) == len(wanted)
    assert shows_marks(running)


def test_a_selection_that_is_cut_says_so(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "MOST", 3)
    running = office()
    said: list[str] = []
    running.desk.said.connect(said.append)
    running.window.commands.actions["select_shown"].trigger()
    qtbot.waitUntil(lambda: len(running.desk.selection.now.uids) == 3, timeout=WAIT_MS)
    assert any("一次最多选中 3 条" in words for words in said)
    canvas = running.window.work.map.canvas
    running.window.commands.actions["lasso"].trigger()
    said.clear()
    wide, high = canvas.width() - 2, canvas.height() - 2
    _drag(qtbot, running.window.work.map, [(1, 1), (wide, 1), (wide, high), (1, high)])
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT_MS)
    assert len(running.desk.selection.now.uids) == 3


def test_a_measured_line_tells_the_bearing_of_its_last_leg(office: Office, qtbot: QtBot) -> None:
    pane = office().window.work.map
    pane.actions_by_name["measure_distance"].trigger()
    canvas = pane.canvas
    assert canvas.view is not None
    canvas.set_view(canvas.view.fitted_degrees((106.6, 35.5, 106.7, 35.6)))

    def click(lon: float, lat: float) -> None:
        assert canvas.view is not None
        x, y = canvas.view.px_of(lon, lat)
        qtbot.mouseClick(canvas, LEFT, pos=QPoint(round(x), round(y)))

    click(106.62, 35.52)
    click(106.68, 35.52)
    assert "方位角" in pane.distance.result() and "（东）" in pane.distance.result()
    assert "末段" not in pane.distance.result()
    click(106.68, 35.58)
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    words = pane.distance.result()
    assert "末段" in words and "（北）" in words
    degrees = float(words.split("方位角 ")[1].split("°")[0])
    assert min(degrees, 360 - degrees) < 0.6  # true north; the picture's pixels are 0.2° wide
    qtbot.keyClick(canvas, Qt.Key.Key_Backspace)
    assert "（东）" in pane.distance.result()


def test_a_click_selects_the_cell_under_it_and_not_the_county_around(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane = running.window.work.map
    running.window.go("grid_cell")
    assert running.desk.session is not None
    cell = running.desk.session.workspace.find(GridCell, equal(kind="regular", clipped=False))[300]
    assert cell.geometry is not None
    pane.canvas.show_extent(cell.geometry.buffer(0.01).bounds)
    settle(running, qtbot)
    assert pane.canvas.view is not None
    x, y = pane.canvas.view.px_of(*cell.geometry.centroid.coords[0])
    qtbot.mouseClick(pane.canvas, LEFT, pos=QPoint(round(x), round(y)))
    qtbot.waitUntil(lambda: running.desk.selection.now.uids == (cell.uid,), timeout=WAIT_MS)
    sketched = [
        Hit("sketches", "sketch", "drawn above", 0.0, area=True),
        Hit("regular_cells", "grid_cell", cell.uid, 0.0, area=True),
    ]
    pane.picking._picked(sketched, "grid_cell", False)
    assert running.desk.selection.now.uids == ("drawn above",)
