"""The background loop: soon after a change, ever more seldom while it fails, and never dead."""

from __future__ import annotations

import threading
from collections.abc import Callable

from app.errors import HubUnreachable
from app.sync.results import SyncDone
from app.sync.schedule import Pace, Schedule


def test_the_pace_doubles_to_a_limit_and_keeps_laptops_apart() -> None:
    pace = Pace(quiet=600, first_retry=15, longest=1800)
    assert [pace.wait(n, 0) for n in (0, 1, 2, 3, 20)] == [600, 15, 30, 60, 1800]
    assert 600 < pace.wait(0, 0.5) < pace.wait(0, 1) <= 750


def test_it_goes_on_after_any_failure_and_wakes_for_a_change() -> None:
    outcomes: list[SyncDone | Exception] = []
    rounds = iter(
        [HubUnreachable("away"), ZeroDivisionError("a mistake"), SyncDone(pushed=1), SyncDone(pushed=2)]
    )
    done = threading.Event()

    def sync(cancelled: Callable[[], bool]) -> SyncDone:
        found = next(rounds)
        if isinstance(found, Exception):
            raise found
        return found

    def told(outcome: SyncDone | Exception) -> None:
        outcomes.append(outcome)
        if isinstance(outcome, SyncDone) and outcome.pushed == 1:
            schedule.wake()
        if len(outcomes) == 4:
            schedule.stop()
            done.set()

    schedule = Schedule(sync, told, Pace(quiet=3600, after_change=0, first_retry=0), lambda: 0.0)
    thread = threading.Thread(target=schedule.run, daemon=True)
    thread.start()
    assert done.wait(20)
    thread.join(20)
    assert not thread.is_alive()
    assert [type(item).__name__ for item in outcomes] == [
        "HubUnreachable",
        "ZeroDivisionError",
        "SyncDone",
        "SyncDone",
    ]


def test_stopping_stops_the_round_under_way() -> None:
    asked = threading.Event()

    def sync(cancelled: Callable[[], bool]) -> SyncDone:
        asked.set()
        while not cancelled():
            threading.Event().wait(0.01)
        return SyncDone()

    schedule = Schedule(sync, lambda outcome: None)
    thread = threading.Thread(target=schedule.run, daemon=True)
    thread.start()
    assert asked.wait(20)
    schedule.stop()
    thread.join(20)
    assert not thread.is_alive()
