"""A journal that was altered has a lasting line in the window."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

from pytestqt.qtbot import QtBot

from app.settings import BY_HAND
from app.ui.application import Program
from window_cases import WAIT_MS, settle

Office = Callable[..., Program]


def test_the_line_comes_by_itself_and_stays(office: Office, qtbot: QtBot) -> None:
    running = office("clerk", sync=BY_HAND)
    watch, bar = running.desk.chain, running.window.chain
    assert watch._soon.isActive(), "it looks after the first pages have been read"
    watch.look()
    settle(running, qtbot)
    assert not bar.isVisible() and watch.words == ""
    assert running.desk.session is not None
    with closing(sqlite3.connect(running.desk.session.workspace.path)) as connection:
        kept = "SELECT name FROM sqlite_master WHERE name LIKE 'sync_%_keep_%'"
        for (name,) in connection.execute(kept).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM sync_chain WHERE id = (SELECT max(id) FROM sync_chain)")
        connection.commit()
    watch.look()
    qtbot.waitUntil(bar.isVisible, timeout=WAIT_MS)
    assert "不完整" in bar.words() and "备份" in bar.words()
    watch.look()
    settle(running, qtbot)
    assert bar.isVisible()
    running.desk.lay(None)
    assert not bar.isVisible() and watch.words == ""
