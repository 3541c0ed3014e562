"""Medians of wall and processor time, for both Pythons."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

ENOUGH_S, MOST = 0.4, 40


def measure(work: Callable[[], Any], times: int, budget_s: float = 30.0) -> dict[str, float]:
    """Run `work` so many times, fewer past the budget; medians in ms, all threads counted.

    What is done in a few ms is run until 0.4 s have gone, 40 times at most: among three of them one that
    the machine has held up is a third of the truth.
    """
    wall: list[float] = []
    used: list[float] = []
    begun = time.perf_counter()

    def goes_on() -> bool:
        spent = time.perf_counter() - begun
        return spent < budget_s if len(wall) < times else len(wall) < MOST and spent < ENOUGH_S

    while not wall or goes_on():
        cpu, at = time.process_time(), time.perf_counter()
        work()
        wall.append((time.perf_counter() - at) * 1e3)
        used.append((time.process_time() - cpu) * 1e3)
    return {"wall_ms": statistics.median(wall), "cpu_ms": statistics.median(used), "best_ms": min(wall)}


def tell(what: str, **found: object) -> None:
    """One line of JSON for the side that asked."""
    print(json.dumps({"what": what, **found}), flush=True)
