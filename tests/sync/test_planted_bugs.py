"""Each planted bug is found by the account of the machine, and its story passes without the bug.

`GRIDWARD_SEARCH=1` also lets the machine search for each of them by itself (weekly; minutes for each).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from app.errors import AppError
from sync.accounts import settle
from sync.machine import PAIRS, Stories
from sync.oracle import Lost
from sync.planted import BUGS, Bug, no_chain, trust_numbers
from sync.world import World

each = pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])


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


class Enough(BaseException):
    """The bug was found by its own word; Hypothesis lets this through at once and plays no story again."""


@pytest.mark.skipif("GRIDWARD_SEARCH" not in os.environ, reason="the search itself runs weekly")
@each
def test_the_machine_finds_it_by_itself(town: Path, bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own word, not by whatever else a story ends with: one that fails otherwise proves nothing of
    this bug, so the search goes on."""

    class Here(Stories):
        template = town
        crowds = PAIRS

        def teardown(self) -> None:
            try:
                super().teardown()
            except Lost as found:
                if re.search(bug.found_by, str(found)):
                    raise Enough(str(found)) from found
            except (AppError, AssertionError):
                return

    bug.plant(monkeypatch)
    many = settings(
        max_examples=int(os.environ.get("GRIDWARD_EXAMPLES", "2000")),
        stateful_step_count=50,
        deadline=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(Enough):
        run_state_machine_as_test(Here, settings=many)
