"""Keeps an eye on the room on the disk: what is free, what to know about it, and whether anything can be
changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QAbstractButton, QDialogButtonBox

from app.i18n import N_, tr

if TYPE_CHECKING:
    from app.actions.room import Space
    from app.ui.desk import Desk

_LOOK_MS = 5000  # a question to the system of some microseconds, in a thread: a disk may be slow to answer


class RoomWatch(QObject):
    """Lives on the desk; looks while a workspace lies there."""

    said = Signal()  # there is something else to say
    changed = Signal()  # whether anything can be changed

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.words = ""
        self.space: Space | None = None
        self._clock = QTimer(self, interval=_LOOK_MS)
        self._clock.timeout.connect(self.look)
        desk.opened.connect(self._opened)

    @property
    def why_closed(self) -> str:
        """Why nothing can be changed now; empty when there is room."""
        if self.space is None or self.space.level != "short":
            return ""
        return tr(N_("There is too little room on the disk: nothing can be changed now."))

    def watch_over(self, foot: QDialogButtonBox) -> None:
        """Close the deed of a form, and no other of its buttons, while nothing can be changed; its tip says
        why, and what was typed stays."""
        for button in foot.buttons():
            if button.objectName() == "deed":
                _Closing(self, button)

    def look(self) -> None:
        """See how much is free; the reserve is made again where it was given up and there is room."""
        if self._desk.session is None:
            self._clock.stop()
        else:
            self._desk.read(self, _looked, self._seen, topic="room")

    def _opened(self) -> None:
        self._seen((None, ""))
        if self._desk.session is not None:
            self._clock.start()
            self._desk.read(self, _first, self._seen, topic="room")

    def _seen(self, found: tuple[Space | None, str]) -> None:
        words, closed = self.words, self.why_closed
        self.space, self.words = found
        if self.words != words:
            self.said.emit()
        if self.why_closed != closed:
            self.changed.emit()


class _Closing(QObject):
    """Lives as long as its button: what a watch tells a closure would reach a button that is gone."""

    def __init__(self, room: RoomWatch, button: QAbstractButton) -> None:
        super().__init__(button)
        self._room, self._button = room, button
        room.changed.connect(self.show)
        self.show()

    def show(self) -> None:
        """Open or close the button."""
        self._button.setEnabled(not self._room.why_closed)
        self._button.setToolTip(self._room.why_closed)


def _first(session: Any, _: Any) -> tuple[Space, str]:
    from app.actions.room import space_left, space_words  # late: actions load after the first paint

    space = space_left(session)
    return space, space_words(session, space)


def _looked(session: Any, _: Any) -> tuple[Space, str]:
    from app.actions.room import keep_reserve, space_words  # late: actions load after the first paint

    space = keep_reserve(session)
    return space, space_words(session, space)
