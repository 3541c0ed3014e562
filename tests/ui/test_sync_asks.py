"""The sync line is not green while the hub has not accepted something, or somebody has to decide, until that
was looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pytestqt.qtbot import QtBot

from app.actions.people import actor_of, disable_user, find_person
from app.settings import load_preferences
from app.ui.application import Program
from app.ui.conflicts.asking import asking_of, looked_at, seen_by
from app.ui.conflicts.model import MINE, NOT_TAKEN, OTHERS, shelf_of
from app.ui.frame.rail import CONFLICTS, SYNC
from app.ui.sync.tables import outcome
from store.records import boiler
from sync.lan import TOWN, Lan, Laptop
from sync_cases import OFFERED, a_conflict
from ui.test_sync_with_hub import open_laptop, sync_in_window
from window_cases import WAIT_MS, settle

Make = Callable[..., Program]
OURS, THEIRS = replace(OFFERED, mine=True), replace(OFFERED, mine=False)


def _line(running: Program) -> tuple[str, str]:
    line = running.window.top.sync.shown
    assert line is not None
    return line.words, line.tone


def _refused_edit(lan: Lan) -> Laptop:
    """A laptop with an edit of somebody whom the bureau has disabled meanwhile, as it does not know yet."""
    town, office = lan.laptop(TOWN, "R2"), lan.laptops[0]
    town.enter("officer", "T-1", note="起初")
    lan.drain(town, office)
    town.edit("inspector", "T-1", note="停用以后")
    disable_user(office.as_("admin"), "inspector")
    office.sync()
    return town


def test_a_refusal_is_said_until_it_was_looked_at(program: Make, lan: Lan, qtbot: QtBot) -> None:
    town = _refused_edit(lan)
    running = open_laptop(program, qtbot, town, "officer")
    sync_in_window(running, qtbot)
    assert running.desk.sync.rounds[0].done.rejected == 1  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: "1 项被退回" in _line(running)[0], timeout=WAIT_MS)
    assert _line(running)[1] == "warning" and running.window.rail.badge(CONFLICTS) == "1"
    sync_in_window(running, qtbot)
    assert "1 项被退回" in _line(running)[0], "the next round brings nothing, and it stays"
    page = running.window.conflicts
    assert page._shelf() == MINE, "where nothing is listed"
    running.window.go(CONFLICTS)
    qtbot.waitUntil(lambda: "被退回" not in _line(running)[0], timeout=WAIT_MS)
    assert page._shelf() == NOT_TAKEN and _line(running)[1] == "good"
    assert running.window.rail.badge(CONFLICTS) == ""
    assert load_preferences().seen_conflicts == running.desk.preferences.seen_conflicts
    colleague = find_person(town.session, "admin") or find_person(town.session, "clerk")
    assert colleague is not None
    running.window.go(SYNC)
    town.session.actor = actor_of(colleague)
    running.desk.actor_changed.emit()
    qtbot.waitUntil(lambda: "1 项被退回" in _line(running)[0], timeout=WAIT_MS)


def test_of_two_lists_the_one_that_was_asked_for_counts_as_looked_at(
    program: Make, lan: Lan, qtbot: QtBot
) -> None:
    town = _refused_edit(lan)
    running = open_laptop(program, qtbot, town, "officer")
    sync_in_window(running, qtbot)
    page, watch = running.window.conflicts, running.desk.sync
    qtbot.waitUntil(lambda: len(watch.asking.refused) == 1, timeout=WAIT_MS)
    other = replace(page._views[0], uid="other", kind="pick", situation="open")
    page._take([*page._views, other])
    assert watch.asking.others == ("other",)
    running.window.go(SYNC)
    running.window.sync.asked.emit(["other"])
    settle(running, qtbot)
    assert page._shelf() == OTHERS and watch.asking.others == ()
    assert len(watch.asking.refused) == 1, "nobody has seen that list"


def test_what_others_decide_of_ours_is_said_until_it_was_looked_at(
    program: Make, lan: Lan, qtbot: QtBot
) -> None:
    one, two = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    one.enter("inspector", "T-1", fuel="bituminous")
    lan.drain(one, two)
    one.edit("inspector", "T-1", "现场核对", fuel="anthracite")
    one.sync()
    two.edit("officer", "T-1", "电话核对", fuel="briquette")
    running = open_laptop(program, qtbot, two, "officer")
    sync_in_window(running, qtbot)
    qtbot.waitUntil(lambda: "1 项待他人裁定" in _line(running)[0], timeout=WAIT_MS)
    assert _line(running)[1] == "warning"
    words, tone = outcome(running.desk.sync.rounds[0])
    assert "1 项待裁定" in words and tone == "warning", "nor is the round called done"
    running.window.go(SYNC)
    settle(running, qtbot)
    running.window.sync._show_brought(running.desk.sync.rounds[0])
    qtbot.waitUntil(lambda: "待他人裁定" not in _line(running)[0], timeout=WAIT_MS)
    assert running.window.conflicts._shelf() == OTHERS and _line(running)[1] == "good"


def test_only_what_asks_is_counted_and_what_is_settled_forgotten() -> None:
    record = boiler("PL-1")
    views = [
        a_conflict(record, "mine"),
        a_conflict(record, "others", can_decide=False, offered=OURS),
        a_conflict(record, "strangers", can_decide=False, kept=THEIRS, offered=THEIRS),
        a_conflict(record, "refused", "rejected", situation="settled", offered=OURS),
        a_conflict(record, "theirs", "rejected", situation="settled", offered=THEIRS),
        a_conflict(record, "answered", "rejected", situation="settled", offered=OURS, settled_by="王芳"),
        a_conflict(record, "rule", situation="settled", offered=OURS),
    ]
    asking = asking_of(views, frozenset())
    assert (asking.mine, asking.others, asking.refused) == (("mine",), ("others",), ("refused",))
    assert [shelf_of(view) for view in views if view.kind == "rejected"] == [NOT_TAKEN, NOT_TAKEN, "settled"]
    kept = looked_at(None, "a", views, views)
    assert asking_of(views, seen_by(kept, "a")).count == 1, "what I decide stays"
    assert asking_of(views, seen_by(kept, "b")).count == 3, "another person has not looked"
    assert asking_of(views, seen_by(kept, "")).count == 1, "nor does it ask nobody"
    assert seen_by(looked_at(kept, "a", views[:3], []), "a") == {"mine", "others", "strangers"}
    assert seen_by("no json", "") == seen_by('{"a": 3}', "a") == frozenset()
