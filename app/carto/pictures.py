"""Base map pictures as drawing operations: bent from their system into the map's by a mesh of small quads.

Pictures in GCJ-02 are asked for where GCJ-02 puts a place, so they lie under CGCS2000 features unshifted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from app.carto.display import Floats, Op, Raster, Shapes
from app.carto.features import imagery_of
from app.carto.layers import Layer
from app.carto.projected import RingSet, area_rings, line_parts
from app.carto.symbols import Fill, Line
from app.carto.view import MM_PER_INCH, MapView
from app.domain.coordinates.gcj import to_gcj02
from app.domain.coordinates.zones import GCJ02, STORED, transform
from app.domain.imagery import Imagery, Outlines, Pixels

PREFIX = "tiles."
_STEP_MM = 6.0  # of the mesh; what is lost between two nodes is below 0.02 mm down to 1:10 000 000
_FEWEST = 3

# Vector tiles plainly: kind of ground -> fill and line by the palette's names, from the ground up.
_LOOKS: Mapping[str, tuple[str, str, float]] = {
    "green": ("green", "", 0.0),
    "other": ("", "border_town", 0.1),
    "water": ("water", "water_line", 0.15),
    "building": ("builtup", "", 0.0),
    "road": ("", "border_city", 0.35),
    "boundary": ("", "border_county", 0.2),
}


def is_picture(layer: Layer) -> bool:
    """Whether a layer is a picture and not features."""
    return layer.entity.startswith(PREFIX)


def picture_ops(
    layer: Layer, source: object, view: MapView, colours: Mapping[str, str], dots: float = 0.0
) -> tuple[Op, ...]:
    """What a picture adds to a view; nothing when it has nothing there or cannot be read."""
    imagery = imagery_of(source, layer.entity)
    if imagery is None:
        return ()
    nodes = _mesh(imagery, view)
    if not np.isfinite(nodes).any():
        return ()
    x0, y0 = np.nanmin(nodes, axis=(0, 1)).tolist()
    x1, y1 = np.nanmax(nodes, axis=(0, 1)).tolist()
    px = view.width_mm * (dots or view.dpi) / MM_PER_INCH
    found = imagery.piece((x0, y0, x1, y1), (x1 - x0) / max(px, 1.0))
    if isinstance(found, Pixels):
        box = (0.0, 0.0, view.width_mm, view.height_mm)
        return (Raster(found.rgba, box, _in_pixels(nodes, found), layer.opacity),)
    return _outlined(found, imagery, view, colours, layer.opacity) if found is not None else ()


def _mesh(imagery: Imagery, view: MapView) -> Floats:
    """Where nodes over the view lie in the picture's system: (rows, columns, 2)."""
    columns = max(_FEWEST, math.ceil(view.width_mm / _STEP_MM) + 1)
    rows = max(_FEWEST, math.ceil(view.height_mm / _STEP_MM) + 1)
    xs, ys = np.meshgrid(np.linspace(0, view.width_mm, columns), np.linspace(0, view.height_mm, rows))
    ground = view.from_mm(np.column_stack([xs.ravel(), ys.ravel()]))
    return _to_picture(imagery, ground, view.crs).reshape(rows, columns, 2)


def _to_picture(imagery: Imagery, xy: Floats, crs: str) -> Floats:
    if not imagery.shifted:
        return np.column_stack(transform(xy[:, 0], xy[:, 1], crs, imagery.crs))
    lon, lat = transform(xy[:, 0], xy[:, 1], crs, STORED)
    return np.column_stack(transform(*to_gcj02(lon, lat), STORED, imagery.crs))


def _from_picture(imagery: Imagery, xy: Floats, crs: str) -> Floats:
    if not imagery.shifted:
        return np.column_stack(transform(xy[:, 0], xy[:, 1], imagery.crs, crs))
    lon, lat = transform(xy[:, 0], xy[:, 1], imagery.crs, STORED)
    return np.column_stack(transform(lon, lat, GCJ02, crs))


def _in_pixels(nodes: Floats, found: Pixels) -> Floats:
    x0, y0, x1, y1 = found.extent
    height, width = found.rgba.shape[:2]
    return np.stack(
        [(nodes[..., 0] - x0) / (x1 - x0) * width, (y1 - nodes[..., 1]) / (y1 - y0) * height], axis=-1
    )


# ---- vector tiles


def _outlined(
    found: Outlines, imagery: Imagery, view: MapView, colours: Mapping[str, str], opacity: float
) -> tuple[Op, ...]:
    ops: list[Op] = []
    for kind, (fill, line, width_mm) in _LOOKS.items():
        shapes = found.by_kind.get(kind)
        if shapes is None or not len(shapes):
            continue
        stroke = Line(colours[line], width_mm, opacity=opacity) if line else None
        inside = Fill(colours[fill], opacity) if fill else None
        types = shapely.get_type_id(shapes)
        areas, lines = shapes[np.isin(types, (3, 6))], shapes[np.isin(types, (1, 2, 5))]
        every = np.arange(len(shapes), dtype=np.int64)
        if len(areas) and (inside or stroke):
            edge = replace(stroke, width_mm=0.05) if stroke and inside else stroke
            rings = area_rings(shapely.orient_polygons(areas), every[: len(areas)])
            ops += _drawn(rings, imagery, view, inside, edge)
        if len(lines) and stroke:
            ops += _drawn(line_parts(lines, every[: len(lines)]), imagery, view, None, stroke)
    return tuple(ops)


def _drawn(rings: RingSet, imagery: Imagery, view: MapView, fill: Any, line: Line | None) -> list[Op]:
    if not len(rings.starts):
        return []
    mm = view.to_mm(_from_picture(imagery, rings.xy, view.crs))
    if not np.isfinite(mm).all():
        return []
    return [Shapes(mm, rings.starts, fill, line, closed=fill is not None)]
