"""A laptop without rules sends ever more: texts, files, costs. The hub takes what is within the limits."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.domain.changes import new_uid
from app.domain.entities.conflict import Conflict
from app.domain.entities.papers import Attachment
from app.domain.entities.people import Org, Person
from app.domain.limits import PAPERS, REASON, VERIFIER
from app.domain.values import as_moment
from app.hub import founding
from hub.office_hub import CITY, HubBench, Laptop, boiler, person

SALT = "$" + "A" * 22 + "$" + "A" * 43


def notes(laptop: Laptop) -> list[str]:
    laptop.push()
    laptop.pull()
    return [effect.note for effect in laptop.answers]


@pytest.mark.parametrize("letters", [REASON + 1, REASON + 2, 100_000])
def test_a_reason_that_is_too_long_is_refused_and_not_carried_on(bench: HubBench, letters: int) -> None:
    laptop = bench.laptop()
    made = laptop.enter("officer")
    assert notes(laptop) == [""]
    act = laptop.edit("officer", made.uid, reason="因" * letters, note="一")
    assert notes(laptop) == ["long_reason"]
    told = {one.uid: one for area in bench.hub.status().areas for b in bench.blocks(area) for one in b.acts}
    assert len(told[act.uid].reason) == REASON + 1
    [conflict] = bench.records(Conflict)
    assert "一" in (conflict.offered or "")
    laptop.edit("officer", made.uid, reason="因" * REASON, note="二")
    assert notes(laptop) == [""]


def test_a_list_of_texts_has_an_end(bench: HubBench) -> None:
    laptop = bench.laptop(CITY, "R0")
    org = Org(uid=new_uid(), name="某单位", aliases=("旧名",) * 50)
    laptop.act("root", "add")
    laptop.insert(org)
    assert notes(laptop) == [""]
    laptop.edit("root", org.uid, "org", aliases=["旧名"] * 51)
    laptop.edit("root", org.uid, "org", aliases=["旧" * 201])
    assert notes(laptop) == ["bad_value", "bad_value"]
    made = laptop.enter("clerk")
    laptop.edit("clerk", made.uid, end_checks=["furnace"] * 100_000)
    assert notes(laptop)[-1] == "bad_value"


def test_a_record_has_an_end_of_files(bench: HubBench) -> None:
    record = boiler()
    now = as_moment(bench.clock.now)

    def paper(number: int) -> Attachment:
        return Attachment(
            uid=new_uid(), owner_entity="boiler", owner=record.uid, kind="other", file_name="a.pdf",
            sha256=f"{number:064x}", size=1, added_by=person("officer").uid, added_at=now,
        )  # fmt: skip

    papers = [paper(number) for number in range(PAPERS - 1)]
    founding.begin(
        bench.hub.database, bench.hub._keys, CITY, [record, *papers], int(bench.clock.now.timestamp() * 1000)
    )
    laptop = bench.laptop()
    laptop.pull()
    laptop.act("officer", "add_evidence")
    laptop.insert(paper(PAPERS))
    laptop.insert(paper(PAPERS + 1))
    assert notes(laptop) == ["too_many", "together"]
    laptop.act("officer", "add_evidence")
    laptop.insert(paper(PAPERS))
    laptop.act("officer", "add_evidence")
    laptop.insert(paper(PAPERS + 1))
    assert notes(laptop) == ["", "too_many"]


BAD: list[Any] = [
    f"$argon2id$v=19$m=4194304,t=3,p=2{SALT}", f"$argon2id$v=19$m=131073,t=3,p=2{SALT}",
    f"$argon2id$v=19$m=65536,t=1000000,p=2{SALT}", f"$argon2id$v=19$m=65536,t=3,p=255{SALT}",
    f"$argon2i$v=19$m=65536,t=3,p=2{SALT}", "$argon2id$new", "123456", "hub:", "hub:" + "g" * 40,
    f"$argon2id$v=19$m=65536,t=3,p=2${'A' * 22}${'A' * 100}", "$argon2id$" * 15,
]  # fmt: skip


@pytest.mark.parametrize("value", BAD)
def test_a_verifier_that_costs_too_much_or_is_none_is_refused(bench: HubBench, value: str) -> None:
    laptop = bench.laptop(CITY, "R0")
    laptop.pull()
    before = bench.record(Person, person("clerk").uid)
    laptop.edit("root", before.uid, "person", verifier=value)
    laptop.edit("clerk", before.uid, "person", verifier=value)
    assert notes(laptop) == ["bad_value", "bad_value"]
    assert bench.record(Person, before.uid) == before
    assert all(value not in (item.offered or "") for item in bench.records(Conflict) if value[:4] != "hub:")


@pytest.mark.parametrize("costs", ["m=65536,t=3,p=2", "m=131072,t=9,p=8", "m=8,t=1,p=1", "m=19456,t=2,p=1"])
def test_a_verifier_as_it_should_be_is_taken(bench: HubBench, costs: str) -> None:
    laptop = bench.laptop(CITY, "R0")
    laptop.pull()
    laptop.edit("root", person("clerk").uid, "person", verifier=f"$argon2id$v=19${costs}{SALT}")
    assert notes(laptop) == [""]
    assert bench.record(Person, person("clerk").uid).verifier.startswith("hub:")


@pytest.mark.parametrize("memory", [8, 99_999, 100_000, 129_999, 130_999, 131_000, 131_069, 131_070, 131_072])
def test_the_limit_of_memory_is_just_there(memory: int) -> None:
    assert re.fullmatch(VERIFIER, f"$argon2id$v=19$m={memory},t=3,p=2{SALT}")
    assert not re.fullmatch(VERIFIER, f"$argon2id$v=19$m={memory + 131_073},t=3,p=2{SALT}")
