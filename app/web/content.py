"""A theme and its features as the plain lists the page's script draws."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.carto.features import FeatureColumns, FeatureSource
from app.carto.layers import Layer, SizeRule
from app.carto.theme import Theme
from app.domain.catalog import BY_NAME
from app.i18n import N_, tr
from app.web.popups import Popups, needed_fields, titles
from app.web.symbols import marker_svg, path_style, swatch_svg

_PLACES = 6  # decimals of a degree, 0.1 m
_AREA_PLACES = 5
_MOST_LABELS = 1500  # thousands of words at once make a telephone stand still; a tap tells them as well
# Scale denominators are for paper; a page is read one step further out.
_ZOOM_0_SCALE = 559_082_264.0 * math.cos(math.radians(35.4)) * 2


@dataclass
class LegendEntry:
    """One line of the legend: the symbol as SVG, its words, how many features and how many t/h."""

    swatch: str
    words: str
    count: int
    tph: float | None = None
    unplaced: int = 0


@dataclass
class WebLayer:
    """One layer as the script needs it; `order` counts from the ground up."""

    id: str
    title: str
    order: int
    base: bool
    visible: bool
    zooms: tuple[int, int]
    drawing: dict[str, Any]
    legend: list[LegendEntry] = field(default_factory=list)
    features: int = 0
    synthetic: int = 0
    sizes: str = ""


def web_layers(theme: Theme, source: FeatureSource, popups: Popups) -> list[WebLayer]:
    """Every layer of the theme that has features; layers of the shipped base map are not taken along."""
    made = (_web_layer(layer, source, popups) for layer in theme.layers if layer.entity in BY_NAME)
    return [layer for layer in made if layer is not None]


def _web_layer(layer: Layer, source: FeatureSource, popups: Popups) -> WebLayer | None:
    kind = BY_NAME[layer.entity]
    found = source.columns(layer.entity, needed_fields(kind, layer.fields()), None)
    columns = found.taken(layer.passes(found))
    classes = layer.rule.classify(columns)
    base = layer.group == "base"
    placed = np.array([shape is not None and not shape.is_empty for shape in columns.geometry], dtype=bool)
    if not len(columns) or (base and not placed.any()):
        return None
    drawn = placed & (classes >= 0)
    legend = [] if base and not layer.legend else _legend(layer, columns, classes, placed)
    return WebLayer(
        id=layer.id,
        title=tr(layer.title),
        order=layer.order,
        base=base,
        visible=layer.visible,
        zooms=zooms(layer.scales),
        drawing=_drawing(layer, columns.taken(drawn), classes[drawn], popups),
        legend=legend,
        features=int(drawn.sum()),
        synthetic=sum(1 for value in columns.column("synthetic") if value),
        sizes=_sizes(layer.size) if layer.size and not base else "",
    )


def _sizes(rule: SizeRule) -> str:
    """What the size of a symbol says: the classes of its number, from small to large."""
    low, high = rule.breaks[0], rule.breaks[-1]
    between = [f"{a:g}–{b:g}" for a, b in pairwise(rule.breaks)]
    classes = " · ".join([f"<{low:g}", *between, f"≥{high:g}"])
    return tr(N_("Size of the symbol: {title} {classes} {unit}"), title=tr(rule.title), classes=classes,
              unit=tr(rule.unit))  # fmt: skip


def zooms(scales: tuple[float, float]) -> tuple[int, int]:
    """Leaflet's zoom levels, lowest and highest, for a range of scale denominators."""
    low = 0 if math.isinf(scales[1]) else max(0, math.floor(math.log2(_ZOOM_0_SCALE / scales[1])))
    high = 30 if scales[0] <= 0 else math.ceil(math.log2(_ZOOM_0_SCALE / scales[0]))
    return low, high


