"""The body of a sheet: the map in its frame beside or above a panel, at the largest round scale that fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.carto.display import Box, DisplayList, Op, polyline
from app.carto.features import Extent
from app.carto.projection import convergence_deg, to_degrees, to_map
from app.carto.scale import fitting_scale, needed_scale, require_fit
from app.carto.view import MapView
from app.domain.coordinates.zones import sheet_crs
from app.printing.frame import degree_ticks, framed_map, outer_line
from app.printing.layout import Skeleton
from app.printing.page import LANDSCAPE, PORTRAIT
from app.printing.request import SheetRequest

RIGHT, BOTTOM = "right", "bottom"
_AREA_MARGIN = 0.035
_LEAST_MAP_MM = 60.0


@dataclass(frozen=True)
class Body:
    """Where the map and the panel lie in a skeleton's body; `map_box` is the inner frame."""

    skeleton: Skeleton
    side: str
    map_box: Box
    panel_box: Box

    @property
    def has_room(self) -> bool:
        """False when the panel runs over the sheet or leaves hardly any map."""
        _, top, width, height = self.skeleton.body()
        inside = self.panel_box[1] >= top and self.panel_box[3] <= height + 0.01
        inside = inside and self.panel_box[2] <= width + 0.01
        return inside and min(self.map_box[2:]) > _LEAST_MAP_MM * self.skeleton.style.unit

    def fits(self, extent: Extent) -> float:
        """The scale denominator an extent in metres needs here."""
        return needed_scale(extent, self.map_box[2], self.map_box[3])


PanelSize = Callable[[Skeleton, str], tuple[float, float]]


def best_body(
    request: SheetRequest, make: Callable[[str, str], Skeleton], extent: Extent, panel: PanelSize, paper: str
) -> Body:
    """The orientation and panel side at which the area comes out largest, within what the request fixed."""
    orientations = (request.orientation,) if request.orientation else (LANDSCAPE, PORTRAIT)
    bodies = [
        place_panel(make(paper, orientation), side, panel)
        for orientation in orientations
        for side in (RIGHT, BOTTOM)
    ]
    usable = [body for body in bodies if body.has_room]
    return min(usable or bodies, key=lambda body: body.fits(extent))


def place_panel(skeleton: Skeleton, side: str, panel: PanelSize) -> Body:
    """Divide a skeleton's body between map and panel."""
    x, y, width, height = skeleton.body()
    gap = skeleton.style.frame_gap_mm
    wide, tall = panel(skeleton, side)
    if side == RIGHT:
        map_box = (x + gap, y + gap, width - wide - 2 * gap, height - 2 * gap)
        return Body(skeleton, side, map_box, (x + width - wide, y, wide, max(height, tall)))
    map_box = (x + gap, y + gap, width - 2 * gap, height - tall - 2 * gap)
    return Body(skeleton, side, map_box, (x, y + height - tall, max(width, wide), tall))


def area_extent(area: BaseGeometry, request_crs: str) -> tuple[Extent, str]:
    """The extent of an area in the sheet's system with a little air around it, and that system."""
    crs = sheet_crs(*area.bounds, override=request_crs or None)
    projected = shapely.transform(area, lambda xy: to_map(xy, crs))
    x0, y0, x1, y1 = projected.bounds
    air = max(x1 - x0, y1 - y0) * _AREA_MARGIN / 2
    return (x0 - air, y0 - air, x1 + air, y1 + air), crs


def sheet_view(body: Body, extent: Extent, crs: str, scale: int | None) -> MapView:
    """The view of the map frame, centred on the area at the asked or the largest round scale that fits.

    Raises Invalid, naming a scale that works, when the area does not fit at the asked scale.
    """
    width, height = body.map_box[2], body.map_box[3]
    if scale is not None:
        inner = _without_air(extent)
        require_fit(inner, width, height, scale)
    denominator = scale or fitting_scale(extent, width, height)
    centre = ((extent[0] + extent[2]) / 2, (extent[1] + extent[3]) / 2)
    return MapView.on_paper(centre, float(denominator), (width, height), crs)


def _without_air(extent: Extent) -> Extent:
    x0, y0, x1, y1 = extent
    air = max(x1 - x0, y1 - y0) * _AREA_MARGIN / (1 + _AREA_MARGIN) / 2
    return x0 + air, y0 + air, x1 - air, y1 - air


def body_ops(body: Body, picture: DisplayList, view: MapView) -> tuple[Op, ...]:
    """The map with its frame and degrees, the sheet's thick outer line, and the line before the panel."""
    style, box = body.skeleton.style, body.skeleton.body()
    at = (body.map_box[0], body.map_box[1])
    x, y, wide, tall = body.panel_box
    ends = [(x, y), (x, y + tall)] if body.side == RIGHT else [(x, y), (x + wide, y)]
    ticks = degree_ticks(view, at, style, labels=not body.skeleton.request.public)
    line = polyline([(float(a), float(b)) for a, b in ends], style.thin)
    return *framed_map(picture, at, style.thin), *ticks, line, outer_line(box, style)


def north_angle(view: MapView) -> float:
    """The convergence in degrees at the middle of a view."""
    lon, lat = to_degrees(np.array([view.centre]), view.crs)[0]
    return convergence_deg(float(lon), float(lat), view.crs)
