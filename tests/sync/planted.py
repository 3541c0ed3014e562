"""Bugs that a hub or laptop might have, each planted by a small patch, with a story that shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from app.domain import merge
from app.domain.changes import Change
from app.domain.entities.boiler import Boiler
from app.hub import allowing, deciding, lost, pushing, quick, returning, steps, storing
from app.hub.desk import Desk
from app.store import fold
from app.sync import rejoining
from app.sync import round as rounds
from sync import doings
from sync.town import boiler
from sync.world import Laptop, World

Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Bug:
    """What is wrong, how it is planted, the story, and the word by which the account finds it."""

    name: str
    plant: Plant
    story: Callable[[World], None]
    found_by: str


def there(laptop: Laptop, number: str = "A-entered") -> Boiler:
    """A boiler of the town."""
    found = boiler(laptop, number)
    assert found is not None
    return found


def note(laptop: Laptop, words: str) -> None:
    """Somebody writes a note on the boiler of the story."""
    login = {"town_a": "officer", "town_a2": "officer2", "city": "city", "county": "clerk"}[laptop.name]
    assert doings.edit(laptop, login, there(laptop), note=words)


# ------------------------------------------------------------ 1 to 4: the hub's gate
def _no_repeat(patch: pytest.MonkeyPatch) -> None:
    """Neither the batch nor its acts are known again."""
    _answering(patch, lambda before, known, device, batch: None)
    _no_known_acts(patch)
    patch.setattr(pushing.Pushing, "_note", lambda *_: None)


def _answering(patch: pytest.MonkeyPatch, answer: Callable[..., Any]) -> None:
    """What is answered without deciding anything is `answer(as it should be, known, device, batch)`; small
    pushes go the long road, which asks the same."""
    before = pushing.answer_at_once
    patch.setattr(quick.Quick, "push", lambda *_: None)
    patch.setattr(pushing, "answer_at_once", lambda *given: answer(before, *given))


def _no_known_acts(patch: pytest.MonkeyPatch) -> None:
    """An act counts as often as it comes."""
    run = deciding.Deciding.run
    patch.setattr(quick.Quick, "push", lambda *_: None)

    def forgetful(self: deciding.Deciding, *given: Any) -> None:
        self.repeated = set()
        run(self, *given)

    patch.setattr(deciding.Deciding, "run", forgetful)
    patch.setattr(storing, "write_acts", lambda *_: None)


def _repeated(world: World) -> None:
    note(world.laptops["town_a"], "一")
    world.laptops["town_a"].round("deaf")
    world.laptops["town_a"].round()
    world.deliver(0)


def _gap_taken(patch: pytest.MonkeyPatch) -> None:
    def greedy(before: Callable[..., Any], known: Any, device: Any, batch: Any) -> Any:
        return None if known is None and batch.first > device.next else before(known, device, batch)

    _answering(patch, greedy)


def _gap(world: World) -> None:
    laptop = world.laptops["town_a"]
    note(laptop, "一")
    first = seal_one(laptop)
    note(laptop, "二")
    world.bag += [(laptop.name, seal_one(laptop)), (laptop.name, first)]
    world.deliver(0)
    world.deliver(1)


def seal_one(laptop: Laptop) -> bytes:
    """The oldest change alone as a signed batch, as it would go onto a stick."""
    sealed = laptop.sealer().seal(1)
    assert sealed is not None
    return sealed.body


def _no_clamp(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Desk, "clock", lambda self, act: act.hlc)


def _fast_clock(world: World) -> None:
    world.laptops["town_a"].clock.off = timedelta(days=400)
    note(world.laptops["town_a"], "明年")


def _no_roles(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(allowing, "_protected", lambda *_: "")


def _forged(world: World) -> None:
    laptop = world.laptops["town_a"]
    assert doings.forge(laptop, "officer", there(laptop, "A-notice"), status="cleared")


# ------------------------------------------------------------ 5 to 8: fold, numbers, clocks
def _apart(patch: pytest.MonkeyPatch) -> None:
    """The cursor is saved, then now and then the program is killed before the effects are written."""
    write = fold.write_piece

    def killed_at_times(connection: Any, found: Any) -> None:
        state = found.state  # which folds are hit is told by their numbers, as nothing may outlive a story
        if not state.effects or (state.number + state.block.first) % 5 != 2:
            write(connection, found)

    patch.setattr(fold, "write_piece", killed_at_times)


def _two_laptops(world: World) -> None:
    note(world.laptops["town_a"], "一")
    world.laptops["town_a"].round()
    world.laptops["town_a2"].round()
    world.laptops["town_a2"].kill()


def _no_hash(patch: pytest.MonkeyPatch) -> None:
    """A number that the hub has passed is taken for a repeat, whatever is under it, and no laptop asks for
    a batch that nothing answers."""
    trust_numbers(patch)
    patch.setattr(rounds, "is_forgotten", lambda *_: False)


def trust_numbers(patch: pytest.MonkeyPatch) -> None:
    """A number that the hub has passed is taken for a repeat."""

    def trusting(before: Callable[..., Any], known: Any, device: Any, batch: Any) -> Any:
        if batch.epoch == device.epoch and batch.first < device.next:
            return pushing.PushAnswer(device.next, "repeat", device.epoch)
        return before(known, device, batch)

    _answering(patch, trusting)


def _restored(world: World) -> None:
    laptop = world.laptops["town_a"]
    laptop.back_up()
    note(laptop, "一")
    laptop.round()
    laptop.restore(0)
    note(laptop, "二")


def _too_far(patch: pytest.MonkeyPatch) -> None:
    check = fold._check

    def eager(*given: Any) -> int | None:
        found = check(*given)
        return None if found is None else found + 1

    patch.setattr(fold, "_check", eager)


def _by_clock(patch: pytest.MonkeyPatch) -> None:
    def later(stamp: Any, writing: Any) -> bool:
        return stamp is not None and stamp.site != writing.site and stamp.hlc > writing.hlc

    patch.setattr(merge, "is_concurrent", later)
    patch.setattr(steps, "is_concurrent", later)


def _slow_clock(world: World) -> None:
    """The one with the slow clock wrote last and is not seen by the other."""
    slow, right = world.laptops["town_a"], world.laptops["town_a2"]
    slow.clock.off = timedelta(days=-90)
    note(slow, "一")
    slow.round()
    note(right, "二")


# ------------------------------------------------------------ 9: the hole of a restore on both sides
def _hole(patch: pytest.MonkeyPatch) -> None:
    """A batch need not follow the one before, and an act counts as often as it comes."""
    no_chain(patch)
    _no_known_acts(patch)


def no_chain(patch: pytest.MonkeyPatch) -> None:
    def loose(before: Callable[..., Any], known: Any, device: Any, batch: Any) -> Any:
        return before(known, device, replace(batch, previous=device.chain))

    _answering(patch, loose)


def _both_sides(world: World) -> None:
    """Two changes are in a backup. Before it is brought back they are sealed one by one and put on a stick;
    afterwards the first is sealed again and sent, then the second arrives by the stick."""
    laptop = world.laptops["town_a"]
    note(laptop, "一")
    assert doings.edit(laptop, "officer", there(laptop), contact="王芳")
    laptop.back_up()
    seal_one(laptop)
    by_stick = seal_one(laptop)
    laptop.restore(0)
    world.tick()
    again = seal_one(laptop)
    world.bag += [(laptop.name, again), (laptop.name, by_stick)]
    world.deliver(0)
    world.deliver(1)


# ------------------------------------------------------------ 10 to 13: a hub brought back from a backup
def _no_heads(patch: pytest.MonkeyPatch) -> None:
    """The hub does not ask which log a batch was written upon."""
    patch.setattr(pushing.Pushing, "_behind", lambda *_: None)


def _fitting_numbers(world: World) -> None:
    """What a laptop had seen of the lost log has the numbers of what it has not seen of the new one."""
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    world.back_up_hub()
    note(a, "一")
    a.round()
    other.round()
    world.restore_hub(0, declared=False)
    county = world.laptops["county"]
    assert doings.edit(county, "clerk", there(county), contact="新")
    county.round()
    assert doings.edit(other, "officer2", there(other), contact="旧")
    other.round()


def _no_blocks(patch: pytest.MonkeyPatch) -> None:
    """Laptops follow the new log without giving back what they kept of the lost one."""
    patch.setattr(rejoining, "_parts", lambda _: iter(()))


def _two_sided(world: World) -> None:
    """Hub and laptop are both brought back from before a change that another laptop has fetched; the same
    numbers are then given to other changes."""
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    a.back_up()
    world.back_up_hub()
    note(a, "一")
    a.round()
    other.round()
    assert doings.edit(other, "officer2", there(other), model="二")  # upon the one that is lost on both sides
    a.restore(0)
    world.restore_hub(0, declared=False)
    assert doings.edit(a, "officer", there(a), contact="三")
    a.round()
    other.round()


def _every_block(patch: pytest.MonkeyPatch) -> None:
    """A block counts as often as it is given back, and so do its acts."""
    patch.setattr(lost, "is_here", lambda *_: False)
    patch.setattr(returning._Work, "_has", lambda *_: False)
    patch.setattr(returning, "insert", lambda table: insert(table).prefix_with("OR IGNORE"))


def _given_twice(world: World) -> None:
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    world.back_up_hub()
    note(a, "一")
    a.round()
    other.round()
    world.restore_hub(0, declared=False)
    a.round()
    other.round()


def _whole_acts(patch: pytest.MonkeyPatch) -> None:
    """An act that the hub has in part counts as known as a whole."""
    patch.setattr(pushing, "read_parts", lambda *_: {})


def _half_given_back(world: World) -> None:
    """An act in two areas: one part was fetched and is given back by a neighbour, the writer sends it all."""
    city, other = world.laptops["city"], world.laptops["town_a2"]
    city.back_up()
    world.back_up_hub()
    session = city.as_("city")
    changed = [there(city, number) for number in ("A-entered", "B-1")]
    edits = [Change("boiler", item.uid, "update", {"note": item.note}, {"note": "两处"}) for item in changed]
    session.commit(edits, "edit", "模拟")
    city.round("no_pull")
    other.round()
    world.restore_hub(0, declared=False)
    other.round()
    city.round()


BUGS = (
    Bug("a repeated batch is applied again", _no_repeat, _repeated, "a number was given twice"),
    Bug("a gap is accepted", _gap_taken, _gap, "before its turn"),
    Bug("no clamp on clocks", _no_clamp, _fast_clock, "far future"),
    Bug("a state bypasses the roles", _no_roles, _forged, "a boiler went from"),
    Bug("the cursor is saved apart from the effects", _apart, _two_laptops, "differs from the hub|digest"),
    Bug("reused numbers are not noticed", _no_hash, _restored, "never reached the log"),
    Bug("the cursor goes one too far", _too_far, _two_laptops, "differs from the hub|digest"),
    Bug("conflicts are told by the clock", _by_clock, _slow_clock, "an unseen value was overwritten"),
    Bug("the hole of a restore on both sides", _hole, _both_sides, "applied twice"),
    Bug(
        "a restored hub does not ask for heads",
        _no_heads,
        _fitting_numbers,
        "an unseen value was overwritten",
    ),
    Bug(
        "nobody gives a restored hub its blocks back",
        _no_blocks,
        _two_sided,
        "never reached the log|differs from the hub",
    ),
    Bug("what is given back twice counts twice", _every_block, _given_twice, "applied twice"),
    Bug("an act that came in part counts as whole", _whole_acts, _half_given_back, "only in part"),
)
