"""Photographs whose files have not come from the hub yet: their small pictures stand for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from app.domain.entities.boiler import Boiler
from app.domain.entities.papers import Attachment
from app.domain.filters import equal
from app.store.attachments import thumbnail_path
from app.ui.application import Program
from app.ui.record.evidence import UID_ROLE
from app.ui.record.viewer import PhotosDialog
from window_cases import WAIT_MS, choose, settle

Office = Callable[..., Program]
RED = (200, 20, 20)


@pytest.fixture
def away(office: Office, qtbot: QtBot) -> tuple[Program, Attachment]:
    """A window at a boiler one of whose photographs is known by its small picture alone."""
    running = office("city")
    session = running.desk.session
    assert session is not None
    item = session.workspace.find(Attachment, equal(kind="photo_before"), limit=1)[0]
    session.workspace.attachment_path(item.sha256).unlink()
    small = thumbnail_path(session.workspace.path, item.sha256)
    small.parent.mkdir(parents=True)
    Image.new("RGB", (60, 45), RED).save(small)
    choose(running, qtbot, session.workspace.find(Boiler, equal(uid=item.owner))[0])
    settle(running, qtbot)
    return running, item


def test_it_stands_in_the_list_of_papers(away: tuple[Program, Attachment], qtbot: QtBot) -> None:
    running, item = away
    rows = running.window.work.record.evidence.list

    def middle() -> tuple[int, ...]:
        row = next(at for at in range(rows.count()) if rows.item(at).data(UID_ROLE) == item.uid)
        shown = rows.item(row).icon().pixmap(64, 48).toImage()
        return shown.pixelColor(shown.width() // 2, shown.height() // 2).getRgb()[:3]

    qtbot.waitUntil(lambda: all(abs(a - b) < 20 for a, b in zip(middle(), RED, strict=True)), timeout=WAIT_MS)


def test_it_is_looked_at(away: tuple[Program, Attachment], qtbot: QtBot) -> None:
    running, item = away
    dialog = PhotosDialog(running.desk, [item], item, running.window)
    view = dialog._views[0]
    qtbot.waitUntil(lambda: not view._image.isNull(), timeout=WAIT_MS)
    assert view._image.width() == 60
    assert Path(item.file_name).suffix
    dialog.deleteLater()
