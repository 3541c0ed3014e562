"""Collects cyclic litter in the GUI thread only, and between events: a widget in a cycle that a reader's
thread swept away would be destroyed there, and one swept away inside another's end waits for its lock."""

from __future__ import annotations

import gc
import time

from PySide6.QtCore import QCoreApplication, QObject, QTimer

_LOOK_MS = 100
_YOUNG, _MIDDLE = 2_000, 10  # new objects, and sweeps of these, after which a sweep is worth its time
_ALL_S = 60.0  # between sweeps of everything


class Sweeper(QObject):
    """Made once for the application. Python's own collector stays off from then on, as there may be widgets
    until the process ends; the GUI thread sweeps instead, a little at a time."""

    def __init__(self, app: QCoreApplication) -> None:
        super().__init__(app)
        self._swept_all = time.monotonic()
        gc.disable()
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Sweep what is due."""
        young, middle, _ = gc.get_count()
        if young < _YOUNG:
            return
        if time.monotonic() - self._swept_all > _ALL_S:
            gc.collect()
            self._swept_all = time.monotonic()
        else:
            gc.collect(1 if middle > _MIDDLE else 0)


def sweep_in(app: QCoreApplication) -> None:
    """Sweep in this application's thread, if that is not done already."""
    if app.findChild(Sweeper) is None:
        Sweeper(app)
