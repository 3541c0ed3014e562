"""What the hub lets pass and what it refuses, whatever a laptop says: persons, roles, places, values."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely
from shapely.geometry import Point

from app.domain.changes import new_uid
from app.domain.entities.conflict import Conflict
from app.domain.entities.division import Division
from app.domain.entities.people import Org, Person
from app.domain.entities.setting import Setting
from app.domain.entities.snapshot import ReportSnapshot, ReportWithdrawal
from app.domain.rights import WRITERS
from hub.office_hub import CITY, COUNTY, PEOPLE, TOWN, TOWN2, HubBench, Laptop, boiler, person, wkb

PIN = "$argon2id$v=19$m=65536,t=3,p=2$" + "A" * 22 + "$" + "A" * 43


def said(bench: HubBench, laptop: Laptop) -> list[tuple[str, str]]:
    """Verdict and word for the laptop's own changes since it last looked."""
    laptop.pull()
    return [(effect.verdict, effect.note) for effect in laptop.answers]


# ---------------------------------------------------------------- persons and roles
@pytest.mark.parametrize("place", ["sqlite"], indirect=True)  # many cases of what no database decides
@pytest.mark.parametrize("who", [name for name in PEOPLE if name not in ("root", "stranger")])
def test_roles_write_what_they_may(bench: HubBench, who: str) -> None:
    laptop = bench.laptop(CITY, "R0")
    made = laptop.enter(who)
    may = person(who).role in WRITERS["boiler"]
    assert laptop.push().accepted == int(may)
    if not may:
        assert said(bench, laptop) == [("rejected", "role")]
        kept = bench.records(Conflict)[0]
        assert json.loads(kept.offered)["ledger_no"] == made.ledger_no
        assert (kept.kind, kept.situation, kept.offered_by) == ("rejected", "settled", who)
    bench.check()


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)  # many cases of what no database decides
@pytest.mark.parametrize("role", ["R1", "R2", "R3", "R4", "R5", "R6", "R0"])
def test_settings_and_persons_are_the_administrators(bench: HubBench, role: str) -> None:
    laptop = bench.laptop(CITY, "R0")
    who = next(name for name, (given, _, _) in PEOPLE.items() if given == role)
    laptop.act(who, "set_setting")
    laptop.insert(Setting(uid=new_uid(), name="duplicate_m", value="20"))
    laptop.act(who, "user_add")
    laptop.insert(Person(uid=new_uid(), login="new", name="新人", role="R6", area=CITY))
    assert laptop.push().accepted == (2 if role == "R0" else 0)
    bench.check()


def test_a_laptop_serves_roles_up_to_its_own(bench: HubBench) -> None:
    laptop = bench.laptop(TOWN, "R2")
    laptop.enter("clerk")
    assert laptop.push().rejected == 1
    assert said(bench, laptop) == [("rejected", "device_role")]


def test_strangers_and_disabled_persons_write_nothing(bench: HubBench) -> None:
    laptop, house = bench.laptop(), bench.laptop(CITY, "R0")
    made = boiler()
    laptop.act("officer", "add", person="00000000-0000-4000-8000-00000000eeee")
    laptop.insert(made)
    laptop.push()
    assert said(bench, laptop) == [("rejected", "unknown_person")]
    house.pull()
    house.edit("root", person("officer").uid, "person", disabled=True, action="user_disable")
    assert house.push().accepted == 1
    laptop.enter("officer")
    laptop.push()
    assert said(bench, laptop) == [("rejected", "person_disabled")]
    laptop.enter("inspector")
    assert laptop.push().accepted == 1


def test_the_role_is_the_one_the_hub_knows(bench: HubBench) -> None:
    laptop = bench.laptop(CITY, "R0")
    laptop.act("chief", "add", role="R5")  # a laptop that lies about the role
    laptop.insert(boiler())
    laptop.push()
    assert said(bench, laptop) == [("rejected", "role")]


