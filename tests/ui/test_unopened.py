"""A workspace that is not where it was: what else there is to do, without a word of commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from app.ui.application import Program
from window_cases import WAIT_MS


def test_a_file_that_is_gone_is_told_with_a_way_on(
    program: Callable[..., Program], qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, shown = program(), list[QMessageBox]()
    asked: list[str] = []

    def press(box: QMessageBox) -> int:
        shown.append(box)
        words = "\n".join([box.text(), box.informativeText(), *(one.text() for one in box.buttons())])
        asked.append(words)
        next(one for one in box.buttons() if one.objectName() == "restore").click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", press)
    for name in ("open", "new", "restore"):
        action = running.window.commands.actions[name]
        action.triggered.disconnect()
        action.triggered.connect(lambda _=False, name=name: asked.append(name))
    running.window.open_path(tmp_path / "gone.gpkg")
    qtbot.waitUntil(lambda: len(asked) == 2, timeout=WAIT_MS)
    assert "gone.gpkg" in asked[0] and "new" not in asked[0]
    assert asked[1] == "restore"
