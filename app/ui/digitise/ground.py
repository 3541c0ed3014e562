"""What lies around the drawing: corners on the screen near the pointer, and shapes to snap to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from app.carto.digitise.board import Board
from app.carto.digitise.corners import XY, Corner, Ring, rings
from app.carto.digitise.snapping import Snapper
from app.carto.display import Floats
from app.carto.layers import Layer
from app.carto.projection import to_map
from app.carto.view import MapView

if TYPE_CHECKING:
    from app.actions.session import Session

_REACH_PX = 9.0


@dataclass(frozen=True)
class Near:
    """A corner of a shape on the board, or the edge that begins at it."""

    uid: str
    corner: Corner


@dataclass(frozen=True, eq=False)
class _Line:
    uid: str
    ring: Ring
    on_map: Floats


class OnScreen:
    """The board's rings in the map's own metres, made once for each board and system."""

    def __init__(self, board: Board, crs: str) -> None:
        self.board, self.crs = board, crs
        self.lines = [
            _Line(uid, ring, to_map(ring.xy, crs))
            for uid, shape in board.shown().items()
            for ring in rings(shape)
        ]

    def px(self, line: _Line, view: MapView) -> Floats:
        """The pixels of a ring's corners, (n, 2)."""
        return view.to_mm(line.on_map) * view.px_per_mm

    def corner(self, at: XY, view: MapView) -> Near | None:
        """The corner under a pixel."""
        best, found = _REACH_PX, None
        for line in self.lines:
            away = np.hypot(*(self.px(line, view) - at).T)
            nearest = int(away.argmin())
            if away[nearest] <= best:
                best = float(away[nearest])
                found = Near(line.uid, Corner(line.ring.part, line.ring.ring, nearest))
        return found

    def edge(self, at: XY, view: MapView) -> Near | None:
        """The edge under a pixel, named by the corner it begins at."""
        best, found = _REACH_PX, None
        for line in self.lines:
            if not line.ring.edges:
                continue
            away = _to_edges(self.px(line, view), line.ring, np.asarray(at, dtype=np.float64))
            nearest = int(away.argmin())
            if away[nearest] <= best:
                best = float(away[nearest])
                found = Near(line.uid, Corner(line.ring.part, line.ring.ring, nearest))
        return found

    def mate(self, near: Near) -> Near | None:
        """The corner at the other end of the edge that begins at this one; none behind the end of a line."""
        for line in self.lines:
            here = (line.uid, line.ring.part, line.ring.ring) == (
                near.uid,
                near.corner.part,
                near.corner.ring,
            )
            if here and near.corner.at < line.ring.edges:
                return Near(near.uid, replace(near.corner, at=line.ring.next(near.corner.at)))
        return None

    def following(self, near: Near | None, step: int) -> Near | None:
        """The next corner or the one before, through all shapes and rings; from nowhere the first or last."""
        order = [
            Near(line.uid, Corner(line.ring.part, line.ring.ring, at))
            for line in self.lines
            for at in range(len(line.ring.xy))
        ]
        if not order:
            return None
        if near is None or near not in order:
            return order[0 if step > 0 else -1]
        return order[(order.index(near) + step) % len(order)]


def _to_edges(px: Floats, ring: Ring, at: Floats) -> Floats:
    """Pixels from a point to each edge of a ring."""
    start = px[: ring.edges]
    along = np.roll(px, -1, axis=0)[: ring.edges] - start
    length = np.maximum((along**2).sum(axis=1), 1e-12)
    share = np.clip(((at - start) * along).sum(axis=1) / length, 0.0, 1.0)
    away: Floats = np.hypot(*(start + along * share[:, None] - at).T)
    return away


def snapper_around(session: Session, layers: Sequence[Layer], view: MapView, but: frozenset[str]) -> Snapper:
    """What may be snapped to in a view: the features of these layers, but for records on the board."""
    from app.actions.maps import feature_source  # late: actions load after the first paint

    source, shapes = feature_source(session), []
    for entity in dict.fromkeys(layer.entity for layer in layers):
        shown = [layer for layer in layers if layer.entity == entity]
        fields = tuple({name for layer in shown for name in (*layer.where, *layer.where_not)})
        found = source.columns(entity, fields, view.degrees)
        passed = np.any([layer.passes(found) for layer in shown], axis=0)
        shapes += [
            found.geometry[row] for row in np.flatnonzero(passed).tolist() if found.uids[row] not in but
        ]
    return Snapper(shapes, view.crs)
