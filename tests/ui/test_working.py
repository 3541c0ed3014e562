"""What a person does in the window: import, answer, undo, sign in, print, share, answer for foreign edits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest
from openpyxl import Workbook, load_workbook
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QDialog, QListWidget, QMessageBox
from pytestqt.qtbot import QtBot

from app.actions.catalog import ACTIONS
from app.bootstrap import open_workspace
from app.carto.display import Text, walk
from app.store.rtree import register_functions
from app.ui import messages
from app.ui.application import Program
from app.ui.dialogs.signin import SignInDialog
from app.ui.finder.search import COMMAND, find_places, find_records, initials
from app.ui.imports.lines import LinesTable
from app.ui.imports.wizard import ImportWizard
from app.ui.record.papers import KindsDialog
from app.ui.record.stepdialog import StepDialog
from app.ui.sheets.dialog import SheetDialog
from window_cases import WAIT_MS, boiler_in, choose, settle

Office = Callable[..., Program]
D = TypeVar("D", bound=QDialog)


def a_ledger(path: Path) -> Path:
    """Three rows: one new, one twice, one that cannot be."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "台账"
    sheet.append(["台账编号", "使用单位", "县区", "额定出力(t/h)", "经度", "纬度"])
    sheet.append(["XT-001", "新甲厂", "崆峒区", 4, 106.66, 35.54])
    sheet.append(["XT-001", "新甲厂", "崆峒区", 4, 106.66, 35.54])
    sheet.append(["XT-002", "新乙厂", "崆峒区", 400000, 106.67, 35.55])
    book.save(path)
    return path


def the_dialog(running: Program, kind: type[D]) -> D:
    return next(box for box in running.window.findChildren(kind) if box.isVisible())


