"""清零作战图: the boilers of a county or the city by status, with serials, totals table and everything a
wall map carries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from app.carto.compose import Look, display_list
from app.carto.display import Box, DisplayList, DrawnClass, Op
from app.carto.features import FeatureColumns, FeatureSource
from app.carto.keeping import ProjectedLayers
from app.carto.layers import Layer
from app.carto.legend import legend
from app.carto.projection import to_map
from app.carto.theme import Theme, read_theme
from app.carto.view import MapView
from app.domain.coordinates.zones import crs_title
from app.errors import Invalid
from app.i18n import N_, listed, tr
from app.printing.blocks import Block, Placed
from app.printing.body import BOTTOM, Body, area_extent, best_body, body_ops, north_angle, sheet_view
from app.printing.focus import OverlaidSource, focused
from app.printing.insets import Inset, inset_ops, kept_clear, plan_insets, window_ops
from app.printing.layout import Skeleton, common_notes, shown_notes, subtitle_of
from app.printing.marks import north_block
from app.printing.page import Page
from app.printing.panel import Groups, panel_block, panel_size, put_panel, with_room
from app.printing.request import BoilerMapContent, SheetRequest
from app.printing.rooms import Room
from app.printing.style import PICTURE_DOTS, SheetStyle
from app.printing.totals import totals_block

ID, LETTERS = "boiler_map", "GL"
TITLE = N_("Boiler clearing map")
PAPER = "A3"
_MOST_NAMED = 40
_DRAFT_PX = (1200, 1200)


def build(request: SheetRequest) -> list[Page]:
    """The one page of the map. Raises Invalid when the area does not fit at the asked scale."""
    content = request.content
    if not isinstance(content, BoilerMapContent):
        raise Invalid(N_("This sheet needs boilers and their totals."), code="wrong_content")
    return [BoilerSheet(request, content).page()]


class BoilerSheet:
    """One map of boilers being made; other maps of boilers say otherwise what they show and count."""

    def __init__(self, request: SheetRequest, content: BoilerMapContent) -> None:
        self.request = request
        self.content = content
        self.paper = request.paper or PAPER
        self.extent, self.crs = area_extent(content.area, request.crs)
        self.theme, source = self.shown()
        self.layers = ProjectedLayers(source)
        self.inset_theme = _without_names(self.theme)

    def shown(self) -> tuple[Theme, FeatureSource]:
        """What is drawn, and where its features are from."""
        if self.request.shown is not None:
            return self.request.shown, self.content.base
        return _theme(self.request, self.content)

    def title(self) -> str:
        """The name of the map, where the request has none."""
        return tr("{area} coal boiler clearing map", area=self.content.area_name)

    def notes(self) -> list[str]:
        """What the numbers on the map are."""
        if self.request.shown is not None:
            return []
        return [tr("Numbers on the map are the row numbers of the ledger.")]

    def tables(self, style: SheetStyle, side: str) -> list[Block]:
        """The table of the panel in its forms, the widest first."""
        forms = (True, False) if side == BOTTOM else (False,)
        return [totals_block(self.content.totals, style, wide) for wide in forms]

    def page(self) -> Page:
        """The finished page."""
        body = self._body()
        view = self._view(body)
        style, at = body.skeleton.style, (body.map_box[0], body.map_box[1])
        north = north_block(north_angle(view), style)
        corner = (view.width_mm - north.width_mm - 3 * style.unit, 3 * style.unit)
        arrow: Box = (corner[0], corner[1], north.width_mm, north.height_mm)
        signs = put_panel(body, self._panel(body.skeleton, body.side, legend(self.theme, self._draft(view))))
        insets = self._insets(body, view, arrow, signs)
        look = Look(
            style.symbol_scale,
            style.unit,
            (arrow, *_hidden(insets, at, style)),
            tuple(inset.window for inset in insets),
            dots=PICTURE_DOTS,
        )
        picture = display_list(self.theme, self.layers, view, look)
        ops: list[Op] = [*body_ops(body, picture, view)]
        for inset in insets:
            ops += window_ops(inset, at, style)
        for inset in insets:
            ops += inset_ops(inset, self.inset_theme, self.layers, style)
        return body.skeleton.page(
            (*ops, north.at(at[0] + corner[0], at[1] + corner[1]), signs.op), view.scale
        )

    def _body(self) -> Body:
        """The body of the page: room for every boiler's class, or for what the screen's map shows."""
        if self.request.shown is None:
            return self._body_for(_everything(self.theme, self.content, self.layers))
        whole = MapView.of_extent(self.extent, _DRAFT_PX, self.crs)
        first = legend(self.theme, self._draft(whole))
        return with_room(
            self._body_for, lambda body: legend(self.theme, self._draft(self._view(body))), first
        )

    def _body_for(self, groups: Groups) -> Body:
        def size(skeleton: Skeleton, side: str) -> tuple[float, float]:
            return panel_size(skeleton, self._panel(skeleton, side, groups))

        return best_body(self.request, self._skeleton, self.extent, size, self.paper)

    def _view(self, body: Body) -> MapView:
        return sheet_view(body, self.extent, self.crs, self.request.scale)

    def _draft(self, view: MapView) -> DisplayList:
        return display_list(self.theme, self.layers, view, Look(labels=False))

    def _insets(self, body: Body, view: MapView, arrow: Box, signs: Placed) -> list[Inset]:
        """Insets in the map's free corners and in what the panel leaves; the screen's map has none."""
        if self.request.shown is not None:
            return []
        style = body.skeleton.style
        (x, y), cell = body.map_box[:2], 2.0 * style.unit
        on_map = Room(_shrunk(body.map_box, 2.0 * style.unit), cell)
        area = shapely.transform(
            self.content.area, lambda xy: view.to_mm(to_map(xy, self.crs)) + np.array([x, y])
        )
        on_map.take_shape(area, 3.0 * style.unit)
        on_map.take_box(_moved(arrow, (-x, -y)), 2.0 * style.unit)
        in_panel = Room(_shrunk(body.panel_box, 2.5 * style.unit), cell)
        in_panel.take_box(signs.box, 3.0 * style.unit)
        points, _ = self.layers.features("boiler", (), self.crs).points
        return plan_insets(points, view, [on_map, in_panel], style)

    def _skeleton(self, paper: str, orientation: str) -> Skeleton:
        meta = self.request.meta
        title = meta.title or self.title()
        subtitle = subtitle_of(self.request)
        notes = [*common_notes(meta, crs_title(self.crs)), *self._notes()]
        warnings = (tr("Contains simulated records, for demonstration only"),) if self._synthetic() else ()
        return Skeleton(self.request, paper, orientation, title, subtitle, tuple(notes), warnings)

    def _synthetic(self) -> bool:
        return any(bool(value) for value in self.content.boilers.column("synthetic"))

    def _notes(self) -> list[str]:
        boilers = self.content.boilers
        notes = [*shown_notes(self.request, self.content.area_name), *self.notes()]
        serials = boilers.column("serial")
        lost = [str(serials[row]) for row, place in enumerate(boilers.geometry) if place is None]
        if lost:
            named = listed(lost[:_MOST_NAMED]) + ("…" if len(lost) > _MOST_NAMED else "")
            notes.append(
                tr("Not on the map for want of a position: {n} ({serials})", n=len(lost), serials=named)
            )
        return notes

    def _panel(self, skeleton: Skeleton, side: str, groups: Groups) -> Block:
        return panel_block(skeleton, side, groups, self.tables(skeleton.style, side))


def _hidden(insets: list[Inset], at: tuple[float, float], style: SheetStyle) -> list[Box]:
    """What of the main map labels must not use: where insets lie, and the windows they enlarge."""
    windows = [box for inset in insets for box in kept_clear(inset, style)]
    return [*(_moved(inset.box, at) for inset in insets), *windows]


def _moved(box: Box, by: tuple[float, float]) -> Box:
    """A box of the page in the coordinates of a frame whose corner lies at `by`."""
    return box[0] - by[0], box[1] - by[1], box[2], box[3]


def _shrunk(box: Box, by_mm: float) -> Box:
    return box[0] + by_mm, box[1] + by_mm, box[2] - 2 * by_mm, box[3] - 2 * by_mm


def _without_names(theme: Theme) -> Theme:
    """Insets show a few streets: the names of counties would only be in the way."""
    for layer in theme.layers:
        if layer.entity.startswith("base.") or layer.id == "counties":
            theme = theme.with_layer(replace(layer, label=None))
    return theme


def _theme(request: SheetRequest, content: BoilerMapContent) -> tuple[Theme, OverlaidSource]:
    """The boiler theme with serials, over the boilers of the request and the base of the area."""
    theme = request.themed(read_theme("boilers"))
    layer = theme.layer("boilers")
    if layer is not None:
        theme = theme.with_layer(with_serials(layer))
    shown, source = focused(theme, content.base, content.area)
    return shown, OverlaidSource({"boiler": content.boilers}, source)


def with_serials(layer: Layer) -> Layer:
    """A layer labelled with the serials of the sheet at every scale."""
    if layer.label is None:
        return layer
    label = replace(layer.label, field="serial", scales=(0.0, float("inf")), leader=True)
    return replace(layer, label=label)


def _everything(theme: Theme, content: BoilerMapContent, layers: ProjectedLayers) -> Groups:
    """The legend if every boiler were in view: the panel must have room for it."""
    drawn: list[DrawnClass] = []
    for layer in theme.layers:
        columns = content.boilers if layer.entity == "boiler" else _columns(layer, layers)
        classes = layer.rule.classify(columns)[layer.passes(columns)]
        for index, item in enumerate(layer.rule.classes):
            count = int((classes == index).sum())
            if count and layer.legend and layer.visible:
                drawn.append(DrawnClass(layer.id, item.key, item.title, item.symbol, count))
    return legend(theme, DisplayList(0.0, 0.0, "", (), tuple(drawn)))


def _columns(layer: Layer, layers: ProjectedLayers) -> FeatureColumns:
    return layers.source.columns(layer.entity, layer.fields(), None)
