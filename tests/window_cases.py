"""Waiting for a window and choosing in it, for the tests that drive one."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.carto.theme import DARK, LIGHT, read_palette
from app.domain.entities.boiler import Boiler
from app.domain.filters import equal
from app.ui.application import Program

WAIT_MS = 20_000


def settle(running: Program, qtbot: QtBot) -> None:
    """Wait until nothing is under way and the map is drawn."""

    def quiet() -> bool:
        window = running.window
        drawn = running.desk.session is None or window.work.map.canvas.picture is not None
        return running.desk.tasks.idle() and drawn and not window.work.map.canvas.waits()

    qtbot.waitUntil(quiet, timeout=WAIT_MS)


def boiler_in(running: Program, state: str) -> Boiler:
    """A boiler of the demo in a state."""
    assert running.desk.session is not None
    found = running.desk.session.workspace.find(Boiler, equal(status=state), limit=1)
    assert found, state
    return found[0]


def choose(running: Program, qtbot: QtBot, boiler: Boiler) -> None:
    """Select a boiler and wait until all views show it."""
    running.desk.selection.choose("boiler", [boiler.uid])
    panel = running.window.work.record
    qtbot.waitUntil(lambda: panel.view is not None and panel.view.record.uid == boiler.uid, timeout=WAIT_MS)
    settle(running, qtbot)


def shows_marks(running: Program) -> bool:
    """Whether the colour of a selection is to be seen on the map."""
    canvas = running.window.work.map.canvas
    picture = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(picture.constBits(), np.uint32).reshape(picture.height(), -1) & 0xFFFFFF
    wanted = read_palette(LIGHT if running.desk.preferences.theme == "light" else DARK)["select"]
    return bool((pixels == int(wanted[1:], 16)).sum() > 20)
