"""A second laptop that uses numbers of another one, of acts, records and batches: by malice, or as a copy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.domain.entities.conflict import Conflict
from app.domain.replication import Act, Effect
from app.errors import Invalid
from app.hub import brought
from app.hub.pushing import PushAnswer
from hub.office_hub import TOWN, HubBench, Laptop, boiler


def told(laptop: Laptop) -> list[tuple[str, str]]:
    """What the hub answers to this laptop's entries."""
    laptop.pull()
    return [(effect.verdict, effect.note) for effect in laptop.answers]


def take(laptop: Laptop, act: Act, **changes: Any) -> None:
    """Begin an act under the number of another one."""
    laptop.act("officer2", "edit", "别的原因", uid=act.uid, **changes)


def waiting(bench: HubBench) -> list[tuple[str, Any]]:
    """What waits for somebody."""
    return [(item.note, json.loads(item.offered or "{}")) for item in bench.hub.conflicts()]


def begun(bench: HubBench) -> tuple[Laptop, Laptop, Any]:
    """Two laptops of a town that have seen a boiler of it."""
    one, two = bench.laptop(), bench.laptop()
    made = one.enter("officer")
    one.push()
    for laptop in (one, two):
        laptop.pull()
    return one, two, made


def test_what_comes_under_the_number_of_anothers_act_is_refused_and_kept(bench: HubBench) -> None:
    one, two, made = begun(bench)
    act = one.edit("officer", made.uid, note="一号")
    assert one.push().accepted == 1
    take(two, act)
    two.write("boiler", made.uid, "u", {"user_org": "假的"})
    fresh = boiler()
    two.insert(fresh)
    assert two.push() == PushAnswer(3, "taken", 1, rejected=2)
    assert told(two) == [("rejected", "taken_number")] * 2
    assert ("taken_number", {"user_org": "假的"}) in waiting(bench) and len(waiting(bench)) == 2
    stands = bench.boiler(made.uid)
    assert stands is not None and (stands.note, stands.user_org) == ("一号", made.user_org)
    assert bench.boiler(fresh.uid) is None
    assert told(one) == [("accepted", "")]
    one.edit("officer", made.uid, note="仍是一号")
    assert one.push().accepted == 1
    bench.check()


def test_who_comes_second_with_the_own_number_is_told_so_and_nothing_is_lost(bench: HubBench) -> None:
    """The false one was faster: the honest one hears that its values were not taken, and where they are."""
    one, two, made = begun(bench)
    act = one.edit("officer", made.uid, note="诚实的工作")
    take(two, act)
    two.write("boiler", made.uid, "u", {"note": "假的"})
    assert two.push().accepted == 1
    assert one.push() == PushAnswer(3, "taken", 1, rejected=1)
    assert told(one) == [("rejected", "taken_number")]
    assert waiting(bench) == [("taken_number", {"note": "诚实的工作"})]
    one.edit("officer", made.uid, note="诚实的工作")
    assert one.push().accepted == 1
    bench.check()


def test_a_copy_that_brings_the_same_once_more_counts_once(bench: HubBench) -> None:
    one, two, made = begun(bench)
    act = one.edit("officer", made.uid, note="一号")
    one.push()
    one.edit("officer", made.uid, note="后来")  # what the copy brings does not stand any more
    one.push()
    two.act("officer", "edit", uid=act.uid)
    two.write("boiler", made.uid, "u", {"note": "一号"})
    assert two.push().accepted == 1
    assert told(two) == [("accepted", "repeat")]
    assert not waiting(bench) and getattr(bench.boiler(made.uid), "note", "") == "后来"
    bench.check()


def test_of_an_act_that_came_already_only_what_came_is_called_here(bench: HubBench) -> None:
    one, two, made = begun(bench)
    act = one.edit("officer", made.uid, note="一号")
    one.push()
    two.act("officer", "edit", uid=act.uid)
    two.write("boiler", made.uid, "u", {"note": "一号"})
    two.write("boiler", made.uid, "u", {"note": "二号"})
    two.push()
    assert told(two) == [("accepted", "repeat"), ("rejected", "taken_number")]
    assert waiting(bench) == [("taken_number", {"note": "二号"})]


def test_one_laptop_under_two_names_with_one_number(bench: HubBench) -> None:
    one, _, made = begun(bench)
    act = one.edit("officer", made.uid, note="一号")
    one.push()
    take(one, act)
    one.write("boiler", made.uid, "u", {"note": "二号"})
    assert one.push().rejected == 1
    assert told(one)[-1] == ("rejected", "taken_number")


def test_late_work_under_anothers_number_waits_too(bench: HubBench) -> None:
    one, two, made = begun(bench)
    act = one.edit("officer", made.uid, note="一号")
    one.push()
    bench.hub.revoke(two.uid, bench.clock.now, "丢失")
    take(two, act)
    two.write("boiler", made.uid, "u", {"note": "二号"})
    assert two.push().state == "quarantined"
    assert waiting(bench) == [("quarantine", {"note": "二号"})]