def test_a_dropped_ledger_becomes_records_and_an_error_list(
    office: Office, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = office("clerk")
    monkeypatch.setattr(messages, "tell", lambda *_: None)
    monkeypatch.setattr("app.ui.imports.wizard.tell", lambda *_: None)
    running.window.dropEvent(_dropped([a_ledger(tmp_path / "县局台账.xlsx")]))
    wizard = the_dialog(running, ImportWizard)
    qtbot.waitUntil(lambda: wizard.next.isEnabled(), timeout=WAIT_MS)
    fields = [str(box.currentData()) for box in wizard.columns.boxes()]
    assert fields[:2] == ["ledger_no", "user_org"]
    wizard.next.click()
    wizard.next.click()
    settle(running, qtbot)
    assert wizard.pages.currentWidget() is wizard.differences
    wizard.save_errors_to(tmp_path / "错误.xlsx")
    settle(running, qtbot)
    sheet = load_workbook(tmp_path / "错误.xlsx").active
    assert sheet is not None
    assert [cell.comment is not None for row in sheet.iter_rows() for cell in row].count(True) >= 1
    wizard.reason.setText("县局十月台账")
    qtbot.waitUntil(lambda: wizard.next.isEnabled(), timeout=WAIT_MS)
    wizard.next.click()
    qtbot.waitUntil(lambda: not wizard.isVisible(), timeout=WAIT_MS)
    settle(running, qtbot)
    session = running.desk.session
    assert session is not None
    assert session.workspace.by_key("boiler", "XT-001") is not None
    assert session.workspace.by_key("boiler", "XT-002") is None


def test_a_corrected_column_is_read_again(office: Office, qtbot: QtBot, tmp_path: Path) -> None:
    running = office("clerk")
    running.window.doings.import_file(a_ledger(tmp_path / "台账.xlsx"))
    wizard = the_dialog(running, ImportWizard)
    qtbot.waitUntil(lambda: wizard.next.isEnabled(), timeout=WAIT_MS)
    unit = wizard.columns.boxes()[1]
    unit.setCurrentIndex(unit.findData("owner_org"))
    unit.activated.emit(unit.currentIndex())
    qtbot.waitUntil(
        lambda: wizard.next.isEnabled() and wizard.columns.boxes()[1].currentData() == "owner_org",
        timeout=WAIT_MS,
    )
    settle(running, qtbot)
    assert wizard.columns.corrections() == {}
    wizard.reject()


def test_a_correction_is_remembered_for_the_template_and_a_row_can_be_left(
    office: Office, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDWARD_CONFIG", str(tmp_path / "config"))
    running = office("clerk")
    wizard = _wizard_at_differences(running, qtbot, two_rows(tmp_path / "十月.xlsx"), "owner_org")
    assert wizard.next.text().count("2") == 1
    records = wizard.differences.tabs.widget(0)
    assert isinstance(records, LinesTable)
    records.lines.setData(records.lines.index(1, 0), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    assert wizard.differences.left() == {("台账", 3)}
    assert wizard.next.text().count("1") == 1
    wizard.share_to(tmp_path / "共享.toml")
    assert "owner_org" in (tmp_path / "共享.toml").read_text("utf-8")
    wizard.next.click()
    qtbot.waitUntil(lambda: not wizard.isVisible(), timeout=WAIT_MS)
    settle(running, qtbot)
    session = running.desk.session
    assert session is not None
    assert session.workspace.by_key("boiler", "YT-001") is not None
    assert session.workspace.by_key("boiler", "YT-002") is None
    again = _wizard_at_differences(running, qtbot, two_rows(tmp_path / "十一月.xlsx"), "")
    assert again.columns.boxes()[1].currentData() == "owner_org"
    again.columns.forget.click()
    qtbot.waitUntil(lambda: again.columns.boxes()[1].currentData() == "user_org", timeout=WAIT_MS)
    settle(running, qtbot)
    again.reject()


def two_rows(path: Path) -> Path:
    """Two new boilers whose coordinates are said to be CGCS2000."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "台账"
    sheet.append(["台账编号", "使用单位", "县区", "额定出力(t/h)", "经度(CGCS2000)", "纬度(CGCS2000)"])
    sheet.append(["YT-001", "新甲厂", "崆峒区", 4, 106.66, 35.54])
    sheet.append(["YT-002", "新乙厂", "崆峒区", 2, 106.67, 35.55])
    book.save(path)
    return path


def _wizard_at_differences(running: Program, qtbot: QtBot, path: Path, field: str) -> ImportWizard:
    """The wizard with the second column corrected to a field (empty: left as it is), at its last page."""
    running.window.doings.import_file(path)
    wizard = the_dialog(running, ImportWizard)
    qtbot.waitUntil(lambda: wizard.next.isEnabled(), timeout=WAIT_MS)
    if field:
        box = wizard.columns.boxes()[1]
        box.setCurrentIndex(box.findData(field))
        box.activated.emit(box.currentIndex())
        qtbot.waitUntil(
            lambda: wizard.next.isEnabled() and wizard.columns.boxes()[1].currentData() == field,
            timeout=WAIT_MS,
        )
    wizard.next.click()
    wizard.next.click()
    settle(running, qtbot)
    return wizard


def test_undo_and_redo_from_the_keyboard(office: Office, qtbot: QtBot) -> None:
    running = office("city")
    boiler = boiler_in(running, "suspect")
    choose(running, qtbot, boiler)
    panel = running.window.work.record
    panel.edit_record()
    dialog = next(box for box in running.window.findChildren(QDialog) if box.isVisible())
    dialog.form.editor("note").set_value("现场核对过")  # type: ignore[attr-defined]
    dialog.send()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=WAIT_MS)
    assert _note(running, boiler.uid) == "现场核对过"
    settle(running, qtbot)
    running.window.activateWindow()
    qtbot.waitUntil(running.window.isActiveWindow, timeout=WAIT_MS)
    qtbot.keyClick(running.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: _note(running, boiler.uid) == boiler.note, timeout=WAIT_MS)
    qtbot.keyClick(running.window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: _note(running, boiler.uid) == "现场核对过", timeout=WAIT_MS)


def test_a_wrong_pin_is_refused_and_the_right_one_signs_in(office: Office, qtbot: QtBot) -> None:
    running = office("inspector")
    running.window.doings.persons.sign_in()
    dialog = the_dialog(running, SignInDialog)
    qtbot.waitUntil(lambda: dialog.who.findData("chief") >= 0, timeout=WAIT_MS)
    dialog.who.setCurrentIndex(dialog.who.findData("chief"))
    dialog.pin.setText("000000")
    dialog.send()
    settle(running, qtbot)
    assert dialog.isVisible()
    assert running.desk.actor is not None
    assert running.desk.actor.role == "R1"
    dialog.pin.setText("246810")
    dialog.send()
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=WAIT_MS)
    assert running.desk.actor is not None
    assert running.desk.actor.role == "R4"


def test_a_refused_step_keeps_what_was_entered_and_says_why(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ui.record.stepdialog.ask", lambda *_: True)  # it asks before it throws it away
    running = office("clerk")
    choose(running, qtbot, boiler_in(running, "town_ok"))
    running.window.work.record.first_step()
    dialog = the_dialog(running, StepDialog)
    dialog.reason.setPlainText("同意")
    dialog.send()
    settle(running, qtbot)
    assert dialog.isVisible()
    assert dialog.reason.toPlainText() == "同意"
    assert "验收表" in dialog.fault()
    dialog.reject()


def test_steps_of_others_are_not_offered(office: Office, qtbot: QtBot) -> None:
    running = office("inspector")
    choose(running, qtbot, boiler_in(running, "notice"))
    steps = running.window.work.record.steps
    assert [button.text() for button in steps.buttons()] == []
    assert "现在不该您办理" in steps.words()


def test_edits_of_another_program_are_noticed_and_wait_for_a_name_and_a_reason(
    office: Office, demo_file: Path, qtbot: QtBot
) -> None:
    def edited(statement: str) -> None:
        with closing(sqlite3.connect(demo_file)) as foreign:
            register_functions(foreign)  # as every program that edits GeoPackages does
            foreign.execute(statement)
            foreign.commit()

    running = office("clerk")
    notice, heard = running.window.notice, []
    qtbot.waitUntil(lambda: notice.known == 0, timeout=WAIT_MS)
    running.desk.changed.connect(heard.append)
    edited("UPDATE 燃煤锅炉 SET note = '外部改动' WHERE ledger_no = 'PL-0001'")
    qtbot.waitUntil(notice.isVisible, timeout=WAIT_MS)
    assert [list(touched) for touched in heard] == [["boiler"]]
    notice.ask()
    dialog = next(box for box in running.window.findChildren(QDialog) if box.isVisible())
    assert "PL-0001" in dialog.findChildren(QListWidget)[0].item(0).text()
    dialog.set_reason("用其他软件补录")  # type: ignore[attr-defined]
    edited("INSERT INTO 标绘 (name) VALUES ('问完才画的'), ('另一处')")
    dialog.accept()
    assert running.desk.session is not None
    workspace = running.desk.session.workspace
    qtbot.waitUntil(lambda: [one.entity for one in workspace.external_changes()] == ["sketch"] * 2)
    qtbot.waitUntil(lambda: "2 条" in notice.words(), timeout=WAIT_MS)
    notice.ask()
    dialog = next(box for box in running.window.findChildren(QDialog) if box.isVisible())
    shown = dialog.findChildren(QListWidget)[0].item(0).text()
    assert "问完才画的" in shown and "没有位置" in shown
    dialog.set_reason("补画")  # type: ignore[attr-defined]
    dialog.accept()
    qtbot.waitUntil(lambda: not notice.isVisible(), timeout=WAIT_MS)
    assert workspace.external_changes() == []


def test_the_preview_is_the_page_that_is_saved(
    office: Office, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = office("clerk")
    monkeypatch.setattr("app.ui.sheets.dialog.ask", lambda *_: False)
    running.window.doings.print_sheet()
    dialog = the_dialog(running, SheetDialog)
    qtbot.waitUntil(lambda: bool(dialog.pages), timeout=WAIT_MS)
    settle(running, qtbot)
    assert dialog.form.drawn.currentText() == "标准图式"
    standard = dialog.pages[0].ops
    dialog.form.drawn.setCurrentIndex(1)
    dialog.form.drawn.activated.emit(1)
    qtbot.waitUntil(lambda: dialog.pages[0].ops is not standard, timeout=WAIT_MS)
    said = [op.text for op in walk(dialog.pages[0].ops) if isinstance(op, Text)]
    assert any(words.startswith("图面与屏幕一致") for words in said)
    dialog.form.public.setChecked(True)
    assert not dialog.form.drawn.isEnabled()
    assert dialog.form.order().theme == ""
    dialog.form.public.setChecked(False)
    settle(running, qtbot)
    dialog.save_to(tmp_path / "图.pdf")
    settle(running, qtbot)
    assert (tmp_path / "图.pdf").read_bytes().startswith(b"%PDF")
    dialog.reject()


def test_the_finder_reads_names_initials_coordinates_and_commands(office: Office, qtbot: QtBot) -> None:
    running = office("clerk")
    session = running.desk.session
    assert session is not None
    assert {"kdq", "ktq"} <= set(initials("崆峒区").split("|"))
    assert "hts" in initials("华亭市").split("|") and len(initials("重庆" * 30).split("|")) <= 16
    assert "崆峒区" in [item.title for item in find_records(session, "kdq", lambda: False)]
    assert next(item.entity for item in find_records(session, "PL-0003", lambda: False)) == "boiler"
    (place, *_) = find_places("106.6653, 35.5428")
    assert place.at == pytest.approx((106.6653, 35.5428))
    assert find_places("柳湖镇") == []
    assert [item.id for item in running.window.commands.found("导入")] == ["import_records"]
    assert COMMAND == "command"


def test_every_action_of_the_program_is_offered_by_the_window(office: Office) -> None:
    running = office("clerk")
    assert {entry.id for entry in ACTIONS} - set(running.window.commands.actions) == set()


def test_no_two_commands_share_a_key(office: Office) -> None:
    running = office("clerk")
    keys = [action.shortcut().toString() for action in running.window.commands.actions.values()]
    used = [key for key in keys if key]
    assert sorted(used) == sorted(set(used))


def test_a_file_that_is_no_workspace_is_explained(
    program: Callable[..., Program], qtbot: QtBot, tmp_path: Path
) -> None:
    running = program()
    said: list[Exception] = []
    running.desk.failed.disconnect()
    running.desk.failed.connect(said.append)
    (tmp_path / "假.gpkg").write_text("这不是数据库")
    running.window.open_path(tmp_path / "假.gpkg")
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT_MS)
    assert running.desk.session is None
    box = messages.error_box(running.window, said[0])
    assert isinstance(box, QMessageBox)
    assert box.text()
    assert running.window.pages.currentWidget() is running.window.welcome


def test_a_workspace_in_use_is_offered_for_reading(
    program: Callable[..., Program], demo_file: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        "app.ui.frame.unopened.ask", lambda _, question, *rest: bool(asked.append(question)) or True
    )
    monkeypatch.setattr("app.ui.frame.persons.Persons.sign_in", lambda self: None)
    held = open_workspace(demo_file)
    try:
        running = program()
        running.window.open_path(demo_file)
        qtbot.waitUntil(lambda: running.desk.session is not None, timeout=WAIT_MS)
        settle(running, qtbot)
        assert asked
        assert running.desk.session is not None
        assert running.desk.session.workspace.read_only
        assert "只读" in running.window.windowTitle()
    finally:
        held.close()


def test_photographs_dropped_on_the_window_become_evidence(
    office: Office, qtbot: QtBot, tmp_path: Path
) -> None:
    running = office("city")
    boiler = boiler_in(running, "suspect")
    choose(running, qtbot, boiler)
    photo = tmp_path / "铭牌照片.png"
    Image.new("RGB", (40, 30), "orange").save(photo)
    running.window.dropEvent(_dropped([photo]))
    dialog = the_dialog(running, KindsDialog)
    assert dialog.chosen() == [("nameplate", photo)]
    dialog.accept()
    panel = running.window.work.record
    qtbot.waitUntil(lambda: panel.evidence.list.count() > 0, timeout=WAIT_MS)
    settle(running, qtbot)
    assert panel.view is not None
    assert [item.kind for item in panel.view.attachments] == ["nameplate"]


def _dropped(files: list[Path]) -> QDropEvent:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    event = QDropEvent(QPointF(QPoint(5, 5)), copy, data, left, Qt.KeyboardModifier.NoModifier)
    event.held = data  # type: ignore[attr-defined]  # Qt does not keep it
    return event


def _note(running: Program, uid: str) -> str | None:
    assert running.desk.session is not None
    found = running.desk.session.workspace.get("boiler", uid)
    return found.values()["note"] if found else None
