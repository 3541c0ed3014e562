"""The table of the boiler's life: whole, and read by an engine that names everything that is missing."""

from __future__ import annotations

import pytest
from shapely.geometry import Point, box

from app.domain.changes import Actor
from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import CHECKLISTS, GROUP_OF_STATE, STATES, STATUS_GROUPS
from app.domain.entities.papers import EVIDENCE_KINDS, Approval, Attachment
from app.domain.entities.people import ROLES
from app.domain.policy import Policy
from app.domain.workflow import Case, fingerprint, judge, refuse
from app.domain.workflows.boiler import BOILER
from app.errors import NotAllowed, Refused

CONTRACT = (
    "register exclude plan start seal recheck apply town_check county_accept chief_sign notice clear "
    "return look_back rebound confirm_rebound restart retain"
).split()


def test_the_table_has_every_step_of_the_contract_and_no_other() -> None:
    assert sorted(BOILER.actions) == sorted(CONTRACT)


def test_every_word_in_the_table_exists() -> None:
    for row in BOILER.transitions:
        assert {*row.source, row.target} <= set(STATES.codes), row.action
        assert set(row.evidence) <= set(EVIDENCE_KINDS.codes), row.action
        assert row.owns <= set(Boiler.TYPE.fields), row.action
        assert {role for roles in row.signers for role in roles} <= set(ROLES.codes) - {"R0"}, row.action


def test_every_state_can_be_reached_and_belongs_to_a_group() -> None:
    assert {row.target for row in BOILER.transitions} | {"suspect"} == set(STATES.codes)
    assert set(GROUP_OF_STATE) == set(STATES.codes)
    assert set(GROUP_OF_STATE.values()) == set(STATUS_GROUPS.codes)


def test_no_step_and_state_meet_in_two_rows() -> None:
    pairs = [(row.action, state) for row in BOILER.transitions for state in row.source]
    assert len(pairs) == len(set(pairs))


def _boiler(**values: object) -> Boiler:
    return Boiler(uid="b", ledger_no="PL-1", geometry=Point(106.66, 35.54), **values)  # type: ignore[arg-type]


def _case(record: Boiler, role: str, **more: object) -> Case:
    actor = Actor("me", "张三", role, "甲单位", "620802")
    return Case(record=record, actor=actor, policy=Policy(), today="2026-11-23", **more)  # type: ignore[arg-type]


def _paper(kind: str, **values: object) -> Attachment:
    return Attachment(  # type: ignore[call-arg]
        uid=kind, owner_entity="boiler", owner="b", kind=kind, file_name="f", sha256=kind, size=1,
        added_by="x", added_at="2026-11-23T01:00:00.000Z", **values,  # type: ignore[arg-type]
    )  # fmt: skip


def _signature(record: Boiler, action: str, person: str, org: str) -> Approval:
    return Approval(
        uid=f"{action}{person}", owner_entity="boiler", owner="b", action=action,
        person=person, person_name=person,
        role="R3", org=org, fingerprint=fingerprint(record, ()), signed_at="2026-11-23T01:00:00.000Z",
    )  # fmt: skip


def _codes(record: Boiler, action: str, role: str, **more: object) -> set[str]:
    row = BOILER.step(action, record.status)
    return {lack.code for lack in judge(BOILER, row, _case(record, role, **more)).lacks}


def test_everything_that_is_missing_is_named_at_once() -> None:
    row = BOILER.step("apply", "in_progress")
    found = judge(BOILER, row, _case(_boiler(status="in_progress", pressurized=True), "R2"))
    missing = {lack.values.get("evidence") for lack in found.lacks}
    assert missing == {
        "application_form", "identity_copy", "photo_before", "photo_during", "photo_after", "dereg_cert",
    }  # fmt: skip


def test_the_wrong_role_is_not_allowed_and_the_wrong_state_is_refused() -> None:
    row = BOILER.step("clear", "notice")
    ready = _boiler(status="notice", notice_from="2026-11-02")
    assert isinstance(refuse(judge(BOILER, row, _case(ready, "R1"))), NotAllowed)
    early = _boiler(status="applied")
    assert isinstance(refuse(judge(BOILER, row, _case(early, "R6"))), Refused)


def test_the_second_acceptance_needs_another_person_of_another_unit() -> None:
    record = _boiler(status="town_ok", end_state="A", end_checks=CHECKLISTS["A"])
    papers = (_paper("acceptance_form"),)
    for person, org, code in (("me", "甲单位", "same_person"), ("other", "甲单位", "same_unit")):
        given = (_signature(record, "county_accept", person, org),)
        assert _codes(record, "county_accept", "R3", approvals=given, attachments=papers) == {code}
    given = (_signature(record, "county_accept", "other", "乙单位"),)
    assert _codes(record, "county_accept", "R3", approvals=given, attachments=papers) == set()


def test_a_signature_is_void_when_the_record_has_changed() -> None:
    record = _boiler(status="town_ok", end_state="A", end_checks=CHECKLISTS["A"], rated_tph=4.0)
    given = (_signature(record, "county_accept", "a", "甲"), _signature(record, "county_accept", "b", "乙"))
    assert _codes(record, "chief_sign", "R4", approvals=given) == set()
    assert _codes(record.replace(rated_tph=2.0), "chief_sign", "R4", approvals=given) == {"void"}


@pytest.mark.parametrize(
    ("x", "taken", "reason", "codes"),
    [
        (106.66, "2026-11-23T02:00:00.000Z", "", set()),
        (106.67, "2026-11-23T02:00:00.000Z", "", {"distance"}),
        (106.66, "2026-11-20T02:00:00.000Z", "", {"dates"}),
        (
            106.66,
            "2026-11-22T16:30:00.000Z",
            "",
            set(),
        ),  # half past midnight of the 23rd in the bureau's time
        (None, None, "", {"unproven"}),
        (None, None, "门牌与台账一致", set()),
    ],
)
def test_the_photo_on_site_is_near_and_of_the_day(
    x: float | None, taken: str | None, reason: str, codes: set[str]
) -> None:
    photo = _paper("site_photo", photo_x=x, photo_y=None if x is None else 35.54, taken_at=taken)
    assert _codes(_boiler(status="applied"), "town_check", "R2", attachments=(photo,), reason=reason) == codes


@pytest.mark.parametrize(
    "place", [Point(), Point(float("nan"), 35.5), Point(float("inf"), 35.5), box(106, 35, 107, 36)], ids=str
)
def test_no_photo_is_near_a_position_that_is_none(place: object) -> None:
    """Another program can write such shapes into the file."""
    photo = _paper("site_photo", photo_x=106.66, photo_y=35.54, taken_at="2026-11-23T02:00:00.000Z")
    boiler = _boiler(status="applied").replace(geometry=place)
    assert _codes(boiler, "town_check", "R2", attachments=(photo,)) == {"distance"}


def test_the_fingerprint_minds_the_record_and_not_the_steps_notes() -> None:
    record = _boiler(status="town_ok", rated_tph=4.0)
    seen = fingerprint(record, ())
    assert fingerprint(record.replace(status="county_ok", accepted_on="2026-11-23"), ()) == seen
    assert fingerprint(record.replace(geometry=Point(106.7, 35.5)), ()) != seen
    assert fingerprint(record, (_paper("photo_after"),)) != seen
    assert fingerprint(record, (_paper("notice_proof"),)) == seen
