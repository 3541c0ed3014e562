"""What a signature was given after goes by what its signer had seen, not by a clock that is behind."""

from __future__ import annotations

from app.domain.changes import new_uid
from app.domain.entities.boiler_codes import CHECKLISTS
from app.domain.entities.lookback import LookbackRound, LookbackVisit
from app.domain.entities.papers import Approval
from app.domain.values import as_moment, bureau_day
from hub.office_hub import COUNTY, HubBench, person
from hub.test_hub_steps import city_laptop, lived, notes

MONTHS_MS = 90 * 24 * 3600 * 1000


def test_what_was_sent_back_by_a_slow_clock_is_accepted_anew(bench: HubBench) -> None:
    """By clocks the boiler was sent back before it was accepted: the acceptances seemed to count still."""
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "county_accept")
    laptop.pull()
    for who, action, papers, skew in (
        ("clerk2", "county_accept", (), 0), ("chief", "return", (), -MONTHS_MS), ("officer", "apply", (), 0),
        ("officer2", "town_check", ("site_photo",), 0), ("clerk", "county_accept", (), 0),
    ):  # fmt: skip
        laptop.skew_ms = skew
        anew = {"end_state": "A", "end_checks": CHECKLISTS["A"]} if who == "clerk" else {}
        laptop.step(who, action, made.uid, papers, reason="照片不清", **anew)
        answer = laptop.push()
        assert answer.rejected + answer.conflicts == 0, (action, notes(bench, laptop))
        laptop.pull()
        bench.clock.forward(minutes=1)
    laptop.step("chief", "chief_sign", made.uid)
    assert laptop.push().accepted == 0, "the second acceptance is the old one"
    assert "step:signatures" in notes(bench, laptop)
    found = bench.boiler(made.uid)
    assert found is not None and found.status == "town_ok"
    moments = [item.signed_at for item in sorted(bench.records(Approval), key=lambda item: item.signed_at)]
    assert min(moments) > "2026-11-01", "no signature says that it was given before what it was given upon"
    bench.check()


def test_a_day_is_not_before_what_the_step_follows(bench: HubBench) -> None:
    laptop = city_laptop(bench)
    made = lived(bench, laptop, "county_accept")
    laptop.pull()
    laptop.step("clerk2", "county_accept", made.uid)
    laptop.push()
    laptop.pull()
    laptop.skew_ms = -MONTHS_MS
    laptop.step("chief", "chief_sign", made.uid)
    assert laptop.push().rejected == 0
    found = bench.boiler(made.uid)
    assert found is not None and found.accepted_on == "2026-11-23"
    bench.check()


def test_who_signed_offline_before_signed_then(bench: HubBench) -> None:
    """Of two acceptances the first arrives last: what its signer had not seen does not move its moment."""
    one, two = city_laptop(bench), bench.laptop(COUNTY, "R4")
    made = lived(bench, one, "town_check")
    one.pull()
    two.pull()
    anew = {"end_state": "A", "end_checks": CHECKLISTS["A"]}
    first = two.step("clerk2", "county_accept", made.uid, ("acceptance_form",), **anew)
    bench.clock.forward(days=2)
    one.step("clerk", "county_accept", made.uid, ("acceptance_form",), **anew)
    assert one.push().rejected == 0
    assert two.push().rejected == 0, notes(bench, two)
    accepted = (item for item in bench.records(Approval) if item.action == "county_accept")
    signed = {item.person: item.signed_at for item in accepted}
    assert signed[person("clerk2").uid] == first.wall < signed[person("clerk").uid]
    bench.check()


def test_a_finding_follows_the_draws_that_its_signer_had_seen(bench: HubBench) -> None:
    """Of rebounds reported by slow clocks after a draw: by who had heard of it, and by who had not."""
    city, one, two = city_laptop(bench), bench.laptop(), bench.laptop()
    seen, unseen, other = (lived(bench, city) for _ in range(3))
    bench.clock.forward(days=1)
    for laptop in (city, one, two):
        laptop.pull()
    drawn = LookbackRound(
        uid=new_uid(), name="第一轮", population=3, drawn=2, seed="1", drawn_at=as_moment(bench.clock.now)
    )
    city.act("city", "draw_lookback")
    city.insert(drawn)
    for place, made in enumerate((seen, unseen), 1):
        city.insert(
            LookbackVisit(uid=new_uid(), round=drawn.uid, boiler=made.uid, ledger_no=str(place), place=place)
        )
    assert city.push().accepted == 3
    one.pull()
    for laptop, those in ((one, (seen, other)), (two, (unseen,))):
        laptop.skew_ms = -MONTHS_MS
        for made in those:
            laptop.step("inspector", "rebound", made.uid, ("rebound_photo",), reason="冒烟")
        assert laptop.push().rejected == 0, notes(bench, laptop)
    found = {item.owner: item.signed_at for item in bench.records(Approval) if item.action == "rebound"}
    assert found[seen.uid] == drawn.drawn_at
    assert max(found[unseen.uid], found[other.uid]) < drawn.drawn_at
    reported = bench.boiler(seen.uid)
    assert reported is not None and reported.rebound_reported == bureau_day(bench.clock.now)
    bench.check()
