"""A story that goes the same way each time it is told: chances come from a seed, a fold knows no clock.

The program's own identities are random and decide orders here and there (which of two boilers of one number
is named first), and a fold cuts its pieces by what the last one took, so that a kill met now this and now
that one. Whoever searches for a fault needs the same story from the same words.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial, wraps
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from app.domain import changes
from app.hub import keys as hub_keys
from app.store import fold_pace
from app.sync import keys


class Replayable:
    """From here to `end` this process writes the same for the same doings; `seed` names the chances."""

    def __init__(self, seed: str) -> None:
        chance, self._patch = Random(seed), pytest.MonkeyPatch()
        drawn = SimpleNamespace(uuid4=lambda: uuid.UUID(int=chance.getrandbits(128), version=4))
        self._patch.setattr(changes, "uuid", drawn)
        for module in (keys, hub_keys):
            self._patch.setattr(module, "secrets", SimpleNamespace(token_bytes=chance.randbytes))
        for clock in ("perf_counter", "thread_time"):
            self._patch.setattr(fold_pace, clock, lambda: 0.0)

    def end(self) -> None:
        """Chance and time are the system's again."""
        self._patch.undo()


class Telling:
    """What notes the words of a story, so that it can be told again."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []
        self._inside = False

    def note(self, work: Callable[[], None], name: str, words: dict[str, Any]) -> None:
        """Do the work of a rule; what one rule does by another is not noted once more."""
        if self._inside:
            return work()
        self.told.append((name, words))
        self._inside = True
        try:
            return work()
        finally:
            self._inside = False


def noted(work: Callable[..., None]) -> Callable[..., None]:
    """A rule of a machine that has a `telling`; Hypothesis gives all words by name."""

    @wraps(work)
    def doing(machine: Any, *given: Any, **words: Any) -> None:
        machine.telling.note(partial(work, machine, *given, **words), work.__name__, words)

    return doing
