"""The collector of cyclic litter rests during large work, such as a push or a pasted block: it would look at
every entry with everything else standing still, and find none."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

LARGE = 32_000  # bytes of a signed batch; shorter ones are over before the collector has come twice


class _Resting:
    """How much large work is under way in this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0
        self._was_on = False

    def begin(self) -> None:
        """One more; the first switches the collector off."""
        with self._lock:
            if not self._count:
                self._was_on = gc.isenabled()
                gc.disable()
            self._count += 1

    def end(self) -> None:
        """One less; the last switches the collector on again if it was."""
        with self._lock:
            self._count -= 1
            if not self._count and self._was_on:
                gc.enable()


_RESTING = _Resting()


@contextmanager
def undisturbed(size: int) -> Iterator[None]:
    """Work on so many bytes, without the collector when they are many."""
    if size < LARGE:
        yield
        return
    _RESTING.begin()
    try:
        yield
    finally:
        _RESTING.end()


@contextmanager
def kept(size: int) -> Iterator[None]:
    """`undisturbed`, for work whose result lives on: the collector does not look through it afterwards.

    Looking through the edits of 200,000 pasted cells held up everything else for 0.9 s, again and again.
    """
    with undisturbed(size):
        yield
        if size >= LARGE:
            gc.freeze()
