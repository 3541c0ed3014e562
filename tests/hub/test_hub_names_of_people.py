"""A laptop cannot put its work down to somebody else: log and records say who the hub knows it was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.domain.changes import new_uid
from app.domain.entities.boiler_codes import CHECKLISTS
from app.domain.entities.conflict import Conflict
from app.domain.entities.papers import Attachment
from app.domain.entities.people import Person
from app.domain.entities.snapshot import ReportSnapshot, ReportWithdrawal
from app.domain.entity import Entity
from app.domain.replication import HUB_PERSON, Act
from app.domain.values import as_moment
from app.hub import founding
from hub.office_hub import CITY, COUNTY, TOWN, HubBench, Laptop, boiler, person

FALSE = {"person_name": "局长", "role": "R6", "org": "省厅"}


def acts(bench: HubBench, area: str = TOWN) -> dict[str, Act]:
    """The acts of an area's log, by uid."""
    return {act.uid: act for block in bench.blocks(area) for act in block.acts}


def begin(bench: HubBench, *records: Entity) -> None:
    """Records that the hub has from its beginning."""
    hub, now = bench.hub, int(bench.clock.now.timestamp() * 1000)
    founding.begin(hub.database, hub._keys, CITY, list(records), now)


def seen(laptop: Laptop) -> Laptop:
    """A laptop that has heard of everything."""
    laptop.pull()
    return laptop


def test_a_false_name_stands_nowhere(bench: HubBench) -> None:
    officer, laptop = person("officer"), seen(bench.laptop(TOWN, "R2"))
    first = laptop.act("officer", "add", **FALSE)
    made = boiler()
    laptop.insert(made)
    laptop.push()
    seen(laptop)
    second = laptop.act("officer", **FALSE)  # a small push that PostgreSQL takes by the short road
    laptop.write("boiler", made.uid, "u", {"note": "一"})
    laptop.push()
    refused = laptop.act("officer", **FALSE)
    laptop.write("boiler", made.uid, "u", {"status": "cleared"})
    laptop.push()
    log = acts(bench)
    for act in (first, second, refused):
        told = log[act.uid]
        assert (told.person, told.person_name, told.role, told.org) == (
            officer.uid, officer.name, officer.role, officer.org
        )  # fmt: skip
    kept = [item for item in bench.records(Conflict) if item.offered_act == refused.uid]
    assert [item.offered_by for item in kept] == [officer.name]


@pytest.mark.parametrize("who", [HUB_PERSON, "nobody"])
def test_a_name_that_only_the_laptop_knows_is_marked(bench: HubBench, who: str) -> None:
    laptop = seen(bench.laptop(TOWN, "R2"))
    act = laptop.act("officer", "add", **{**FALSE, "person": who, "person_name": "hub"})
    laptop.insert(boiler())
    assert laptop.push().rejected == 1
    told = acts(bench)[act.uid]
    assert (told.person_name, told.role, told.org) == ("hub?", "", "")
    assert [item.offered_by for item in bench.records(Conflict)] == ["hub?"]


def test_a_revoked_laptops_false_name_is_put_right_too(bench: HubBench) -> None:
    laptop = seen(bench.laptop(TOWN, "R2"))
    made = laptop.enter("officer")
    laptop.push()
    bench.hub.revoke(laptop.uid, bench.clock.now, "lost")
    laptop.act("officer", **FALSE)
    laptop.write("boiler", made.uid, "u", {"note": "一"})
    assert laptop.push().state == "quarantined"
    assert [item.offered_by for item in bench.records(Conflict)] == [person("officer").name]


def test_who_is_renamed_stands_under_the_new_name(bench: HubBench) -> None:
    laptop = seen(bench.laptop(CITY, "R0"))
    laptop.edit("root", person("officer").uid, "person", name="新名")
    laptop.push()
    laptop.act("officer", "add")
    laptop.insert(boiler())
    laptop.push()
    assert {act.person_name for act in acts(bench).values() if act.person == person("officer").uid} == {
        "新名"
    }
    assert bench.record(Person, person("officer").uid).name == "新名"


