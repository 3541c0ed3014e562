"""What the hub counts for Prometheus: requests, verdicts, open conflicts, and how far laptops have come.

Counters of several worker processes are added up through files in the folder PROMETHEUS_MULTIPROC_DIR, which
is set before any worker starts; what stands in the database is read when somebody asks.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from app.domain.changes import new_uid
from app.errors import StoreFailure
from app.hub.port import HubDoor
from app.hub.views import AreaLine, DeviceLine, area_lines, device_lines, late_open
from app.store.lock import WriterLock

VERDICTS = ("accepted", "merged", "conflicts", "rejected")
MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)


@contextmanager
def counted_together(folder: Path) -> Iterator[None]:
    """Meanwhile the worker processes that are begun count through files in a folder of this server's own
    in `folder`. What servers that were killed have left there is removed first."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in folder.iterdir():
        if left.is_dir():
            with suppress(StoreFailure):  # another server is at work there
                _remove(left, WriterLock(left))
    own = folder / new_uid()
    lock = WriterLock(own)
    own.mkdir()
    os.environ[MULTIPROCESS] = str(own)
    try:
        yield
    finally:
        os.environ.pop(MULTIPROCESS, None)
        _remove(own, lock)


def _remove(counters: Path, lock: WriterLock) -> None:
    shutil.rmtree(counters, ignore_errors=True)
    lock.release()


class Measures:
    """The counters of one process, and the page that shows those of all."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        here = self._registry
        self.seconds = Histogram(
            "gridward_request_seconds",
            "Time of requests",
            ["route", "status"],
            buckets=_SECONDS,
            registry=here,
        )
        self.pushes = Counter("gridward_pushes", "Batches by what became of them", ["state"], registry=here)
        self.changes = Counter("gridward_changes", "Changes by verdict", ["verdict"], registry=here)
        self.pulled = Counter("gridward_pulled_bytes", "Bytes of log given to laptops", registry=here)
        self.blob_bytes = Counter("gridward_blob_bytes", "Bytes of attachments", ["direction"], registry=here)
        self.refusals = Counter("gridward_refusals", "Requests refused", ["code"], registry=here)
        self._verdicts = {name: self.changes.labels(name) for name in VERDICTS}

    def count_push(self, state: str, counts: Mapping[str, int]) -> None:
        """Count a batch and its changes by verdict; of a repeat the changes have been counted."""
        self.pushes.labels(state).inc()
        if state != "repeat":
            for name, count in counts.items():
                self._verdicts[name].inc(count)

    def page(self, hub: HubDoor, now: datetime) -> bytes:
        """The page Prometheus reads."""
        registry = self._registry
        if os.environ.get(MULTIPROCESS):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        standing = CollectorRegistry()
        standing.register(_Standing(hub, now))
        return generate_latest(registry) + generate_latest(standing)


class _Standing(Collector):
    """What the database says at this moment."""

    def __init__(self, hub: HubDoor, now: datetime) -> None:
        self._hub, self._now = hub, now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family for each number."""
        hub = self._hub
        devices = device_lines(hub)
        conflicts = hub.conflicts()
        late = "Those of them that revoked laptops sent"
        yield _single("gridward_conflicts_open", "Conflicts that wait for a person", len(conflicts))
        yield _single("gridward_late_conflicts_open", late, late_open(conflicts))
        yield _single("gridward_devices", "Laptops", sum(not line.revoked for line in devices))
        yield _by_area(area_lines(hub))
        yield _by_device("gridward_device_lag", "Entries not yet fetched", devices, lambda line: line.lag)
        yield _by_device("gridward_device_silent_seconds", "Time since the last sync", devices, self._silence)

    def _silence(self, line: DeviceLine) -> float | None:
        return None if line.last_sync is None else (self._now - line.last_sync).total_seconds()


def _single(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def _by_area(lines: list[AreaLine]) -> GaugeMetricFamily:
    family = GaugeMetricFamily("gridward_area_entries", "Entries of an area's log", labels=["area"])
    for line in lines:
        family.add_metric([line.code], line.seq)
    return family


def _by_device(
    name: str, words: str, lines: list[DeviceLine], value: Callable[[DeviceLine], float | None]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=["device"])
    for line in lines:
        found = None if line.revoked else value(line)
        if found is not None:
            family.add_metric([line.uid], found)
    return family
