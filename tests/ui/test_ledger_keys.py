"""The ledger from open to saved without a mouse: every key goes to whatever has the focus."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.actions.session import Session
from app.domain.entities.boiler import Boiler
from app.ui.application import Program
from app.ui.ledger.pane import LedgerPane
from window_cases import WAIT_MS, settle

Office = Callable[..., Program]
Key, Held = Qt.Key, Qt.KeyboardModifier
CTRL, SHIFT, ALT = Held.ControlModifier, Held.ShiftModifier, Held.AltModifier


def _press(key: Qt.Key, held: Qt.KeyboardModifier = Held.NoModifier) -> None:
    target = QApplication.activePopupWidget() or QApplication.focusWidget()
    assert target is not None
    QTest.keyClick(target, key, held)


def _type(words: str) -> None:
    """Each letter to what has the focus by then: the first one opens a cell."""
    for letter in words:
        target = QApplication.focusWidget()
        assert target is not None
        QTest.keyClicks(target, letter)


def _ledger(running: Program, qtbot: QtBot) -> LedgerPane:
    """By keys: the page of boilers, then with F6 the ledger."""
    window = running.window
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None, timeout=WAIT_MS)
    _press(Key.Key_3, CTRL)
    settle(running, qtbot)
    assert window.page == "boiler"
    return _to_table(running)


def test_a_ledger_is_filtered_sorted_edited_and_saved_by_keys_alone(office: Office, qtbot: QtBot) -> None:
    running = office("clerk")
    pane = _ledger(running, qtbot)
    _press(Key.Key_F, CTRL)  # find by initials: 崆峒区
    assert isinstance(QApplication.focusWidget(), QLineEdit)
    _type("ktq")
    whole = pane.model.rowCount()
    qtbot.waitUntil(lambda: pane.model.rowCount() < whole, timeout=WAIT_MS)
    settle(running, qtbot)
    pane = _to_table(running)
    _press(Key.Key_Home, CTRL)
    _go_to(pane, "rated_tph")
    _press(Key.Key_Up, ALT)
    settle(running, qtbot)
    assert pane.arranging.sorts[0][0] == "rated_tph"
    assert _column(pane) == "rated_tph"  # another order of the rows leaves the keyboard in its column
    session, start = _first_open(running, pane)
    first = [pane.model.uid_at(row) for row in range(start, start + 3)]
    _write_in_three(pane, start, qtbot)
    _press(Key.Key_S, CTRL)
    settle(running, qtbot)
    assert len(pane.model.staging) == 0
    assert len(pane.table.spots()) == 1  # a cell, not its row: the next key may empty what is chosen
    assert {session.workspace.get(Boiler, uid).address for uid in first} == {"Lane 9"}
    _press(Key.Key_Escape)
    assert not pane.editing.on
    _press(Key.Key_Z, CTRL)  # one change, taken back as one
    settle(running, qtbot)
    assert "Lane 9" not in {session.workspace.get(Boiler, uid).address for uid in first}


def _to_table(running: Program) -> LedgerPane:
    """With F6 to the ledger."""
    pane = running.window.work.ledger
    assert pane is not None
    for _ in range(8):
        if QApplication.focusWidget() is pane.table:
            break
        _press(Key.Key_F6)
    assert QApplication.focusWidget() is pane.table
    return pane


def _column(pane: LedgerPane) -> str:
    now = pane.table.currentIndex()
    return pane.model.columns[now.column()].name if now.isValid() else ""


def _go_to(pane: LedgerPane, name: str) -> None:
    """With the arrow keys to a column."""
    for _ in range(40):
        if _column(pane) == name:
            return
        _press(Key.Key_Right)
    raise AssertionError(name)


def _first_open(running: Program, pane: LedgerPane) -> tuple[Session, int]:
    """The first of three boilers below each other that staff may write in."""
    session = running.desk.session
    assert session is not None
    uids = [pane.model.uid_at(row) for row in range(pane.model.rowCount())]
    closed = [session.workspace.get(Boiler, uid).status in ("cleared", "retained") for uid in uids]
    return session, next(at for at in range(len(closed)) if not any(closed[at : at + 3]))


def _write_in_three(pane: LedgerPane, start: int, qtbot: QtBot) -> None:
    """Write an address in a cell, fill it down over three, and copy them."""
    _press(Key.Key_D, CTRL | SHIFT)  # edit in the table
    assert pane.editing.on
    _press(Key.Key_Home, CTRL)
    _go_to(pane, "address")
    for _ in range(start):  # a member of staff may not write in cleared ones
        _press(Key.Key_Down)
    _type("Lane 9")
    _press(Key.Key_Return)
    _press(Key.Key_Up)
    _press(Key.Key_Down, SHIFT)
    _press(Key.Key_Down, SHIFT)
    _press(Key.Key_D, CTRL)  # fill down
    assert len(pane.model.staging) == 3
    _press(Key.Key_C, CTRL)
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text().count("Lane 9") == 3, timeout=WAIT_MS // 4)
