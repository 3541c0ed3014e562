"""The map's tools by keys alone: the cross in the middle is the pointer, and drawing has keys of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QLineEdit, QVBoxLayout
from pytestqt.qtbot import QtBot

from app.carto.digitise.corners import place_of, rings
from app.carto.labels import AROUND, MIDDLE, OUTWARD
from app.domain.coordinates.measure import distance_m, distance_words
from app.domain.entities.boiler import Boiler
from app.domain.entities.grid_cell import GridCell
from app.domain.filters import equal
from app.ui.application import Program
from app.ui.dialogs.keys import KeysDialog
from app.ui.digitise.work import Mode
from app.ui.messages import buttons
from app.ui.record.editdialog import EditDialog
from app.ui.styling.dialog import LayerDialog
from app.ui.styling.labeltab import LabelTab
from window_cases import WAIT_MS, settle

Office = Callable[..., Program]
KEY, SHIFT, CTRL = Qt.Key, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def press(qtbot: QtBot) -> Callable[..., None]:
    """Press keys on the map, one behind the other, each with a modifier or none."""

    def keys(pane: Any, *names: Any, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        for name in names:
            qtbot.keyClick(pane.canvas, name, held)

    return keys


def _at_a_boiler(running: Program, qtbot: QtBot) -> Boiler:
    assert running.desk.session is not None
    found = next(item for item in running.desk.session.workspace.find(Boiler) if item.geometry is not None)
    running.window.work.map.canvas.show_extent((found.geometry.x, found.geometry.y) * 2)
    running.window.work.map.canvas.setFocus()
    settle(running, qtbot)
    return found


def test_a_record_is_selected_under_the_cross_and_a_box_adds_to_it(
    office: Office, qtbot: QtBot, press: Callable[..., None]
) -> None:
    running = office()
    running.window.go("boiler")
    settle(running, qtbot)
    pane, chosen = running.window.work.map, running.desk.selection
    _at_a_boiler(running, qtbot)
    press(pane, KEY.Key_Space)
    qtbot.waitUntil(lambda: len(chosen.now.uids) == 1, timeout=WAIT_MS)
    assert pane.canvas.cross.shown
    press(pane, KEY.Key_Insert)
    qtbot.waitUntil(lambda: not chosen.now.uids, timeout=WAIT_MS)
    press(pane, KEY.Key_Space)
    qtbot.waitUntil(lambda: len(chosen.now.uids) == 1, timeout=WAIT_MS)
    press(pane, KEY.Key_Home)
    press(pane, KEY.Key_Up, KEY.Key_Up, KEY.Key_Left, KEY.Key_Left)
    press(pane, KEY.Key_Space, held=SHIFT)
    press(pane, *[KEY.Key_Down] * 4, *[KEY.Key_Right] * 4)
    press(pane, KEY.Key_Insert)
    qtbot.waitUntil(lambda: len(chosen.now.uids) > 20, timeout=WAIT_MS)
    qtbot.mouseMove(pane.canvas, pane.canvas.rect().center())
    assert not pane.canvas.cross.shown


def test_a_lasso_is_set_corner_by_corner_and_a_box_zoomed_to(
    office: Office, qtbot: QtBot, press: Callable[..., None]
) -> None:
    running = office()
    running.window.go("boiler")
    settle(running, qtbot)
    pane, chosen = running.window.work.map, running.desk.selection
    _at_a_boiler(running, qtbot)
    before = pane.canvas.view
    pane.actions_by_name["lasso"].trigger()
    press(pane, KEY.Key_Up, KEY.Key_Space, KEY.Key_Left, KEY.Key_Space, KEY.Key_Backspace)
    press(pane, KEY.Key_Down, KEY.Key_Down, KEY.Key_Space, KEY.Key_Right, KEY.Key_Right, KEY.Key_Space)
    press(pane, KEY.Key_Return)
    qtbot.waitUntil(lambda: bool(chosen.now.uids), timeout=WAIT_MS)
    press(pane, KEY.Key_Escape, KEY.Key_Escape)
    assert not chosen.now.uids
    pane.actions_by_name["zoom_box"].trigger()
    press(pane, KEY.Key_Space, KEY.Key_Right, KEY.Key_Down, KEY.Key_Space)
    assert pane.canvas.view.scale == pytest.approx(before.scale * 0.2, rel=0.05)


def test_a_distance_is_measured_to_the_pixel(
    office: Office, qtbot: QtBot, press: Callable[..., None]
) -> None:
    running = office()
    _at_a_boiler(running, qtbot)
    pane = running.window.work.map
    pane.actions_by_name["measure_distance"].trigger()
    start = pane.distance.ground_at(pane.canvas.cross.at)
    press(pane, KEY.Key_Space)
    press(pane, KEY.Key_Right, held=SHIFT)
    press(pane, KEY.Key_Right, held=CTRL)
    end = pane.distance.ground_at(pane.canvas.cross.at)
    assert pane.canvas.view.px_of(*start)[0] == pytest.approx(pane.canvas.width() / 2 - 11)
    assert distance_words(distance_m(*start, *end)) in pane.distance.result()
    press(pane, KEY.Key_Space, KEY.Key_Return)
    assert distance_words(distance_m(*start, *end)) in pane.distance.result()


def _editing(running: Program, qtbot: QtBot) -> tuple[Any, GridCell]:
    """A whole cell of the demo on the board, begun by the window's command."""
    assert running.desk.session is not None
    pane = running.window.work.map
    running.window.go("grid_cell")
    cell = running.desk.session.workspace.find(GridCell, equal(kind="regular", clipped=False), limit=1)[0]
    running.desk.selection.choose("grid_cell", [cell.uid])
    settle(running, qtbot)
    running.window.commands.actions["save_shapes"].trigger()
    qtbot.waitUntil(lambda: pane.drawing.work.on, timeout=WAIT_MS)
    pane.show_selection()
    settle(running, qtbot)
    running.window.activateWindow()  # shortcuts go by the focus of the program, not of a window
    qtbot.waitUntil(pane.canvas.hasFocus, timeout=WAIT_MS)
    return pane, cell


