"""The life of a boiler, told by the people who live it."""

from __future__ import annotations

import pytest

from actions.office import APPLICATION, Office
from app.actions.counts import freeze_baseline, headline
from app.actions.history import history
from app.actions.records import show_record
from app.domain.changes import update
from app.errors import AppError, Refused


def test_a_boiler_from_suspect_to_cleared_by_the_right_people(office: Office) -> None:
    boiler = office.enter(by="inspector")
    assert boiler.status == "suspect"
    assert office.do("registrar", "register", boiler, ["nameplate"]).state == "registered"

    first = office.do(
        "registrar", "plan", boiler, treatment="dismantle", due_date="2026-12-31", resp_org="柳湖镇"
    )
    assert (first.completed, first.state) == (False, "registered")
    assert office.do("chief", "plan", boiler).state == "planned"

    assert office.do("officer", "start", boiler, ["photo_before"]).state == "in_progress"
    assert office.do("officer", "apply", boiler, APPLICATION).state == "applied"
    assert office.boiler().applied_on == "2026-11-23"
    assert office.do("officer2", "town_check", boiler, [office.site_photo(60)]).state == "town_ok"

    one = office.do("clerk", "county_accept", boiler, ["acceptance_form"], end_state="A")
    assert (one.completed, one.state) == (False, "town_ok")
    assert office.do("clerk2", "county_accept", boiler).completed
    assert office.do("chief", "chief_sign", boiler).state == "county_ok"

    assert office.do("city", "notice", boiler).state == "notice"
    assert (office.boiler().notice_from, office.boiler().notice_to) == ("2026-11-23", "2026-11-30")
    office.clock.forward(days=8)
    assert office.do("leader", "clear", boiler).state == "cleared"
    assert office.boiler().cleared_on == "2026-12-01"


def test_the_history_names_every_person_and_step(office: Office) -> None:
    boiler = office.cleared()
    entries = history(office.session, "boiler", boiler.ledger_no)
    steps = [(entry.action, entry.person) for entry in reversed(entries)]
    assert steps == [
        ("add", "registrar"),
        ("register", "registrar"),
        ("plan", "registrar"),
        ("plan", "chief"),
        ("start", "officer"),
        ("apply", "officer"),
        ("town_check", "officer2"),
        ("county_accept", "clerk"),
        ("county_accept", "clerk2"),
        ("chief_sign", "chief"),
        ("notice", "city"),
        ("clear", "leader"),
    ]
    assert all(entry.device and entry.at for entry in entries)


def test_a_rebound_begins_a_new_round_and_keeps_the_old_one(office: Office) -> None:
    boiler = office.cleared()
    reported = office.do("inspector", "rebound", boiler, ["rebound_photo"], reason="夜间冒黑烟")
    assert reported.state == "cleared"
    assert office.boiler().rebound_reported
    assert office.do("city", "confirm_rebound", boiler, rebound_reason="relit").state == "rebound"
    after = office.boiler()
    assert (after.round_no, after.cleared_on, after.end_state, after.accepted_on) == (2, None, None, None)
    signed = {
        item.approval.person_name for item in show_record(office.session, "boiler", boiler.uid).signatures
    }
    assert {"clerk", "clerk2", "chief", "leader"} <= signed
    rebound = show_record(office.session, "boiler", boiler.uid).rebound
    assert rebound is not None
    assert (rebound.round_no, rebound.reason) == (1, "relit")
    assert [item.person_name for item in rebound.accepted] == ["clerk", "clerk2", "chief", "leader"]
    assert rebound.reported is not None
    assert rebound.reported.person_name == "inspector"
    assert all(name in rebound.text for name in ("复燃", "inspector", "clerk2", "崆峒区市场监督管理局"))


def test_the_cleared_count_falls_on_the_day_of_the_rebound(office: Office) -> None:
    boiler = office.cleared()
    office.as_("city")
    freeze_baseline(office.session, "底册", "文")
    assert headline(office.session).sum.cleared.units == 1
    office.do("inspector", "rebound", boiler, ["rebound_photo"], reason="复燃")
    office.do("city", "confirm_rebound", boiler, rebound_reason="relit")
    after = headline(office.session).sum
    assert (after.cleared.units, after.groups["rebound"].units, after.baseline.units) == (0, 1, 1)


def test_a_rebound_nobody_reported_cannot_be_confirmed(office: Office) -> None:
    boiler = office.cleared()
    with pytest.raises(Refused) as refused:
        office.do("city", "confirm_rebound", boiler, rebound_reason="relit")
    assert refused.value.code == "unreported"


def test_treating_again_needs_a_due_date_ahead_and_fresh_papers(office: Office) -> None:
    boiler = office.cleared()
    office.do("inspector", "rebound", boiler, ["rebound_photo"], reason="复燃")
    office.do("leader", "confirm_rebound", boiler, rebound_reason="relit")
    with pytest.raises(Refused, match="新的完成时限"):
        office.do("registrar", "restart", boiler, due_date="2026-11-01")
    assert office.do("registrar", "restart", boiler, due_date="2027-03-31").state == "in_progress"
    with pytest.raises(Refused) as refused:
        office.do("officer", "apply", boiler)
    named = {detail["code"] for detail in refused.value.details}
    assert named == {"evidence"}
    assert len(refused.value.details) == len(APPLICATION)  # the papers of round 1 do not count again


