"""Snapshots that are being made: once for an area, however many laptops ask and ask again.

One of a million cells takes a minute, longer than a laptop waits for the first byte of an answer.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from app.hub.port import HubDoor

_AT_ONCE = 2  # areas; each takes a core


@dataclass
class Making:
    """One that is being made: `done` of `whole` records are written; packing comes after that."""

    file: Future[Path] = field(default_factory=Future)
    done: int = 0
    whole: int = 0

    def told(self, done: int, whole: int) -> None:
        """So far it has come."""
        self.done, self.whole = done, whole


class Makers:
    """Those of one process."""

    def __init__(self, hub: HubDoor) -> None:
        self._hub = hub
        self._pool = ThreadPoolExecutor(_AT_ONCE, "snapshot")
        self._turn = threading.Lock()
        self._under_way: dict[str, Making] = {}

    def begin(self, device: str) -> Making:
        """That of the area of a laptop: the one that is being made, or else a new one, which is there at once
        where a ready file is new enough."""
        area = self._hub.device(device).area
        with self._turn:
            found = self._under_way.get(area)
            if found is None or found.file.done():
                found = self._under_way[area] = Making()
                found.file = self._pool.submit(self._hub.snapshot, device, found.told)
            return found
