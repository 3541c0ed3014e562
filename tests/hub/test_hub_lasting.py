"""What only an import or the program itself writes is not written by an edit."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.changes import new_uid
from app.domain.entities.papers import Attachment
from app.domain.values import as_moment
from app.hub import founding
from hub.office_hub import CITY, HubBench, Laptop, boiler, person


def notes(laptop: Laptop) -> list[str]:
    laptop.push()
    laptop.pull()
    return [effect.note for effect in laptop.answers]


def city_laptop(bench: HubBench, *records: Any) -> Laptop:
    founding.begin(
        bench.hub.database, bench.hub._keys, CITY, list(records), int(bench.clock.now.timestamp() * 1000)
    )
    laptop = bench.laptop(CITY, "R0")
    laptop.pull()
    return laptop


@pytest.mark.parametrize("who", ["officer", "clerk", "city"])
@pytest.mark.parametrize(
    ("before", "values"),
    [
        ({}, {"origin": "migrated"}),
        ({"origin": "imported"}, {"origin": "migrated", "note": "核实"}),
        ({"origin": "migrated"}, {"origin": None}),
        ({"origin": "migrated"}, {"origin": "entered"}),
        ({"synthetic": True}, {"synthetic": None}),
        ({}, {"synthetic": True}),
    ],
)
def test_what_a_record_was_made_as_stays(
    bench: HubBench, who: str, before: dict[str, Any], values: dict[str, Any]
) -> None:
    record = boiler(**before)
    laptop = city_laptop(bench, record)
    laptop.edit(who, record.uid, reason="平环发1号", **values)
    assert notes(laptop) == ["lasting"]
    assert bench.boiler(record.uid) == record
    bench.check()


def test_the_first_edit_of_many_opens_no_door_for_the_next(bench: HubBench) -> None:
    records = [boiler(), boiler(origin="imported"), boiler()]
    laptop = city_laptop(bench, *records)
    laptop.act("clerk")
    for record, origin in zip(records, ("imported", "imported", "migrated"), strict=True):
        laptop.write("boiler", record.uid, "u", {"origin": origin})
    assert notes(laptop) == ["", "", "lasting"]


def test_only_the_city_moves_in(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    for who in ("officer", "clerk", "city"):
        laptop.act(who, "import", "平环发1号")
        laptop.insert(boiler(origin="migrated"))
    assert notes(laptop) == ["forged_state", "forged_state", ""]


@pytest.mark.parametrize(("round_no", "note"), [(1, ""), (2, ""), (3, "later_round")])
def test_no_evidence_is_kept_in_store_for_a_later_round(bench: HubBench, round_no: int, note: str) -> None:
    record = boiler(round_no=2)
    laptop = city_laptop(bench, record)
    laptop.act("clerk", "add_evidence")
    laptop.insert(
        Attachment(
            uid=new_uid(), owner_entity="boiler", owner=record.uid, kind="photo_after", file_name="a.jpg",
            sha256="ab" * 32, size=1, round_no=round_no, added_by=person("clerk").uid,
            added_at=as_moment(bench.clock.now),
        )
    )  # fmt: skip
    assert notes(laptop) == [note]
