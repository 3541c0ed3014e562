"""The one seed everything simulated comes from: the same seed gives the same demo on every computer."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

SEED = 620800
MARK = "（模拟）"
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 in Pingliang, the first day of the simulated campaign

_IDENTITY = uuid.UUID("5f0d2c1e-62a0-5e0b-9c57-000000620800")


def dice(part: str) -> random.Random:
    """A random source of its own for each part of the demo, so that changing one leaves the others alone."""
    return random.Random(f"{SEED}/{part}")


def uid(kind: str, key: str) -> str:
    """The identity of a simulated record."""
    return str(uuid.uuid5(_IDENTITY, f"{kind}/{key}"))


def uid_source(part: str) -> Callable[[], str]:
    """Identities in a fixed order, for a session whose own are random."""
    source = dice(part)
    return lambda: str(uuid.UUID(int=source.getrandbits(128), version=4))


class Clock:
    """A clock that stands where it was put and goes on by itself a little with every look."""

    def __init__(self, start: datetime = START, step: timedelta = timedelta(seconds=7)) -> None:
        self._now = start
        self._step = step

    def __call__(self) -> datetime:
        self._now += self._step
        return self._now

    def move_to(self, when: datetime) -> None:
        """Put the clock forward; it never goes back, as the journal is in the order of time."""
        self._now = max(self._now, when)


def day(iso: str, hour: int = 9, minute: int = 0) -> datetime:
    """A moment of a day in the bureau's time (UTC+8)."""
    year, month, number = (int(part) for part in iso.split("-"))
    return datetime(year, month, number, hour, minute, tzinfo=UTC) - timedelta(hours=8)
