"""The map pane: canvas, tools, layer tree; draws in the drawing thread, follows and sets the selection."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QToolButton, QVBoxLayout, QWidget

from app.carto.flat import HAS_SCAN
from app.carto.jotted import NOTHING_JOTTED, Jotted
from app.carto.keeping import ProjectedLayers
from app.carto.view import MapView
from app.i18n import N_, tr
from app.ui import icons, metrics
from app.ui.desk import Desk, Touched
from app.ui.digitise.onmap import MapDrawing
from app.ui.map.adding import AddingFiles, may_be_added
from app.ui.map.arranging import THEME_OF, MapArranging, palette_in_use
from app.ui.map.canvas import Canvas
from app.ui.map.furniture import Note, Pin, draw_north, draw_scale
from app.ui.map.identifying import Identifying
from app.ui.map.lasso import LassoTool
from app.ui.map.layeracts import LayerActs
from app.ui.map.layerpane import LayerPane
from app.ui.map.measuring import MeasureTool
from app.ui.map.picking import Picking
from app.ui.map.picture import (
    Picture,
    Scene,
    centred,
    draw_marks,
    draw_picture,
    drawn_anew,
    with_margin,
)
from app.ui.map.toolrow import TOOLS, entries
from app.ui.map.tools import SelectTool, Tool, ZoomBoxTool
from app.ui.parts import named
from app.ui.record.evidence import local_paths
from app.ui.selection import Selected
from app.ui.tasks import Lane, Token

__all__ = ["THEME_OF", "MapPane"]
_POINT_DEG = 1e-4  # smaller than this an extent is a point (the spatial index rounds)


class MapPane(QWidget):
    """Shows one theme; `arranging.entity` is what a click selects."""

    pointed = Signal(float, float)
    left = Signal()
    view_changed = Signal(object)
    measured = Signal(str)
    drawn = Signal()  # a sharp picture is shown

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._scene: Scene | None = None
        self._stale: set[str] = set()
        self._told_slow = HAS_SCAN
        self.note, self.pin = Note(), Pin()
        self.canvas = Canvas(self)
        self.canvas.furniture += [draw_scale, draw_north, self.note.draw, self.pin.draw]
        self.drawing = MapDrawing(desk, self)
        self.arranging = MapArranging(desk, self)
        self.picking, self.identifying = Picking(desk, self), Identifying(desk, self)
        self.adding = AddingFiles(desk, self.arranging, self)
        self.layers, self.acts = LayerPane(self.arranging, self), LayerActs(desk, self)
        self.tree = self.layers.tree
        self.setAcceptDrops(True)
        self.select = SelectTool(self.canvas)
        self.lasso = LassoTool(self.canvas)
        self.box = ZoomBoxTool(self.canvas)
        self.distance = MeasureTool(self.canvas, closed=False)
        self.area = MeasureTool(self.canvas, closed=True)
        self.actions_by_name: dict[str, QAction] = {}
        self._lay_out()
        self._connect()
        self.canvas.use(self.select)

    def _connect(self) -> None:
        self.canvas.settled.connect(self._draw)
        self.canvas.view_changed.connect(self.view_changed)
        self.canvas.pointed.connect(self.pointed)
        self.canvas.left.connect(self.left)
        self.canvas.escaped.connect(self._escape)
        self.canvas.trail_changed.connect(self._show_trail)
        self.select.picked.connect(self.picking.at)
        self.select.asked.connect(self.identifying.at)
        self.select.boxed.connect(self.picking.in_box)
        self.lasso.outlined.connect(self.picking.inside)
        self.distance.measured.connect(self.measured)
        self.area.measured.connect(self.measured)
        self.arranging.changed.connect(self._rearranged)
        self.arranging.arrived.connect(self.canvas.refresh)
        self.layers.wanted.connect(self.acts.show_properties)
        self.layers.going_online.connect(self.adding.ask_online)
        self.layers.adding.connect(self.adding.choose)
        self.layers.adding_folder.connect(self.adding.choose_folder)
        self.layers.fetching.connect(self.adding.fetch)
        self.layers.zooming.connect(self.acts.zoom_to)
        self._desk.changed.connect(self._records_changed)
        self._desk.selection.changed.connect(self._follow)

    # ---- scene

    @property
    def scene(self) -> Scene | None:
        """What is drawn; another view may draw it too, in the drawing thread."""
        return self._scene

    def open(
        self, source: Any, home: tuple[float, float, float, float], crs: str, *, synthetic: bool
    ) -> None:
        """Show a workspace: its features, the extent of its area in degrees, the system the map is drawn
        in."""
        self.note.synthetic = synthetic
        self._dress(ProjectedLayers(source))
        self.canvas.open(home, crs)
        self.arranging.opened()
        if not self._told_slow:
            self._told_slow = True
            self._desk.said.emit(tr(N_("The compiled drawing is missing: maps of many cells take longer.")))

    def close_map(self) -> None:
        """No workspace."""
        self._scene = None
        self.canvas.close_map()
        self.layers.clear()

    def show_ledger(self, entity: str) -> None:
        """Take the theme that belongs to a ledger."""
        self.arranging.entity = entity
        self.retheme()

    def retheme(self) -> None:
        """Read the theme again, as for another ledger, palette or arrangement."""
        if self._scene is not None:
            self._dress(self._scene.layers)
            self.canvas.refresh()

    def _dress(self, layers: ProjectedLayers) -> None:
        theme = self.arranging.theme(palette_in_use())
        self._scene = Scene(theme, layers)
        self.canvas.background = theme.background
        self.layers.show_arrangement(palette_in_use())

    def _rearranged(self, entities: tuple[str, ...]) -> None:
        self._stale |= set(entities)
        self.retheme()

    def _show_trail(self) -> None:
        """Back and forward are to be had where the trail goes on."""
        self.actions_by_name["view_back"].setEnabled(self.canvas.trail.can_go(-1))
        self.actions_by_name["view_forward"].setEnabled(self.canvas.trail.can_go(1))

    def _records_changed(self, touched: Touched) -> None:
        self._stale |= drawn_anew(touched)
        self.canvas.refresh()

    # ---- drawing

    def _draw(self, view: MapView) -> None:
        scene, session = self._scene, self._desk.session
        if scene is None or session is None:
            return
        stale, self._stale = self._stale, set()
        wide, ratio = with_margin(view), self.devicePixelRatioF()

        def work(token: Token) -> Picture | None:
            if stale:
                from app.actions.maps import feature_source  # late: actions load after the first paint

                scene.refreshed(feature_source(session), stale)
            return None if token.cancelled() else draw_picture(scene, wide, ratio)

        self._desk.tasks.run(self, work, self._drawn, lane=Lane.DRAW, topic="picture")

    def _drawn(self, picture: Picture | None) -> None:
        if picture is not None and self._scene is not None:
            self.canvas.take_picture(picture)
            self.tree.show_drawn(picture.drawn, picture.placeless)
            self.tree.show_faults(self.arranging.faults())
            self.arranging.fetch_online()
            self._mark(self._desk.selection.now)
            self.drawn.emit()

    def _mark(self, selected: Selected) -> None:
        scene, view = self._scene, self.canvas.view
        if scene is None or view is None or not selected.uids:
            self.canvas.take_marks(None)
            return
        from app.ui.map.places import standing  # late: reads through the workspace

        wide, ratio, session = with_margin(view), self.devicePixelRatioF(), self._desk.need()

        def draw(token: Token) -> Picture | None:
            if token.cancelled():
                return None
            entity, uids = standing(session, selected.entity, selected.uids)
            return draw_marks(scene, wide, ratio, {entity: uids})

        self._desk.tasks.run(self, draw, self.canvas.take_marks, lane=Lane.DRAW, topic="marks")

    # ---- selection

    def _follow(self, selected: Selected) -> None:
        """Mark the selection; bring it into view when it was made elsewhere."""
        self._mark(selected)
        if selected.current and not self.picking.choosing:
            self.bring(selected.entity, (selected.current,), only_if_outside=True)

    def bring(self, entity: str, uids: tuple[str, ...], *, only_if_outside: bool = False) -> None:
        """Move the map to records."""
        from app.ui.map.places import extent_of  # late: reads through the workspace

        self._desk.read(
            self,
            lambda session, _: extent_of(session, entity, uids),
            lambda extent: self._go(extent, only_if_outside),
            topic="bring",
        )

    def _go(self, extent: tuple[float, float, float, float] | None, only_if_outside: bool) -> None:
        view = self.canvas.view
        if extent is None and not only_if_outside:  # somebody asked to be led there
            self._desk.said.emit(tr(N_("What is selected has no shape on the map yet")))
        if view is None or extent is None:
            return
        if not only_if_outside:
            self.canvas.show_extent(extent)
            return
        x0, y0 = view.px_of(extent[0], extent[3])
        x1, y1 = view.px_of(extent[2], extent[1])
        inside = x0 >= 0 and x1 <= self.canvas.width() and y0 >= 0 and y1 <= self.canvas.height()
        if not inside:
            is_point = extent[2] - extent[0] < _POINT_DEG
            self.canvas.set_view(centred(view, extent) if is_point else view.fitted_degrees(extent))

    # ---- layout

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        metrics.tight(column, 0, 0)
        column.addWidget(self._tool_row())
        column.addWidget(self.drawing.bar)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.addWidget(self.layers)
        self.split.addWidget(self.canvas)
        self.split.setStretchFactor(1, 1)
        self.split.setCollapsible(1, False)
        self.split.setSizes([metrics.chars(38), metrics.chars(100)])
        column.addWidget(self.split, 1)

    def _tool_row(self) -> QWidget:
        bar = named("paneHeader")
        row = QHBoxLayout(bar)
        metrics.tight(row, 0.5, 0.5)
        tools = QActionGroup(self)
        tools.setExclusionPolicy(
            QActionGroup.ExclusionPolicy.ExclusiveOptional
        )  # none while shapes are drawn
        for name, icon, words, run in entries(self):
            if not name:
                row.addSpacing(metrics.grid(3))
                continue
            act = QAction(tr(words), self)
            icons.wear(act, icon)
            act.triggered.connect(run)
            self.actions_by_name[name] = act
            if name in TOOLS:
                act.setCheckable(True)
                tools.addAction(act)
            button = QToolButton()
            button.setProperty("flat", True)
            button.setDefaultAction(act)
            row.addWidget(button)
        self.actions_by_name["select"].setChecked(True)
        row.addLayout(self.drawing.offered)
        self._measure = QLabel()
        self.measured.connect(self._measure.setText)
        row.addSpacing(metrics.grid(2))
        row.addWidget(self._measure, 1)
        return bar

    def take(self, tool: Tool) -> None:
        """Give the pointer to a tool, and the keys to the map."""
        self.canvas.use(tool)
        self.canvas.setFocus()

    def use_select(self) -> None:
        """Back to selecting."""
        self.actions_by_name["select"].trigger()

    def _escape(self) -> None:
        """Esc: from measuring back to selecting; from selecting to nothing selected."""
        self.pin.at = None
        if self.canvas.tool is not self.select:
            self.use_select()
        else:
            self.picking.choose(self.arranging.entity, [])

    def show_selection(self) -> None:
        """Zoom to what is selected."""
        selected = self._desk.selection.now
        if selected.uids:
            self.bring(selected.entity, selected.uids)
        else:
            self._desk.said.emit(tr(N_("Select the records in the ledger first.")))

    def show_point(self, lon: float, lat: float) -> None:
        """Bring a point (degrees EPSG:4490) into the middle, close enough to see its surroundings, and
        mark it."""
        self.canvas.show_extent((lon, lat, lon, lat))
        self.pin.at = (lon, lat)
        self.canvas.update()

    def jotted(self) -> Jotted:
        """What was measured and pinned on the map, as it is seen."""
        tool = self.canvas.tool
        measured = tool.jotted() if isinstance(tool, MeasureTool) else NOTHING_JOTTED
        return replace(measured, pin=self.pin.at)

    # ---- files

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A map file dropped on the map is shown on it; anything else is the window's matter."""
        if self._scene is not None and may_be_added(local_paths(event)):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Offer the layers of the dropped files."""
        event.acceptProposedAction()
        self.adding.offer(local_paths(event))

    def toggle_layers(self) -> None:
        """Show or hide the layers beside the map."""
        self.layers.setVisible(not self.layers.isVisible())
