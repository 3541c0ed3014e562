"""Persons, settings and divisions: who keeps the house of a county does not keep that of the city."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.changes import new_uid
from app.domain.entities.people import Person
from app.domain.entities.setting import Setting
from hub.office_hub import CITY, COUNTY, TOWN, HubBench, person


def newcomer(area: str | None, role: str = "R3") -> Person:
    uid = new_uid()
    return Person(uid=uid, login=uid[:8], name="新来的", role=role, area=area)


@pytest.mark.parametrize("laptop", [COUNTY, CITY])
@pytest.mark.parametrize(
    "values", [{"area": CITY}, {"area": None}, {"area": "620826"}, {"area": None, "name": "我"}]
)
def test_a_countys_administrator_gives_nobody_more_than_the_county(
    bench: HubBench, laptop: str, values: dict[str, Any]
) -> None:
    hostile = bench.laptop(laptop, "R0")
    hostile.pull()
    for login in ("keeper", "clerk"):
        before = bench.record(Person, person(login).uid)
        hostile.edit("keeper", before.uid, "person", **values)
        assert hostile.push().rejected == 1, login
        assert bench.record(Person, before.uid) == before
    bench.check()


@pytest.mark.parametrize("login", ["leader", "city", "root", "stranger"])
def test_a_countys_administrator_has_no_hand_in_persons_of_others(bench: HubBench, login: str) -> None:
    hostile = bench.laptop(CITY, "R0")
    hostile.pull()
    before = bench.record(Person, person(login).uid)
    for values in ({"disabled": True}, {"verifier": "$argon2id$v=19$x"}, {"role": "R1"}, {"area": COUNTY}):
        hostile.edit("keeper", before.uid, "person", **values)
        assert hostile.push().rejected == 1, values
    hostile.delete("keeper", before.uid, "person")
    assert hostile.push().rejected == 1
    assert bench.record(Person, before.uid) == before


def test_what_counts_for_everybody_is_the_citys(bench: HubBench) -> None:
    hostile = bench.laptop(CITY, "R0")
    hostile.pull()
    for area in (CITY, "620826", None):
        hostile.act("keeper", "user_add")
        hostile.insert(newcomer(area))
    hostile.act("keeper", "set_setting")
    hostile.insert(Setting(uid=new_uid(), name="near_m", value="1"))
    assert hostile.push().rejected == 4
    hostile.pull()
    assert {item.note for item in hostile.answers if item.verdict == "rejected"} == {"outside_area"}


def test_within_the_county_its_administrator_keeps_house(bench: HubBench) -> None:
    laptop = bench.laptop(COUNTY, "R0")
    laptop.pull()
    for area in (COUNTY, TOWN):
        laptop.act("keeper", "user_add")
        laptop.insert(newcomer(area))
    laptop.edit("keeper", person("officer").uid, "person", disabled=True)
    laptop.edit("keeper", person("keeper").uid, "person", phone="1")
    pin = "$argon2id$v=19$m=65536,t=3,p=2$" + "A" * 22 + "$" + "A" * 43
    laptop.edit("clerk", person("clerk").uid, "person", verifier=pin)
    assert laptop.push().accepted == 5
    bench.check()
