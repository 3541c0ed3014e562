"""The same histories on geodiff and on our hub: what geodiff loses is counted and named, ours loses nothing.

`GRIDWARD_WRITE_DOCS=1 pytest tests/sync/test_beside_geodiff.py` writes docs/beside-geodiff.md anew.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sync.accounts import settle
from sync.geodiff_side import Merged, Write, merge
from sync.histories import NAMED, History, random_history
from sync.oracle import Replay, comparable, in_conflict, replayed
from sync.town import begin, end
from sync.world import World

# In the one of seed 5 an edit of an empty field comes beneath a deletion, which the certificate has to name.
RANDOM = [random_history(seed) for seed in range(3, 3 + int(os.environ.get("GRIDWARD_EXAMPLES", "3")))][:50]
PAGE = Path(__file__).parents[2] / "docs" / "beside-geodiff.md"


ABOVE = """\
# Beside geodiff

Two laptops work without seeing each other; side a syncs first, then side b. Each history is played on
our laptops and hub, and the same edits are merged by geodiff's `rebase` (pygeodiff), the core of Mergin
Maps. A value is one field that somebody filled in. geodiff writes a JSON file beside the laptop that syncs
second (“in its file”): it has no author, no reason and no rule. “Gone” is in no record and in no file.
“Torn” counts boilers whose state is from one side and whose dates are from the other. “Refused at once”
are changes our laptop did not take, with a sentence to the person.

| history | values | ours: stand | overwritten by who saw it | in a conflict | refused at once | lost \
| geodiff: stand | in its file | gone | torn |
|---|---|---|---|---|---|---|---|---|---|---|"""
BELOW = """\
geodiff keeps the last value of each side and no name; our log keeps every value with its act.

Made by `GRIDWARD_WRITE_DOCS=1 pytest tests/sync/test_beside_geodiff.py`; the same test compares this page
with what it measures, and plays random histories as well."""


@dataclass
class Ours:
    """What became of the same values at our hub."""

    stands: int = 0
    later: int = 0  # overwritten by somebody who had seen it; the log names both
    conflict: int = 0
    refused: int = 0
    lost: list[str] = field(default_factory=list)


@dataclass
class Outcome:
    """One history on both sides."""

    name: str
    values: int
    ours: Ours
    theirs: Merged


def run(history: History, world: World, folder: Path) -> Outcome:
    """Play a history on our laptops, sync both, then give the same edits to geodiff."""
    a, b = world.laptops[history.a], world.laptops[history.b]
    before = replayed(world.log())
    refused = history.play(a, b)
    a.round()
    b.round()
    replay = settle(world)
    rows = {uid: dict(row) for (entity, uid), row in before.rows.items() if entity == "boiler"}
    numbers = {row["ledger_no"]: uid for uid, row in rows.items()}
    writes = [
        Write("a" if item.laptop == a.name else "b", item.op, item.uid, item.cells)
        for item in world.oracle.entered
        if item.entity == "boiler"
    ]
    writes += [Write(side, op, numbers[number]) for side, number, op in refused if number in numbers]
    theirs = merge(folder, rows, writes)
    values = sum(map(len, (theirs.stands, theirs.own_later, theirs.in_file, theirs.gone)))
    ours = _ours(world, replay, rows)
    ours.refused = len(refused)
    return Outcome(history.name, values, ours, theirs)


def _ours(world: World, replay: Replay, before: dict[str, dict[str, object]]) -> Ours:
    found = Ours()
    for item in world.oracle.entered:
        if item.entity != "boiler":
            continue
        for name, value in comparable(item.cells).items():
            if before.get(item.uid, {}).get(name) == value:
                continue
            if replay.rows.get(("boiler", item.uid), {}).get(name) == value:
                found.stands += 1
            elif in_conflict(replay, item.uid, name, value, item.act):
                found.conflict += 1
            elif any(told == value for told, _ in replay.history.get(("boiler", item.uid, name), ())):
                found.later += 1
            else:
                found.lost.append(f"{item.uid[:8]} {name}={value!r}")
    return found


@pytest.fixture(scope="module")
def outcomes(town: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    """Every history on both sides, played once."""
    found = []
    for place, history in enumerate((*NAMED, *RANDOM)):
        world = begin(town, tuple(dict.fromkeys(("city", history.a, history.b))))
        try:
            found.append(run(history, world, tmp_path_factory.mktemp(f"geodiff{place}")))
        finally:
            end(world)
    return found


def test_ours_loses_nothing(outcomes: list[Outcome]) -> None:
    assert {item.name: item.ours.lost for item in outcomes if item.ours.lost} == {}


def test_geodiff_loses_the_cleared_boiler_without_a_word(outcomes: list[Outcome]) -> None:
    found = next(item for item in outcomes if item.name == "one clears, the other deletes")
    assert any(value == "cleared" for _, _, value in found.theirs.gone)
    assert found.ours.refused == 1 and found.ours.stands > 0


def test_geodiff_mixes_two_lives_into_one(outcomes: list[Outcome]) -> None:
    found = next(item for item in outcomes if item.name == "one clears, the other sends back")
    assert found.theirs.torn, "a boiler sent back with the date of its clearing"
    assert any(value == "cleared" for _, _, value in found.theirs.in_file)
    assert found.ours.conflict > 0


def test_the_page_says_what_was_measured(outcomes: list[Outcome]) -> None:
    named = [item for item in outcomes if not item.name.startswith("at random")]
    if os.environ.get("GRIDWARD_WRITE_DOCS"):
        PAGE.write_text(page(named), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(named)


def page(outcomes: list[Outcome]) -> str:
    """The page with its table."""
    lines = ABOVE.splitlines()
    for item in outcomes:
        ours, theirs = item.ours, item.theirs
        kept = len(theirs.stands) + len(theirs.own_later)
        mine = (item.values, ours.stands, ours.later, ours.conflict, ours.refused, len(ours.lost))
        numbers = (*mine, kept, len(theirs.in_file), len(theirs.gone), len(theirs.torn))
        lines.append("| " + " | ".join((item.name, *map(str, numbers))) + " |")
    gone = sum(len(item.theirs.gone) for item in outcomes)
    lines += [
        "",
        f"In these {len(outcomes)} histories geodiff lost {gone} values without a word; ours lost none.",
    ]
    return "\n".join((*lines, *BELOW.splitlines(), ""))