def test_a_change_of_role_counts_within_the_same_batch(bench: HubBench) -> None:
    house = bench.laptop(CITY, "R0")
    house.pull()
    house.enter("officer")
    house.edit("root", person("officer").uid, "person", role="R4", action="edit")
    house.enter("officer")
    answer = house.push()
    assert (answer.accepted, answer.rejected) == (2, 1), said(bench, house)


def test_everybody_changes_their_own_pin_and_nothing_else(bench: HubBench) -> None:
    laptop = bench.laptop()
    laptop.pull()
    laptop.edit("inspector", person("inspector").uid, "person", verifier=PIN, action="user_pin")
    laptop.edit("inspector", person("officer").uid, "person", verifier=PIN, action="user_pin")
    laptop.edit("inspector", person("inspector").uid, "person", role="R2", verifier=PIN)
    answer = laptop.push()
    assert (answer.accepted, answer.rejected) == (1, 2), said(bench, laptop)
    assert bench.record(Person, person("inspector").uid).role == "R1"


# ---------------------------------------------------------------- places
def test_records_outside_the_laptop_or_the_person_are_refused(bench: HubBench) -> None:
    town, county = bench.laptop(TOWN, "R2"), bench.laptop(COUNTY, "R5")
    town.enter("officer", div_code=TOWN2)
    county.enter("officer", div_code=TOWN2)  # the laptop may, the person may not
    county.enter("stranger", div_code=TOWN)
    county.enter("clerk", div_code=TOWN2)
    assert town.push().accepted == 0
    assert said(bench, town) == [("rejected", "outside_area")], "it reads the answer, which tells no values"
    answered = [(e.entity, e.op) for e in bench.effects(TOWN)][-2:]
    assert answered == [("boiler", "n"), ("conflict", "i")], "they are kept beside it"
    assert not bench.effects(TOWN2)
    answer = county.push()
    assert (answer.accepted, answer.rejected) == (1, 2)
    bench.check()


def test_a_record_moves_with_all_that_belongs_to_it(bench: HubBench) -> None:
    county = bench.laptop(COUNTY, "R5")
    made = county.enter("clerk")
    paper = county.paper(made, "other", "clerk")
    county.act("clerk", "add_evidence")
    county.insert(paper)
    county.push()
    county.pull()
    county.edit("clerk", made.uid, div_code=TOWN2)
    assert county.push().accepted == 1
    effects = county.pull()
    assert [(e.entity, e.op, e.note, bool(e.dseq)) for e in effects] == [
        ("boiler", "d", f"leave:{TOWN2}", False), ("attachment", "d", f"leave:{TOWN2}", False),
        ("boiler", "i", "enter", True), ("attachment", "i", "enter", False),
    ]  # fmt: skip
    assert bench.boiler(made.uid) == made.replace(div_code=TOWN2)
    bench.check()
    town = bench.laptop(TOWN, "R2")
    town.pull()
    town.edit("officer", made.uid, note="还在我这里吗")
    assert town.push().rejected == 1  # it left this town
    bench.check()


def test_what_was_seen_before_a_move_is_seen_after_it(bench: HubBench) -> None:
    one, two = bench.laptop(COUNTY, "R5"), bench.laptop(COUNTY, "R5")
    made = one.enter("clerk")
    one.push()
    two.pull()  # saw the boiler, not the move
    one.edit("clerk", made.uid, div_code=TOWN2)
    one.push()
    two.edit("clerk2", made.uid, fuel="gas")  # PICK: would be a conflict if it had not been seen
    answer = two.push()
    assert (answer.accepted, answer.conflicts) == (1, 0)
    one.pull()
    two.edit("clerk2", made.uid, div_code=TOWN)  # but the move had not been seen
    assert two.push().conflicts == 1
    bench.check()


def test_of_two_owners_the_first_stands_until_somebody_picks(bench: HubBench) -> None:
    one, two = bench.laptop(COUNTY, "R5"), bench.laptop(COUNTY, "R5")
    made = one.enter("clerk")
    one.push()
    two.pull()
    one.edit("clerk", made.uid, owner_org="甲公司")
    one.push()
    two.edit("clerk2", made.uid, owner_org="乙公司")  # later, and unseen
    answer = two.push()
    assert (answer.accepted, answer.conflicts) == (0, 1)
    found = bench.boiler(made.uid)
    assert found is not None and found.owner_org == "甲公司"
    (kept,) = bench.records(Conflict)
    assert (kept.kind, kept.situation, json.loads(kept.offered)) == ("pick", "open", {"owner_org": "乙公司"})
    bench.check()


