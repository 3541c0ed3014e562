"""Own changes that wait for the hub's answer, and what comes in beneath and upon them."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from app.domain.changes import new_uid, update
from app.domain.entities.boiler import Boiler
from app.domain.replication import Entry
from app.errors import Changed
from store.records import CLERK, boiler
from store.replicas import OTHER, TOWN, Laptop, TinyHub, cells_in

Lend = Callable[..., Laptop]
Row = dict[str, object]


def refuse(entry: Entry, row: Row | None) -> tuple[str, Row, str, str]:
    """The hub refuses: nothing is written."""
    return "n", {}, "rejected", "role"


def keep_first(entry: Entry, row: Row | None) -> tuple[str, Row, str, str]:
    """What reached the hub first stands."""
    if entry.op != "u" or row is None:
        return entry.op, entry.cells, "accepted", ""
    stands = {name: row.get(name, value) for name, value in entry.cells.items()}
    if stands == entry.cells:
        return "u", stands, "accepted", ""
    return "u", stands, "conflict", "pick"


@pytest.fixture
def pair(lend: Lend) -> tuple[Laptop, Laptop, str]:
    """Two laptops with the same boiler."""
    one, two = lend("dev-a"), lend("dev-b")
    held = boiler("PL-1", div_code=TOWN)
    one.desk.add(held)
    one.sync()
    two.sync()
    return one, two, held.uid


def edit(laptop: Laptop, uid: str, **values: object) -> None:
    held = laptop.workspace.get(Boiler, uid)
    assert held is not None
    laptop.desk.edit(held, **values)


def shadows(laptop: Laptop) -> int:
    return len(cells_in(laptop.workspace.path, "SELECT * FROM sync_shadow"))


def sound(laptop: Laptop) -> None:
    """What must hold at every moment: the digest is the hub's and is true, and the file is whole."""
    assert laptop.agrees()
    report = laptop.workspace.check()
    assert report.ok, report.findings


# ---------------------------------------------------------------- beneath an own value
def test_an_own_value_stays_in_sight_until_it_is_answered(pair: tuple[Laptop, Laptop, str]) -> None:
    one, two, uid = pair
    edit(two, uid, note="乙", model="X")
    edit(one, uid, note="甲", address="南")
    one.sync()
    two.pull()
    held = two.workspace.get(Boiler, uid)
    assert held is not None and (held.note, held.address, held.model) == ("乙", "南", "X")
    confirmed = two.replica.confirmed("boiler", uid)
    assert confirmed is not None and (confirmed["note"], confirmed.get("model")) == ("甲", None)
    sound(two)
    newest = two.workspace.history(Boiler, uid)[0]
    told = {item.field: (item.before, item.after) for item in newest.changes}
    assert (newest.device, told) == ("dev-a", {"note": (None, "甲"), "address": (None, "南")})
    two.hub.rule = keep_first
    assert two.sync().conflicts == 1
    held = two.workspace.get(Boiler, uid)
    assert held is not None and (held.note, held.address, held.model) == ("甲", "南", "X")
    newest = two.workspace.history(Boiler, uid)[0]
    assert (newest.person_uid, newest.reason) == ("hub", "pick")
    with closing(sqlite3.connect(two.workspace.path)) as raw:
        (verdict,) = raw.execute("SELECT tbl, uid, verdict, note FROM sync_verdict")
    assert verdict == ("boiler", uid, "conflict", "pick")
    assert (shadows(two), two.replica.pending().changes) == (0, 0)
    sound(two)


def test_when_the_own_value_wins_nothing_changes_in_sight(pair: tuple[Laptop, Laptop, str]) -> None:
    one, two, uid = pair
    edit(two, uid, note="乙")
    edit(one, uid, note="甲")
    one.sync()
    two.pull()
    done = two.sync()
    assert (done.settled, two.workspace.get(Boiler, uid).note) == (1, "乙")
    assert [item.device for item in two.workspace.history(Boiler, uid)] == ["dev-a", "dev-b", "dev-a"]
    assert shadows(two) == 0
    sound(two)


def test_a_later_own_value_still_stays(pair: tuple[Laptop, Laptop, str]) -> None:
    one, two, uid = pair
    edit(two, uid, note="一")
    two.push()
    edit(two, uid, note="二", model="X")
    edit(one, uid, note="甲", coal_t=3.0)
    two.pull()
    assert (two.workspace.get(Boiler, uid).note, shadows(two)) == ("二", 0)
    one.sync()
    two.pull()
    held = two.workspace.get(Boiler, uid)
    assert held is not None and (held.note, held.coal_t) == ("二", 3.0)
    assert two.replica.confirmed("boiler", uid)["note"] == "甲"
    assert shadows(two) == 1
    sound(two)
    two.sync()
    assert (two.workspace.get(Boiler, uid).note, shadows(two)) == ("二", 0)
    one.sync()
    assert one.workspace.get(Boiler, uid) is not None
    sound(one)
    sound(two)


