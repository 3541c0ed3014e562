"""The dialog for a new workspace: the area is chosen or typed, and a refusal is seen in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.ui.application import Program
from app.ui.dialogs.newworkspace import NewWorkspaceDialog


@pytest.fixture
def dialog(program: Callable[..., Program], qtbot: QtBot, tmp_path: Path) -> NewWorkspaceDialog:
    running = program()
    made = NewWorkspaceDialog(running.desk, str(tmp_path), running.window)
    made.show()
    return made


def test_an_area_is_chosen_from_the_list_or_typed_as_a_code(dialog: NewWorkspaceDialog) -> None:
    assert dialog.chosen_area() == "620800"
    dialog.area.setEditText("620802101")
    assert dialog.chosen_area() == "620802101"
    dialog.area.setEditText("")
    assert dialog.chosen_area() == ""


def test_an_unknown_area_is_refused_in_the_dialog_and_nothing_is_left(
    dialog: NewWorkspaceDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    target = tmp_path / "新.gpkg"
    dialog.file.setText(str(target))
    dialog.admin.setText("admin")
    dialog.pin.setText("246810")
    dialog.again.setText("246810")
    dialog.area.setEditText("999999")
    dialog.foot.accepted.emit()
    qtbot.waitUntil(dialog._fault.isVisible, timeout=10_000)
    assert "999999" in dialog._fault.text()
    assert not target.exists()
