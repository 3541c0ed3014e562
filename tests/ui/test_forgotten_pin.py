"""A PIN that was changed elsewhere, and one that nobody knows: from the sign-in dialog to new keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtWidgets import QDialog, QDialogButtonBox
from pytestqt.qtbot import QtBot

from actions.office import PIN
from app.actions import enrolling
from app.actions.people import reset_pin, sign_in
from app.errors import NotAllowed
from app.settings import BY_HAND
from app.sync.identity import keystore
from app.sync.state import ENROL_REQUEST, GRANTS
from app.ui.application import Program
from app.ui.dialogs.ask import AskDialog
from app.ui.dialogs.forgotten import ForgottenDialog
from app.ui.dialogs.signin import SignInDialog
from app.ui.frame.rail import SYNC
from app.ui.sync.join import JoinDialog
from sync.lan import TOWN, Lan, Laptop
from sync.test_new_keys import NEW, lock, rejoin
from window_cases import WAIT_MS, settle

Make = Callable[..., Program]


def shown(running: Program, kind: type[QDialog], qtbot: QtBot) -> Any:
    """The dialog of this kind, once it is open."""
    found: list[QDialog] = []

    def there() -> bool:
        found[:] = [box for box in running.window.findChildren(kind) if box.isVisible()]
        return bool(found)

    qtbot.waitUntil(there, timeout=WAIT_MS)
    return found[0]


def type_pin(running: Program, qtbot: QtBot, pin: str) -> SignInDialog:
    running.window.doings.persons.sign_in()
    dialog: SignInDialog = shown(running, SignInDialog, qtbot)
    qtbot.waitUntil(lambda: dialog.who.count() > 0, timeout=WAIT_MS)
    dialog.who.setCurrentIndex(dialog.who.findData("inspector"))
    dialog.pin.setText(pin)
    dialog.send()
    return dialog


@pytest.fixture
def locked(lan: Lan) -> Laptop:
    """A town's laptop with work that waits, locked by the PIN of the inspector."""
    town = lan.laptop(TOWN, "R2")
    town.enter("inspector", "T-1", note="还没发送")
    person = town.session.person()
    keystore(town.session.workspace, town.device).keep(town.keys, person.uid, PIN)
    return town


def reset(lan: Lan) -> None:
    office = lan.laptops[0]
    reset_pin(office.as_("admin"), "inspector", NEW)
    office.sync()


def test_a_pin_changed_elsewhere_asks_for_the_former_one(
    program: Make, lan: Lan, locked: Laptop, qtbot: QtBot
) -> None:
    reset(lan)
    locked.sync()
    lock(locked)
    running = program(sync=BY_HAND)
    running.window.open_session(locked.session)
    settle(running, qtbot)
    type_pin(running, qtbot, NEW)
    dialog = shown(running, AskDialog, qtbot)
    dialog.form.fill({"former": "000000"})
    dialog.send()
    qtbot.waitUntil(lambda: bool(dialog._fault.text()), timeout=WAIT_MS)
    assert "打不开" in dialog._fault.text() and locked.session.keys is None
    dialog.form.fill({"former": PIN})
    dialog.send()
    qtbot.waitUntil(lambda: locked.session.keys is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: bool(running.desk.sync.rounds), timeout=WAIT_MS)
    settle(running, qtbot)
    assert running.desk.sync.rounds[0].done is not None, "the keys are open: it syncs at once"
    assert "admin" in shown(running, AskDialog, qtbot)._hint.text(), "and an own PIN is asked for"


def test_who_was_given_a_pin_is_asked_for_an_own_one_until_there_is_one(
    program: Make, lan: Lan, qtbot: QtBot
) -> None:
    reset(lan)
    town = lan.laptop(TOWN, "R2")
    town.session.actor = None
    running = program(sync=BY_HAND)
    running.window.open_session(town.session)
    settle(running, qtbot)
    type_pin(running, qtbot, NEW)
    dialog = shown(running, AskDialog, qtbot)
    assert dialog._hint.text().startswith("该 PIN 由 admin 设置")
    later = dialog.foot.button(QDialogButtonBox.StandardButton.Cancel)
    assert later.text() == "以后再说"
    later.click()
    settle(running, qtbot)
    type_pin(running, qtbot, NEW)
    dialog = shown(running, AskDialog, qtbot)
    for new, again, fault in (("own-choice", "own-chioce", "不一致"), (NEW, NEW, "相同")):
        dialog.form.fill({"new": new, "again": again})
        dialog.send()
        qtbot.waitUntil(lambda words=fault: words in dialog._fault.text(), timeout=WAIT_MS)
    dialog.form.fill({"new": "own-choice", "again": "own-choice"})
    dialog.send()
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=WAIT_MS)
    signing = type_pin(running, qtbot, "own-choice")
    qtbot.waitUntil(lambda: not signing.isVisible(), timeout=WAIT_MS)
    settle(running, qtbot)
    assert not [box for box in running.window.findChildren(AskDialog) if box.isVisible()]


