"""Who may approve what: two people of two units, nobody their own entry, and void when the record changed."""

from __future__ import annotations

import pytest
from shapely.geometry import Point

from actions.office import APPLICATION, Office
from app.actions.evidence import add_evidence
from app.actions.history import undo
from app.actions.records import edit_record, show_record
from app.domain.entities.boiler import Boiler
from app.domain.entities.papers import Approval
from app.domain.filters import equal
from app.domain.values import as_datetime, bureau_day
from app.errors import AppError, NotAllowed, Refused


def _accepted(office: Office, boiler: Boiler) -> list[bool]:
    view = show_record(office.session, "boiler", boiler.uid)
    return [item.valid for item in view.signatures if item.approval.action == "county_accept"]


def test_one_clerk_alone_cannot_finish_a_county_acceptance(office: Office) -> None:
    boiler = office.town_ok()
    office.do("clerk", "county_accept", boiler, ["acceptance_form"], end_state="A")
    with pytest.raises(NotAllowed) as refused:
        office.do("clerk", "county_accept", boiler)
    assert refused.value.code == "same_person"
    with pytest.raises(Refused) as not_yet:
        office.do("chief", "chief_sign", boiler)
    assert not_yet.value.code == "signatures"
    assert office.boiler().status == "town_ok"


def test_two_people_of_one_unit_are_not_enough(office: Office) -> None:
    boiler = office.town_ok()
    office.do("clerk", "county_accept", boiler, ["acceptance_form"], end_state="A")
    with pytest.raises(NotAllowed) as refused:
        office.do("clerk3", "county_accept", boiler)
    assert refused.value.code == "same_unit"
    assert len(_accepted(office, boiler)) == 1


def test_a_third_acceptance_is_not_taken(office: Office) -> None:
    boiler = office.town_ok()
    office.do("clerk", "county_accept", boiler, ["acceptance_form"], end_state="A")
    office.do("clerk2", "county_accept", boiler)
    with pytest.raises(AppError):
        office.do("clerk3", "county_accept", boiler)
    assert len(_accepted(office, boiler)) == 2


@pytest.mark.parametrize(
    "change",
    [{"rated_tph": 4.0}, {"user_org": "崆峒区第二小学"}, {"address": "柳湖镇西大街2号"}, {"fuel": "gas"}],
)
def test_an_acceptance_is_void_once_the_record_has_changed(office: Office, change: dict[str, object]) -> None:
    boiler = office.town_ok()
    office.do("clerk", "county_accept", boiler, ["acceptance_form"], end_state="A")
    office.do("clerk2", "county_accept", boiler)
    assert _accepted(office, boiler) == [True, True]
    office.edit("registrar", boiler, change, "更正")
    assert _accepted(office, boiler) == [False, False]
    with pytest.raises(Refused) as refused:
        office.do("chief", "chief_sign", boiler)
    assert refused.value.code == "void"
    assert "clerk" in refused.value.message
    assert "clerk2" in refused.value.message


def test_a_moved_boiler_voids_the_acceptance_too(office: Office) -> None:
    boiler = office.town_ok()
    office.do("clerk", "county_accept", boiler, ["acceptance_form"], end_state="A")
    office.as_("registrar")
    edit_record(office.session, office.boiler(), {}, geometry=Point(106.69, 35.55), reason="重新定位")
    assert _accepted(office, boiler) == [False]


def test_a_paper_put_under_an_acceptance_voids_it(office: Office) -> None:
    boiler = office.town_ok()
    office.do("clerk", "county_accept", boiler, ["acceptance_form"], end_state="A")
    office.as_("registrar")
    add_evidence(office.session, office.boiler(), [office.file("photo_after")])
    assert _accepted(office, boiler) == [False]


def test_the_next_step_itself_voids_nothing(office: Office) -> None:
    boiler = office.county_ok()
    office.do("city", "notice", boiler)
    view = show_record(office.session, "boiler", boiler.uid)
    assert all(item.valid for item in view.signatures)


def test_a_void_acceptance_can_be_given_again(office: Office) -> None:
    boiler = office.town_ok()
    office.do("clerk", "county_accept", boiler, ["acceptance_form"], end_state="A")
    office.edit("registrar", boiler, {"rated_tph": 4.0}, "铭牌为4蒸吨")
    office.do("clerk", "county_accept", boiler)
    office.do("clerk2", "county_accept", boiler)
    assert office.do("chief", "chief_sign", boiler).state == "county_ok"


