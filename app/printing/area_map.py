"""A theme over an area with legend and, if wanted, a table: the way grid and source maps are made."""

from __future__ import annotations

from app.carto.compose import Look, display_list
from app.carto.display import Op
from app.carto.features import FeatureSource
from app.carto.keeping import ProjectedLayers
from app.carto.legend import legend
from app.carto.theme import Theme, read_theme
from app.carto.view import MapView
from app.domain.coordinates.zones import crs_title
from app.errors import Invalid
from app.i18n import N_, tr
from app.printing.blocks import NOTHING, Block
from app.printing.body import Body, area_extent, best_body, body_ops, north_angle, sheet_view
from app.printing.focus import focused
from app.printing.layout import Skeleton, common_notes, shown_notes, subtitle_of
from app.printing.marks import north_block
from app.printing.page import Page
from app.printing.panel import Groups, panel_block, panel_size, put_panel, with_room
from app.printing.request import AreaMapContent, SheetRequest
from app.printing.style import PICTURE_DOTS, SheetStyle
from app.printing.table import Cell, head, table_block


def build_area_map(request: SheetRequest, theme_id: str, title: str, paper: str) -> list[Page]:
    """One page of a theme; `title` is a template with {area}. Raises Invalid when the area does not fit."""
    content = request.content
    if not isinstance(content, AreaMapContent):
        raise Invalid(N_("This sheet needs an area and its features."), code="wrong_content")
    return [_AreaMap(request, content, theme_id, title).page(request.paper or paper)]


def _shown(request: SheetRequest, content: AreaMapContent, theme_id: str) -> tuple[Theme, FeatureSource]:
    """What the map shows already, or the standard theme within the area."""
    if request.shown is not None:
        return request.shown, content.source
    hidden = ("intakes",) if request.public else ()
    return focused(request.themed(read_theme(theme_id).without(*hidden)), content.source, content.area)


class _AreaMap:
    """One area map being made."""

    def __init__(self, request: SheetRequest, content: AreaMapContent, theme_id: str, title: str) -> None:
        self.request = request
        self.content = content
        self.title = title
        self.extent, self.crs = area_extent(content.area, request.crs)
        self.theme, source = _shown(request, content, theme_id)
        self.layers = ProjectedLayers(source)
        self.groups = self._first_legend()

    def page(self, paper: str) -> Page:
        body = with_room(lambda groups: self._body(groups, paper), self._draft_legend, self.groups)
        view = self._view(body)
        style = body.skeleton.style
        north = north_block(north_angle(view), style)
        corner = (view.width_mm - north.width_mm - 3 * style.unit, 3 * style.unit)
        look = Look(
            style.symbol_scale, style.unit, ((*corner, north.width_mm, north.height_mm),), dots=PICTURE_DOTS
        )
        picture = display_list(self.theme, self.layers, view, look)
        self.groups = legend(self.theme, picture, self.content.counts)
        panel = put_panel(body, self._panel(body.skeleton, body.side))
        ops: tuple[Op, ...] = (
            *body_ops(body, picture, view),
            north.at(body.map_box[0] + corner[0], body.map_box[1] + corner[1]),
            panel.op,
        )
        return body.skeleton.page(ops, view.scale)

    def _body(self, groups: Groups, paper: str) -> Body:
        self.groups = groups
        return best_body(self.request, self._skeleton, self.extent, self._panel_size, paper)

    def _view(self, body: Body) -> MapView:
        return sheet_view(body, self.extent, self.crs, self.request.scale)

    def _draft_legend(self, body: Body) -> Groups:
        picture = display_list(self.theme, self.layers, self._view(body), Look(labels=False))
        return legend(self.theme, picture, self.content.counts)

    def _first_legend(self) -> Groups:
        """The legend of the whole area, for the room of the panel before the frame is known."""
        view = MapView.of_extent(self.extent, (1200, 1200), self.crs)
        picture = display_list(self.theme, self.layers, view, Look(labels=False))
        return legend(self.theme, picture, self.content.counts)

    def _skeleton(self, paper: str, orientation: str) -> Skeleton:
        meta = self.request.meta
        title = meta.title or tr(self.title, area=self.content.area_name)
        notes = (*common_notes(meta, crs_title(self.crs)), *shown_notes(self.request, self.content.area_name))
        warnings = (
            (tr("Contains simulated records, for demonstration only"),) if self.content.synthetic else ()
        )
        return Skeleton(self.request, paper, orientation, title, subtitle_of(self.request), notes, warnings)

    def _panel_size(self, skeleton: Skeleton, side: str) -> tuple[float, float]:
        return panel_size(skeleton, self._panel(skeleton, side))

    def _panel(self, skeleton: Skeleton, side: str) -> Block:
        return panel_block(skeleton, side, self.groups, [self._table(skeleton.style)])

    def _table(self, style: SheetStyle) -> Block:
        rows = self.content.table
        if not rows:
            return NOTHING
        cells = [[head(word) for word in rows[0]], *([Cell(word) for word in row] for row in rows[1:])]
        return table_block(cells, style)
