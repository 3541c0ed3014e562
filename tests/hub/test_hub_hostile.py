"""A hostile laptop tries every step as everybody, everywhere, and every short cut around the steps.

It signs its batches as it should, but writes what it likes: roles, states, stamps, papers. Nothing may be
half taken, each refusal has its word, and whatever was refused can be found in a conflict.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from app.domain.changes import new_uid
from app.domain.entities.boiler import LIFE, Boiler
from app.domain.entities.boiler_codes import CHECKLISTS, STATES
from app.domain.entities.conflict import Conflict
from app.domain.entities.papers import Approval, Attachment
from app.domain.entity import Entity
from app.domain.fields import Kind
from app.domain.replication import Act, Effect
from app.domain.rights import in_area
from app.domain.values import as_moment
from app.domain.workflow import Transition, fingerprint
from app.domain.workflows.boiler import BOILER
from app.errors import Invalid
from app.hub import founding
from hub.office_hub import CITY, PEOPLE, TOWN, TOWN2, HubBench, Laptop, boiler, person, wkb

PLACES = (TOWN, TOWN2)
FILLED: dict[str, Any] = {
    "user_org": "单位", "boiler_type": "hot_water", "exclude_reason": "not_coal", "treatment": "dismantle",
    "due_date": "2027-10-31", "resp_org": "柳湖镇政府", "seal_no": "F-1", "end_state": "A",
    "end_checks": CHECKLISTS["A"],
    "rebound_reason": "relit",
}  # fmt: skip
STAMPS = {
    "applied": ("applied_on",), "county_ok": ("accepted_on",), "cleared": ("cleared_on",),
    "notice": ("notice_from", "notice_to"), "sealed": ("sealed_until",),
}  # fmt: skip


@dataclass(frozen=True)
class Try:
    """One forged step: the row of the table, who, upon which boiler, and the act that carried it."""

    row: Transition
    who: str
    record: Boiler
    act: Act


def begin(bench: HubBench, records: Iterable[Entity]) -> None:
    """Records that the hub has from its beginning, in whatever state."""
    hub = bench.hub
    founding.begin(hub.database, hub._keys, CITY, list(records), int(bench.clock.now.timestamp() * 1000))


def every_step() -> Iterator[tuple[Transition, str, str, str]]:
    """Every row of the workflow from every state it starts at, by everybody, in both towns."""
    for row in BOILER.transitions:
        for source in row.source:
            for who in PEOPLE:
                for place in PLACES:
                    yield row, source, who, place


def forged(laptop: Laptop, row: Transition, who: str, record: Boiler) -> Act:
    """The step as a laptop without rules writes it: complete, with a claimed role that may do anything."""
    act = laptop.act(who, row.action, "模拟", role="R6")
    now = as_moment(laptop.bench.clock.now)
    today = now[:10]
    values = {name: FILLED[name] for name in row.asks if name in FILLED}
    values |= dict.fromkeys(STAMPS.get(row.target, ()), today)
    after = record.replace(status=row.target, **values)
    papers = [
        Attachment(
            uid=new_uid(), owner_entity="boiler", owner=record.uid, kind=kind, file_name="x.jpg",
            sha256=new_uid().replace("-", "") * 2, size=1, taken_at=now,
            photo_x=getattr(record.geometry, "x", None),
            photo_y=getattr(record.geometry, "y", None), added_by=person(who).uid, added_at=now,
        )
        for kind in row.evidence
    ]  # fmt: skip
    laptop.write("boiler", record.uid, "u", {"status": row.target, **values})
    for item in papers:
        laptop.insert(item)
    laptop.insert(
        Approval(
            uid=new_uid(), owner_entity="boiler", owner=record.uid, action=row.action, person=person(who).uid,
            person_name="别人", role="R6", fingerprint=fingerprint(after, papers), signed_at=now,
        )
    )  # fmt: skip
    return act


def answers(laptop: Laptop) -> dict[str, list[Effect]]:
    """The hub's answers to this laptop's entries, by act."""
    laptop.pull()
    found: dict[str, list[Effect]] = {}
    for area in laptop.bench.hub.status().areas:
        for block in laptop.bench.blocks(area):
            for effect in block.effects:
                if effect.dseq and block.device == laptop.uid:
                    found.setdefault(block.acts[effect.act].uid, []).append(effect)
    return found


def kept(bench: HubBench) -> dict[str, list[dict[str, Any]]]:
    """What conflicts keep of each act."""
    found: dict[str, list[dict[str, Any]]] = {}
    for item in bench.records(Conflict):
        found.setdefault(str(item.offered_act), []).append(json.loads(item.offered or "{}"))
    return found


def test_every_step_by_everybody_everywhere(bench: HubBench) -> None:
    cases = list(every_step())
    records = [
        boiler(
            status=source,
            div_code=place,
            end_state="A" if source == "town_ok" else None,
            end_checks=CHECKLISTS["A"] if source == "town_ok" else (),
        )
        for _, source, _, place in cases
    ]
    begin(bench, records)
    laptop = bench.laptop(CITY, "R0")
    laptop.pull()
    tries = [
        Try(row, who, record, forged(laptop, row, who, record))
        for (row, _, who, _), record in zip(cases, records, strict=True)
    ]
    assert laptop.push().state == "taken"
    said, conflicts = answers(laptop), kept(bench)
    now = {item.uid: item for item in bench.records(Boiler)}
    beside = {item.owner for kind in (Approval, Attachment) for item in bench.records(kind)}
    taken: set[tuple[str, str]] = set()
    for one in tries:
        role, _, area = PEOPLE[one.who]
        may = role in one.row.signers[0] and in_area(area, one.record.div_code)
        found = said[one.act.uid]
        words = {effect.note for effect in found}
        told = f"{one.row.action} from {one.record.status} by {one.who} in {one.record.div_code}: {words}"
        if now[one.record.uid].status != one.record.status or all(e.verdict == "accepted" for e in found):
            assert may, told
            taken.add((one.row.action, role))
            continue
        assert {effect.verdict for effect in found} == {"rejected"}, told
        assert now[one.record.uid] == one.record, f"half taken: {told}"
        assert one.record.uid not in beside, f"its papers were taken: {told}"
        assert one.act.uid in conflicts, f"nowhere to be found: {told}"
        assert any(one.row.target == item.get("status") for item in conflicts[one.act.uid]), told
        if not in_area(area, one.record.div_code):
            assert "outside_area" in words, told
        elif not may:
            assert "step:role" in words or "step:wrong_state" in words, told
    assert taken, "no step at all was taken, so the test says nothing"
    bench.check()


def test_every_state_without_a_step(bench: HubBench) -> None:
    pairs = [(old, new) for old in STATES.codes for new in STATES.codes if old != new]
    records = [boiler(status=old) for old, _ in pairs]
    begin(bench, records)
    laptop = bench.laptop(CITY, "R0")
    laptop.pull()
    acts = [
        laptop.edit("city", record.uid, status=new) for record, (_, new) in zip(records, pairs, strict=True)
    ]
    laptop.push()
    said, conflicts = answers(laptop), kept(bench)
    now = {item.uid: item for item in bench.records(Boiler)}
    for act, record, (old, new) in zip(acts, records, pairs, strict=True):
        assert [effect.note for effect in said[act.uid]] == ["forged_state"], (old, new)
        assert now[record.uid].status == old
        assert conflicts[act.uid] == [{"status": new}]


def test_every_field_of_a_life_without_a_step(bench: HubBench) -> None:
    values = {Kind.DATE: "2026-01-01", Kind.TEXT: "假", Kind.INTEGER: 9}
    fields = [
        item for item in Boiler.TYPE.fields.values() if item.group == LIFE and item.kind is not Kind.STATE
    ]
    records = [boiler(status="notice") for _ in fields]
    begin(bench, records)
    laptop = bench.laptop(CITY, "R0")
    laptop.pull()
    for record, item in zip(records, fields, strict=True):
        value: Any = item.choices.codes[0] if item.choices else values[item.kind]
        value = (value,) if item.kind is Kind.TEXTS else value
        laptop.edit("city", record.uid, **{item.id: value})
    laptop.push()
    laptop.pull()
    assert {effect.note for effect in laptop.answers} == {"forged_state"}
    now = {item.uid: item for item in bench.records(Boiler)}
    assert [now[record.uid] for record in records] == records


@pytest.mark.parametrize(
    ("area", "cap", "who", "word"),
    [
        (TOWN, "R2", "clerk", "device_role"),
        (TOWN, "R2", "leader", "device_role"),
        (TOWN2, "R2", "officer", "outside_area"),
        (CITY, "R0", "stranger", "outside_area"),
        (CITY, "R0", "root", "role"),
    ],
)
def test_who_may_not_here(bench: HubBench, area: str, cap: str, who: str, word: str) -> None:
    record = boiler()
    begin(bench, [record])
    laptop = bench.laptop(area, cap)
    laptop.pull()
    act = laptop.edit(who, record.uid, note="假")
    laptop.push()
    assert [effect.note for effect in answers(laptop)[act.uid]] == [word]
    assert bench.boiler(record.uid) == record
    assert kept(bench)[act.uid] == [{"note": "假"}]


@pytest.mark.parametrize("op", ["u", "d"])
@pytest.mark.parametrize("entity", ["approval", "attachment"])
def test_signatures_and_evidence_are_never_rewritten(bench: HubBench, entity: str, op: str) -> None:
    record = boiler()
    now = as_moment(bench.clock.now)
    signed = Approval(
        uid=new_uid(), owner_entity="boiler", owner=record.uid, action="register", person=person("clerk").uid,
        person_name="clerk", role="R3", fingerprint="0" * 64, signed_at=now,
    )  # fmt: skip
    paper = Attachment(
        uid=new_uid(), owner_entity="boiler", owner=record.uid, kind="nameplate", file_name="a.jpg",
        sha256="a" * 64, size=1, added_by=person("clerk").uid, added_at=now,
    )  # fmt: skip
    begin(bench, [record, signed, paper])
    laptop = bench.laptop(CITY, "R0")
    laptop.pull()
    item: Entity = signed if entity == "approval" else paper
    laptop.act("clerk")
    laptop.write(entity, item.uid, op, {"round_no": 7} if op == "u" else {})
    laptop.push()
    laptop.pull()
    assert [effect.note for effect in laptop.answers] == ["append_only"]
    assert bench.record(type(item), item.uid) == item


def test_a_replay_changes_nothing(bench: HubBench) -> None:
    record = boiler()
    begin(bench, [record])
    laptop = bench.laptop(CITY, "R0")
    laptop.pull()
    laptop.edit("city", record.uid, note="一")
    body = laptop.batch()
    before = [bench.hub.push(body, bench.clock.now).state, bench.hub.status().areas]
    again = [bench.hub.push(body, bench.clock.now).state, bench.hub.status().areas]
    assert (before[0], again[0]) == ("taken", "repeat")
    assert before[1] == again[1]


def test_impossible_texts_and_places_are_refused_and_what_follows_comes_in(bench: HubBench) -> None:
    laptop = bench.laptop()
    made = laptop.enter("officer")
    laptop.push()
    for cells in (
        {"ledger_no": "A\0B", "user_org": "x\0y", "div_code": TOWN},
        {"ledger_no": ["A"], "div_code": 5},
        {"div_code": "6208\0"},
        {"div_code": "62080210x"},
        {"geometry": wkb(1e308, float("nan")), "div_code": TOWN},
    ):
        laptop.act("officer", "add")
        laptop.write("boiler", new_uid(), "i", cells)
        assert laptop.push().rejected == 1
    for owner in ("x\0", ["x"], 5, "x" * 5_000):
        laptop.act("officer", "attach")
        laptop.write("attachment", new_uid(), "i", {"owner": owner, "owner_entity": "boiler"})
        assert laptop.push().rejected == 1
    laptop.edit("officer", made.uid, ledger_no="A\0B")
    assert laptop.push().rejected == 1
    assert all(code.isdigit() for code in bench.hub.status().areas), "no area is made up by a laptop"
    laptop.edit("officer", made.uid, note="核实过")
    assert laptop.push().accepted == 1
    bench.check()


def test_a_shape_within_shapes_is_refused_and_not_followed(bench: HubBench) -> None:
    deep = b"\x01\x07\x00\x00\x00\x01\x00\x00\x00" * 300_000 + wkb(106.6, 35.5)
    laptop = bench.laptop(CITY, "R0")
    made = laptop.enter("officer")
    for begin in (deep, b"\x01\x06\x00\x00\x00\x01\x00\x00\x00" + deep):
        laptop.act("officer", "add")
        laptop.write("sketch", new_uid(), "i", {"name": "草图", "geometry": begin})
        laptop.edit("officer", made.uid, geometry=begin)
    assert laptop.push().rejected == 4
    bench.check()


def test_refused_values_that_are_too_long_for_a_conflict_are_cut(bench: HubBench) -> None:
    laptop = bench.laptop(CITY, "R0")
    made = laptop.enter("officer")
    laptop.edit("officer", made.uid, end_checks=["x" * 100] * 20_000, note="核实" * 2_000)
    laptop.edit("officer", made.uid, **{f"f{number}" * 10: "x" * 300 for number in range(3_000)})
    assert laptop.push().rejected == 2
    bench.check()
    first, second = (json.loads(item.offered or "") for item in bench.records(Conflict))
    first, second = sorted((first, second), key=len)
    assert len(first["end_checks"]) < 100 and first["note"].startswith("核实核实")
    assert 100 < len(second) < 3_000


def test_impossible_texts_of_a_revoked_laptop_wait_too(bench: HubBench) -> None:
    laptop = bench.laptop()
    made = laptop.enter("officer")
    laptop.push()
    bench.hub.revoke(laptop.uid, bench.clock.now, "lost")
    laptop.edit("officer", made.uid, user_org="x\0y", ledger_no="a\0b")
    laptop.act("officer", "add")
    laptop.write("boiler", new_uid(), "i", {"ledger_no": ["A\0"], "div_code": 5})
    laptop.act("officer", "attach")
    laptop.write("attachment", new_uid(), "i", {"owner": "x\0", "owner_entity": "boiler"})
    assert laptop.push().state == "quarantined"
    bench.check()


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("add", {"person_name": "x\0"}),
        ("add", {"person": "x" * 65}),
        ("add", {"undoes": "x" * 65}),
        ("a" * 61, {}),
    ],
)
def test_an_act_with_a_text_that_cannot_be_kept_is_no_message(
    bench: HubBench, action: str, words: dict[str, str]
) -> None:
    laptop = bench.laptop()
    laptop.act("officer", action, **words)
    laptop.insert(boiler())
    with pytest.raises(Invalid) as refused:
        laptop.push()
    assert refused.value.code == "bad_batch"
