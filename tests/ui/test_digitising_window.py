"""Drawing in the window: corners dragged, cells cut and joined, new records drawn, by mouse or by keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QDialog, QMenu
from pytestqt.qtbot import QtBot
from shapely.geometry import MultiPolygon, Point

from app.actions.records import edit_record
from app.carto.digitise.corners import Corner, rings
from app.domain.catalog import entity_type
from app.domain.entities.grid_cell import GridCell
from app.domain.entity import Shape
from app.domain.filters import equal
from app.ui.application import Program
from app.ui.dialogs.reason import ReasonDialog
from app.ui.digitise.faults import FaultsDialog
from app.ui.digitise.work import Mode
from app.ui.record.editdialog import EditDialog
from window_cases import WAIT_MS, settle

Office = Callable[..., Program]


def _cells(running: Program, count: int = 1) -> list[GridCell]:
    """Whole cells of the demo beside each other."""
    assert running.desk.session is not None
    found = running.desk.session.workspace.find(GridCell, equal(kind="regular", clipped=False))
    found = [cell for cell in found if (cell.div_code or "").startswith("620802")]
    first = found[0]
    assert first.geometry is not None
    beside = [
        cell for cell in found[1:] if cell.geometry is not None and cell.geometry.touches(first.geometry)
    ]
    edge = [cell for cell in beside if cell.geometry.intersection(first.geometry).length > 0]
    return [first, *edge][:count]


def _begin(running: Program, qtbot: QtBot, cells: list[GridCell]) -> Any:
    pane = running.window.work.map
    running.window.go("grid_cell")
    running.desk.selection.choose("grid_cell", [cell.uid for cell in cells])
    settle(running, qtbot)
    running.window.commands.actions["save_shapes"].trigger()
    qtbot.waitUntil(lambda: pane.drawing.work.on, timeout=WAIT_MS)
    pane.show_selection()
    settle(running, qtbot)
    return pane


def _at(pane: Any, lon: float, lat: float) -> QPoint:
    x, y = pane.canvas.view.px_of(lon, lat)
    return QPoint(round(x), round(y))


def _dialog(running: Program, kind: type[QDialog]) -> Any:
    return next(item for item in running.window.findChildren(kind) if item.isVisible())


def _save(running: Program, qtbot: QtBot, reason: str = "界线调整") -> None:
    pane = running.window.work.map
    qtbot.mouseClick(pane.drawing.bar.save, Qt.MouseButton.LeftButton)
    dialog = _dialog(running, ReasonDialog)
    dialog.set_reason(reason)
    dialog.accept()
    qtbot.waitUntil(lambda: not pane.drawing.work.on, timeout=WAIT_MS)
    settle(running, qtbot)


def _shape(running: Program, uid: str) -> MultiPolygon:
    assert running.desk.session is not None
    shape = running.desk.session.workspace.by_key(GridCell, uid).geometry  # type: ignore[union-attr]
    assert isinstance(shape, MultiPolygon)
    return shape


def test_a_dragged_corner_takes_the_neighbours_corner_along_and_is_saved_once(
    office: Office, qtbot: QtBot
) -> None:
    running = office()
    cells = _cells(running, 2)
    pane = _begin(running, qtbot, cells)
    pane.drawing.bar.switches["snap"].trigger()  # the corner goes exactly where the mouse lets it
    shared = set(map(tuple, rings(cells[0].geometry)[0].xy.tolist())) & set(
        map(tuple, rings(cells[1].geometry)[0].xy.tolist())
    )
    corner = min(shared)
    start = _at(pane, *corner)
    qtbot.mousePress(pane.canvas, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(pane.canvas, start + QPoint(20, 14))
    qtbot.mouseMove(pane.canvas, start + QPoint(30, 24))
    qtbot.mouseRelease(pane.canvas, Qt.MouseButton.LeftButton, pos=start + QPoint(30, 24))
    assert set(pane.drawing.work.steps.changed()) == {cell.uid for cell in cells}
    _save(running, qtbot)
    after = [_shape(running, cell.uid) for cell in cells]
    assert not after[0].equals(cells[0].geometry)
    assert after[0].intersection(after[1]).area == pytest.approx(0.0, abs=1e-15)
    running.window.doings.undo()
    settle(running, qtbot)
    assert _shape(running, cells[0].uid).equals(cells[0].geometry)
    assert _shape(running, cells[1].uid).equals(cells[1].geometry)


def test_steps_are_taken_back_by_the_key_that_else_undoes_the_last_save(office: Office, qtbot: QtBot) -> None:
    running = office()
    (cell,) = _cells(running)
    pane = _begin(running, qtbot, [cell])
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Tab)
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Insert)
    assert len(rings(pane.drawing.work.board.need(cell.uid))[0].xy) == len(rings(cell.geometry)[0].xy) + 1
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not pane.drawing.work.dirty
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert pane.drawing.work.dirty
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    pane.drawing.bar.leave.click()
    assert not pane.drawing.work.on
    assert pane.canvas.tool is pane.select


def test_a_cell_is_cut_by_a_line_and_joined_again(office: Office, qtbot: QtBot) -> None:
    running = office()
    (cell,) = _cells(running)
    pane = _begin(running, qtbot, [cell])
    x0, y0, x1, y1 = cell.geometry.bounds
    pane.drawing.bar.modes[Mode.CUT].trigger()
    pane.drawing.bar.switches["snap"].trigger()
    third = x0 + (x1 - x0) / 3
    for lat in (y1 + (y1 - y0) * 0.05, y0 - (y1 - y0) * 0.05):
        qtbot.mouseClick(pane.canvas, Qt.MouseButton.LeftButton, pos=_at(pane, third, lat))
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Return)
    assert len(pane.drawing.work.board.shown()) == 2
    _save(running, qtbot, "分设网格")
    assert running.desk.session is not None
    piece = running.desk.session.workspace.find(GridCell, equal(grid_code=f"{cell.grid_code}-2"))[0]
    assert piece.geometry.area == pytest.approx(cell.geometry.area / 3, rel=0.05)  # type: ignore[union-attr]
    pane = _begin(running, qtbot, [cell, piece])
    pane.drawing.bar.join.trigger()
    _save(running, qtbot, "合并网格")
    assert _shape(running, cell.uid).symmetric_difference(cell.geometry).area == pytest.approx(0.0, abs=1e-12)
    assert not running.desk.session.workspace.find(GridCell, equal(uid=piece.uid))


def test_a_hole_is_drawn_with_keys_alone_and_what_does_not_fit_is_said(office: Office, qtbot: QtBot) -> None:
    running = office()
    (cell,) = _cells(running)
    pane = _begin(running, qtbot, [cell])
    middle = cell.geometry.centroid
    pane.drawing.bar.modes[Mode.HOLE].trigger()
    pane.drawing.bar.corner.setText(f"{middle.x:.6f}, {middle.y:.6f}")
    qtbot.keyClick(pane.drawing.bar.corner, Qt.Key.Key_Return)
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Return)
    assert pane.drawing.bar._fault.isVisible()
    for dx, dy in ((0.002, 0.0), (0.0, 0.002)):
        pane.drawing.bar.corner.setText(f"{middle.x + dx:.6f}, {middle.y + dy:.6f}")
        qtbot.keyClick(pane.drawing.bar.corner, Qt.Key.Key_Return)
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Return)
    assert len(pane.drawing.work.board.need(cell.uid).geoms[0].interiors) == 1
    assert pane.drawing.work.mode is Mode.CORNERS


def test_shapes_that_do_not_touch_are_joined_with_a_word(office: Office, qtbot: QtBot) -> None:
    running = office()
    first, beside = _cells(running, 2)
    found = running.desk.session.workspace.find(GridCell, equal(kind="regular", clipped=False))  # type: ignore[union-attr]
    far = next(cell for cell in found if not cell.geometry.intersects(first.geometry))  # type: ignore[union-attr]
    pane = running.window.work.map
    for others, said in ((beside, False), (far, True)):
        pane.drawing.work.begin([first, others])
        pane.drawing.bar.join.trigger()
        assert len(pane.drawing.work.board.shown()) == 1
        assert ("2" in pane.drawing.bar._fault.text()) is said
        pane.drawing.work.end()


def test_the_pointer_is_drawn_to_a_corner_of_what_lies_around(office: Office, qtbot: QtBot) -> None:
    running = office()
    cells = _cells(running, 2)
    pane = _begin(running, qtbot, cells[:1])
    pane.drawing.use()
    qtbot.waitUntil(lambda: pane.drawing.work._around is not None, timeout=WAIT_MS)
    corner = max(
        set(map(tuple, rings(cells[1].geometry)[0].xy.tolist()))
        - set(map(tuple, rings(cells[0].geometry)[0].xy.tolist()))
    )
    pane.bring("grid_cell", tuple(cell.uid for cell in cells))
    settle(running, qtbot)
    pane.drawing.bar.modes[Mode.CUT].trigger()
    settle(running, qtbot)
    qtbot.mouseClick(pane.canvas, Qt.MouseButton.LeftButton, pos=_at(pane, *corner) + QPoint(3, -3))
    assert pane.drawing.work.chain == [corner]


def test_a_boiler_is_drawn_where_it_stands_and_described_in_its_form(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane = running.window.work.map
    running.window.go("boiler")
    pane.show_point(106.66, 35.54)
    settle(running, qtbot)
    running.window.doings.drawing.begin_new(entity_type("boiler"))
    pane.drawing.bar.switches["snap"].trigger()
    qtbot.mouseClick(pane.canvas, Qt.MouseButton.LeftButton, pos=_at(pane, 106.66, 35.54))
    dialog = _dialog(running, EditDialog)
    assert dialog.place.value().distance(Point(106.66, 35.54)) < 1e-3
    dialog.form.editor("ledger_no").set_value("KT-9001")
    dialog.form.editor("user_org").set_value("新画的单位")
    dialog.send()
    qtbot.waitUntil(lambda: not pane.drawing.work.on, timeout=WAIT_MS)
    settle(running, qtbot)
    assert running.window.work.record.view.record.ledger_no == "KT-9001"  # type: ignore[union-attr]


def test_a_line_is_sketched_and_shown_on_the_map(office: Office, qtbot: QtBot) -> None:
    running = office("inspector")
    pane = running.window.work.map
    running.window.go("boiler")
    pane.show_point(106.66, 35.54)
    settle(running, qtbot)
    running.window.doings.drawing.begin_new(entity_type("sketch"), Shape.GEOMETRY)
    pane.drawing.bar.switches["snap"].trigger()
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Return)
    assert pane.drawing.bar._fault.isVisible()
    for dx in (-60, 0, 60):
        spot = _at(pane, 106.66, 35.54) + QPoint(dx, dx // 2)
        qtbot.mouseClick(pane.canvas, Qt.MouseButton.LeftButton, pos=spot)
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Return)
    dialog = _dialog(running, EditDialog)
    dialog.form.editor("name").set_value("巡查路线")
    dialog.send()
    qtbot.waitUntil(lambda: not pane.drawing.work.on, timeout=WAIT_MS)
    settle(running, qtbot)
    assert any(item.layer == "sketches" for item in pane.canvas.picture.drawn)


def test_faults_are_listed_shown_on_the_map_and_opened_for_drawing(office: Office, qtbot: QtBot) -> None:
    running = office("city")
    cells = _cells(running, 2)
    assert running.desk.session is not None
    wider = cells[0].geometry.union(cells[1].geometry.buffer(-0.01))
    edit_record(
        running.desk.session, cells[0], {}, geometry=MultiPolygon([*getattr(wider, "geoms", [wider])])
    )
    settle(running, qtbot)
    running.window.go("grid_cell")
    running.window.commands.actions["check_topology"].trigger()
    dialog = running.window.doings.drawing._faults
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.list.count() > 0, timeout=WAIT_MS)
    pane = running.window.work.map
    middle = pane.canvas.mapToGlobal(pane.canvas.rect().center())
    assert not QRect(dialog.pos(), dialog.size()).contains(middle), "the list hides what it shows"
    words = "、".join(cell.title() for cell in cells)
    dialog.list.setCurrentRow(
        next(row for row in range(dialog.list.count()) if words in dialog.list.item(row).text())
    )
    assert pane.drawing.fault.fault is not None
    assert set(pane.drawing.fault.fault.uids) == {cell.uid for cell in cells}
    dialog.draw.click()
    qtbot.waitUntil(lambda: pane.drawing.work.on, timeout=WAIT_MS)
    assert set(pane.drawing.work.board.shapes) == {cell.uid for cell in cells}
    dialog.close()
    assert pane.drawing.fault.fault is None


def test_a_corner_under_the_pointer_may_go_by_a_step_back(office: Office, qtbot: QtBot) -> None:
    running = office()
    (cell,) = _cells(running)
    pane = _begin(running, qtbot, [cell])
    ring = rings(cell.geometry)[0]
    last, first = ring.xy[-1].tolist(), ring.xy[0].tolist()
    middle = ((last[0] + first[0]) / 2, (last[1] + first[1]) / 2)
    work = pane.drawing.work
    assert work.take(lambda board: board.added(cell.uid, Corner(0, 0, len(ring.xy) - 1), middle))
    qtbot.mouseMove(pane.canvas, _at(pane, *middle))
    qtbot.waitUntil(lambda: pane.drawing.tool._hover is not None, timeout=WAIT_MS)
    work.back()
    pane.canvas.grab()  # a fault while painting fails the test
    assert pane.drawing.tool._hover is None


def test_nothing_is_drawn_while_the_board_is_saved(office: Office, qtbot: QtBot) -> None:
    running = office()
    (cell,) = _cells(running)
    pane = _begin(running, qtbot, [cell])
    work = pane.drawing.work
    x, y = rings(cell.geometry)[0].xy[0].tolist()
    assert work.take(lambda board: board.moved(cell.uid, Corner(0, 0, 0), (x + 1e-4, y), together=True))
    saved: list[object] = []
    work.save("界线调整", saved.append, saved.append)
    assert not work.take(lambda board: board.moved(cell.uid, Corner(0, 0, 0), (x, y), together=True))
    assert not pane.drawing.bar.save.isEnabled()
    running.window.doings.drawing.edit_selected()
    assert work.on
    qtbot.waitUntil(lambda: bool(saved), timeout=WAIT_MS)
    assert work.take(lambda board: board.moved(cell.uid, Corner(0, 0, 0), (x, y), together=True))


def test_records_read_for_drawing_do_not_sweep_a_newer_drawing_away(office: Office, qtbot: QtBot) -> None:
    running = office()
    (cell,) = _cells(running)
    running.window.go("grid_cell")
    running.desk.selection.choose("grid_cell", [cell.uid])
    settle(running, qtbot)
    drawing = running.window.doings.drawing
    drawing.edit_selected()  # the record is being read
    drawing.begin_new(entity_type("sketch"), Shape.MULTIPOLYGON)
    settle(running, qtbot)
    work = running.window.work.map.drawing.work
    assert work.kind is entity_type("sketch")


def test_records_without_a_shape_are_said(office: Office, qtbot: QtBot) -> None:
    running = office()
    said: list[str] = []
    running.desk.said.connect(said.append)
    running.window.doings.drawing._begin([GridCell(uid="1", grid_code="X", kind="admin")])
    assert said == ["所选记录在地图上还没有图形"]


def test_a_list_of_faults_that_was_closed_checks_no_more(office: Office, qtbot: QtBot) -> None:
    running = office()
    running.window.go("grid_cell")
    running.window.commands.actions["check_topology"].trigger()
    (dialog,) = running.window.findChildren(FaultsDialog)
    settle(running, qtbot)
    dialog.close()
    qtbot.waitUntil(lambda: not running.window.findChildren(FaultsDialog), timeout=WAIT_MS)
    running.window.commands.actions["check_topology"].trigger()
    assert len(running.window.findChildren(FaultsDialog)) == 1


def test_what_this_laptop_may_not_save_is_not_begun(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = office("clerk")
    said: list[str] = []
    monkeypatch.setattr("app.ui.digitise.doings.tell", lambda _, words: said.append(words))
    monkeypatch.setattr(
        "app.actions.laptop.only_read_here", lambda _, name: "市级录入" if name == "built_up_area" else ""
    )
    drawing = running.window.doings.drawing
    drawing.begin_new(entity_type("built_up_area"))
    assert said == ["市级录入"] and not running.window.work.map.drawing.work.on
    drawing.choose_kind()
    menu = next(item for item in running.window.findChildren(QMenu) if item.isVisible())
    greyed = [
        (item.text(), item.toolTip()) for item in menu.actions() if not item.isEnabled() and item.text()
    ]
    assert greyed == [(entity_type("built_up_area").text, "市级录入")]
    menu.close()
    drawing.begin_new(entity_type("boiler"))
    assert running.window.work.map.drawing.work.on


def test_a_line_follows_the_outline_meant_when_zoomed_out_and_is_taken_back_click_by_click(
    office: Office, qtbot: QtBot
) -> None:
    running = office()
    pane = running.window.work.map
    running.window.go("grid_cell")
    settle(running, qtbot)
    assert running.desk.session is not None
    county = running.desk.session.workspace.find(GridCell, equal(grid_code="620823-01"))[0]
    ring = rings(county.geometry)[0].xy.tolist()
    start, end = ring[0], ring[len(ring) // 2]
    running.window.doings.drawing.begin_new(entity_type("sketch"), Shape.GEOMETRY)
    settle(running, qtbot)
    work = pane.drawing.work
    for place in (start, end):  # within 10 pixels there are corners of hundreds of cells, many nearer
        qtbot.mouseClick(pane.canvas, Qt.MouseButton.LeftButton, pos=_at(pane, *place) + QPoint(3, 3))
    assert len(work.chain) > 20
    assert set(work.chain) <= {(x, y) for x, y in ring}
    assert "沿边界" in pane.drawing.bar._says.text()
    qtbot.keyClick(pane.canvas, Qt.Key.Key_Backspace)
    assert len(work.chain) == 1


def test_shapes_on_the_board_draw_each_others_corners(office: Office, qtbot: QtBot) -> None:
    running = office()
    first, *_ = _cells(running)
    found = running.desk.session.workspace.find(GridCell, equal(kind="regular", clipped=False))  # type: ignore[union-attr]
    x, y = first.geometry.centroid.coords[0]  # type: ignore[union-attr]
    apart = [cell for cell in found if not cell.geometry.intersects(first.geometry)]  # type: ignore[union-attr]
    far = min(apart, key=lambda cell: cell.geometry.distance(Point(x, y)))  # type: ignore[union-attr]
    pane = _begin(running, qtbot, [first, far])
    mine, theirs = (rings(cell.geometry)[0].xy.tolist() for cell in (first, far))
    corner, goal = mine[0], theirs[0]
    pane.drawing.work._around = None  # nothing but the board
    start, end = _at(pane, *corner), _at(pane, *goal) + QPoint(4, 3)
    qtbot.mousePress(pane.canvas, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(pane.canvas, (start + end) / 2)
    qtbot.mouseMove(pane.canvas, end)
    qtbot.mouseRelease(pane.canvas, Qt.MouseButton.LeftButton, pos=end)
    after = rings(pane.drawing.work.board.need(first.uid))[0].xy.tolist()
    assert after[0] == goal
