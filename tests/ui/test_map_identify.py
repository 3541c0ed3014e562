"""What lies under the pointer: a list of all layers that are shown, chosen by keys or by a click."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas
import pytest
import shapely
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.carto.mapbook import FEATURES, AddedLayer
from app.domain.entities.boiler import Boiler
from app.domain.entities.division import Division
from app.ui.application import Program
from app.ui.map.underlist import AttributesDialog, UnderList
from clipping import cut_off
from window_cases import WAIT_MS, boiler_in, settle

Office = Callable[..., Program]
ALT = Qt.KeyboardModifier.AltModifier
LEFT = Qt.MouseButton.LeftButton


def _list(qtbot: QtBot) -> UnderList:
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), UnderList), timeout=WAIT_MS)
    found = QApplication.activePopupWidget()
    assert isinstance(found, UnderList)
    return found


def _lines(shown: UnderList) -> list[str]:
    return [shown.list.item(at).text() for at in range(shown.list.count())]


def _centred_on(running: Program, qtbot: QtBot, boiler: Boiler) -> QPoint:
    """Where the boiler lies, once the map has it in the middle."""
    pane = running.window.work.map
    pane.show_point(boiler.geometry.x, boiler.geometry.y)
    settle(running, qtbot)
    assert pane.canvas.view is not None
    x, y = pane.canvas.view.px_of(boiler.geometry.x, boiler.geometry.y)
    return QPoint(round(x), round(y))


def _lay_square(running: Program, qtbot: QtBot, folder: Path, boiler: Boiler) -> None:
    square = shapely.box(*boiler.geometry.buffer(0.02).bounds)
    rows = {"编号": [17], "名称": ["网格员驻点"], "备注": [None]}
    path = folder / "驻点.geojson"
    geopandas.GeoDataFrame(rows, geometry=[square], crs="EPSG:4490").to_file(path)
    layer = AddedLayer("", "驻点", FEATURES, str(path), "EPSG:4490", path.stem)
    running.window.work.map.arranging.add([layer])
    settle(running, qtbot)
    running.window.work.map.canvas.refresh()
    settle(running, qtbot)


def test_alt_click_lists_all_layers_topmost_first_and_keys_choose(
    office: Office, qtbot: QtBot, tmp_path: Path
) -> None:
    running = office()
    pane, boiler = running.window.work.map, boiler_in(running, "retained")
    _lay_square(running, qtbot, tmp_path, boiler)
    at = _centred_on(running, qtbot, boiler)
    qtbot.mouseClick(pane.canvas, LEFT, ALT, pos=at)
    shown = _list(qtbot)
    lines = _lines(shown)
    assert lines[0].startswith(boiler.title()) and "燃煤锅炉" in lines[0]
    places = [next(i for i, line in enumerate(lines) if word in line) for word in ("驻点", "行政区划")]
    assert 0 < places[0] < places[1]
    assert len(set(lines)) == len(lines)
    assert running.desk.selection.now.uids == ()  # asking selects nothing
    for _ in range(places[1]):
        qtbot.keyClick(shown.list, Qt.Key.Key_Down)
    qtbot.keyClick(shown.list, Qt.Key.Key_Return)
    settle(running, qtbot)
    chosen = running.desk.selection.now
    assert chosen.entity == "division"
    assert running.desk.session is not None
    division = running.desk.session.workspace.get(Division, chosen.current)
    assert division is not None and lines[places[1]].startswith(division.name)
    panel = running.window.work.record
    qtbot.waitUntil(lambda: panel.view is not None and panel.view.record.uid == division.uid, timeout=WAIT_MS)
    assert QApplication.activePopupWidget() is None


def test_a_feature_of_a_file_shows_its_attributes(office: Office, qtbot: QtBot, tmp_path: Path) -> None:
    running = office()
    pane, boiler = running.window.work.map, boiler_in(running, "retained")
    _lay_square(running, qtbot, tmp_path, boiler)
    _centred_on(running, qtbot, boiler)
    running.window.commands.actions["identify"].trigger()
    assert pane.canvas.tool is pane.identifying.tool
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Return)
    shown = _list(qtbot)
    row = next(i for i, line in enumerate(_lines(shown)) if line.startswith("网格员驻点"))
    place = shown.list.visualItemRect(shown.list.item(row)).center()
    qtbot.mouseClick(shown.list.viewport(), LEFT, pos=place)

    def dialogs() -> list[AttributesDialog]:
        return [box for box in QApplication.topLevelWidgets() if isinstance(box, AttributesDialog)]

    qtbot.waitUntil(lambda: bool(dialogs()), timeout=WAIT_MS)
    (dialog,) = dialogs()
    table = dialog.table
    said = {table.item(at, 0).text(): table.item(at, 1).text() for at in range(table.rowCount())}  # type: ignore[union-attr]
    assert said == {"编号": "17", "名称": "网格员驻点", "备注": ""}
    assert cut_off(dialog) == []
    dialog.close()
    assert running.desk.selection.now.uids == ()


def test_the_middle_of_the_map_is_asked_by_a_key_and_esc_leaves(office: Office, qtbot: QtBot) -> None:
    running = office()
    boiler = boiler_in(running, "retained")
    _centred_on(running, qtbot, boiler)
    running.window.commands.actions["middle"].trigger()
    shown = _list(qtbot)
    assert _lines(shown)[0].startswith(boiler.title())
    qtbot.keyClick(shown.list, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is None, timeout=WAIT_MS)
    assert running.desk.selection.now.uids == ()


def test_a_list_that_is_too_long_says_how_many_it_leaves_out(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ui.map.identified.MOST", 1)
    monkeypatch.setattr("app.ui.map.identifying.MOST", 1)
    running = office()
    _centred_on(running, qtbot, boiler_in(running, "retained"))
    running.window.commands.actions["middle"].trigger()
    shown = _list(qtbot)
    assert len([line for line in _lines(shown) if "未显示" not in line]) == 1
    assert "另有" in shown.left_out.text()
    shown.close()


def test_where_nothing_lies_it_is_said(office: Office, qtbot: QtBot) -> None:
    running = office()
    said: list[str] = []
    running.desk.said.connect(said.append)
    running.window.work.map.arranging.switch({"boilers": False})
    running.window.work.map.show_point(60.0, 20.0)
    settle(running, qtbot)
    running.window.commands.actions["middle"].trigger()
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT_MS)
    assert said == ["此处没有显示中的要素"]
    shown = _list(qtbot)  # a layer that is not shown may hold something
    assert shown.list.count() == 1
    qtbot.keyClick(shown.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(said) == 2, timeout=WAIT_MS)
    assert said[1] == "其他图层在此处也没有要素"


def test_layers_that_are_not_shown_are_named_and_looked_through_on_demand(
    office: Office, qtbot: QtBot
) -> None:
    running = office()
    arranging, boiler = running.window.work.map.arranging, boiler_in(running, "retained")
    arranging.switch({"boilers": False})
    settle(running, qtbot)
    _centred_on(running, qtbot, boiler)
    running.window.commands.actions["middle"].trigger()
    shown = _list(qtbot)
    lines = _lines(shown)
    assert not any(line.startswith(boiler.title()) for line in lines)
    assert "燃煤锅炉" in lines[-1] and "未显示" in lines[-1]
    shown.list.setCurrentRow(len(lines) - 1)
    qtbot.keyClick(shown.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any(boiler.title() in line for line in _lines(_list(qtbot))), timeout=WAIT_MS)
    further = _list(qtbot)
    assert "“燃煤锅炉”已关闭" in next(line for line in _lines(further) if line.startswith(boiler.title()))
    qtbot.keyClick(further.list, Qt.Key.Key_Return)
    settle(running, qtbot)
    assert running.desk.selection.now.uids == (boiler.uid,)
