"""The bands around a built-up area (建成区) in which the household retrofits are counted."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.carto.display import Floats
from app.carto.features import FeatureColumns, FeatureSource, as_columns
from app.carto.layers import Layer, SymbolClass, SymbolRule
from app.carto.projection import to_degrees, to_map
from app.carto.symbols import Line, Symbol
from app.i18n import N_

ENTITY = "sheet.bands"
_COLOUR = "#a0643c"
_BANDS_KM = (5, 10)
_TITLES = {5: N_("5 km around the built-up area"), 10: N_("10 km around the built-up area")}
_DASHES: dict[int, tuple[float, ...]] = {5: (1.2, 0.8), 10: (3.0, 1.2)}


def band_columns(source: FeatureSource, area: BaseGeometry, crs: str) -> FeatureColumns:
    """The outer lines of the bands (EPSG:4490) around the built-up areas whose middle lies in `area`.

    Distances are measured in `crs`, whose scale error on a sheet is below 0.1 %.
    """
    found = source.columns("built_up_area", [], None)
    towns = [shape for shape in found.geometry if shape is not None and not shape.is_empty]
    inside = [town for town in towns if area.contains(town.representative_point())]
    if not inside:
        return as_columns([], ["km"])

    def there(xy: Floats) -> Floats:
        return to_map(xy, crs)

    def back(xy: Floats) -> Floats:
        return to_degrees(xy, crs)

    ground = shapely.transform(np.array(inside, dtype=object), there)
    rows = [
        {"uid": f"band-{km}", "km": km, "geometry": shapely.transform(_edge(ground, km), back)}
        for km in _BANDS_KM
    ]
    return as_columns(rows, ["km"])


def _edge(ground: np.ndarray, km: int) -> BaseGeometry:
    wide = shapely.union_all(shapely.buffer(ground, km * 1000.0, quad_segs=24))
    return shapely.boundary(wide)


def band_layer() -> Layer:
    """The bands as dashed lines under everything else of the theme."""
    classes = tuple(
        SymbolClass(f"{km}", _TITLES[km], Symbol(line=Line(_COLOUR, 0.3, _DASHES[km])), (km,))
        for km in _BANDS_KM
    )
    return Layer("bands", N_("Bands around the built-up area"), ENTITY, SymbolRule(classes, "km"), 18, "base")
