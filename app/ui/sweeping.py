"""Collects cyclic litter in the GUI thread only: a widget in a cycle that a reader's thread swept away would
be destroyed there, which Qt does not survive."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

_LOOK_MS = 100
_YOUNG, _MIDDLE = 2_000, 10  # new objects, and sweeps of these, after which a sweep is worth its time
_OLD_S, _AT_LATEST_S = 60.0, 600.0  # all objects: when nothing is under way, or at the latest


class Sweeper(QObject):
    """While it lives, Python's own collector is off and the GUI thread sweeps instead, a little at a time."""

    def __init__(self, idle: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._idle = idle
        self._swept_all = time.monotonic()
        gc.disable()
        self.destroyed.connect(_collect_again)
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Sweep what is due."""
        young, middle, _ = gc.get_count()
        if young < _YOUNG:
            return
        since = time.monotonic() - self._swept_all
        if since > _AT_LATEST_S or (since > _OLD_S and self._idle()):
            gc.collect()
            self._swept_all = time.monotonic()
        else:
            gc.collect(1 if middle > _MIDDLE else 0)


def _collect_again(_: QObject | None = None) -> None:
    gc.enable()
