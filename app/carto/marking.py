"""The marks of selected features: an outline and a tint that stay readable however many lie together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.errors import GEOSException

from app.carto.cutting import cut_rings, thinned
from app.carto.display import Floats, Ints, Markers, Op, Shapes
from app.carto.features import FeatureSource, Objects
from app.carto.keeping import ProjectedLayers
from app.carto.projected import ProjectedFeatures
from app.carto.symbols import Fill, Line, Marker
from app.carto.theme import Theme
from app.carto.view import MapView

_BEYOND_MM = 5.0  # marks are drawn so far beyond the view
_SMALL_MM = 3.0  # areas below this are outlined together, each by a hair line
_SPECK_MM = 0.9  # below this not even that: the hair lines would be a fill
_MIDDLING_MM = 10.0  # from here on an outline has its full width
_RING_MM, _INNER_RING_MM = 5.0, 3.6
_SAME_DOT_MM = 0.25
_DENSE_PER_MM2 = 0.12  # four and more in the room of one ring
_TINT, _TINT_TOGETHER = 0.12, 0.2
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Marking:
    """Colours of a selection drawn over the map."""

    colour: str
    halo: str
    width_mm: float = 0.7

    def outlined(self, xy: Floats, starts: Ints, closed: bool, *, share: float = 1.0) -> list[Op]:
        """An outline with its halo, at a share of the full width; areas get a tint."""
        fill = Fill(self.colour, _TINT) if closed else None
        width = self.width_mm * share
        return [
            Shapes(xy, starts, line=Line(self.halo, width * 2.2, opacity=0.8), closed=closed),
            Shapes(xy, starts, fill, Line(self.colour, width), closed),
        ]


def highlight(
    theme: Theme,
    source: FeatureSource | ProjectedLayers,
    view: MapView,
    selected: Mapping[str, Iterable[str]],
) -> tuple[Op, ...]:
    """The drawing that marks selected features: uids by entity, in the theme's selection colour.

    What lies apart has its own outline or ring. Small areas and crowded points have one outline around all of
    them, which tells where the selection ends in any colour and in none, and thin lines inside.
    """
    layers = ProjectedLayers.of(source)
    style = Marking(theme.colours["select"], theme.colours["select_halo"])
    ops: list[Op] = []
    for entity, uids in selected.items():
        wanted = set(uids)
        features = layers.of_uids(entity, list(wanted), view.crs)
        mask = np.fromiter(
            (uid in wanted for uid in features.columns.uids), dtype=bool, count=len(features.columns)
        )
        mask &= features.touching(view.padded(_BEYOND_MM))
        if not mask.any():
            continue
        ops += _areas(features, mask, view, style)
        xy, starts = features.lines.of(mask)
        if len(starts):
            ops += style.outlined(*thinned(view.to_mm(xy), starts), False)
        points, owner = features.points
        if len(points) and mask[owner].any():
            ops += _points(view.to_mm(points[mask[owner]]), style)
    return tuple(ops)


def _areas(features: ProjectedFeatures, mask: Mask, view: MapView, style: Marking) -> list[Op]:
    """Areas by their size in the picture: apart, with thinner outlines, or together."""
    box = shapely.bounds(features.geometry)
    size = np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]) / view.m_per_mm
    small = mask & (size < _SMALL_MM)
    if small.sum() < 2:
        small[:] = False
    ops: list[Op] = []
    for share, these in (
        (0.5, mask & ~small & (size < _MIDDLING_MM)), (1.0, mask & ~small & ~(size < _MIDDLING_MM)),
    ):  # fmt: skip
        xy, starts = _seen(*features.areas.of(these), view)
        if len(starts):
            ops += style.outlined(xy, starts, True, share=share)
    if small.any():
        ops += _together(features, small, size >= _SPECK_MM, view, style)
    return ops


def _seen(xy: Floats, starts: Ints, view: MapView) -> tuple[Floats, Ints]:
    if not len(starts):
        return xy, starts
    xy, starts = cut_rings(xy, starts, view.padded(_BEYOND_MM))
    return thinned(view.to_mm(xy), starts) if len(starts) else (xy, starts)


def _together(
    features: ProjectedFeatures, small: Mask, large_enough: Mask, view: MapView, style: Marking
) -> list[Op]:
    """A tint on each small area, a hair line around those that have room for one, one outline around all."""
    xy, starts = _seen(*features.areas.of(small), view)
    if not len(starts):
        return []
    ops: list[Op] = [Shapes(xy, starts, Fill(style.colour, _TINT_TOGETHER))]
    hair, hair_starts = _seen(*features.areas.of(small & large_enough), view)
    if len(hair_starts):
        ops.append(Shapes(hair, hair_starts, line=Line(style.colour, style.width_mm * 0.15, opacity=0.7)))
    around, around_starts = _seen(*_rings_of(_united(features.geometry[small])), view)
    if len(around_starts):
        ops.append(Shapes(around, around_starts, line=Line(style.halo, style.width_mm * 1.6, opacity=0.8)))
        ops.append(Shapes(around, around_starts, line=Line(style.colour, style.width_mm * 0.7)))
    return ops


def _united(areas: Objects) -> shapely.Geometry:
    """The areas as one; nothing when their outlines cannot be joined."""
    try:
        return shapely.union_all(shapely.make_valid(areas))
    except GEOSException:
        return shapely.Polygon()


def _rings_of(area: shapely.Geometry) -> tuple[Floats, Ints]:
    """The rings of a polygon or several, side by side."""
    parts = shapely.get_parts(area)
    rings = shapely.get_rings(parts[shapely.get_dimensions(parts) == 2])
    xy = shapely.get_coordinates(rings)
    counts = shapely.get_num_coordinates(rings)
    return xy, (np.cumsum(counts) - counts).astype(np.int64)


def _points(xy: Floats, style: Marking) -> list[Op]:
    """A ring around a point that is alone; around crowded ones one outline, and a thin ring around each as
    long as the rings leave the symbols to be seen."""
    dots = np.unique(np.round(xy / _SAME_DOT_MM), axis=0) * _SAME_DOT_MM
    crowds = shapely.get_parts(shapely.buffer(shapely.multipoints(dots), _RING_MM / 2))
    tree = shapely.STRtree(crowds)
    dot, crowd = tree.query(shapely.points(dots), predicate="intersects")
    count = np.bincount(crowd, minlength=len(crowds))
    alone = count == 1
    single = dots[dot[alone[crowd]]]
    ops: list[Op] = []
    if not alone.all():
        outline, starts = _rings_of(shapely.multipolygons(crowds[~alone]))
        ops += style.outlined(outline, starts, True, share=0.6)
        thin = Marker("ring", _INNER_RING_MM, style.colour, line_mm=style.width_mm * 0.3, casing_mm=0.0)
        loose = ~alone & (count / shapely.area(crowds) < _DENSE_PER_MM2)
        if loose.any():
            ops.append(Markers(dots[dot[loose[crowd]]], thin))
    if len(single):
        wide = Marker("ring", _RING_MM, style.halo, line_mm=style.width_mm * 2.0, casing_mm=0.0)
        ring = Marker("ring", _RING_MM, style.colour, line_mm=style.width_mm, casing_mm=0.0)
        ops += [Markers(single, wide), Markers(single, ring)]
    return ops
