"""What makes a sheet's own area stand out: only its own divisions, and a soft band along its boundary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.carto.features import Extent, FeatureColumns, FeatureSource
from app.carto.layers import Layer, SymbolClass, SymbolRule
from app.carto.symbols import Line, Symbol
from app.carto.theme import Theme

_BAND = "sheet.band"


class OverlaidSource:
    """A source with some entities answered from given columns."""

    def __init__(self, given: Mapping[str, FeatureColumns], rest: FeatureSource) -> None:
        self._given = given
        self._rest = rest

    def columns(self, entity: str, fields: Sequence[str], extent: Extent | None) -> FeatureColumns:
        """The given columns of an entity, else what the other source says."""
        found = self._given.get(entity)
        return self._rest.columns(entity, fields, extent) if found is None else found


def focused(theme: Theme, source: FeatureSource, area: BaseGeometry) -> tuple[Theme, FeatureSource]:
    """The theme with a band along the boundary of `area` (EPSG:4490), and the source without other divisions.

    Divisions outside are left to the base map, which draws neighbours pale.
    """
    band = Symbol(line=Line(theme.colours["band"], 2.4, opacity=0.45))
    rule = SymbolRule((SymbolClass("all", "sheet_band", band),))
    layer = Layer("sheet_band", "sheet_band", _BAND, rule, order=44, group="base", legend=False)
    names = sorted({name for other in theme.layers if other.entity == "division" for name in other.fields()})
    divisions = source.columns("division", names, None)
    inside = shapely.within(shapely.point_on_surface(divisions.geometry), shapely.buffer(area, 0.001))
    given = {_BAND: _single(shapely.boundary(area)), "division": divisions.taken(np.asarray(inside))}
    return theme.with_layer(layer), OverlaidSource(given, source)


def _single(geometry: BaseGeometry) -> FeatureColumns:
    column = np.empty(1, dtype=object)
    column[0] = geometry
    return FeatureColumns(["sheet"], column)
