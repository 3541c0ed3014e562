"""Whoever is signed in while the bureau changes their role, their area or that they may sign in at all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.actions.people import disable_user, find_person
from app.domain.changes import update
from app.domain.entities.boiler import Boiler
from app.errors import AppError
from app.ui.application import Program
from sync.lan import COUNTY, TOWN, TOWN2, Lan
from ui.test_sync_with_hub import open_laptop, sync_in_window
from window_cases import WAIT_MS

Make = Callable[..., Program]


def change(lan: Lan, login: str, **values: Any) -> None:
    """What the administrator changes of a person, at the hub."""
    office = lan.laptops[0]
    found = find_person(office.session, login)
    assert found is not None
    done = update(found, **values)
    assert done is not None
    office.as_("admin").commit([done], "user_edit")
    office.sync()


def signed_out_by_the_bureau(running: Program, lan: Lan, qtbot: QtBot) -> list[Exception]:
    """The bureau disables the officer, and a round brings it."""
    said: list[Exception] = []
    running.desk.failed.disconnect()
    running.desk.failed.connect(said.append)
    disable_user(lan.laptops[0].as_("admin"), "officer")
    lan.laptops[0].sync()
    sync_in_window(running, qtbot)
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT_MS)
    assert running.desk.actor is None
    return said


def _heard(said: list[Exception], count: int) -> bool:
    return len(said) == count


def test_an_area_or_role_that_was_changed_counts_at_once_and_is_said(
    program: Make, lan: Lan, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They went on writing as before, days long, and all of it was refused."""
    told: list[str] = []
    monkeypatch.setattr("app.ui.frame.persons.tell", lambda _, words: told.append(words))
    town = lan.laptop(TOWN, "R2")
    running = open_laptop(program, qtbot, town, "officer")
    change(lan, "officer", area=COUNTY, role="R1")
    sync_in_window(running, qtbot)
    qtbot.waitUntil(lambda: bool(told), timeout=WAIT_MS)
    actor = running.desk.actor
    assert actor is not None and (actor.role, actor.area) == ("R1", COUNTY)
    assert "局里" in told[0] and "officer" in told[0]
    sync_in_window(running, qtbot)
    assert len(told) == 1


def test_who_was_disabled_moved_away_or_is_above_this_laptop_is_signed_out(
    program: Make, lan: Lan, qtbot: QtBot
) -> None:
    town = lan.laptop(TOWN, "R2")
    running = open_laptop(program, qtbot, town, "officer")
    said = signed_out_by_the_bureau(running, lan, qtbot)
    assert isinstance(said[0], AppError) and said[0].code == "disabled" and said[0].hint
    assert "登录" in running.desk.why_not_write(Boiler.TYPE)
    others = ("inspector", {"role": "R4"}, "device_role"), ("officer2", {"area": TOWN2}, "unknown_person")
    for count, (login, values, code) in enumerate(others, 2):
        town.as_(login)
        change(lan, login, **values)
        sync_in_window(running, qtbot)
        qtbot.waitUntil(partial(_heard, said, count), timeout=WAIT_MS)
        assert running.desk.actor is None and getattr(said[-1], "code", "") == code