def test_a_pin_nobody_knows_leads_to_new_keys(
    program: Make, lan: Lan, locked: Laptop, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock(locked)
    reset(lan)
    running, was = program(sync=BY_HAND), locked.device
    running.window.open_session(locked.session)
    settle(running, qtbot)
    dialog = type_pin(running, qtbot, NEW)
    qtbot.waitUntil(lambda: bool(dialog._fault.text()), timeout=WAIT_MS)
    dialog.lost.click()
    told = shown(running, ForgottenDialog, qtbot)
    qtbot.waitUntil(lambda: bool(told.words), timeout=WAIT_MS)
    assert TOWN in told.words and "1 条未上报" in told.words
    told.foot.accepted.emit()
    joining = shown(running, JoinDialog, qtbot)
    assert joining.anew.isChecked()
    said: list[str] = []
    monkeypatch.setattr("app.ui.sync.doings.tell", lambda _, words, hint="": said.append(f"{words}\n{hint}"))

    def anew(session: Any, url: str, code: str, invitation: Any) -> Any:  # the line alone is not the real one
        assert (session, url, code, invitation) == (locked.session, "http://127.0.0.1:1", "CODE", None)
        rejoin(lan, locked)
        return enrolling._done(session.workspace, session.workspace.replica.facts(), "promised")

    monkeypatch.setattr(enrolling, "enrol_anew", anew)
    joining.address.setText("http://127.0.0.1:1")
    joining.code.setText("CODE")
    joining.send()
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT_MS)
    assert "请现在登录" in said[0] or "登录" in said[0]
    qtbot.waitUntil(lambda: bool(running.desk.sync.rounds), timeout=WAIT_MS)
    settle(running, qtbot)
    done = running.desk.sync.rounds[0].done
    assert done is not None and done.accepted == 1 and not done.unsent and locked.device != was
    type_pin(running, qtbot, NEW)
    qtbot.waitUntil(lambda: running.desk.actor is not None, timeout=WAIT_MS)
    assert keystore(locked.session.workspace, locked.device).where == "wrapped"


def test_who_needs_no_new_keys_is_told_to_sync(program: Make, lan: Lan, locked: Laptop, qtbot: QtBot) -> None:
    sign_in(locked.session, "inspector", PIN)
    running = program(sync=BY_HAND)
    running.window.open_session(locked.session)
    settle(running, qtbot)
    running.window.doings.persons.forgotten()
    told = shown(running, ForgottenDialog, qtbot)
    qtbot.waitUntil(lambda: bool(told.words), timeout=WAIT_MS)
    assert "换新密钥" not in told.words
    told.foot.accepted.emit()
    qtbot.waitUntil(lambda: bool(running.desk.sync.rounds), timeout=WAIT_MS)
    settle(running, qtbot)


def test_a_refusal_takes_no_room_from_the_fields(office: Make, qtbot: QtBot) -> None:
    """Two lines of it pressed name and PIN together, so that their letters were cut."""
    running = office("clerk")
    running.window.doings.persons.sign_in()
    dialog = shown(running, SignInDialog, qtbot)
    settle(running, qtbot)
    dialog._refused(NotAllowed("长" * 40 + "。", hint="长" * 42 + "。"))
    settle(running, qtbot)
    layout = dialog.layout()
    assert layout is not None
    assert dialog.height() >= layout.totalHeightForWidth(dialog.width())
    dialog.reject()


def test_a_laptop_that_waits_for_the_hubs_answer_asks_nobody_to_sign_in(
    program: Make, lan: Lan, qtbot: QtBot
) -> None:
    """It could only be refused; what helps is on the sync page."""
    town = lan.laptop(TOWN, "R2")
    for name, value in ((ENROL_REQUEST, b"asked"), (GRANTS, None)):
        town.replica.set_private(name, value)
    running = program(sync=BY_HAND)
    running.window.open_session(town.session)
    qtbot.waitUntil(lambda: running.window.page == SYNC, timeout=WAIT_MS)
    settle(running, qtbot)
    assert not [box for box in running.window.findChildren(SignInDialog) if box.isVisible()]


def test_what_to_do_opens_when_it_is_known(program: Make, locked: Laptop, qtbot: QtBot) -> None:
    """An empty box that grew afterwards stood in the corner of the screen, and named the area by its code."""
    running = program(sync=BY_HAND)
    running.window.open_session(locked.session)
    settle(running, qtbot)
    locked.session.keys = None
    dialog = ForgottenDialog(running.desk, running.window)
    dialog.open()
    assert not dialog.isVisible()
    settle(running, qtbot)
    assert dialog.isVisible() and "柳湖镇" in dialog.words
    dialog.reject()
