"""Many blocks at once: what shares a step, what a bad block leaves standing, how the log is kept short."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.domain.changes import new_uid
from app.domain.entities.boiler import Boiler
from app.domain.replication import Effect
from app.errors import Conflict, StoreFailure
from app.store import fold, pending, tidying
from app.store.fold import Incoming
from store.records import boiler
from store.replicas import OTHER, TOWN, Laptop, TinyHub, sha_of

Lend = Callable[..., Laptop]


def blocks(hub: TinyHub, areas: tuple[str, ...], entries: int = 3) -> list[Incoming]:
    """A block of new boilers for each area named, in this order."""
    made = []
    for number, area in enumerate(areas):
        act = hub.hub_act(new_uid())
        effects = []
        for place in range(entries):
            uid = new_uid()
            cells = {"ledger_no": f"PL-{number}-{place}", "div_code": area, "status": "suspect"}
            hub.rows[("boiler", uid)], hub.areas[("boiler", uid)] = cells, area
            effects.append(Effect(0, 0, "boiler", uid, "i", dict(cells)))
        block = hub.write(act, effects, area)
        made.append(Incoming(block, hub.logs[area].head, sha_of(block)))
    return made


def test_small_blocks_share_a_step_and_long_ones_are_cut(lend: Lend) -> None:
    laptop = lend("dev-a")
    small = blocks(laptop.hub, (TOWN, OTHER, TOWN))
    assert [done.entries for done in laptop.replica.fold_all(small)] == [9]
    long = blocks(laptop.hub, (OTHER, TOWN), 5)
    assert [done.entries for done in laptop.replica.fold_all(long, step=4)] == [4, 4, 2]
    assert laptop.workspace.count(Boiler) == 19
    assert {laptop.replica.cursors()[area].seq for area in (TOWN, OTHER)} == {11, 8}
    assert list(laptop.replica.fold_all([*small, *long])) == []  # all of it is there
    assert laptop.agrees()
    assert laptop.workspace.check().ok


def test_what_stands_before_a_bad_block_is_kept(lend: Lend) -> None:
    laptop = lend("dev-a")
    first, lost, after, other = blocks(laptop.hub, (TOWN, TOWN, TOWN, OTHER))
    with pytest.raises(StoreFailure) as caught:
        list(laptop.replica.fold_all([first, after, other]))
    assert caught.value.code == "gap"
    assert {area: cursor.seq for area, cursor in laptop.replica.cursors().items()} == {TOWN: 3}

    def contradicting() -> Iterator[Incoming]:
        yield lost
        raise Conflict("no such block", code="bad_block")

    with pytest.raises(Conflict):
        list(laptop.replica.fold_all(contradicting()))
    assert laptop.replica.cursors()[TOWN].seq == 6
    list(laptop.replica.fold_all([after, other]))
    assert laptop.agrees()


def test_own_changes_that_come_back_unaltered_are_settled_without_a_trace(lend: Lend) -> None:
    laptop = lend("dev-a")
    laptop.desk.add(*(boiler(f"PL-{number}", div_code=TOWN) for number in (1, 2, 3)))
    laptop.sync()
    one, two, three = sorted(laptop.workspace.find(Boiler), key=lambda record: record.ledger_no)
    laptop.desk.edit(one, note="现场核实", rated_tph=4.0)
    laptop.desk.remove(two)
    laptop.desk.edit(three, note="一")
    laptop.desk.edit(laptop.workspace.get(Boiler, three.uid), note="二")
    before = laptop.workspace.verify_journal().changes
    laptop.sync()
    assert laptop.workspace.verify_journal().changes == before
    assert not laptop.replica.pending().changes
    assert laptop.agrees()
    assert laptop.workspace.check().ok


def test_a_save_goes_through_while_a_step_is_worked_out(lend: Lend, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop = lend("dev-a")
    laptop.desk.add(boiler("PL-OWN", div_code=TOWN))
    laptop.sync()
    (mine,) = laptop.workspace.find(Boiler)
    act = laptop.hub.hub_act(new_uid())
    effect = Effect(0, 0, "boiler", mine.uid, "u", {"note": "县里改过"})
    laptop.hub.rows[("boiler", mine.uid)]["note"] = "县里改过"
    block = laptop.hub.write(act, [effect], TOWN)
    planned, times = fold._planned, []

    def meanwhile(*given: Any) -> Any:
        found = planned(*given)
        times.append(found)
        if len(times) == 1:
            laptop.desk.edit(mine, rated_tph=6.0)
        return found

    monkeypatch.setattr(fold, "_planned", meanwhile)
    incoming = Incoming(block, laptop.hub.logs[TOWN].head, sha_of(block))
    (done,) = laptop.replica.fold_all([incoming])
    assert (len(times), done.entries) == (2, 1), "what was read had become stale"
    assert done.held > 0
    now = laptop.workspace.get(Boiler, mine.uid)
    assert (now.note, now.rated_tph) == ("县里改过", 6.0)
    laptop.sync()
    assert laptop.agrees()
    assert laptop.workspace.check().ok


def noted_by_the_hub(laptop: Laptop, uids: list[str]) -> Incoming:
    """A block that gives these boilers another note."""
    hub = laptop.hub
    effects = [Effect(0, 0, "boiler", uid, "u", {"note": "县里改过"}) for uid in uids]
    for uid in uids:
        hub.rows[("boiler", uid)]["note"] = "县里改过"
    block = hub.write(hub.hub_act(new_uid()), effects, TOWN)
    return Incoming(block, hub.logs[TOWN].head, sha_of(block))


def test_what_waits_is_read_once_for_all_steps(lend: Lend, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop = lend("dev-a")
    laptop.desk.add(*(boiler(f"PL-{number}", div_code=TOWN) for number in (1, 2, 3)))
    laptop.sync()
    one, two, three = laptop.workspace.find(Boiler)
    laptop.desk.edit(one, rated_tph=4.0)
    laptop.desk.edit(two, rated_tph=6.0)
    laptop.push()
    asked = []
    monkeypatch.setattr(pending, "of_records", lambda *given: asked.append(given))
    own = [Incoming(block, head, sha_of(block)) for block, head in laptop.hub.logs[TOWN].blocks[-2:]]
    (first,) = blocks(laptop.hub, (OTHER,), 2)  # new here, so that layers change before own changes come
    later = noted_by_the_hub(laptop, [one.uid, three.uid])
    steps = list(laptop.replica.fold_all([first, *own, later], step=1))
    assert [done.settled for done in steps] == [0, 0, 1, 1, 0, 0]
    assert (asked, laptop.replica.pending().changes) == ([], 0)
    assert laptop.agrees()
    assert laptop.workspace.check().ok


def test_what_is_saved_between_steps_is_not_overlooked(lend: Lend) -> None:
    laptop = lend("dev-a")
    laptop.desk.add(*(boiler(f"PL-{number}", div_code=TOWN) for number in (1, 2, 3)))
    laptop.sync()
    one, two, three = laptop.workspace.find(Boiler)
    laptop.desk.edit(one, rated_tph=4.0)
    incoming = noted_by_the_hub(laptop, [two.uid, three.uid])
    steps = laptop.replica.fold_all([incoming], step=1)
    next(steps)
    laptop.desk.edit(three, note="我改的")
    list(steps)
    assert laptop.workspace.get(Boiler, three.uid).note == "我改的"
    laptop.sync()
    assert not laptop.replica.pending().changes
    assert laptop.agrees()
    assert laptop.workspace.check().ok


@pytest.mark.usefixtures("collector")
def test_the_collector_runs_again_and_the_log_is_brought_in(
    lend: Lend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "_LONG_LOG", 4)
    laptop = lend("dev-a")
    database = laptop.workspace._opened.database
    incoming = blocks(laptop.hub, (TOWN,) * 5)
    stopped = laptop.replica.fold_all(incoming, step=3)
    assert (next(stopped).entries, gc.isenabled()) == (3, False)
    stopped.close()
    assert gc.isenabled()
    seen = [gc.isenabled() for _ in laptop.replica.fold_all(incoming, step=3)]
    assert (seen, gc.isenabled()) == ([False] * 4, True), "it holds up nobody who waits between two steps"
    database.tidying.join()
    with database.reading() as connection:
        busy, log, done = connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").one()
    assert (busy, done) == (0, log)
    assert laptop.agrees()


def test_no_step_writes_while_the_log_is_put_on_the_disk_and_a_save_does(
    lend: Lend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "_LONG_LOG", 4)
    laptop, stepping, beside = lend("dev-a"), threading.Event(), list[bool]()
    step = fold._Series._transaction

    def stepped(series: fold._Series, meanwhile: Callable[[], None]) -> fold.FoldDone:
        stepping.set()
        return step(series, meanwhile)

    def put_on_disk(_: tidying.Tidying) -> None:
        stepping.clear()
        laptop.desk.add(boiler(f"PL-of-mine-{len(beside)}", div_code=TOWN))
        beside.append(stepping.wait(0.1))

    monkeypatch.setattr(fold._Series, "_transaction", stepped)
    monkeypatch.setattr(tidying.Tidying, "_put_on_disk", put_on_disk)
    for incoming in (blocks(laptop.hub, (TOWN,) * 5), blocks(laptop.hub, (TOWN, OTHER))):
        list(laptop.replica.fold_all(incoming, step=3))
    laptop.workspace._opened.database.tidying.join()
    assert len(beside) >= 3 and not any(beside)
    assert laptop.workspace.count(Boiler) == 21 + len(beside)


def test_the_next_blocks_are_decoded_while_a_step_is_committed(lend: Lend) -> None:
    laptop, mine = lend("dev-a"), threading.current_thread()
    decoded: list[bool] = []

    def decoding() -> Iterator[Incoming]:
        for incoming in blocks(laptop.hub, (TOWN, OTHER, TOWN)):
            decoded.append(threading.current_thread() is mine)
            yield incoming
        raise RuntimeError("not what anybody expects")

    with pytest.raises(RuntimeError):
        list(laptop.replica.fold_all(decoding(), step=3))
    assert (decoded, laptop.workspace.count(Boiler)) == ([True, False, False], 9)
    assert laptop.agrees()
