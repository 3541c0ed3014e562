"""Coordinate systems by name: Gauss-Krüger zones, the system a sheet is drawn in, and safe transformation."""

from __future__ import annotations

import math
import re
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from pyproj import CRS, Transformer
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import TransverseMercatorConversion
from pyproj.exceptions import CRSError, ProjError

from app.domain.coordinates.gcj import Pair, from_bd09, from_gcj02, to_bd09, to_gcj02
from app.errors import Invalid
from app.i18n import N_, tr

STORED = "EPSG:4490"
GCJ02 = "gcj02"
BD09 = "bd09"
CITY_MERIDIAN = (
    106.5  # the seam of Pingliang's two zones; keeps the scale error of the whole city below 175 ppm
)
CITY = f"tm:{CITY_MERIDIAN}"

_WORLD_DATUMS = (4326, 4490, 4979, 4480)  # WGS 84 and CGCS2000: PROJ and we treat them as one
_OLD_DATUMS = {4610: "Xian 1980", 4214: "Beijing 1954", 4555: "New Beijing"}
_FIRST_ZONE, _LAST_ZONE = 25, 45
_ALIASES = {
    "wgs84": "EPSG:4326",
    "cgcs2000": STORED,
    "4490": STORED,
    "gcj-02": GCJ02,
    "gcj02": GCJ02,
    "bd-09": BD09,
    "bd09": BD09,
    "xian80": "EPSG:4610",
    "beijing54": "EPSG:4214",
}


def zone3(lon: float) -> int:
    """The number of the 3-degree zone a longitude lies in (zone 35 has its meridian at 105°E)."""
    return math.floor((lon + 1.5) / 3.0)


def zone_meridian(zone: int) -> float:
    """The central meridian of a 3-degree zone in degrees."""
    return 3.0 * zone


def zone_crs(zone: int, prefixed: bool = False) -> str:
    """The CGCS2000 system of a 3-degree zone, easting with the zone number in front (8 digits) or without."""
    if not _FIRST_ZONE <= zone <= _LAST_ZONE:
        raise Invalid(N_("There is no 3-degree zone {zone} in China."), code="bad_crs", zone=zone)
    return f"EPSG:{(4513 if prefixed else 4534) + zone - _FIRST_ZONE}"


def zone6_crs(zone: int, prefixed: bool = False) -> str:
    """The CGCS2000 system of a 6-degree zone (zone 18 has its meridian at 105°E)."""
    if not 13 <= zone <= 23:
        raise Invalid(N_("There is no 6-degree zone {zone} in China."), code="bad_crs", zone=zone)
    return f"EPSG:{(4491 if prefixed else 4502) + zone - 13}"


def zone_of_crs(name: str) -> int | None:
    """The 3-degree zone a system name stands for, or None when it is something else."""
    number = int(name[5:]) if re.fullmatch(r"EPSG:\d+", name) else 0
    for first in (4513, 4534):
        if 0 <= number - first <= _LAST_ZONE - _FIRST_ZONE:
            return number - first + _FIRST_ZONE
    return None


def is_prefixed(name: str) -> bool:
    """True for a CGCS2000 system whose easting carries its zone number (8 digits)."""
    number = int(name[5:]) if re.fullmatch(r"EPSG:\d+", name) else 0
    return 4491 <= number <= 4501 or 4513 <= number <= 4533


def is_old(name: str) -> bool:
    """True for Beijing 1954 and Xian 1980, from which there is no way to CGCS2000 that everybody may know."""
    name = normalise_crs(name)
    datum = crs_object(name).geodetic_crs if name not in (GCJ02, BD09) else None
    return datum is not None and datum.to_epsg() in _OLD_DATUMS


