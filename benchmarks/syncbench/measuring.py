"""Wall and processor time of a piece of work, medians, and the machine they were taken on."""

from __future__ import annotations

import gc
import os
import platform
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Taken:
    """Seconds by the clock and seconds of processors, servers that took part included."""

    wall: float
    cpu: float


def timed(work: Callable[[], object], *servers: int) -> Taken:
    """What a piece of work takes here and in these processes with their children."""
    before, begun = _cpu(servers), perf_counter()
    work()
    wall = perf_counter() - begun
    return Taken(wall, _cpu(servers) - before)


def middle(runs: Iterable[Taken]) -> Taken:
    """The medians of several runs."""
    those = list(runs)
    return Taken(median(run.wall for run in those), median(run.cpu for run in those))


def ratio(ours: Taken, peer: Taken, name: str) -> dict[str, float]:
    """What is written of a pair: both sides' seconds and what one is of the other."""
    return {
        f"{name}_s": ours.wall,
        f"{name}_cpu_s": ours.cpu,
        "peer_s": peer.wall,
        "peer_cpu_s": peer.cpu,
        "ratio": ours.wall / peer.wall,
        "cpu_ratio": ours.cpu / peer.cpu if peer.cpu else 0.0,
    }


def settle() -> None:
    """Let the disk finish what was written before, and the collector what was left, so that the next run does
    not pay for it."""
    gc.collect()
    os.sync()


def copy_durably(source: Path, target: Path) -> None:
    """A copy that is on the disk when this returns."""
    with source.open("rb") as read, target.open("wb") as write:
        while part := read.read(1 << 20):
            write.write(part)
        write.flush()
        os.fsync(write.fileno())


def machine() -> dict[str, str | int]:
    """Where this was measured."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    return {
        "processor": model or platform.processor(),
        "cores": os.cpu_count() or 1,
        "load_before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0,
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def cpu_of(*servers: int) -> float:
    """Processor seconds of this process and of those with their children so far."""
    return _cpu(servers)


def _cpu(servers: Iterable[int]) -> float:
    own = os.times()
    return own.user + own.system + sum(map(_of_tree, servers))


def _of_tree(pid: int) -> float:
    """Processor seconds of a process, its children, and those of them that are gone."""
    children: dict[int, list[int]] = {}
    used: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            parts = (folder / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        children.setdefault(int(parts[1]), []).append(int(folder.name))
        used[int(folder.name)] = sum(map(int, parts[11:15]))
    total, pending = 0, [pid]
    while pending:
        one = pending.pop()
        total += used.get(one, 0)
        pending += children.get(one, [])
    return total / _TICK
