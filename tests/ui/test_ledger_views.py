"""Columns of a ledger: chosen, put in order, frozen, and kept as views that the next start brings back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from app.actions.people import actor_of, find_person
from app.bootstrap import open_workspace
from app.carto import identities
from app.domain.catalog import entity_type
from app.domain.entities.boiler import Boiler
from app.domain.entities.grid_cell import GridCell
from app.settings import load_preferences
from app.ui import messages, metrics
from app.ui.application import Program
from app.ui.ledger import rows as rows_of_ledger
from app.ui.ledger.columnfilter import ColumnFilter
from app.ui.ledger.columnpanel import ColumnPanel
from app.ui.ledger.pane import LedgerPane
from app.ui.ledger.rows import Question, read_rows
from app.ui.ledger.views import Kept, View, read_kept, write_kept
from app.ui.names import Names
from clipping import cut_off
from window_cases import settle

Office = Callable[..., Program]
BOILER = entity_type("boiler")


def the_pane(running: Program, qtbot: QtBot) -> LedgerPane:
    running.window.go("boiler")
    settle(running, qtbot)
    pane = running.window.work.ledger
    assert pane is not None
    return pane


def the_panel(pane: LedgerPane, qtbot: QtBot) -> ColumnPanel:
    pane.choose_columns()
    panel = pane.window().findChildren(ColumnPanel)[-1]
    qtbot.waitExposed(panel)
    return panel


def test_the_foot_has_room_for_its_words_in_a_narrow_window(office: Office, qtbot: QtBot) -> None:
    running = office("city")
    running.window.resize(1366, 700)
    pane = the_pane(running, qtbot)
    pane.editing.toggle()
    names = [field.name for field in pane.model.columns]
    pane.editing.write({(0, names.index("rated_tph")): "4000"})
    pane.table.setCurrentIndex(pane.model.index(0, names.index("rated_tph")))
    pane.arranging.group("county", "township")
    says = pane.foot.says.text()
    settle(running, qtbot)
    needed = pane.foot.minimumSizeHint().width()
    pane.foot.says.setText("很长的原因" * 40)
    asked = pane.foot.minimumSizeHint().width()
    cut = cut_off(pane.foot)
    pane.model.staging.clear()
    assert "3000" in says
    assert asked == needed < metrics.chars(75)
    assert cut == []


def test_columns_are_chosen_and_put_in_order_by_the_keyboard(office: Office, qtbot: QtBot) -> None:
    pane = the_pane(office("clerk"), qtbot)
    layout, panel = pane.arranging.layout, the_panel(pane, qtbot)
    first = layout.shown()
    assert cut_off(panel) == []
    panel.list.setCurrentRow(0)
    qtbot.keyClick(panel.list, Qt.Key.Key_Space)
    assert layout.shown() == first[1:]
    qtbot.keyClick(panel.list, Qt.Key.Key_Space)
    panel.move_current(2)
    assert layout.shown() == (first[1], first[2], first[0], *first[3:])
    panel.tick("note")
    assert layout.shown()[-1] == "note"
    assert layout.shown() == tuple(pane.model.columns[at].name for at in pane.table.columns_shown())
    panel.search.setText("额定")
    assert [at for at in range(panel.list.count()) if not panel.list.item(at).isHidden()] != []
    for name in layout.shown():
        panel.tick(name, on=False)
    assert len(layout.shown()) == 1
    panel._standard()
    assert layout.shown() == first
    panel.close()


def test_views_are_kept_by_name_and_the_next_start_stands_as_it_was_left(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = office("clerk")
    pane = the_pane(running, qtbot)
    layout = pane.arranging.layout
    layout.show(("user_org", "status", "rated_tph"), {"user_org": 31.0})
    layout.freeze(1)
    pane.bar.put({"division": "620802"})
    pane.arranging.put((("rated_tph", True),), (ColumnFilter("rated_tph", low="2"),), ("county",))
    settle(running, qtbot)
    pane.viewing.save("崆峒大锅炉")
    shown, uids = pane.model.rowCount(), pane.model.uids
    pane.viewing.standard()
    settle(running, qtbot)
    assert pane.model.rowCount() != shown
    assert layout.frozen == 0
    pane.viewing.use("崆峒大锅炉")
    pane.reload()
    settle(running, qtbot)
    assert pane.model.uids == uids
    assert layout.shown() == ("user_org", "status", "rated_tph")
    layout.show(("rated_tph", "user_org"))
    running.window.close()
    again = office("clerk", ledger_views=load_preferences().ledger_views)
    fresh = the_pane(again, qtbot)
    assert fresh.arranging.layout.shown() == ("rated_tph", "user_org")
    assert fresh.arranging.layout.widths()["user_org"] == pytest.approx(31.0, abs=0.2)
    assert fresh.arranging.layout.frozen == 1
    assert fresh.arranging.groups == ("county",)
    assert fresh.arranging.filters["rated_tph"].low == "2"
    assert fresh.viewing.kept.names() == ("崆峒大锅炉",)
    assert not fresh.bar.is_filtering()
    monkeypatch.setattr(messages, "ask", lambda *_: True)
    fresh.viewing.ask_remove("崆峒大锅炉")
    assert fresh.viewing.kept.names() == ()


def test_what_a_version_does_not_know_of_a_kept_view_is_left_out() -> None:
    view = View(
        "甲", ("fuel", "status"), {"fuel": 9.0}, 1, (("fuel", True),), (ColumnFilter("fuel", ("gas", None)),)
    )
    text = write_kept(None, BOILER, Kept(view, (view,)))
    assert read_kept(text, BOILER) == Kept(view, (view,))
    strange = text.replace('"status"', '"no_such"').replace('"frozen":1', '"frozen":99')
    now = read_kept(strange, BOILER).now
    assert now is not None
    assert now.columns == ("fuel",)
    assert now.frozen < 20
    assert (
        read_kept(text.replace('"gas"', '{"a":1}').replace('"fuel",true', '"nope",true'), BOILER).now != view
    )
    for damaged in (
        "",
        "[]",
        "{",
        '{"boiler": 3}',
        '{"boiler": {"now": [1]}}',
        '{"boiler":{"named":[{"frozen":"x"}]}}',
    ):
        assert read_kept(damaged, BOILER) == Kept()
    other = write_kept(text, entity_type("person"), Kept())
    assert read_kept(other, BOILER).names() == ("甲",)


def test_frozen_columns_stay_and_cells_are_brought_into_sight_beside_them(
    office: Office, qtbot: QtBot
) -> None:
    running = office("city")
    pane = the_pane(running, qtbot)
    layout, table = pane.arranging.layout, pane.table
    layout.freeze(2)
    over, across = layout.overlay, table.horizontalScrollBar()
    qtbot.waitUntil(lambda: over.isVisible() and across.maximum() > 100)
    across.setValue(across.maximum())
    first, second, third = table.columns_shown()[:3]
    assert over.columnViewportPosition(first) == 0
    assert not over.isColumnHidden(second)
    assert over.isColumnHidden(third)
    table.setCurrentIndex(pane.model.index(0, third))
    assert table.columnViewportPosition(third) >= over.headings.length()
    across.setValue(across.maximum())
    table.setCurrentIndex(pane.model.index(30, first))
    assert across.value() == across.maximum()
    assert over.verticalScrollBar().value() == table.verticalScrollBar().value() > 0
    assert over.rowViewportPosition(30) == table.rowViewportPosition(30)
    pane.arranging.header.resizeSection(first, 260)
    assert over.columnWidth(first) == 260
    layout.freeze(0)
    assert not over.isVisible()


def test_a_frozen_cell_is_written_in_where_it_is_seen(office: Office, qtbot: QtBot) -> None:
    running = office("city")
    pane = the_pane(running, qtbot)
    layout = pane.arranging.layout
    layout.show(("user_org", "status", "fuel", "address", "note", "treatment", "due_date"))
    layout.freeze(1)
    pane.editing.toggle()
    across = pane.table.horizontalScrollBar()
    across.setValue(across.maximum())
    at = [field.name for field in pane.model.columns].index("user_org")
    pane.table.setCurrentIndex(pane.model.index(0, at))
    pane.table.setFocus()
    qtbot.keyClick(pane.table, Qt.Key.Key_F2)
    line = next(box for box in layout.overlay.viewport().findChildren(QLineEdit) if box.isVisible())
    line.setText("新单位")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert pane.model.shown(0, at) == "新单位"
    assert pane.table.currentIndex().row() == 1
    pane.model.staging.clear()
    assert pane.editing.leave()


def test_the_rows_behind_a_number_are_not_thinned_by_a_filter_that_was_left(
    office: Office, qtbot: QtBot
) -> None:
    running = office("clerk")
    pane = the_pane(running, qtbot)
    pane.arranging.put((), (ColumnFilter("rated_tph", low="2"),), ())
    settle(running, qtbot)
    thinned = pane.model.rowCount()
    running.window.show_rows("boiler")
    settle(running, qtbot)
    assert pane.model.rowCount() == 249 > thinned


def test_each_person_finds_the_ledger_as_they_left_it_and_the_views_of_all(
    office: Office, qtbot: QtBot
) -> None:
    running = office("clerk")
    pane = the_pane(running, qtbot)
    pane.arranging.layout.show(("ledger_no", "fuel"))
    pane.viewing.save("燃料")
    session = running.desk.session
    assert session is not None
    clerk, other = session.actor, find_person(session, "chief")
    assert other is not None
    session.actor = actor_of(other)
    running.desk.actor_changed.emit()
    pane.arranging.layout.show(("ledger_no", "note", "address"))
    pane.arranging.sort("note")
    session.actor = clerk
    running.desk.actor_changed.emit()
    assert pane.arranging.layout.shown() == ("ledger_no", "fuel")
    session.actor = actor_of(other)
    running.desk.actor_changed.emit()
    assert pane.arranging.layout.shown() == ("ledger_no", "note", "address")
    assert pane.arranging.sorts[0][0] == "note"
    assert pane.viewing.kept.names() == ("燃料",)


def test_columns_are_sorted_by_key(office: Office, qtbot: QtBot) -> None:
    pane = the_pane(office("clerk"), qtbot)
    names = [field.name for field in pane.model.columns]
    alt, shift = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier
    pane.table.setCurrentIndex(pane.model.index(0, names.index("fuel")))
    qtbot.keyClick(pane.table, Qt.Key.Key_Up, alt)
    assert pane.arranging.sorts == (("fuel", False),)
    pane.table.setCurrentIndex(pane.model.index(0, names.index("rated_tph")))
    qtbot.keyClick(pane.table, Qt.Key.Key_Up, alt | shift)
    assert pane.arranging.sorts == (("fuel", False), ("rated_tph", False))


def test_marking_a_whole_column_asks_the_model_for_no_cell(office: Office, qtbot: QtBot) -> None:
    """The heading that marks chosen columns looked at 50,000 cells at each painting: 2.6 s."""
    pane = the_pane(office("clerk"), qtbot)
    assert pane.arranging.header.selectionModel() is not pane.table.selectionModel()
    assert pane.arranging.layout.overlay.headings.selectionModel() is not pane.table.selectionModel()


def test_what_the_first_page_is_worked_out_from_is_made_beside_the_window(demo_file: Path) -> None:
    """The page itself is read while it is painted: with 500 zones it stopped the window for half a second."""
    session = open_workspace(demo_file)
    read_rows(session, Question(Boiler.TYPE), Names())
    assert {"_by_level", "_ground", "rings"} <= set(vars(session.workspace.surroundings()))
    session.close()


def test_very_many_rows_are_kept_as_numbers_and_say_the_same(
    demo_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_workspace(demo_file)
    asked = Question(GridCell.TYPE, sorts=(("grid_code", True),))
    plain = read_rows(session, asked, Names())
    monkeypatch.setattr(rows_of_ledger, "MANY", 10)
    monkeypatch.setattr(identities, "_PIECE", 1_000)
    many = read_rows(session, asked, Names())
    assert isinstance(many.uids, identities.Identities) and isinstance(plain.uids, tuple)
    assert len(many.uids) == len(plain.uids) > 2_000
    assert tuple(many.uids) == plain.uids and many.uids[5:9] == plain.uids[5:9]
    assert many.uids[-1] == plain.uids[-1]
    assert all(many.place[uid] == at for at, uid in enumerate(plain.uids[:1_500]))
    session.close()
    assert not any(word in many.place for word in ("", "kein", plain.uids[0].replace("0", "f", 3), "f" * 40))


def test_an_empty_ledger_says_what_whoever_is_there_now_can_do(office: Office, qtbot: QtBot) -> None:
    running = office("clerk")
    session = running.desk.session
    assert session is not None
    clerk, session.actor = session.actor, None
    pane = LedgerPane(running.desk, entity_type("sketch"))
    qtbot.addWidget(pane)
    settle(running, qtbot)

    def says() -> str:
        return "".join(label.text() for label in pane.findChildren(QLabel))

    assert pane.model.rowCount() == 0 and "请先登录" in says()
    session.actor = clerk
    running.desk.actor_changed.emit()
    assert "请先登录" not in says() and "Excel" in says()
