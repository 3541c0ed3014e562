"""The ledger scrolls at the speed of the screen: what is painted looks as Qt paints it, and it is little."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.ui.application import Program
from app.ui.ledger.delegate import CellDelegate
from app.ui.ledger.pane import LedgerPane
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


def _picture(pane: LedgerPane) -> QImage:
    return pane.table.viewport().grab().toImage()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_swift_cells_look_as_qt_paints_them(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    pane = _pane(office, qtbot, theme=theme, language="zh_CN")
    chosen = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
    pane.table.selectionModel().select(pane.model.index(3, 0), chosen)
    note = [field.name for field in pane.model.columns].index("user_org")
    pane.table.setColumnWidth(note, 40)  # words that are cut end in dots
    swift = _picture(pane)
    monkeypatch.setattr(SwiftCells, "paint", lambda *_: False)
    assert swift == _picture(pane)


def test_one_turn_of_the_wheel_paints_the_rows_that_came_and_no_others(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = _pane(office, qtbot)
    under = pane.table.viewport()
    QTest.mouseMove(under, QPoint(9, under.height() - 3))  # the row under the pointer is painted too
    rows: list[int] = []
    plain = CellDelegate.paint
    monkeypatch.setattr(
        CellDelegate, "paint", lambda self, painter, option, index: (
            rows.append(index.row()), plain(self, painter, option, index))
    )  # fmt: skip
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
