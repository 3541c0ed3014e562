"""Very many points into the map's system by a mesh of exact ones, where that is as good as exact."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from app.carto.display import Floats
from app.carto.projection import to_map

with suppress(ImportError):  # nobody asks then: app.carto.many.can_be_many
    from app.carto import _scan

_MANY = 20_000  # points from which a mesh is worth its nodes
_NODES = 24  # of the mesh each way, around all points
_TRIED = 300  # points that are placed both ways
_AS_GOOD = 0.0005  # of the map's units, which are metres: arrays hold a centimetre at 100 km


def placed(xy: Floats, crs: str) -> Floats:
    """Points (n, 2) of degrees EPSG:4490 as metres of `crs`, exact to half a millimetre.

    Formulas cost ten times as much, but the mesh is taken only when points tried both ways say so. A system
    has no meaning in places, or bends too much around points far apart; then every point is worked out.
    """
    if len(xy) < _MANY:
        return to_map(xy, crs)
    low, high = (np.array([reach(xy[:, 0]), reach(xy[:, 1])]) for reach in (np.min, np.max))
    if not np.isfinite(low + high).all():
        return to_map(xy, crs)
    step = np.maximum((high - low) / (_NODES - 3), 1e-6)
    corner = low - step
    across, up = np.meshgrid(*(corner[side] + step[side] * np.arange(_NODES) for side in (0, 1)))
    nodes = to_map(np.column_stack([across.ravel(), up.ravel()]), crs)
    if not np.isfinite(nodes).all():
        return to_map(xy, crs)
    grid = (nodes, _NODES, tuple(corner.tolist()), tuple(step.tolist()))
    tried = np.ascontiguousarray(xy[:: max(1, len(xy) // _TRIED)])
    exact = to_map(tried, crs)
    _scan.interpolate(tried, *grid)
    if not np.abs(tried - exact).max() < _AS_GOOD:
        return to_map(xy, crs)
    found = np.array(xy, dtype=float, order="C")
    _scan.interpolate(found, *grid)
    return found