# ---------------------------------------------------------------- values
@pytest.mark.parametrize("place", ["sqlite"], indirect=True)  # many cases of what no database decides
@pytest.mark.parametrize(
    "cells",
    [
        {"rated_tph": -1.0}, {"rated_tph": "2"}, {"rated_tph": True},
        {"fuel": "wood"},
        {"ledger_no": None}, {"ledger_no": "x" * 33}, {"pressurized": 1}, {"commissioned": "2018-13"},
        {"unit_count": 101}, {"note": "a\x00b"}, {"geometry": b"nonsense"}, {"geometry": wkb(200.0, 35.0)},
        {"geometry": "POINT"}, {"unit_count": 1.5}, {"note": ["x"]},
    ],
)  # fmt: skip
def test_values_that_cannot_be_are_refused(bench: HubBench, cells: dict[str, Any]) -> None:
    laptop = bench.laptop()
    made = laptop.enter("officer")
    laptop.push()
    laptop.pull()
    laptop.edit("officer", made.uid, **cells)
    answer = laptop.push()
    assert answer.rejected == 1
    assert said(bench, laptop) == [("rejected", "bad_value")]
    assert bench.boiler(made.uid) == made
    bench.check()


def test_what_a_newer_program_adds_is_kept_aside(bench: HubBench) -> None:
    laptop = bench.laptop()
    made = laptop.enter("officer")
    laptop.push()
    laptop.pull()
    laptop.edit("officer", made.uid, shoe_size=43, note="新")
    laptop.act("officer", "edit")
    laptop.write("meteorite", new_uid(), "i", {"mass": 3.0})
    laptop.push()
    assert ("rejected", "unknown_field") in said(bench, laptop)  # the kind nobody here knows
    found = bench.boiler(made.uid)
    assert found is not None and found.note == "新", "what the hub knows of the change stands"
    offered = [json.loads(item.offered) for item in bench.records(Conflict)]
    assert any("shoe_size" in item for item in offered)
    bench.check()


def test_numbers_and_moments_are_kept_in_one_form(bench: HubBench) -> None:
    laptop = bench.laptop()
    made = laptop.enter("officer")
    laptop.edit("officer", made.uid, rated_tph=3)  # a whole number where a real one is declared
    laptop.push()
    found = bench.boiler(made.uid)
    assert found is not None and isinstance(found.rated_tph, float)
    bench.check()


# ---------------------------------------------------------------- concurrent writers
def both(bench: HubBench) -> tuple[Laptop, Laptop, str]:
    """Two laptops that have seen the same boiler."""
    one, two = bench.laptop(COUNTY, "R5"), bench.laptop(COUNTY, "R5")
    made = one.enter("clerk")
    one.push()
    one.pull()
    two.pull()
    return one, two, made.uid


@pytest.mark.parametrize("arrives", ["before the earlier", "after it"])
def test_the_later_plain_value_stands_whenever_it_arrives_and_both_are_kept(
    bench: HubBench, arrives: str
) -> None:
    one, two, uid = both(bench)
    one.edit("clerk", uid, note="先")
    bench.clock.forward(minutes=1)
    two.edit("clerk2", uid, note="后")
    first, second = (two, one) if arrives == "before the earlier" else (one, two)
    first.push()
    assert second.push().merged == 1
    found = bench.boiler(uid)
    assert found is not None and found.note == "后"
    kept = bench.records(Conflict)[0]
    assert (kept.kind, kept.situation) == ("merged", "settled")
    assert (json.loads(kept.kept), json.loads(kept.offered)) == ({"note": "后"}, {"note": "先"})
    assert (kept.kept_by, kept.offered_by) == ("clerk2", "clerk")
    bench.check()


