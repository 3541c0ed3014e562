"""A layer's features projected once and kept as flat arrays, so that each redraw is only arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from app.carto.cutting import roomiest
from app.carto.display import Floats, Ints
from app.carto.features import Extent, FeatureColumns, Objects
from app.carto.flat import FlatAreas
from app.carto.layers import NOT_DRAWN, Layer
from app.carto.projection import project_layer
from app.carto.symbols import Symbol
from app.domain.portions import portions, vertices, vertices_of

_FEW = 300
_POINTS, _LINES, AREAS = (0, 4), (1, 2, 5), (3, 6)


@dataclass(frozen=True, eq=False)
class RingSet:
    """Rings or lines as one vertex array: ring i runs from `starts[i]`, and belongs to feature `owner[i]`."""

    xy: Floats
    starts: Ints
    owner: Ints

    def of(self, chosen: NDArray[np.bool_]) -> tuple[Floats, Ints]:
        """Vertices and ring starts of the chosen features only, in feature order."""
        if not len(self.starts):
            return self.xy, self.starts
        lengths = np.diff(np.append(self.starts, len(self.xy)))
        keep = chosen[self.owner]
        if keep.all():
            return self.xy, self.starts
        xy = self.xy[np.repeat(keep, lengths)]
        return xy, np.concatenate([[0], np.cumsum(lengths[keep])[:-1]]).astype(np.int64) if len(
            xy
        ) else xy_none()


def xy_none() -> Ints:
    """No ring starts."""
    return np.empty(0, dtype=np.int64)


class ProjectedFeatures:
    """Columns of one entity with their geometry in the map's system."""

    def __init__(self, columns: FeatureColumns, crs: str) -> None:
        self.columns = columns
        self.crs = crs
        self.geometry: Objects = project_layer(columns.geometry, crs) if len(columns) else columns.geometry
        bounds = shapely.bounds(self.geometry) if len(columns) else np.empty((0, 4))
        self.bounds: Floats = np.where(np.isfinite(bounds).all(axis=1, keepdims=True), bounds, np.nan)
        self._classified: dict[Hashable, tuple[Ints, Ints]] = {}
        self._types = shapely.get_type_id(self.geometry) if len(columns) else np.empty(0, dtype=int)

    def touching(self, extent: Extent) -> NDArray[np.bool_]:
        """Which features' boxes touch an extent of the map's system; those without a place never do."""
        x0, y0, x1, y1 = extent
        box = self.bounds
        with np.errstate(invalid="ignore"):
            across = (box[:, 0] <= x1) & (box[:, 2] >= x0)
            return np.asarray(across & (box[:, 1] <= y1) & (box[:, 3] >= y0))

    def classified(self, layer: Layer) -> tuple[Ints, Ints]:
        """The class and size class of every feature under a layer's rules, -1 where it is not drawn."""
        key = (layer.rule, layer.size, tuple(layer.where.items()), tuple(layer.where_not.items()))
        found = self._classified.get(key)
        if found is None:
            classes = np.where(layer.passes(self.columns), layer.rule.classify(self.columns), NOT_DRAWN)
            sizes = layer.size.classify(self.columns) if layer.size else np.full_like(classes, NOT_DRAWN)
            found = self._classified[key] = (classes, sizes)
        return found

    def extent(self, layer: Layer) -> Extent | None:
        """The box around what a layer draws, in the map's units; None when it draws nothing."""
        classes, _ = self.classified(layer)
        boxes = self.bounds[classes != NOT_DRAWN]
        boxes = boxes[~np.isnan(boxes[:, 0])]
        if not len(boxes):
            return None
        (x0, y0), (x1, y1) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        return float(x0), float(y0), float(x1), float(y1)

    def placeless(self, layer: Layer) -> int:
        """How many features a layer would draw if they had a place."""
        classes, _ = self.classified(layer)
        return int(np.count_nonzero((classes != NOT_DRAWN) & np.isnan(self.bounds[:, 0])))

    def of_kind(self, *type_ids: int) -> NDArray[np.bool_]:
        """Which features are of some shapely type ids."""
        return np.isin(self._types, type_ids)

    def as_drawn(self, symbol: Symbol, rows: Ints) -> Symbol:
        """The parts of a symbol that some features show: a layer may hold points, lines and areas at once."""
        kinds = self._types[rows]
        areas, points = np.isin(kinds, AREAS).any(), np.isin(kinds, _POINTS).any()
        drawn = Symbol(
            symbol.fill if areas else None,
            symbol.line if areas or np.isin(kinds, _LINES).any() else None,
            symbol.marker if points else None,
        )
        return drawn if drawn != Symbol() else symbol

    @cached_property
    def points(self) -> tuple[Floats, Ints]:
        """Every point, and the feature it belongs to."""
        rows = np.flatnonzero(self.of_kind(*_POINTS) & ~np.isnan(self.bounds[:, 0]))
        xy, owner = vertices_of(self.geometry[rows])
        return xy, rows[owner]

    @cached_property
    def areas(self) -> RingSet:
        """Every ring of every polygon."""
        rows = np.flatnonzero(self.of_kind(*AREAS) & ~np.isnan(self.bounds[:, 0]))
        return area_rings(self.geometry[rows], rows)

    @cached_property
    def flat(self) -> FlatAreas | None:
        """Every polygon for the scan of many small areas; None when there is none."""
        rings = self.areas
        return FlatAreas.of_rings(rings.xy, rings.starts, rings.owner, len(self.columns))

    @cached_property
    def lines(self) -> RingSet:
        """Every part of every line."""
        rows = np.flatnonzero(self.of_kind(*_LINES) & ~np.isnan(self.bounds[:, 0]))
        return line_parts(self.geometry[rows], rows)

    @cached_property
    def middles(self) -> Floats:
        """A point inside each feature for its label (n, 2): the roomiest place when they are few."""
        found = np.full((len(self.geometry), 2), np.nan)
        rows = np.flatnonzero(~np.isnan(self.bounds[:, 0]))
        x0, y0, x1, y1 = self.bounds[rows].T
        found[rows] = np.column_stack([(x0 + x1) / 2, (y0 + y1) / 2])
        valid = rows[np.asarray(shapely.is_valid(self.geometry[rows]))]
        found[valid] = shapely.get_coordinates(shapely.point_on_surface(self.geometry[valid]))
        if len(rows) <= _FEW:
            for row in np.flatnonzero(self.of_kind(*AREAS) & ~np.isnan(self.bounds[:, 0])):
                found[row] = roomiest(self.geometry[row])
        return found


