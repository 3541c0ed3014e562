"""The steps beside the main line, taken with the window's own buttons and dialogs; what it offers to whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from actions.test_every_refusal import RULES
from app.actions.people import actor_of, find_person
from app.actions.steps import next_steps
from app.domain.changes import insert
from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import STATES
from app.ui.application import Program
from app.ui.record import drafts
from app.ui.record.stepdialog import StepDialog
from builders import photo
from window_cases import WAIT_MS, choose, settle

Office = Callable[..., Program]
TOWN = "620802105"
PEOPLE = ("inspector", "officer", "clerk", "chief", "city", "leader", "admin")
SEALED = {"seal_no": "崆封-7"}

# who, the step's words, what is written in its fields, the reason, the state after it
Deed = tuple[str, str, dict[str, Any], str, str]
LIVES: dict[str, tuple[Deed, ...]] = {
    "suspect": (
        ("clerk", "排除", {"exclude_reason": "duplicate"}, "与另一台重复", "suspect"),
        ("chief", "排除", {}, "", "excluded"),
    ),
    "in_progress": (
        ("clerk", "停用封存", SEALED, "", "sealed"),
        ("officer", "复查封存", {}, "", "sealed"),
        ("clerk", "重新整治", {"due_date": "2040-10-31"}, "", "in_progress"),
    ),
    "applied": (("officer", "退回", {}, "照片看不清", "returned"),),
    "town_ok": (("chief", "退回", {}, "验收表缺页", "returned"),),
    "notice": (("leader", "退回", {}, "公示期内有异议", "returned"),),
    "cleared": (
        ("city", "回头看", {}, "", "cleared"),
        ("inspector", "上报反弹", {}, "夜间冒烟", "cleared"),
        ("leader", "确认反弹", {"rebound_reason": "relit"}, "", "rebound"),
        ("clerk", "重新整治", {"due_date": "2040-10-31"}, "", "in_progress"),
    ),
    "planned": (
        ("city", "保留提标", {}, "", "planned"),
        ("leader", "保留提标", {}, "", "retained"),
    ),
}


def _sign_in(running: Program, qtbot: QtBot, login: str) -> None:
    session = running.desk.session
    assert session is not None
    person = find_person(session, login)
    assert person is not None
    session.actor = actor_of(person)
    running.desk.actor_changed.emit()
    settle(running, qtbot)


def _made(running: Program, state: str) -> Boiler:
    session = running.desk.session
    assert session is not None
    boiler = Boiler(
        uid=session.new_uid(),
        ledger_no=f"S-{state}",
        status=state,
        div_code=TOWN,
        user_org="第二小学",
        rated_tph=40,
    )
    session.commit([insert(boiler)], "import", "试验")
    return boiler


def _take(running: Program, qtbot: QtBot, deed: Deed, picture: Path) -> None:
    _, words, values, reason, _ = deed
    record = running.window.work.record
    next(box for box in record.steps.buttons() if box.text().startswith(words)).click()
    dialog = next(box for box in running.window.findChildren(StepDialog) if box.isVisible())
    for name, value in values.items():
        dialog.form.editor(name).set_value(value)
        dialog.form.editor(name).edited.emit()
    dialog.reason.setPlainText(reason)
    for kind in dialog.missing():
        dialog.add_file(kind, picture)
    dialog.send()
    qtbot.waitUntil(lambda: not dialog.isVisible() or bool(dialog.fault()), timeout=WAIT_MS)
    assert not dialog.fault()
    settle(running, qtbot)


def test_every_step_beside_the_main_line(
    office: Office, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[str] = []
    monkeypatch.setattr(drafts, "ask", lambda _, words, *__: offered.append(words))
    running = office("city")
    boilers = {state: _made(running, state) for state in LIVES}
    settle(running, qtbot)
    for shade, (state, deeds) in enumerate(LIVES.items()):
        choose(running, qtbot, boilers[state])
        for at, deed in enumerate(deeds):
            _sign_in(running, qtbot, deed[0])
            picture = photo(tmp_path / f"{state}{at}.jpg", taken=datetime.now(UTC), shade=40 * shade + at)
            _take(running, qtbot, deed, picture)
            view = running.window.work.record.view
            assert view is not None
            assert view.state == deed[-1], deed
    taken = set("exclude seal recheck restart return look_back rebound confirm_rebound retain".split())
    session = running.desk.session
    assert session is not None
    done = {
        entry.action for item in boilers.values() for entry in session.workspace.history("boiler", item.uid)
    }
    assert taken <= done
    assert len(offered) == 1, "treating a rebound again offers the letter of supervision"


def test_nobody_is_offered_what_the_rules_forbid(office: Office, qtbot: QtBot) -> None:
    running = office("city")
    session, steps = running.desk.session, running.window.work.record.steps
    assert session is not None
    for login in PEOPLE:  # one of each role
        person = find_person(session, login)
        assert person is not None
        session.actor = actor_of(person)
        for state in STATES.codes:
            boiler = Boiler(uid=session.new_uid(), ledger_no=f"S-{state}", status=state, div_code=TOWN)
            found = next_steps(session, boiler)
            steps.show_steps(found, signed_in=True)
            permitted = {step for step, rows in RULES.items() if person.role in rows.get(state, "").split()}
            words = {step.label for step in found if step.action in permitted}
            assert {box.text().split(" (")[0] for box in steps.buttons()} == words, (login, state)
            assert all(box.toolTip() for box in steps.buttons() if not box.isEnabled()), "a grey one says why"
            assert words or steps.words(), "whose turn it is"
