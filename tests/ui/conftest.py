"""A window on a small demo workspace: built once, copied for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.actions.people import actor_of, find_person
from app.bootstrap import open_workspace
from app.settings import Preferences
from app.ui.application import Program
from app.ui.frame.firstpage import LEDGER, leaving
from shared_demo import shared_demo
from sync.lan_fixtures import founded, lan  # noqa: F401 - fixtures
from window_cases import WAIT_MS, settle


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demo all tests copy from, with the day's backup: each would make it anew."""
    made = shared_demo(tmp_path_factory)
    open_workspace(made.path).close()
    return made.path.parent


@pytest.fixture
def demo_file(demo_home: Path, tmp_path: Path) -> Path:
    """A demo workspace of the test's own."""
    folder = tmp_path / "工作空间"
    folder.mkdir()
    shutil.copy(demo_home / "pingliang.gpkg", folder)
    # papers and backup are linked: nobody writes into one, and to copy 640 files took longer than many a test
    for beside in ("pingliang.files", "pingliang.backups"):
        shutil.copytree(demo_home / beside, folder / beside, copy_function=os.link)
    return folder / "pingliang.gpkg"


@pytest.fixture
def program(
    qapp: Any, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Program]]:
    """Make the program with preferences; its window is closed at the end of the test."""
    monkeypatch.setenv("GRIDWARD_CONFIG", str(tmp_path / "config"))
    made: list[Program] = []

    def make(**preferences: Any) -> Program:
        fresh = Program(qapp, Preferences(**{"theme": "light", **preferences}))
        fresh.desk.failed.disconnect()
        fresh.desk.failed.connect(_raise)
        made.append(fresh)
        fresh.window.resize(1366, 768)
        fresh.window.show()
        QTest.keyRelease(fresh.window, Qt.Key.Key_Shift)  # an earlier test's click with Shift is remembered
        qtbot.waitUntil(lambda: "undo" in fresh.window.commands.actions, timeout=WAIT_MS)
        return fresh

    yield make
    for one in made:
        one.window.work.map.drawing.work.end()  # a test that failed while drawing would be asked about it
        if one.window.work.ledger is not None:
            one.window.work.ledger.model.staging.clear()  # and so would one that failed while editing
        one.window.close()
        one.window.deleteLater()
        one.desk.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def office(program: Callable[..., Program], demo_file: Path, qtbot: QtBot) -> Callable[..., Program]:
    """The program with the demo open and somebody signed in, who had left it at the boilers."""

    def make(login: str = "clerk", **preferences: Any) -> Program:
        session = open_workspace(demo_file)
        found = find_person(session, login)
        assert found is not None
        running = program(**{"left_at": leaving(None, found.uid, LEDGER), **preferences})
        session.actor = actor_of(found)
        running.window.open_session(session)
        settle(running, qtbot)
        return running

    return make


def _raise(error: Exception) -> None:
    raise error
