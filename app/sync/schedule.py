"""Sync in the background: at quiet intervals, soon after a local change, ever more seldom while it fails.

A loop for a thread of its own, whoever starts that. It holds no transaction while it waits, and it is the one
place of sync that may catch everything: a round that fails must not be the last.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from app.errors import AppError
from app.sync.results import SyncDone

_LOG = logging.getLogger(__name__)
Outcome = Callable[["SyncDone | Exception"], None]


@dataclass(frozen=True)
class Pace:
    """Seconds: between rounds while all is well, after a local change, after the first failure, at most."""

    quiet: float = 600.0
    after_change: float = 5.0
    first_retry: float = 15.0
    longest: float = 1800.0

    def wait(self, failures: int, chance: float) -> float:
        """How long to wait before the next round; `chance` (0 to 1) keeps laptops apart."""
        plain = self.quiet if not failures else min(self.first_retry * 2 ** (failures - 1), self.longest)
        return plain * (1 + chance / 4)


@dataclass
class Schedule:
    """Runs `sync` again and again; `told` hears how each ended. `wake` may come from any thread."""

    sync: Callable[[Callable[[], bool]], SyncDone]
    told: Outcome
    pace: Pace = field(default_factory=Pace)
    chance: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        self._change = threading.Event()
        self._stopped = threading.Event()
        self._failures = 0

    def wake(self) -> None:
        """Something was changed here: let the next round be soon, several changes in one."""
        self._change.set()

    def stop(self) -> None:
        """End the loop; a round under way stops between two pieces."""
        self._stopped.set()
        self._change.set()

    def run(self) -> None:
        """The loop; ends after `stop`."""
        while not self._stopped.is_set():
            self._round()
            self._rest()

    def _round(self) -> None:
        outcome: SyncDone | Exception
        try:
            outcome = self.sync(self._stopped.is_set)
            self._failures = 0
        except AppError as error:
            outcome = error
            self._failures += 1
        except Exception as error:  # whatever it was, the next round may be well
            _LOG.error("a round of sync failed", exc_info=error)
            outcome = error
            self._failures += 1
        if not self._stopped.is_set():
            self.told(outcome)

    def _rest(self) -> None:
        """Wait for the next round: a change shortens it, unless the hub is not to be reached anyway."""
        if self._failures:
            self._change.clear()
            self._stopped.wait(self.pace.wait(self._failures, self.chance()))
        elif self._change.wait(self.pace.wait(0, self.chance())):
            self._change.clear()
            self._stopped.wait(self.pace.after_change)
