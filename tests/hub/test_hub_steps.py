"""Steps at the hub: the whole life of a boiler, and every way to talk around it."""

from __future__ import annotations

import json

import pytest

from app.domain.changes import new_uid
from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import CHECKLISTS
from app.domain.entities.conflict import Conflict
from app.domain.entities.papers import Approval, Attachment
from app.domain.replication import Act
from app.hub.objects import Blobs
from hub.office_hub import COUNTY, TOWN2, HubBench, Laptop, boiler, person

PHOTOS = ("photo_before", "photo_during", "photo_after")
APPLICATION = ("application_form", "identity_copy", *PHOTOS)
LIFE = (
    ("clerk", "register", ("nameplate",), {}),
    ("clerk", "plan", (), {"treatment": "dismantle", "due_date": "2026-12-31", "resp_org": "柳湖镇政府"}),
    ("chief", "plan", (), {}),
    ("officer", "start", ("photo_before",), {}),
    ("officer", "apply", APPLICATION, {}),
    ("officer2", "town_check", ("site_photo",), {}),
    ("clerk", "county_accept", ("acceptance_form",), {"end_state": "A", "end_checks": CHECKLISTS["A"]}),
    ("clerk2", "county_accept", (), {}),
    ("chief", "chief_sign", (), {}),
    ("city", "notice", (), {}),
    ("leader", "clear", (), {}),
)


def city_laptop(bench: HubBench) -> Laptop:
    return bench.laptop("620800", "R0")


def lived(bench: HubBench, laptop: Laptop, until: str = "clear", by: str = "inspector") -> Boiler:
    """A boiler that has come so far, entered by somebody who signs nothing."""
    made = laptop.enter(by)
    assert laptop.push().accepted == 1
    for who, action, papers, values in LIFE:
        if action == "clear":
            bench.clock.forward(days=9)
        laptop.pull()
        laptop.step(who, action, made.uid, papers, **values)
        answer = laptop.push()
        assert answer.rejected + answer.conflicts == 0, (action, bench.records(Conflict))
        bench.clock.forward(minutes=1)
        if action == until:
            break
    found = bench.boiler(made.uid)
    assert found is not None
    return found


