"""Signing in without a network: as long as the hub's grant lives, by a clock that cannot be turned back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.office import PIN
from app.actions.people import add_user, disable_user, people_here, sign_in
from app.errors import NotAllowed
from sync.lan import COUNTY, TOWN, Lan


def test_the_people_of_the_laptops_own_area_stand_first_and_who_may_not_work_on_it_last(lan: Lan) -> None:
    county = lan.laptop(COUNTY, "R4")
    logins = [person.login for person in people_here(county.session)]
    assert logins[:5] == ["clerk", "clerk2", "clerk3", "registrar", "chief"]
    assert set(logins[-3:]) == {"city", "leader", "admin"}
    assert logins.index("inspector") < logins.index("city")


def test_a_month_and_no_longer(lan: Lan) -> None:
    town = lan.laptop(TOWN, "R2")
    assert sign_in(town.session, "inspector", PIN).role == "R1"
    lan.clock.forward(days=29)
    assert sign_in(town.session, "inspector", PIN).role == "R1"
    lan.clock.forward(days=2)
    with pytest.raises(NotAllowed) as ended:
        sign_in(town.session, "inspector", PIN)
    assert ended.value.code == "grant_expired"
    assert "2026-12-23" in ended.value.message and ended.value.hint
    town.sync()
    assert sign_in(town.session, "inspector", PIN).role == "R1"


def test_a_clock_turned_back_is_no_help(lan: Lan) -> None:
    town = lan.laptop(TOWN, "R2")
    lan.clock.forward(days=40)
    other = lan.laptop(TOWN, "R2")
    other.sync()
    facts = town.replica.facts()
    town.replica.set_facts(hub_time_ms=facts.hub_time_ms + 40 * 24 * 3600 * 1000)
    lan.clock.forward(days=-40)
    with pytest.raises(NotAllowed) as ended:
        sign_in(town.session, "inspector", PIN)
    assert ended.value.code == "grant_expired"


def test_a_clock_that_runs_ahead_keeps_nobody_out_who_has_synced(lan: Lan) -> None:
    town, ahead = lan.laptop(TOWN, "R2"), timedelta(days=200)
    town.session.now = lambda: lan.clock() + ahead
    with pytest.raises(NotAllowed) as ended:
        sign_in(town.session, "inspector", PIN)
    assert ended.value.code == "grant_expired"
    town.sync()
    assert sign_in(town.session, "inspector", PIN).role == "R1"
    lan.clock.forward(days=29)
    assert sign_in(town.session, "inspector", PIN).role == "R1"
    lan.clock.forward(days=2)
    with pytest.raises(NotAllowed):
        sign_in(town.session, "inspector", PIN)


def test_a_clock_put_right_after_it_ran_ahead_gains_nothing(lan: Lan) -> None:
    town = lan.laptop(TOWN, "R2")
    town.session.now = lambda: lan.clock() + timedelta(days=200)
    town.sync()
    town.session.now = lan.clock
    assert sign_in(town.session, "inspector", PIN).role == "R1"
    lan.clock.forward(days=31)
    with pytest.raises(NotAllowed):
        sign_in(town.session, "inspector", PIN)
    town.sync()
    assert sign_in(town.session, "inspector", PIN).role == "R1"


def test_a_higher_role_and_a_disabled_person(lan: Lan) -> None:
    town = lan.laptop(TOWN, "R2")
    with pytest.raises(NotAllowed) as high:
        sign_in(town.session, "admin", PIN)
    assert high.value.code == "device_role"
    founder = lan.laptops[0]
    disable_user(founder.as_("admin"), "inspector")
    founder.sync()
    town.sync()
    with pytest.raises(NotAllowed) as disabled:
        sign_in(town.session, "inspector", PIN)
    assert disabled.value.code == "disabled"


def test_somebody_new_signs_in_after_the_next_round(lan: Lan) -> None:
    county, founder = lan.laptop(COUNTY, "R4"), lan.laptops[0]
    add_user(founder.as_("admin"), "newcomer", role="R3", org="崆峒分局", area=COUNTY, pin=PIN)
    founder.sync()
    county.sync()
    assert sign_in(county.session, "newcomer", PIN).name == "newcomer"
