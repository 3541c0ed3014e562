"""A hub that is brought back from a backup gets back, from the laptops, what it had lost; nothing is lost."""

from __future__ import annotations

import functools
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from app.domain.changes import delete, insert
from app.domain.entities.boiler import Boiler
from app.domain.entities.conflict import Conflict
from app.domain.entities.people import Org
from app.domain.replication import STANDS
from app.hub import parts
from app.store import outbox
from app.store.replica import Replica
from sync import doings
from sync.accounts import settle
from sync.planted import note, seal_one, there
from sync.town import boiler
from sync.world import TOWN_A, Killed, World

ways = pytest.mark.parametrize("declared", [True, False], ids=["with the command", "unannounced"])


@ways
def test_one_laptop_gives_back_what_it_has_seen(world: World, declared: bool) -> None:
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    world.back_up_hub()
    note(a, "lost")
    assert doings.edit(a, "officer", there(a), contact="王芳")
    a.round()
    world.restore_hub(0, declared=declared)
    done = a.round()
    assert done is not None
    assert done.restored and done.given_back == 2 and done.agrees
    other.round()
    assert there(other).note == "lost" and there(other).contact == "王芳"
    settle(world)


@ways
def test_what_the_writer_has_no_more_comes_back_from_others(world: World, declared: bool) -> None:
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    a.back_up()
    world.back_up_hub()
    note(a, "lost on both sides")
    a.round()
    other.round()
    a.restore(0)
    world.restore_hub(0, declared=declared)
    note(a, "written anew")
    a.round()
    other.round()
    settle(world)
    assert there(a).note in ("written anew", "lost on both sides")
    both = [item for item in a.workspace.find(Conflict) if "written anew" in item.kept + item.offered]
    assert both and "lost on both sides" in both[0].kept + both[0].offered


@ways
def test_nobody_is_asked_about_own_work_that_was_read_later(world: World, declared: bool) -> None:
    """The second edit was written before the answer to the first was read, and the hub lost both: the first
    is given back as a block, the second is sent again, by somebody who knows the first."""
    a = world.laptops["town_a"]
    world.back_up_hub()
    note(a, "first")
    a.round("no_pull")
    note(a, "second")
    a.round("torn")
    world.restore_hub(0, declared=declared)
    a.round()
    settle(world)
    assert there(a).note == "second"
    assert not a.workspace.find(Conflict)


@ways
def test_a_deletion_that_deleted_nothing_counts_again_where_its_record_lives(
    world: World, declared: bool
) -> None:
    """The hub is brought back to before a unit was entered, where its name is taken by now: there was nothing
    to delete. Brought back to another day it has the unit, and of its deletion that answer only."""
    city, county = world.laptops["city"], world.laptops["county"]
    world.back_up_hub()
    gone = Org(uid=city.session.new_uid(), name="柳湖供热站", div_code=TOWN_A)
    city.as_("city").commit([insert(gone)], "enter", "模拟")
    city.round()
    world.back_up_hub()
    city.as_("city").commit([delete(gone)], "delete", "模拟")
    city.round("no_pull")
    world.restore_hub(0, declared=declared)
    other = Org(uid=county.session.new_uid(), name="柳湖供热站", div_code=TOWN_A)
    county.as_("clerk").commit([insert(other)], "enter", "模拟")
    county.round()
    city.round()
    assert city.workspace.get(Org, gone.uid) is None
    city.round()
    world.restore_hub(1, declared=declared)
    for laptop in (city, county, city):
        laptop.round()
    settle(world)
    asked = {item.kind for item in city.workspace.find(Conflict) if item.owner == gone.uid}
    assert city.workspace.get(Org, gone.uid) is None or "edit_kept" in asked


