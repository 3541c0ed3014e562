"""The drawing as part of the map: its tool, its bar, what it paints, what it may snap to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QPainter
from PySide6.QtWidgets import QHBoxLayout, QToolButton

from app.carto.layers import Layer
from app.carto.mapbook import FEATURES
from app.domain.catalog import BY_NAME
from app.ui.desk import Desk
from app.ui.digitise.bar import DigitiseBar
from app.ui.digitise.faults import FaultMark
from app.ui.digitise.paint import paint_board
from app.ui.digitise.tool import DigitiseTool
from app.ui.digitise.work import Digitising
from app.ui.map.canvas import Canvas

if TYPE_CHECKING:
    from app.ui.map.pane import MapPane


class MapDrawing(QObject):
    """One for the map pane; the board is painted whichever tool has the pointer."""

    def __init__(self, desk: Desk, pane: MapPane) -> None:
        super().__init__(pane)
        self._pane, self._canvas = pane, pane.canvas
        self.offered = QHBoxLayout()
        self.fault = FaultMark()
        self.work = Digitising(desk, self._layers_shown, self)
        self.tool = DigitiseTool(self._canvas, self.work)
        self.bar = DigitiseBar(self.work, pane)
        self._canvas.furniture[:0] = [self.fault.draw, self._paint]
        self._canvas.settled.connect(self.work.look_around)
        self.work.changed.connect(self._canvas.update)
        self.bar.used.connect(self.use)
        self.work.begun.connect(lambda: self._canvas.addActions(self.bar.by_keys))
        self.work.ended.connect(self._take_keys)

    def offer(self, actions: Sequence[QAction]) -> None:
        """Put buttons of the window's commands beside the tools."""
        for act in actions:
            button = QToolButton()
            button.setProperty("flat", True)
            button.setDefaultAction(act)
            self.offered.addWidget(button)

    def use(self) -> None:
        """Give the pointer to the drawing that is under way."""
        if not self.work.on:
            return
        if self._canvas.tool is not self.tool:
            self._canvas.use(self.tool)
            for act in self._pane.actions_by_name.values():  # none of the row's tools has the pointer
                act.setChecked(False)
        if self._canvas.view is not None:
            self.work.look_around(self._canvas.view)
        self._canvas.setFocus()

    def _take_keys(self) -> None:
        """The keys of the drawing are the map's no longer."""
        for act in self.bar.by_keys:
            self._canvas.removeAction(act)

    def _paint(self, painter: QPainter, canvas: Canvas) -> None:
        if self.work.on and canvas.view is not None:
            paint_board(painter, canvas.view, self.work)

    def _layers_shown(self) -> list[Layer]:
        """The layers shown now that may be snapped to: of ledgers, and of files laid over the map."""
        scene, view = self._pane.scene, self._canvas.view
        if scene is None or view is None:
            return []
        shown = [layer for layer in scene.theme.layers if layer.shows_at(view.scale)]
        return [layer for layer in shown if layer.entity in BY_NAME or layer.entity.startswith(FEATURES)]
