"""A file may hold states this program does not know, of a newer one or another: it opens all the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.actions.numbers import counted_boilers
from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import group_of, words_of_state
from app.store.connect import opened
from app.ui.application import Program
from window_cases import boiler_in, choose, settle

STRANGE = "under_way"


def _made_strange(file: Path) -> int:
    """Give some boilers a state of no vocabulary, past the journal as another program may."""
    with closing(opened(file, "rw")) as connection:
        made: list[tuple[str, str]] = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '燃煤锅炉'"
        ).fetchall()
        for name, _ in made:
            connection.execute(f'DROP TRIGGER "{name}"')
        changed: sqlite3.Cursor = connection.execute(
            "UPDATE 燃煤锅炉 SET status = ? WHERE fid IN (SELECT fid FROM 燃煤锅炉 LIMIT 5)", (STRANGE,)
        )
        for _, statement in made:
            connection.execute(statement)
        connection.commit()
        return changed.rowcount


def test_a_state_nobody_knows_is_shown_as_unverified(
    office: Callable[..., Program], demo_file: Path, qtbot: QtBot
) -> None:
    assert _made_strange(demo_file) == 5
    running = office()
    settle(running, qtbot)
    boiler = boiler_in(running, STRANGE)
    choose(running, qtbot, boiler)
    panel = running.window.work.record
    assert panel.stepper.place() == 0
    assert not panel.grab().isNull()  # what goes wrong while painting fails the test
    assert running.desk.session is not None
    counted = counted_boilers(running.desk.session, [boiler])
    assert "unverified" in [number.name for number in counted.numbers]


def test_the_filter_for_unverified_finds_what_is_counted_there(
    office: Callable[..., Program], demo_file: Path, qtbot: QtBot
) -> None:
    strange = _made_strange(demo_file)
    running = office()
    running.window.go("boiler")
    settle(running, qtbot)
    ledger = running.window.work.ledger
    assert ledger is not None
    assert running.desk.session is not None
    every = running.desk.session.workspace.find(Boiler)
    for group in ("unverified", "to_treat"):
        ledger.bar.choose(group=group)
        settle(running, qtbot)
        meant = {boiler.uid for boiler in every if group_of(str(boiler.status)) == group}
        assert set(ledger.model.uids) == meant
        assert len(meant) >= (strange if group == "unverified" else 1)


def test_a_state_is_said_with_the_word_of_the_legend(office: Callable[..., Program], qtbot: QtBot) -> None:
    running = office()
    settle(running, qtbot)
    boiler = boiler_in(running, "planned")
    choose(running, qtbot, boiler)
    assert "待整治 · 列入计划" in running.window.work.record.subtitle.text()
    said = {
        state: words_of_state(state)
        for state in ("registered", "suspect", "in_progress", "county_ok", STRANGE)
    }
    assert said == {
        "registered": "待整治 · 在册",
        "suspect": "待核实",
        "in_progress": "整治中",
        "county_ok": "待验收 · 县级已验收",
        STRANGE: f"待核实 · {STRANGE}",
    }
