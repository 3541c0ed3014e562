"""Collects cyclic litter in the GUI thread only, and between events: a widget in a cycle that a reader's
thread swept away would be destroyed there, and one swept away inside another's end waits for its lock."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject, QTimer

_LOOK_MS = 100
_YOUNG = 2_000  # new objects after which a sweep is worth its time
_QUIET = 20  # looks in a row that found less
_ALL_S, _LONG_S = 60.0, 600.0  # between sweeps of everything: when it is quiet, and when it never is


class Sweeper(QObject):
    """Made once for the application. Python's own collector stays off from then on, as there may be widgets
    until the process ends; the GUI thread sweeps instead: what is new, while there is much of it, and
    everything, up to a third of a second with 20,000 boilers, when little was made for two seconds.

    What lives through one sweep of new things is looked at by the next of everything only: looking at all of
    it after every ten held up the window for 60 to 80 ms, whenever a ledger was read.
    """

    def __init__(self, app: QCoreApplication, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(app)
        self._clock = clock
        self._swept_all, self._quiet, self._due = clock(), 0, False
        gc.disable()
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Sweep what is due."""
        much = gc.get_count()[0] >= _YOUNG
        self._quiet = 0 if much else self._quiet + 1
        self._due = self._due or much
        since = self._clock() - self._swept_all
        if self._due and since > (_ALL_S if self._quiet >= _QUIET else _LONG_S):
            gc.collect()
            self._swept_all, self._due = self._clock(), False
        elif much:
            gc.collect(1)


def sweep_in(app: QCoreApplication) -> None:
    """Sweep in this application's thread, if that is not done already."""
    if app.findChild(Sweeper) is None:
        Sweeper(app)
