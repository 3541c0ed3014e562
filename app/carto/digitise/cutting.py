"""Cutting an area along a line, joining areas, and holes; every refusal says why the drawing does not fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import split as split_along

from app.carto.digitise.corners import XY
from app.domain.coordinates.measure import area_m2, polygons
from app.errors import Refused
from app.i18n import N_

_SLIVER_M2 = 1e-3  # what floating point leaves behind a cut; no piece of land


def as_area(shape: BaseGeometry) -> MultiPolygon:
    """The polygons of a shape as one multipolygon (EPSG:4490)."""
    return MultiPolygon(polygons(shape))


def drawn_area(corners: Sequence[XY]) -> MultiPolygon:
    """The area inside drawn corners; raises Refused for fewer than three, and for an outline that crosses
    itself."""
    if len(set(corners)) < 3:
        raise Refused(N_("An area needs three corners"), code="too_few")
    area = Polygon(corners)
    if not area.is_valid or area.area == 0.0:
        raise Refused(
            N_("The outline crosses or touches itself"),
            hint=N_("Move a corner so that no two edges meet."),
            code="self_intersection",
        )
    return MultiPolygon([area])


def cut(area: BaseGeometry, line: Sequence[XY]) -> list[MultiPolygon]:
    """The pieces of an area along a line, the largest first; parts the line does not cross stay with it.

    Raises Refused when the line does not go all the way through any part.
    """
    if len(set(line)) < 2:
        raise Refused(N_("A cut needs two corners"), code="too_few")
    knife = LineString(line)
    whole: list[Polygon] = []
    pieces: list[Polygon] = []
    for part in polygons(area):
        found = [piece for piece in polygons(split_along(part, knife)) if area_m2(piece) > _SLIVER_M2]
        (pieces if len(found) > 1 else whole).extend(found if len(found) > 1 else [part])
    if not pieces:
        raise Refused(
            N_("The line does not cross the area"),
            hint=N_("Begin and end outside of it."),
            code="no_cut",
        )
    pieces.sort(key=area_m2, reverse=True)
    return [MultiPolygon([pieces[0], *whole]), *(MultiPolygon([piece]) for piece in pieces[1:])]


def joined(areas: Sequence[BaseGeometry]) -> MultiPolygon:
    """Several areas as one; common boundaries disappear, areas apart stay parts of one."""
    return as_area(shapely.union_all(np.asarray(areas, dtype=object)))


def with_hole(area: BaseGeometry, corners: Sequence[XY]) -> MultiPolygon:
    """The area without what was drawn inside it; raises Refused when the drawing leaves the area."""
    hole = drawn_area(corners).geoms[0]
    if not any(part.contains_properly(hole) for part in polygons(area)):
        raise Refused(
            N_("The hole must lie wholly inside one part of the area"),
            hint=N_("Cut the area where the hole meets its edge."),
            code="outside",
        )
    return as_area(area.difference(hole))