def test_a_record_deleted_elsewhere_stays_while_an_own_edit_waits(pair: tuple[Laptop, Laptop, str]) -> None:
    one, two, uid = pair
    edit(two, uid, note="乙")
    one.desk.remove(one.workspace.get(Boiler, uid))
    one.sync()
    two.pull()
    assert two.workspace.get(Boiler, uid).note == "乙"
    assert two.replica.confirmed("boiler", uid) is None
    sound(two)
    two.hub.rule = refuse
    assert two.sync().rejected == 1
    assert two.workspace.get(Boiler, uid) is None
    sound(two)


def test_an_edit_revives_what_was_deleted(pair: tuple[Laptop, Laptop, str]) -> None:
    one, two, uid = pair
    whole = dict(two.replica.confirmed("boiler", uid) or {})
    edit(two, uid, note="乙")
    one.desk.remove(one.workspace.get(Boiler, uid))
    one.sync()
    two.hub.rule = lambda entry, row: ("i", {**whole, **entry.cells}, "merged", "revived")
    two.sync()
    one.pull()
    for laptop in (one, two):
        assert laptop.workspace.get(Boiler, uid).note == "乙"
        sound(laptop)
    assert two.replica.pending().changes == 0


def test_a_record_deleted_here_and_edited_there(pair: tuple[Laptop, Laptop, str]) -> None:
    one, two, uid = pair
    two.desk.remove(two.workspace.get(Boiler, uid))
    edit(one, uid, note="甲")
    one.sync()
    two.pull()
    assert two.workspace.get(Boiler, uid) is None
    assert two.replica.confirmed("boiler", uid)["note"] == "甲"
    sound(two)
    two.hub.rule = lambda entry, row: ("i", dict(row or {}), "conflict", "edit_kept")
    assert two.sync().conflicts == 1
    assert two.workspace.get(Boiler, uid).note == "甲"
    sound(two)


# ---------------------------------------------------------------- refused
def test_a_refused_insert_goes(pair: tuple[Laptop, Laptop, str]) -> None:
    _, two, _ = pair
    own = boiler("PL-2", div_code=TOWN)
    two.desk.add(own)
    edit(two, own.uid, note="后来")
    two.hub.rule = refuse
    assert two.sync().rejected == 2
    assert two.workspace.get(Boiler, own.uid) is None
    newest = two.workspace.history(Boiler, own.uid)[0]
    assert (newest.operation, newest.person_uid, newest.reason) == ("delete", "hub", "role")
    assert (two.replica.pending().changes, two.replica.unsent()) == (0, 0)
    sound(two)


def test_a_refused_update_goes_back(pair: tuple[Laptop, Laptop, str]) -> None:
    _, two, uid = pair
    edit(two, uid, note="一", rated_tph=9.0)
    two.hub.rule = refuse
    two.sync()
    held = two.workspace.get(Boiler, uid)
    assert held is not None and (held.note, held.rated_tph) == (None, 2.0)
    sound(two)


def test_a_refused_update_beneath_a_later_one(pair: tuple[Laptop, Laptop, str]) -> None:
    _, two, uid = pair
    edit(two, uid, note="一", address="东")
    two.hub.rule = refuse
    two.push()
    edit(two, uid, note="二")
    two.pull()
    held = two.workspace.get(Boiler, uid)
    assert held is not None and (held.note, held.address) == ("二", None)
    sound(two)
    two.hub.rule = None
    two.sync()
    assert two.workspace.get(Boiler, uid).note == "二"
    sound(two)


def test_a_refused_delete_brings_the_record_back(pair: tuple[Laptop, Laptop, str]) -> None:
    _, two, uid = pair
    before = two.workspace.get(Boiler, uid)
    assert before is not None
    two.desk.remove(before)
    two.hub.rule = refuse
    two.sync()
    after = two.workspace.get(Boiler, uid)
    assert after is not None and after.replace(revision=0) == before.replace(revision=0)
    assert two.workspace.columns(Boiler, [], (106.6, 35.5, 106.7, 35.6)).uids == [uid]
    sound(two)


# ---------------------------------------------------------------- undo
def test_own_changes_are_undone_after_they_came_back(pair: tuple[Laptop, Laptop, str]) -> None:
    one, two, uid = pair
    edit(two, uid, note="乙")
    two.sync()
    two.desk.undo()
    assert two.workspace.get(Boiler, uid).note is None
    two.sync()
    one.sync()
    assert one.workspace.get(Boiler, uid).note is None
    two.desk.redo()
    assert two.workspace.get(Boiler, uid).note == "乙"
    two.sync()
    sound(two)