def test_a_fast_clock_wins_nothing_for_ever(bench: HubBench) -> None:
    one, two, uid = both(bench)
    one.skew_ms = 365 * 24 * 3600 * 1000
    one.edit("clerk", uid, note="明年")
    one.push()
    two.pull()
    two.edit("clerk2", uid, note="看过之后")  # seen: applies whatever the clocks say
    assert two.push().accepted == 1
    one.skew_ms = 0
    one.edit("clerk", uid, note="没看过")
    bench.clock.forward(minutes=10)
    one._acts[-1] = one.act("clerk")
    one._acts.pop()
    assert one.push().merged == 1
    found = bench.boiler(uid)
    assert found is not None and found.note == "没看过"  # ten minutes later, not in a year


def test_positions_and_fuel_wait_for_a_person(bench: HubBench) -> None:
    one, two, uid = both(bench)
    one.edit("clerk", uid, geometry=wkb(106.7, 35.5), fuel="gas")
    two.edit("clerk2", uid, geometry=wkb(106.8, 35.6))
    one.push()
    assert two.push().conflicts == 1
    found = bench.boiler(uid)
    assert found is not None and found.geometry.x == 106.7
    raised = bench.hub.conflicts()
    assert [(item.kind, item.situation, item.decides) for item in raised] == [("pick", "open", "R3 R5")]
    two.pull()
    _settle(
        bench, two, "officer", uid, raised[0], {"geometry": wkb(106.8, 35.6)}, taken=1
    )  # the record, not the conflict
    _settle(bench, two, "clerk2", uid, raised[0], {"geometry": wkb(106.8, 35.6)}, taken=2)
    assert not bench.hub.conflicts()
    found = bench.boiler(uid)
    assert found is not None and found.geometry.x == 106.8
    bench.check()


def _settle(
    bench: HubBench, laptop: Laptop, by: str, uid: str, conflict: Conflict, cells: dict[str, Any], taken: int
) -> None:
    laptop.act(by, "resolve", "现场核对")
    laptop.write("boiler", uid, "u", cells)
    laptop.write(
        "conflict",
        conflict.uid,
        "u",
        {"situation": "settled", "taken": "offered", "settled_by": person(by).uid},
    )
    assert laptop.push().accepted == taken
    laptop.pull()


def test_a_conflict_is_the_hubs_but_for_its_situation(bench: HubBench) -> None:
    one, two, uid = both(bench)
    one.edit("clerk", uid, fuel="gas")
    two.edit("clerk2", uid, fuel="oil")
    one.push()
    two.push()
    raised = bench.hub.conflicts()[0]
    two.pull()
    two.edit("clerk2", raised.uid, "conflict", kept="{}")
    two.act("clerk2", "edit")
    two.insert(raised.replace(uid=new_uid()))
    two.act("clerk2", "edit")
    two.write("conflict", raised.uid, "d")
    assert two.push().rejected == 3
    assert {note for _, note in said(bench, two)} == {"hub_field"}
    bench.check()


def test_an_edit_that_was_not_seen_keeps_the_record(bench: HubBench) -> None:
    one, two, uid = both(bench)
    one.edit("clerk", uid, note="还在用")
    two.delete("clerk2", uid)
    one.push()
    assert two.push().conflicts == 1
    found = bench.boiler(uid)
    assert found is not None and found.note == "还在用"
    assert [item.kind for item in bench.hub.conflicts()] == ["edit_kept"]
    bench.check()


def test_a_deletion_in_vain_takes_no_value_for_its_own(bench: HubBench) -> None:
    """Who has not seen it edits another field, earlier: that edit stands, with nothing to decide."""
    one, two, uid = both(bench)
    three = bench.laptop()
    three.pull()
    three.edit("officer", uid, address="东街1号")
    bench.clock.forward(minutes=1)
    one.edit("clerk", uid, note="还在用")
    two.delete("clerk2", uid)
    for laptop in (one, two, three):
        laptop.push()
    found = bench.boiler(uid)
    assert found is not None and (found.note, found.address) == ("还在用", "东街1号")
    assert [item.kind for item in bench.hub.conflicts()] == ["edit_kept"]
    bench.check()