def test_what_was_accepted_and_then_changed_is_neither_announced_nor_cleared(office: Office) -> None:
    boiler = office.county_ok()
    office.edit("registrar", boiler, {"user_org": "另一家单位"}, "更名")
    with pytest.raises(Refused) as refused:
        office.do("city", "notice", boiler)
    assert refused.value.code == "void"


def test_a_change_during_the_notice_keeps_it_from_being_cleared(office: Office) -> None:
    boiler = office.county_ok()
    office.do("city", "notice", boiler)
    office.edit("registrar", boiler, {"rated_tph": 1.0}, "更正")
    office.clock.forward(days=9)
    with pytest.raises(Refused) as refused:
        office.do("leader", "clear", boiler)
    assert refused.value.code == "void"
    assert office.boiler().status == "notice"


def test_nobody_accepts_what_they_entered(office: Office) -> None:
    boiler = office.town_ok(by="clerk")
    with pytest.raises(NotAllowed) as refused:
        office.do("clerk", "county_accept", boiler, ["acceptance_form"], end_state="A")
    assert refused.value.code == "own_entry"


def test_nobody_accepts_what_they_edited(office: Office) -> None:
    boiler = office.town_ok()
    office.edit("clerk", boiler, {"rated_tph": 4.0}, "更正")
    assert "own_entry" in office.lacks("clerk", "county_accept", boiler)
    assert "own_entry" not in office.lacks("clerk2", "county_accept", boiler)


def test_nobody_slips_an_edit_into_their_own_acceptance(office: Office) -> None:
    boiler = office.town_ok()
    with pytest.raises(AppError):
        office.do("clerk", "county_accept", boiler, ["acceptance_form"], end_state="A", rated_tph="0.5")
    assert office.boiler().rated_tph == 2.0


def test_the_applicant_does_not_check_on_site(office: Office) -> None:
    boiler = office.applied()
    with pytest.raises(NotAllowed) as refused:
        office.do("officer", "town_check", boiler, [office.site_photo()])
    assert refused.value.code == "own_step"
    assert office.do("officer2", "town_check", boiler, [office.site_photo()]).state == "town_ok"


def test_an_editor_who_undid_their_edit_is_still_an_editor(office: Office) -> None:
    boiler = office.town_ok()
    office.edit("clerk", boiler, {"rated_tph": 4.0})
    office.as_("clerk")
    undo(office.session)
    assert office.boiler().rated_tph == 2.0
    assert "own_entry" in office.lacks("clerk", "county_accept", boiler)


def test_an_entry_of_the_last_round_does_not_bar_anybody_in_the_next(office: Office) -> None:
    boiler = office.cleared()
    office.do("inspector", "rebound", boiler, ["rebound_photo"], reason="复燃")
    office.do("city", "confirm_rebound", boiler, rebound_reason="relit")
    office.do("clerk3", "restart", boiler, due_date="2027-03-31")
    office.do("officer", "apply", boiler, APPLICATION)
    office.do("officer2", "town_check", boiler, [office.site_photo()])
    assert "own_entry" not in office.lacks("registrar", "county_accept", boiler)


def test_the_inspector_cannot_clear(office: Office) -> None:
    boiler = office.county_ok()
    office.do("city", "notice", boiler)
    office.clock.forward(days=9)
    with pytest.raises(NotAllowed) as refused:
        office.do("inspector", "clear", boiler)
    assert refused.value.code == "role"
    assert office.boiler().status == "notice"


def test_a_signature_holds_who_signed_as_what_and_when(office: Office) -> None:
    boiler = office.town_ok()
    office.do("clerk", "county_accept", boiler, ["acceptance_form"], end_state="A", reason="炉体已移除")
    signed = show_record(office.session, "boiler", boiler.uid).signatures[-1].approval
    assert (signed.person_name, signed.role, signed.org, signed.opinion) == (
        "clerk", "R3", "市生态环境局崆峒分局", "炉体已移除",
    )  # fmt: skip
    assert signed.signed_at == "2026-11-23T02:00:00.000Z"


def test_a_laptop_whose_clock_was_set_back_signs_after_what_it_shows(office: Office) -> None:
    """By the clock the chief signed and sent back months before anybody had applied."""
    boiler = office.county_ok()
    office.clock.forward(days=-90)
    office.do("city", "return", boiler, reason="照片不清")
    signed = office.session.workspace.find(Approval, equal(owner=boiler.uid), order="signed_at")
    assert signed[-1].action == "return"
    office.do("officer", "apply", boiler)
    assert office.boiler().applied_on == bureau_day(as_datetime(signed[-2].signed_at))
