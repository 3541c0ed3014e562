"""Slows down whoever guesses: after a few failures the same name or address has to wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from app.errors import Refused
from app.i18n import N_

MAX_KEYS = 10_000


class Throttle:
    """Counts failures by key in one process; `limit` of them within `window` close the door that long."""

    def __init__(
        self, now: Callable[[], datetime], limit: int = 5, window: timedelta = timedelta(minutes=10)
    ):
        self._now, self._limit, self._window = now, limit, window
        self._failures: dict[str, list[datetime]] = {}
        self._lock = Lock()

    def check(self, *keys: str) -> None:
        """Raises Refused `too_many` while one of the keys has to wait."""
        with self._lock:
            if any(len(self._recent(key)) >= self._limit for key in keys):
                raise Refused(
                    N_("Too many failed attempts"),
                    hint=N_("Wait {minutes} minutes, then try again."),
                    minutes=int(self._window.total_seconds() // 60),
                    code="too_many",
                )

    def failed(self, *keys: str) -> None:
        """Count a failure for each of the keys."""
        with self._lock:
            for key in keys:
                self._failures[key] = [*self._recent(key), self._now()]
            if len(self._failures) > MAX_KEYS:
                self._failures = {key: kept for key in self._failures if (kept := self._recent(key))}

    def succeeded(self, *keys: str) -> None:
        """Forget the failures of the keys."""
        with self._lock:
            for key in keys:
                self._failures.pop(key, None)

    def _recent(self, key: str) -> list[datetime]:
        since = self._now() - self._window
        return [moment for moment in self._failures.get(key, ()) if moment > since]
