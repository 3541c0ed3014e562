"""Cyclic litter with Qt objects in it is swept away in the GUI thread, whichever thread makes the litter."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui import sweeping
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


def test_everything_is_swept_when_it_is_quiet_or_never_was(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the longest: while a ledger is read the window would stand still for it."""
    swept, young, now = list[int](), [5_000], [0.0]

    class Told:
        disable = staticmethod(lambda: None)
        get_count = staticmethod(lambda: (young[0], 0, 0))
        collect = staticmethod(lambda generation=2: swept.append(generation))

    monkeypatch.setattr(sweeping, "gc", Told)
    sweeper = Sweeper(qapp, lambda: now[0])
    sweeper._timer.stop()

    def looks(times: int, seconds: float) -> list[int]:
        swept.clear()
        for _ in range(times):
            now[0] += seconds
            sweeper.look()
        return sorted(set(swept))

    try:
        assert looks(100, 1.0) == [1], "busy for longer than a minute"
        young[0] = 100
        assert looks(15, 0.1) == [], "it may go on"
        assert looks(30, 0.1) == [2] and len(swept) == 1
        assert looks(2_000, 0.1) == [], "nothing was made since"
        young[0] = 5_000
        assert looks(700, 1.0) == [1, 2] and swept.count(2) == 1, "it is never quiet"
    finally:
        sweeper.setParent(None)
        sweeper.deleteLater()


def test_one_sweeper_serves_all_windows_of_the_process(
    program: Callable[..., Program], qapp: QApplication
) -> None:
    program()
    program()
    assert len(qapp.findChildren(Sweeper)) == 1
    assert not gc.isenabled()
