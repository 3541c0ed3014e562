"""The checklist of an end state in the window: the items of the chosen state to tick, and nothing less."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import CHECKLISTS
from app.ui.application import Program
from app.ui.forms.checklist import ChecklistEditor
from app.ui.record.stepdialog import StepDialog
from builders import paper
from window_cases import WAIT_MS, boiler_in, choose, settle


def test_an_acceptance_ticks_every_item_of_the_end_state(
    office: Callable[[str], Program], qtbot: QtBot, tmp_path: Path
) -> None:
    running = office("clerk")
    boiler = boiler_in(running, "town_ok")
    choose(running, qtbot, boiler)
    running.window.work.record.first_step()
    dialog = next(box for box in running.window.findChildren(StepDialog) if box.isVisible())
    dialog.add_file("acceptance_form", paper(tmp_path / "验收表.pdf", "验收表"))
    items = dialog.form.editor("end_checks")
    assert isinstance(items, ChecklistEditor)
    shown = {code for code, box in items.boxes.items() if not box.isHidden()}
    assert shown == set(), "no end state is chosen yet"
    state = dialog.form.editor("end_state")
    for wanted in ("B", "A"):
        state.set_value(wanted)
        state.edited.emit()
        shown = {code for code, box in items.boxes.items() if not box.isHidden()}
        assert shown == set(CHECKLISTS[wanted])
    items.boxes["body_removed"].click()
    items.boxes["pipes_cut"].click()
    dialog.send()
    settle(running, qtbot)
    assert dialog.isVisible()
    assert dialog.fault().splitlines()[0] == "• 验收核查项未确认：煤场已清空"
    items.boxes["yard_cleared"].click()
    dialog.send()
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=WAIT_MS)
    settle(running, qtbot)
    session = running.desk.session
    assert session is not None
    now = session.workspace.get(Boiler, boiler.uid)
    assert now is not None
    assert set(now.end_checks) == set(CHECKLISTS["A"])
    labels = running.window.work.record.fields.findChildren(QLabel)
    assert any("煤场已清空" in label.text() for label in labels), "the record panel says what was found"
