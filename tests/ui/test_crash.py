"""An error nobody expected: written down, shown once, and the window stays."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QMessageBox

from app.errors import Invalid
from app.ui import crash, messages


@pytest.fixture
def boxes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, qapp: Any) -> list[QMessageBox]:
    """The boxes that would have been shown."""
    shown: list[QMessageBox] = []
    monkeypatch.setenv("GRIDWARD_LOGS", str(tmp_path / "logs"))
    monkeypatch.setattr(QMessageBox, "exec", lambda self: shown.append(self) or 0)
    monkeypatch.setattr(QMessageBox, "deleteLater", lambda self: None)
    return shown


def test_a_mistake_of_the_program_is_reported_with_its_trace(
    boxes: list[QMessageBox], tmp_path: Path
) -> None:
    try:
        raise RuntimeError("an index that is not there")
    except RuntimeError as error:
        crash.report(error)
    (box,) = boxes
    (written,) = (tmp_path / "logs").glob("crash-*.txt")
    assert str(written) in box.informativeText()
    assert "an index that is not there" in written.read_text("utf-8")
    assert "test_crash.py" in written.read_text("utf-8")
    assert "已保存的内容是安全的" in box.text()


def test_an_expected_refusal_is_shown_in_its_own_words(boxes: list[QMessageBox], tmp_path: Path) -> None:
    crash.report(Invalid("“{value}” is not a date; write 2018, 2018-10 or 2018-10-05", value="十月"))
    (box,) = boxes
    assert "十月" in box.text()
    assert not (tmp_path / "logs").exists()


def test_details_of_a_refusal_are_there_to_be_read(qapp: Any) -> None:
    error = Invalid("Not filled in: {fields}", details=[{"row": 3, "why": "空"}], fields="位置")
    box = messages.error_box(None, error)
    assert "位置" in box.text()
    assert "空" in box.detailedText()


def test_the_hook_never_raises(monkeypatch: pytest.MonkeyPatch, qapp: Any) -> None:
    passed_on: list[object] = []
    monkeypatch.setattr(crash, "report", lambda error: 1 / 0)
    monkeypatch.setattr(sys, "__excepthook__", lambda *what: passed_on.append(what))
    crash._hook(ValueError, ValueError("x"), None)
    assert len(passed_on) == 1
