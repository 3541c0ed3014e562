"""A file may hold states this program does not know, of a newer one or another: it opens all the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.actions.numbers import counted_boilers
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
