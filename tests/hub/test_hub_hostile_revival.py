"""An edit brings back a record whose deletion its writer had not seen; it brings nothing else with it."""

from __future__ import annotations

from typing import Any

import pytest

from app.hub import founding
from hub.office_hub import CITY, COUNTY, TOWN, HubBench, Laptop, boiler


def deleted_unseen(bench: HubBench, by: str, **values: Any) -> tuple[Laptop, Laptop, str]:
    """Two laptops of a town that have not heard that a boiler was deleted."""
    record, now = boiler(**values), int(bench.clock.now.timestamp() * 1000)
    founding.begin(bench.hub.database, bench.hub._keys, CITY, [record], now)
    town, second, other = bench.laptop(TOWN, "R2"), bench.laptop(TOWN, "R2"), bench.laptop(CITY, "R5")
    for laptop in (town, second, other):
        laptop.pull()
    other.delete(by, record.uid)
    assert other.push().accepted == 1
    return town, second, record.uid


@pytest.mark.parametrize(
    "values", [{"status": "cleared"}, {"status": "cleared", "note": "假"}, {"round_no": 2}]
)
def test_no_state_comes_with_it(bench: HubBench, values: dict[str, Any]) -> None:
    town, honest, uid = deleted_unseen(bench, "clerk")
    town.edit("officer", uid, **values)
    town.push()
    town.pull()
    assert [item.note for item in town.answers] == ["forged_state"]
    assert bench.boiler(uid) is None
    honest.edit("officer", uid, note="还在")
    assert honest.push().merged == 1
    found = bench.boiler(uid)
    assert found is not None
    assert (found.status, found.round_no, found.note) == ("suspect", 1, "还在")
    bench.check()


def test_no_field_of_the_workflow_comes_with_it(bench: HubBench) -> None:
    town, _, uid = deleted_unseen(bench, "clerk", status="in_progress", treatment="dismantle")
    town.edit("officer", uid, treatment="coal_to_gas")
    assert town.push().rejected == 1
    assert bench.boiler(uid) is None


def test_what_was_cleared_is_brought_back_by_the_city_alone(bench: HubBench) -> None:
    town, _, uid = deleted_unseen(bench, "city", status="cleared", origin="migrated")
    county = bench.laptop(COUNTY, "R3")
    county.pull()
    county.view[TOWN] -= 1
    for laptop, who in ((town, "officer"), (county, "clerk")):
        laptop.edit(who, uid, note="假")
        assert laptop.push().rejected == 1
    assert bench.boiler(uid) is None