def test_what_another_changed_since_is_not_undone(pair: tuple[Laptop, Laptop, str]) -> None:
    one, two, uid = pair
    edit(two, uid, note="乙")
    two.sync()
    one.sync()
    edit(one, uid, note="甲")
    one.sync()
    two.sync()
    with pytest.raises(Changed) as caught:
        two.desk.commit(*two.workspace.inverse(two.workspace.transactions()[1].transaction), undoes="x")
    assert "王芳" in str(caught.value)


def test_what_was_refused_needs_no_undo(pair: tuple[Laptop, Laptop, str]) -> None:
    _, two, uid = pair
    edit(two, uid, note="一")
    first = two.workspace.last_undoable(CLERK.uid)
    two.sync()
    other = boiler("PL-2", div_code=TOWN)
    two.desk.add(other)
    held = two.workspace.get(Boiler, uid)
    two.desk.commit(update(held, note="二"), update(other, note="同"))
    two.hub.rule = lambda entry, row: refuse(entry, row) if entry.op == "u" and entry.uid == uid else (
        entry.op, entry.cells, "accepted", "",
    )  # fmt: skip
    edit(two, uid, model="X")
    two.sync()
    assert two.workspace.get(Boiler, uid).note == "一"
    two.hub.rule = None
    undone = two.desk.undo()  # of the two records only the one that was accepted
    assert undone.touched == {"boiler": (other.uid,)}
    two.desk.undo()
    assert two.workspace.get(Boiler, other.uid) is None
    assert two.workspace.last_undoable(CLERK.uid) == first
    two.sync()
    sound(two)


# ---------------------------------------------------------------- everything at once
@pytest.mark.parametrize("seed", range(12))
def test_laptops_that_do_anything_end_with_what_the_hub_has(lend: Lend, seed: int) -> None:
    """Any order of edits, deletes, moves, pushes and partial pulls, against a hub that refuses at random."""
    rng = random.Random(seed)
    laptops = [lend(f"dev-{name}") for name in "abc"]
    hub: TinyHub = laptops[0].hub
    hub.rule = lambda entry, row: _any(rng, entry, row)
    for number in range(60):
        laptop = rng.choice(laptops)
        _act(rng, laptop, number)
        if number % 10 == 9:
            assert laptop.agrees() or _behind(laptop)
            assert laptop.workspace.check().findings == ()
    for _ in range(2):
        for laptop in laptops:
            laptop.sync()
    for laptop in laptops:
        assert laptop.replica.pending().changes == 0
        rows = {("boiler", item.uid) for item in laptop.workspace.find(Boiler)}
        assert rows == set(hub.rows)
        for place in rows:
            assert laptop.replica.confirmed(*place) == hub.rows[place]
        assert shadows(laptop) == 0
        assert cells_in(laptop.workspace.path, "SELECT * FROM sync_ghost") == []
        assert cells_in(laptop.workspace.path, "SELECT * FROM sync_taken") == []
        sound(laptop)


def _any(rng: random.Random, entry: Entry, row: Row | None) -> tuple[str, Row, str, str]:
    if row is None:
        good = entry.op == "i" and rng.random() > 0.2
        return ("i", entry.cells, "accepted", "") if good else refuse(entry, row)
    if entry.op == "i":
        return refuse(entry, row)
    if rng.random() < 0.25:
        if entry.op == "d" and rng.random() < 0.5:
            return "i", dict(row), "conflict", "edit_kept"
        return refuse(entry, row)
    if entry.op == "u" and rng.random() < 0.25:
        return keep_first(entry, row)
    return entry.op, entry.cells, "accepted", ""


def _act(rng: random.Random, laptop: Laptop, number: int) -> None:
    records = laptop.workspace.find(Boiler)
    what = rng.random()
    if what < 0.2 or not records:
        laptop.desk.add(boiler(f"PL-{number}-{new_uid()[:4]}", div_code=rng.choice([TOWN, OTHER])))
    elif what < 0.5:
        picked = rng.sample(records, min(2, len(records)))
        fields = {rng.choice(["note", "model", "address"]): rng.choice([None, f"v{number}"])}
        laptop.desk.commit(*(update(item, **fields) for item in picked))
    elif what < 0.6:
        laptop.desk.edit(rng.choice(records), div_code=rng.choice([TOWN, OTHER]), note=f"m{number}")
    elif what < 0.68:
        laptop.desk.remove(rng.choice(records))
    elif what < 0.8:
        laptop.push(limit=rng.choice([1, 5, 100]))
    else:
        areas = sorted(laptop.hub.logs)
        rng.shuffle(areas)
        laptop.pull(areas[: rng.choice([1, 2])])


def _behind(laptop: Laptop) -> bool:
    """Whether the hub has gone on since; the digest must be true all the same."""
    counted = laptop.replica.recount()
    cursors = laptop.replica.cursors()
    assert all(counted.get(area, 0) == cursor.digest for area, cursor in cursors.items())
    return any(cursor.seq < laptop.hub.logs[area].seq for area, cursor in cursors.items())
