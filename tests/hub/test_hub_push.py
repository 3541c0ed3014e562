"""Pushing: plain changes are decided, ordered and durable, whoever else writes and whatever is repeated."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from app.domain.entities.boiler import Boiler
from app.errors import Conflict, Invalid, NotAllowed, StoreFailure
from app.hub.hub import Hub
from app.hub.pushing import PushAnswer
from app.sync.signing import HEAD_START
from hub.office_hub import CITY, COUNTY, TOWN, HubBench, Laptop, boiler, person


def test_a_new_boiler_and_an_edit_reach_another_laptop(bench: HubBench) -> None:
    one, two = bench.laptop(), bench.laptop()
    made = one.enter("officer")
    assert one.push().accepted == 1
    two.pull()
    two.edit("inspector", made.uid, note="核实过", rated_tph=4.0)
    assert two.push().accepted == 1
    assert bench.boiler(made.uid) == made.replace(note="核实过", rated_tph=4.0)
    kinds = [(effect.op, effect.verdict) for effect in one.pull() if effect.entity == "boiler"]
    assert kinds == [("i", "accepted"), ("u", "accepted")]
    bench.check()


def test_many_changes_of_one_record_in_one_batch(bench: HubBench) -> None:
    laptop = bench.laptop()
    made = laptop.enter("officer")
    for number in range(3):
        laptop.edit("officer", made.uid, note=f"第{number}次", rated_tph=float(number + 1))
    assert laptop.push().accepted == 4
    assert bench.boiler(made.uid) == made.replace(note="第2次", rated_tph=3.0)
    laptop.edit("officer", made.uid, note=None)
    laptop.delete("officer", made.uid)
    assert laptop.push().accepted == 2
    assert bench.boiler(made.uid) is None
    bench.check()


def test_a_deleted_record_comes_back_when_the_deletion_is_taken_back(bench: HubBench) -> None:
    laptop = bench.laptop()
    made = laptop.enter("officer")
    act = laptop.delete("officer", made.uid)
    assert laptop.push().accepted == 2
    laptop.pull()
    laptop.act("officer", "undo", undoes=act.uid)
    laptop.insert(made)
    assert laptop.push().accepted == 1
    assert bench.boiler(made.uid) == made
    bench.check()


# ---------------------------------------------------------------- numbers, epochs, hashes
def test_a_repeat_is_answered_and_counts_once(bench: HubBench) -> None:
    laptop = bench.laptop()
    made = laptop.enter("officer")
    body = laptop.batch()
    first = bench.hub.push(body, bench.clock.now)
    again = bench.hub.push(body, bench.clock.now)
    assert (first.state, again.state) == ("taken", "repeat")
    assert (again.accepted, again.next) == (first.accepted, first.next) == (1, 2)
    assert bench.boiler(made.uid) == made
    assert [effect.op for effect in bench.effects(TOWN) if effect.entity == "boiler"] == ["i"]
    bench.check()


def test_a_gap_is_asked_for(bench: HubBench) -> None:
    laptop = bench.laptop()
    laptop.enter("officer")
    answer = laptop.push(first=5)
    assert (answer.state, answer.next) == ("gap", 1)
    assert laptop.push().state == "taken"


def test_a_restored_backup_is_a_fork_and_loses_nothing(bench: HubBench) -> None:
    laptop = bench.laptop()
    kept = laptop.enter("officer")
    assert laptop.push().state == "taken"
    old = replace(laptop, _acts=[], _entries=[], _views=[])  # the backup
    lost = laptop.enter("officer")
    assert laptop.push().state == "taken"
    again = old.enter("officer")
    answer = old.push()
    assert (answer.state, answer.epoch, answer.next) == ("fork", 2, 1)
    assert old.push().epoch == 2  # the answer was lost: asked again, the same epoch
    old.epoch, old.next, old.previous = 2, 1, HEAD_START
    assert old.push().state == "taken"
    assert all(bench.boiler(item.uid) == item for item in (kept, lost, again))
    bench.check()


def test_a_batch_must_follow_the_one_the_hub_has(bench: HubBench) -> None:
    laptop = bench.laptop()
    laptop.enter("officer")
    assert laptop.push().state == "taken"
    laptop.enter("officer")
    assert laptop.push(previous=b"x" * 32).state == "fork"


def test_the_hole_of_a_restore_on_both_sides(bench: HubBench) -> None:
    """A laptop is restored, and a batch of before the restore arrives with numbers that fit by chance."""
    laptop = bench.laptop()
    laptop.enter("officer")
    assert laptop.push().state == "taken"
    old = replace(laptop, _acts=[], _entries=[], _views=[])
    first = laptop.enter("officer")
    sent = laptop.batch()  # on its way by stick
    laptop.previous, laptop.next = laptop._last[0], laptop._last[1] + 1
    laptop.forget()
    second = laptop.enter("officer")
    late = laptop.batch()  # the next one, on the same stick, number 3
    mine = old.enter("officer")
    assert old.push().state == "taken"  # restored, it takes number 2 for something else
    assert bench.hub.push(late, bench.clock.now).state == "fork"  # number 3 fits, what it follows does not
    assert bench.hub.push(sent, bench.clock.now).state == "fork"
    assert bench.boiler(first.uid) is None and bench.boiler(second.uid) is None
    assert bench.boiler(mine.uid) == mine
    # both files renumber: everything arrives once
    epoch = bench.hub.device(laptop.uid).epoch
    old.epoch, old.next, old.previous = epoch, 1, HEAD_START
    old.act("officer", "add")
    old.insert(first)
    old.act("officer", "add")
    old.insert(second)
    assert old.push().accepted == 2
    bench.check()


def test_an_act_counts_once_under_any_number(bench: HubBench) -> None:
    laptop = bench.laptop()
    made = laptop.enter("officer")
    acts, entries, views = list(laptop._acts), list(laptop._entries), list(laptop._views)
    assert laptop.push().accepted == 1
    other = bench.laptop()  # a copy of the same file, enrolled as another laptop
    other.pull()
    other.edit("inspector", made.uid, rated_tph=9.0)
    assert other.push().accepted == 1
    other._acts, other._entries, other._views = acts, entries, views
    answer = other.push()
    assert (answer.accepted, answer.merged, answer.conflicts, answer.rejected) == (1, 0, 0, 0)
    found = bench.boiler(made.uid)
    assert found is not None and found.rated_tph == 9.0
    assert [effect.note for effect in bench.effects(TOWN)][-1] == "repeat"
    assert bench.effects(TOWN)[-1].cells["rated_tph"] == 9.0
    bench.check()


# ---------------------------------------------------------------- signatures and strangers
def test_a_batch_that_was_changed_on_its_way_is_refused(bench: HubBench) -> None:
    laptop = bench.laptop()
    laptop.enter("officer")
    body = bytearray(laptop.batch())
    body[-1] ^= 1
    with pytest.raises(Invalid) as refused:
        bench.hub.push(bytes(body), bench.clock.now)
    assert refused.value.code == "bad_signature"
    for junk in (b"", b"\x93", bytes(body[:40])):
        with pytest.raises(Invalid):
            bench.hub.push(junk, bench.clock.now)


def test_a_batch_of_another_laptop_or_hub_is_refused(bench: HubBench) -> None:
    one, two = bench.laptop(), bench.laptop()
    one.enter("officer")
    with pytest.raises(Invalid):
        one.push(device=two.uid)
    with pytest.raises(NotAllowed) as refused:
        one.push(hub="another")
    assert refused.value.code == "foreign_hub"
    unknown = replace(one, uid="00000000-0000-4000-8000-00000000ffff")
    with pytest.raises(NotAllowed):
        unknown.push()


# ---------------------------------------------------------------- one after the other, and at once
def test_a_hub_goes_on_after_a_restart(bench: HubBench, place: tuple[object, str | None]) -> None:
    laptop = bench.laptop()
    made = laptop.enter("officer")
    assert laptop.push().state == "taken"
    bench.hub.close()
    folder, url = place
    bench.hub = Hub.open(folder, url)  # type: ignore[arg-type]
    try:
        laptop.pull()
        laptop.edit("officer", made.uid, note="重启后")
        assert laptop.push().accepted == 1
        bench.check()
    finally:
        bench.hub.close()


def test_laptops_push_at_once_to_the_same_areas(bench: HubBench, place: tuple[object, str | None]) -> None:
    laptops = [bench.laptop(COUNTY, "R5") for _ in range(4)]
    shared = laptops[0].enter("clerk")
    assert laptops[0].push().accepted == 1
    for laptop in laptops:
        laptop.pull()
    folder, url = place
    hubs = [Hub.open(folder, url) for _ in laptops]  # type: ignore[arg-type]
    answers: list[PushAnswer] = []
    failures: list[BaseException] = []

    def work(laptop: Laptop, hub: Hub, number: int) -> None:
        try:
            for turn in range(6):
                laptop.enter("clerk", div_code=(TOWN, "620802106", COUNTY)[(turn + number) % 3])
                laptop.edit("clerk", shared.uid, note=f"{number}-{turn}", rated_tph=float(turn))
                body = laptop.batch()
                answers.append(hub.push(body, bench.clock.now))
                laptop.previous, laptop.next = laptop._last[0], laptop._last[1] + 1
                laptop.forget()
        except BaseException as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    threads = [
        threading.Thread(target=work, args=(laptop, hub, number))
        for number, (laptop, hub) in enumerate(zip(laptops, hubs, strict=True))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for hub in hubs:
        hub.close()
    assert not failures
    assert [answer.state for answer in answers] == ["taken"] * 24
    assert len(bench.effects(TOWN) + bench.effects("620802106") + bench.effects(COUNTY)) >= 49
    bench.check()


def test_two_take_the_same_number_at_once(bench: HubBench) -> None:
    laptops = [bench.laptop(COUNTY, "R5") for _ in range(3)]
    for number, laptop in enumerate(laptops):
        laptop.enter("clerk", ledger_no="KT-SAME", div_code=(TOWN, "620802106", COUNTY)[number])
    answers: list[PushAnswer] = []
    threads = [threading.Thread(target=lambda one=laptop: answers.append(one.push())) for laptop in laptops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((answer.accepted, answer.conflicts) for answer in answers) == [(0, 1), (0, 1), (1, 0)]
    bench.check()


def test_pull_brings_what_the_laptop_reads_in_pieces(bench: HubBench) -> None:
    one, two, away = bench.laptop(), bench.laptop(), bench.laptop("620826", "R3")
    for _ in range(5):
        one.enter("officer")
        assert one.push().accepted == 1
    answer = bench.hub.pull(two.uid, {}, 1)
    assert answer.more and len(answer.blocks) == 1
    assert set(answer.areas) == {TOWN, COUNTY, CITY}
    two.pull()
    assert two.view[TOWN] >= 5
    away.pull()
    assert TOWN not in away.view
    with pytest.raises(Conflict) as refused:
        bench.hub.pull(two.uid, {TOWN: 10_000}, 1 << 20)
    assert refused.value.code == "hub_behind"


# ---------------------------------------------------------------- an act cut over several batches
def test_the_rest_of_an_act_that_was_cut_is_taken_too(bench: HubBench) -> None:
    laptop = bench.laptop()
    one, two, three = boiler(), boiler(), boiler()
    act = laptop.act("officer", "import")
    laptop.insert(one)
    assert laptop.push().accepted == 1
    laptop._acts.append(act)
    laptop.insert(two)
    assert laptop.push().accepted == 1
    laptop._acts.append(act)
    laptop.insert(three)
    assert laptop.push().accepted == 1
    assert {item.uid for item in bench.records(Boiler)} >= {one.uid, two.uid, three.uid}
    assert "repeat" not in [effect.note for effect in bench.effects(TOWN)]
    bench.check()


def test_both_parts_of_a_cut_act_can_be_taken_back(bench: HubBench) -> None:
    laptop = bench.laptop()
    owner = laptop.enter("officer")
    laptop.push()
    one, two = (laptop.paper(owner, "other", "officer") for _ in range(2))
    act = laptop.act("officer", "attach")
    laptop.insert(one)
    assert laptop.push().accepted == 1
    laptop._acts.append(act)
    laptop.insert(two)
    assert laptop.push().accepted == 1
    laptop.pull()
    undo = laptop.act("officer", "undo", undoes=act.uid)
    laptop.write("attachment", one.uid, "d")
    assert laptop.push().accepted == 1
    laptop._acts.append(undo)
    laptop.write("attachment", two.uid, "d")
    assert laptop.push().accepted == 1
    bench.check()


def test_another_persons_changes_under_a_known_act_count_as_its_repeat(bench: HubBench) -> None:
    laptop = bench.laptop()
    act = laptop.act("officer", "import")
    laptop.insert(boiler())
    laptop.push()
    laptop._acts.append(replace(act, person=person("inspector").uid))
    more = boiler()
    laptop.insert(more)
    laptop.push()
    assert bench.boiler(more.uid) is None
    bench.check()


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_full_disk_is_said_and_nothing_is_half_applied(bench: HubBench) -> None:
    """SQLite itself refuses to grow; there is no such switch in PostgreSQL (the test after this)."""
    laptop = bench.laptop()
    laptop.enter("officer")
    assert laptop.push().accepted == 1
    before = dict(bench.hub.status().areas)
    for _ in range(200):
        laptop.enter("officer", note="满" * 300)
    _room_for(bench, 1)
    with pytest.raises(StoreFailure) as full:
        laptop.push()
    assert full.value.code == "disk_full"
    assert bench.hub.status().areas == before
    bench.check()
    _room_for(bench, 1 << 30)
    assert laptop.push().accepted == 200
    bench.check()


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_a_full_disk_is_said_where_postgresql_takes_many_rows(bench: HubBench) -> None:
    """By COPY: a rule of the table says what the server says when it finds no room."""
    laptop = bench.laptop()
    laptop.enter("officer")
    with bench.hub.database.writing() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN RAISE EXCEPTION USING ERRCODE = ''53100''; END'"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER full_disk BEFORE INSERT ON boiler EXECUTE FUNCTION full_disk()"
        )
    with pytest.raises(StoreFailure) as full:
        laptop.push()
    assert full.value.code == "disk_full"
    with bench.hub.database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER full_disk ON boiler")
    assert laptop.push().accepted == 1
    bench.check()


def _room_for(bench: HubBench, pages: int) -> None:
    """How large the file may become, for the one connection that writes in a test."""
    with bench.hub.database._writers.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
