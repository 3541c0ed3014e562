"""There is always somebody who can sign in as an administrator of the whole."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete

from app.domain.changes import new_uid
from app.domain.entities.people import AT_HUB, Person
from app.hub import founding
from app.hub.book import VERIFIERS
from hub.office_hub import CITY, COUNTY, HubBench, Laptop, person

ENDS: list[dict[str, Any]] = [
    {"disabled": True}, {"role": "R5"}, {"area": COUNTY}, {"area": "620826"}, {"verifier": None},
    {"verifier": ""}, {"name": "我", "disabled": True},
]  # fmt: skip


def administrator(**values: Any) -> Person:
    uid = new_uid()
    kept = {"login": uid[:8], "name": uid[:8], "role": "R0", "verifier": pin(uid), **values}
    return Person(uid=uid, **kept)


def pin(word: str) -> str:
    return "$argon2id$v=19$m=65536,t=3,p=2$" + (word * 3)[:22].replace("-", "A") + "$" + "A" * 43


def with_one(bench: HubBench, *others: Person) -> tuple[Laptop, Person]:
    """A laptop of the city, and the only administrator who can sign in."""
    one = administrator(area=CITY)
    now = int(bench.clock.now.timestamp() * 1000)
    founding.begin(bench.hub.database, bench.hub._keys, CITY, [one, *others], now)
    laptop = bench.laptop(CITY, "R0")
    laptop.pull()
    return laptop, one


def notes(laptop: Laptop) -> list[str]:
    laptop.push()
    laptop.pull()
    return [effect.note for effect in laptop.answers]


@pytest.mark.parametrize("values", ENDS)
def test_the_last_administrator_is_not_taken_away_by_an_edit(bench: HubBench, values: dict[str, Any]) -> None:
    laptop, one = with_one(bench, administrator(area=COUNTY), administrator(disabled=True))
    before = bench.record(Person, one.uid)
    laptop.edit("root", one.uid, "person", **values)
    assert notes(laptop) == ["last_keeper"]
    assert bench.record(Person, one.uid) == before
    bench.check()


def test_nor_deleted(bench: HubBench) -> None:
    laptop, one = with_one(bench)
    laptop.delete("root", one.uid, "person")
    assert notes(laptop) == ["last_keeper"]
    assert bench.record(Person, one.uid) is not None


def test_nor_written_anew(bench: HubBench) -> None:
    laptop, one = with_one(bench)
    laptop.act("root", "add")
    laptop.insert(one.replace(role="R1", verifier=None))
    assert notes(laptop) == ["last_keeper"]
    assert bench.record(Person, one.uid).role == "R0"


def test_two_are_not_taken_away_together(bench: HubBench) -> None:
    other = administrator()
    laptop, one = with_one(bench, other)
    laptop.act("root", "user_disable")
    for item in (one, other):
        laptop.write("person", item.uid, "u", {"disabled": True})
    assert notes(laptop) == ["", "last_keeper"]
    laptop.edit("root", other.uid, "person", phone="13900000000")
    assert notes(laptop) == [""]


def test_one_of_two_may_go_and_a_new_one_counts(bench: HubBench) -> None:
    laptop, one = with_one(bench)
    later = administrator()
    laptop.act("root", "user_add")
    laptop.insert(later)
    laptop.edit("root", one.uid, "person", disabled=True)
    assert notes(laptop) == ["", ""]
    laptop.edit("root", later.uid, "person", disabled=True)
    assert notes(laptop) == ["last_keeper"]


def test_two_laptops_do_not_each_take_one_away(bench: HubBench) -> None:
    other = administrator()
    laptop, one = with_one(bench, other)
    second = bench.laptop(CITY, "R0")
    second.pull()
    laptop.edit("root", one.uid, "person", disabled=True)
    second.edit("root", other.uid, "person", disabled=True)
    assert [notes(laptop), notes(second)] == [[""], ["last_keeper"]]


def test_who_never_could_sign_in_is_not_needed(bench: HubBench) -> None:
    laptop, _ = with_one(bench)
    laptop.edit("root", person("root").uid, "person", disabled=True)
    assert notes(laptop) == [""]


UNKNOWN = AT_HUB + "0" * 40


def test_a_mark_that_stands_for_no_verifier_is_refused(bench: HubBench) -> None:
    """It looks like a PIN that the hub keeps, and nobody could sign in by it."""
    other = administrator()
    laptop, one = with_one(bench, other)
    before = bench.record(Person, one.uid)
    for mark in (UNKNOWN, bench.record(Person, other.uid).verifier, AT_HUB, UNKNOWN + "\0"):
        laptop.edit("root", one.uid, "person", verifier=mark)
        assert notes(laptop) == ["bad_value"]
        assert bench.record(Person, one.uid) == before
    laptop.act("root", "user_add")
    laptop.insert(administrator(verifier=UNKNOWN))
    assert notes(laptop) == ["bad_value"]


def test_the_mark_of_a_former_pin_is_one(bench: HubBench) -> None:
    """Such as when a change of the PIN is taken back."""
    laptop, one = with_one(bench)
    first = bench.record(Person, one.uid).verifier
    laptop.edit("root", one.uid, "person", verifier=pin("another"))
    assert notes(laptop) == [""] and bench.record(Person, one.uid).verifier != first
    laptop.edit("root", one.uid, "person", verifier=first)
    assert notes(laptop) == [""] and bench.record(Person, one.uid).verifier == first


def test_who_has_a_lost_pin_does_not_count(bench: HubBench) -> None:
    """A hub that was brought back knows the marks of PINs chosen since, and not the PINs."""
    other = administrator()
    laptop, one = with_one(bench, other)
    with bench.hub.database.writing() as connection:
        connection.execute(delete(VERIFIERS).where(VERIFIERS.c.person == other.uid))
    laptop.edit("root", one.uid, "person", disabled=True)
    assert notes(laptop) == ["last_keeper"]
    mark = bench.record(Person, other.uid).verifier
    laptop.edit("root", other.uid, "person", verifier=mark, phone="13900000000")  # as it is
    assert notes(laptop) == [""]
    laptop.edit("root", other.uid, "person", disabled=True)
    assert notes(laptop) == [""]
