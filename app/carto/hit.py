"""What lies under a point or inside a box of a view, the topmost layer first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from app.carto.display import Ints
from app.carto.features import Extent, FeatureSource
from app.carto.keeping import ProjectedLayers
from app.carto.layers import NOT_DRAWN, Layer
from app.carto.many import FEW, ManyAreas
from app.carto.pictures import is_picture
from app.carto.projected import AREAS, ProjectedFeatures
from app.carto.theme import Theme
from app.carto.view import MapView
from app.domain.coordinates.measure import polygons

_TOLERANCE_MM = 1.6
_EVERY = (0.0, float("inf"))


@dataclass(frozen=True)
class Hit:
    """A feature that was found: its layer, entity and uid, its distance in mm of the picture, whether it is
    an area.

    `hollow_m2` is the size of an area of which only the outline is drawn, and that lies further away: what is
    seen there is something else. 0 for everything else.
    """

    layer: str
    entity: str
    uid: str
    distance_mm: float
    area: bool = False
    hollow_m2: float = 0.0


def identify(
    theme: Theme,
    source: FeatureSource | ProjectedLayers,
    view: MapView,
    at_px: tuple[float, float],
    tolerance_mm: float = _TOLERANCE_MM,
) -> list[Hit]:
    """Every feature at a pixel, topmost layer first: those within the tolerance and areas that hold it."""
    x, y = view.from_mm(np.array([at_px]) / view.px_per_mm)[0]
    reach = tolerance_mm * view.m_per_mm
    point = shapely.Point(float(x), float(y))
    box = (x - reach, y - reach, x + reach, y + reach)
    hits: list[Hit] = []
    for layer, features in _layers(theme, source, view, box):
        rows = _candidates(layer, features, box)
        distances = shapely.distance(features.geometry[rows], point)
        near = rows[distances <= reach]
        kept = distances[distances <= reach] / view.m_per_mm
        areas = features.of_kind(*AREAS)
        empty = all(item.symbol.fill is None for item in layer.rule.classes)
        for row, distance in sorted(zip(near, kept, strict=True), key=lambda pair: (pair[1], -pair[0])):
            hollow = _hollow_m2(features.geometry[row], point, reach) if empty and areas[row] else 0.0
            uid = features.columns.uids[row]
            hits.append(Hit(layer.id, layer.entity, uid, float(distance), bool(areas[row]), hollow))
    return hits


def _hollow_m2(area: BaseGeometry, point: shapely.Point, reach_m: float) -> float:
    """The size of an area whose outline is out of reach, else 0."""
    away = shapely.distance(shapely.boundary(area), point)
    return float(shapely.area(area)) if away > reach_m else 0.0


def lying_at(
    theme: Theme, source: FeatureSource | ProjectedLayers, view: MapView, at_px: tuple[float, float]
) -> list[Hit]:
    """Everything at a pixel, topmost first, each feature once; areas beside the pixel only where no area of
    their layer holds it."""
    hits = identify(theme, source, view, at_px)
    holding = {hit.layer for hit in hits if hit.area and hit.distance_mm == 0.0}
    once: dict[tuple[str, str], Hit] = {}
    for hit in hits:
        if hit.distance_mm == 0.0 or not hit.area or hit.layer not in holding:
            once.setdefault((hit.entity, hit.uid), hit)
    return list(once.values())


def hidden_layers(theme: Theme, scale: float) -> list[Layer]:
    """The layers of features that are switched off or not meant for a scale, topmost first, without the base
    map's own files."""
    return [
        layer
        for layer in reversed(theme.layers)
        if not (layer.shows_at(scale) or layer.entity.startswith("base.") or is_picture(layer))
    ]