@ways
def test_two_laptops_with_different_parts_converge(world: World, declared: bool) -> None:
    a, other, county = (world.laptops[name] for name in ("town_a", "town_a2", "county"))
    world.back_up_hub()
    note(a, "first")
    a.round()
    other.round()
    assert doings.edit(other, "officer2", there(other), contact="second")
    other.round()
    assert doings.edit(county, "clerk", there(county, "A-planned"), note="third")
    county.round()
    world.restore_hub(0, declared=declared)
    assert doings.edit(a, "officer", there(a), model="after")
    a.round()
    county.round()
    other.round()
    settle(world)
    found = boiler(world.laptops["city"], "A-entered")
    assert isinstance(found, Boiler)
    assert (found.note, found.contact, found.model) == ("first", "second", "after")


@ways
def test_work_written_since_the_restore_is_not_overwritten_unseen(world: World, declared: bool) -> None:
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    world.back_up_hub()
    assert doings.edit(a, "officer", there(a), fuel="anthracite")
    a.round()
    world.restore_hub(0, declared=declared)
    assert doings.edit(other, "officer2", there(other), fuel="clean_coal")
    other.round()
    a.round()
    settle(world)
    found = boiler(other, "A-entered")
    assert found is not None and found.fuel == "clean_coal"
    assert any(item.kind == "pick" for item in world.hub.conflicts())


@ways
def test_a_step_and_its_signature_come_back_together(world: World, declared: bool) -> None:
    city, a = world.laptops["city"], world.laptops["town_a"]
    world.back_up_hub()
    assert doings.step(city, "leader", there(city, "A-notice"), "clear")
    city.round()
    a.round()
    world.restore_hub(0, declared=declared)
    a.round()
    city.round()
    settle(world)
    assert there(city, "A-notice").status == "cleared"


@ways
def test_a_signature_is_void_when_the_record_changed_since_the_restore(world: World, declared: bool) -> None:
    city, a = world.laptops["city"], world.laptops["town_a"]
    world.back_up_hub()
    assert doings.step(city, "leader", there(city, "A-notice"), "clear")
    city.round()
    world.restore_hub(0, declared=declared)
    assert doings.edit(a, "officer", there(a, "A-notice"), rated_tph=9.0)
    a.round()
    city.round()
    settle(world)
    assert there(city, "A-notice").status == "notice"
    assert there(city, "A-notice").rated_tph == 9.0
    assert any(item.kind == "void" for item in city.workspace.find(Conflict))


@ways
def test_what_was_said_of_papers_that_were_never_taken_stays_where_it_was(
    world: World, declared: bool
) -> None:
    county, b = world.laptops["county"], world.laptops["town_b"]
    world.back_up_hub()
    assert doings.step(b, "officer_b", there(b, "B-2"), "apply")
    assert doings.edit(county, "clerk", there(county, "B-2"), address="另处")
    county.round()
    b.round()
    said = {item.uid for item in b.workspace.find(Conflict) if item.owner_entity == "attachment"}
    assert said, "the step is void, and its papers with it"
    world.restore_hub(0, declared=declared)
    county.round()
    b.round()
    settle(world)


@ways
def test_acknowledged_and_not_yet_fetched_is_sent_again(world: World, declared: bool) -> None:
    a = world.laptops["town_a"]
    world.back_up_hub()
    note(a, "acknowledged")
    a.round("no_pull")
    world.restore_hub(0, declared=declared)
    assert doings.edit(a, "officer", there(a), contact="later")
    a.round()
    settle(world)
    found = boiler(world.laptops["city"], "A-entered")
    assert found is not None and (found.note, found.contact) == ("acknowledged", "later")


@ways
def test_changes_written_upon_the_lost_stretch_have_seen_it(world: World, declared: bool) -> None:
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    world.back_up_hub()
    assert doings.edit(a, "officer", there(a), fuel="anthracite")
    a.round()
    other.round()
    assert doings.edit(other, "officer2", there(other), fuel="clean_coal")  # it has seen the other's
    world.restore_hub(0, declared=declared)
    assert doings.edit(world.laptops["county"], "clerk", there(world.laptops["county"]), note="another way")
    world.laptops["county"].round()
    other.round()
    a.round()
    settle(world)
    assert there(a).fuel == "clean_coal"
    assert not world.hub.conflicts()


