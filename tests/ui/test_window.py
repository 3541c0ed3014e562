"""Map, ledger and record are three views of one selection."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtWidgets import QApplication, QTableWidget
from pytestqt.qtbot import QtBot

from app.actions.records import edit_record
from app.ui.application import Program
from app.ui.dialogs.signin import SignInDialog
from window_cases import WAIT_MS, boiler_in, choose, settle, shows_marks

Office = Callable[..., Program]


def test_selecting_in_the_ledger_marks_the_map_and_fills_the_record(office: Office, qtbot: QtBot) -> None:
    running = office()
    work = running.window.work
    assert work.ledger is not None
    qtbot.waitUntil(lambda: work.ledger.model.rowCount() > 3, timeout=WAIT_MS)
    work.ledger.table.selectRow(3)
    uid = work.ledger.model.uid_at(3)
    qtbot.waitUntil(lambda: work.record.view is not None, timeout=WAIT_MS // 4)
    settle(running, qtbot)
    assert running.desk.selection.now.uids == (uid,)
    assert work.record.view is not None
    assert work.record.title.text() == work.record.view.record.title()
    assert shows_marks(running)


def test_clicking_a_boiler_on_the_map_selects_its_row(office: Office, qtbot: QtBot) -> None:
    running = office()
    work, boiler = running.window.work, boiler_in(running, "retained")
    choose(running, qtbot, boiler)
    work.map.show_selection()
    settle(running, qtbot)
    running.desk.selection.clear()
    assert work.map.canvas.view is not None
    place = work.map.canvas.view.px_of(boiler.geometry.x, boiler.geometry.y)
    qtbot.mouseClick(work.map.canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(place[0]), round(place[1])))
    qtbot.waitUntil(lambda: running.desk.selection.now.current != "", timeout=WAIT_MS)
    settle(running, qtbot)
    assert boiler.uid in running.desk.selection.now.uids
    assert work.ledger is not None
    rows = work.ledger.table.selectionModel().selectedRows()
    assert [work.ledger.model.uid_at(index.row()) for index in rows] == [boiler.uid]


def test_a_change_is_shown_everywhere_without_asking(office: Office, qtbot: QtBot) -> None:
    running = office("city")
    boiler, work = boiler_in(running, "suspect"), running.window.work
    choose(running, qtbot, boiler)
    running.desk.act(
        running.window,
        lambda session, _: edit_record(session, boiler, {"user_org": "改名后的单位"}, reason="现场核对"),
        lambda _: None,
        title="edit",
    )
    qtbot.waitUntil(lambda: "改名后的单位" in work.record.title.text(), timeout=WAIT_MS)
    settle(running, qtbot)
    assert work.ledger is not None
    row = work.ledger.model.row_of(boiler.uid)
    names = [field.name for field in work.ledger.model.columns]
    assert work.ledger.model.shown(row, names.index("user_org")) == "改名后的单位"
    told = work.record.history.toPlainText()
    assert "现场核对" in told and "市局工作人员" in told and "R5" not in told


def test_the_ledger_counts_units_and_output_together(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane = running.window.work.ledger
    assert pane is not None
    pane.bar.choose(group="cleared")
    settle(running, qtbot)
    states = {
        record.values()["status"]
        for row in range(pane.model.rowCount())
        if (record := pane.model.record(row))
    }
    assert states == {"cleared"}
    assert "台" in pane.bar.counted()
    assert "蒸吨" in pane.bar.counted()


def test_an_unreadable_condition_is_explained_and_changes_nothing(office: Office, qtbot: QtBot) -> None:
    running = office()
    pane = running.window.work.ledger
    assert pane is not None
    before = pane.model.rowCount()
    pane.bar.choose(expression="额定出力 大于 4")
    settle(running, qtbot)
    assert pane.model.rowCount() == before
    assert pane.bar.fault()


def test_numbers_of_today_open_their_rows(office: Office, qtbot: QtBot) -> None:
    running = office()
    running.window.go("today")
    qtbot.waitUntil(lambda: running.window.today.today is not None, timeout=WAIT_MS)
    today = running.window.today.today
    assert today is not None
    rebounds = next(card for card in today.cards if card.expression == "status=rebound")
    running.window.today.wanted.emit(rebounds.expression)
    settle(running, qtbot)
    pane = running.window.work.ledger
    assert pane is not None
    assert pane.model.rowCount() == rebounds.total.units > 0


def test_numbers_of_today_are_read_when_somebody_looks(office: Office, qtbot: QtBot) -> None:
    running = office("city")
    assert running.window.today.today is None  # they had left at the boilers
    running.window.go("today")
    qtbot.waitUntil(lambda: running.window.today.today is not None, timeout=WAIT_MS)
    page, before = running.window.today, running.window.today.today
    running.window.go("boiler")
    boiler = boiler_in(running, "suspect")
    running.desk.act(
        running.window,
        lambda session, _: edit_record(session, boiler, {"user_org": "改名后的单位"}, reason="现场核对"),
        lambda _: None,
        title="edit",
    )
    qtbot.waitUntil(lambda: page.today is None, timeout=WAIT_MS)  # old numbers do not stay
    settle(running, qtbot)
    assert page.today is None and page.widget() is None
    running.window.go("today")
    qtbot.waitUntil(lambda: page.today is not None, timeout=WAIT_MS)
    assert page.today is not before and page.widget().isVisible()


def test_a_number_of_the_table_opens_exactly_its_boilers(office: Office, qtbot: QtBot) -> None:
    running = office()
    running.window.go("today")
    qtbot.waitUntil(lambda: running.window.today.today is not None, timeout=WAIT_MS)
    page = running.window.today
    assert page.today is not None
    whole, table = page.today.headline.sum, page.findChild(QTableWidget)
    wanted = set(whole.figures["rebound"].uids)
    column = next(at for at in range(table.columnCount()) if table.horizontalHeaderItem(at).text() == "反弹")
    table.cellClicked.emit(table.rowCount() - 1, column)
    settle(running, qtbot)
    pane = running.window.work.ledger
    assert pane is not None and wanted
    assert {pane.model.uid_at(row) for row in range(pane.model.rowCount())} == wanted
    pane.bar._pin.click()
    settle(running, qtbot)
    assert pane.model.rowCount() > len(wanted) and not pane.bar.is_filtering()


def test_every_ledger_has_its_map(office: Office, qtbot: QtBot) -> None:
    running = office()
    for page in ("grid_cell", "water_source", "boiler"):
        running.window.go(page)
        settle(running, qtbot)
        pane = running.window.work.ledger
        assert pane is not None
        assert pane.kind.name == page
        assert pane.model.rowCount() > 0
        assert running.window.work.map.canvas.picture is not None
        assert running.window.work.map.canvas.picture.drawn


def test_language_and_theme_change_while_the_workspace_stays_open(office: Office, qtbot: QtBot) -> None:
    running = office()
    old = running.window
    running.desk.prefer(language="en", theme="dark")
    qtbot.waitUntil(lambda: running.window is not old, timeout=WAIT_MS)
    settle(running, qtbot)
    assert running.desk.session is not None
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    running.desk.said.emit("done")  # nothing of the window that is gone hears it
    running.desk.sync.progressed.emit(1, 2, "")
    running.desk.sign_in_wanted.emit(running.window)
    boxes = [box for box in QApplication.topLevelWidgets() if isinstance(box, SignInDialog)]
    assert [box.parentWidget() for box in boxes if box.isVisible()] == [running.window], "once"
    boxes[0].reject()
    assert running.window.status.currentMessage() == "done"
    assert running.window.finder.placeholderText().startswith("Search")
    assert running.window.work.ledger is not None
    assert running.window.work.ledger.model.rowCount() > 0
