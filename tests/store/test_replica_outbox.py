"""What is put into a batch: whole transactions, as they were written, with what their writer had seen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely
from shapely.geometry import Point

from app.domain.changes import insert, new_uid, update
from app.domain.entities.boiler import Boiler
from app.domain.entities.people import Org
from app.errors import Invalid, StoreFailure
from app.store.workspace import Workspace
from store.records import CLERK, START, boiler, foreign
from store.replicas import ROOT, TOWN, Laptop, facts, paper

Lend = Callable[..., Laptop]


def test_a_change_travels_as_plain_values_by_field_id(lend: Lend) -> None:
    laptop = lend("dev-a")
    unit = Org(uid=new_uid(), name="平凉一中", aliases=("一中", "老一中"))
    held = boiler("PL-1", div_code=TOWN, pressurized=True, rated_tph=4.0, round_no=2)
    laptop.desk.add(unit, held)
    laptop.desk.edit(held, note="改", rated_tph=None, geometry=Point(106.7, 35.5))
    laptop.desk.remove(unit)
    (batch,) = laptop.push()
    assert [(entry.entity, entry.op) for entry in batch.entries] == [
        ("org", "i"), ("boiler", "i"), ("boiler", "u"), ("org", "d"),
    ]  # fmt: skip
    assert batch.entries[0].cells == {"name": "平凉一中", "aliases": ["一中", "老一中"]}
    sent = batch.entries[1].cells
    assert (sent["pressurized"], sent["rated_tph"], sent["round_no"]) == (True, 4.0, 2)
    assert isinstance(sent["rated_tph"], float)
    assert sent["geometry"] == shapely.to_wkb(Point(106.66, 35.54), byte_order=1)
    assert batch.entries[2].cells == {
        "note": "改", "rated_tph": None, "geometry": shapely.to_wkb(Point(106.7, 35.5), byte_order=1),
    }  # fmt: skip
    assert batch.entries[3].cells == {}
    assert [entry.act for entry in batch.entries] == [0, 0, 1, 2]
    act = batch.acts[0]
    assert (act.device, act.person, act.person_name, act.role, act.action) == (
        "dev-a", CLERK.uid, "王芳", "R3", "add",
    )  # fmt: skip
    assert batch.acts[0].hlc < batch.acts[1].hlc < batch.acts[2].hlc


def test_transactions_stay_whole_and_the_order_holds(lend: Lend) -> None:
    laptop = lend("dev-a")
    for number in range(5):
        laptop.desk.add(*(boiler(f"PL-{number}-{part}", div_code=TOWN) for part in range(4)))
    batches = laptop.push(limit=10)
    assert [len(batch.entries) for batch in batches] == [8, 8, 4]
    assert [batch.first for batch in batches] == [1, 9, 17]
    sealed = laptop.replica.sealed()
    assert [(item.first, item.last, item.state) for item in sealed] == [
        (1, 8, "taken"), (9, 16, "taken"), (17, 20, "taken"),
    ]  # fmt: skip
    assert [batch.previous for batch in batches] == [bytes(32), sealed[0].sha256, sealed[1].sha256]
    assert sealed[0].sha256 == hashlib.sha256(sealed[0].body).digest()


def test_one_transaction_longer_than_the_limit_goes_alone(lend: Lend) -> None:
    laptop = lend("dev-a")
    laptop.desk.add(*(boiler(f"PL-{part}", div_code=TOWN) for part in range(7)))
    laptop.desk.add(boiler("PL-8", div_code=TOWN))
    assert [len(batch.entries) for batch in laptop.push(limit=3)] == [7, 1]


def test_the_hub_may_know_a_batch_by_another_hash(lend: Lend) -> None:
    laptop = lend("dev-a")
    laptop.desk.add(boiler("PL-1", div_code=TOWN))
    sealed = laptop.replica.seal(100, lambda draft: (laptop.encode(draft), b"s" * 32))
    assert sealed is not None
    laptop.desk.add(boiler("PL-2", div_code=TOWN))
    laptop.replica.seal(100, laptop.encode)
    assert laptop.made[2].previous == b"s" * 32
    laptop.replica.taken(b"s" * 32)
    assert [item.state for item in laptop.replica.sealed()] == ["taken", "sealed"]


def test_what_is_counted(lend: Lend) -> None:
    laptop = lend("dev-a")
    replica = laptop.replica
    laptop.desk.add(boiler("PL-1", div_code=TOWN), boiler("PL-2", div_code=TOWN))
    assert (replica.unsealed(), replica.unsent(), replica.pending().changes) == (2, 2, 2)
    sealed = replica.seal(100, laptop.encode)
    assert sealed is not None
    assert (replica.unsealed(), replica.unsent(), replica.pending().changes) == (0, 2, 2)
    assert laptop.workspace.unsent() == 2
    replica.taken(sealed.sha256)
    replica.taken(sealed.sha256)
    assert (replica.unsealed(), replica.unsent(), replica.pending().changes) == (0, 0, 2)
    laptop.hub.take(laptop.made[1])
    laptop.pull()
    assert (replica.unsent(), replica.pending().changes, replica.sealed()) == (0, 0, [])
    assert replica.seal(100, laptop.encode) is None


def test_a_failing_encoder_seals_nothing(lend: Lend) -> None:
    laptop = lend("dev-a")
    laptop.desk.add(boiler("PL-1", div_code=TOWN))

    def broken(draft: object) -> bytes:
        raise Invalid("no key", code="no_key")

    with pytest.raises(Invalid):
        laptop.replica.seal(100, broken)
    assert (laptop.replica.unsealed(), laptop.replica.sealed()) == (1, [])


def test_foreign_edits_wait_for_a_name_and_what_builds_upon_them_too(lend: Lend) -> None:
    laptop = lend("dev-a")
    workspace, desk = laptop.workspace, laptop.desk
    first, second = boiler("PL-1", div_code=TOWN), boiler("PL-2", div_code=TOWN)
    desk.add(first, second)
    laptop.push()
    foreign(workspace.path, "UPDATE 燃煤锅炉 SET note = '外部' WHERE ledger_no = 'PL-1'")
    held = workspace.get(Boiler, first.uid)
    assert held is not None
    desk.edit(held, address="东")  # upon the record
    desk.add(paper(held, workspace))  # names the record
    desk.commit(update(second, note="甲"), insert(boiler("PL-3", div_code=TOWN)))  # free
    third = workspace.by_key(Boiler, "PL-1")
    assert third is not None
    desk.commit(update(third, model="DZL"), update(workspace.get(Boiler, second.uid), fuel=None, model="X"))
    desk.edit(workspace.get(Boiler, second.uid), coal_t=3.0)  # upon what waits
    counted = laptop.replica.pending()
    assert (laptop.replica.unsealed(), counted.waiting_for_reason, counted.unsent) == (2, 1, 8)
    (batch,) = laptop.push()
    assert [entry.op for entry in batch.entries] == ["u", "i"]
    assert workspace.seal(CLERK, "核对过", START) == 1
    (batch,) = laptop.push()
    assert [next(iter(entry.cells), "") for entry in batch.entries if entry.entity == "boiler"] == [
        "note", "address", "model", "model", "coal_t",
    ]  # fmt: skip
    assert batch.acts[batch.entries[0].act].reason == "核对过"
    laptop.pull()
    assert laptop.agrees()
    assert workspace.check().ok
    assert laptop.replica.pending().changes == 0


def test_a_claim_that_reaches_around_other_changes_keeps_their_order(lend: Lend) -> None:
    laptop = lend("dev-a")
    workspace = laptop.workspace
    held = boiler("PL-1", div_code=TOWN)
    laptop.desk.add(held)
    laptop.push()
    foreign(workspace.path, "UPDATE 燃煤锅炉 SET note = '一'")
    laptop.desk.edit(workspace.get(Boiler, held.uid), note="二")
    foreign(workspace.path, "UPDATE 燃煤锅炉 SET note = '三'")
    workspace.seal(CLERK, "核对过", START)
    (batch,) = laptop.push(limit=1)
    assert [entry.cells["note"] for entry in batch.entries] == ["一", "二", "三"]
    laptop.pull()
    assert laptop.agrees()
    assert workspace.get(Boiler, held.uid).note == "三"


def test_a_batch_says_what_the_writer_had_seen(lend: Lend) -> None:
    one, two = lend("dev-a"), lend("dev-b")
    held = boiler("PL-1", div_code=TOWN)
    one.desk.add(held)
    one.sync()
    two.pull()
    two.desk.edit(two.workspace.get(Boiler, held.uid), note="乙")
    one.desk.edit(one.workspace.get(Boiler, held.uid), note="甲")
    one.sync()
    two.pull()
    two.desk.add(boiler("PL-2", div_code=TOWN))
    (batch,) = two.push()
    assert [batch.views[entry.view] for entry in batch.entries] == [{TOWN: 1}, {TOWN: 2}]
    assert one.hub.batches[0].views == ({},)


def test_who_writes_over_what_was_hidden_has_not_seen_it(lend: Lend) -> None:
    """Another's value came in beneath an own pending one: a second edit is no knowing one."""
    one, two = lend("dev-a"), lend("dev-b")
    held = boiler("PL-1", div_code=TOWN)
    one.desk.add(held)
    one.sync()
    two.pull()
    two.desk.edit(two.workspace.get(Boiler, held.uid), note="乙")
    one.desk.edit(one.workspace.get(Boiler, held.uid), note="甲", address="南")
    one.sync()
    two.pull()
    two.desk.edit(two.workspace.get(Boiler, held.uid), note="乙二")
    two.desk.edit(two.workspace.get(Boiler, held.uid), address="北")
    (batch,) = two.push()
    assert [batch.views[entry.view] for entry in batch.entries] == [{TOWN: 1}, {TOWN: 1}, {TOWN: 2}]