@ways
def test_twice_restored_to_the_same_backup(world: World, declared: bool) -> None:
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    world.back_up_hub()
    note(a, "one")
    a.round()
    world.restore_hub(0, declared=declared)
    other.round()
    assert doings.edit(other, "officer2", there(other), contact="two")
    other.round()
    a.round()
    world.restore_hub(0, declared=declared)
    assert doings.edit(other, "officer2", there(other), model="three")
    other.round()
    a.round()
    settle(world)
    found = there(a)
    assert (found.note, found.contact, found.model) == ("one", "two", "three")


@ways
@pytest.mark.parametrize("which", [0, 1], ids=["to an older backup", "to the same"])
def test_brought_back_once_more_before_a_laptop_has_followed_it(
    world: World, declared: bool, which: int
) -> None:
    """What was given back once is in no block that the laptop follows yet: it gives it again."""
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    world.back_up_hub()
    assert doings.edit(a, "officer", there(a), contact="王芳")
    a.round()
    world.back_up_hub()
    note(a, "lost twice")
    a.round()
    world.restore_hub(1, declared=declared)
    assert doings.edit(a, "officer", there(a), model="written since")
    assert a.round("no_pull") is None
    assert world.hub.status().given_back == 1
    world.restore_hub(which, declared=declared)
    assert a.round() is not None
    settle(world)
    other.round()
    found = there(other)
    assert (found.note, found.contact, found.model) == ("lost twice", "王芳", "written since")
    assert not a.workspace.replica.lost(), "once the log has told it, it is kept twice no longer"


def test_what_was_put_aside_comes_before_what_was_written_upon_it(world: World) -> None:
    """Brought back once more, the hub heard of it from another laptop and named a new epoch: it took the next
    edit before it was given the lost one again, which then stood over what had been written upon it."""
    a, b = world.laptops["town_a"], world.laptops["town_b"]
    world.back_up_hub()
    note(a, "first")
    a.round()
    world.restore_hub(0, declared=True)
    assert doings.edit(b, "officer_b", there(b, "B-1"), note="before the backup")
    b.round()
    world.back_up_hub()
    assert doings.edit(a, "officer", there(a), model="since")
    a.round("no_pull")  # it has given back, and not heard of it yet
    assert doings.edit(b, "officer_b", there(b, "B-1"), note="after the backup")
    b.round()
    a.clock.off = timedelta(days=-1)
    note(a, "second")
    world.restore_hub(1, declared=False)
    b.round()
    a.round()
    settle(world)
    assert there(a).note == "second" and not a.workspace.find(Conflict)


def test_what_was_put_aside_is_kept_until_every_area_has_been_followed(world: World) -> None:
    """The answer is cut after the first area: what the other one lost is in no block that is followed yet."""
    county, other = world.laptops["county"], world.laptops["town_a2"]
    world.back_up_hub()
    assert doings.edit_in_each_town(county, "clerk", 1, "contact")
    county.round()
    world.back_up_hub()
    note(county, "lost twice")
    county.round()
    world.restore_hub(0, declared=False)
    county.round("torn")
    world.restore_hub(1, declared=False)
    county.round()
    settle(world)
    assert there(other).note == "lost twice"


def test_what_is_kept_for_longer_is_looked_for_from_where_it_parted(world: World) -> None:
    """Of two lost blocks the second is kept for longer, as its boiler was moved away. The new log has no
    block that ends where it began, and it was let go of; the hub takes it upon the first one only."""
    county, b = world.laptops["county"], world.laptops["town_b"]
    world.back_up_hub()
    for number in ("B-1", "B-2"):
        assert doings.edit(b, "officer_b", there(b, number), note="lost")
        b.round()
    assert doings.move(county, "clerk", there(county, "B-2"))
    world.restore_hub(0, declared=False)
    county.round()
    b.round()
    assert len(b.workspace.replica.lost()) == 2
    world.restore_hub(0, declared=False)
    done = b.round()
    assert done is not None and done.agrees
    settle(world)
    assert there(county, "B-1").note == there(county, "B-2").note == "lost"


