"""The ledger as a spreadsheet: written in, pasted, filled, filtered, sorted, grouped and copied."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.actions.people import actor_of, find_person
from app.domain.entities.boiler import Boiler
from app.ui import messages
from app.ui.application import Program
from app.ui.ledger.columnfilter import ColumnFilter
from app.ui.ledger.pane import LedgerPane
from clipping import cut_off
from window_cases import WAIT_MS, boiler_in, choose, settle

Office = Callable[..., Program]
FLAGS = QItemSelectionModel.SelectionFlag
FREE = Qt.KeyboardModifier.NoModifier


@pytest.fixture(autouse=True)
def _nobody_waits_for_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that closes with cells that are not saved asks; here the answer is to let them go."""
    monkeypatch.setattr(messages, "ask", lambda *_: True)


def the_pane(running: Program, qtbot: QtBot) -> LedgerPane:
    running.window.go("boiler")
    settle(running, qtbot)
    pane = running.window.work.ledger
    assert pane is not None
    return pane


def column(pane: LedgerPane, name: str) -> int:
    at = [field.name for field in pane.model.columns].index(name)
    pane.table.setColumnHidden(at, False)
    return at


def editing(office: Office, qtbot: QtBot, login: str = "city") -> tuple[Program, LedgerPane]:
    running = office(login)
    pane = the_pane(running, qtbot)
    running.window.commands.actions["edit_table"].trigger()
    assert pane.editing.on
    pane.bar.choose(expression="status=suspect")
    settle(running, qtbot)
    return running, pane


def select(pane: LedgerPane, name: str, first: int, last: int) -> None:
    at, picked = column(pane, name), pane.table.selectionModel()
    pane.table.setCurrentIndex(pane.model.index(first, at))
    for row in range(first, last + 1):
        picked.select(pane.model.index(row, at), FLAGS.Select)


def held(running: Program, uid: str, name: str) -> object:
    assert running.desk.session is not None
    found = running.desk.session.workspace.get("boiler", uid)
    assert found is not None
    return found.values()[name]


def test_typed_cells_are_checked_saved_as_one_and_undone(office: Office, qtbot: QtBot) -> None:
    running, pane = editing(office, qtbot)
    tph, note = column(pane, "rated_tph"), column(pane, "note")
    uid = pane.model.uid_at(0)
    before = held(running, uid, "note")
    pane.table.setCurrentIndex(pane.model.index(0, tph))
    qtbot.keyClick(pane.table, Qt.Key.Key_F2)
    line = next(box for box in pane.table.viewport().findChildren(QLineEdit) if box.isVisible())
    line.setText("4000")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert pane.model.shown(0, tph) == "4000"
    assert pane.model.staging.wrong() == 1
    assert pane.table.currentIndex().row() == 1
    pane.editing.save()
    assert pane.table.currentIndex() == pane.model.index(0, tph)
    assert "3000" in pane.foot.says.text()
    pane.editing.write({(0, tph): "6.5", (0, note): "现场核对", (1, note): "现场核对"})
    assert (pane.model.staging.changed(), pane.model.staging.wrong()) == (3, 0)
    pane.foot.reason.setText("十一月核对")
    pane.foot.save.click()
    qtbot.waitUntil(lambda: len(pane.model.staging) == 0, timeout=WAIT_MS)
    settle(running, qtbot)
    assert (held(running, uid, "rated_tph"), held(running, uid, "note")) == (6.5, "现场核对")
    running.window.doings.undo()
    qtbot.waitUntil(lambda: held(running, uid, "note") == before, timeout=WAIT_MS)
    settle(running, qtbot)
    pane.table.setCurrentIndex(pane.model.index(0, note))
    for key in (Qt.Key.Key_Escape, Qt.Key.Key_S):  # a cell is left in the middle of a word, then saved
        qtbot.keyClick(pane.table, Qt.Key.Key_F2)
        line = next(box for box in pane.table.viewport().findChildren(QLineEdit) if box.isVisible())
        line.setText("半句")
        held_down = Qt.KeyboardModifier.ControlModifier if key == Qt.Key.Key_S else FREE
        qtbot.keyClick(line, key, held_down)
        assert pane.editing.on and not pane.model.staging.wrong()
        settle(running, qtbot)
        assert held(running, uid, "note") == (before if key == Qt.Key.Key_Escape else "半句")
    assert len(pane.model.staging) == 0


