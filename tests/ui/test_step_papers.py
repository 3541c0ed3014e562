"""Papers in the window: wrong files taken back, missing ones asked for, nothing thrown away unasked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from app.actions.evidence import evidence_of
from app.actions.people import actor_of, find_person
from app.ui.application import Program
from app.ui.record import editdialog, stepdialog
from app.ui.record.editdialog import EditDialog
from app.ui.record.papers import KindsDialog
from app.ui.record.stepdialog import StepDialog
from builders import paper, photo
from window_cases import WAIT_MS, boiler_in, choose, settle

Office = Callable[..., Program]


def _step(running: Program, qtbot: QtBot, state: str) -> StepDialog:
    choose(running, qtbot, boiler_in(running, state))
    running.window.work.record.first_step()
    return next(box for box in running.window.findChildren(StepDialog) if box.isVisible())


def test_a_wrong_file_is_taken_back_and_a_broken_picture_refused(
    office: Office, qtbot: QtBot, tmp_path: Path
) -> None:
    running = office("clerk")
    record = running.window.work.record
    dialog = _step(running, qtbot, "planned")
    broken = photo(tmp_path / "坏.jpg")
    broken.write_bytes(broken.read_bytes()[:-40])
    dialog.add_file("photo_before", broken)
    dialog.send()
    settle(running, qtbot)
    assert "坏.jpg" in dialog.fault()
    assert dialog.isVisible()
    back = next(box for box in dialog.findChildren(QToolButton) if box.isVisible() and box.toolTip())
    back.click()
    assert dialog.missing() == ["photo_before"]
    dialog.add_file("photo_before", photo(tmp_path / "好.jpg"))
    dialog.send()
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=WAIT_MS)
    settle(running, qtbot)
    assert record.view is not None
    assert [item.file_name for item in record.view.attachments if item.kind == "photo_before"] == ["好.jpg"]


def test_the_report_of_a_conversion_has_a_line_and_what_is_asked_a_star(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = office("clerk")
    asked: list[str] = []
    monkeypatch.setattr(stepdialog, "ask", lambda _, words, *__: asked.append(words))
    dialog = _step(running, qtbot, "town_ok")
    assert "终态认定 *" in {label.text() for label in dialog.findChildren(QLabel)}
    dialog.reject()
    assert not dialog.isVisible()
    assert not asked, "nothing was entered"
    dialog = _step(running, qtbot, "town_ok")
    assert "monitoring_report" not in dialog.missing()
    state = dialog.form.editor("end_state")
    state.set_value("C")
    state.edited.emit()
    assert "monitoring_report" in dialog.missing()
    dialog.reject()
    assert len(asked) == 1
    assert dialog.isVisible(), "what was entered is kept until somebody says so"
    state.set_value(None)
    dialog.reject()


def test_papers_are_added_by_those_who_may_and_not_by_the_others(
    office: Office, qtbot: QtBot, tmp_path: Path
) -> None:
    running = office("clerk")
    evidence = running.window.work.record.evidence
    boiler = boiler_in(running, "in_progress")
    choose(running, qtbot, boiler)
    assert evidence._add.isEnabled()
    evidence.added.emit([paper(tmp_path / "申请表.pdf", "申请表 7")])
    running.window.findChildren(KindsDialog)[-1].accept()
    settle(running, qtbot)
    assert running.desk.session is not None
    assert "申请表.pdf" in {item.file_name for item in evidence_of(running.desk.session, boiler)}
    leader = find_person(running.desk.session, "leader")
    assert leader is not None
    running.desk.session.actor = actor_of(leader)
    running.desk.actor_changed.emit()
    settle(running, qtbot)
    assert not evidence._add.isEnabled()
    assert evidence._add.toolTip()


def test_a_new_boiler_has_a_number_that_may_be_written_over(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = office("inspector")
    asked: list[str] = []
    monkeypatch.setattr(editdialog, "ask", lambda _, words, *__: asked.append(words))
    running.window.go("boiler")
    settle(running, qtbot)
    running.window.commands.actions["add_record"].trigger()
    dialog = next(box for box in running.window.findChildren(EditDialog) if box.isVisible())
    number = dialog.form.editor("ledger_no")
    qtbot.waitUntil(lambda: number.written().startswith("620802-"), timeout=WAIT_MS)
    dialog.reject()
    assert not asked, "nobody typed anything"
    assert not dialog.isVisible()