def _legend(layer: Layer, columns: FeatureColumns, classes: Any, placed: Any) -> list[LegendEntry]:
    """Classes that occur, the one that lies on top first, as on the printed legend."""
    outputs = columns.column("rated_tph") if layer.entity == "boiler" else None
    entries = []
    for index, item in reversed(list(enumerate(layer.rule.classes))):
        mine = classes == index
        count = int(mine.sum())
        if not count:
            continue
        tph = None if outputs is None else float(sum(value for value in outputs[mine] if value is not None))
        swatch = swatch_svg(item.symbol)
        entries.append(LegendEntry(swatch, tr(item.title), count, tph, int((mine & ~placed).sum())))
    return entries


def _drawing(layer: Layer, columns: FeatureColumns, classes: Any, popups: Popups) -> dict[str, Any]:
    order = np.argsort(classes, kind="stable")  # the last class lies on top, as on the printed map
    columns, classes = columns.taken(order), classes[order]
    looks, look_of = _looks(layer, columns, classes)
    kind = BY_NAME[layer.entity]
    silent = layer.group == "base"
    rows: list[Any] = [[]] * len(columns) if silent else popups.rows(kind, columns)
    names = [""] * len(columns) if silent else titles(kind, columns, popups.public)
    marks = columns.column("synthetic")
    features = [
        [look_of[i], coordinates(shape), names[i], rows[i], 1 if marks[i] else 0]
        for i, shape in enumerate(columns.geometry)
    ]
    return {
        "looks": looks,
        "features": features,
        "labels": _labels(layer, columns) if layer.entity != "boiler" else None,
        "silent": silent,
    }


def _looks(layer: Layer, columns: FeatureColumns, classes: Any) -> tuple[list[dict[str, Any]], list[int]]:
    """The different symbols in use, and which one each feature has."""
    sizes = layer.size.classify(columns) if layer.size else np.full(len(columns), -2)
    numbers: dict[tuple[int, int], int] = {}
    looks: list[dict[str, Any]] = []
    chosen = []
    for key in zip(classes.tolist(), sizes.tolist(), strict=True):
        if key not in numbers:
            numbers[key] = len(looks)
            looks.append(_look(layer, *key))
        chosen.append(numbers[key])
    return looks, chosen


def _look(layer: Layer, class_index: int, size_class: int) -> dict[str, Any]:
    symbol = layer.rule.classes[class_index].symbol
    if symbol.marker is None:
        return {"style": path_style(symbol)}
    factor = layer.size.factor(size_class) if layer.size and size_class > -2 else 1.0
    svg, box = marker_svg(symbol.marker, factor)
    return {"svg": svg, "box": round(box, 1), "rank": class_index}


def _labels(layer: Layer, columns: FeatureColumns) -> dict[str, Any] | None:
    rule = layer.label
    if rule is None or not 0 < len(columns) <= _MOST_LABELS:
        return None
    spots = shapely.point_on_surface(columns.geometry)
    items = [
        [*_lat_lon(spot, _AREA_PLACES), str(words)]
        for spot, words in zip(spots, columns.column(rule.field), strict=True)
        if words
    ]
    style = rule.style
    return {
        "items": items,
        "zooms": zooms(rule.scales),
        "size": round(max(11.0, style.size_mm * 3.6), 1),
        "colour": style.colour,
        "halo": style.halo,
        "bold": style.bold,
        "below": rule.placing == "around",
        "priority": rule.priority,
    }


def coordinates(shape: BaseGeometry) -> list[Any]:
    """Leaflet's [lat, lon] of a point, or the nested rings of polygons."""
    if shape.geom_type == "Point":
        return _lat_lon(shape, _PLACES)
    return [
        [_ring(polygon.exterior), *(_ring(hole) for hole in polygon.interiors)]
        for polygon in _polygons(shape)
    ]


def _polygons(shape: BaseGeometry) -> Iterable[Any]:
    return (part for part in getattr(shape, "geoms", [shape]) if part.geom_type == "Polygon")


def _ring(ring: BaseGeometry) -> list[list[float]]:
    xy = np.round(shapely.get_coordinates(ring)[:-1, ::-1], _AREA_PLACES)
    return [[float(lat), float(lon)] for lat, lon in xy]


def _lat_lon(point: Any, places: int) -> list[float]:
    return [round(point.y, places), round(point.x, places)]