def test_drawing_has_keys_of_its_own_while_it_lasts(
    office: Office, qtbot: QtBot, press: Callable[..., None]
) -> None:
    running = office()
    pane, cell = _editing(running, qtbot)
    work = pane.drawing.work
    press(pane, KEY.Key_S, KEY.Key_H)
    assert not work.switches.snap
    assert work.mode is Mode.HOLE
    press(pane, KEY.Key_Space)
    press(pane, KEY.Key_Right, held=SHIFT)
    press(pane, KEY.Key_Space)
    press(pane, KEY.Key_Down, held=SHIFT)
    press(pane, KEY.Key_Space, KEY.Key_Return)
    assert len(work.board.need(cell.uid).geoms[0].interiors) == 1
    press(pane, KEY.Key_P)
    assert pane.drawing.bar.corner.hasFocus()
    running.window.doings.next_pane()
    assert pane.canvas.hasFocus()
    press(pane, KEY.Key_Z, held=CTRL)
    press(pane, KEY.Key_W, held=CTRL)
    assert not work.on
    press(pane, KEY.Key_S)
    assert not work.switches.snap, "the key has gone with the drawing"


def test_a_corner_is_taken_under_the_cross_and_drawn_to_its_neighbour(
    office: Office, qtbot: QtBot, press: Callable[..., None]
) -> None:
    running = office()
    pane, cell = _editing(running, qtbot)
    work, view = pane.drawing.work, pane.canvas.view
    place = next(
        at for at in map(tuple, rings(cell.geometry)[0].xy.tolist()) if _is_shared(running, cell, at)
    )
    x, y = view.px_of(*place)
    pane.canvas.set_view(view.panned(pane.canvas.cross.at.x() - x, pane.canvas.cross.at.y() - y))
    settle(running, qtbot)
    press(pane, KEY.Key_Space, KEY.Key_Right, KEY.Key_Right, KEY.Key_Up)
    assert work.active is not None
    assert place_of(work.board.need(cell.uid), work.active.corner) != place
    press(pane, KEY.Key_Return)
    assert place_of(work.board.need(cell.uid), work.active.corner) == place
    press(pane, KEY.Key_Z, KEY.Key_Z, KEY.Key_Z, KEY.Key_Z, held=CTRL)


def _is_shared(running: Program, cell: GridCell, at: tuple[float, float]) -> bool:
    """Whether another cell has this very corner."""
    assert running.desk.session is not None
    x, y = at
    near = running.desk.session.workspace.columns("grid_cell", (), (x - 1e-9, y - 1e-9, x + 1e-9, y + 1e-9))
    return any(
        at in set(map(tuple, ring.xy.tolist()))
        for uid, shape in zip(near.uids, near.geometry, strict=True)
        if uid != cell.uid
        for ring in rings(shape)
    )


def test_the_parts_of_the_window_are_gone_through_by_a_key(office: Office, qtbot: QtBot) -> None:
    running = office()
    running.window.go("boiler")
    settle(running, qtbot)
    work = running.window.work
    assert work.ledger is not None
    work.map.canvas.setFocus()
    for part in (work.map.tree, work.ledger.table, work.record.tabs.tabBar(), work.map.canvas):
        running.window.doings.next_pane()
        assert running.window.focusWidget() is part
    work.map.toggle_layers()
    running.window.doings.next_pane()
    assert running.window.focusWidget() is work.ledger.table


