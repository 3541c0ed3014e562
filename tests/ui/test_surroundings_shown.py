"""What is worked out from polygons is never stale: ledger, record panel and map follow at once."""

from __future__ import annotations

from collections.abc import Callable

import shapely
from pytestqt.qtbot import QtBot

from app.domain.changes import delete, insert
from app.domain.entities.boiler import Boiler
from app.domain.entities.water import BuiltUpArea
from app.domain.filters import equal
from app.ui.application import Program
from window_cases import WAIT_MS, settle

Office = Callable[..., Program]


def test_a_polygon_that_comes_or_goes_changes_what_is_shown(office: Office, qtbot: QtBot) -> None:
    running = office("city")
    session, window = running.desk.session, running.window
    assert session is not None
    window.go("boiler")
    settle(running, qtbot)
    boiler = session.workspace.find(Boiler, equal(band="beyond"), limit=1)[0]
    running.desk.selection.choose("boiler", [boiler.uid])
    settle(running, qtbot)
    ledger, panel = window.work.ledger, window.work.record
    assert ledger is not None
    column = [field.name for field in ledger.model.columns].index("band")

    def shown() -> str:
        return str(ledger.model.index(ledger.model.row_of(boiler.uid), column).data())

    assert shown() == "10 公里外"
    assert boiler.geometry is not None
    around = shapely.MultiPolygon([boiler.geometry.buffer(0.001)])
    area = BuiltUpArea(uid=session.new_uid(), name="新区", year=2026, geometry=around)
    picture = window.work.map.canvas.picture
    session.commit([insert(area)], "add")
    qtbot.waitUntil(lambda: shown() == "区内", timeout=WAIT_MS)
    qtbot.waitUntil(
        lambda: panel.view is not None and panel.view.record.values()["in_builtup"], timeout=WAIT_MS
    )
    qtbot.waitUntil(lambda: window.work.map.canvas.picture is not picture, timeout=WAIT_MS)
    settle(running, qtbot)
    session.commit([delete(area)], "delete")
    qtbot.waitUntil(lambda: shown() == "10 公里外", timeout=WAIT_MS)
    settle(running, qtbot)
