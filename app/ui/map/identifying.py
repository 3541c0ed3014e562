"""Telling what lies under the pointer, in all layers that are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter

from app.carto.hit import hidden_layers, lying_at, lying_hidden
from app.i18n import N_, tr
from app.ui.desk import Desk
from app.ui.map.identified import MOST, Under, described, described_hidden
from app.ui.map.tools import Tool
from app.ui.map.underlist import AttributesDialog, UnderList
from app.ui.tasks import Lane

if TYPE_CHECKING:
    from app.ui.map.pane import MapPane

_HERE = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class IdentifyTool(Tool):
    """A click asks what lies there, Enter what lies in the middle of the map; a drag pans."""

    cursor = Qt.CursorShape.WhatsThisCursor
    asked = Signal(float, float)  # pixel x, y

    def release(self, event: QMouseEvent) -> None:
        """A click asks."""
        if event.button() == Qt.MouseButton.LeftButton and self._is_click(event.position()):
            self.asked.emit(event.position().x(), event.position().y())
        super().release(event)

    def key(self, event: QKeyEvent) -> bool:
        """Enter or the space bar asks about the middle."""
        if event.key() not in _HERE:
            return False
        self.asked.emit(self.canvas.cross.at.x(), self.canvas.cross.at.y())
        return True

    def paint(self, painter: QPainter) -> None:
        """The cross from the beginning, for who uses the keys."""
        self.canvas.cross.draw(painter)


class Identifying(QObject):
    """Belongs to a map pane; `tool` asks it, and so does Alt+click while selecting."""

    def __init__(self, desk: Desk, pane: MapPane) -> None:
        super().__init__(pane)
        self._desk, self._pane = desk, pane
        self.tool = IdentifyTool(pane.canvas)
        self.tool.asked.connect(self.at)

    def at(self, x: float, y: float) -> None:
        """List what lies under a pixel of the map."""
        pane, session = self._pane, self._desk.session
        scene, view = pane.scene, pane.canvas.view
        if scene is None or view is None or session is None or not pane.canvas.isVisible():
            return

        def read(_: object) -> tuple[list[Under], int]:
            hits = lying_at(scene.theme, scene.layers, view, (x, y))
            return described(session, scene, hits), max(0, len(hits) - MOST)

        self._desk.tasks.run(
            self,
            read,
            lambda found: self._show(*found, QPoint(round(x), round(y))),
            lane=Lane.DRAW,
            topic="under",
        )

    def _look_further(self, at: QPoint) -> None:
        """List what lies there in layers that are not in the picture."""
        pane, session = self._pane, self._desk.session
        scene, view = pane.scene, pane.canvas.view
        if scene is None or view is None or session is None:
            return

        def read(_: object) -> tuple[list[Under], int]:
            hits = lying_hidden(scene.theme, scene.layers, view, (at.x(), at.y()))
            return described_hidden(session, scene, hits, view.scale), max(0, len(hits) - MOST)

        def show(found: tuple[list[Under], int]) -> None:
            if found[0]:
                self._open(UnderList(*found, [], pane.canvas), at)
            else:
                self._desk.said.emit(tr(N_("Nothing lies there in the other layers either")))

        self._desk.tasks.run(self, read, show, lane=Lane.DRAW, topic="under")

    def middle(self) -> None:
        """List what lies in the middle of the map."""
        at = self._pane.canvas.cross.at
        self.at(at.x(), at.y())

    def _show(self, found: list[Under], left_out: int, at: QPoint) -> None:
        scene, canvas = self._pane.scene, self._pane.canvas
        if not found:
            self._desk.said.emit(tr(N_("Nothing that is shown lies there")))
        if scene is None or canvas.view is None:
            return
        unseen = hidden_layers(scene.theme, canvas.view.scale)
        if found or unseen:
            self._open(UnderList(found, left_out, [tr(layer.title) for layer in unseen], canvas), at)

    def _open(self, shown: UnderList, at: QPoint) -> None:
        shown.chosen.connect(self._take)
        shown.further.connect(lambda: self._look_further(at))
        shown.show_at(self._pane.canvas.mapToGlobal(at))

    def _take(self, item: Under) -> None:
        self._pane.canvas.setFocus()
        if item.values is None:
            self._pane.picking.choose(item.entity, [item.uid])
        else:
            AttributesDialog(item, self._pane.window()).open()