def test_the_list_of_keys_tells_those_of_drawing(office: Office) -> None:
    running = office(language="zh_CN")
    running.window.doings.keys()
    dialog = running.window.findChild(KeysDialog)
    told = {label.text() for label in dialog.findChildren(QLabel)}
    told_keys = {part for words in told for part in words.replace(" + ", "+").split(", ")}
    missing = [act.shortcut().toString() for act in running.window.work.map.drawing.bar.by_keys]
    assert missing
    assert set(missing) <= told_keys
    dialog.reject()


def test_a_line_to_the_words_goes_with_their_place(qtbot: QtBot) -> None:
    tab = LabelTab([("name", "名称")])
    qtbot.addWidget(tab)
    tab.fill({"field": "name", "placing": "around"}, None)
    for place, leads in ((OUTWARD, True), (AROUND, False), (MIDDLE, False)):
        tab.place.setCurrentIndex(tab.place.findData(place))
        assert tab.label()["leader"] is leads  # type: ignore[index]
    tab.fill({"field": "name", "placing": OUTWARD, "leader": True}, None)
    tab.place.setCurrentIndex(tab.place.findData(AROUND))
    assert tab.label()["leader"] is False  # type: ignore[index]
    tab.fill({"field": "name", "placing": "around", "leader": True}, None)
    assert tab.label()["leader"] is True, "as its theme has it"  # type: ignore[index]


def test_the_list_of_layers_is_worked_by_keys_of_its_own(office: Office, qtbot: QtBot) -> None:
    running = office()
    tree, layers = running.window.work.map.tree, running.window.work.map.arranging
    running.window.activateWindow()
    tree.setFocus()
    qtbot.waitUntil(tree.hasFocus, timeout=WAIT_MS)
    qtbot.keyClick(tree, KEY.Key_Home)
    for shown in (False, True):  # the group stays the current line, though the list is made anew
        qtbot.keyClick(tree, KEY.Key_Space)
        qtbot.waitUntil(
            lambda shown=shown: layers.theme("light").layer("boilers").visible is shown, timeout=WAIT_MS
        )
    tree.choose("boilers")
    qtbot.keyClick(tree, KEY.Key_F2)
    line = tree.findChild(QLineEdit)
    assert line is not None, "F2 is the list's here, not the record's"
    line.setText("城区锅炉")
    qtbot.keyClick(line, KEY.Key_Return)
    qtbot.waitUntil(lambda: layers.theme("light").layer("boilers").title == "城区锅炉", timeout=WAIT_MS)
    settle(running, qtbot)
    assert not running.window.findChildren(LayerDialog), "Enter ended the writing and asked for nothing"


def test_the_look_of_a_layer_is_edited_beside_the_map(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane = running.window.work.map
    pane.layers.wanted.emit("boilers")
    dialog = running.window.findChild(LayerDialog)
    shown = QRect(pane.canvas.mapToGlobal(QPoint(0, 0)), pane.canvas.size())
    covered = shown.intersected(QRect(dialog.pos(), dialog.size()))
    assert covered.width() < 0.5 * shown.width()
    dialog.reject()


def test_enter_does_the_deed_when_the_keys_have_passed_cancel(qtbot: QtBot) -> None:
    dialog = QDialog()
    field, foot = QLineEdit(), buttons("做")
    foot.accepted.connect(dialog.accept)
    foot.rejected.connect(dialog.reject)
    column = QVBoxLayout(dialog)
    column.addWidget(field)
    column.addWidget(foot)
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.activateWindow()
    cancel = foot.button(foot.StandardButton.Cancel)
    for box in (cancel, field):
        box.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.waitUntil(box.hasFocus, timeout=WAIT_MS)
    qtbot.keyClick(field, KEY.Key_Return)
    assert dialog.result() == QDialog.DialogCode.Accepted


def test_a_form_opens_with_the_keys_in_its_first_field(office: Office, qtbot: QtBot) -> None:
    running = office()
    running.window.go("boiler")
    settle(running, qtbot)
    running.window.doings.add()
    dialog = running.window.findChild(EditDialog)
    dialog.activateWindow()
    qtbot.waitUntil(lambda: dialog.focusWidget() is not None, timeout=WAIT_MS)
    assert isinstance(dialog.focusWidget(), QLineEdit | QComboBox)
    dialog.done(0)


def test_an_untouched_form_closes_without_a_question(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("app.ui.record.editdialog.ask", lambda *words: bool(asked.append(words[1])))
    running = office()
    running.window.go("boiler")
    settle(running, qtbot)
    running.window.doings.add()
    dialog = running.window.findChild(EditDialog)
    dialog.form.editor("ledger_no").show_written("C-1")
    dialog.reject()
    assert asked  # what was entered is not lost by one key
    dialog.form.editor("ledger_no").show_written("")
    dialog.reject()
    assert len(asked) == 1
    assert dialog.result() == QDialog.DialogCode.Rejected
