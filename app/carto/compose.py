"""Makes the display list of a view from a theme and a source of features: the one way from records to a
picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from app.carto.compose_layer import LayerPicture, draw_layer
from app.carto.compose_many import draw_many
from app.carto.display import Box, DisplayList, Op
from app.carto.features import FeatureSource
from app.carto.keeping import ProjectedLayers
from app.carto.labels import MIDDLE, LabelWish, label_ops, place_labels
from app.carto.layers import Layer
from app.carto.many import ManyAreas
from app.carto.pictures import is_picture, picture_ops
from app.carto.theme import Theme
from app.carto.view import MapView

_LABELS_AT_ONCE = 3000
_BEYOND_MM = 5.0  # marks are drawn so far beyond the view


@dataclass(frozen=True)
class Look:
    """How a picture differs from the theme's plain one.

    `symbol_scale` and `text_scale` enlarge for wall maps. `keep_clear` are boxes (x, y, width, height) in mm
    that labels avoid because something else covers the map there; in the boxes of `shown_elsewhere` points
    get no label, as an inset has it. `labels` off leaves the words out (fast pictures). `dots` an inch is the
    detail of base map pictures, 0 the view's own.
    """

    symbol_scale: float = 1.0
    text_scale: float = 1.0
    keep_clear: tuple[Box, ...] = ()
    shown_elsewhere: tuple[Box, ...] = ()
    labels: bool = True
    dots: float = 0.0


PLAIN = Look()


def display_list(
    theme: Theme, source: FeatureSource | ProjectedLayers, view: MapView, look: Look = PLAIN
) -> DisplayList:
    """The finished picture of `view`: layers from the ground up, then labels placed without collisions."""
    layers = ProjectedLayers.of(source)
    pictures: list[LayerPicture] = []
    for layer in theme.layers:
        if layer.shows_at(view.scale):
            pictures.append(_layer_picture(layer, theme, layers, view, look))
    ops = [op for picture in pictures for op in picture.ops]
    unlabelled = 0
    if look.labels:
        words, unlabelled = _labels(pictures, view, look, theme.colours["text_soft"])
        ops.extend(words)
    drawn = tuple(item for picture in pictures for item in picture.drawn)
    return DisplayList(view.width_mm, view.height_mm, theme.background, tuple(ops), drawn, unlabelled)


def _layer_picture(
    layer: Layer, theme: Theme, layers: ProjectedLayers, view: MapView, look: Look
) -> LayerPicture:
    """What one layer adds: a base map picture, many areas at once, or features one by one."""
    if is_picture(layer):
        return LayerPicture(list(picture_ops(layer, layers.source, view, theme.colours, look.dots)))
    found = layers.drawn_by(theme, layer, view.crs)
    scales = look.symbol_scale, look.text_scale
    if isinstance(found, ManyAreas):
        return draw_many(layer, found, view, *scales)
    return draw_layer(layer, found, view, *scales)


def _labels(
    pictures: Iterable[LayerPicture], view: MapView, look: Look, leader_colour: str
) -> tuple[tuple[Op, ...], int]:
    kept = list(pictures)
    wishes: list[LabelWish] = [
        wish for picture in kept for wish in picture.wishes if not _elsewhere(wish, look.shown_elsewhere)
    ]
    wishes = sorted(wishes, key=lambda wish: -wish.priority)[:_LABELS_AT_ONCE]
    if not wishes:
        return (), 0
    covered = [np.array([[x, y, x + w, y + h] for x, y, w, h in look.keep_clear]).reshape(-1, 4)]
    covered += [picture.marker_boxes for picture in kept]
    placed, missed = place_labels(wishes, (view.width_mm, view.height_mm), np.concatenate(covered))
    return label_ops(placed, leader_colour), missed


def _elsewhere(wish: LabelWish, boxes: tuple[Box, ...]) -> bool:
    if wish.placing == MIDDLE:
        return False
    return any(x <= wish.x <= x + w and y <= wish.y <= y + h for x, y, w, h in boxes)
