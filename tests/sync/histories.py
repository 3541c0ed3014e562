"""Short histories of two laptops that do not see each other, told once and played on both sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from app.domain.entities.boiler import Boiler
from sync import doings
from sync.town import boiler
from sync.world import Laptop

Refused = tuple[str, str, str]  # what a laptop refused at once, in words to the person: side, number, op


@dataclass(frozen=True)
class History:
    """A name as the table prints it, the laptops of side a (first to sync) and b, and what they do."""

    name: str
    a: str
    b: str
    play: Callable[[Laptop, Laptop], list[Refused]]


def _there(laptop: Laptop, number: str) -> Boiler:
    found = boiler(laptop, number)
    assert found is not None, number
    return found


def _clear_and_send_back(a: Laptop, b: Laptop) -> list[Refused]:
    assert doings.step(a, "leader", _there(a, "A-notice"), "clear")
    assert doings.step(b, "city", _there(b, "A-notice"), "return", reason="缺少照片")
    return []


def _clear_and_edit(a: Laptop, b: Laptop) -> list[Refused]:
    assert doings.step(a, "leader", _there(a, "A-notice"), "clear")
    assert doings.edit(b, "officer", _there(b, "A-notice"), note="锅炉还在烧", rated_tph=4.0)
    return []


def _clear_and_delete(a: Laptop, b: Laptop) -> list[Refused]:
    assert doings.step(a, "leader", _there(a, "A-notice"), "clear")
    gone = doings.remove(b, "city", _there(b, "A-notice"))
    return [] if gone else [("b", "A-notice", "d")]


def _rebound_and_look_back(a: Laptop, b: Laptop) -> list[Refused]:
    assert doings.step(a, "city", _there(a, "A-cleared"), "look_back", lookback_round="2026冬")
    assert doings.step(b, "officer", _there(b, "A-cleared"), "rebound", reason="又见黑烟")
    return []


def _both_edit(a: Laptop, b: Laptop) -> list[Refused]:
    assert doings.edit(a, "officer", _there(a, "A-entered"), note="甲", fuel="anthracite")
    assert doings.edit(b, "officer2", _there(b, "A-entered"), note="乙", fuel="clean_coal")
    return []


def _both_move(a: Laptop, b: Laptop) -> list[Refused]:
    assert doings.edit(a, "officer", _there(a, "A-entered"), place=3)
    assert doings.edit(b, "officer2", _there(b, "A-entered"), place=-3)
    return []


def _delete_and_edit(a: Laptop, b: Laptop) -> list[Refused]:
    assert doings.remove(a, "officer", _there(a, "A-entered"))
    assert doings.edit(b, "officer2", _there(b, "A-entered"), note="仍在用", contact="王芳")
    return []


def _edit_and_delete(a: Laptop, b: Laptop) -> list[Refused]:
    assert doings.edit(a, "officer", _there(a, "A-entered"), note="仍在用", contact="王芳")
    assert doings.remove(b, "officer2", _there(b, "A-entered"))
    return []


def _same_number(a: Laptop, b: Laptop) -> list[Refused]:
    assert doings.add(a, "officer", "N-1")
    assert doings.add(b, "officer2", "N-1")
    return []


NAMED = (
    History("one clears, the other sends back", "city", "city2", _clear_and_send_back),
    History("one clears, the other edits", "city", "town_a", _clear_and_edit),
    History("one clears, the other deletes", "city", "city2", _clear_and_delete),
    History("one looks back, the other reports a rebound", "city", "town_a", _rebound_and_look_back),
    History("both change note and fuel", "town_a", "town_a2", _both_edit),
    History("both move it", "town_a", "town_a2", _both_move),
    History("one deletes, the other edits", "town_a", "town_a2", _delete_and_edit),
    History("one edits, the other deletes", "town_a", "town_a2", _edit_and_delete),
    History("both enter one under the same number", "town_a", "town_a2", _same_number),
)


def random_history(seed: int, length: int = 14) -> History:
    """Two laptops of a town at random: edits, steps, deletions and new boilers."""
    chance = Random(seed)

    def play(a: Laptop, b: Laptop) -> list[Refused]:
        refused: list[Refused] = []
        for _ in range(length):
            side = chance.choice("ab")
            laptop, login = (a, "officer") if side == "a" else (b, "officer2")
            found = laptop.workspace.find(Boiler, order="ledger_no")
            record = chance.choice(found[:6])
            what = chance.random()
            if what < 0.7:
                field = chance.choice([*doings.PLAIN, "fuel", "place", "rated_tph"])
                doings.plain_edit(laptop, login, record, field)
            elif what < 0.85:
                there = doings.steps_there(laptop, record)
                if there:
                    doings.step(laptop, *_of(chance, there, record))
            elif what < 0.93:
                doings.add(laptop, login, f"N-{chance.randint(1, 3)}")
            elif not doings.remove(laptop, login, record):
                refused.append((side, record.ledger_no, "d"))
        return refused

    return History(f"at random, {seed}", "town_a", "town_a2", play)


def _of(chance: Random, there: list[tuple[str, str]], record: Boiler) -> tuple[str, Boiler, str]:
    login, action = chance.choice(there)
    return login, record, action
