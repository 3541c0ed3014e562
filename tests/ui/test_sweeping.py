"""Cyclic litter with Qt objects in it is swept away in the GUI thread, whichever thread makes the litter."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.application import Program
from app.ui.sweeping import Sweeper
from app.ui.tasks import Token
from window_cases import WAIT_MS


class Knot(QObject):
    """Holds itself, so that only the collector can end it; says in which thread it ended."""

    ended: list[int] = []

    def __init__(self) -> None:
        super().__init__()
        self.itself = self

    def __del__(self) -> None:
        Knot.ended.append(threading.get_ident())


def _litter(_: Token) -> None:
    for _number in range(200_000):
        ring: list[object] = []
        ring.append(ring)


def test_a_widget_in_a_cycle_never_ends_in_a_readers_thread(
    program: Callable[..., Program], qtbot: QtBot
) -> None:
    running = program()
    Knot.ended.clear()
    for _number in range(50):
        Knot()
    running.desk.tasks.run(running.desk, _litter, lambda _: None)
    qtbot.waitUntil(lambda: len(Knot.ended) == 50 and running.desk.tasks.idle(), timeout=WAIT_MS)
    assert set(Knot.ended) == {threading.get_ident()}


def test_one_sweeper_serves_all_windows_of_the_process(
    program: Callable[..., Program], qapp: QApplication
) -> None:
    program()
    program()
    assert len(qapp.findChildren(Sweeper)) == 1
    assert not gc.isenabled()
