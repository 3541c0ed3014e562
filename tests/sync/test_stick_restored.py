"""Laptops that come by stick only lose nothing when the hub or they themselves are restored from a backup."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync import doings
from sync.accounts import settle
from sync.planted import note, there
from sync.world import TOWN_A, Laptop, World

ways = pytest.mark.parametrize("declared", [True, False], ids=["with the command", "unannounced"])


@ways
def test_a_hub_is_given_back_by_stick_what_it_lost(world: World, declared: bool) -> None:
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    assert a.by_stick()
    world.back_up_hub()
    note(a, "lost")
    assert doings.edit(a, "officer", there(a), contact="王芳")
    done = a.by_stick()
    assert done and done.agrees and not done.unsent
    world.restore_hub(0, declared=declared)
    other.round()
    assert doings.edit(other, "officer2", there(other), contact="李强")
    other.round()
    note(a, "written before the stick is carried")
    told = a.by_stick()
    assert told is not None
    assert told.restored and not told.given_back and "2" in told.message
    assert there(a).note == "written before the stick is carried"
    back = a.by_stick()
    assert back is not None
    assert back.restored and back.given_back == 2 and back.unsent
    last = a.by_stick()
    assert last is not None
    assert last.agrees and not last.unsent and not last.restored
    assert world.hub.status().given_back == 2
    other.round()
    assert there(other).note == "written before the stick is carried"
    settle(world)


def test_a_restored_hub_whose_clock_was_set_back_is_noticed_at_once(world: World) -> None:
    """Its bundles look older than what the laptop has read; that they speak of a newer epoch tells."""
    a = world.laptops["town_a"]
    assert a.by_stick()
    world.back_up_hub()
    note(a, "lost")
    assert a.by_stick()
    world.restore_hub(0, declared=True)
    world.now -= timedelta(days=90)
    note(a, "written after it")
    told = a.by_stick()
    assert told is not None and told.restored
    a.by_stick()
    done = a.by_stick()
    assert done and done.agrees and not done.unsent
    assert world.hub.status().given_back == 1
    world.now += timedelta(days=90)
    settle(world)


def in_an_old_bundle_only(world: World, *, declared: bool) -> tuple[Laptop, Laptop]:
    """Two contacts of another laptop that the hub has lost; of the two laptops that never heard of them the
    first has the bundle that tells them, unread."""
    a, other, county = (world.laptops[name] for name in ("town_a", "town_a2", "county"))
    county.round()
    assert a.by_stick()
    world.back_up_hub()
    for contact in ("李强", "赵敏"):
        assert doings.edit(other, "officer2", there(other), contact=contact)
        other.round()
    a.carry(0, None)
    world.restore_hub(0, declared=declared)
    return a, county


@ways
def test_a_bundle_of_before_the_hub_was_restored_is_called_old(world: World, declared: bool) -> None:
    """It tells what the hub has lost, and does not go on from where the laptop is: nothing of it is taken."""
    a, county = in_an_old_bundle_only(world, declared=declared)
    assert doings.edit(county, "clerk", there(county), contact="王芳")
    county.round()
    assert a.by_stick()
    assert there(a).contact == "王芳"
    done = a.carry(0, 1)
    assert done is not None
    assert (done.pulled, done.late, done.agrees) == (0, True, True) and done.message
    assert there(a).contact == "王芳"
    settle(world)


@ways
@pytest.mark.parametrize("by_stick", [True, False])
def test_what_only_an_old_bundle_still_tells_is_given_back(
    world: World, declared: bool, by_stick: bool
) -> None:
    """The hub was brought back, and the laptop that had written it was drowned."""
    a, county = in_an_old_bundle_only(world, declared=declared)
    for word in ("一", "二", "三"):
        assert doings.edit(county, "clerk", there(county), note=word)
        county.round()
    assert a.by_stick()
    before = world.hub.status().areas[TOWN_A][0]
    for since, told in ((1, "已丢失的 2 条"), (2, "此数据包较旧"))[: 2 if by_stick else 1]:
        done = a.carry(0, since)
        assert done is not None and told in done.message
        assert there(a).contact != "赵敏", "nothing of it is taken before the hub has said so"
    done = a.by_stick() if by_stick else a.round()
    assert done is not None and done.agrees
    assert (done.restored, done.given_back, done.forked) == (True, 2, False)
    county.round()
    assert (there(a).contact, there(county).contact, there(county).note) == ("赵敏", "赵敏", "三")
    given = world.hub.status().areas[TOWN_A][0]
    assert given > before
    again = a.carry(0, 3 if by_stick else 2)
    assert again is not None and again.agrees and not a.workspace.replica.lost()
    assert world.hub.status().areas[TOWN_A][0] == given
    settle(world)


@ways
def test_bundles_of_a_restored_hub_may_be_lost_and_repeated(world: World, declared: bool) -> None:
    a = world.laptops["town_a"]
    assert a.by_stick()
    world.back_up_hub()
    note(a, "lost")
    assert a.by_stick()
    world.restore_hub(0, declared=declared)
    assert a.by_stick(back=False) is None
    assert a.by_stick()
    assert a.by_stick(there=False), "the answer that was there before, a second time"
    assert a.by_stick(back=False) is None
    assert a.by_stick()
    done = a.by_stick()
    assert done and done.agrees and not done.unsent
    assert world.hub.status().given_back == 1
    settle(world)


def _given_back_twice(world: World, which: int, *, declared: bool) -> None:
    """The hub is brought back, to this backup and then to the first; town_a gives back by stick alone, and
    what it had written both before and between stands."""
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    world.restore_hub(which, declared=declared)
    assert doings.edit(a, "officer", there(a), contact="王芳")
    assert a.by_stick()
    back = a.by_stick()
    assert back and back.given_back == 1 and back.unsent
    world.restore_hub(0, declared=declared)
    for _ in range(4):
        last = a.by_stick()
    assert last and last.agrees and not last.unsent
    assert not a.workspace.replica.lost()
    other.round()
    assert there(other).note == "lost twice" and there(other).contact == "王芳"
    settle(world)


@ways
def test_a_hub_brought_back_once_more_is_given_back_by_stick_again(world: World, declared: bool) -> None:
    a = world.laptops["town_a"]
    assert a.by_stick()
    world.back_up_hub()
    note(a, "lost twice")
    assert a.by_stick()
    _given_back_twice(world, 0, declared=declared)


@ways
def test_a_hub_brought_back_to_still_before_is_given_back_by_stick_again(
    world: World, declared: bool
) -> None:
    """The laptop knows of the first loss only: what it keeps of that follows on what the hub has lost now."""
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    assert a.by_stick()
    world.back_up_hub()
    note(other, "lost once")
    other.round()
    assert a.by_stick()
    world.back_up_hub()
    note(a, "lost twice")
    assert a.by_stick()
    _given_back_twice(world, 1, declared=declared)


def test_a_laptop_brought_back_goes_on_by_stick(world: World) -> None:
    a = world.laptops["town_a"]
    a.by_stick()
    a.back_up()
    note(a, "after the backup")
    a.by_stick()
    a.restore(0)
    assert doings.edit(a, "officer", there(a), contact="王芳")
    done = a.by_stick()
    assert done is not None
    assert done.forked and done.unsent == 1
    last = a.by_stick()
    assert last is not None
    assert last.agrees and not last.unsent
    assert there(a).contact == "王芳"
    settle(world)


def test_a_laptop_brought_back_with_nothing_to_say_is_answered_in_full(world: World) -> None:
    a = world.laptops["town_a"]
    a.by_stick()
    a.back_up()
    note(a, "after the backup")
    a.by_stick()
    assert a.by_stick()
    a.restore(0)
    done = a.by_stick()
    assert done is not None
    assert done.agrees
    assert there(a).note == "after the backup"
    settle(world)


@ways
def test_what_was_sent_by_network_and_never_answered_goes_again_by_stick(
    world: World, declared: bool
) -> None:
    a = world.laptops["town_a"]
    a.by_stick()
    world.back_up_hub()
    note(a, "sent and lost")
    assert a.round("no_pull") is None
    world.restore_hub(0, declared=declared)
    assert doings.edit(a, "officer", there(a), contact="王芳")
    told = a.by_stick()
    assert told is not None
    assert (told.restored or told.forked) and told.unsent == 2
    last = a.by_stick()
    assert last is not None
    assert last.agrees and not last.unsent
    settle(world)


@ways
def test_who_went_on_over_a_network_gives_nothing_back_by_stick(world: World, declared: bool) -> None:
    """What the hub lacked, as a bundle had told, says nothing once the laptop follows another log."""
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    a.round()
    world.back_up_hub()
    note(a, "lost with the older backup")
    a.round()
    world.back_up_hub()
    note(a, "lost with the newer backup")
    a.round()
    world.restore_hub(1, declared=declared)
    other.round()
    assert doings.edit(other, "officer2", there(other), contact="李强")
    other.round()
    told = a.by_stick()
    assert told is not None
    assert told.restored and not told.given_back
    world.restore_hub(0, declared=declared)
    assert doings.edit(other, "officer2", there(other), contact="赵敏")
    other.round()
    a.round()
    note(a, "written after the network")
    done = a.by_stick()
    assert done is not None
    assert done.agrees and not done.unsent and not done.restored
    settle(world)
