"""Distances, bearings and areas on the ellipsoid, and the units people here say them in."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from pyproj import Geod
from shapely import LinearRing, Point, Polygon
from shapely.geometry.base import BaseGeometry

from app.domain.coordinates.gcj import Floats
from app.i18n import N_, tr

_GEOD = Geod(ellps="GRS80")  # CGCS2000's ellipsoid to within 0.1 mm
MU_PER_HECTARE = 15.0
_WINDS = (
    N_("north"),
    N_("north-east"),
    N_("east"),
    N_("south-east"),
    N_("south"),
    N_("south-west"),
    N_("west"),
    N_("north-west"),
)


def distance_m(x1: float, y1: float, x2: float, y2: float) -> float:
    """Metres between two points given in degrees EPSG:4490."""
    return float(_GEOD.inv(x1, y1, x2, y2)[2])


def distances_m(x1: ArrayLike, y1: ArrayLike, x2: ArrayLike, y2: ArrayLike) -> Floats:
    """Metres between two arrays of points of equal shape, degrees EPSG:4490."""
    lon1, lat1, lon2, lat2 = (np.atleast_1d(np.asarray(value, np.float64)) for value in (x1, y1, x2, y2))
    distances: Floats = _GEOD.inv(lon1, lat1, lon2, lat2)[2]
    return distances


def bearing_deg(x1: float, y1: float, x2: float, y2: float) -> float:
    """The direction of the second point seen from the first, degrees clockwise from north, 0 to 360."""
    return float(_GEOD.inv(x1, y1, x2, y2)[0]) % 360.0


def area_m2(shape: BaseGeometry) -> float:
    """Square metres of a polygon or multipolygon in degrees EPSG:4490, holes taken off, never negative."""
    return math.fsum(_polygon_area(part) for part in polygons(shape))


def drawn_area_m2(shape: BaseGeometry) -> float:
    """Square metres of a small polygon or multipolygon whose edges are straight in degrees, as on maps.

    The geodesic between two corners leaves that line by metres within some kilometres: of a sliver along a
    boundary that one neighbour has an extra corner on, `area_m2` would tell hundreds of square metres.
    """
    lat = math.radians(shape.centroid.y) if not shape.is_empty else 0.0
    bend = 1.0 - _GEOD.es * math.sin(lat) ** 2
    across, along = _GEOD.a * math.cos(lat) / math.sqrt(bend), _GEOD.a * (1.0 - _GEOD.es) / bend**1.5
    return float(shape.area) * math.radians(across) * math.radians(along)


def polygons(shape: BaseGeometry) -> list[Polygon]:
    """The polygons a shape is made of; lines and points have none."""
    if isinstance(shape, Polygon):
        return [] if shape.is_empty else [shape]
    return [polygon for part in getattr(shape, "geoms", ()) for polygon in polygons(part)]


def _polygon_area(polygon: Polygon) -> float:
    return _ring_area(polygon.exterior) - math.fsum(_ring_area(ring) for ring in polygon.interiors)


def _ring_area(ring: LinearRing) -> float:
    x, y = np.asarray(ring.coords)[:, :2].T
    return abs(float(_GEOD.polygon_area_perimeter(x, y)[0]))


def length_m(shape: BaseGeometry) -> float:
    """Metres along a line, or around a polygon with its holes, degrees EPSG:4490."""
    rings = [ring for polygon in polygons(shape) for ring in (polygon.exterior, *polygon.interiors)]
    lines = rings or [part for part in getattr(shape, "geoms", [shape]) if part.geom_type.startswith("Line")]
    return math.fsum(float(_GEOD.line_length(*np.asarray(line.coords)[:, :2].T)) for line in lines)


def zone_measures(shape: BaseGeometry) -> dict[str, float]:
    """The computed area and perimeter of a protection zone by field name; stored to 1 m² and 0.1 m."""
    return {"area_calc_km2": round(area_m2(shape) / 1e6, 6), "perimeter_m": round(length_m(shape), 1)}


def area_words(square_metres: float) -> str:
    """An area as people here say it: hectares and 亩, and square kilometres when it is large."""
    hectares = square_metres / 10_000.0
    mu = hectares * MU_PER_HECTARE
    if square_metres >= 1e6:
        return tr(
            "{km2} km² ({ha} ha, {mu} mu)",
            km2=f"{square_metres / 1e6:.3f}",
            ha=f"{hectares:.1f}",
            mu=f"{mu:.0f}",
        )
    return tr("{ha} ha ({mu} mu)", ha=f"{hectares:.3f}", mu=f"{mu:.2f}")


def distance_words(metres: float) -> str:
    """A distance in metres or kilometres."""
    return tr("{n} km", n=f"{metres / 1000:.3f}") if metres >= 1000 else tr("{n} m", n=f"{metres:.1f}")


def bearing_words(degrees: float) -> str:
    """A direction in degrees clockwise from true north, to a tenth, and the nearest of eight winds."""
    shown = round(degrees, 1) % 360.0
    wind = _WINDS[round(shown / 45.0) % len(_WINDS)]
    return tr("{deg}° ({wind})", deg=f"{shown:.1f}", wind=tr(wind))


def spot_of(geometry: BaseGeometry | None) -> tuple[float, float] | None:
    """The x, y of a point; None for no shape, another one, or numbers that are no place."""
    if not isinstance(geometry, Point) or geometry.is_empty:
        return None
    x, y = geometry.x, geometry.y
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None