def test_a_boiler_goes_through_its_life(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    found = lived(bench, laptop)
    assert found.status == "cleared" and found.cleared_on == "2026-12-02"
    assert len(bench.records(Approval)) == len(LIFE)
    assert not bench.records(Conflict)
    bench.check()


def notes(bench: HubBench, laptop: Laptop) -> list[str]:
    """What the hub said of the laptop's last changes, in order."""
    return [
        effect.note for effect in laptop.pull() if effect.dseq and effect.verdict in ("rejected", "conflict")
    ]


def test_a_state_without_its_step_is_forged(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "start")
    laptop.pull()
    for changes in (
        {"status": "cleared", "cleared_on": "2026-11-23"}, {"round_no": 2}, {"accepted_on": "2026-01-01"},
        {"end_state": "A"},
    ):  # fmt: skip
        laptop.edit("city", made.uid, **changes)
        assert laptop.push().rejected == 1
        assert notes(bench, laptop) == ["forged_state"]
    assert bench.boiler(made.uid) == made
    bench.check()


def test_a_signature_without_its_step_is_forged(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "start")
    act = laptop.act("leader", "clear")
    laptop.insert(_signature(made, act, "clear", "0" * 64))
    assert laptop.push().rejected == 1
    assert len([item for item in bench.records(Approval) if item.action == "clear"]) == 0
    act = laptop.act("officer", "edit")  # the signature's step is another than the act's
    laptop.insert(_signature(made, act, "apply", "0" * 64))
    assert laptop.push().rejected == 1
    bench.check()


def test_a_signature_in_another_name_is_forged(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "start")
    laptop.step("officer", "apply", made.uid, APPLICATION)
    signed = laptop._entries[-1]
    assert signed.entity == "approval"
    signed.cells["person"] = person("officer2").uid
    assert laptop.push().accepted == 0
    assert bench.boiler(made.uid) == made


def test_a_record_that_changed_since_makes_the_signature_void(bench: HubBench) -> None:
    one, two = city_laptop(bench), bench.laptop(COUNTY, "R4")
    made = lived(bench, one, "start")
    two.pull()
    one.step("officer", "apply", made.uid, APPLICATION)  # written before the edit arrives
    two.edit("clerk", made.uid, rated_tph=10.0)
    assert two.push().accepted == 1
    answer = one.push()
    assert (answer.accepted, answer.rejected) == (0, 7)
    said = notes(bench, one)
    assert said.count("void") == 1 and set(said) == {"void", "together"}
    found = bench.boiler(made.uid)
    assert found is not None and (found.status, found.rated_tph) == ("in_progress", 10.0)
    raised = sorted(bench.records(Conflict), key=lambda item: item.kind)
    assert [item.kind for item in raised] == ["rejected"] * 5 + ["void"]
    assert (raised[-1].kept_by, raised[-1].kept_device) == (person("clerk").name, two.uid), "who changed it"
    bench.check()


def test_two_steps_that_contradict_leave_an_open_conflict(bench: HubBench) -> None:
    one, two = city_laptop(bench), bench.laptop(COUNTY, "R4")
    made = lived(bench, one, "apply")
    two.pull()
    one.step("officer2", "town_check", made.uid, ("site_photo",))
    two.step("clerk", "return", made.uid, reason="照片不清")
    assert two.push().conflicts == 0
    answer = one.push()
    assert (answer.accepted, answer.conflicts) == (0, 1)
    found = bench.boiler(made.uid)
    assert found is not None and found.status == "returned"
    raised = [item for item in bench.hub.conflicts() if item.owner == made.uid]
    assert [(item.kind, item.situation, item.offered_action) for item in raised] == [
        ("state", "open", "town_check")
    ]
    assert raised[0].kept_by == "clerk" and raised[0].offered_by == "officer2"
    bench.check()


def test_a_step_does_not_empty_what_its_writer_had_not_seen(bench: HubBench) -> None:
    """Treating a sealed boiler again empties its re-check, which the writer's own record did not have."""
    town, county = city_laptop(bench), bench.laptop(COUNTY, "R4")
    made = lived(bench, town, "start")
    town.step("clerk", "seal", made.uid, ("seal_photo",), seal_no="F-1")
    assert town.push().rejected == 0
    bench.clock.forward(days=2)
    county.pull()
    county.step("clerk", "restart", made.uid, due_date="2027-06-30")
    town.step("officer", "recheck", made.uid, ("recheck_photo",))
    assert (town.push().rejected, county.push().conflicts) == (0, 1)
    found = bench.boiler(made.uid)
    assert found is not None and (found.status, found.rechecked_on) == ("sealed", "2026-11-25")
    (raised,) = [item for item in bench.hub.conflicts() if item.owner == made.uid]
    assert (raised.kind, raised.situation, raised.offered_action) == ("state", "open", "restart")
    kept, offered = json.loads(raised.kept or ""), json.loads(raised.offered or "")
    assert (kept["rechecked_on"], offered["rechecked_on"]) == ("2026-11-25", None)
    assert raised.kept_by == "officer", "what stands against it is the re-check"
    bench.check()


def test_the_hub_writes_the_day_itself(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "start")
    laptop.skew_ms = 90 * 24 * 3600 * 1000  # three months fast
    laptop.step("officer", "apply", made.uid, APPLICATION)
    for entry in laptop._entries:
        if entry.entity == "boiler":
            entry.cells["applied_on"] = "2027-02-21"
    assert laptop.push().rejected == 0
    found = bench.boiler(made.uid)
    assert found is not None and found.applied_on == "2026-11-23"
    signed = next(item for item in bench.records(Approval) if item.action == "apply")
    assert signed.signed_at.startswith("2026-11-23")
    bench.check()


def test_clearing_waits_for_the_notice_whatever_the_clock_says(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "notice")
    ahead = 30 * 24 * 3600 * 1000
    laptop.pull()
    laptop.skew_ms = ahead
    bench.clock.forward(milliseconds=ahead)  # the laptop believes it is next month
    laptop.step("leader", "clear", made.uid)
    bench.clock.forward(milliseconds=-ahead)
    assert laptop.push().rejected > 0
    assert "step:notice" in notes(bench, laptop)
    assert bench.boiler(made.uid) == made


def test_clearing_needs_the_evidence_at_the_hub(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "notice")
    bench.clock.forward(days=9)
    laptop.pull()
    ghost = laptop.paper(made, "photo_after", "officer")
    laptop.act("officer", "add_evidence")
    laptop.insert(ghost.replace(uid=new_uid(), sha256="f" * 64, kind="other"))
    assert laptop.push().accepted == 1
    laptop.pull()
    laptop.step("leader", "clear", made.uid)
    assert laptop.push().accepted == 0
    assert "evidence_absent" in notes(bench, laptop)
    assert bench.boiler(made.uid) == made
    bench.check()


@pytest.mark.parametrize("kept", [True, False])
def test_a_store_that_takes_its_time_over_the_evidence_keeps_nobody_else_waiting(
    bench: HubBench, kept: bool
) -> None:
    laptop, other = city_laptop(bench), bench.laptop("620800", "R0")
    made = lived(bench, laptop, "notice")
    bench.clock.forward(days=9)
    laptop.pull()
    served = []

    class FarStore(Blobs):
        def size(self, sha256: str) -> int | None:
            other.enter("officer")
            served.append(other.push().accepted)
            return 1 if kept else None

    bench.hub.blobs = FarStore(None)
    laptop.step("leader", "clear", made.uid)
    assert (laptop.push().accepted > 0) is kept
    assert served and set(served) == {1}
    assert ("evidence_absent" in notes(bench, laptop)) is not kept
    found = bench.boiler(made.uid)
    assert found is not None and (found.status == "cleared") is kept
    bench.check()


def test_nobody_approves_their_own_entry(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "apply", by="officer2")  # who entered it checks it on site
    laptop.pull()
    laptop.step("officer2", "town_check", made.uid, ("site_photo",))
    assert laptop.push().accepted == 0
    assert "step:own_entry" in notes(bench, laptop)
    assert bench.boiler(made.uid) == made


def test_an_editor_through_another_laptop_may_not_approve(bench: HubBench) -> None:
    laptop, other = city_laptop(bench), bench.laptop()
    made = lived(bench, laptop, "start")
    other.pull()
    other.edit(
        "officer2", made.uid, address="东大街2号", action="register"
    )  # a step's name does not hide an edit
    assert other.push().accepted == 1
    laptop.pull()
    laptop.step("officer", "apply", made.uid, APPLICATION)
    assert laptop.push().rejected == 0
    laptop.pull()
    laptop.step("officer2", "town_check", made.uid, ("site_photo",))
    assert laptop.push().accepted == 0
    assert "step:own_entry" in notes(bench, laptop)


def test_one_refused_step_leaves_the_rest_of_the_act(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "start")
    other = laptop.enter("officer")
    assert laptop.push().accepted == 1
    laptop.pull()
    act = laptop.act("officer", "apply")
    laptop.insert(_signature(made, act, "apply", "0" * 64))
    laptop.write("boiler", other.uid, "u", {"note": "同一批"})
    answer = laptop.push()
    assert (answer.accepted, answer.rejected) == (1, 1)
    found = bench.boiler(other.uid)
    assert found is not None and found.note == "同一批"
    bench.check()


def test_two_first_signatures_without_seeing_each_other_are_two(bench: HubBench) -> None:
    one, two = city_laptop(bench), bench.laptop(COUNTY, "R4")
    made = lived(bench, one, "register")
    fresh = lived(bench, one, "town_check")
    assert made.status == "registered"
    for laptop in (one, two):
        laptop.pull()
    two.pull()
    found = {"end_state": "A", "end_checks": CHECKLISTS["A"]}
    two.step("clerk", "county_accept", fresh.uid, ("acceptance_form",), **found)
    assert two.push().rejected == 0
    one.step("clerk2", "county_accept", fresh.uid)  # upon what the hub has now
    assert one.push().rejected == 0
    assert (
        len(
            [
                item
                for item in bench.records(Approval)
                if item.owner == fresh.uid and item.action == "county_accept"
            ]
        )
        == 2
    )
    bench.check()


@pytest.mark.parametrize("state", ["registered", "cleared", "retained"])
def test_a_new_boiler_begins_at_the_beginning(bench: HubBench, state: str) -> None:
    laptop = city_laptop(bench)
    made = laptop.enter("clerk", status=state)
    assert laptop.push().rejected == 1
    assert notes(bench, laptop) == ["forged_state"]
    assert bench.boiler(made.uid) is None
    claimed = boiler(status=state, origin="migrated", cleared_on="2024-01-01")
    for who, reason, taken in (("clerk", "平环发1号", 0), ("city", "", 0), ("city", "平环发1号", 1)):
        laptop.act(who, "import", reason)
        laptop.insert(claimed)
        assert laptop.push().accepted == taken, (who, reason)
    assert bench.boiler(claimed.uid) == claimed
    bench.check()


def test_a_step_is_taken_back_by_who_took_it(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "plan")  # the first of its two signatures
    laptop.pull()
    step = laptop.step("chief", "plan", made.uid)
    assert laptop.push().rejected == 0
    before, after = made, bench.boiler(made.uid)
    assert after is not None and (before.status, after.status) == ("registered", "planned")
    signed = next(item for item in bench.records(Approval) if item.person == person("chief").uid)
    signed_by = "chief"
    laptop.pull()
    _undo(laptop, "clerk2", step, signed, after.uid, before.status)
    assert laptop.push().accepted == 0  # another person
    _undo(laptop, signed_by, step, signed, after.uid, "cleared")
    assert laptop.push().accepted == 0  # to something that was not there before
    _undo(laptop, signed_by, step, signed, after.uid, before.status)
    assert laptop.push().rejected == 0
    back = bench.boiler(made.uid)
    assert back is not None and back.status == before.status
    assert bench.record(Approval, signed.uid) is None
    _undo(laptop, signed_by, step, signed, after.uid, before.status)
    assert laptop.push().accepted == 0  # twice
    bench.check()


def test_papers_are_added_and_go_only_with_their_act(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "start")
    added = laptop.act("officer", "add_evidence")
    item = laptop.paper(made, "other", "officer")
    laptop.insert(item)
    assert laptop.push().accepted == 1
    laptop.pull()
    laptop.act("officer", "edit")
    laptop.write("attachment", item.uid, "d")
    assert laptop.push().rejected == 1
    laptop.edit("officer", item.uid, "attachment", kind="nameplate")
    assert laptop.push().rejected == 1
    laptop.act("officer2", "undo", undoes=added.uid)
    laptop.write("attachment", item.uid, "d")
    assert laptop.push().rejected == 1
    laptop.act("officer", "undo", undoes=added.uid)
    laptop.write("attachment", item.uid, "d")
    assert laptop.push().accepted == 1
    assert bench.record(Attachment, item.uid) is None
    bench.check()


@pytest.mark.parametrize("move", [False, True], ids=["stays", "moves"])
@pytest.mark.parametrize("minutes", [5, -60 * 24 * 90], ids=["clock right", "months behind"])
def test_a_paper_stays_once_somebody_has_signed_upon_it(bench: HubBench, minutes: int, move: bool) -> None:
    """The log tells what came after what, not the clock of who signed; also in the log of another town."""
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "start")
    added = laptop.act("officer", "add_evidence")
    item = laptop.paper(made, "photo_during", "officer")
    laptop.insert(item)
    assert laptop.push().accepted == 1
    laptop.pull()
    bench.clock.forward(minutes=minutes)
    laptop.step("officer2", "apply", made.uid, APPLICATION)
    answer = laptop.push()
    assert answer.rejected + answer.conflicts == 0
    laptop.pull()
    later = laptop.act("officer", "add_evidence")
    unsigned = laptop.paper(made, "other", "officer")
    laptop.insert(unsigned)
    if move:
        laptop.edit("clerk", made.uid, div_code=TOWN2)
    assert laptop.push().rejected == 0
    laptop.pull()
    laptop.act("officer", "undo", undoes=added.uid)
    laptop.write("attachment", item.uid, "d")
    assert laptop.push().rejected == 1
    assert notes(bench, laptop) == ["signed"]
    laptop.act("officer", "undo", undoes=later.uid)
    laptop.write("attachment", unsigned.uid, "d")
    assert laptop.push().accepted == 1
    assert bench.record(Attachment, item.uid) == item
    bench.check()


def test_a_signed_boiler_is_not_deleted(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "register")
    laptop.pull()
    laptop.delete("clerk", made.uid)
    assert laptop.push().rejected == 1
    assert notes(bench, laptop) == ["signed"]
    bench.check()


def _undo(laptop: Laptop, by: str, step: Act, signed: Approval, uid: str, state: str) -> None:
    laptop.act(by, "undo", undoes=step.uid)
    laptop.write("boiler", uid, "u", {"status": state})
    laptop.write("approval", signed.uid, "d")


def _signature(record: Boiler, act: Act, action: str, fingerprint: str) -> Approval:
    who = next(item for name in ("leader", "officer") if (item := person(name)).uid == act.person)
    return Approval(
        uid=new_uid(), owner_entity="boiler", owner=record.uid, action=action, person=who.uid,
        person_name=who.name,
        role=who.role, org=who.org, fingerprint=fingerprint, signed_at=act.wall,
    )  # fmt: skip
