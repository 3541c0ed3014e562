"""The inbox: mine first, both values side by side, a key takes a side, undo takes it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from shapely.geometry import Point

from app.domain.entities.conflict import Conflict
from app.ui.application import Program
from app.ui.conflicts.model import KEPT, MERGED, MINE, OTHERS, REVOKED, SETTLED, deed_of
from app.ui.conflicts.model import OFFERED as TAKEN
from app.ui.conflicts.placemap import PlaceMap
from app.ui.dialogs.reason import ReasonDialog
from app.ui.frame.rail import CONFLICTS
from store.records import boiler
from sync_cases import OFFERED, FakeHub, a_conflict, a_field, a_place, stand_in
from window_cases import WAIT_MS, boiler_in, choose, settle

Office = Callable[..., Program]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    made = FakeHub()
    stand_in(monkeypatch, made)
    return made


def shown(running: Program) -> str:
    """Every word of the detail."""
    return "\n".join(label.text() for label in running.window.conflicts.detail.findChildren(QLabel))


def read_again(running: Program, qtbot: QtBot) -> None:
    running.window.conflicts.reload()
    settle(running, qtbot)


def test_an_empty_inbox_says_what_would_come_here(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    running = office("clerk")
    running.window.go(CONFLICTS)
    settle(running, qtbot)
    page = running.window.conflicts
    assert page.model.rowCount() == 0
    assert "没有待您裁定的冲突" in page._none.text()
    assert page._none.isVisible()
    assert running.window.rail.badge(CONFLICTS) == ""


def test_conflicts_stand_where_their_decider_finds_them(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    running = office("clerk")
    boiler = boiler_in(running, "suspect")
    hub.views = [
        a_conflict(boiler, "c1"),
        a_conflict(boiler, "c2", "state", can_decide=False, decides=("R5",)),
        a_conflict(boiler, "c3", "quarantine"),
        a_conflict(boiler, "c4", situation="settled", taken="kept", settled_by="李科长"),
        a_conflict(boiler, "c5", situation="settled"),  # by the rule: a person may still decide otherwise
    ]
    read_again(running, qtbot)
    page = running.window.conflicts
    assert [view.uid for view in page._by_shelf[MINE]] == ["c1"]
    assert [view.uid for view in page._by_shelf[OTHERS]] == ["c2"]
    assert [view.uid for view in page._by_shelf[REVOKED]] == ["c3"]
    assert [view.uid for view in page._by_shelf[SETTLED]] == ["c4"]
    assert [view.uid for view in page._by_shelf[MERGED]] == ["c5"]
    page.show_conflict("c5")
    assert page.detail.take.isVisibleTo(page)
    assert page.detail.take.isEnabled()
    page.show_conflict("c4")
    assert not page.detail.take.isVisibleTo(page)
    assert running.window.rail.badge(CONFLICTS) == "3"
    assert "2 项待裁定 · 1 项待他人裁定" in running.window.top.sync.text()


def test_both_values_stand_side_by_side_with_who_when_where_and_why(
    office: Office, hub: FakeHub, qtbot: QtBot
) -> None:
    running = office("clerk")
    hub.views = [a_conflict(boiler_in(running, "suspect"), "c1")]
    running.window.go(CONFLICTS)
    read_again(running, qtbot)
    words = shown(running)
    values = ("4", "6", "烟囱已加高", "烟囱未加高，群众反映冒黑烟")
    who = ("韩惠民", "2026-11-20 09:05", "现场复核", "王巡查", "柳湖镇-1", "巡查登记", "本机")
    for expected in (*values, *who, "两人都改了同一内容", "建议：保留现值"):
        assert expected in words, expected


def test_a_key_takes_a_side_after_asking_why(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    running = office("clerk")
    boiler = boiler_in(running, "suspect")
    hub.views = [a_conflict(boiler, "c1", "pick"), a_conflict(boiler, "c2")]
    running.window.go(CONFLICTS)
    read_again(running, qtbot)
    running.window.activateWindow()
    running.window.conflicts.list.setFocus()
    qtbot.waitUntil(running.window.isActiveWindow, timeout=WAIT_MS)
    qtbot.keyClick(running.window.conflicts.list, Qt.Key.Key_2)
    dialog = _reason_dialog(running)
    assert dialog.focusWidget() is dialog._reason  # what is typed goes there
    assert not dialog.reason()  # a pick is never decided without a word of one's own
    dialog.set_reason("以现场照片为准")
    dialog.accept()
    qtbot.waitUntil(lambda: ("resolve", "c1", "offered", "以现场照片为准") in hub.calls, timeout=WAIT_MS)
    settle(running, qtbot)
    page = running.window.conflicts
    qtbot.waitUntil(lambda: [view.uid for view in page._by_shelf[MINE]] == ["c2"], timeout=WAIT_MS)
    assert page.detail.view is not None
    assert page.detail.view.uid == "c2"
    running.window.activateWindow()
    qtbot.waitUntil(running.window.isActiveWindow, timeout=WAIT_MS)
    qtbot.keyClick(page.list, Qt.Key.Key_1)
    assert _reason_dialog(running).reason()  # comparing plain values is a reason in itself


def test_to_delete_after_all_is_called_so() -> None:
    view = a_conflict(boiler("PL-1"), "c1", "edit_kept")
    assert [deed_of(view, side) for side in (KEPT, TAKEN)] == ["保留记录", "删除记录"]
    plain = a_conflict(boiler("PL-1"), "c1")
    assert [deed_of(plain, side) for side in (KEPT, TAKEN)] == ["保留现值", "采用另一值"]


def test_what_others_decide_can_be_read_but_not_taken(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    running = office("inspector")
    hub.views = [a_conflict(boiler_in(running, "suspect"), "c1", can_decide=False)]
    running.window.go(CONFLICTS)
    read_again(running, qtbot)
    page = running.window.conflicts
    page.show_conflict("c1")
    assert not page.detail.keep.isEnabled()
    assert "裁定人" in shown(running)
    page._decide("kept")
    assert running.window.findChildren(ReasonDialog) == []
    assert running.window.rail.badge(CONFLICTS) == ""


def test_two_places_are_shown_on_a_small_map(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    running = office("clerk")
    places = a_place(Point(106.66, 35.54), Point(106.67, 35.54))
    hub.views = [a_conflict(boiler_in(running, "suspect"), "c1", "pick", fields=(places,))]
    running.window.go(CONFLICTS)
    read_again(running, qtbot)
    (small,) = running.window.conflicts.detail.findChildren(PlaceMap)
    qtbot.waitUntil(lambda: small.canvas.picture is not None, timeout=WAIT_MS)
    assert "906" in small._words.text() or "907" in small._words.text()  # metres of a hundredth of a degree


def test_the_map_is_in_sight_below_many_fields(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    """A new record of a revoked laptop has all its fields at odds; its place was far below them."""
    running = office("clerk")
    many = [a_field("note", None, f"第{n}项") for n in range(25)]
    fields = (*many, a_place(None, Point(106.67, 35.54)))
    late = a_conflict(boiler_in(running, "suspect"), "c1", "quarantine", fields=fields)
    hub.views = [replace(late, record=replace(late.record, exists=False))]
    running.window.go(CONFLICTS)
    read_again(running, qtbot)
    detail = running.window.conflicts.detail
    running.window.conflicts.show_conflict("c1")
    settle(running, qtbot)
    (small,) = detail.findChildren(PlaceMap)
    assert small.canvas.visibleRegion().boundingRect().height() == small.canvas.height() > 200
    assert small._words.text() == "记录所在位置", "there are no two places"
    assert "不采用" in detail.keep.text(), "nothing stands that could be kept"


def test_the_record_is_one_click_away(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    running = office("clerk")
    boiler = boiler_in(running, "suspect")
    hub.views = [a_conflict(boiler, "c1")]
    running.window.go(CONFLICTS)
    read_again(running, qtbot)
    running.window.conflicts.detail.wanted.emit("boiler", boiler.uid)
    settle(running, qtbot)
    assert running.window.page == "boiler"
    assert running.desk.selection.now.current == boiler.uid


def test_a_deleted_record_cannot_be_gone_to(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    running = office("clerk")
    view = a_conflict(boiler_in(running, "suspect"), "c1", "revived")
    hub.views = [replace(view, record=replace(view.record, exists=False), fields=())]
    running.window.go(CONFLICTS)
    read_again(running, qtbot)
    assert "删除" in shown(running)


def test_the_record_panel_tells_of_refusals_and_void_signatures(
    office: Office, hub: FakeHub, qtbot: QtBot
) -> None:
    running = office("clerk")
    boiler = boiler_in(running, "suspect")
    _raise(running, boiler, "c1", "c2")
    why = "该角色不能销号"
    hub.views = [
        a_conflict(boiler, "c1", "rejected", rule=why, offered=replace(OFFERED, by="王巡查")),
        a_conflict(boiler, "c2", "void", rule="签字后记录已改动"),
    ]
    choose(running, qtbot, boiler)
    notes = running.window.work.record.conflicts
    qtbot.waitUntil(notes.isVisible, timeout=WAIT_MS)
    words = notes.words()
    assert "2 项未决冲突" in words
    assert f"中心退回了王巡查于 2026-11-19 16:40 填写的内容：{why}" in words
    assert "烟囱未加高" in words  # the refused value is kept
    assert "签字作废：签字后记录已改动" in words
    notes.button.click()
    settle(running, qtbot)
    assert running.window.page == CONFLICTS


def test_a_record_without_conflicts_shows_none(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    running = office("clerk")
    choose(running, qtbot, boiler_in(running, "suspect"))
    assert not running.window.work.record.conflicts.isVisible()


def _raise(running: Program, boiler: Any, *uids: str) -> None:
    """Put conflict records beside a boiler, as the hub would."""
    session = running.desk.session
    assert session is not None
    from app.domain.changes import insert

    session.commit(
        [
            insert(Conflict(uid=f"{uid}-0000", owner_entity="boiler", owner=boiler.uid, kind="rejected",
                            raised_at="2026-11-23T02:00:00.000Z"))
            for uid in uids
        ],
        "test",
    )  # fmt: skip


def _reason_dialog(running: Program) -> ReasonDialog:
    return next(box for box in running.window.findChildren(ReasonDialog) if box.isVisible())


def test_late_work_that_cannot_be_taken_in_says_why_before_a_key_is_pressed(
    office: Office, hub: FakeHub, qtbot: QtBot
) -> None:
    running = office("clerk")
    late = a_conflict(boiler_in(running, "suspect"), "c1", "quarantine")
    hub.views = [replace(late, step="验收", in_full=False, place=Point(106.66, 35.54))]
    hub.closely = {"obstacle": "状态不符"}
    running.window.go(CONFLICTS)
    read_again(running, qtbot)
    page = running.window.conflicts
    assert page.detail.view is None  # it stands in another list: nobody looked closely yet
    assert ("look", "c1") not in hub.calls
    page.show_conflict("c1")
    page._decide("offered")  # what is in the way is not known yet
    assert not page.detail.take.isEnabled()
    settle(running, qtbot)
    (small,) = page.detail.findChildren(PlaceMap)
    assert small._words.text() == "记录所在位置"
    assert "以我的名义重新办理" in page.detail.take.text() and not page.detail.take.isEnabled()
    assert "状态不符" in page.detail._why_not.text()
    for side, asked in (("offered", 0), ("kept", 1)):
        page._decide(side)
        dialogs = [box for box in running.window.findChildren(ReasonDialog) if box.isVisible()]
        assert len(dialogs) == asked, side
    dialogs[0].reject()
    hub.views = [late]
    read_again(running, qtbot)
    assert "以我的名义采用" in page.detail.take.text() and page.detail.take.isEnabled()
