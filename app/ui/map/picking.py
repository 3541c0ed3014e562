"""Selecting on the map: by click, in a box, inside a drawn outline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.carto.hit import Hit
from app.carto.identities import together
from app.carto.view import MapView
from app.ui.desk import Desk
from app.ui.map.picture import Scene, find_at, find_in, find_inside
from app.ui.selection import cut
from app.ui.tasks import Lane

if TYPE_CHECKING:
    from app.ui.map.pane import MapPane

# What a click may select: the ledger's own records, zones beside their sources, cells for their patrols.
_BESIDE = {"water_source": ("water_source", "protection_zone")}
_INSTEAD = {"patrol": "grid_cell"}


class Picking(QObject):
    """Belongs to a map pane; `choosing` while the map itself changes the selection, as it then stays where
    it is."""

    def __init__(self, desk: Desk, pane: MapPane) -> None:
        super().__init__(pane)
        self._desk, self._pane = desk, pane
        self.choosing = False

    @property
    def _entity(self) -> str:
        shown = self._pane.arranging.entity
        return _INSTEAD.get(shown, shown)

    def at(self, x: float, y: float, add: bool) -> None:
        """Select what lies under a pixel."""
        scene, view, entity = self._pane.scene, self._pane.canvas.view, self._entity
        if scene is None or view is None:
            return
        self._pane.canvas.setFocus()
        self._desk.tasks.run(
            self,
            lambda _: find_at(scene, view, (x, y)),
            lambda hits: self._picked(hits, entity, add),
            lane=Lane.DRAW,
        )

    def _picked(self, hits: list[Hit], entity: str, add: bool) -> None:
        """A ledger's own record or a sketch: points and lines before areas, then the nearest, the topmost.

        Areas drawn as outlines only come last, the smallest first: inside of them something else is seen.
        """
        wanted = (*_BESIDE.get(entity, (entity,)), "sketch")
        seen = sorted(hits, key=lambda hit: (hit.hollow_m2, hit.area, hit.distance_mm))
        hit = next((hit for hit in seen if hit.entity in wanted), None)
        if hit is None:
            if not add:
                self.choose(entity, [])
        elif add:
            self.choosing = True
            self._desk.selection.toggle(hit.entity, hit.uid)
            self.choosing = False
        else:
            self.choose(hit.entity, [hit.uid])

    def in_box(self, x0: float, y0: float, x1: float, y1: float, add: bool) -> None:
        """Select what a box of pixels touches."""
        entity = self._entity
        self._add(lambda scene, view: find_in(scene, view, (x0, y0, x1, y1), entity), add)

    def inside(self, outline: Sequence[tuple[float, float]], add: bool) -> None:
        """Select what an outline of pixels touches."""
        entity = self._entity
        self._add(lambda scene, view: find_inside(scene, view, outline, entity), add)

    def _add(self, find: Callable[[Scene, MapView], Sequence[str]], add: bool) -> None:
        scene, view, entity = self._pane.scene, self._pane.canvas.view, self._entity
        if scene is None or view is None:
            return
        kept = self._desk.selection.now
        before = list(kept.uids) if add and kept.entity == entity else []
        self._desk.tasks.run(
            self,
            lambda _: together([before, find(scene, view)]),
            lambda uids: self.choose(entity, cut(uids, self._desk.said.emit)),
            lane=Lane.DRAW,
        )

    def choose(self, entity: str, uids: Sequence[str]) -> None:
        """Select records without moving the map."""
        self._pane.pin.at = None
        self.choosing = True
        try:
            self._desk.selection.choose(entity, uids)
        finally:
            self.choosing = False