def test_after_a_fork_what_is_open_is_numbered_anew(lend: Lend) -> None:
    laptop = lend("dev-a")
    laptop.desk.add(boiler("PL-1", div_code=TOWN))
    laptop.sync()
    laptop.desk.add(boiler("PL-2", div_code=TOWN), boiler("PL-3", div_code=TOWN))
    laptop.replica.seal(100, laptop.encode)
    laptop.desk.add(boiler("PL-4", div_code=TOWN))
    with pytest.raises(Invalid):
        laptop.replica.fork(1)
    assert laptop.replica.fork(2) == 3
    assert laptop.replica.sealed() == []
    (batch,) = laptop.push()
    assert (batch.epoch, batch.first, batch.previous, len(batch.entries)) == (2, 1, bytes(32), 3)
    laptop.pull()
    assert laptop.agrees()
    assert laptop.replica.pending().changes == 0


def test_a_half_answered_transaction_sends_only_its_rest_after_a_fork(lend: Lend) -> None:
    laptop = lend("dev-a")
    laptop.desk.add(*(boiler(f"PL-{part}", div_code=TOWN) for part in range(4)))
    laptop.push()
    for block, head in laptop.hub.logs[TOWN].blocks[:2]:
        laptop.replica.fold(block, head)
    assert laptop.replica.fork(2) == 2
    (batch,) = laptop.push()
    assert [entry.cells["ledger_no"] for entry in batch.entries] == ["PL-2", "PL-3"]


