"""Every step at every state by every role: what the rules do not allow is refused, with its reason.

`RULES` is written from the design's table of the boiler's life, not from the program's: both must agree.
"""

from __future__ import annotations

import pytest

from actions.office import Office
from app.actions.steps import do_step, next_steps
from app.domain.changes import update
from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import STATES
from app.domain.entities.people import ROLES
from app.errors import AppError, NotAllowed, Refused

ANYONE = "R1 R2 R3 R4 R5 R6"
RULES: dict[str, dict[str, str]] = {  # step: state it starts at: roles of the first signature
    "register": {"suspect": "R3"},
    "exclude": {"suspect": "R3"},
    "plan": {"registered": "R3"},
    "start": {"planned": "R2 R3"},
    "seal": {"in_progress": "R3"},
    "recheck": {"sealed": "R2 R3"},
    "apply": {"in_progress": "R2", "returned": "R2"},
    "town_check": {"applied": "R2"},
    "county_accept": {"town_ok": "R3"},
    "chief_sign": {"town_ok": "R4"},
    "notice": {"county_ok": "R5"},
    "clear": {"notice": "R6"},
    "return": {"applied": "R2 R3", "town_ok": "R3 R4", "county_ok": "R5 R6", "notice": "R5 R6"},
    "look_back": {"cleared": "R5 R6"},
    "rebound": {"cleared": ANYONE},
    "confirm_rebound": {"cleared": "R5 R6"},
    "restart": {"rebound": "R3", "sealed": "R3"},
    "retain": {"planned": "R5"},
}
SECOND = {"exclude": "R4", "plan": "R4", "county_accept": "R3", "retain": "R6"}  # who signs last of two
PLAN = {"treatment": "dismantle", "due_date": "2026-12-31", "resp_org": "柳湖镇政府"}
BY_ROLE = {
    "R0": "keeper",
    "R1": "inspector",
    "R2": "officer",
    "R3": "clerk",
    "R4": "chief",
    "R5": "city",
    "R6": "leader",
}


def _as(office: Office, role: str) -> None:
    who = office.as_("admin" if role == "R0" else BY_ROLE[role])
    assert who.role == role


def _at(office: Office, state: str) -> Boiler:
    """A boiler that stands at a state, however it came there."""
    boiler = office.enter(ledger_no=f"KT-{state}")
    office.as_("city")
    change = update(boiler, status=state)
    if change is not None:
        office.session.commit([change], "import", "试验")
    return office.boiler(boiler.ledger_no)


@pytest.mark.parametrize("state", STATES.codes)
def test_every_forbidden_step_by_every_role_is_refused_with_its_reason(office: Office, state: str) -> None:
    boiler = _at(office, state)
    for role in ROLES.codes:
        _as(office, role)
        length = office.journal_length()
        offered = {step.action for step in next_steps(office.session, boiler) if step.for_me}
        permitted = {step for step, rows in RULES.items() if role in rows.get(state, "").split()}
        assert offered == permitted, role
        for step in set(RULES) - permitted:
            here = state in RULES[step]
            with pytest.raises((NotAllowed, Refused)) as refused:
                do_step(office.session, step, boiler, reason="试一试")
            _check(refused.value, step, role, here=here)
        assert office.journal_length() == length, "nothing was written"
    assert office.boiler(boiler.ledger_no) == boiler


@pytest.mark.parametrize("step", SECOND)
def test_the_second_signature_is_refused_to_every_other_role(office: Office, step: str) -> None:
    first = {
        "exclude": lambda: office.do("clerk", step, office.enter(), reason="无照", exclude_reason="absent"),
        "plan": lambda: office.do("clerk", step, _registered(office), **PLAN),
        "county_accept": lambda: office.do(
            "clerk", step, office.town_ok(), ["acceptance_form"], end_state="A"
        ),
        "retain": lambda: office.do("city", step, office.planned(), ["monitoring_report"]),
    }
    signed = first[step]()
    assert not signed.completed
    length = office.journal_length()
    for role in ROLES.codes:
        if role == SECOND[step]:
            continue
        _as(office, role)
        with pytest.raises(NotAllowed) as refused:
            do_step(office.session, step, office.boiler(), reason="试一试")
        _check(refused.value, step, role, here=True)
    assert office.journal_length() == length, "nothing was written"
    assert str(office.boiler().status) == signed.state


def _registered(office: Office) -> Boiler:
    boiler = office.enter()
    office.do("registrar", "register", boiler, ["nameplate"])
    return boiler


def _check(refusal: AppError, step: str, role: str, *, here: bool) -> None:
    """The refusal names what is wrong, all of it, in words."""
    anywhere = {name for roles in RULES[step].values() for name in roles.split()}
    told = {str(item["code"]): str(item["why"]) for item in refusal.details if isinstance(item, dict)}
    assert refusal.message
    assert refusal.hint
    assert all(told.values())
    if not here:
        assert "wrong_state" in told, step
    if here or role not in anywhere:
        assert "role" in told, step
        assert isinstance(refusal, NotAllowed)
        assert refusal.code == "role"
    if here:
        assert "wrong_state" not in told


def test_nobody_and_strangers_take_no_step_at_all(office: Office) -> None:
    boiler = _at(office, "cleared")
    office.as_("stranger")  # 静宁县's staff before a boiler of 崆峒区
    for step in RULES:
        with pytest.raises(NotAllowed):
            do_step(office.session, step, boiler, reason="试一试")
    office.session.actor = None
    for step in RULES:
        with pytest.raises(NotAllowed):
            do_step(office.session, step, boiler, reason="试一试")
    assert office.boiler(boiler.ledger_no) == boiler


def test_a_step_nobody_knows_is_named(office: Office) -> None:
    boiler = _at(office, "suspect")
    with pytest.raises(Refused) as refused:
        do_step(office.session, "burn", boiler)
    assert refused.value.code == "unknown_action"
