"""Who begins where: inspectors and leaders with what waits, staff with the boilers, all where they left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.actions.people import actor_of, find_person
from app.bootstrap import open_workspace
from app.settings import load_preferences
from app.ui.application import Program
from app.ui.frame.firstpage import LEDGER, first_page, leaving
from app.ui.frame.rail import TODAY
from window_cases import WAIT_MS, settle

Office = Callable[..., Program]


@pytest.mark.parametrize(
    ("role", "page"),
    [("R1", TODAY), ("R2", TODAY), ("R3", LEDGER), ("R4", TODAY), ("R5", LEDGER), ("R6", TODAY)],
)
def test_the_first_page_follows_the_role(role: str, page: str) -> None:
    assert first_page("a", role, None) == page


def test_where_somebody_left_it_comes_before_the_role() -> None:
    left = leaving(leaving(None, "a", "patrol"), "b", TODAY)
    assert (first_page("a", "R1", left), first_page("b", "R3", left)) == ("patrol", TODAY)
    assert first_page("c", "R1", left) == TODAY
    assert first_page("a", "R1", leaving(None, "a", "a page that is gone")) == TODAY


def test_an_inspector_who_signs_in_is_shown_today_and_returns_to_where_they_left(
    program: Callable[..., Program], demo_file: Path, qtbot: QtBot
) -> None:
    running: Any = program()
    session = open_workspace(demo_file)
    person = find_person(session, "inspector")
    assert person is not None
    running.window.open_session(session)
    qtbot.waitUntil(lambda: running.window.pages.currentWidget() is running.window.work, timeout=WAIT_MS)
    session.actor = actor_of(person)
    running.desk.actor_changed.emit()
    assert running.window.pages.currentWidget() is running.window.today
    settle(running, qtbot)
    today = running.window.today.today
    town = f"div_code^{person.area}"
    assert today.own.area == person.area and all(town in card.expression for card in today.own.cards)
    assert today.behind.arranged > 0  # the own cells, which come first
    whole = {card.title: card.total.units for card in today.cards}
    assert all(card.total.units <= whole[card.title] for card in today.own.cards)
    assert sum(whole.values()) > sum(card.total.units for card in today.own.cards)
    assert not running.window.status._scale.isVisible()  # no map is shown
    running.window.go("patrol")
    assert running.window.status._scale.isVisible()
    settle(running, qtbot)
    running.window.close()
    assert first_page(person.uid, "R1", load_preferences().left_at) == "patrol"