def test_what_a_hub_is_given_back_again_and_again_does_not_grow(world: World) -> None:
    """What it tells whole by itself, of what it is given back, is nobody's entry: it need not be given back.
    Each time the hub had told that anew, once for each block, and the log doubled."""
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    world.back_up_hub()
    for name in ("王芳", "李强"):
        assert doings.edit(a, "officer", there(a), contact=name)
        a.round()
        other.round()
    ends = []
    for _ in range(6):
        world.restore_hub(0, declared=False)
        for laptop in (a, other, a):
            done = laptop.round()
        assert done is not None and done.agrees
        assert not a.workspace.replica.lost() and not other.workspace.replica.lost()
        ends.append(world.hub.status().areas[TOWN_A][0])
    assert len(set(ends[1:])) == 1, ends
    settle(world)


def test_a_hub_tells_a_record_whole_once_for_all_that_it_is_given_back(world: World) -> None:
    """Brought back to one backup and to another in turns, it is given what it has otherwise: told once for
    each block, the log doubled each time."""
    a = world.laptops["town_a"]
    world.back_up_hub()
    for name in ("王芳", "李强", "赵敏"):
        assert doings.edit(a, "officer", there(a), contact=name)
        a.round()
    for which in range(4):
        world.restore_hub(0, declared=False)
        a.round()
        a.round()
        world.back_up_hub()
        world.restore_hub(which, declared=False)
        a.round()
        a.round()
        world.back_up_hub()
    told = [effect for block in world.log()[TOWN_A] for effect in block.effects if effect.note == STANDS]
    assert len(told) <= 4, len(told)
    settle(world)


def test_what_was_put_aside_goes_once_any_log_that_is_read_has_told_it(world: World) -> None:
    """Its boiler had moved to another town when it was given back. Who reads that log, too, has it there and
    asks no more; who does not keeps it. Brought back once more, the hub is given it by the first."""
    county, city, b = (world.laptops[name] for name in ("county", "city", "town_b"))
    world.back_up_hub()
    assert doings.edit(county, "clerk", there(county, "B-1"), note="lost")
    county.round()
    b.round()
    world.restore_hub(0, declared=False)
    city.round()
    assert doings.move(city, "city", there(city, "B-1"))
    city.round()
    world.back_up_hub()
    county.round()
    b.round()
    assert not county.workspace.replica.lost() and b.workspace.replica.lost()
    assert there(county, "B-1").note == "lost"
    world.restore_hub(1, declared=False)
    county.round()
    settle(world)
    assert there(city, "B-1").note == "lost"


def test_an_act_that_is_there_whole_is_not_taken_again_area_by_area(world: World) -> None:
    """A hub that has it as it was pushed is given it back by areas: noting the first part made it look as if
    the others were lacking, and what had been written upon them since was contested."""
    county, a = world.laptops["county"], world.laptops["town_a"]
    world.back_up_hub()
    county.clock.off = timedelta(days=90)
    assert doings.edit_in_each_town(county, "clerk", 1, "contact")
    county.round()
    a.round()
    edited = next(item for item in a.workspace.find(Boiler) if item.contact)
    assert doings.edit(a, "officer", edited, contact="written upon it")
    a.round()
    world.back_up_hub()
    world.restore_hub(0, declared=False)
    county.round()
    world.restore_hub(1, declared=False)
    county.round()
    settle(world)
    found = a.workspace.get(Boiler, edited.uid)
    assert found is not None and found.contact == "written upon it"


def test_who_wrote_upon_their_own_new_record_had_seen_it_though_it_was_sent_again(world: World) -> None:
    """One push brought a boiler and its fuel. Its laptop, brought back to before the fuel, sends the boiler
    again; the fuel comes back from who had followed both, and nobody else had written there."""
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    other.round()
    world.back_up_hub()
    assert doings.add(a, "officer", "N-7")
    a.back_up()
    assert doings.edit(a, "officer", there(a, "N-7"), fuel="briquette")
    a.round()
    other.round()
    a.restore(0)
    world.restore_hub(0, declared=False)
    a.round()
    other.round()
    settle(world)
    assert there(other, "N-7").fuel == "briquette"
    assert not [item for item in other.workspace.find(Conflict) if item.owner == there(other, "N-7").uid]


