"""Looks whether the journal is whole, after a workspace was opened and while nobody waits for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from app.ui.desk import Desk

_AFTER_MS = 5000  # the first pages are read before
_REST_S = 0.005  # after some links, a millisecond or two of work: the window's own reading comes first


class ChainWatch(QObject):
    """Lives on the desk; what it found stays said while the workspace lies there."""

    said = Signal()  # there is something else to say

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.words = ""
        self._soon = QTimer(self, singleShot=True, interval=_AFTER_MS)
        self._soon.timeout.connect(self.look)
        desk.opened.connect(self._opened)
        desk.sync.ended.connect(self._synced)

    def look(self) -> None:
        """Look at what was chained since the last look; once a week at all of it."""
        self._desk.read(self, _look, self._say, topic="chain")

    def _opened(self) -> None:
        self._say("")
        self._soon.stop()
        if self._desk.session is not None:
            self._soon.start()

    def _synced(self, finished: Any) -> None:
        """A round looks before it sends."""
        if finished.done is not None and finished.done.broken:
            self._say(finished.done.broken)

    def _say(self, words: str) -> None:
        if words != self.words:
            self.words = words
            self.said.emit()


def _look(session: Any, token: Any) -> str:
    from app.actions.upkeep import chain_words, look_at_chain  # late: actions load after the first paint
    from app.errors import Cancelled

    def rest() -> None:
        if token.cancelled():
            raise Cancelled("")
        time.sleep(_REST_S)

    return chain_words(look_at_chain(session, "weekly", rest))
