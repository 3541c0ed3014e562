"""The base map that ships with the program: boundaries and places read from `maps/*.geojson`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import shapely
from shapely.geometry import shape

from app.carto.features import (
    Extent,
    FeatureColumns,
    FeatureSource,
    JoinedSource,
    as_columns,
    no_features,
    within,
)
from app.errors import StoreFailure
from app.i18n import N_
from app.resources import map_file

# Entity name of the base map -> its file; `maps/SOURCES.md` says where each comes from.
FILES: Mapping[str, str] = {
    "base.provinces": "china_provinces_cgcs2000_tianditu.geojson",
    "base.cities": "gansu_cities_cgcs2000_tianditu.geojson",
    "base.counties": "gansu_counties_cgcs2000_tianditu.geojson",
    "base.home": "pingliang_counties_cgcs2000_tianditu.geojson",
    "base.places": "region_places_geonames.geojson",
}


class BaseSource:
    """Features of the shipped base map, read once each."""

    def columns(self, entity: str, fields: Sequence[str], extent: Extent | None) -> FeatureColumns:
        """The features of a `base.` entity, none for others. Raises StoreFailure for a broken file."""
        if entity not in FILES:
            return no_features()
        found = as_columns(_rows(FILES[entity]), fields)
        return found if extent is None else within(found, extent)


def with_base(source: FeatureSource, added: FeatureSource | None = None) -> FeatureSource:
    """`source` with the shipped base map beside it under the prefix `base.`, added files under their own."""
    beside: dict[str, FeatureSource] = {"base": BaseSource()}
    if added is not None:
        beside |= {"features": added, "tiles": added}
    return JoinedSource(beside, source)


@lru_cache(maxsize=16)
def _rows(file_name: str) -> tuple[dict[str, Any], ...]:
    path = map_file(file_name)
    try:
        features = json.loads(path.read_text("utf-8"))["features"]
        return tuple(_row(number, feature) for number, feature in enumerate(features))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreFailure(
            N_("The base map file {name} cannot be read."),
            hint=N_("Install the program again; your own records are not touched."),
            code="bad_base_map",
            name=file_name,
        ) from error


def _row(number: int, feature: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(feature["properties"])
    geometry = shape(feature["geometry"]) if feature.get("geometry") else None
    if geometry is not None and geometry.geom_type.endswith("Polygon"):
        geometry = shapely.make_valid(geometry)
    code = str(values.get("gb", ""))[3:9]  # the files write `156` (China) and the six digits
    name = values.get("name_zh") or values.get("name")
    return {**values, "uid": code or f"{number}", "code": code, "name": name, "geometry": geometry}
