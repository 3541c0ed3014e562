"""Opening a workspace: its parts are shown one after the other, and the window lives between them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from app.bootstrap import open_workspace
from app.ui.application import Program
from app.ui.frame.opening import look_at
from app.ui.turns import in_turns
from window_cases import WAIT_MS, settle

Office = Callable[..., Program]


def test_each_step_has_a_turn_of_its_own(qtbot: QtBot) -> None:
    owner, seen = QObject(), list[str]()
    in_turns(owner, lambda: True, lambda: seen.append("one"), lambda: seen.append("two"))
    QTimer.singleShot(0, owner, lambda: seen.append("a key"))
    assert seen == []
    qtbot.waitUntil(lambda: len(seen) == 3, timeout=WAIT_MS)
    assert seen == ["one", "a key", "two"]


def test_steps_end_when_they_are_no_longer_wanted(qtbot: QtBot) -> None:
    owner, seen = QObject(), list[str]()
    in_turns(owner, lambda: not seen, lambda: seen.append("one"), lambda: seen.append("two"))
    qtbot.waitUntil(lambda: bool(seen), timeout=WAIT_MS)
    done = list[bool]()
    in_turns(owner, lambda: True, lambda: None, lambda: None, lambda: done.append(True))
    qtbot.waitUntil(lambda: bool(done), timeout=WAIT_MS)
    assert seen == ["one"]


def test_a_workspace_is_shown_in_turns_and_only_while_it_lies_here(
    office: Office, qtbot: QtBot, demo_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = [Path(shutil.copy(demo_file, demo_file.with_name(name))) for name in ("甲.gpkg", "乙.gpkg")]
    running = office("clerk")
    window = running.window
    actor = running.desk.actor
    steps = list[str]()
    show_ledger, open_map = window.work.show_ledger, window.work.map.open
    monkeypatch.setattr(
        window.work, "show_ledger", lambda name: (steps.append("ledger"), show_ledger(name))[1]
    )
    monkeypatch.setattr(
        window.work.map, "open", lambda *places, **more: (steps.append("map"), open_map(*places, **more))[1]
    )
    first, second = map(open_workspace, other)
    second.actor = first.actor = actor
    window.show_opened(look_at(first))
    assert (running.desk.session, steps) == (first, [])  # nothing is built in the turn that lays it down
    window.show_opened(look_at(second))  # at once another one: the first one's turns end
    settle(running, qtbot)
    assert (running.desk.session, steps) == (second, ["ledger", "map"])
    assert window.work.ledger is not None


def test_missing_compiled_drawing_is_said_once(
    program: Callable[..., Program], demo_file: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ui.map.pane.HAS_SCAN", False)
    running = program(language="en")
    said = list[str]()
    running.desk.said.connect(said.append)
    session = open_workspace(demo_file)
    running.window.open_session(session)
    settle(running, qtbot)
    assert "The compiled drawing is missing: maps of many cells take longer." in said
    source = running.window.work.map.scene.layers  # type: ignore[union-attr]
    running.window.work.map.open(source, (106.4, 35.2, 107.1, 35.6), "EPSG:4545", synthetic=True)
    assert len([words for words in said if "compiled drawing is missing" in words]) == 1