def test_without_a_hub_there_is_nothing_to_sync(workspace: Workspace) -> None:
    replica = workspace.replica
    assert (replica.enrolled, replica.facts(), replica.cursors()) == (False, None, {})
    for attempt in (
        lambda: replica.seal(1, lambda draft: b""),
        lambda: replica.scope,
        lambda: replica.fork(2),
    ):
        with pytest.raises(Invalid) as caught:
            attempt()
        assert caught.value.code == "not_enrolled"


def test_a_workspace_belongs_to_one_hub_and_stays_so(file: Path) -> None:
    with Workspace.open(file) as workspace:
        workspace.replica.enrol(facts("dev-a", TOWN))
        assert workspace.device == "dev-a"
        with pytest.raises(Invalid) as caught:
            workspace.replica.enrol(facts("dev-b"))
        assert caught.value.code == "already_enrolled"
        workspace.replica.set_facts(hub_time_ms=5, last_sync="2026-11-23T02:00:00.000Z")
        workspace.replica.set_private("key", b"\x00secret")
    with Workspace.open(file) as workspace:
        found = workspace.replica.facts()
        assert found is not None
        assert (found.device, found.hub_key, found.hub_time_ms, found.root) == ("dev-a", b"k" * 32, 5, ROOT)
        assert workspace.device == "dev-a"
        assert workspace.replica.scope.writes(TOWN) and not workspace.replica.scope.writes(ROOT)
        assert workspace.replica.private("key") == b"\x00secret"
        workspace.replica.set_private("key", None)
        assert workspace.replica.private("key") is None
    with Workspace.open(file, read_only=True) as workspace:
        assert workspace.replica.enrolled
        with pytest.raises(StoreFailure) as refused:
            workspace.replica.set_private("key", b"x")
        assert refused.value.code == "read_only"


def test_a_batch_is_sealed_anew_with_whole_uids(lend: Lend) -> None:
    laptop = lend("dev-a")
    records = [boiler(f"PL-{number}", div_code=TOWN) for number in range(3)]
    for record in records:
        laptop.desk.add(record)
    first = laptop.replica.seal(2, laptop.encode)
    second = laptop.replica.seal(2, laptop.encode)
    assert first is not None and second is not None
    assert laptop.replica.sealed_uids(first) == [records[0].uid, records[1].uid]
    laptop.replica.resealed(first, b"whole", b"w" * 32)
    (left,) = laptop.replica.sealed()
    assert (left.body, left.sha256, left.number) == (b"whole", b"w" * 32, first.number)
    again = laptop.replica.seal(2, laptop.encode)
    assert again is not None and (again.first, laptop.made[again.first].previous) == (3, b"w" * 32)