def test_a_new_record_under_anothers_number_is_weighed_like_an_edit(bench: HubBench) -> None:
    one, two, made = begun(bench)
    two.forget()
    two.view, two.heads = {}, {}  # it has not seen that one
    two.act("officer2", "add")
    false = boiler(uid=made.uid, user_org="假的", note="二号")
    two.insert(false)
    two.push()
    assert told(two)[0][0] in ("merged", "conflict"), "both values cannot stand"
    now = bench.boiler(made.uid)
    kept = [item for item in bench.records(Conflict) if item.owner == made.uid]
    found = str([now, *(json.loads(side or "{}") for item in kept for side in (item.offered, item.kept))])
    for value in (
        made.user_org,
        made.address,
        made.ledger_no,
        "假的",
        "二号",
        false.address,
        false.ledger_no,
    ):
        assert str(value) in found, "of both every value stands or waits"
    one.edit("officer", made.uid, note="一号")
    assert one.push().rejected == 0
    bench.check()


def test_numbers_of_anothers_batches_are_of_no_use(bench: HubBench) -> None:
    one, two, made = begun(bench)
    one.edit("officer", made.uid, note="一号")
    body = one.batch()
    two.edit("officer2", made.uid, note="二号")
    answer = two.push(first=one.next, previous=one.previous)
    assert (answer.state, answer.next, answer.epoch) == ("gap", 1, 1), "numbers are of a laptop's own"
    with pytest.raises(Invalid):
        bench.hub.push(two.batch(device=one.uid), bench.clock.now)
    assert bench.hub.push(body, bench.clock.now).state == "taken"
    assert two.push().state == "taken"
    assert [effect.cells.get("note") for effect in _notes(bench)] == ["一号", "一号"]


def _notes(bench: HubBench) -> list[Effect]:
    return [effect for effect in bench.effects(TOWN) if "note" in effect.cells and effect.dseq]


def history(bench: HubBench, batches: int = 4) -> tuple[Laptop, Any, list[Act]]:
    """A laptop that saw what another one wrote to a boiler, an act a batch; the boiler, and these acts."""
    one, two, made = begun(bench)
    acts = []
    for number in range(batches):
        acts.append(one.edit("officer", made.uid, note=f"第{number}"))
        one.push()
    two.pull()
    return two, made, acts


def again(laptop: Laptop, made: Any, acts: list[Act], numbers: list[int]) -> list[tuple[str, str]]:
    """Send some of these once more; the hub's answers to them."""
    for number in numbers:
        laptop.act("officer", "edit", uid=acts[number].uid)
        laptop.write("boiler", made.uid, "u", {"note": f"第{number}"})
    laptop.push()
    return told(laptop)[-len(numbers) :]


@pytest.mark.parametrize("kept", [True, False])
def test_of_a_long_history_only_the_batch_of_an_act_is_opened(
    bench: HubBench, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    """Where the hub had not kept which it is, as many as there is room for."""
    two, made, acts = history(bench)
    if not kept:
        with bench.hub.database.writing() as connection:
            connection.exec_driver_sql("UPDATE hub_act SET batch = NULL")
    room = 1 if kept else 5  # the first batch of all brought the boiler
    monkeypatch.setattr(brought, "_MOST", room * brought._LEAST)
    assert again(two, made, acts, [3]) == [("accepted", "repeat")]
    assert not waiting(bench)


def test_what_there_is_no_room_to_look_for_is_refused_and_kept(
    bench: HubBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many acts of others somebody repeats: the hub looks through a part, and loses nothing."""
    two, made, acts = history(bench)
    monkeypatch.setattr(brought, "_MOST", 2 * brought._LEAST)
    repeat, refused = ("accepted", "repeat"), ("rejected", "taken_number")
    assert again(two, made, acts, [0, 1, 2, 3]) == [repeat, repeat, refused, refused]
    assert sorted(values["note"] for _, values in waiting(bench)) == ["第2", "第3"]
    bench.check()


def test_a_refused_record_is_found_behind_whatever_else_its_laptop_brought(
    bench: HubBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only batches of which something was not taken are opened, the latest first, up to the same number."""
    one = bench.laptop()
    refused = [boiler(div_code="620802106"), boiler(div_code="620802106")]
    for record in refused:
        one.act("officer", "add")
        one.insert(record)
        assert one.push().rejected == 1
        for _ in range(2):
            one.enter("officer")
            one.push()
    monkeypatch.setattr(brought, "_MOST", brought._LEAST)
    one.edit("officer", refused[1].uid, note="后来")
    assert one.push().state == "taken"
    one.edit("officer", refused[0].uid, note="后来")
    assert one.push().state == "full_uids", "then the laptop sends it with the whole uid"