def area_rings(geometry: Objects, rows: Ints) -> RingSet:
    """The rings of polygons whose feature numbers are `rows`."""

    def rings_of(some: Objects) -> tuple[Objects, Ints]:
        parts, part_owner = shapely.get_parts(some, return_index=True)
        rings, ring_owner = shapely.get_rings(parts, return_index=True)
        return rings, part_owner[ring_owner]

    return _ring_set(geometry, rows, rings_of)


def line_parts(geometry: Objects, rows: Ints) -> RingSet:
    """The parts of lines whose feature numbers are `rows`."""
    return _ring_set(geometry, rows, lambda some: shapely.get_parts(some, return_index=True))


def _ring_set(geometry: Objects, rows: Ints, rings_of: Callable[[Objects], tuple[Objects, Ints]]) -> RingSet:
    """The vertices of what `rings_of` makes of geometries, a portion of them at a time: neither its making
    nor its end holds the others up."""
    xy, counts, owner = [np.empty((0, 2))], [xy_none()], [xy_none()]
    for part in portions(geometry):
        rings, among = rings_of(geometry[part])
        xy.append(vertices(rings))
        counts.append(shapely.get_num_coordinates(rings).astype(np.int64))
        owner.append(rows[part][among].astype(np.int64))
    lengths = np.concatenate(counts)
    return RingSet(np.concatenate(xy), np.cumsum(lengths) - lengths, np.concatenate(owner))
