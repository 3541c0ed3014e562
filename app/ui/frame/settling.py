"""What an opened file gets after its first picture: a look through its structure, the day's backup."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.errors import AppError
from app.ui.desk import Desk
from app.ui.map.pane import MapPane
from app.ui.tasks import Callbacks, Lane

if TYPE_CHECKING:
    from app.actions.session import Session

_AT_LATEST_MS = 5000


class Settling(QObject):
    """Waits for the first picture, so that the file shows at once; writes wait for the look by themselves.

    A file that turns out damaged is put away, and the failure dialog says so.
    """

    def __init__(self, desk: Desk, pane: MapPane) -> None:
        super().__init__(pane)
        self._desk = desk
        self._waits: Session | None = None
        self._timer = QTimer(self, singleShot=True, interval=_AT_LATEST_MS)
        self._timer.timeout.connect(self._begin)
        pane.drawn.connect(self._begin)

    def expect(self, session: Session) -> None:
        """A session has just been laid on the desk."""
        self._waits = session
        self._timer.start()

    def _begin(self) -> None:
        session, self._waits = self._waits, None
        self._timer.stop()
        if session is None:
            return
        from app.bootstrap import settle  # late: the store loads after the first paint

        calls = Callbacks[None](lambda _: None, partial(self._refused, session))
        told = self._desk.preferences.backup_folder
        second = Path(told) if told else None
        self._desk.tasks.run(self, lambda _: settle(session, second), calls, lane=Lane.WRITE)

    def _refused(self, session: Session, error: Exception) -> None:
        if self._desk.session is not session:
            return
        if isinstance(error, AppError) and error.code == "damaged":
            self._desk.lay(None)
        self._desk.failed.emit(error)
