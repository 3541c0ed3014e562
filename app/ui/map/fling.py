"""The paper slides on when it is let go in motion, and comes to rest by itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QObject, QPointF, QTimer

_FRAME_MS = 16
_REMEMBERED_MS = 90  # only how it moved at the very end counts
_SLOWEST = (
    0.15  # pixels a millisecond: let go slower than this it stays; below a tenth of it it has come to rest
)
_FASTEST = 6.0
_HALVED_AFTER_MS = 160.0


class Fling(QObject):
    """Watches a drag, and afterwards moves on by `pan(dx, dy)` until the speed is gone."""

    def __init__(self, pan: Callable[[float, float], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pan = pan
        self._seen: deque[tuple[float, QPointF]] = deque(maxlen=32)
        self._speed = QPointF()
        self._clock = QElapsedTimer()
        self._clock.start()
        self._timer = QTimer(self, interval=_FRAME_MS)
        self._timer.timeout.connect(self._step)
        self._last = 0.0

    def stop(self) -> None:
        """Stay where it is."""
        self._timer.stop()
        self._seen.clear()

    def slides(self) -> bool:
        """Whether the paper is sliding."""
        return self._timer.isActive()

    def follow(self, at: QPointF, now_ms: float | None = None) -> None:
        """The hand has dragged the paper to here."""
        self._seen.append((self._now() if now_ms is None else now_ms, QPointF(at)))

    def let_go(self, now_ms: float | None = None) -> None:
        """The hand is gone: slide on when it was moving."""
        now = self._now() if now_ms is None else now_ms
        late = [(at, point) for at, point in self._seen if now - at <= _REMEMBERED_MS]
        self._seen.clear()
        if len(late) < 2 or now <= late[0][0]:
            return
        way = late[-1][1] - late[0][1]
        speed = QPointF(way) * (1.0 / max(now - late[0][0], 1.0))
        size = (speed.x() ** 2 + speed.y() ** 2) ** 0.5
        if size > _SLOWEST:
            self._speed = speed * min(1.0, _FASTEST / size)
            self._last = self._now()
            self._timer.start()

    def _step(self) -> None:
        now = self._now()
        passed, self._last = min(now - self._last, 100.0), now
        self._pan(self._speed.x() * passed, self._speed.y() * passed)
        self._speed *= 0.5 ** (passed / _HALVED_AFTER_MS)
        if self._speed.manhattanLength() < _SLOWEST / 10:
            self._timer.stop()

    def _now(self) -> float:
        return self._clock.nsecsElapsed() / 1e6