def test_a_block_is_pasted_and_nothing_is_dropped_without_a_word(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, pane = editing(office, qtbot)
    said: list[str] = []
    monkeypatch.setattr(messages, "tell", lambda _, message, hint="": said.append(hint))
    shown = pane.table.columns_shown()
    names = [pane.model.columns[at].name for at in shown]
    last = pane.model.rowCount() - 1
    select(pane, names[-1], last, last)
    QGuiApplication.clipboard().setText("9\t9\r\n9\t9\r\n")
    qtbot.keyClick(pane.table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert len(said) == 1
    assert said[0].count("1") >= 2
    select(pane, "status", 0, 0)
    QGuiApplication.clipboard().setText("已销号")
    pane.editing.paste()
    assert "流程" in said[-1] or "步骤" in said[-1]
    assert pane.model.staging.at(pane.model.uid_at(0), "status") is None


def test_a_block_beyond_the_rows_shown_or_aimed_at_cells_apart_writes_nothing(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, pane = editing(office, qtbot)  # with a filter on
    said: list[tuple[str, str]] = []
    monkeypatch.setattr(messages, "tell", lambda _, what, hint="": said.append((what, hint)))
    count, clipboard = pane.model.rowCount(), QGuiApplication.clipboard()
    note, ctrl = column(pane, "note"), Qt.KeyboardModifier.ControlModifier
    before = [pane.model.shown(row, note) for row in range(4)]
    pane.table.clearSelection()
    select(pane, "note", 0, 0)
    clipboard.setText("\n".join(f"第{n}行" for n in range(count + 5)))
    qtbot.keyClick(pane.table, Qt.Key.Key_V, ctrl)
    assert said == [("未填入任何内容", "有5行超出当前显示的最后一条记录")]
    pane.table.selectionModel().select(pane.model.index(3, note), FLAGS.Select)
    clipboard.setText("甲\r\n乙\r\n")
    qtbot.keyClick(pane.table, Qt.Key.Key_V, ctrl)
    assert len(said) == 2 and "不相连" in said[1][1]
    assert len(pane.model.staging) == 0 and not pane.model.staging.take_back()
    assert [pane.model.shown(row, note) for row in range(4)] == before
    clipboard.setText('"甲\n""乙"""')  # one cell goes into each that is chosen, and comes out as it went in
    qtbot.keyClick(pane.table, Qt.Key.Key_V, ctrl)
    qtbot.keyClick(pane.table, Qt.Key.Key_V, ctrl)
    assert set(pane.model.staging.cells()) == {(pane.model.uid_at(row), "note") for row in (0, 3)}
    clipboard.clear()
    qtbot.keyClick(pane.table, Qt.Key.Key_C, ctrl)
    written = '"甲\n""乙"""'
    qtbot.waitUntil(lambda: clipboard.text() == f"备注\n{written}\n{written}", timeout=WAIT_MS)


def test_fill_down_empty_and_take_back(office: Office, qtbot: QtBot) -> None:
    _, pane = editing(office, qtbot)
    note = column(pane, "note")
    pane.editing.write({(0, note): "同上"})
    select(pane, "note", 0, 2)
    qtbot.keyClick(pane.table, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert [pane.model.shown(row, note) for row in range(3)] == ["同上"] * 3
    qtbot.keyClick(pane.table, Qt.Key.Key_Delete)
    assert [pane.model.shown(row, note) for row in range(3)] == [""] * 3
    qtbot.keyClick(pane.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert [pane.model.shown(row, note) for row in range(3)] == ["同上"] * 3
    qtbot.keyClick(pane.table, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert [pane.model.shown(row, note) for row in range(3)] == [""] * 3
    pane.table.setCurrentIndex(pane.model.index(0, note))
    qtbot.keyClick(pane.table, Qt.Key.Key_F2)
    line = next(box for box in pane.table.viewport().findChildren(QLineEdit) if box.isVisible())
    qtbot.keyClicks(line, "new")
    qtbot.keyClick(line, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert line.text() == ""
    qtbot.keyClick(line, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert line.text() == "new"  # the cell's own typing, not the window's last change


def test_edits_are_asked_about_and_roles_are_told(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, pane = editing(office, qtbot)
    pane.editing.write({(0, column(pane, "note")): "新"})
    monkeypatch.setattr(messages, "ask", lambda *_: False)
    qtbot.keyClick(pane.table, Qt.Key.Key_Escape)
    assert pane.editing.on
    monkeypatch.setattr(messages, "ask", lambda *_: True)
    qtbot.keyClick(pane.table, Qt.Key.Key_Escape)
    assert not pane.editing.on
    assert len(pane.model.staging) == 0


def test_a_window_with_cells_that_are_not_saved_asks_before_it_closes(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, pane = editing(office, qtbot)
    pane.editing.write({(0, column(pane, "note")): "新"})
    window = pane.window()
    monkeypatch.setattr(messages, "ask", lambda *_: False)
    assert not window.close()
    assert window.isVisible()
    assert len(pane.model.staging) == 1
    monkeypatch.setattr(messages, "ask", lambda *_: True)
    assert window.close()


def test_a_leader_cannot_edit(office: Office, qtbot: QtBot) -> None:
    pane = the_pane(office("chief"), qtbot)
    assert pane.editing.why_not()


def test_columns_are_filtered_at_their_headings(office: Office, qtbot: QtBot) -> None:
    running = office("clerk")
    pane = the_pane(running, qtbot)
    before = pane.model.rowCount()
    pane.table.menu_wanted.emit(column(pane, "fuel"))
    menu = pane.arranging.menu
    assert menu is not None
    qtbot.waitUntil(lambda: menu.values.count() > 1, timeout=WAIT_MS)
    assert cut_off(menu) == []
    first = menu._held[0]
    menu.tick([first.shown])
    menu.take()
    settle(running, qtbot)
    assert pane.model.rowCount() == first.count < before
    assert first.shown in pane.arranging.words.text()
    assert pane.arranging.header.marks(column(pane, "fuel")) == "⧩"
    pane.arranging.words.dropped.emit("fuel")
    settle(running, qtbot)
    assert pane.model.rowCount() == before


def test_sorting_by_several_and_grouping_with_totals(office: Office, qtbot: QtBot) -> None:
    running = office("clerk")
    pane = the_pane(running, qtbot)
    total = pane.bar.counted()
    pane.arranging.sort("fuel")
    pane.arranging.sort("rated_tph", add=True, down=True)
    pane.arranging.group("county", "township")
    settle(running, qtbot)
    header = pane.arranging.header
    assert header.marks(column(pane, "rated_tph")) == "▼②"
    for at in pane.table.columns_shown():  # the signs never stand on the words
        assert header.words_place(at).width() >= header.sectionSizeFromContents(at).width()
        assert not header.words_place(at).intersects(header.mark_place(at).adjusted(1, 0, 0, 0))
    outer = [group for group in pane.model.groups if group.level == 0]
    assert sum(group.total.units for group in outer) == len(pane.model.uids)
    assert pane.bar.counted() == total
    pane.arranging.fold_all(True)
    assert pane.model.rowCount() == len(outer)
    pane.table.setCurrentIndex(pane.model.index(0, 0))
    qtbot.keyClick(pane.table, Qt.Key.Key_Right)
    assert pane.model.rowCount() > len(outer)


def test_what_is_seen_is_what_is_copied(office: Office, qtbot: QtBot) -> None:
    running = office("clerk")
    pane = the_pane(running, qtbot)
    pane.arranging.group("county")
    pane.arranging.filter(ColumnFilter("rated_tph", low="1"))
    settle(running, qtbot)
    pane.table.selectAll()
    settle(running, qtbot)
    qtbot.keyClick(pane.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    settle(running, qtbot)
    lines = QGuiApplication.clipboard().text().split("\n")
    assert lines[0].split("\t") == [pane.model.columns[at].heading for at in pane.table.columns_shown()]
    assert len(lines) == pane.model.rowCount() + 1
    assert "mso-number-format" in QGuiApplication.clipboard().mimeData().html()


def test_initials_and_names_find_all_boilers_of_a_county(office: Office, qtbot: QtBot) -> None:
    running = office("clerk")
    pane = the_pane(running, qtbot)
    assert running.desk.session is not None
    workspace, whole = running.desk.session.workspace, pane.model.rowCount()
    there = {item.uid for item in workspace.find(Boiler) if str(item.div_code).startswith("620802")}
    for words in ("kdq", "ktq", "崆峒区"):
        pane.bar.words.setText("")
        qtbot.waitUntil(lambda: pane.model.rowCount() == whole, timeout=WAIT_MS)
        pane.bar.words.setText(words)
        qtbot.waitUntil(lambda: pane.model.rowCount() < whole, timeout=WAIT_MS)
        assert len(there) > 50 and there <= set(pane.model.uids), words


def test_a_large_block_is_written_in_a_thread_taken_back_as_one_and_can_be_cancelled(
    office: Office, qtbot: QtBot
) -> None:
    running, pane = editing(office, qtbot)
    pane.bar.choose()
    settle(running, qtbot)
    count, staging = pane.model.rowCount(), pane.model.staging
    assert count > 200
    pane.arranging.layout.show(["ledger_no", "note", "address", "rated_tph"])
    pane.table.setCurrentIndex(pane.model.index(0, column(pane, "note")))
    lines = [f"第{n}行\t新址{n}\t{'四' if n == 7 else 5.25}" for n in range(count)]
    QGuiApplication.clipboard().setText("\n".join(lines))
    qtbot.keyClick(pane.table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert len(staging) == 0
    pane.editing.write({(0, column(pane, "note")): "meanwhile"})  # nothing else is written meanwhile
    qtbot.keyClick(pane.table, Qt.Key.Key_Escape)
    settle(running, qtbot)
    assert len(staging) == 0
    assert pane.editing.on
    pane.editing.paste()
    settle(running, qtbot)
    assert len(staging) == 3 * count
    assert (staging.wrong(), staging.first_wrong()) == (1, (pane.model.uid_at(7), "rated_tph"))
    assert pane.model.shown(count - 1, column(pane, "note")) == f"第{count - 1}行"
    qtbot.keyClick(pane.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (len(staging), staging.wrong()) == (0, 0)


def test_cells_of_several_ranges_are_each_written_once(office: Office, qtbot: QtBot) -> None:
    running, pane = editing(office, qtbot)
    model, table = pane.model, pane.table
    chosen = QItemSelection()
    for top, left, bottom, right in ((0, 0, 6, 1), (3, 1, 9, 2), (20, 0, 20, 0), (5, 0, 5, 2)):
        chosen.select(model.index(top, left), model.index(bottom, right))
    table.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
    held = {(index.row(), index.column()) for index in table.selectedIndexes()}
    shown = table.columns_shown()
    assert table.spots() == sorted(held, key=lambda spot: (spot[0], shown.index(spot[1])))
    assert len(held) > 10
    settle(running, qtbot)


def test_a_leader_sees_what_is_not_for_them_greyed_with_the_reason(office: Office, qtbot: QtBot) -> None:
    running = office("chief")
    pane = the_pane(running, qtbot)
    assert not pane._edit.isEnabled() and pane._edit.toolTip() == "您的角色不能编辑此台账。"
    choose(running, qtbot, boiler_in(running, "registered"))
    record = running.window.work.record
    assert not record.edit.isEnabled() and record.edit.toolTip() == pane._edit.toolTip()
    actions = running.window.commands.actions
    for name in ("edit_table", "new_shape", "edit_record"):
        assert not actions[name].isEnabled() and actions[name].toolTip().startswith("您的角色无此权限")
    assert running.desk.session is not None
    running.desk.session.actor = actor_of(find_person(running.desk.session, "clerk"))
    running.desk.actor_changed.emit()
    settle(running, qtbot)
    assert pane._edit.isEnabled() and record.edit.isEnabled() and actions["edit_table"].isEnabled()
    assert "您的角色" not in actions["edit_table"].toolTip()