def test_two_stretches_that_begin_alike_are_told_apart(world: World) -> None:
    """After one lost block two others came in turn, both lost since. Who followed the one
    has not seen the other."""
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    world.back_up_hub()
    note(a, "both")
    a.round()
    other.round()
    world.back_up_hub()
    assert doings.edit(a, "officer", there(a), contact="one")
    a.round()
    world.restore_hub(1, declared=False)
    assert doings.edit(other, "officer2", there(other), model="the other")
    other.round()
    assert doings.edit(a, "officer", there(a), model="upon the one")
    world.restore_hub(0, declared=False)
    other.round()
    a.round()
    settle(world)
    assert any("the other" in item.kept + item.offered for item in a.workspace.find(Conflict))


@pytest.mark.parametrize("first", [True, False], ids=["sent again first", "given back first"])
def test_what_is_sent_again_is_what_others_have_seen(world: World, first: bool) -> None:
    """A writer who never heard the answer sends its change again, who fetched it gives it back. Whichever
    comes first, both have seen it, and what they wrote upon it wins."""
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    world.back_up_hub()
    for number in ("A-entered", "A-planned"):
        assert doings.edit(a, "officer", there(a, number), fuel="anthracite")
    a.round("no_pull")
    other.round()
    assert doings.edit(a, "officer", there(a), fuel="clean_coal")
    assert doings.edit(other, "officer2", there(other, "A-planned"), fuel="briquette")
    world.restore_hub(0, declared=False)
    for laptop in (a, other) if first else (other, a):
        laptop.round()
    settle(world)
    assert (there(a).fuel, there(a, "A-planned").fuel) == ("clean_coal", "briquette")
    assert not a.workspace.find(Conflict)


def test_a_block_half_folded_when_the_hub_was_restored_is_finished_and_given_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    world.back_up_hub()
    doings.add_many(a, "officer", 6)
    a.round()
    monkeypatch.setattr(Replica, "fold_all", functools.partialmethod(Replica.fold_all, step=2))
    with pytest.raises(Killed):
        other.round(killed_after=0)
    other.kill()
    seq = other.workspace.replica.begun()
    assert seq, "the round was to be cut inside a block"
    a.revoked = True  # its laptop is gone: only half a block on the other one knows of the six
    world.restore_hub(0, declared=True)
    world.oracle.held_back.add("town_a")
    other.round()
    settle(world)
    assert len([item for item in other.workspace.find(Boiler) if item.ledger_no.startswith("M-")]) == 6


