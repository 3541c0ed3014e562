"""A file's structure is looked through after its first picture; what a damaged one holds is brought back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from app.actions.records import edit_record
from app.actions.session import Session
from app.domain.entities.boiler import Boiler
from app.errors import AppError
from app.store.workspace import Workspace
from app.ui.application import Program
from app.ui.dialogs import settings
from app.ui.frame import care
from window_cases import WAIT_MS, boiler_in, settle


def test_a_damaged_file_shows_and_is_put_away_once_it_was_looked_through(
    program: Callable[..., Program], demo_file: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first picture comes before the look through its structure; nothing is ever written upon it."""
    with closing(sqlite3.connect(demo_file)) as connection:
        connection.execute("CREATE TABLE besides (text)")
        connection.executemany("INSERT INTO besides VALUES (?)", [("besides" * 400,)] * 40)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = demo_file.read_bytes()
    place = content.rindex(b"besides" * 300) // 4096 * 4096
    demo_file.write_bytes(content[:place] + bytes(4096) + content[place + 4096 :])
    monkeypatch.setattr("app.ui.frame.persons.Persons.sign_in", lambda self: None)
    running = program()
    said: list[Exception] = []
    running.desk.failed.disconnect()
    running.desk.failed.connect(said.append)
    seen: list[bool] = []
    running.window.work.map.drawn.connect(lambda: seen.append(running.desk.session is not None))
    before = demo_file.read_bytes()
    running.window.open_path(demo_file)
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT_MS)
    assert isinstance(said[0], AppError)
    assert said[0].code == "damaged"
    assert seen == [True]
    assert running.desk.session is None
    assert running.window.pages.currentWidget() is running.window.welcome
    assert demo_file.read_bytes() == before


def test_what_a_backup_lacks_is_salvaged_in_the_window(
    office: Callable[..., Program], qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = office()
    workspace = running.desk.need().workspace
    boiler = boiler_in(running, "planned")
    damaged = tmp_path / "damaged.gpkg"
    copied = workspace.backup(tmp_path / "stick", running.desk.need().now())
    with Workspace.open(copied) as other:  # what was written in the file that is damaged by now
        session = Session(other, running.desk.actor)
        edit_record(session, boiler, {"note": "备份之后写的"}, reason="现场核对")
    copied.rename(damaged)
    said: list[str] = []
    monkeypatch.setattr(care, "tell", lambda _, message, hint="": said.append(f"{message} {hint}".strip()))
    monkeypatch.setattr(care.QFileDialog, "getOpenFileName", lambda *_: (str(damaged), ""))
    running.window.commands.actions["salvage"].trigger()
    settle(running, qtbot)
    assert said == ["已找回 1 次操作，共 1 处更改"]
    saved = workspace.get(Boiler, boiler.uid)
    assert saved is not None and saved.note == "备份之后写的"


def test_a_second_backup_goes_where_the_settings_say(
    program: Callable[..., Program],
    demo_file: Path,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = tmp_path / "另一块盘"
    other.mkdir()
    monkeypatch.setattr("app.ui.frame.persons.Persons.sign_in", lambda self: None)
    monkeypatch.setattr(settings.QFileDialog, "getExistingDirectory", lambda *_: str(other))
    running = program()
    dialog = settings.SettingsDialog(running.desk, running.window)
    dialog.choose_folder()
    dialog.findChild(QDialogButtonBox).accepted.emit()  # type: ignore[union-attr]
    assert running.desk.preferences.backup_folder == str(other)
    running.window.open_path(demo_file)
    qtbot.waitUntil(lambda: bool(list(other.glob("pingliang-*.backups/*.gpkg"))), timeout=3 * WAIT_MS)
    assert list(other.glob("pingliang-*.files/*/*"))
