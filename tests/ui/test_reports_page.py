"""The page of reports: numbers that open their boilers, freezing, comparing, withdrawing, writing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from PySide6.QtCore import QDate
from pytestqt.qtbot import QtBot

from app.actions.counts import freeze_baseline, headline, latest_baseline
from app.actions.freezing import freeze_report
from app.actions.monthly import month_in_hand
from app.actions.people import actor_of, find_person
from app.actions.reports import ReportOrder
from app.actions.session import Session
from app.actions.snapshots import frozen_reports, withdrawals
from app.domain.changes import update
from app.domain.entities.boiler import Boiler
from app.domain.filters import parse_filter
from app.ui.application import Program
from app.ui.reports.page import ReportsPage
from window_cases import WAIT_MS, boiler_in, settle

Office = Callable[..., Program]


def _page(running: Program, qtbot: QtBot) -> ReportsPage:
    running.window.go("reports")
    page = running.window.doings.reports_page()
    qtbot.waitUntil(lambda: page.numbers.table.rowCount() > 0, timeout=WAIT_MS)
    settle(running, qtbot)
    return page


def _session(running: Program) -> Session:
    assert running.desk.session is not None
    if latest_baseline(running.desk.session) is None:
        freeze_baseline(running.desk.session, "底册", "")
    return running.desk.session


def _shown(running: Program, qtbot: QtBot) -> set[str]:
    qtbot.waitUntil(lambda: running.window.page == "boiler", timeout=WAIT_MS)
    settle(running, qtbot)
    pane = running.window.work.ledger
    assert pane is not None
    return set(pane.model.uids)


def test_every_number_of_the_month_opens_exactly_its_boilers(office: Office, qtbot: QtBot) -> None:
    running = office("city")
    whole = headline(_session(running)).sum
    page = _page(running, qtbot)
    table = page.numbers.table
    for label, name in (
        ("累计完成", "cleared"),
        ("反弹", "rebound"),
        ("保留提标", "retained"),
        ("应完成", "baseline"),
    ):
        running.window.go("reports")
        settle(running, qtbot)
        heads = [table.verticalHeaderItem(at).text() for at in range(table.rowCount())]
        row = next((at for at, words in enumerate(heads) if words == label), None)
        assert row is not None, (label, heads)
        assert table.item(row, 0).text() == f"{whole.total(name).units} / {round(whole.total(name).tph, 2):g}"
        table.cellClicked.emit(row, 0)
        assert _shown(running, qtbot) == set(whole.figures[name].uids), name


def test_a_report_is_frozen_opened_and_its_numbers_open_their_boilers(office: Office, qtbot: QtBot) -> None:
    running = office("city")
    session = _session(running)
    page = _page(running, qtbot)
    dialog = page.ask_to_freeze()
    assert dialog is not None
    dialog.form.editor("name").set_value("十一月报")
    dialog.send()
    qtbot.waitUntil(lambda: page.frozen.table.rowCount() == 1, timeout=WAIT_MS)
    settle(running, qtbot)
    assert [item.name for item in frozen_reports(session)] == ["十一月报"]
    page.frozen.choose("十一月报")
    page.frozen.buttons["open"].click()
    qtbot.waitUntil(lambda: page.numbers.title.text() == "十一月报", timeout=WAIT_MS)
    assert "截至" in page.numbers.text.text() and not page.now.isHidden()
    page.numbers.table.cellClicked.emit(0, 0)
    assert len(_shown(running, qtbot)) == frozen_reports(session)[0].units


def test_two_frozen_reports_show_what_moved_and_which_boilers(office: Office, qtbot: QtBot) -> None:
    running = office("city")
    session = _session(running)
    freeze_report(session, ReportOrder("ledger"), name="前")
    boiler = boiler_in(running, "notice")
    session.commit([update(boiler, status="cleared", cleared_on=session.today)], "clear", "测试")
    freeze_report(session, ReportOrder("ledger"), name="后")
    page = _page(running, qtbot)
    page.frozen.choose("前", "后")
    assert page.frozen.buttons["compare"].isEnabled()
    page.form.month.setDate(QDate(2026, 1, 1))  # a moment before: it is not what is wanted any more
    page.frozen.buttons["compare"].click()
    page.reload()  # as when a record comes from elsewhere: what was asked for is not overtaken by it
    qtbot.waitUntil(
        lambda: page.changes.compared is not None and page.changes.moved.rowCount() > 0, timeout=WAIT_MS
    )
    qtbot.wait(400)  # longer than the form waits for typing
    assert page.changes.isVisible()
    moved = page.changes.moved
    row = next(at for at in range(moved.rowCount()) if moved.item(at, 1).text() == "已销号")
    assert moved.item(row, 4).text() == "1"
    moved.cellClicked.emit(row, 4)
    assert _shown(running, qtbot) == {boiler.uid}


def test_a_leader_withdraws_and_the_author_cannot(office: Office, qtbot: QtBot) -> None:
    running = office("city")
    session = _session(running)
    freeze_report(session, ReportOrder("ledger"), name="错的")
    page = _page(running, qtbot)
    page.frozen.choose("错的")
    assert not page.frozen.buttons["withdraw"].isEnabled()
    leader = find_person(session, "leader")
    assert leader is not None
    session.actor = actor_of(leader)
    running.desk.actor_changed.emit()
    settle(running, qtbot)
    assert not page.freeze.isEnabled()
    page.frozen.choose("错的")
    dialog = page.ask_to_withdraw("错的")
    dialog.set_reason("口径有误")
    dialog.accept()
    qtbot.waitUntil(lambda: len(withdrawals(session)) == 1, timeout=WAIT_MS)
    settle(running, qtbot)
    assert page.frozen.table.item(0, 0).text() == "错的（已撤回）"


def test_the_file_of_the_chosen_scope_is_written(office: Office, qtbot: QtBot, tmp_path: Path) -> None:
    running = office("clerk")
    session = _session(running)
    page = _page(running, qtbot)
    page.form.choose("ledger")
    page.form.scope.setCurrentIndex(page.form.scope.findData("620826"))
    page.write_file(tmp_path / "台账.xlsx")
    qtbot.waitUntil(lambda: (tmp_path / "台账.xlsx").exists(), timeout=WAIT_MS)
    settle(running, qtbot)
    wanted = {
        item.ledger_no
        for item in session.workspace.find(Boiler)
        if (item.div_code or "").startswith("620826")
    }
    sheet = openpyxl.load_workbook(tmp_path / "台账.xlsx").active
    assert sheet is not None and wanted
    assert {str(row[1].value) for row in sheet.iter_rows(min_row=3) if row[1].value} == wanted


def test_a_selection_that_is_empty_is_said_and_writes_nothing(office: Office, qtbot: QtBot) -> None:
    running = office("clerk")
    _session(running)
    page = _page(running, qtbot)
    running.desk.selection.clear()
    page.form.choose("application")
    page.form.scope.setCurrentIndex(page.form.scope.findData("selected"))
    page.look()
    assert "没有选中" in page.numbers.about.text() and page.numbers.table.isHidden()


IN_COUNTY = "div_code>=620802 and div_code<620803"


@pytest.mark.parametrize(
    ("written", "where"),
    [
        ("", IN_COUNTY),
        ("rated_tph>=4", f"{IN_COUNTY} and rated_tph>=4"),
        ("fuel=gas or fuel=oil", f"{IN_COUNTY} and fuel=gas or {IN_COUNTY} and fuel=oil"),
    ],
)
def test_a_condition_holds_within_the_county(office: Office, qtbot: QtBot, written: str, where: str) -> None:
    running = office("clerk")
    page = _page(running, qtbot)
    page.form.choose("ledger")
    page.form.scope.setCurrentIndex(page.form.scope.findData("620802"))
    page.form.condition.setText(written)
    order = page.form.order()
    assert order.where == where
    meant = parse_filter(order.where, Boiler.TYPE)
    assert not meant.accepts({"div_code": "620826", "fuel": "oil", "rated_tph": 9.0})


def test_what_is_still_being_counted_does_not_overtake_a_refusal(office: Office, qtbot: QtBot) -> None:
    running = office("city")
    _session(running)
    page = _page(running, qtbot)
    page.form.choose("ledger")
    page.look()
    page.form.scope.setCurrentIndex(page.form.scope.findData("selected"))
    page.look()  # nothing is selected: said at once, while the whole ledger is still being counted
    said = page.numbers.about.text()
    settle(running, qtbot)
    assert page.numbers.about.text() == said
    assert not page.numbers.table.isVisible()


def test_a_list_of_what_was_never_drawn_says_so_and_asks_for_a_round(office: Office, qtbot: QtBot) -> None:
    running = office("city")
    page = _page(running, qtbot)
    page.form.choose("lookback")
    page.look()
    settle(running, qtbot)
    assert page.form._scope_name.text() == "回头看批次"
    assert page.numbers.about.text() == "尚未抽取回头看批次。请先抽取一批。"
    assert page.numbers.about.y() < page.numbers.height() / 4, "the words stay on top of the empty page"


def test_the_month_is_the_one_in_hand_by_the_programs_clock(office: Office, qtbot: QtBot) -> None:
    running = office("city")
    session = _session(running)
    page = _page(running, qtbot)
    page.form.choose("monthly")
    assert page.form.period == month_in_hand(session)
    page.form.offer({}, {}, "2026-10")
    assert page.form.period == "2026-10"
    page.form.month.setDate(QDate(2026, 8, 1))  # what was chosen stays
    page.form.offer({}, {}, "2026-11")
    assert page.form.order().period == "2026-08"
