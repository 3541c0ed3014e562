"""The collector of cyclic litter rests during large work, such as a push or a pasted block: it would look at
every entry with everything else standing still, and find none."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Lock, Thread
from typing import Any

LARGE = 32_000  # bytes of a signed batch; shorter ones are over before the collector has come twice
_AT_ONCE = 400  # objects that are let go of in a third of a millisecond
_PAUSE_S = 0.0005  # in which others go on: who waits for the interpreter asks for it only every 5 ms


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


def stays() -> None:
    """What there is now stays until the process ends: the collector does not look through it again.

    A server's modules and tables are a third of a million objects; each time they were looked through, every
    request of the process waited for 35 to 50 ms, which was most of the slowest hundredth of small syncs.
    """
    gc.collect()
    gc.freeze()


def let_go(things: list[Iterable[Any]]) -> None:
    """Empty this list, and give the memory of what lies in its things back little by little in a thread that
    ends when all is done: the tens of thousands of objects of a large push take 30 ms, for which nobody who
    waits for the answer has to wait. Nobody else may hold them.

    The collector rests until then. To be called within `undisturbed`, at whose end it would look at them all.
    """
    if things:
        pieces = [piece for thing in things for piece in thing]
        things.clear()
        _RESTING.begin()
        try:
            Thread(target=_empty, args=(pieces,), name="letting go", daemon=True).start()
        except RuntimeError:  # no more threads: then it goes at once
            _RESTING.end()


def _empty(pieces: list[Any]) -> None:
    try:
        while pieces:
            del pieces[-_AT_ONCE:]
            time.sleep(_PAUSE_S)
    finally:
        _RESTING.end()
