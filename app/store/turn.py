"""Whose turn it is to write: one after the other, in the order in which they came."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

_MOMENT = 0.25  # s


class Turn:
    """A lock that a thread may take again while it has it; it tells whoever has it that others wait, and they
    come in the order in which they asked. `heed` is called in each moment of waiting and raises to stop."""

    def __init__(self, heed: Callable[[], None]) -> None:
        self._heed = heed
        self._changed = threading.Condition()
        self._waiting: deque[int] = deque()  # threads, the one that asked first in front
        self._owner: int | None = None
        self._depth = 0

    def __enter__(self) -> None:
        me = threading.get_ident()
        with self._changed:
            if self._owner != me:
                self._wait(me)
            self._depth += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._depth -= 1
            if not self._depth:
                self._owner = None
                self._changed.notify_all()

    @property
    def wanted(self) -> bool:
        """Whether anybody waits for it."""
        return bool(self._waiting)

    def _wait(self, me: int) -> None:
        self._waiting.append(me)
        try:
            while not self._changed.wait_for(lambda: self._is_turn_of(me), _MOMENT):
                self._heed()
            self._owner = me
        except BaseException:  # broken off: the next one need not wait for this one
            self._changed.notify_all()
            raise
        finally:
            self._waiting.remove(me)

    def _is_turn_of(self, thread: int) -> bool:
        return self._owner is None and self._waiting[0] == thread
