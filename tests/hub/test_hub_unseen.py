"""A hub believes of what a laptop says it has seen only what the laptop shows that it was given."""

from __future__ import annotations

import json

import pytest

from app.domain.entities import conflict
from app.domain.replication import SEEN_BYTES
from app.errors import Conflict, Invalid
from app.sync.messages import PullRequest, RejoinRequest, decode_message, encode_message
from hub.office_hub import CITY, COUNTY, TOWN, HubBench, Laptop


def two_that_edit(bench: HubBench) -> tuple[Laptop, str]:
    """A laptop that has not fetched what another one has just written to a boiler; its uid."""
    one, two = bench.laptop(), bench.laptop()
    made = one.enter("officer", note="一")
    one.push()
    two.pull()
    one.edit("officer", made.uid, note="二")
    one.push()
    return two, made.uid


def conflicts(bench: HubBench) -> list[tuple[str, object, object]]:
    """What conflicts keep: the rule, what stands, what was offered."""
    return [
        (item.kind, json.loads(item.kept or "{}"), json.loads(item.offered or "{}"))
        for item in bench.records(conflict.Conflict)
    ]


MERGED = [("merged", {"note": "三"}, {"note": "二"})]


def test_who_says_to_have_seen_what_was_not_given_overwrites_nothing_silently(bench: HubBench) -> None:
    two, uid = two_that_edit(bench)
    two.view[TOWN] = bench.hub.status().areas[TOWN][0]
    bench.clock.forward(minutes=1)
    two.edit("officer2", uid, note="三")
    assert two.push().state == "taken"
    assert conflicts(bench) == MERGED
    bench.check()


def test_without_any_head_nothing_counts_as_seen(bench: HubBench) -> None:
    two, uid = two_that_edit(bench)
    two.pull()
    bench.clock.forward(minutes=1)
    two.edit("officer2", uid, note="三")
    assert two.push(seen={}).state == "taken"
    assert conflicts(bench) == MERGED


def test_who_was_given_it_has_seen_it(bench: HubBench) -> None:
    two, uid = two_that_edit(bench)
    two.pull()
    two.edit("officer2", uid, note="三")
    assert two.push().accepted == 1
    assert conflicts(bench) == []


@pytest.mark.parametrize("length", [0, 1, SEEN_BYTES - 1])
def test_a_head_is_not_guessed_bit_by_bit(bench: HubBench, length: int) -> None:
    two, uid = two_that_edit(bench)
    seq, head, _ = bench.hub.status().areas[TOWN]
    two.edit("officer2", uid, note="三")
    with pytest.raises(Invalid):
        two.push(seen={TOWN: (seq, head[:length])})
    asked = RejoinRequest(ends={TOWN: [(seq, head[:length])]})
    with pytest.raises(Invalid):
        decode_message(RejoinRequest, encode_message(asked))


def test_a_head_is_told_to_whom_the_log_up_to_it_is_given(bench: HubBench) -> None:
    two, _ = two_that_edit(bench)
    everything = bench.hub.pull(two.uid, {}, heads={}).areas
    areas = {area: now for area, now in bench.hub.status().areas.items() if area in (TOWN, COUNTY, CITY)}
    assert everything == areas
    seq, head, _ = areas[TOWN]
    mine = {area: head for area, (_, head) in two.heads.items()}
    for heads in ({}, {TOWN: b""}):
        lies = bench.hub.pull(two.uid, {TOWN: seq}, heads=heads)
        assert TOWN not in {block.area for block in lies.blocks} | lies.areas.keys()
        assert lies.areas.keys() == areas.keys() - {TOWN}, "others are given from their beginning"
    for seen, other in ((seq, bytes(32)), (seq, mine[TOWN]), (seq - 1, bytes(32)), (seq - 1, head)):
        with pytest.raises(Conflict) as refused:
            bench.hub.pull(two.uid, {TOWN: seen}, heads={TOWN: other})
        assert refused.value.code == "wrong_head", "as the hub that was brought back says it"
    cut = bench.hub.pull(two.uid, {}, 1, heads={})
    assert cut.more and TOWN not in cut.areas
    blind = bench.hub.pull(two.uid, {TOWN: seq - 1}, heads={})
    assert blind.blocks[-1].area == TOWN and TOWN not in blind.areas
    assert bench.hub.pull(two.uid, two.view, heads=mine).areas == areas
    assert bench.hub.pull(two.uid, {TOWN: seq}, heads={TOWN: head}).areas == areas


def test_a_whole_sync_tells_as_little(bench: HubBench) -> None:
    two, uid = two_that_edit(bench)
    two.edit("officer2", uid, address="东大街甲1号")
    seq = bench.hub.status().areas[TOWN][0]
    _, news = bench.hub.sync(two.uid, two.batch(), PullRequest(after={TOWN: seq}), bench.clock.now)
    assert news is not None and TOWN not in news.areas


def test_what_a_laptop_says_it_has_does_not_count_for_its_stick(bench: HubBench) -> None:
    two, _ = two_that_edit(bench)
    seq = bench.hub.status().areas[TOWN][0]
    bench.hub.pull(two.uid, {TOWN: seq}, now=bench.clock.now, heads={})
    assert TOWN not in json.loads(bench.hub.device(two.uid).cursors or "{}")
