"""A layer of very many areas as one operation: nothing is chosen, moved or copied for a view."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from app.carto.compose_layer import LayerPicture, draw_layer, faded, is_plain
from app.carto.display import DrawnClass, Mosaic
from app.carto.layers import Layer, in_range
from app.carto.many import FEW, ManyAreas
from app.carto.symbols import Fill, Line, Symbol
from app.carto.view import MapView

_MARGIN_MM = 4.0
_SO_FEW = 60  # a path each costs less than a picture of samples


def draw_many(
    layer: Layer, many: ManyAreas, view: MapView, symbol_scale: float = 1.0, text_scale: float = 1.0
) -> LayerPicture:
    """The mosaic, label wishes and counts of a layer of very many areas.

    Where few of them are seen they are drawn as features of their own, with all their looks can do.
    """
    picture = LayerPicture()
    classes = many.classes(layer)
    seen = many.areas.tally(classes, view.padded(_MARGIN_MM))
    count = int(seen.sum())
    if not count:
        return picture
    symbols = [faded(item.symbol.scaled(symbol_scale), layer.opacity) for item in layer.rule.classes]
    labelled = layer.label is not None and in_range(layer.label.scales, view.scale)
    looks_alone = not all(is_plain(symbol) for symbol in symbols)
    if count <= FEW and (labelled or looks_alone):
        near = many.near(layer, view.padded(_MARGIN_MM), layer.fields())
        alone = draw_layer(layer, near, view, symbol_scale, text_scale)
        if looks_alone:
            return alone
        picture.wishes, picture.marker_boxes = alone.wishes, alone.marker_boxes
    x0, _, _, y1 = view.extent
    looks = tuple((_plain_fill(symbol), _plain_line(symbol)) for symbol in symbols)
    whole = Mosaic(many.areas, classes, looks, x0, y1, view.m_per_mm, view.padded(_MARGIN_MM))
    picture.ops += [whole] if count > _SO_FEW else whole.shapes()
    picture.drawn = _counted(layer, many, view, seen)
    return picture


def _counted(layer: Layer, many: ManyAreas, view: MapView, near: NDArray[np.uint32]) -> list[DrawnClass]:
    """The classes in the view and how many of each; `near` counts those in it or close to it."""
    if not layer.legend:
        return []
    x0, y0, x1, y1 = view.extent
    west, south, east, north = many.areas.bounds
    inside = x0 <= west and y0 <= south and east <= x1 and north <= y1
    counts = near if inside else many.areas.tally(many.classes(layer), view.extent)
    return [
        DrawnClass(layer.id, item.key, item.title, item.symbol, int(counts[number]))
        for number, item in enumerate(layer.rule.classes)
        if counts[number]
    ]


def _plain_fill(symbol: Symbol) -> Fill | None:
    """Very many areas at once have a colour, no hatch: its strokes would touch."""
    if symbol.fill is None or symbol.fill.hatch is None:
        return symbol.fill
    return replace(symbol.fill, hatch=None, colour=symbol.fill.colour or symbol.fill.hatch.colour)


def _plain_line(symbol: Symbol) -> Line | None:
    return replace(symbol.line, dash=()) if symbol.line else None
