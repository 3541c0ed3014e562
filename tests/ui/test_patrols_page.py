"""The page of patrols: recording one by keyboard, its cell on the map, the way there and back, months."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget
from pytestqt.qtbot import QtBot

from app.actions import map_picture
from app.actions.map_picture import Framed
from app.domain.entities.grid_cell import GridCell
from app.domain.entities.patrol import Patrol
from app.domain.filters import equal
from app.ui.application import Program
from app.ui.frame.rail import ENTRIES, PRINT, Rail, key_of
from app.ui.ledger.filterbar import months_before
from app.ui.record.papers import guess_kind
from app.ui.record.patroldialog import PatrolDialog
from clipping import cut_off
from window_cases import WAIT_MS, settle

Office = Callable[..., Program]
D = TypeVar("D", bound=QDialog)


def test_a_patrol_from_the_keyboard_to_its_cell_and_back(
    office: Office, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = office("inspector")
    window, desk = running.window, running.desk
    assert desk.session is not None
    mine = next(
        cell for cell in desk.session.workspace.find(GridCell, equal(kind="admin", level=3))
        if cell.div_code == (desk.actor.area if desk.actor else "")
    )  # fmt: skip
    before = desk.session.workspace.count(Patrol, equal(cell=mine.uid))
    window.commands.actions["page_patrol"].trigger()
    settle(running, qtbot)
    pane = window.work.ledger
    assert pane is not None
    assert pane.kind is Patrol.TYPE
    own = pane.bar.division
    assert own.findText("华亭市") > 0
    assert own.findText("华亭县") < 0  # which is no more
    assert own.itemText(1).endswith(desk.names.of("division", str(mine.div_code)))  # an inspector's own area
    days = [record.patrolled_on for record in _shown(running)]
    assert days == sorted(days, reverse=True)
    window.commands.actions["add_record"].trigger()  # nothing is selected: the cell is named
    dialog = _open(running, PatrolDialog, qtbot)
    assert cut_off(dialog) == []
    dialog.form.editor("cells").show_written(str(mine.name))
    dialog.form.editor("result").set_value("problem")
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=WAIT_MS)
    settle(running, qtbot)
    made = desk.session.workspace.get(Patrol, desk.selection.now.current)
    assert made is not None
    assert (made.cell, made.result) == (mine.uid, "problem")
    record = window.work.record
    assert record.tabs.currentWidget() is record.evidence  # where its photographs are added
    assert desk.names.of("division", str(mine.div_code)) in record.subtitle.text()
    assert window.work.map.canvas._marks is not None  # the cell it stands for is marked,
    drawn: list[Framed] = []
    monkeypatch.setattr(map_picture, "save_framed", lambda _session, shown, _path: drawn.append(shown))
    window.work.map.pin.at = (106.7, 35.5)
    window.work.map.acts.save_picture(Path("地图.png"))
    settle(running, qtbot)
    assert [dict(shown.selected) for shown in drawn] == [{"grid_cell": (mine.uid,)}]  # on a saved map, too,
    assert drawn[0].jotted.pin == (106.7, 35.5)  # and so is the pin
    record.patrols.click()
    settle(running, qtbot)
    assert (window.page, desk.selection.now.current) == ("grid_cell", mine.uid)
    record.patrols.click()
    settle(running, qtbot)
    assert window.page == "patrol"
    assert {item.uid for item in _shown(running)} >= {made.uid}
    assert len(pane.model.uids) == before + 1
    pane.bar.choose(month="2026-10")
    settle(running, qtbot)
    assert all(item.patrolled_on.startswith("2026-10") for item in _shown(running))


def test_a_photograph_that_nobody_asked_for_is_one_on_site() -> None:
    assert guess_kind(Path("IMG_0001.JPG"), ()) == "site_photo"
    assert guess_kind(Path("IMG_0001.JPG"), ("photo_after",)) == "photo_after"
    assert guess_kind(Path("附件.pdf"), ()) == "other"


def test_months_run_back_over_new_year() -> None:
    assert months_before("2026-02-28", 4) == ["2026-02", "2026-01", "2025-12", "2025-11"]
    assert months_before(date(2026, 12, 1).isoformat(), 2) == ["2026-12", "2026-11"]


def test_every_page_has_its_own_key_and_the_rail_has_room_on_a_low_screen(qapp: object, qtbot: QtBot) -> None:
    keys = [key_of(name) for name, _, _ in ENTRIES]
    assert len(set(keys)) == len(keys) == 10
    assert key_of(PRINT) == "Ctrl+P"
    screen = QWidget()
    qtbot.addWidget(screen)
    rail = Rail(screen)
    screen.resize(200, 800)
    screen.show()
    styles = set()
    for height in [size.height() for size in rail._needed]:
        rail.resize(rail.minimumSizeHint().width(), height)
        qtbot.waitUntil(lambda high=height: rail.childrenRect().bottom() < high, timeout=WAIT_MS)  # type: ignore[misc]
        button = rail._buttons["today"]
        styles.add((button.toolButtonStyle(), button.iconSize().width()))
    assert len(styles) == 3


def _shown(running: Program) -> list[Patrol]:
    session, pane = running.desk.session, running.window.work.ledger
    assert session is not None
    assert pane is not None
    found = {uid: session.workspace.get(Patrol, uid) for uid in pane.model.uids}
    return [record for record in found.values() if record is not None]


def _open(running: Program, kind: type[D], qtbot: QtBot) -> D:
    def shown() -> list[D]:
        return [item for item in running.window.findChildren(kind) if item.isVisible()]

    qtbot.waitUntil(lambda: bool(shown()), timeout=WAIT_MS)
    return shown()[0]
