"""The ledger scrolls at the speed of the screen: what is painted looks as Qt paints it, and it is little."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHeaderView, QTableView
from pytestqt.qtbot import QtBot

from app.errors import StoreFailure
from app.ui.application import Program
from app.ui.ledger.pane import LedgerPane
from app.ui.ledger.rownumbers import RowNumbers
from app.ui.ledger.swift import SwiftCells
from window_cases import settle

Office = Callable[..., Program]


def _pane(office: Office, qtbot: QtBot, **preferences: str) -> LedgerPane:
    running = office("city", **preferences)
    running.window.go("boiler")
    settle(running, qtbot)
    pane = running.window.work.ledger
    assert pane is not None
    pane.setParent(None)
    pane.resize(1600, 700)
    qtbot.addWidget(pane)
    with qtbot.waitExposed(pane):
        pane.show()
    qtbot.wait(200)
    return pane


def _rest(painted: list[int], qtbot: QtBot) -> None:
    """Wait until nothing has been painted for a moment, and forget what was."""
    seen = -1
    while seen != len(painted):
        seen = len(painted)
        qtbot.wait(300)
    painted.clear()


def _by_qt(cells: SwiftCells, event: QPaintEvent) -> None:
    painter = QPainter(cells._view.viewport())
    painter.fillRect(event.rect(), cells._view.palette().color(QPalette.ColorRole.Base))
    painter.end()
    QTableView.paintEvent(cells._view, event)


def _break_once(pane: LedgerPane, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that cannot be read while it is painted leaves no painter open: the next one would end the
    program."""

    def broken(_: int) -> None:
        raise StoreFailure("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(pane.model, "record", broken)
        with pytest.raises(StoreFailure):
            pane.table.viewport().grab()
    assert not pane.table._swift._painter.isActive()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_swift_cells_look_as_qt_paints_them(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    pane = _pane(office, qtbot, theme=theme, language="zh_CN")
    table, model = pane.table, pane.model
    chosen = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
    table.selectionModel().select(model.index(3, 0), chosen)
    names = [field.name for field in model.columns]
    table.setColumnWidth(names.index("user_org"), 40)  # words that are cut end in dots
    pane.arranging.layout.freeze(2)
    model.editing = theme == "dark"
    table.set_editing(model.editing)  # with a grid, a cell that has the keys, cells right and wrong
    if model.editing:
        table.setCurrentIndex(model.index(5, names.index("user_org")))
        for row, why in ((3, ""), (6, ""), (7, "wrong")):
            model.staging.write(model.record(row), "user_org", "新的单位", "新的单位", why)
    over = pane.arranging.layout.overlay
    if model.editing:
        _break_once(pane, monkeypatch)
    swift = [view.viewport().grab().toImage() for view in (table, over)]
    monkeypatch.setattr(SwiftCells, "paint", _by_qt)
    assert swift == [view.viewport().grab().toImage() for view in (table, over)]


def test_row_numbers_look_as_qt_paints_them(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = _pane(office, qtbot)
    numbers, rows = pane.table.verticalHeader(), QItemSelectionModel.SelectionFlag.Rows
    for row in (3, 4, 9):
        pane.table.selectionModel().select(pane.model.index(row, 0), rows | rows.Select)
    swift = numbers.viewport().grab().toImage()
    monkeypatch.setattr(RowNumbers, "paintSection", QHeaderView.paintSection)
    assert swift != numbers.viewport().grab().toImage()  # the mark of chosen rows is our own
    QHeaderView.setSelectionModel(numbers, pane.table.selectionModel())
    assert swift == numbers.viewport().grab().toImage()


def test_one_turn_of_the_wheel_paints_the_rows_that_came_and_no_others(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = _pane(office, qtbot)
    under = pane.table.viewport()
    QTest.mouseMove(under, QPoint(9, under.height() - 3))  # the row under the pointer is painted too
    rows: list[int] = []
    plain = SwiftCells._paint_row
    monkeypatch.setattr(
        SwiftCells, "_paint_row", lambda self, row, *how: (rows.append(row), plain(self, row, *how))
    )
    _rest(rows, qtbot)
    bar = pane.table.verticalScrollBar()
    before = pane.table.rowAt(pane.table.viewport().height() - 1)
    bar.setValue(bar.value() + 3)
    qtbot.waitUntil(lambda: before + 3 in rows)
    assert min(rows) >= before - 1


def test_rows_that_fly_past_are_read_where_the_bar_comes_to_rest(office: Office, qtbot: QtBot) -> None:
    pane = _pane(office, qtbot)
    model, bar = pane.model, pane.table.verticalScrollBar()
    number = [field.name for field in model.columns].index("ledger_no")
    bar.setSliderDown(True)
    bar.setValue(150)
    assert model.shown(0, number) and not model.shown(150, number)  # what is in memory is shown all the while
    qtbot.waitUntil(lambda: bool(model.shown(150, number)))  # it stands still, though it is still held
    bar.setValue(model.rowCount())
    last = model.rowCount() - 1
    assert not model.shown(last, number)
    bar.setSliderDown(False)
    assert model.shown(last, number)
    bar.setValue(0)  # a jump by key or click reads at once
    model.show_rows(model._rows)
    bar.setValue(150)
    assert model.shown(150, number)
