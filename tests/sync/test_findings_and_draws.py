"""A look-back’s finding and its draw: their order is the log’s, whatever a tablet’s clock says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.actions.lookback import OPEN, REPORTED, draw_lookback, visits_of
from app.domain.entities.lookback import LookbackRound
from sync import doings
from sync.accounts import settle
from sync.planted import there
from sync.world import World


@pytest.mark.parametrize(("heard", "result"), [(True, REPORTED), (False, OPEN)])
def test_a_rebound_by_a_slow_clock_counts_for_the_draw_that_was_known(
    world: World, heard: bool, result: str
) -> None:
    city, town = world.laptops["city"], world.laptops["town_a"]
    draw_lookback(city.as_("city"), "第一轮", 100, seed="s")
    city.round()
    if heard:
        town.round()
    town.clock.off = timedelta(days=-90)
    assert doings.step(town, "officer", there(town, "A-cleared"), "rebound", reason="又见黑烟")
    town.round()
    for laptop in (city, town):
        laptop.round()
        [made] = laptop.workspace.find(LookbackRound)
        found = {visit.boiler.ledger_no: visit.result for visit in visits_of(laptop.session, made)}
        assert found["A-cleared"] == result, laptop.name
    settle(world)


def test_a_visit_by_a_slow_clock_stays_with_its_round(world: World) -> None:
    """The second round’s visit takes the place of the first one’s name on the boiler; both keep theirs."""
    city, other = world.laptops["city"], world.laptops["county"]
    city.clock.off = timedelta(days=-90)
    results = []
    for name in ("第一轮", "第二轮"):
        city.clock.off += timedelta(days=45)
        draw_lookback(city.as_("city"), name, 100, seed="s")
        city.clock.off -= timedelta(days=60)
        assert doings.step(city, "city", there(city, "A-cleared"), "look_back", lookback_round=name)
        city.round()
        other.round()
        rounds = other.workspace.find(LookbackRound, order="drawn_at")
        visits = [visits_of(other.session, made) for made in rounds]
        results.append([v.result for each in visits for v in each if v.boiler.ledger_no == "A-cleared"])
    assert [made.name for made in rounds] == ["第一轮", "第二轮"]
    assert results == [["good"], ["good", "good"]]
    settle(world)