@pytest.mark.parametrize(
    "wall", ["garbage", "", "2026-13-45", "2026-11-23T04:00:00", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_moment_becomes_that_of_receipt(bench: HubBench, wall: str) -> None:
    laptop = seen(bench.laptop(TOWN, "R2"))
    act = laptop.act("officer", "add", wall=wall)
    laptop.insert(boiler())
    laptop.push()
    assert acts(bench)[act.uid].wall == as_moment(bench.clock.now)


@pytest.mark.parametrize("author", ["leader", "nobody"])
def test_records_name_their_own_author(bench: HubBench, author: str) -> None:
    other = person(author).uid if author != "nobody" else author
    owner, now = boiler(), as_moment(bench.clock.now)
    report = _report("city", now)
    begin(bench, owner, report)
    laptop = seen(bench.laptop(CITY, "R6"))
    forged: list[tuple[str, Entity]] = [
        ("officer", _paper(owner.uid, other, now)),
        ("clerk", _report(author, now)),
        ("leader", _withdrawal(report, "chief", now)),
    ]
    for who, record in forged:
        laptop.act(who, "add")
        laptop.insert(record)
        laptop.push()
        laptop.pull()
        assert [item.note for item in laptop.answers if item.entity == record.TYPE.name] == ["author"]
        assert bench.record(type(record), record.uid) is None
    bench.check()


def test_the_name_beside_the_author_is_the_hubs(bench: HubBench) -> None:
    laptop = seen(bench.laptop(CITY, "R6"))
    made = _report("clerk", as_moment(bench.clock.now)).replace(frozen_by_name="局长")
    laptop.act("clerk", "freeze_report")
    laptop.insert(made)
    assert laptop.push().accepted == 1
    assert bench.record(ReportSnapshot, made.uid).frozen_by_name == "clerk"
    bench.check()


def test_nobody_settles_in_anothers_name(bench: HubBench) -> None:
    record = boiler()
    begin(bench, record)
    town, county = seen(bench.laptop(TOWN, "R2")), seen(bench.laptop(COUNTY, "R3"))
    town.edit("officer", record.uid, fuel="anthracite")
    town.push()
    county.edit("clerk", record.uid, fuel="briquette")
    county.push()
    seen(county)
    (open_one,) = bench.records(Conflict)
    settled = {"situation": "settled", "taken": "kept", "settled_at": as_moment(bench.clock.now)}
    county.edit("clerk", open_one.uid, "conflict", **settled, settled_by=person("leader").uid)
    assert county.push().rejected == 1
    county.edit("clerk", open_one.uid, "conflict", **settled, settled_by=person("clerk").uid)
    assert county.push().accepted == 1
    assert bench.record(Conflict, open_one.uid).settled_by == person("clerk").uid


@pytest.mark.parametrize(
    ("who", "area", "cap", "settled", "taken"),
    [
        ("officer", TOWN, "R2", False, False),
        ("clerk", COUNTY, "R3", True, False),
        ("clerk", COUNTY, "R3", False, True),
    ],
)
def test_an_old_conflict_opens_no_fields_of_the_workflow(
    bench: HubBench, who: str, area: str, cap: str, settled: bool, taken: bool
) -> None:
    record = boiler(status="town_ok", end_state="A", end_checks=CHECKLISTS["A"])
    begin(bench, record, _two_steps(record.uid, settled, as_moment(bench.clock.now)))
    laptop = seen(bench.laptop(area, cap))
    laptop.edit(who, record.uid, end_state="B")
    answer = laptop.push()
    assert (answer.accepted == 1) is taken
    assert bench.boiler(record.uid).end_state == ("B" if taken else "A")


def _two_steps(owner: str, settled: bool, now: str) -> Conflict:
    told: dict[str, Any] = {"situation": "settled", "settled_by": person("clerk2").uid} if settled else {}
    cells = json.dumps({"end_state": "B"})
    return Conflict(
        uid=new_uid(), owner_entity="boiler", owner=owner, kind="state", kept=cells, offered=cells,
        decides="R3 R5", raised_at=now, **told,
    )  # fmt: skip


def _paper(owner: str, by: str, now: str) -> Attachment:
    return Attachment(
        uid=new_uid(), owner_entity="boiler", owner=owner, kind="site_photo", file_name="x.jpg", size=5,
        sha256="a" * 64, added_by=by, added_at=now,
    )  # fmt: skip


def _report(by: str, now: str) -> ReportSnapshot:
    uid = new_uid()
    return ReportSnapshot(
        uid=uid, name=uid[:8], report="monthly", units=1, tph=1.0, journal="j", content="c", frozen_at=now,
        frozen_by=person(by).uid if by != "nobody" else by, frozen_by_name=by, div_code=COUNTY,
    )  # fmt: skip


def _withdrawal(report: ReportSnapshot, by: str, now: str) -> ReportWithdrawal:
    return ReportWithdrawal(
        uid=new_uid(), snapshot=report.uid, name=report.name, reason="错", withdrawn_at=now,
        withdrawn_by=person(by).uid, withdrawn_by_name=by,
    )  # fmt: skip