def zone_number(name: str) -> int:
    """The zone number before the eastings of a projected system, 0 when it carries none."""
    operation = crs_object(name).coordinate_operation
    eastings = (
        item.value for item in (operation.params if operation else ()) if item.name == "False easting"
    )
    return int(float(next(eastings, 0.0)) // 1_000_000)


def normalise_crs(name: str) -> str:
    """A system name as we write it: `EPSG:n`, `gcj02`, `bd09` or `tm:LON`; raises Invalid when it is none."""
    text = name.strip()
    known = _ALIASES.get(text.lower())
    if known:
        return known
    if re.fullmatch(r"(?i)tm:\d+(\.\d+)?", text):
        return f"tm:{float(text[3:])}"
    match = re.fullmatch(r"(?i)(?:epsg:)?(\d{4,6})", text)
    if match is None:
        raise Invalid(
            N_("“{name}” is not a coordinate system."),
            hint=N_("Write EPSG:4490, EPSG:4524, gcj02 or bd09."),
            code="bad_crs",
            name=name,
        )
    return f"EPSG:{match[1]}"


@lru_cache(maxsize=64)
def crs_object(name: str) -> CRS:
    """The pyproj system of a name from `normalise_crs`; GCJ-02 and BD-09 have none and raise Invalid."""
    name = normalise_crs(name)
    if name.startswith("tm:"):
        meridian = float(name[3:])
        conversion = TransverseMercatorConversion(
            latitude_natural_origin=0, longitude_natural_origin=meridian, false_easting=500000
        )
        return ProjectedCRS(conversion, name=f"CGCS2000 / TM {meridian}E", geodetic_crs=CRS.from_epsg(4490))
    if name in (GCJ02, BD09):
        raise Invalid(N_("{name} is not a system that can be drawn in."), code="bad_crs", name=name)
    try:
        return CRS.from_user_input(name)
    except CRSError as error:
        raise Invalid(N_("The coordinate system {name} is not known."), code="bad_crs", name=name) from error


def is_geographic(name: str) -> bool:
    """True when the system's coordinates are degrees."""
    name = normalise_crs(name)
    return name in (GCJ02, BD09) or bool(crs_object(name).is_geographic)


def sheet_crs(x0: float, y0: float, x1: float, y1: float, override: str | None = None) -> str:
    """The system for a sheet of this extent (degrees): its centre's zone, or the city's own when it is wide.

    A sheet wider than one zone (more than 1.2°) gets a transverse Mercator on 106.5°E or its own middle.
    """
    if override:
        return normalise_crs(override)
    middle = (x0 + x1) / 2.0
    if x1 - x0 > 1.2:
        return CITY if abs(middle - CITY_MERIDIAN) < 0.75 else f"tm:{round(middle * 2) / 2}"
    return zone_crs(zone3(middle))


def crs_title(name: str) -> str:
    """The sentence a printed sheet carries about its system."""
    name = normalise_crs(name)
    base = tr("CGCS2000 geodetic coordinate system")
    zone = zone_of_crs(name)
    if name in (GCJ02, BD09):
        return {GCJ02: tr("GCJ-02 (AMap, Tencent)"), BD09: tr("BD-09 (Baidu)")}[name]
    if name == STORED:
        return tr("{base}, geographic coordinates", base=base)
    if name == "EPSG:4326":
        return tr("WGS 84, geographic coordinates")
    if zone is not None:
        meridian = f"{zone_meridian(zone):g}"
        return tr(
            "{base}, Gauss-Krüger projection, 3° zones, central meridian {meridian}°",
            base=base,
            meridian=meridian,
        )
    if name.startswith("tm:"):
        return tr(
            "{base}, transverse Mercator projection, central meridian {meridian}°",
            base=base,
            meridian=f"{float(name[3:]):g}",
        )
    return str(crs_object(name).name)


def transform(xs: ArrayLike, ys: ArrayLike, source: str, target: str = STORED) -> Pair:
    """Coordinates from one system into another, x east and y north always.

    Accepts GCJ-02 and BD-09 on both sides. Raises Invalid for a datum PROJ can only guess at (Xian 1980,
    Beijing 1954) and for coordinates that lie where the system has no meaning.
    """
    x, y = np.asarray(xs, float), np.asarray(ys, float)
    source, target = normalise_crs(source), normalise_crs(target)
    if source == target:
        return x, y
    x, y = _to_degrees(x, y, source)
    return _from_degrees(x, y, target)


def _to_degrees(x: np.ndarray, y: np.ndarray, source: str) -> Pair:
    if source == GCJ02:
        return from_gcj02(x, y)
    if source == BD09:
        return from_bd09(x, y)
    return _run(_transformer(source, True), x, y, source)


def _from_degrees(x: np.ndarray, y: np.ndarray, target: str) -> Pair:
    if target == GCJ02:
        return to_gcj02(x, y)
    if target == BD09:
        return to_bd09(x, y)
    return _run(_transformer(target, False), x, y, target)


def _run(transformer: Transformer | None, x: np.ndarray, y: np.ndarray, name: str) -> Pair:
    if transformer is None:
        return x, y
    try:
        out_x, out_y = transformer.transform(x, y, errcheck=False)
    except ProjError as error:
        raise Invalid(
            N_("The coordinates do not belong to {name}."), code="bad_position", name=name
        ) from error
    out_x, out_y = np.asarray(out_x, float), np.asarray(out_y, float)
    return np.where(np.isfinite(out_x), out_x, np.nan), np.where(np.isfinite(out_y), out_y, np.nan)


@lru_cache(maxsize=128)
def _transformer(name: str, inverse: bool) -> Transformer | None:
    """Between a system and degrees of CGCS2000, None when both are the same; Invalid for old datums."""
    crs = crs_object(name)
    datum = crs.geodetic_crs
    code = datum.to_epsg() if datum is not None else None
    if code in _WORLD_DATUMS:
        if crs.is_geographic:
            return None
        start, end = (crs, datum) if inverse else (datum, crs)
        return Transformer.from_crs(start, end, always_xy=True)
    if datum is None or code in _OLD_DATUMS:
        raise Invalid(
            N_("{name} uses the {datum} datum, for which no exact shift to CGCS2000 is known here."),
            hint=N_(
                "Give seven parameters (--params) or a file of common points (--points), or have them"
                " converted by the surveying office; a guess is wrong by about 100 m."
            ),
            code="bad_crs",
            name=name,
            datum=_OLD_DATUMS.get(code or 0, name),
        )
    stored = CRS.from_epsg(4490)
    start, end = (crs, stored) if inverse else (stored, crs)
    try:
        return Transformer.from_crs(start, end, always_xy=True, allow_ballpark=False)
    except ProjError as error:
        raise Invalid(
            N_("There is no exact way from {name} to CGCS2000."), code="bad_crs", name=name
        ) from error