def test_an_edit_of_what_was_deleted_unseen_brings_it_back(bench: HubBench) -> None:
    one, two, uid = both(bench)
    one.delete("clerk", uid)
    two.edit("clerk2", uid, note="我在现场")
    one.push()
    assert two.push().merged == 1
    found = bench.boiler(uid)
    assert found is not None and found.note == "我在现场" and found.rated_tph == 2.0
    one.pull()
    one.delete("clerk", uid)
    assert one.push().accepted == 1
    one.pull()
    one.edit("clerk", uid, note="删了还改")
    assert one.push().rejected == 1
    assert bench.boiler(uid) is None
    bench.check()


def test_who_brings_a_record_back_hides_no_value_they_had_not_seen(bench: HubBench) -> None:
    one, two, uid = both(bench)
    one.edit("clerk", uid, note="烟囱已拆")
    one.push()
    one.delete("clerk", uid)
    two.edit("clerk2", uid, note="我在现场", rated_tph=2.0)
    one.push()
    assert two.push().merged == 1
    found = bench.boiler(uid)
    assert found is not None and (found.note, found.rated_tph) == ("我在现场", 2.0)
    told = {item.kind: item for item in bench.records(Conflict)}
    assert {kind: item.situation for kind, item in told.items()} == {"revived": "open", "merged": "settled"}
    hidden = told["merged"]
    assert (json.loads(hidden.kept or ""), hidden.kept_by) == ({"note": "我在现场"}, "clerk2")
    assert (json.loads(hidden.offered or ""), hidden.offered_by) == ({"note": "烟囱已拆"}, "clerk")
    bench.check()


@pytest.mark.parametrize("by", ["an edit", "an undo"])
def test_who_brings_a_record_back_takes_no_value_for_their_own(bench: HubBench, by: str) -> None:
    """Who has not seen that edits another field earlier in the day: that edit stands, as nobody else wrote
    there."""
    one, two, uid = both(bench)
    three = bench.laptop()
    three.pull()
    three.edit("officer", uid, address="东街1号")
    bench.clock.forward(minutes=1)
    before = bench.boiler(uid)
    deletion = one.delete("clerk", uid)
    one.push()
    if by == "an undo":
        assert before is not None
        one.act("clerk", "undo", undoes=deletion.uid)
        one.insert(before)
        assert one.push().accepted == 1
    else:
        two.edit("clerk2", uid, note="我在现场")
        two.push()
    assert three.push().accepted == 1
    found = bench.boiler(uid)
    assert found is not None and (found.address, found.rated_tph) == ("东街1号", 2.0)
    assert [item.kind for item in bench.hub.conflicts()] == (["revived"] if by == "an edit" else [])
    bench.check()


@pytest.mark.parametrize("by", ["an edit", "an undo"])
def test_nor_does_who_brings_it_back_in_another_area(bench: HubBench, by: str) -> None:
    """Another field was edited meanwhile by somebody who has seen neither; papers come along."""
    one, two, three, late = (bench.laptop(COUNTY, "R3") for _ in range(4))
    made = one.enter("clerk", note="一")
    one.push()
    for laptop in (two, three, late):
        laptop.pull()
    two.act("clerk2", "add_evidence")
    paper = two.insert(two.paper(made, "photo_before", "clerk2"))
    two.push()
    two.pull()
    late.edit("clerk2", made.uid, note="没看到的人")
    three.edit("clerk2", made.uid, address="东街1号")
    bench.clock.forward(minutes=1)
    one.edit("clerk", made.uid, note="二")
    before = made.replace(note="二")
    deletion = one.delete("clerk", made.uid)
    one.push()
    if by == "an undo":
        one.act("clerk", "undo", undoes=deletion.uid)
        one.insert(before)
        one.edit("clerk", made.uid, div_code=TOWN2)
        assert one.push().accepted == 2
    else:
        two.edit("clerk2", made.uid, div_code=TOWN2)
        two.push()
    assert three.push().accepted == 1, "nobody else wrote there"
    late.push()
    found = bench.boiler(made.uid)
    assert found is not None and (found.div_code, found.address, found.note) == (TOWN2, "东街1号", "二")
    told = [effect for effect in bench.effects(TOWN2) if effect.uid == paper]
    assert [effect.op for effect in told] == ["i"], "its papers come with it"
    merged = [item for item in bench.records(Conflict) if item.kind == "merged"]
    assert [json.loads(item.offered or "{}") for item in merged] == [{"note": "没看到的人"}]
    bench.check()


