"""Medians of wall and processor time, for both Pythons."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Any


def measure(work: Callable[[], Any], times: int, budget_s: float = 30.0) -> dict[str, float]:
    """Run `work` so many times, fewer past the budget; medians in ms, all threads counted."""
    wall: list[float] = []
    used: list[float] = []
    begun = time.perf_counter()
    while len(wall) < times and (not wall or time.perf_counter() - begun < budget_s):
        cpu, at = time.process_time(), time.perf_counter()
        work()
        wall.append((time.perf_counter() - at) * 1e3)
        used.append((time.process_time() - cpu) * 1e3)
    return {"wall_ms": statistics.median(wall), "cpu_ms": statistics.median(used), "best_ms": min(wall)}


def tell(what: str, **found: object) -> None:
    """One line of JSON for the side that asked."""
    print(json.dumps({"what": what, **found}), flush=True)
