"""One layer of a view as drawing operations: features chosen, classed, turned to millimetres and counted."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from app.carto.cutting import MANY_VERTICES, clipped, cut_rings, lighter, roomiest, thinned
from app.carto.display import DrawnClass, Floats, Ints, Markers, Mosaic, Op, Shapes
from app.carto.flat import NOT_DRAWN as NO_LOOK
from app.carto.labels import MIDDLE, OUTWARD, LabelWish
from app.carto.layers import NOT_DRAWN, LabelRule, Layer, SymbolClass, in_range
from app.carto.measure import text_width_mm
from app.carto.projected import AREAS, ProjectedFeatures, RingSet, line_parts
from app.carto.symbols import MARKER_REACH, Marker, Symbol
from app.carto.view import MapView

_MARGIN_MM = 8.0
_MANY_AREAS = 400  # with fewer a path each way costs less than a picture of samples


@dataclass(eq=False)
class LayerPicture:
    """What a layer adds to a picture."""

    ops: list[Op] = field(default_factory=list)
    wishes: list[LabelWish] = field(default_factory=list)
    drawn: list[DrawnClass] = field(default_factory=list)
    marker_boxes: Floats = field(default_factory=lambda: np.empty((0, 4)))


@dataclass(frozen=True, eq=False)
class _Visible:
    """The features of a layer that are in the view: a mask, and class and size class by feature."""

    layer: Layer
    features: ProjectedFeatures
    view: MapView
    mask: NDArray[np.bool_]
    classes: Ints
    sizes: Ints


def draw_layer(
    layer: Layer,
    features: ProjectedFeatures,
    view: MapView,
    symbol_scale: float = 1.0,
    text_scale: float = 1.0,
) -> LayerPicture:
    """The operations, label wishes and counts of one layer in a view."""
    picture = LayerPicture()
    if not len(features.columns):
        return picture
    seen = _visible(layer, features, view)
    if not seen.mask.any():
        return picture
    boxes = []
    symbols = [faded(item.symbol.scaled(symbol_scale), layer.opacity) for item in layer.rule.classes]
    together = _mosaic(seen, symbols)
    picture.ops += together.ops
    for index, item in enumerate(layer.rule.classes):
        chosen = seen.mask & (seen.classes == index)
        if not chosen.any():
            continue
        symbol = symbols[index]
        picture.ops += _areas(seen, chosen & ~together.drawn, symbol)
        markers = _markers(seen, chosen, symbol)
        picture.ops += markers
        boxes += [_boxes(op) for op in markers]
        picture.drawn += _counted(seen, chosen, item)
    if boxes:
        picture.marker_boxes = np.concatenate(boxes)
    if layer.label and in_range(layer.label.scales, view.scale):
        picture.wishes = _wishes(seen, layer.label, symbol_scale, text_scale)
    return picture


def _visible(layer: Layer, features: ProjectedFeatures, view: MapView) -> _Visible:
    classes, sizes = features.classified(layer)
    mask = features.touching(view.padded(_MARGIN_MM / 2)) & (classes != NOT_DRAWN)
    return _Visible(layer, features, view, mask, classes, sizes)


def faded(symbol: Symbol, opacity: float) -> Symbol:
    """The symbol as a layer of this opacity shows it."""
    if opacity >= 1.0:
        return symbol
    fill, line, marker = symbol.fill, symbol.line, symbol.marker
    if fill:
        hatch = replace(fill.hatch, opacity=opacity) if fill.hatch else None
        fill = replace(fill, opacity=fill.opacity * opacity, hatch=hatch)
    if line:
        line = replace(line, opacity=line.opacity * opacity)
    if marker:
        marker = replace(marker, opacity=marker.opacity * opacity)
    return Symbol(fill, line, marker)


@dataclass(frozen=True, eq=False)
class _Together:
    """Areas that are drawn as one mosaic."""

    ops: tuple[Op, ...]
    drawn: NDArray[np.bool_]


def _mosaic(seen: _Visible, symbols: list[Symbol]) -> _Together:
    """The areas of a layer in one operation, when they are many and plain enough to be scanned."""
    nothing = _Together((), np.zeros(len(seen.mask), dtype=bool))
    if len(symbols) >= NO_LOOK or not all(map(is_plain, symbols)):
        return nothing
    flat = seen.features.flat if np.count_nonzero(seen.mask) >= _MANY_AREAS else None
    if flat is None:
        return nothing
    drawn = seen.mask & seen.features.of_kind(*AREAS) & ~_far_beyond(seen)
    if np.count_nonzero(drawn) < _MANY_AREAS:
        return nothing
    classes = np.where(drawn, seen.classes, NO_LOOK).astype(np.uint8)
    looks = tuple((symbol.fill, symbol.line) for symbol in symbols)
    x0, _, _, y1 = seen.view.extent
    return _Together((Mosaic(flat, classes, looks, x0, y1, seen.view.m_per_mm),), drawn)


def is_plain(symbol: Symbol) -> bool:
    """Fill and line that a table of colours can hold."""
    return not (symbol.fill and symbol.fill.hatch) and not (symbol.line and symbol.line.dash)


def _areas(seen: _Visible, chosen: NDArray[np.bool_], symbol: Symbol) -> list[Op]:
    if symbol.fill is None and symbol.line is None:
        return []
    large = chosen & _far_beyond(seen)
    ops: list[Op] = []
    for rings, closed in ((seen.features.areas, True), (seen.features.lines, False)):
        ops += _shapes(rings, chosen & ~large, seen.view, symbol, closed)
    if large.any():
        ops = _cut_shapes(seen, large, symbol) + ops
    return ops


def _far_beyond(seen: _Visible) -> NDArray[np.bool_]:
    """Detailed features that reach well beyond the view: cutting them keeps pictures and files small."""
    x0, y0, x1, y1 = seen.view.padded(4 * _MARGIN_MM)
    box = seen.features.bounds
    with np.errstate(invalid="ignore"):
        beyond = (box[:, 0] < x0) | (box[:, 1] < y0) | (box[:, 2] > x1) | (box[:, 3] > y1)
    rows = np.flatnonzero(beyond & seen.mask)
    result = np.zeros(len(beyond), dtype=bool)
    result[rows] = shapely.get_num_coordinates(seen.features.geometry[rows]) > MANY_VERTICES
    return result


def _cut_shapes(seen: _Visible, large: NDArray[np.bool_], symbol: Symbol) -> list[Op]:
    """Features cut near the edge of the view; lines come apart, rings stay whole."""
    box = seen.view.padded(_MARGIN_MM)
    ops: list[Op] = []
    xy, starts = seen.features.areas.of(large)
    if len(starts):
        ops += _drawn(*cut_rings(xy, starts, box), seen.view, symbol, True)
    rows = np.flatnonzero(large & ~seen.features.of_kind(*AREAS))
    cut = clipped(seen.features.geometry[rows], box)
    lines = np.isin(shapely.get_type_id(cut), (1, 2, 5))
    everything = np.ones(len(large), dtype=bool)
    return ops + _shapes(line_parts(cut[lines], rows[lines]), everything, seen.view, symbol, False)


def _shapes(
    rings: RingSet, chosen: NDArray[np.bool_], view: MapView, symbol: Symbol, closed: bool
) -> list[Op]:
    if not len(rings.starts) or not chosen.any():
        return []
    return _drawn(*rings.of(chosen), view, symbol, closed)


def _drawn(xy: Floats, starts: Ints, view: MapView, symbol: Symbol, closed: bool) -> list[Op]:
    if not len(starts):
        return []
    xy, starts = thinned(view.to_mm(xy), starts)
    return [Shapes(xy, starts, symbol.fill if closed else None, symbol.line, closed)]


def _markers(seen: _Visible, chosen: NDArray[np.bool_], symbol: Symbol) -> list[Markers]:
    """The points of one class: the larger first, so that a small one is never hidden under a large one."""
    xy, owner = seen.features.points
    if symbol.marker is None or not len(xy):
        return []
    picked = chosen[owner]
    if not picked.any():
        return []
    places, sizes = seen.view.to_mm(xy[picked]), seen.sizes[owner[picked]]
    rule = seen.layer.size
    if rule is None:
        return [Markers(places, symbol.marker)]
    marker = symbol.marker
    by_size = sorted((int(s) for s in np.unique(sizes)), key=lambda s: -rule.factor(s))
    return [Markers(places[sizes == s], _sized(marker, rule.factor(s))) for s in by_size]


def _sized(marker: Marker, factor: float) -> Marker:
    """The marker wider, its lines as they are."""
    return replace(marker, size_mm=marker.size_mm * factor)


def _boxes(op: Markers) -> Floats:
    half = op.marker.size_mm * MARKER_REACH
    return np.column_stack([op.xy - half, op.xy + half])


def _counted(seen: _Visible, chosen: NDArray[np.bool_], item: SymbolClass) -> list[DrawnClass]:
    layer = seen.layer
    inside = seen.features.touching(seen.view.extent)
    rows = np.flatnonzero(chosen & inside)
    if layer.group == "base" and item.symbol.fill is None and item.symbol.marker is None:
        rows = rows[_outline_in_view(seen, rows)]
    count = len(rows)
    if not layer.legend or not count:
        return []
    symbol = seen.features.as_drawn(item.symbol, rows)
    return [DrawnClass(layer.id, item.key, item.title, symbol, count)]


def _outline_in_view(seen: _Visible, rows: Ints) -> NDArray[np.bool_]:
    """Which features show a piece of their boundary: an area around the whole view shows none."""
    frame = shapely.box(*seen.view.extent)
    outlines = shapely.boundary(seen.features.geometry[rows])
    lines = np.isin(shapely.get_type_id(seen.features.geometry[rows]), (1, 2, 5))
    outlines = np.where(lines, seen.features.geometry[rows], outlines)
    return np.asarray(shapely.intersects(outlines, frame))


def _wishes(seen: _Visible, rule: LabelRule, symbol_scale: float, text_scale: float) -> list[LabelWish]:
    rows = np.flatnonzero(seen.mask)
    words = seen.features.columns.column(rule.field)
    rows = rows[[words[row] not in (None, "") for row in rows]]
    if not len(rows):
        return []
    style = replace(
        rule.style,
        size_mm=rule.style.size_mm * text_scale,
        halo_mm=rule.style.halo_mm * text_scale,
        spacing_mm=rule.style.spacing_mm * text_scale,
    )
    places = seen.view.to_mm(_label_points(seen, rows, rule))
    centre = places.mean(axis=0)
    size = (seen.view.width_mm, seen.view.height_mm)
    wishes = []
    for row, (x, y) in zip(rows.tolist(), places.tolist(), strict=True):
        text = str(words[row])
        if not (0.0 <= x <= size[0] and 0.0 <= y <= size[1]):
            continue
        if rule.must_fit and not _fits(seen, row, text_width_mm(text, style)):
            continue
        clear = _clear(seen, row, symbol_scale)
        toward = math.atan2(y - centre[1], x - centre[0]) if rule.placing == OUTWARD else None
        wishes.append(LabelWish(x, y, text, style, rule.priority, clear, rule.placing, rule.leader, toward))
    return wishes


def _label_points(seen: _Visible, rows: Ints, rule: LabelRule) -> Floats:
    """Where labels start from; a feature cut by the frame is labelled in the middle of what is seen of it."""
    features = seen.features
    points = features.middles[rows].copy()
    if rule.placing != MIDDLE or len(rows) > 200:
        return points
    x0, y0, x1, y1 = seen.view.extent
    box = features.bounds[rows]
    cut = (box[:, 0] < x0) | (box[:, 1] < y0) | (box[:, 2] > x1) | (box[:, 3] > y1)
    for place in np.flatnonzero(cut):
        shape = features.geometry[rows[place]]
        light = lighter(shape) if shape.geom_type == "Polygon" else shape
        part = clipped(np.array([light], dtype=object), (x0, y0, x1, y1))[0]
        if part is not None and shapely.area(part) > 0:
            points[place] = roomiest(part)
    return points


def _fits(seen: _Visible, row: int, width_mm: float) -> bool:
    box = seen.features.bounds[row]
    return bool((box[2] - box[0]) / seen.view.m_per_mm > width_mm * 1.05)


def _clear(seen: _Visible, row: int, symbol_scale: float) -> float:
    """Half the width of the feature's own marker."""
    marker = seen.layer.rule.classes[seen.classes[row]].symbol.marker
    if marker is None:
        return 0.0
    factor = seen.layer.size.factor(int(seen.sizes[row])) if seen.layer.size else 1.0
    return float(marker.size_mm * factor * symbol_scale * MARKER_REACH)