def test_a_deletion_of_what_was_brought_back_unseen_waits(bench: HubBench) -> None:
    one, two, uid = both(bench)
    before = bench.boiler(uid)
    assert before is not None
    deletion = one.delete("clerk", uid)
    one.push()
    one.act("clerk", "undo", undoes=deletion.uid)
    one.insert(before)
    one.push()
    two.delete("clerk2", uid)
    assert two.push().conflicts == 1
    assert bench.boiler(uid) == before
    assert [item.kind for item in bench.hub.conflicts()] == ["edit_kept"]
    bench.check()


def test_the_group_of_a_life_is_never_mixed(bench: HubBench) -> None:
    one, two, uid = both(bench)
    one.edit("clerk", uid, treatment="dismantle", action="import")
    two.edit("clerk2", uid, due_date="2027-01-01", action="import")
    one.push()
    assert two.push().conflicts == 1
    found = bench.boiler(uid)
    assert found is not None and (found.treatment, found.due_date) == ("dismantle", None)
    two.pull()
    raised = bench.hub.conflicts()[0]
    _settle(bench, two, "clerk2", uid, raised, {"due_date": "2027-01-01"}, taken=2)
    bench.check()


# ---------------------------------------------------------------- duplicates
def test_a_second_record_with_the_same_number_waits(bench: HubBench) -> None:
    one, two = bench.laptop(COUNTY, "R5"), bench.laptop(COUNTY, "R5")
    first = one.enter("clerk", ledger_no="KT-1")
    one.push()
    two.pull()
    second = two.enter("clerk2", ledger_no="KT-1", rated_tph=7.0)
    answer = two.push()
    assert (answer.accepted, answer.conflicts) == (0, 1)
    assert said(bench, two) == [("conflict", "duplicate")]
    assert bench.boiler(second.uid) is None and bench.boiler(first.uid) == first
    raised = bench.hub.conflicts()[0]
    assert (raised.kind, raised.owner) == ("duplicate", first.uid)
    assert json.loads(raised.offered)["rated_tph"] == 7.0
    bench.check()


def test_a_number_is_free_once_its_record_is_deleted(bench: HubBench) -> None:
    laptop = bench.laptop(COUNTY, "R5")
    first = laptop.enter("clerk", ledger_no="KT-1")
    laptop.push()
    laptop.pull()
    laptop.delete("clerk", first.uid)
    second = laptop.enter("clerk", ledger_no="KT-1")
    assert laptop.push().accepted == 2
    assert bench.boiler(second.uid) == second
    laptop.edit("clerk", second.uid, ledger_no="KT-2")
    third = laptop.enter("clerk", ledger_no="KT-1")
    assert laptop.push().accepted == 2
    laptop.edit("clerk", third.uid, ledger_no="KT-2")
    assert laptop.push().conflicts == 1
    assert bench.boiler(third.uid) == third
    bench.check()


@pytest.mark.parametrize("together", [False, True])
def test_a_record_does_not_live_again_when_its_number_is_taken(bench: HubBench, together: bool) -> None:
    """The hub fell over at each push of such an edit, and nothing of that laptop reached it any more."""
    one, two = bench.laptop(COUNTY, "R5"), bench.laptop(COUNTY, "R5")
    first = one.enter("clerk", ledger_no="KT-1")
    one.push()
    two.pull()
    one.delete("clerk", first.uid)
    if not together:
        second = one.enter("clerk", ledger_no="KT-1")
    one.push()
    if together:
        second = two.enter("clerk2", ledger_no="KT-2")
        two.delete("clerk2", first.uid)
        two.edit("clerk2", second.uid, ledger_no="KT-1")
        two.push()
        one.edit("clerk", first.uid, note="重")
    two.edit("clerk2", first.uid, address="新址1号")
    assert two.push().conflicts == 1
    assert said(bench, two)[-1] == ("conflict", "duplicate")
    stands = bench.boiler(second.uid)
    assert bench.boiler(first.uid) is None and stands is not None and stands.ledger_no == "KT-1"
    [raised] = [item for item in bench.hub.conflicts() if item.kind == "duplicate"]
    assert json.loads(raised.offered) == {"address": "新址1号"}
    bench.check()


