"""Signing in without a network: as long as the hub's grant lives, by a clock that cannot be turned back."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from actions.office import PIN
from app.actions.people import add_user, disable_user, people_here, sign_in
from app.errors import NotAllowed
from app.sync.state import keep_grants
from sync.lan import COUNTY, TOWN, Lan, Laptop


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
    assert "2026-12-23" in ended.value.message and "2026-12-24 10:00" in ended.value.hint
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


def _set_back_each_day(lan: Lan, town: Laptop, days: int) -> list[bool]:
    """Whether somebody signs in, each morning by a clock that is set back to the first day."""
    first, let_in = lan.clock(), []
    for day in range(days):
        lan.clock.forward(days=1)
        town.session.now = lambda: first
        let_in.append(False)
        with suppress(NotAllowed):
            sign_in(town.session, "inspector", PIN)
            let_in[-1] = True
        if not let_in[-1]:
            continue
        town.session.now = lan.clock
        town.enter("inspector", f"T-{day}", address=f"东街{day}号", user_org=f"单位{day}")
    return let_in


def test_a_clock_that_is_set_back_each_day_keeps_no_grant_alive(lan: Lan) -> None:
    """What was written by day is later than what the clock says the next morning."""
    town = lan.laptop(TOWN, "R2")
    let_in = _set_back_each_day(lan, town, 33)
    assert let_in == [True] * 30 + [False] * 3
    town.session.now = lan.clock
    town.sync()
    assert sign_in(town.session, "inspector", PIN).role == "R1"


def test_who_only_tried_to_sign_in_gains_nothing_by_setting_the_clock_back(lan: Lan) -> None:
    town = lan.laptop(TOWN, "R2")
    lan.clock.forward(days=31)
    with pytest.raises(NotAllowed):
        sign_in(town.session, "inspector", PIN)
    lan.clock.forward(days=-30)
    town.reopen()
    with pytest.raises(NotAllowed) as ended:
        sign_in(town.session, "inspector", PIN)
    assert ended.value.code == "grant_expired"
    town.sync()
    assert sign_in(town.session, "inspector", PIN).role == "R1"


def test_a_clock_that_was_years_ahead_once_locks_nobody_out_for_good(lan: Lan) -> None:
    """Somebody worked by it and had it put right: the next round ends it, and it never comes back."""
    town = lan.laptop(TOWN, "R2")
    sign_in(town.session, "inspector", PIN)
    town.session.now = lambda: lan.clock() + timedelta(days=5000)
    town.enter("inspector", "T-1")
    town.session.now = lan.clock
    with pytest.raises(NotAllowed):
        sign_in(town.session, "inspector", PIN)
    assert town.sync().agrees
    assert sign_in(town.session, "inspector", PIN).role == "R1"
    town.edit("inspector", "T-1", note="by the right clock")
    lan.clock.forward(days=29)
    assert sign_in(town.session, "inspector", PIN).role == "R1"
    lan.clock.forward(days=2)
    with pytest.raises(NotAllowed):
        sign_in(town.session, "inspector", PIN)


def test_newer_grants_end_it_too(lan: Lan) -> None:
    """As a bundle brings them to a laptop that never meets the hub."""
    town = lan.laptop(TOWN, "R2")
    town.session.now = lambda: lan.clock() + timedelta(days=5000)
    with pytest.raises(NotAllowed):
        sign_in(town.session, "inspector", PIN)
    town.session.now = lan.clock
    with pytest.raises(NotAllowed):
        sign_in(town.session, "inspector", PIN)
    same = lan.hub.policy(town.device, lan.clock() - timedelta(days=1))
    keep_grants(town.session.workspace, same)
    with pytest.raises(NotAllowed):
        sign_in(town.session, "inspector", PIN)
    lan.clock.forward(hours=2)
    keep_grants(town.session.workspace, lan.hub.policy(town.device, lan.clock()))
    assert sign_in(town.session, "inspector", PIN).role == "R1"


def test_what_a_hub_says_now_counts_more_than_what_it_said_by_a_clock_that_ran_ahead(lan: Lan) -> None:
    """Nobody who was added and no PIN that was given later came to laptops that had synced meanwhile."""
    county, founder = lan.laptop(COUNTY, "R4"), lan.laptops[0]
    right = lan.clock.now
    lan.clock.forward(days=18000)
    county.sync()
    lan.clock.now = right
    add_user(founder.as_("admin"), "newcomer", role="R3", org="崆峒分局", area=COUNTY, pin=PIN)
    founder.sync()
    assert county.sync().agrees
    assert sign_in(county.session, "newcomer", PIN).name == "newcomer"
    assert county.replica.facts().hub_time_ms < (right.timestamp() + 3600) * 1000
    lan.clock.forward(days=31)
    with pytest.raises(NotAllowed):
        sign_in(county.session, "clerk", PIN)


def test_a_hub_whose_clock_stands_in_another_century_keeps_nobody_out(lan: Lan) -> None:
    """Its battery is empty: who synced every day could not sign in any more after a month."""
    town = lan.laptop(TOWN, "R2")
    begun = lan.clock.now
    for days in (1, 40):
        lan.clock.now = begun.replace(year=2000) + timedelta(days=days)
        town.session.now = lambda days=days: begun + timedelta(days=days)
        assert town.sync().agrees
        assert sign_in(town.session, "inspector", PIN).role == "R1"