def test_the_second_round_can_be_cleared_by_the_same_people(office: Office) -> None:
    boiler = office.cleared()
    office.do("inspector", "rebound", boiler, ["rebound_photo"], reason="复燃")
    office.do("city", "confirm_rebound", boiler, rebound_reason="relit")
    office.do("registrar", "restart", boiler, due_date="2027-03-31")
    office.do("officer", "apply", boiler, APPLICATION)
    office.do("officer2", "town_check", boiler, [office.site_photo()])
    office.do("clerk", "county_accept", boiler, ["acceptance_form"], end_state="B")
    office.do("clerk2", "county_accept", boiler)
    office.do("chief", "chief_sign", boiler)
    office.do("city", "notice", boiler)
    office.clock.forward(days=9)
    assert office.do("leader", "clear", boiler).state == "cleared"
    assert office.boiler().round_no == 2


def test_a_sealed_boiler_is_not_cleared_and_is_checked_before_the_next_heating_season(office: Office) -> None:
    boiler = office.in_progress()
    done = office.do("registrar", "seal", boiler, ["seal_photo"], seal_no="封-17")
    assert done.state == "sealed"
    assert (office.boiler().seal_no, office.boiler().sealed_until) == ("封-17", "2027-11-01")
    with pytest.raises(AppError) as refused:
        office.do("leader", "clear", boiler)
    assert refused.value.code == "wrong_state"
    assert office.do("registrar", "restart", boiler, due_date="2027-06-30").state == "in_progress"
    assert (office.boiler().seal_no, office.boiler().sealed_until) == (None, None)


def test_looking_back_stamps_the_day_and_stays_cleared(office: Office) -> None:
    boiler = office.cleared()
    done = office.do("city", "look_back", boiler, ["lookback_photo"], lookback_round="2026-1")
    assert done.state == "cleared"
    assert (office.boiler().looked_back_on, office.boiler().lookback_round) == ("2026-12-01", "2026-1")


def test_a_large_boiler_is_retained_by_two_signatures_of_the_city(office: Office) -> None:
    boiler = office.planned(rated_tph=20.0)
    first = office.do("city", "retain", boiler, ["monitoring_report"])
    assert (first.completed, first.state) == (False, "planned")
    assert office.do("leader", "retain", boiler).state == "retained"


def test_excluding_takes_a_reason_of_the_list_and_the_chief(office: Office) -> None:
    boiler = office.enter()
    office.do("registrar", "exclude", boiler, exclude_reason="not_coal", reason="现场为燃气锅炉")
    assert office.boiler().status == "suspect"
    assert office.do("chief", "exclude", boiler, reason="同意").state == "excluded"


@pytest.mark.parametrize(
    ("reach", "by"),
    [("applied", "clerk"), ("town_ok", "chief"), ("county_ok", "city"), ("county_ok", "leader")],
)
def test_sending_back_names_the_reason_and_the_clock_runs_on(office: Office, reach: str, by: str) -> None:
    boiler = getattr(office, reach)()
    assert office.do(by, "return", boiler, reason="照片看不清").state == "returned"
    assert office.boiler().return_reason == "照片看不清"
    assert office.boiler().due_date == "2026-12-31"
    assert office.do("officer", "apply", boiler, APPLICATION).state == "applied"
    assert office.boiler().return_reason is None


def test_nothing_is_sent_back_without_a_reason(office: Office) -> None:
    boiler = office.applied()
    with pytest.raises(Refused) as refused:
        office.do("clerk", "return", boiler, reason="  ")
    assert refused.value.code == "reason"
    assert office.boiler().status == "applied"


def test_after_being_sent_back_every_signature_is_given_anew(office: Office) -> None:
    boiler = office.county_ok()
    office.do("city", "return", boiler, reason="缺少注销证明")
    office.do("officer", "apply", boiler)
    office.do("officer2", "town_check", boiler, [office.site_photo()])
    with pytest.raises(Refused) as refused:
        office.do("chief", "chief_sign", boiler)
    assert refused.value.code == "signatures"


def test_a_boiler_cleared_here_has_a_whole_dossier(office: Office) -> None:
    boiler = office.cleared()
    assert show_record(office.session, "boiler", boiler.ledger_no).dossier_lacks == ()


def test_a_boiler_moved_in_as_cleared_says_what_its_dossier_lacks(office: Office) -> None:
    boiler = office.enter(by="inspector")
    office.as_("city")
    claimed = update(boiler, status="cleared", origin="migrated", pressurized=True)
    office.session.commit([claimed], "import", "平环发〔2026〕1号")
    lacks = show_record(office.session, "boiler", boiler.ledger_no).dossier_lacks
    assert {lack.values["evidence"] for lack in lacks} == {
        "photo_before", "photo_during", "photo_after", "application_form", "identity_copy", "dereg_cert",
        "site_photo", "acceptance_form",
    }  # fmt: skip
