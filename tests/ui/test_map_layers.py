"""The layer tree and the properties of a layer: order, names, themes, looks tried out, files on the map."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import picture_files
from app.actions.map_layers import OfferedLayer
from app.carto.theme import read_theme
from app.domain.entities.boiler import Boiler
from app.domain.entities.grid_cell import GridCell
from app.domain.filters import equal
from app.exchange.imagery.online import OnlineTiles
from app.settings import tiles_folder
from app.ui.application import Program
from app.ui.map.adddialog import AddDialog
from app.ui.map.layers import LayerTree
from app.ui.map.onlinedialog import OnlineDialog
from app.ui.map.pane import MapPane
from app.ui.map.picturedialog import PictureDialog
from app.ui.record.patroldialog import PatrolDialog
from app.ui.styling.dialog import LayerDialog
from clipping import cut_off
from window_cases import WAIT_MS, settle

Office = Callable[..., Program]


def _drawn(pane: MapPane, layer: str) -> list[str]:
    assert pane.canvas.picture is not None
    return [item.title for item in pane.canvas.picture.drawn if item.layer == layer]


def _kept(running: Program) -> dict[str, Any]:
    assert running.desk.session is not None
    path = running.desk.session.workspace.path.with_suffix(".map.json")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def _dialog(kind: type[Any], qtbot: QtBot) -> Any:
    def there() -> list[Any]:
        return [box for box in QApplication.topLevelWidgets() if isinstance(box, kind) and box.isVisible()]

    qtbot.waitUntil(lambda: bool(there()), timeout=WAIT_MS)
    return there()[0]


def test_keys_move_a_layer_and_the_next_start_has_it_there(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane = running.window.work.map
    pane.arranging.choose("cells")
    pane.tree.choose("town_cells")
    before = [layer.id for layer in pane.scene.theme.layers]  # type: ignore[union-attr]
    qtbot.keyClick(pane.tree, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    after = [layer.id for layer in pane.scene.theme.layers]  # type: ignore[union-attr]
    assert before.index("town_cells") > before.index("marked_cells")
    assert after.index("town_cells") == after.index("marked_cells") - 1
    assert pane.tree.current() == "town_cells"
    settle(running, qtbot)
    kept = _kept(running)
    assert kept["chosen"]["boiler"] == "cells"
    assert kept["themes"]["cells"]["order"] == after


def test_a_group_is_made_named_and_moved_as_a_whole(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane = running.window.work.map
    pane.arranging.choose("cells")
    for layer in ("marked_cells", "regular_cells"):
        pane.arranging.to_group(layer, "底层网格")

    def listed() -> list[str]:
        return [pane.tree.topLevelItem(at).text(0) for at in range(pane.tree.topLevelItemCount())]

    assert listed() == ["专题要素", "底层网格", "基础要素"]
    pane.tree.setCurrentItem(pane.tree.topLevelItem(1))
    qtbot.keyClick(pane.tree, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert listed() == ["底层网格", "专题要素", "基础要素"]
    order = [layer.id for layer in pane.scene.theme.layers]  # type: ignore[union-attr]
    assert order[-2:] == ["regular_cells", "marked_cells"]
    pane.tree.topLevelItem(0).setText(0, "我的网格")
    qtbot.waitUntil(lambda: listed()[0] == "我的网格", timeout=WAIT_MS)
    settle(running, qtbot)
    assert {_kept(running)["themes"]["cells"]["changes"][name]["group"] for name in order[-2:]} == {
        "我的网格"
    }


def test_what_has_no_place_is_counted_so_that_the_legend_agrees_with_the_ledger(
    office: Office, qtbot: QtBot
) -> None:
    running = office()
    pane = running.window.work.map
    assert running.desk.session is not None
    theme = pane.tree.topLevelItem(0)
    boilers = next(theme.child(at) for at in range(theme.childCount()) if theme.child(at).childCount())
    lines = [boilers.child(at) for at in range(boilers.childCount())]
    rows = running.desk.session.workspace.count(Boiler.TYPE.name)
    assert [line.text(0) for line in lines][-1] == "无坐标"
    assert sum(int(line.text(1)) for line in lines) == rows
    assert pane.canvas.picture.placeless["boilers"] == int(lines[-1].text(1))  # type: ignore[union-attr]


def test_a_group_is_switched_with_its_box_and_a_name_is_written(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane = running.window.work.map
    theme = pane.tree.topLevelItem(0)
    theme.setCheckState(0, Qt.CheckState.Unchecked)
    assert theme.text(0), "the tree is not filled anew while its item is still being changed"
    qtbot.waitUntil(lambda: not pane.scene.theme.layer("boilers").visible, timeout=WAIT_MS)
    settle(running, qtbot)
    assert _drawn(pane, "boilers") == []
    pane.tree.topLevelItem(0).child(0).setText(0, "我县锅炉")
    qtbot.waitUntil(lambda: pane.scene.theme.layer("boilers").title == "我县锅炉", timeout=WAIT_MS)
    assert pane.scene is not None
    layer = pane.scene.theme.layer("boilers")
    assert layer is not None and layer.title == "我县锅炉" and not layer.visible


def test_a_look_is_tried_on_the_map_and_taken_back_by_cancel(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane = running.window.work.map
    shipped = _drawn(pane, "boilers")
    pane.acts.show_properties("boilers")
    dialog: LayerDialog = _dialog(LayerDialog, qtbot)
    settle(running, qtbot)
    assert cut_off(dialog) == []
    tab = dialog.symbols
    tab.method.setCurrentIndex(tab.method.findData("graduated"))
    tab.field.setCurrentIndex(tab.field.findData("rated_tph"))
    tab.method.activated.emit(0)
    qtbot.waitUntil(lambda: len(dialog._layer().rule.breaks) == 4, timeout=WAIT_MS)
    settle(running, qtbot)
    counts = [tab.classes.topLevelItem(at).text(1) for at in range(5)]
    assert sum(map(int, counts)) == 249
    assert all("–" in title or title.isdigit() for title in _drawn(pane, "boilers"))
    sizes = [item["marker"]["size_mm"] for item in tab.look()["class"]]
    tab.division.setCurrentIndex(tab.division.findData("equal"))
    tab.division.activated.emit(0)
    settle(running, qtbot)
    again = [item["marker"]["size_mm"] for item in tab.look()["class"]]
    assert again == pytest.approx(sizes, abs=0.021), "each division anew would draw smaller points"
    dialog.reject()
    settle(running, qtbot)
    assert _drawn(pane, "boilers") == shipped
    assert "boilers" not in pane.arranging.book.themes


def test_ok_keeps_the_look_and_it_can_be_a_theme_of_its_own(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane = running.window.work.map
    pane.acts.show_properties("boilers")
    dialog: LayerDialog = _dialog(LayerDialog, qtbot)
    tab = dialog.symbols
    tab.method.setCurrentIndex(tab.method.findData("single"))
    tab.method.activated.emit(0)
    dialog.general.opacity.setValue(40)
    dialog.labels.em.setValue(5.0)
    dialog.accept()
    settle(running, qtbot)
    pane.arranging.save_as("淡色锅炉图")
    pane.arranging.choose("boilers")
    pane.arranging.as_shipped()
    settle(running, qtbot)
    assert len(pane.arranging.theme("light").layer("boilers").rule.classes) == 10  # type: ignore[union-attr]
    own = _kept(running)["themes"]["own1"]
    assert own["title"] == "淡色锅炉图"
    assert own["changes"]["boilers"]["opacity"] == 0.4
    assert own["changes"]["boilers"]["label"]["size_mm"] == 5.0
    at = pane.layers.chooser.findText("淡色锅炉图")
    pane.layers.chooser.setCurrentIndex(at)
    pane.layers.chooser.activated.emit(at)
    assert len(pane.arranging.theme("light").layer("boilers").rule.classes) == 1  # type: ignore[union-attr]


@pytest.fixture
def outline(demo_file: Path) -> Path:
    """A shapefile without a .prj beside the workspace: a square in 6-digit coordinates of zone 36."""
    path = demo_file.with_name("调查范围.shp")
    square = [shapely.box(364000, 3934000, 366000, 3936000)]
    frame = geopandas.GeoDataFrame({"名称": ["一号"]}, geometry=square, crs="EPSG:4545")
    frame.to_file(path, encoding="utf-8")
    path.with_suffix(".prj").unlink(missing_ok=True)
    return path


def _drop(pane: MapPane, path: Path) -> None:
    held = QMimeData()
    held.setUrls([QUrl.fromLocalFile(str(path))])
    rest = (held, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    entered = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, *rest)
    pane.dragEnterEvent(entered)
    assert entered.isAccepted()
    pane.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, *rest))


def test_a_dropped_file_asks_for_its_system_and_is_shown(office: Office, qtbot: QtBot, outline: Path) -> None:
    running = office()
    pane = running.window.work.map
    _drop(pane, outline)
    dialog: AddDialog = _dialog(AddDialog, qtbot)
    deed = next(button for button in dialog._foot.buttons() if button.objectName() == "deed")
    assert not deed.isEnabled()  # nothing is guessed
    assert cut_off(dialog) == []
    dialog.system.setCurrentIndex(dialog.system.findData("EPSG:4545"))
    assert deed.isEnabled()
    assert "106.5006" in dialog._where.text()
    dialog.accept()
    qtbot.waitUntil(lambda: pane.arranging.layers.loaded("a1") is not None, timeout=WAIT_MS)  # type: ignore[union-attr]
    settle(running, qtbot)
    assert _drawn(pane, "a1") == ["调查范围"]
    assert _kept(running)["added"][0]["path"] == "调查范围.shp"
    assert pane.layers.actions_by_name["remove"].isEnabled() is False
    pane.tree.choose("a1")
    assert pane.layers.actions_by_name["remove"].isEnabled()
    pane.arranging.remove("a1")
    settle(running, qtbot)
    assert _drawn(pane, "a1") == []
    assert outline.exists()


def test_a_file_that_is_gone_is_named_and_the_rest_is_shown(
    office: Office, qtbot: QtBot, outline: Path
) -> None:
    kept = {
        "format": 1,
        "added": [
            {"id": "a1", "title": "丢失", "kind": "features", "path": "没有.shp", "crs": "EPSG:4545",
             "part": "没有"},
            {"id": "a2", "title": "范围", "kind": "features", "path": outline.name, "crs": "EPSG:4545",
             "part": outline.stem},
        ],
    }  # fmt: skip
    outline.with_name("pingliang.map.json").write_text(json.dumps(kept), "utf-8")
    running = office()
    pane = running.window.work.map
    qtbot.waitUntil(lambda: "a1" in pane.arranging.faults(), timeout=WAIT_MS)
    settle(running, qtbot)
    assert "没有.shp" in pane.arranging.faults()["a1"]
    assert _drawn(pane, "a2") == ["范围"]
    pane.arranging.relocate("a1", outline)
    qtbot.waitUntil(lambda: "没有" in pane.arranging.faults().get("a1", ""), timeout=WAIT_MS)  # no such layer


def test_a_picture_is_laid_under_the_map_when_its_system_has_been_named(
    office: Office, qtbot: QtBot, demo_file: Path
) -> None:
    path = picture_files.mbtiles(demo_file.with_name("影像.mbtiles"), finest=12)
    running = office()
    pane = running.window.work.map
    _drop(pane, path)
    dialog: PictureDialog = _dialog(PictureDialog, qtbot)
    deed = next(button for button in dialog._foot.buttons() if button.objectName() == "deed")
    assert not deed.isEnabled()  # 400 m off is not shown in silence
    assert cut_off(dialog) == []
    dialog.true.setChecked(True)
    assert deed.isEnabled()
    dialog.accept()
    settle(running, qtbot)
    pane.tree.choose("a1")
    pane.canvas.show_extent((106.64, 35.52, 106.68, 35.56))
    settle(running, qtbot)
    assert pane.canvas.picture is not None
    image = pane.canvas.picture.image
    shades = [image.pixelColor(x, y) for x in range(0, image.width(), 9) for y in range(0, image.height(), 9)]
    assert sum(abs(shade.blue() - 128) < 4 for shade in shades) > len(shades) / 4
    path.unlink()
    pane.arranging.read_again("a1")
    settle(running, qtbot)
    assert "影像.mbtiles" in pane.arranging.faults()["a1"]


def test_a_dropped_folder_of_tiles_is_laid_under_the_map(
    office: Office, qtbot: QtBot, demo_file: Path
) -> None:
    folder = demo_file.with_name("瓦片")
    picture_files.folder(folder)
    running = office()
    pane = running.window.work.map
    _drop(pane, folder)
    dialog: PictureDialog = _dialog(PictureDialog, qtbot)
    dialog.shifted.setChecked(True)
    dialog.accept()
    settle(running, qtbot)
    assert pane.arranging.faults() == {}
    assert pane.arranging.theme("light").layer("a1") is not None


def test_an_arrangement_that_cannot_be_used_is_set_aside(
    office: Office, qtbot: QtBot, demo_file: Path
) -> None:
    demo_file.with_suffix(".map.json").write_text('{"format": 1, "themes": 7}', "utf-8")
    running = office()
    pane = running.window.work.map
    assert len(_drawn(pane, "boilers")) > 3
    pane.arranging.switch({"boilers": False})
    settle(running, qtbot)
    assert demo_file.with_suffix(".map.damaged").read_text("utf-8").endswith("7}")
    assert _kept(running)["themes"]["boilers"]["changes"]["boilers"] == {"visible": False}


def test_boilers_left_follow_the_records(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane = running.window.work.map
    pane.arranging.choose("boilers_left")
    settle(running, qtbot)
    assert pane.scene is not None
    cells = pane.scene.layers.features("grid_cell", ("boilers_left", "kind", "level"), pane.canvas.view.crs)  # type: ignore[union-attr]
    kinds = zip(cells.columns.column("level"), cells.columns.column("boilers_left"), strict=True)
    towns = sum(left for level, left in kinds if level == 3)
    assert 0 < towns <= 249 - 149
    running.desk.tell_changed({"boiler": ("x",)})
    settle(running, qtbot)
    again = pane.scene.layers.features("grid_cell", ("boilers_left",), pane.canvas.view.crs)  # type: ignore[union-attr]
    assert again is not cells


def test_a_patrol_recorded_in_the_window_colours_its_cells(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane, actions = running.window.work.map, running.window.commands.actions
    pane.arranging.choose("coverage")
    assert running.desk.session is not None
    towns = running.desk.session.workspace.find(GridCell, equal(kind="admin", level=3, patrol_freq="每周1次"))
    mine = [cell for cell in towns if (cell.div_code or "").startswith("620802")]

    def covered() -> list[Any]:
        settle(running, qtbot)
        fields = ("patrol_coverage", "kind")
        found = pane.scene.layers.features("grid_cell", fields, pane.canvas.view.crs)  # type: ignore[union-attr]
        known = dict(zip(found.columns.uids, found.columns.column("patrol_coverage"), strict=True))
        return [known[cell.uid] for cell in mine]

    before = covered()
    running.desk.selection.choose("grid_cell", [cell.uid for cell in mine])
    settle(running, qtbot)
    for _ in range(2):  # on one day: it counts as one of four
        actions["record_patrol"].trigger()
        dialog: PatrolDialog = _dialog(PatrolDialog, qtbot)
        dialog.send()
        qtbot.waitUntil(lambda shown=dialog: not shown.isVisible(), timeout=WAIT_MS)
    after = covered()
    assert sum(after) > sum(before)
    assert all(25 <= percent <= 100 for percent in after)
    assert running.desk.session.today in running.window.work.record.subtitle.text()


def test_online_maps_are_off_until_somebody_brings_a_key(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = office()
    pane = running.window.work.map
    pane.layers.actions_by_name["online"].trigger()
    dialog: OnlineDialog = _dialog(OnlineDialog, qtbot)
    assert cut_off(dialog) == []
    assert not dialog.on.isChecked()
    deed = next(button for button in dialog._foot.buttons() if button.objectName() == "deed")
    dialog.on.setChecked(True)
    assert not deed.isEnabled()  # not without a key
    dialog.key_line.setText("0123456789abcdef")
    dialog._boxes[0][1].setChecked(True)
    fetched: list[bool] = []
    monkeypatch.setattr(
        OnlineTiles, "fetch_wanted", lambda tiles, stopped: fetched.append(tiles.wants()) or 0
    )
    dialog.accept()
    settle(running, qtbot)
    qtbot.waitUntil(lambda: bool(fetched), timeout=WAIT_MS)  # after the picture, what it lacked is asked for
    assert "0123456789abcdef" not in json.dumps(_kept(running))
    assert running.desk.preferences.tianditu_key == "0123456789abcdef"
    running.desk.prefer(online_maps="off")
    settle(running, qtbot)
    count = len(fetched)
    pane.canvas.zoom(2.0)
    settle(running, qtbot)
    assert len(fetched) == count
    assert "a1" in pane.arranging.faults()
    kept = tiles_folder() / "img" / "3" / "6" / "2.tile"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"x")
    pane.layers.actions_by_name["online"].trigger()
    dialog = _dialog(OnlineDialog, qtbot)
    qtbot.mouseClick(dialog.empty, Qt.MouseButton.LeftButton)
    settle(running, qtbot)
    assert not kept.exists() and not dialog.empty.isEnabled()
    dialog.reject()


def test_a_layer_that_cannot_be_shown_is_switched_off_by_its_box(qtbot: QtBot) -> None:
    tree = LayerTree()
    qtbot.addWidget(tree)
    tree.show_theme(read_theme("boilers"))
    tree.show_faults({"boilers": "“点位.shp” is not where it was"})
    item = tree.topLevelItem(0).child(0)
    assert item.data(0, Qt.ItemDataRole.UserRole) == "boilers"
    said: list[object] = []
    tree.switched.connect(said.append)
    tree.renamed.connect(lambda *words: said.append(words))
    item.setCheckState(0, Qt.CheckState.Unchecked)
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT_MS)
    assert said == [{"boilers": False}]


def test_layers_of_one_file_keep_the_system_each_states(qtbot: QtBot) -> None:
    offers = [
        OfferedLayer("度", 1, (106.6, 35.5, 106.7, 35.6), "EPSG:4490"),
        OfferedLayer("米", 1, (479_000.0, 3_934_000.0, 480_000.0, 3_935_000.0), "EPSG:4545"),
    ]
    dialog = AddDialog("两层.gpkg", offers)
    qtbot.addWidget(dialog)
    assert [layer.crs for layer in dialog.chosen()] == ["EPSG:4490", "EPSG:4545"]
    assert "106.6" in dialog._where.text() and "平凉" not in dialog._where.text()
    dialog.system.setCurrentText("EPSG:4545")
    assert [layer.crs for layer in dialog.chosen()] == ["EPSG:4545"] * 2


def test_another_key_is_tried_at_once(office: Office, qtbot: QtBot) -> None:
    arranging = office().window.work.map.arranging
    arranging._waiting.start()  # as after a failure
    arranging.go_online(True, "another-key", [])
    assert not arranging._waiting.isActive()


def test_layers_without_a_name_of_their_own_are_called_in_words(qapp: QApplication) -> None:
    """GDAL calls the parts of a GPX file and the one layer of a drawing in English."""
    box = (106.6, 35.5, 106.7, 35.6)
    offers = [
        OfferedLayer("waypoints", 1, box, "EPSG:4326"),
        OfferedLayer("track_points", 12, box, "EPSG:4326", 3),
    ]
    dialog = AddDialog("巡查.gpx", offers)
    items = [dialog.list.topLevelItem(row) for row in range(2)]
    assert [item.text(0) for item in items if item] == ["航点", "轨迹点"]
    assert items[1] is not None and items[1].text(1) == "12（3 个无位置）"
    assert [layer.title for layer in dialog.chosen()] == ["巡查 · 航点", "巡查 · 轨迹点"]
    assert [layer.part for layer in dialog.chosen()] == ["waypoints", "track_points"]
    assert (
        AddDialog("总图.dxf", [OfferedLayer("entities", 1, box, "EPSG:4326")]).list.topLevelItem(0).text(0)
        == "图形"
    )  # type: ignore[union-attr]
