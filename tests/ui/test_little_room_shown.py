"""Little room on the disk in the window: one line that says so, keys that say why they are closed, and forms
that keep what was typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.domain.entities.boiler import Boiler
from app.settings import BY_HAND
from app.store.room import MB, RESERVE, Limits, Room
from app.ui.application import Program
from app.ui.dialogs.lookback import LookbackDialog
from app.ui.frame.rail import CONFLICTS, SYNC
from app.ui.record.editdialog import EditDialog
from app.ui.record.nextsteps import can_open
from app.ui.record.patroldialog import PatrolDialog
from app.ui.record.stepdialog import StepDialog
from app.ui.sync.words import line_of
from sync_cases import SAFE, FakeHub, a_conflict, stand_in
from window_cases import WAIT_MS, boiler_in, choose, settle

Office = Callable[..., Program]
CLOSED = "磁盘空间不足，现在不能修改。"
WRITING = ("add_record", "edit_record", "import_records", "undo", "do_step", "save_shapes", "edit_table")
GOING_ON = ("bundle_out", "sync", "sign_out", "backup", "export_records", "check", "prove", "print_sheet")


class Disk:
    """A disk of which the test says how much is free."""

    def __init__(self, running: Program, qtbot: QtBot) -> None:
        self.free, self._running, self._qtbot = 900 * MB, running, qtbot
        session = running.desk.session
        assert session is not None
        opened: Any = session.workspace._opened
        opened.database.room = Room(session.workspace.path, replace(Limits(), reserve=1 * MB), self)

    def __call__(self, folder: Path) -> int:
        return self.free

    def has(self, megabytes: int) -> None:
        """So much is free, and the window has looked."""
        self.free = megabytes * MB
        self._running.desk.room.look()
        settle(self._running, self._qtbot)


def test_one_line_says_what_is_free_and_what_to_do(office: Office, qtbot: QtBot) -> None:
    running = office()
    disk, bar, commands = Disk(running, qtbot), running.window.room, running.window.commands.actions
    assert not bar.isVisible()
    disk.has(450)
    assert bar.isVisible() and bar.words().startswith("磁盘只剩 450 MB。请清空回收站")
    assert "pingliang.backups" in bar.words() and not bar.property("alarm")
    assert commands["edit_record"].isEnabled()
    disk.has(520)
    assert not bar.isVisible()


def test_below_the_limit_keys_say_why_and_come_back_by_themselves(office: Office, qtbot: QtBot) -> None:
    running = office(sync=BY_HAND)
    window, disk = running.window, Disk(running, qtbot)
    choose(running, qtbot, boiler_in(running, "planned"))
    actions, record = window.commands.actions, window.work.record
    open_before = {name: actions[name].isEnabled() for name in (*WRITING, *GOING_ON)}
    steps_before = [button.isEnabled() for button in record.steps.buttons()]
    assert record.edit.isEnabled() and any(steps_before)
    disk.has(99)
    assert window.room.isVisible() and window.room.property("alarm")
    assert "只能查看，不能修改" in window.room.words()
    for name in WRITING:
        assert (actions[name].isEnabled(), actions[name].toolTip()) == (False, CLOSED), name
    assert [name for name in GOING_ON if actions[name].isEnabled() != open_before[name]] == []
    assert (record.edit.isEnabled(), record.edit.toolTip()) == (False, CLOSED)
    assert not any(button.isEnabled() for button in record.steps.buttons())
    assert CLOSED in record.steps.words()
    ledger = window.work.ledger
    assert ledger is not None and ledger.editing.why_not() == CLOSED
    disk.has(101)
    assert {name: actions[name].isEnabled() for name in (*WRITING, *GOING_ON)} == open_before
    assert [button.isEnabled() for button in record.steps.buttons()] == steps_before
    assert record.edit.isEnabled() and CLOSED not in record.steps.words()


def test_an_open_form_keeps_what_was_typed(office: Office, qtbot: QtBot) -> None:
    running = office()
    disk, boiler = Disk(running, qtbot), boiler_in(running, "planned")
    choose(running, qtbot, boiler)
    running.window.work.record.edit_record()
    dialog = next(box for box in running.window.findChildren(EditDialog) if box.isVisible())
    dialog.form.preset({"note": "现场看过，烟囱已拆"})
    dialog.reason.setText("现场复核")
    disk.free = 50 * MB
    dialog.send()
    settle(running, qtbot)
    told = [label.text() for label in dialog.findChildren(QLabel) if "50 MB" in label.text()]
    assert dialog.isVisible() and told and "以前保存的内容都在" in told[0]
    assert dialog.form.changes()["note"] == "现场看过，烟囱已拆" and dialog.reason.text() == "现场复核"
    disk.has(150)
    dialog.send()
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=WAIT_MS)
    saved = running.desk.need().workspace.get(Boiler, boiler.uid)
    assert saved is not None and saved.note == "现场看过，烟囱已拆"


@pytest.mark.parametrize("begin", ["edit", "patrol", "step", "ask"])
def test_an_open_form_closes_its_deed_and_opens_it_again(office: Office, qtbot: QtBot, begin: str) -> None:
    """Before somebody has typed all of it; what was typed stays, and “Cancel” is there."""
    running = office("admin" if begin == "ask" else "city")
    disk, window = Disk(running, qtbot), running.window
    if begin == "patrol":
        window.go("patrol")
        PatrolDialog(running.desk, [], window).open()
    elif begin == "ask":
        window.commands.actions["set_setting"].trigger()
    else:
        choose(running, qtbot, boiler_in(running, "planned"))
        record = window.work.record
        record.edit_record() if begin == "edit" else open_step(running)
    settle(running, qtbot)
    [dialog] = [box for box in window.findChildren(QDialog) if box.isVisible()]
    foot = dialog.foot  # type: ignore[attr-defined]
    deed = next(button for button in foot.buttons() if button.objectName() == "deed")
    assert (deed.isEnabled(), deed.toolTip()) == (True, "")
    disk.has(99)
    assert (deed.isEnabled(), deed.toolTip()) == (False, CLOSED)
    assert all(button.isEnabled() for button in foot.buttons() if button is not deed)
    disk.has(101)
    assert (deed.isEnabled(), deed.toolTip()) == (True, "")
    dialog.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    disk.has(99)  # and nothing is told to a form that is gone


def open_step(running: Program) -> None:
    """The first step that can be taken."""
    panel = running.window.work.record
    assert panel.view is not None
    step = next(one for one in panel.view.steps if can_open(one))
    StepDialog(running.desk, panel.view, step, running.window).open()


def test_look_back_closes_what_writes_and_still_prints(office: Office, qtbot: QtBot) -> None:
    running = office("city")
    disk = Disk(running, qtbot)
    dialog = LookbackDialog(running.desk, "", lambda: None, running.window)
    dialog.show()
    settle(running, qtbot)
    keys = (dialog.fresh, dialog.good, dialog.bad)
    before = [key.isEnabled() for key in keys]
    assert before[0]
    disk.has(99)
    assert [(key.isEnabled(), key.toolTip()) for key in keys] == [(False, CLOSED)] * 3
    disk.has(101)
    assert [key.isEnabled() for key in keys] == before and not dialog.fresh.toolTip()


def test_a_table_keeps_what_was_entered(office: Office, qtbot: QtBot) -> None:
    running = office()
    window, disk = running.window, Disk(running, qtbot)
    ledger = window.work.ledger
    assert ledger is not None
    ledger.editing.toggle()
    column = next(at for at, field in enumerate(ledger.model.columns) if field.name == "note")
    row = list(ledger.model.uids).index(boiler_in(running, "planned").uid)
    qtbot.waitUntil(lambda: ledger.model.record(row) is not None, timeout=WAIT_MS)
    ledger.editing.write({(row, column): "现场核对"})
    assert len(ledger.model.staging) == 1
    disk.free = 50 * MB
    failures: list[Exception] = []
    running.desk.failed.disconnect()
    running.desk.failed.connect(lambda error: failures.append(error))
    ledger.editing.save()
    settle(running, qtbot)
    assert [getattr(error, "code", "") for error in failures] == ["disk_low"]
    assert len(ledger.model.staging) == 1 and ledger.editing.on
    disk.has(150)
    ledger.editing.save()
    settle(running, qtbot)
    assert not len(ledger.model.staging)


def test_conflicts_and_sticks_wait_as_well(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = FakeHub(status=replace(SAFE, short=True))
    stand_in(monkeypatch, hub)
    running = office(sync=BY_HAND)
    hub.views = [a_conflict(boiler_in(running, "planned"), "k1", situation="open", can_decide=True)]
    disk = Disk(running, qtbot)
    running.window.go(CONFLICTS)
    running.window.conflicts.reload()
    settle(running, qtbot)
    detail = running.window.conflicts.detail
    assert detail.keep.isEnabled() and detail.take.isEnabled()
    disk.has(40)
    assert not detail.keep.isEnabled() and not detail.take.isEnabled()
    assert CLOSED in [label.text() for label in detail.findChildren(QLabel)]
    running.window.go(SYNC)
    settle(running, qtbot)
    page = running.window.sync
    read = page.findChild(QPushButton, "bundle_in")
    write = page.findChild(QPushButton, "bundle_out")
    assert isinstance(read, QPushButton) and isinstance(write, QPushButton)
    assert (read.isEnabled(), read.toolTip(), write.isEnabled()) == (False, CLOSED, True)
    assert "空间不足，未取回" in running.window.top.sync.text()


def test_the_line_says_that_nothing_is_fetched() -> None:
    line = line_of(replace(SAFE, short=True), "2026-11-23")
    assert (line.words, line.tone) == ("已全部上报 · 上次同步 10:32 · 空间不足，未取回", "warning")
    assert "暂不取回他人的更改" in line.tip


def test_the_reserve_is_made_again_when_there_is_room(office: Office, qtbot: QtBot) -> None:
    running = office()
    disk = Disk(running, qtbot)
    reserve = running.desk.need().workspace.path.with_name(RESERVE)
    disk.has(105)
    assert not reserve.exists()
    disk.has(300)
    assert reserve.exists()
