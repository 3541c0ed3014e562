"""Entries made twice and late work in the inbox: what a key does, nothing of the inside, pins apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QListWidget
from pytestqt.qtbot import QtBot
from shapely.geometry import Point

from app.actions.conflicts import ConflictView, Side
from app.actions.contested import FieldSide
from app.domain.catalog import entity_type
from app.ui.application import Program
from app.ui.conflicts.model import APART, KEPT, deed_of, may_take, proposal_of, takes_whole, what_differs
from app.ui.conflicts.model import OFFERED as TAKEN
from app.ui.conflicts.notes import conflict_lines
from app.ui.conflicts.placemap import PlaceMap
from app.ui.conflicts.sides import shown_fields, side_lines, side_names, value_words
from app.ui.dialogs.reason import ReasonDialog
from app.ui.frame.rail import CONFLICTS
from app.ui.names import Names
from store.records import boiler
from sync_cases import FakeHub, a_conflict, a_field, a_place, stand_in
from window_cases import WAIT_MS, boiler_in, settle

Office = Callable[..., Program]
NOBODY = Side(by="", at="", device="", reason="", action="", mine=False)
# What a revoked laptop's paper and signature are held together by.
PAPER = {"owner_entity": "boiler", "owner": "2765abb1", "kind": "site_photo", "file_name": "现场.jpg",
         "sha256": "28c43d6f", "size": 398449, "mime": "image/jpeg", "added_by": "1072878e"}  # fmt: skip
SIGNED = {"owner": "2734c6de", "action": "return", "role": "R2", "opinion": "资料不全",
          "fingerprint": "669ab1"}  # fmt: skip
NUMBERED = (a_field("ledger_no", "PL-1", "PL-1"), a_field("note", "甲", "乙"))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    made = FakeHub()
    stand_in(monkeypatch, made)
    return made


def late(kind: str, cells: Mapping[str, object], note: str = "quarantine") -> ConflictView:
    """Late work of a revoked laptop that the hub has nothing of."""
    declared = entity_type(kind).fields
    fields = tuple(
        FieldSide(name, declared[name].heading, None, value, declared[name], "", str(value))
        for name, value in cells.items()
    )
    view = a_conflict(boiler("PL-1"), "c1", "quarantine", fields=fields, kept=NOBODY, note=note)
    return replace(view, record=replace(view.record, entity=kind, exists=False))


def test_of_two_that_look_alike_both_stay_or_one_goes() -> None:
    view = a_conflict(boiler("PL-1"), "c1", "duplicate", note="near")
    assert [deed_of(view, side) for side in (KEPT, TAKEN)] == ["两条都保留", "删除本条"]
    assert takes_whole(view, TAKEN)
    assert not takes_whole(view, KEPT)
    assert not may_take(view, APART)


def test_of_two_with_one_number_both_can_stay() -> None:
    view = a_conflict(boiler("PL-1"), "c1", "duplicate", note="duplicate", own_number="PL-1-2")
    deeds = [deed_of(view, side) for side in (KEPT, TAKEN, APART)]
    assert deeds == ["只留前一条", "以后一条的值为准", "两条都要，后一条编号为 PL-1-2"]
    assert may_take(view, APART)
    assert not may_take(replace(view, can_decide=False), APART)
    assert side_names(view) == ("前一条", "后一条")
    assert proposal_of(view) == KEPT
    apart = (a_field("address", "东大街1号", "西大街9号"),)
    assert proposal_of(replace(view, fields=apart)) == APART
    assert proposal_of(replace(view, fields=apart, own_number="")) == KEPT


def test_a_late_deletion_is_called_a_deletion() -> None:
    view = a_conflict(boiler("PL-1"), "c1", "quarantine", note="late_deletion", fields=())
    assert [deed_of(view, side) for side in (KEPT, TAKEN)] == ["保留记录", "删除记录"]
    assert takes_whole(view, TAKEN)


def test_the_inside_of_papers_and_signatures_is_not_shown() -> None:
    paper, signature = late("attachment", PAPER), late("approval", SIGNED)
    assert [item.field for item in shown_fields(paper)] == ["kind", "file_name"]
    assert [item.field for item in shown_fields(signature)] == ["role", "opinion"]
    assert value_words(shown_fields(signature)[0], Names()) == ("", "乡镇环保专干")
    for view, inner in ((paper, "28c43d6f"), (signature, "669ab1")):
        assert inner not in "\n".join(conflict_lines([replace(view, kind="rejected")]))
    assert what_differs(signature) == "角色、意见"


def test_where_nobody_wrote_a_side_nobody_is_called_unknown() -> None:
    assert side_lines(NOBODY) == []
    assert side_lines(replace(NOBODY, at="2026-11-20T01:05:00.000Z"))[0].startswith("未知人员")


def test_the_third_key_keeps_both(office: Office, hub: FakeHub, qtbot: QtBot) -> None:
    running = office("clerk")
    found = boiler_in(running, "suspect")
    hub.views = [
        a_conflict(found, "c1", "duplicate", note="duplicate", own_number="PL-1-2", fields=NUMBERED),
        a_conflict(found, "c2", "pick"),
    ]
    running.window.go(CONFLICTS)
    running.window.conflicts.reload()
    settle(running, qtbot)
    page = running.window.conflicts
    page.show_conflict("c2")
    assert not page.detail.both.isVisibleTo(page)
    page.show_conflict("c1")
    assert page.detail.both.isVisibleTo(page)
    running.window.activateWindow()
    qtbot.waitUntil(running.window.isActiveWindow, timeout=WAIT_MS)
    qtbot.keyClick(page.list, Qt.Key.Key_3)
    dialog = next(box for box in running.window.findChildren(ReasonDialog) if box.isVisible())
    lines = dialog.findChild(QListWidget)
    assert [lines.item(at).text() for at in range(lines.count())] == ["ledger_no：PL-1-2", "备注：乙"]
    dialog.set_reason("两台锅炉")
    dialog.accept()
    qtbot.waitUntil(lambda: ("resolve", "c1", "apart", "两台锅炉") in hub.calls, timeout=WAIT_MS)
    settle(running, qtbot)


def test_what_differs_comes_first_and_pins_do_not_hide_each_other(
    office: Office, hub: FakeHub, qtbot: QtBot
) -> None:
    running = office("clerk")
    near = a_place(Point(106.66, 35.54), Point(106.66, 35.5402))  # 22 metres
    fields = (a_field("note", "同上", "同上"), near)
    hub.views = [a_conflict(boiler_in(running, "suspect"), "c1", "duplicate", note="near", fields=fields)]
    running.window.go(CONFLICTS)
    running.window.conflicts.reload()
    settle(running, qtbot)
    detail = running.window.conflicts.detail
    words = [label.text() for label in detail.findChildren(QLabel)]
    assert words.index("位置") < words.index("备注")
    (small,) = detail.findChildren(PlaceMap)
    view = small.canvas.view
    assert view is not None
    (x0, y0), (x1, y1) = (view.px_of(at.centroid.x, at.centroid.y) for _, at in small._places)
    assert abs(x1 - x0) + abs(y1 - y0) > 30
