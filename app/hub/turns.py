"""Turns at thinking: of the threads of one process, one small push at a time works, the others wait in line.

Threads that work at once take the interpreter from each other in the middle of everything: each push then
takes as long as all of them together, and each change of hands costs. A push that waits for PostgreSQL
gives its turn away meanwhile; when the answer is there it comes before those that have not begun, as it
holds locks.

A turn is only a courtesy: whoever has waited for too long goes on without one, so that nothing can hang.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_SECONDS = 0.5


class Turns:
    """The line of one process."""

    def __init__(self) -> None:
        self._door = threading.Lock()
        self._busy = False
        self._begun: deque[threading.Lock] = deque()  # back from waiting
        self._fresh: deque[threading.Lock] = deque()
        self._own = threading.local()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Work when it is one's turn."""
        self._own.has = self._take(self._fresh)
        try:
            yield
        finally:
            self._give()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let others work while this thread waits for something; whoever has no turn just waits."""
        if not getattr(self._own, "has", False):
            yield
            return
        self._give()
        try:
            yield
        finally:
            self._own.has = self._take(self._begun)

    def _take(self, line: deque[threading.Lock]) -> bool:
        with self._door:
            if not self._busy:
                self._busy = True
                return True
            gate = threading.Lock()
            gate.acquire()
            line.append(gate)
        if gate.acquire(timeout=PATIENCE_SECONDS):
            return True
        with self._door:
            if gate in line:
                line.remove(gate)
                return False
        return True  # it was given at the last moment

    def _give(self) -> None:
        if not getattr(self._own, "has", False):
            return
        self._own.has = False
        with self._door:
            line = self._begun or self._fresh
            if line:
                line.popleft().release()
            else:
                self._busy = False
