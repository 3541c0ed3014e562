"""What is asked for beside the map: the properties of a layer, to see it whole, the map as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QSize, Qt

from app.carto.features import Extent
from app.carto.pictures import is_picture
from app.carto.theme import LIGHT
from app.i18n import N_, tr
from app.ui.desk import Desk
from app.ui.map.arranging import palette_in_use
from app.ui.map.picture import extent_of_layer
from app.ui.map.places import standing
from app.ui.tasks import Lane, Token

if TYPE_CHECKING:
    from app.ui.map.pane import MapPane


class LayerActs(QObject):
    """Belongs to a map pane."""

    def __init__(self, desk: Desk, pane: MapPane) -> None:
        super().__init__(pane)
        self._desk, self._pane = desk, pane

    def show_properties(self, layer: str) -> None:
        """Edit the look of a layer beside the map."""
        from app.ui.styling.dialog import LayerDialog  # late: it is seldom wanted

        pane = self._pane
        dialog = LayerDialog(self._desk, pane.arranging, layer, palette_in_use(), pane.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.move(self.beside_the_map(dialog.size()))
        dialog.open()

    def beside_the_map(self, size: QSize) -> QPoint:
        """Where a dialog leaves most of the map to be seen: at the right edge of the window."""
        window, canvas = self._pane.window(), self._pane.canvas
        room = window.geometry()
        top = canvas.mapToGlobal(canvas.rect().topLeft()).y()
        return QPoint(
            max(room.left(), room.right() - size.width()),
            max(room.top(), min(top, room.bottom() - size.height())),
        )

    def zoom_to(self, layer_id: str) -> None:
        """Show the whole of a layer: where a picture lies, or what features it shows."""
        pane, scene = self._pane, self._pane.scene
        layers = pane.arranging.layers
        layer = scene.theme.layer(layer_id) if scene else None
        view = pane.canvas.view
        if scene is None or layer is None or layers is None or view is None:
            return
        crs = view.crs

        def work(_: Token) -> Extent | None:
            if is_picture(layer):
                return layers.picture_extent(layer_id)
            return extent_of_layer(scene, layer, crs)

        self._desk.tasks.run(self, work, self._show, lane=Lane.DRAW)

    def _show(self, extent: Extent | None) -> None:
        if extent is None:
            self._desk.said.emit(tr(N_("The layer shows nothing, so there is nothing to zoom to")))
        elif not self._pane.canvas.show_extent(extent):
            self._desk.said.emit(tr(N_("That lies where this map does not reach")))

    def save_picture(self, path: Path) -> None:
        """Write what the map shows, with what is selected, measured and pinned, and the words of a map around
        it: for paper, so in light colours."""
        pane, session = self._pane, self._desk.session
        scene, view, chosen = pane.scene, pane.canvas.view, self._desk.selection.now
        if scene is None or session is None or view is None:
            return
        theme, jotted = pane.arranging.theme(LIGHT), pane.jotted()

        def work(_: Token) -> Path:
            from app.actions.map_picture import (  # late: actions load after the first paint
                Framed,
                save_framed,
            )

            entity, uids = standing(session, chosen.entity, chosen.uids)
            selected = {entity: uids} if uids else {}
            save_framed(session, Framed(theme, scene.layers, view, selected, jotted), path)
            return path

        self._desk.tasks.run(self, work, self._saved, lane=Lane.DRAW)

    def _saved(self, path: Path) -> None:
        self._desk.said.emit(tr(N_("The picture is in {path}"), path=path))
