"""How long a person's save waits for the file while a fold is under way in the same process."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from time import perf_counter

from app.store.workspace import Workspace

_PAUSE = (0.005, 0.060)  # s between two saves, drawn anew each time


def waits_during(workspace: Workspace, work: Callable[[], object], seed: int) -> list[float]:
    """Do the work while another thread writes at random moments, as a save does; the seconds for which each
    of those waited until it had the file."""
    over, waits = threading.Event(), []
    database, chance = workspace._opened.database, random.Random(seed)

    def save() -> None:
        while not over.wait(chance.uniform(*_PAUSE)):
            asked = perf_counter()
            with database.saving() as connection:
                waits.append(perf_counter() - asked)
                connection.exec_driver_sql("UPDATE sync_ctx SET base = base")

    saver = threading.Thread(target=save)
    saver.start()
    try:
        work()
    finally:
        over.set()
        saver.join()
    return waits


def told(waits: list[float]) -> dict[str, float]:
    """Their number, the longest, and the one that 99 of 100 do not exceed, in ms."""
    ordered = sorted(waits) or [0.0]
    return {
        "waits": len(waits), "wait_p99_ms": ordered[int(len(ordered) * 0.99)] * 1000,
        "longest_wait_ms": ordered[-1] * 1000,
    }  # fmt: skip