def test_two_records_swap_their_numbers_by_way_of_a_third(bench: HubBench) -> None:
    laptop = bench.laptop(COUNTY, "R5")
    one, two = laptop.enter("clerk", ledger_no="A"), laptop.enter("clerk", ledger_no="B")
    laptop.push()
    laptop.pull()
    laptop.edit("clerk", one.uid, ledger_no="C")
    laptop.edit("clerk", two.uid, ledger_no="A")
    laptop.edit("clerk", one.uid, ledger_no="B")
    assert laptop.push().accepted == 3
    assert bench.boiler(one.uid) == one.replace(ledger_no="B")
    assert bench.boiler(two.uid) == two.replace(ledger_no="A")
    bench.check()


def test_boilers_close_together_are_flagged_and_both_stay(bench: HubBench) -> None:
    one, two = bench.laptop(), bench.laptop()
    place = boiler().geometry
    first = one.enter("officer", geometry=place)
    one.enter("officer", geometry=Point(122, 53.5))  # where a degree of longitude is shortest
    one.push()
    near = two.enter("inspector", geometry=type(place)(place.x + 0.0001, place.y))  # 9 m
    far = two.enter("inspector", geometry=type(place)(place.x + 0.0004, place.y))  # 36 m
    same = two.enter("inspector", geometry=None, user_org=first.user_org, address=first.address)
    north = two.enter("inspector", geometry=Point(122 + 14.5 / 66_400, 53.5))  # 14.5 m
    assert two.push().accepted == 4
    assert all(bench.boiler(item.uid) for item in (first, near, far, same, north))
    flagged = {item.owner: item.note for item in bench.hub.conflicts()}
    assert flagged == {near.uid: "near", same.uid: "near", north.uid: "near"}
    each = {
        (item.kept_by, item.kept_device, item.offered_by, item.offered_device)
        for item in bench.hub.conflicts()
    }
    told = next(iter(each))
    assert len(each) == 1 and told[0] != told[2], "each says who entered which"
    assert (told[1], told[3]) == (two.uid, one.uid)
    bench.check()


def test_boilers_that_become_alike_by_an_edit_are_flagged_once(bench: HubBench) -> None:
    laptop = bench.laptop()
    place = boiler().geometry

    def point(metres: float) -> Any:
        return type(place)(place.x + metres / 90_000, place.y)

    def wkb(metres: float) -> bytes:
        return bytes(shapely.to_wkb(point(metres), byte_order=1))

    first = laptop.enter("officer", geometry=point(0), address="中山街1号")
    moved = laptop.enter("officer", geometry=point(900), user_org="第二小学", address="一")
    named = laptop.enter("officer", geometry=point(1800), user_org=first.user_org, address="二")
    away = laptop.enter("officer", geometry=point(2700), user_org="第三小学", address="三")
    laptop.push()
    laptop.pull()
    assert not bench.hub.conflicts()
    laptop.edit("officer", moved.uid, geometry=wkb(9))
    laptop.edit("officer", named.uid, address="中山街1号")
    laptop.edit("officer", away.uid, geometry=wkb(2720), address="四")
    assert laptop.push().accepted == 3
    flagged = {item.owner: item.note for item in bench.hub.conflicts()}
    assert flagged == {moved.uid: "near", named.uid: "near"}
    laptop.pull()
    laptop.edit("officer", moved.uid, geometry=wkb(5))  # it is as near as before: that was said
    laptop.push()
    assert len(bench.hub.conflicts()) == 2
    for metres in (900, 9):  # moved away, and that is taken back before anybody has decided
        laptop.pull()
        laptop.edit("officer", moved.uid, geometry=wkb(metres))
        laptop.push()
    assert len(bench.hub.conflicts()) == 2
    bench.check()


