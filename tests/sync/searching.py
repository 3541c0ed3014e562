"""The search for a planted bug by the machine, which ends only at the bug's own finding."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from sync.machine import PAIRS, Stories
from sync.oracle import Lost
from sync.planted import Bug
from sync.replayable import Telling

STEPS = 50
# Of one run Hypothesis tells ten different stories. From then on it tells each one several times with small
# changes, which finds nothing new in stories of this length.
TEN = 10
# How a search tells them: each one to its end, none told again by Hypothesis itself.
MANY = settings(
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
Words = tuple[str, dict[str, Any]]  # a rule and what it was told


class Enough(BaseException):
    """The search is over; Hypothesis lets this through at once and plays no story again."""


@dataclass
class Outcome:
    """How a search went: what was found in the end, after how many stories and seconds of the processor, and
    how often stories ended with something else."""

    bug: str
    seed: int
    finding: str = ""
    real: str = ""  # a story that ended so without the bug as well: a fault of the program or of the account
    stories: int = 0
    seconds: float = 0.0
    others: Counter[str] = field(default_factory=Counter)
    told: list[Words] = field(default_factory=list)

    def __str__(self) -> str:
        found = self.finding or (f"WRONG WITHOUT IT: {self.real}" if self.real else "NOT FOUND")
        return f"| {self.bug} | {self.seed} | {self.stories} | {self.seconds:.0f} | {found[:100]} |"

    def story(self) -> str:
        """The words of the last story, as a program would say them."""
        said = (
            f"state.{name}({', '.join(f'{a}={b!r}' for a, b in words.items())})" for name, words in self.told
        )
        return "\n".join(said)


def described(error: Exception) -> str:
    """What went wrong, in one line."""
    return f"{type(error).__name__}: {error}"


def ending(kind: type[Stories], told: list[Words]) -> str:
    """How this story ends: empty when everything is accounted for."""
    state, found = kind(), ""
    try:
        for name, words in told:
            getattr(state, name)(**words)
    except Exception as error:  # noqa: BLE001 - the program may fail anyhow
        found = described(error)
    try:
        state.teardown()
    except Exception as error:  # noqa: BLE001
        found = found or described(error)
    return found


def named_seed() -> int | None:
    """Which stories `GRIDWARD_SEED` names, when it is set."""
    seed = os.environ.get("GRIDWARD_SEED")
    return int(seed) if seed else None


def of_a_run() -> settings:
    """How a run of the tests tells stories: short ones, the same each time unless somebody searches."""
    return settings(
        stateful_step_count=20,
        deadline=None,
        derandomize="GRIDWARD_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


def tell(stories: type[Stories], seed: int | None, most: int, told: settings) -> None:
    """Let the machine tell so many stories, ten by ten; `seed` names them, else they are others each time."""
    for number in range(0, most, TEN):
        if seed is not None:
            stories = hypothesis.seed(seed * 10_000 + number // TEN)(stories)
        run_state_machine_as_test(stories, settings=settings(told, max_examples=min(TEN, most - number)))


class UntilWrong(Telling):
    """Tells a story up to a rule that fails, which its teardown is to hear of."""

    failure: Exception | None = None

    def note(self, work: Callable[[], None], name: str, words: dict[str, Any]) -> None:
        if self._inside:
            return work()
        if self.failure is None:
            try:
                super().note(work, name, words)
            except Exception as error:  # noqa: BLE001 - the program may fail anyhow
                self.failure = error
        return None


def search(town: Path, bug: Bug, seed: int, most: int) -> Outcome:
    """Let the machine tell stories with the bug until one ends with its own finding: by its own word, while
    the same story ends well without the bug. One that ends badly without it as well ends the search, too."""
    outcome, planted, began = Outcome(bug.name, seed), pytest.MonkeyPatch(), time.process_time()

    class Pair(Stories):
        template = town
        crowds = PAIRS

    class Here(Pair):
        def __init__(self) -> None:
            super().__init__()
            self.telling = UntilWrong()

        def teardown(self) -> None:
            outcome.stories += 1
            failure = self.telling.failure
            try:
                super().teardown()
            except Exception as error:  # noqa: BLE001
                failure = failure or error
            if failure is not None:
                judge(self.telling.told, failure)

    def judge(told: list[Words], error: Exception) -> None:
        planted.undo()
        outcome.told, outcome.real = told, ending(Pair, told)
        if outcome.real:
            raise Enough(outcome.real)
        if isinstance(error, Lost) and re.search(bug.found_by, str(error)):
            outcome.finding = str(error)
            raise Enough(outcome.finding)
        outcome.others[re.split("[0-9(:]", str(error))[0][:50]] += 1
        bug.plant(planted)

    bug.plant(planted)
    try:
        tell(Here, seed, most, MANY)
    except Enough:
        pass
    finally:
        planted.undo()
        outcome.seconds = time.process_time() - began
    return outcome
