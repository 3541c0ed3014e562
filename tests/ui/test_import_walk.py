"""The wizard to its end: given up at each step, pressed twice, written, undone, and met by others' work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.actions.records import edit_record
from app.domain.entities.boiler import Boiler
from app.ui.application import Program
from app.ui.imports.lines import LinesTable
from app.ui.imports.wizard import ImportWizard
from window_cases import WAIT_MS, settle

Office = Callable[..., Program]
HEADINGS = ["台账编号", "使用单位", "县区", "额定出力(t/h)", "经度(CGCS2000)", "纬度(CGCS2000)", "完成时限"]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Two rows that are right and one with three wrong cells."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(HEADINGS)
    page.append(["XW-1", "新甲厂", "崆峒区", 4, 106.66, 35.54, "2018-10"])
    page.append(["XW-2", "新乙厂", "崆峒区", 2, 106.68, 35.55, "2018-10"])
    page.append(["XW-3", "新丙厂", "火星县", 4, 999, 35.55, "2018-13-40"])
    book.save(tmp_path / "台账.xlsx")
    return tmp_path / "台账.xlsx"


def _dropped(running: Program, qtbot: QtBot, path: Path) -> ImportWizard:
    """A wizard whose plan is made."""
    before = running.window.findChildren(ImportWizard)
    running.window.doings.import_file(path)
    wizard = next(box for box in running.window.findChildren(ImportWizard) if box not in before)
    _ready(wizard, qtbot)
    return wizard


def _ready(wizard: ImportWizard, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: wizard._plan is not None and wizard._bar.isHidden(), timeout=WAIT_MS)


def _go_to(wizard: ImportWizard, qtbot: QtBot, step: int) -> None:
    while wizard.pages.currentIndex() < step:
        wizard.next.click()
        _ready(wizard, qtbot)


def _state(running: Program) -> list[Any]:
    """Every value of every boiler, as bytes where it is bytes."""
    session = running.desk.need()
    return [
        repr(record.values()) + record.uid for record in session.workspace.find(Boiler, order="ledger_no")
    ]


def test_given_up_at_any_step_nothing_is_written(office: Office, qtbot: QtBot, ledger: Path) -> None:
    running = office("clerk")
    before = _state(running)
    for step in range(3):
        wizard = _dropped(running, qtbot, ledger)
        _go_to(wizard, qtbot, step)
        qtbot.keyClick(wizard, Qt.Key.Key_Escape)
        assert not wizard.isVisible()
    running.window.doings.import_file(ledger)  # and while the file is still being read
    wizard = running.window.findChildren(ImportWizard)[-1]
    wizard.reject()
    settle(running, qtbot)
    assert wizard._plan is None
    assert not wizard.columns.share.isEnabled()  # there is no mapping yet to be saved
    assert _state(running) == before


def test_written_once_however_often_it_is_pressed_and_undone_to_the_byte(
    office: Office, qtbot: QtBot, ledger: Path
) -> None:
    running = office("clerk")
    before, said = _state(running), list[str]()
    running.desk.said.connect(said.append)
    wizard = _dropped(running, qtbot, ledger)
    _go_to(wizard, qtbot, 2)
    wizard.next.click()
    wizard.next.click()
    qtbot.waitUntil(lambda: not wizard.isVisible(), timeout=WAIT_MS)
    settle(running, qtbot)
    assert len(_state(running)) == len(before) + 2
    panel = running.window.work.record
    qtbot.waitUntil(lambda: panel.view is not None and panel.view.record.ledger_no == "XW-1", timeout=WAIT_MS)

    again = _dropped(running, qtbot, ledger)
    _go_to(again, qtbot, 2)
    assert [again._plan.report.count(what) for what in ("add", "change", "unchanged")] == [0, 0, 2]
    assert not again.next.isEnabled()
    again.reject()

    said.clear()
    running.window.commands.actions["undo"].trigger()
    qtbot.waitUntil(lambda: len(_state(running)) == len(before), timeout=WAIT_MS)
    settle(running, qtbot)
    assert _state(running) == before
    qtbot.waitUntil(lambda: panel.view is None, timeout=WAIT_MS)
    assert any("XW-1 新甲厂" in words for words in said)  # the record that was shown is called by its name
    assert not any(len(words.split("-")) > 4 for words in said)  # nor by a key nobody knows


def test_every_wrong_cell_of_a_row_is_listed_and_the_row_counted_once(
    office: Office, qtbot: QtBot, ledger: Path
) -> None:
    wizard = _dropped(office("clerk"), qtbot, ledger)
    _go_to(wizard, qtbot, 2)
    tabs = wizard.differences.tabs
    table = tabs.widget(1)
    assert isinstance(table, LinesTable)
    lines = [[table.lines.index(row, at).data() for at in range(3)] for row in range(table.lines.rowCount())]
    assert [(row, value) for row, _, value in lines] == [
        ("4", "2018-13-40"), ("4", "火星县"), ("4", "999, 35.55")
    ]  # fmt: skip
    assert all(len(field) > 1 for _, field, _ in lines)  # a place is called by its name, not x
    assert "1" in tabs.tabText(1)
    wizard.reject()


def test_a_file_open_in_two_wizards_is_written_by_one_and_compared_again_by_the_other(
    office: Office, qtbot: QtBot, ledger: Path
) -> None:
    running = office("clerk")
    before = len(_state(running))
    first, second = _dropped(running, qtbot, ledger), _dropped(running, qtbot, ledger)
    for wizard in (first, second):
        _go_to(wizard, qtbot, 2)
    first.next.click()
    qtbot.waitUntil(lambda: not first.isVisible(), timeout=WAIT_MS)
    second.next.click()
    qtbot.waitUntil(lambda: second._plan.report.count("unchanged") == 2, timeout=WAIT_MS)
    _ready(second, qtbot)
    assert "XW-1" in second._fault.text()
    assert not second.next.isEnabled()  # all of it is there
    second.reject()
    assert len(_state(running)) == before + 2


def test_a_record_changed_meanwhile_is_shown_before_it_is_written(
    office: Office, qtbot: QtBot, ledger: Path
) -> None:
    running = office("clerk")
    wizard = _dropped(running, qtbot, ledger)
    _go_to(wizard, qtbot, 2)
    wizard.next.click()
    qtbot.waitUntil(lambda: not wizard.isVisible(), timeout=WAIT_MS)
    book = load_workbook(ledger)
    book.worksheets[0]["D2"] = 6
    book.save(ledger)
    wizard = _dropped(running, qtbot, ledger)
    _go_to(wizard, qtbot, 2)
    assert [record.changes for record in wizard._plan.records] == [{"rated_tph": 6.0}]
    session = running.desk.need()
    edit_record(session, session.workspace.by_key(Boiler, "XW-1"), {"rated_tph": 8.0})
    wizard.next.click()
    qtbot.waitUntil(
        lambda: [record.before.rated_tph for record in wizard._plan.records] == [8.0], timeout=WAIT_MS
    )
    _ready(wizard, qtbot)
    assert "XW-1" in wizard._fault.text()
    wizard.next.click()  # now that it was seen
    qtbot.waitUntil(lambda: not wizard.isVisible(), timeout=WAIT_MS)
    assert session.workspace.by_key(Boiler, "XW-1").rated_tph == 6.0
