"""Whoever is signed out while something they entered is not saved: it stays, and under no other name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QLabel
from pytestqt.qtbot import QtBot

from app.actions.people import sign_in
from app.domain.entities.boiler import Boiler
from app.errors import NotAllowed
from app.ui.application import Program
from app.ui.dialogs.signin import SignInDialog
from app.ui.record.editdialog import EditDialog
from clipping import stays_cut_off
from sync.lan import TOWN, Lan, Laptop
from sync.town import PIN
from ui.test_person_changed import change, signed_out_by_the_bureau
from ui.test_sync_with_hub import open_laptop, sync_in_window
from window_cases import WAIT_MS, settle

Make = Callable[..., Program]


@pytest.fixture
def town(lan: Lan) -> Laptop:
    """A laptop with a boiler and two people."""
    made = lan.laptop(TOWN, "R2")
    made.enter("officer", "T-1", note="起初")
    lan.drain(made, lan.laptops[0])
    return made


def _sign_in_dialog(running: Program) -> SignInDialog | None:
    found = [
        box for box in QApplication.topLevelWidgets() if isinstance(box, SignInDialog) and box.isVisible()
    ]
    return found[0] if found else None


def test_a_form_stays_and_its_own_person_saves_it(
    program: Make, lan: Lan, town: Laptop, qtbot: QtBot
) -> None:
    running = open_laptop(program, qtbot, town, "officer")
    dialog = EditDialog(running.desk, Boiler.TYPE, town.boiler("T-1"), running.window)
    dialog.open()
    dialog.form.editor("note").set_value("停用前已填好")
    dialog.reason.setText("现场")
    signed_out_by_the_bureau(running, lan, qtbot)
    dialog.send()
    qtbot.waitUntil(lambda: _sign_in_dialog(running) is not None, timeout=WAIT_MS)
    asked = _sign_in_dialog(running)
    assert asked is not None and asked.parentWidget() is dialog, "over the form, which keeps the window shut"
    settle(running, qtbot)
    assert asked.who.count() == 0 and not asked.foot.isEnabled() and not asked.who.isEnabled()
    assert "已不能在本机登录" in _words(asked) and stays_cut_off(asked, qtbot) == []
    assert asked.pin.height() >= asked.pin.sizeHint().height(), "the words take no room from the fields"
    asked.reject()
    assert dialog.isVisible() and dialog.form.changes()["note"] == "停用前已填好"
    assert "登录" in _words(dialog) and town.boiler("T-1").note == "起初"
    change(lan, "officer", disabled=None)
    sync_in_window(running, qtbot)
    dialog.send()
    qtbot.waitUntil(lambda: _sign_in_dialog(running) is not None, timeout=WAIT_MS)
    asked = _sign_in_dialog(running)
    assert asked is not None
    settle(running, qtbot)
    assert [asked.who.itemData(at) for at in range(asked.who.count())] == ["officer"], "nobody else"
    asked.pin.setText(PIN)
    asked.send()
    qtbot.waitUntil(lambda: running.desk.actor is not None, timeout=WAIT_MS)
    dialog.send()
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=WAIT_MS)
    assert town.boiler("T-1").note == "停用前已填好"
    assert town.session.workspace.history("boiler", town.boiler("T-1").uid)[0].person == "officer"


def test_cells_that_are_not_saved_belong_to_who_wrote_them(
    program: Make, lan: Lan, town: Laptop, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = open_laptop(program, qtbot, town, "officer")
    running.window.go("boiler")
    settle(running, qtbot)
    pane = running.window.work.ledger
    assert pane is not None
    qtbot.waitUntil(lambda: pane.model.rowCount() == 1, timeout=WAIT_MS)
    pane.editing.toggle()
    column = [field.name for field in pane.model.columns].index("note")
    pane.editing.write({(0, column): "未保存的一格"})
    asked: list[str] = []
    monkeypatch.setattr("app.ui.messages.ask", lambda _, question, *__: asked.append(question))
    running.window.doings.sign_out()
    assert running.desk.actor is not None and len(asked) == 1, "who signs out is asked first"
    running.window.doings.persons.sign_in()
    assert len(asked) == 2 and _sign_in_dialog(running) is None, "and so is who makes room for a colleague"
    signed_out_by_the_bureau(running, lan, qtbot)
    assert len(pane.model.staging) == 1, "what was written is there"
    pane.editing.save()
    qtbot.waitUntil(lambda: _sign_in_dialog(running) is not None, timeout=WAIT_MS)
    first = _sign_in_dialog(running)
    assert first is not None
    first.reject()
    running.window.doings.persons.sign_in()
    settle(running, qtbot)
    again = _sign_in_dialog(running)
    assert again is not None and again.who.count() == 0, "nor does the menu let another person save it"
    again.reject()
    monkeypatch.setattr("app.ui.messages.ask", lambda *_: True)
    assert pane.editing.leave()
    running.window.doings.persons.sign_in()
    settle(running, qtbot)
    free = _sign_in_dialog(running)
    assert free is not None and free.who.isEnabled() and free.who.findData("inspector") >= 0
    free.reject()
    assert town.boiler("T-1").note == "起初"


def _words(dialog: QDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel) if not label.isHidden())


def test_a_grant_that_runs_out_over_a_form_does_not_keep_its_person_from_saving(
    program: Make, lan: Lan, town: Laptop, qtbot: QtBot
) -> None:
    """Who is signed in stays so; the grant is asked for when somebody signs in."""
    running = open_laptop(program, qtbot, town, "officer")
    dialog = EditDialog(running.desk, Boiler.TYPE, town.boiler("T-1"), running.window)
    dialog.open()
    dialog.form.editor("note").set_value("授权到期后保存")
    lan.clock.forward(days=40)
    dialog.send()
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=WAIT_MS)
    assert _sign_in_dialog(running) is None and town.boiler("T-1").note == "授权到期后保存"
    running.window.doings.sign_out()
    with pytest.raises(NotAllowed) as ended:
        sign_in(town.session, "officer", PIN)
    assert ended.value.code == "grant_expired" and running.desk.actor is None
    sync_in_window(running, qtbot)
    assert sign_in(town.session, "officer", PIN).role == "R2" and town.boiler("T-1").note == "授权到期后保存"
