"""What makes a sheet's own area stand out: nothing beyond it, and a soft band along its boundary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.carto.features import Extent, FeatureColumns, FeatureSource, imagery_of
from app.carto.layers import Layer, SymbolClass, SymbolRule
from app.carto.symbols import Line, Symbol
from app.carto.theme import Theme
from app.domain.imagery import Imagery

_BAND = "sheet.band"
_SLACK_DEG = 0.001


class OverlaidSource:
    """A source with some entities answered from given columns."""

    def __init__(self, given: Mapping[str, FeatureColumns], rest: FeatureSource) -> None:
        self._given = given
        self._rest = rest

    def columns(self, entity: str, fields: Sequence[str], extent: Extent | None) -> FeatureColumns:
        """The given columns of an entity, else what the other source says."""
        found = self._given.get(entity)
        return self._rest.columns(entity, fields, extent) if found is None else found

    def many(self, entity: str, fields: Sequence[str], crs: str, before: Any) -> Any:
        """Flat areas of the other source; none of an entity that is given, or where it keeps none."""
        offered = None if entity in self._given else getattr(self._rest, "many", None)
        return offered(entity, fields, crs, before) if offered else None

    def imagery(self, entity: str) -> Imagery | None:
        """The pictures of the other source."""
        return imagery_of(self._rest, entity)


class WithinSource:
    """Only the features of a source that lie within an area, the base map whole."""

    def __init__(self, area: BaseGeometry, rest: FeatureSource) -> None:
        self._area = shapely.buffer(area, _SLACK_DEG)
        shapely.prepare(self._area)
        self._rest = rest

    def columns(self, entity: str, fields: Sequence[str], extent: Extent | None) -> FeatureColumns:
        """The features whose middle lies within the area; those without a place are left out."""
        found = self._rest.columns(entity, fields, extent)
        if entity.startswith("base.") or not len(found):
            return found
        placed = found.taken(~(shapely.is_missing(found.geometry) | shapely.is_empty(found.geometry)))
        middles = shapely.point_on_surface(placed.geometry)
        return placed.taken(np.asarray(shapely.intersects(self._area, middles)))

    def imagery(self, entity: str) -> Imagery | None:
        """The pictures of the source, whole like its base map."""
        return imagery_of(self._rest, entity)


def focused(theme: Theme, source: FeatureSource, area: BaseGeometry) -> tuple[Theme, FeatureSource]:
    """The theme with a band along the boundary of `area` (EPSG:4490), and the source without what lies
    outside.

    Neighbours are left to the base map, which draws them pale.
    """
    band = Symbol(line=Line(theme.colours["band"], 2.4, opacity=0.45))
    rule = SymbolRule((SymbolClass("all", "sheet_band", band),))
    layer = Layer("sheet_band", "sheet_band", _BAND, rule, order=44, group="base", legend=False)
    given = {_BAND: _single(shapely.boundary(area))}
    return theme.with_layer(layer), OverlaidSource(given, WithinSource(area, source))


def _single(geometry: BaseGeometry) -> FeatureColumns:
    column = np.empty(1, dtype=object)
    column[0] = geometry
    return FeatureColumns(["sheet"], column)
