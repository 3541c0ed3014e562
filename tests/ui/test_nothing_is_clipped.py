"""On a small laptop in Chinese, and in English, no word on a label, button or tab is cut off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.application import Program
from app.ui.dialogs.reason import ReasonDialog
from app.ui.imports.wizard import ImportWizard
from app.ui.record.viewer import PhotosDialog
from clipping import cut_off
from window_cases import WAIT_MS, boiler_in, choose, settle

Office = Callable[..., Program]


def _reason(running: Program) -> None:
    ReasonDialog("原因", "这样做的原因是什么？", "确认", ["一", "二"], running.window).open()


def _photos(running: Program) -> None:
    view = running.window.work.record.view
    assert view is not None
    photos = [item for item in view.attachments if item.kind.startswith("photo_")]
    PhotosDialog(running.desk, photos, photos[0], running.window).open()


def _press(name: str) -> Callable[[Program], None]:
    return lambda running: running.window.commands.actions[name].trigger()


DIALOGS: dict[str, tuple[str, Callable[[Program], None]]] = {
    "sign in": ("clerk", _press("sign_in")),
    "settings": ("clerk", _press("settings")),
    "coordinate": ("clerk", _press("locate")),
    "keys": ("clerk", _press("keys")),
    "new workspace": ("clerk", _press("new")),
    "share": ("clerk", _press("share")),
    "export": ("clerk", _press("export_records")),
    "step": ("clerk", _press("do_step")),
    "edit": ("clerk", _press("edit_record")),
    "add": ("clerk", _press("add_record")),
    "delete": ("clerk", _press("delete_record")),
    "print": ("clerk", _press("print_sheet")),
    "kinds of files": ("clerk", lambda running: running.window.work.record.add_papers([Path("整治前.jpg")])),
    "photographs": ("clerk", _photos),
    "reason": ("clerk", _reason),
    "baseline": ("city", _press("freeze_baseline")),
    "look-back": ("city", _press("draw_lookback")),
    "grid": ("city", _press("make_grid")),
    "pin": ("admin", _press("change_pin")),
    "person": ("admin", _press("add_user")),
    "disable": ("admin", _press("disable_user")),
    "parameters": ("admin", _press("set_setting")),
}


def test_words_without_room_are_found(qapp: object) -> None:
    box = QWidget()
    column = QVBoxLayout(box)
    for part in (QLabel("下一步可办事项"), QPushButton("县级验收通过")):
        part.setFixedWidth(30)
        column.addWidget(part)
    wrapped = QLabel("一行放不下的很长的一句话", wordWrap=True)
    wrapped.setFixedSize(60, 12)
    column.addWidget(wrapped)
    box.show()
    assert len(cut_off(box)) == 3


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_import_wizard(office: Office, qtbot: QtBot, language: str, demo_home: Path) -> None:
    running = office("clerk", language=language)
    running.window.doings.import_file(sorted((demo_home / "ledgers").glob("*.xlsx"))[0])
    wizard = _open_dialog(running)
    assert isinstance(wizard, ImportWizard)
    cut = {}
    for page in range(3):
        qtbot.waitUntil(lambda: wizard.next.isEnabled() or wizard.pages.currentIndex() == 2, timeout=WAIT_MS)
        settle(running, qtbot)
        if found := cut_off(wizard):
            cut[page] = found
        if page < 2:
            wizard.next.click()
    wizard.reject()
    assert cut == {}


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_dialogs(office: Office, qtbot: QtBot, language: str) -> None:
    running = office("clerk", language=language)
    cut: dict[str, list[str]] = {}
    for name, (login, show) in DIALOGS.items():
        _become(running, login)
        choose(running, qtbot, boiler_in(running, "town_ok"))
        show(running)
        dialog = _open_dialog(running)
        settle(running, qtbot)
        qtbot.wait(30)
        if found := cut_off(dialog):
            cut[name] = found
        assert dialog.width() <= 1366, name
        assert dialog.height() <= 768, name
        QDialog.reject(dialog)
        dialog.deleteLater()
    assert cut == {}


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
def test_pages(office: Office, qtbot: QtBot, language: str, size: tuple[int, int]) -> None:
    running = office("clerk", language=language)
    running.window.resize(*size)
    cut: dict[str, list[str]] = {}
    for page in ("boiler", "grid_cell", "water_source", "today", "reports"):
        running.window.go(page)
        if page == "boiler":
            choose(running, qtbot, boiler_in(running, "town_ok"))
        settle(running, qtbot)
        qtbot.wait(50)
        if found := cut_off(running.window):
            cut[page] = found
    assert cut == {}


def _become(running: Program, login: str) -> None:
    from app.actions.people import actor_of, find_person

    assert running.desk.session is not None
    person = find_person(running.desk.session, login)
    assert person is not None
    running.desk.session.actor = actor_of(person)
    running.desk.actor_changed.emit()


def _open_dialog(running: Program) -> QDialog:
    found = [box for box in running.window.findChildren(QDialog) if box.isVisible()]
    assert len(found) == 1, found
    return found[0]
