"""Work of the GUI thread cut into turns of the event loop, so that keys and paints come between."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


def in_turns(owner: QObject, wanted: Callable[[], bool], *steps: Callable[[], object]) -> None:
    """Take each step in a turn of its own, as long as it is `wanted`; a closed owner ends it."""

    def turn() -> None:
        if wanted():
            steps[0]()
            in_turns(owner, wanted, *steps[1:])

    if steps:
        QTimer.singleShot(0, owner, turn)
