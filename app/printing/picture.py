"""A map as a picture for a report: what the screen shows, with title, legend, scale, north and notes around
it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shapely.geometry import box

from app.carto.compose import Look, display_list
from app.carto.display import Op
from app.carto.features import Extent
from app.carto.keeping import ProjectedLayers
from app.carto.legend import legend
from app.carto.scale import legible_scale
from app.carto.theme import Theme
from app.carto.view import MapView
from app.domain.coordinates.zones import crs_title
from app.errors import Invalid
from app.i18n import N_, tr
from app.printing.blocks import Block
from app.printing.body import RIGHT, Body, body_ops, north_angle, place_panel
from app.printing.layout import Skeleton, common_notes
from app.printing.marks import legend_block, north_block
from app.printing.page import LANDSCAPE, Page
from app.printing.panel import Groups, panel_size, put_panel, with_room
from app.printing.request import AreaMapContent, SheetMeta, SheetRequest, date_words
from app.printing.style import PICTURE_DOTS

_SMALL_MM = 330.0  # a narrower picture has words as on A4, a wider one as on A3
_ANY_MM = 10_000.0


@dataclass(frozen=True, eq=False)
class PictureRequest:
    """What is drawn and the words around it; `synthetic` when made-up records are among it."""

    theme: Theme
    layers: ProjectedLayers
    meta: SheetMeta
    area_name: str
    synthetic: bool = False


def picture_around(request: PictureRequest, view: MapView, over: tuple[Op, ...] = ()) -> Page:
    """A page around a map of this very view and size, with more operations (a selection) above it."""
    groups = legend(request.theme, display_list(request.theme, request.layers, view, Look(labels=False)))
    making = _Making(request, view.crs, view.degrees, view.width_mm)
    boundless = making.skeleton((_ANY_MM, _ANY_MM))
    style = boundless.style
    height = view.height_mm + 2 * style.frame_gap_mm
    panel = panel_size(boundless, making.panel(groups, boundless, height))[0]
    width = view.width_mm + 2 * style.frame_gap_mm + panel + 2 * style.margin_mm
    around = _ANY_MM - making.skeleton((width, _ANY_MM)).body()[3]
    return making.page(making.body(groups, (width, around + height)), view, over)


def picture_within(request: PictureRequest, whole: MapView) -> Page:
    """A page of a view's size with the ground of that view in it; raises Invalid when there is no room for a
    map."""
    size_mm = (whole.width_mm, whole.height_mm)
    making = _Making(request, whole.crs, whole.degrees, size_mm[0])

    def view_in(body: Body) -> MapView:
        frame = MapView.on_paper(whole.centre, whole.scale, body.map_box[2:], whole.crs)
        return frame.fitted(whole.extent, 0.0)

    def seen(body: Body) -> Groups:
        picture = display_list(request.theme, request.layers, view_in(body), Look(labels=False))
        return legend(request.theme, picture)

    body = with_room(lambda groups: making.body(groups, size_mm), seen, ())
    if not body.has_room:
        raise Invalid(
            N_("The picture is too small for a legend beside the map."),
            hint=N_("Choose a larger size, or the map alone."),
            code="no_room",
        )
    return making.page(body, view_in(body))


class _Making:
    """One picture being made, `wide_mm` being what decides how large its words are."""

    def __init__(self, request: PictureRequest, crs: str, extent: Extent, wide_mm: float) -> None:
        self._request, self._crs = request, crs
        self._paper = "A4" if wide_mm < _SMALL_MM else "A3"
        area = AreaMapContent(request.area_name, box(*extent), request.layers.source)
        self._order = SheetRequest(area, request.meta)

    def skeleton(self, size_mm: tuple[float, float]) -> Skeleton:
        """The head and foot on a page of a size."""
        request, meta = self._request, self._request.meta
        title = meta.title or f"{request.area_name} {tr(request.theme.title)}"
        dated = tr("Data as of {date}", date=date_words(meta.data_as_of)) if meta.data_as_of else ""
        warnings = (tr("Contains simulated records, for demonstration only"),) if request.synthetic else ()
        notes = tuple(common_notes(meta, crs_title(self._crs)))
        return Skeleton(self._order, self._paper, LANDSCAPE, title, dated, notes, warnings, size_mm)

    def panel(self, groups: Groups, skeleton: Skeleton, height_mm: float) -> Block:
        """The legend, in as many columns as the height asks for."""
        return legend_block(groups, skeleton.style, height_mm - 8.0 * skeleton.style.unit)

    def body(self, groups: Groups, size_mm: tuple[float, float]) -> Body:
        """Map and legend beside each other on a page of a size."""
        skeleton = self.skeleton(size_mm)
        panel = self.panel(groups, skeleton, skeleton.body()[3])
        return place_panel(skeleton, RIGHT, lambda made, _: panel_size(made, panel))

    def page(self, body: Body, view: MapView, over: tuple[Op, ...] = ()) -> Page:
        """The finished page."""
        style, request = body.skeleton.style, self._request
        north = north_block(north_angle(view), style)
        x, y = view.width_mm - north.width_mm - 3 * style.unit, 3 * style.unit
        look = Look(keep_clear=((x, y, north.width_mm, north.height_mm),), dots=PICTURE_DOTS)
        picture = display_list(request.theme, request.layers, view, look)
        signs = put_panel(body, self.panel(legend(request.theme, picture), body.skeleton, body.panel_box[3]))
        picture = replace(picture, ops=(*picture.ops, *over))
        arrow = north.at(body.map_box[0] + x, body.map_box[1] + y)
        return body.skeleton.page(
            (*body_ops(body, picture, view), arrow, signs.op), legible_scale(view.scale)
        )
