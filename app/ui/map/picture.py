"""Pictures of the map, made in the drawing thread: the map itself, and the marks of the selection above
it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from app.carto.compose import display_list
from app.carto.display import DrawnClass
from app.carto.features import DRAWN_FROM, Extent, FeatureSource
from app.carto.hit import Hit, identify, in_box, in_outline
from app.carto.identities import together
from app.carto.keeping import ProjectedLayers
from app.carto.layers import Layer
from app.carto.marking import highlight
from app.carto.pictures import is_picture
from app.carto.projection import extent_in_degrees
from app.carto.theme import Theme
from app.carto.view import MapView
from app.domain.surroundings import SOURCES
from app.render.image import paint_to_image
from app.render.painter import paint_ops

MARGIN = 0.2  # of the width and height, on each side, so that a drag shows drawn map at once
Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Scene:
    """What is drawn: a theme with its layers switched, and the features, which only the drawing thread
    touches."""

    theme: Theme
    layers: ProjectedLayers

    def refreshed(self, source: FeatureSource, entities: Iterable[str]) -> None:
        """Read these entities again at the next picture; `source` is fresh, as it may keep serials."""
        self.layers.source = source
        stale = set(entities)
        for (entity, name), records in DRAWN_FROM.items():
            if records in stale and name in self.theme.fields_of(entity):
                stale.add(entity)
        for entity in stale:
            self.layers.forget(entity)


@dataclass(frozen=True, eq=False)
class Picture:
    """A finished picture, larger than the window by MARGIN, with the counts of what is in the window's
    part, and by layer of what has no place and is in no picture."""

    view: MapView
    image: QImage
    drawn: tuple[DrawnClass, ...] = ()
    placeless: Mapping[str, int] = field(default_factory=dict)


def with_margin(view: MapView) -> MapView:
    """The view a picture is drawn for: the same centre and scale, more ground around."""
    width, height = view.size_px
    return view.resized((round(width * (1 + 2 * MARGIN)), round(height * (1 + 2 * MARGIN))))


def draw_picture(scene: Scene, view: MapView, ratio: float) -> Picture:
    """The map of a view, `ratio` device pixels to a pixel."""
    finished = display_list(scene.theme, scene.layers, view)
    return Picture(
        view, paint_to_image(finished, _sharper(view, ratio)), finished.drawn, _placeless(scene, view)
    )


def _placeless(scene: Scene, view: MapView) -> dict[str, int]:
    theme, layers = scene.theme, scene.layers
    counted = [layer for layer in theme.layers if layer.legend and layer.shows_at(view.scale)]
    counts = {
        layer.id: layers.drawn_by(theme, layer, view.crs).placeless(layer)
        for layer in counted
        if not is_picture(layer)
    }
    return {layer: count for layer, count in counts.items() if count}


def draw_marks(scene: Scene, view: MapView, ratio: float, selected: Mapping[str, Sequence[str]]) -> Picture:
    """The marks of selected features (uids by entity) on nothing."""
    marks = highlight(scene.theme, scene.layers, view, selected)
    device = _sharper(view, ratio)
    image = QImage(*device.size_px, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    paint_ops(painter, marks, device.px_per_mm)
    painter.end()
    return Picture(view, image)


def find_at(scene: Scene, view: MapView, at_px: tuple[float, float]) -> list[Hit]:
    """What lies under a pixel, topmost first."""
    return identify(scene.theme, scene.layers, view, at_px)


def find_in(scene: Scene, view: MapView, box_px: Box, entity: str) -> Sequence[str]:
    """The features of an entity's layers inside a box of pixels."""
    mine = (layer.id for layer in scene.theme.layers if layer.entity == entity)
    return together(in_box(scene.theme, scene.layers, view, box_px, layer) for layer in mine)


def find_inside(
    scene: Scene, view: MapView, outline_px: Sequence[tuple[float, float]], entity: str
) -> Sequence[str]:
    """The features of an entity's layers that touch the inside of an outline of pixels."""
    mine = (layer.id for layer in scene.theme.layers if layer.entity == entity)
    return together(in_outline(scene.theme, scene.layers, view, outline_px, layer) for layer in mine)


def extent_of_layer(scene: Scene, layer: Layer, crs: str) -> Extent | None:
    """The box of degrees around what a layer shows, from what is held in `crs`; None when it shows
    nothing."""
    box = scene.layers.drawn_by(scene.theme, layer, crs).extent(layer)
    return extent_in_degrees(box, crs) if box else None


def centred(view: MapView, extent: Extent) -> MapView:
    """The view moved so that a point (an extent of degrees without a size) is in its middle."""
    x, y = view.px_of(extent[0], extent[1])
    width, height = view.size_px
    return view.panned(width / 2 - x, height / 2 - y)


def placed(picture: MapView, now: MapView) -> QRectF:
    """Where a picture of one view belongs in another: moved while panning, stretched while zooming."""
    share = picture.scale / now.scale
    dx = (picture.centre[0] - now.centre[0]) / now.m_per_mm * now.px_per_mm
    dy = (now.centre[1] - picture.centre[1]) / now.m_per_mm * now.px_per_mm
    width, height = (side * share for side in picture.size_px)
    middle_x, middle_y = now.size_px[0] / 2 + dx, now.size_px[1] / 2 + dy
    return QRectF(middle_x - width / 2, middle_y - height / 2, width, height)


def _sharper(view: MapView, ratio: float) -> MapView:
    """The same ground and millimetres with more pixels."""
    width, height = view.size_px
    return view.resized((round(width * ratio), round(height * ratio)), view.dpi * ratio)


def drawn_anew(touched: Iterable[str]) -> set[str]:
    """The entities to be read again when records of these were written: what is worked out from them too."""
    found = set(touched)
    return found | {"boiler", "built_up_area", "builtup_band"} if SOURCES & found else found