def lying_hidden(
    theme: Theme, source: FeatureSource | ProjectedLayers, view: MapView, at_px: tuple[float, float]
) -> list[Hit]:
    """Everything at a pixel that is not in the picture, as `lying_at` tells what is."""
    unseen = hidden_layers(theme, view.scale)
    shown = [replace(layer, visible=True, scales=_EVERY) for layer in reversed(unseen)]
    seen = {(hit.entity, hit.uid) for hit in lying_at(theme, source, view, at_px)}
    hits = lying_at(replace(theme, layers=tuple(shown)), source, view, at_px)
    return [hit for hit in hits if (hit.entity, hit.uid) not in seen]


def in_box(
    theme: Theme,
    source: FeatureSource | ProjectedLayers,
    view: MapView,
    box_px: tuple[float, float, float, float],
    layer_id: str,
) -> Sequence[str]:
    """The uids of a layer's features that touch a box of pixels (x0, y0, x1, y1).

    Of thousands of cells those at the edge of the box are judged by their own boxes.
    """
    corners = view.from_mm(np.array(box_px).reshape(2, 2) / view.px_per_mm)
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    area = shapely.box(x0, y0, x1, y1)
    wanted = theme.layer(layer_id)
    if wanted is not None and wanted.shows_at(view.scale):
        found = ProjectedLayers.of(source).drawn_by(theme, wanted, view.crs)
        if isinstance(found, ManyAreas) and found.count(wanted, (x0, y0, x1, y1)) > FEW:
            return found.touched(wanted, (x0, y0, x1, y1))
    return _touching(theme, source, view, area, layer_id)


def in_outline(
    theme: Theme,
    source: FeatureSource | ProjectedLayers,
    view: MapView,
    outline_px: Sequence[tuple[float, float]],
    layer_id: str,
) -> Sequence[str]:
    """The uids of a layer's features that touch the inside of an outline of pixels (three corners or more).

    The outline may cross itself; what it goes round twice is outside. Thousands of cells are judged by
    their boxes.
    """
    ring = shapely.Polygon(view.from_mm(np.asarray(outline_px, dtype=float) / view.px_per_mm))
    area = MultiPolygon(polygons(shapely.make_valid(ring)))
    wanted = theme.layer(layer_id)
    if area.is_empty or wanted is None or not wanted.shows_at(view.scale):
        return []
    found = ProjectedLayers.of(source).drawn_by(theme, wanted, view.crs)
    if isinstance(found, ManyAreas) and found.count(wanted, area.bounds) > FEW:
        return found.touched_by(wanted, area)
    return _touching(theme, source, view, area, layer_id)


def _touching(
    theme: Theme,
    source: FeatureSource | ProjectedLayers,
    view: MapView,
    area: Polygon | MultiPolygon,
    layer_id: str,
) -> list[str]:
    """The uids of a layer's features, few of them, that touch an area of the map's units."""
    for layer, features in _layers(theme, source, view, area.bounds):
        if layer.id == layer_id:
            rows = _candidates(layer, features, area.bounds)
            touched = rows[shapely.intersects(features.geometry[rows], area)]
            return [features.columns.uids[row] for row in touched]
    return []


def _layers(
    theme: Theme, source: FeatureSource | ProjectedLayers, view: MapView, box: Extent
) -> list[tuple[Layer, ProjectedFeatures]]:
    """The layers shown at the view's scale and their features around a box, topmost first, without the base
    map's own files."""
    kept = ProjectedLayers.of(source)
    shown = [layer for layer in reversed(theme.layers) if layer.shows_at(view.scale)]
    return [
        (layer, kept.near(theme, layer, view.crs, box))
        for layer in shown
        if not layer.entity.startswith("base.")
    ]


def _candidates(layer: Layer, features: ProjectedFeatures, box: Extent) -> Ints:
    """Rows whose boxes touch and which the layer draws."""
    if not len(features.columns):
        return np.empty(0, dtype=np.int64)
    classes, _ = features.classified(layer)
    return np.flatnonzero(features.touching(box) & (classes != NOT_DRAWN))