# ---------------------------------------------------------------- the rest
def test_divisions_are_the_citys(bench: HubBench) -> None:
    county, city = bench.laptop(COUNTY, "R5"), bench.laptop(CITY, "R5")
    made = Division(uid=new_uid(), code="620802999", name="新镇", level="town")
    for laptop, taken in ((county, 0), (city, 1)):
        laptop.act("city", "add")
        laptop.insert(made)
        assert laptop.push().accepted == taken
    bench.check()


def test_units_follow_their_division(bench: HubBench) -> None:
    county = bench.laptop(COUNTY, "R5")
    county.act("clerk", "add")
    county.insert(Org(uid=new_uid(), name="某学校", div_code=TOWN))
    county.act("clerk", "add")
    county.insert(Org(uid=new_uid(), name="无处", div_code=None))
    answer = county.push()
    assert (answer.accepted, answer.rejected) == (1, 1)
    bench.check()


def test_papers_need_a_record(bench: HubBench) -> None:
    laptop = bench.laptop()
    laptop.act("officer", "add_evidence")
    laptop.insert(laptop.paper(boiler(), "other", "officer"))
    laptop.push()
    assert [effect.note for effect in bench.effects(CITY) if effect.dseq] == ["unknown_record"]
    bench.check()


# ---------------------------------------------------------------- what is kept for good
def frozen(by: str) -> ReportSnapshot:
    """A frozen report of the place of who froze it."""
    who = person(by)
    return ReportSnapshot(
        uid=new_uid(), name=f"月报{by}", report="monthly", div_code=who.area, units=1, tph=2.0, journal="j",
        content="0" * 64, frozen_at="2026-11-23T04:00:00Z", frozen_by=who.uid, frozen_by_name=by,
    )  # fmt: skip


def withdrawal(report: ReportSnapshot, by: str) -> ReportWithdrawal:
    """Somebody says that it no longer holds."""
    return ReportWithdrawal(
        uid=new_uid(), snapshot=report.uid, name=report.name, reason="有误",
        withdrawn_at="2026-11-23T05:00:00Z", withdrawn_by=person(by).uid, withdrawn_by_name=by,
    )  # fmt: skip


def test_a_frozen_report_is_not_taken_back_at_the_hub_either(bench: HubBench) -> None:
    laptop = bench.laptop(CITY, "R0")
    made = frozen("city")
    act = laptop.act("city", "freeze_report")
    laptop.insert(made)
    assert laptop.push().accepted == 1
    laptop.act("city", "undo", undoes=act.uid)
    laptop.write("report_snapshot", made.uid, "d")
    assert laptop.push().rejected == 1
    assert said(bench, laptop)[-1] == ("rejected", "append_only")
    assert [item.uid for item in bench.records(ReportSnapshot)] == [made.uid]
    bench.check()


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)  # many cases of what no database decides
@pytest.mark.parametrize(
    ("froze", "by", "may"),
    [
        ("city", "leader", True), ("clerk", "leader", True), ("clerk", "chief", True),
        ("city", "chief", False), ("stranger", "chief", False), ("city", "city", False),
        ("clerk", "clerk2", False), ("city", "root", False), ("clerk", "officer", False),
    ],
)  # fmt: skip
def test_who_withdraws_a_frozen_report(bench: HubBench, froze: str, by: str, may: bool) -> None:
    laptop = bench.laptop(CITY, "R0")
    made = frozen(froze)
    laptop.act(froze, "freeze_report")
    laptop.insert(made)
    laptop.push()
    laptop.act(by, "withdraw_report")
    laptop.insert(withdrawal(made, by))
    assert laptop.push().accepted == int(may)
    assert len(bench.records(ReportWithdrawal)) == int(may)
    bench.check()