def test_an_act_cut_in_two_survives_a_fork(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST", 4)
    monkeypatch.setattr(parts, "LONG", 3)
    a = world.laptops["town_a"]
    doings.add_many(a, "officer", 6)
    a.back_up()
    assert world.hub.push(seal_one(a), world.tick()).state == "taken"
    a.restore(0)
    world.tick()
    done = a.round()
    assert done is not None and done.forked
    settle(world)
    found = world.laptops["city"].workspace.find(Boiler)
    assert len([item for item in found if item.ledger_no.startswith("M-")]) == 6


def test_a_snapshot_of_the_lost_log_is_not_handed_out(world: World) -> None:
    a, city = world.laptops["town_a"], world.laptops["city"]
    world.back_up_hub()
    note(a, "lost")
    a.round()
    ready = world.hub.snapshot(TOWN_A)
    kept = {file.name: file.read_bytes() for file in ready.parent.iterdir()}
    world.restore_hub(0, declared=False)
    ready.parent.mkdir(exist_ok=True)
    for name, content in kept.items():  # PostgreSQL's restore leaves the folder beside as it is
        (ready.parent / name).write_bytes(content)
    assert doings.edit(city, "city", there(city), contact="since")
    city.round()
    again = world.hub.snapshot(TOWN_A)
    assert again != ready or again.read_bytes() != kept[ready.name]


def test_a_laptop_that_lost_nothing_hears_that_the_hub_was_restored(world: World) -> None:
    a = world.laptops["town_a"]
    world.back_up_hub()
    world.restore_hub(0, declared=True)
    note(a, "since")
    done = a.round()
    assert done is not None and done.restored and not done.forked and done.given_back == 0
    settle(world)


def test_a_laptop_brought_back_has_seen_what_it_sends_again(world: World) -> None:
    """Its backup is from before an edit was sent; what is written upon that edit is not contested by it."""
    a = world.laptops["town_a"]
    assert doings.edit(a, "officer", there(a), fuel="anthracite")
    a.back_up()
    a.round()
    a.restore(0)
    assert doings.edit(a, "officer", there(a), fuel="clean_coal")
    a.round()
    settle(world)
    assert there(a).fuel == "clean_coal" and not a.workspace.find(Conflict)


def test_a_backup_of_the_schema_before_is_brought_up_when_it_is_brought_back(world: World) -> None:
    a = world.laptops["town_a"]
    world.back_up_hub()
    with closing(sqlite3.connect(world.hub_backups[0] / "hub.db")) as old, old:
        old.execute("DROP TABLE hub_standing")
        for name in ("former", "program", "disk", "journal"):
            old.execute(f"ALTER TABLE hub_device DROP COLUMN {name}")
        old.execute("ALTER TABLE hub_act DROP COLUMN batch")
        old.execute("UPDATE hub_fact SET value = ? WHERE name = 'schema'", (b"5",))
    note(a, "lost")
    a.round("no_pull")
    world.laptops["town_a2"].round()
    world.restore_hub(0, declared=False)
    a.round()
    settle(world)
    assert there(world.laptops["town_a2"]).note == "lost"


def test_a_value_told_twice_is_certified_as_given_way(world: World) -> None:
    """The log of a restored hub tells once more how one place of a new boiler gave way to the other, which
    the flag for two that are near keeps as well."""
    laptop = world.laptops["town_b"]
    world.back_up_hub()
    assert doings.add(laptop, "officer_b", "N-1")
    laptop.round()
    assert doings.edit(laptop, "officer_b", there(laptop, "N-1"), place=0)
    for _ in range(2):
        laptop.round()
        world.restore_hub(0, declared=False)
        laptop.round()
    settle(world)


def test_what_one_conflict_offers_and_another_keeps_is_certified(world: World) -> None:
    """A value stood in the lost log, another offered against it, and is itself only offered since."""
    county, laptop = world.laptops["county"], world.laptops["town_b"]

    def models(login: str, *those: str) -> None:
        for model in those:
            one = county if login == "clerk" else laptop
            assert doings.edit(one, login, there(one, "B-2"), model=model)

    world.back_up_hub()
    models("clerk", "1")
    county.round()
    models("officer_b", "2", "3")
    laptop.round()
    world.restore_hub(0, declared=False)
    county.round()
    models("clerk", "4")
    county.round()
    laptop.round()
    settle(world)


def test_a_number_that_clashes_when_it_is_given_back_stays_with_who_gave_it(world: World) -> None:
    """The first number is in another town: in its log the conflict was out of the giver's reach, and gone
    for good when the hub was brought back once more."""
    county, laptop = world.laptops["county"], world.laptops["town_b"]
    world.back_up_hub()
    assert doings.add(laptop, "officer_b", "N-1")
    laptop.round()
    assert doings.add(county, "clerk", "N-1")
    world.restore_hub(0, declared=False)
    county.round()
    laptop.round()
    world.restore_hub(0, declared=False)
    county.round()
    settle(world)
    kept = [item for item in laptop.workspace.find(Conflict) if item.kind == "duplicate"]
    assert len(kept) == 1 and "N-1" in str(kept[0].offered)


def test_the_day_the_hub_stamps_is_certified_when_the_step_was_taken_back_meanwhile(world: World) -> None:
    """A clock is months ahead, so the hub writes other days; here they never came in sight."""
    county = world.laptops["county"]
    county.clock.off = timedelta(days=90)
    assert doings.step(county, "registrar", there(county, "A-cleared"), "rebound", reason="又见黑烟")
    assert doings.take_back(county, "registrar")
    county.round()
    settle(world)
