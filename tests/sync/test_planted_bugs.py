"""Each planted bug is found by the account of the machine, and its story passes without the bug.

`./dev search` (`GRIDWARD_SEARCH=1`) also lets the machine search for each of them by itself, up to
`GRIDWARD_EXAMPLES` stories of the seed `GRIDWARD_SEED`, which is else another one each day.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from sync.accounts import settle
from sync.oracle import Lost
from sync.planted import BUGS, Bug, no_chain, trust_numbers
from sync.planted_later import LATER
from sync.searching import search
from sync.world import World

ALL = (*BUGS, *LATER)
each = pytest.mark.parametrize("bug", ALL, ids=[bug.name for bug in ALL])


@each
def test_the_story_passes_without_the_bug(world: World, bug: Bug) -> None:
    bug.story(world)
    settle(world)


@each
def test_the_bug_is_found(world: World, bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    bug.plant(monkeypatch)
    bug.story(world)
    with pytest.raises(Lost, match=bug.found_by):
        settle(world)


def test_an_act_that_counts_once_closes_the_hole_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    no_chain(monkeypatch)
    next(bug for bug in BUGS if bug.name.startswith("the hole")).story(world)
    settle(world)


def test_asking_for_what_nothing_answers_mends_reused_numbers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust_numbers(monkeypatch)
    next(bug for bug in BUGS if bug.name.startswith("reused")).story(world)
    settle(world)


@pytest.mark.skipif("GRIDWARD_SEARCH" not in os.environ, reason="the search itself runs weekly")
@each
def test_the_machine_finds_it_by_itself(town: Path, bug: Bug) -> None:
    """By its own word, in a story that ends well without the bug."""
    seed = int(os.environ.get("GRIDWARD_SEED", date.today().toordinal()))
    outcome = search(town, bug, seed, int(os.environ.get("GRIDWARD_EXAMPLES", "2000")))
    print(f"\n{outcome}")
    assert outcome.finding, f"{outcome.others}\n{outcome.story()}"
