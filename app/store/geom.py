"""The geometry column: shapely in the program, a GeoPackage blob in SQLite, EWKB in PostGIS."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy.engine import Dialect
from sqlalchemy.types import UserDefinedType

from app.domain.entity import Shape
from app.domain.portions import from_wkb, in_portions
from app.errors import Invalid
from app.i18n import N_

SRID = 4490
# OGC 12-128r19 §2.1.3: "GP", version 0, flags (little endian; bits 1-3 name the envelope), srs_id, envelope.
_PLAIN = struct.pack("<2sBBi", b"GP", 0, 0b001, SRID)
_BOXED = struct.Struct("<2sBBi4d")
_BOX = struct.Struct("<4d")
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
_POINT_WKB = struct.Struct("<BI2d")
_POINT_START = b"\x01\x01\x00\x00\x00"  # little endian, type 1
_MULTIPOLYGON_START = b"\x01\x06\x00\x00\x00"  # little endian, type 6
_ANY = ("POINT", "LINESTRING", "MULTILINESTRING", "MULTIPOLYGON")
_POINT_ROW = np.dtype([("head", "V13"), ("x", "<f8"), ("y", "<f8")])
_POINT_BYTES = len(_PLAIN) + _POINT_WKB.size


def fitted(geometry: BaseGeometry | None, shape: Shape) -> BaseGeometry | None:
    """`geometry` as the column holds it: two dimensions, polygons as multipolygons.

    Raises Invalid for another type, an empty geometry, or numbers that are no position on the globe.
    """
    if geometry is None:
        return None
    flat: BaseGeometry = shapely.force_2d(geometry) if geometry.has_z else geometry
    areal = shape in (Shape.MULTIPOLYGON, Shape.GEOMETRY)
    if areal and isinstance(flat, Polygon) and not flat.is_empty:
        flat = MultiPolygon([flat])
    allowed = _ANY if shape is Shape.GEOMETRY else (shape.value,)
    if flat.is_empty or flat.geom_type.upper() not in allowed:
        raise Invalid(N_("This kind of record cannot have that geometry"), code="bad_geometry")
    x0, y0, x1, y1 = flat.bounds
    if not (-180.0 <= x0 <= x1 <= 180.0 and -90.0 <= y0 <= y1 <= 90.0):
        raise Invalid(N_("The geometry lies outside the globe"), code="bad_geometry")
    return shapely.set_srid(flat, 0)


def to_blob(geometry: BaseGeometry) -> bytes:
    """The GeoPackage blob of a geometry in EPSG:4490; everything but a point carries its envelope."""
    return to_blobs([geometry])[0]


def to_blobs(geometries: Sequence[BaseGeometry]) -> list[bytes]:
    """The same of many at once, which takes little longer than of one."""
    if not geometries:
        return []
    found: list[bytes] = shapely.to_wkb(np.array(geometries, dtype=object), byte_order=1).tolist()
    return [_headed(geometry, wkb) for geometry, wkb in zip(geometries, found, strict=True)]


def _headed(geometry: BaseGeometry, wkb: bytes) -> bytes:
    if wkb[:5] == _POINT_START:
        return _PLAIN + wkb
    x0, y0, x1, y1 = geometry.bounds
    return _BOXED.pack(b"GP", 0, 0b011, SRID, x0, x1, y0, y1) + wkb


def from_blob(blob: bytes) -> BaseGeometry | None:
    """The geometry of a GeoPackage blob, whatever program wrote it; None when it cannot be read."""
    with np.errstate(invalid="ignore"):  # what GEOS sets while it refuses a shape is no news
        found: BaseGeometry | None = shapely.from_wkb(blob[header_length(blob) :], on_invalid="ignore")
    return found


def header_length(blob: bytes) -> int:
    """Where the WKB starts in a GeoPackage blob; its end when it is none."""
    envelope = (blob[3] >> 1) & 7 if len(blob) > 8 and blob[:2] == b"GP" else len(_ENVELOPE_BYTES)
    return 8 + _ENVELOPE_BYTES[envelope] if envelope < len(_ENVELOPE_BYTES) else len(blob)


def blob_of_wkb(wkb: bytes) -> bytes:
    """The GeoPackage blob of a geometry that came as little-endian WKB."""
    if len(wkb) == _POINT_WKB.size and wkb[:5] == _POINT_START:
        return _PLAIN + wkb
    return to_blob(shapely.from_wkb(wkb))


def wkb_of_blob(blob: bytes) -> bytes | None:
    """The little-endian WKB of a GeoPackage blob, as it travels; None when it cannot be read."""
    wkb = blob[header_length(blob) :]
    if wkb[:5] in (_POINT_START, _MULTIPOLYGON_START):
        return wkb
    found = from_blob(blob)  # another program's byte order, height or single polygon
    if found is None or found.is_empty:
        return None
    flat = shapely.force_2d(found)
    shaped = MultiPolygon([flat]) if isinstance(flat, Polygon) else flat
    return bytes(shapely.to_wkb(shaped, byte_order=1))


def from_blobs(blobs: Sequence[bytes | None]) -> NDArray[np.object_]:
    """The geometries of many blobs at once, None where there is none."""
    points = _points(blobs)
    if points is not None:
        return points
    wkb = np.array([None if blob is None else blob[header_length(blob) :] for blob in blobs], dtype=object)
    return from_wkb(wkb)


def _points(blobs: Sequence[bytes | None]) -> NDArray[np.object_] | None:
    """Points of this program begin alike, so their numbers can be read as one array; None for others."""
    if not len(blobs) or any(blob is None or len(blob) != _POINT_BYTES for blob in blobs):
        return None
    rows = np.frombuffer(b"".join(blob for blob in blobs if blob), dtype=_POINT_ROW)
    if np.any(rows["head"] != np.void(_PLAIN + _POINT_START)):
        return None
    return in_portions(lambda part: np.asarray(shapely.points(part["x"], part["y"]), dtype=object), rows)


def bounds(blob: bytes | None) -> tuple[float, float, float, float] | None:
    """The extent x0, x1, y0, y1 of a GeoPackage blob, from its header where it has one; None when empty."""
    if blob is None or len(blob) < 8 or blob[3] & 0b10000:
        return None
    if len(blob) == _POINT_BYTES and blob[8:13] == _POINT_START:
        _, _, x, y = _POINT_WKB.unpack_from(blob, 8)
        return (x, x, y, y)
    if (blob[3] >> 1) & 7 and blob[3] & 1 and len(blob) >= 8 + _BOX.size:
        x0, x1, y0, y1 = _BOX.unpack_from(blob, 8)
        return (x0, x1, y0, y1)
    found = from_blob(blob)
    if found is None or found.is_empty:
        return None
    x0, y0, x1, y1 = found.bounds
    return (x0, x1, y0, y1)


class Geom(UserDefinedType[BaseGeometry]):
    """A column of one shape in EPSG:4490, x = longitude."""

    cache_ok = True

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def get_col_spec(self, **_: Any) -> str:
        """The type name in SQLite; `tables` gives PostGIS its own."""
        return self.shape.value

    def bind_processor(self, dialect: Dialect) -> Callable[[BaseGeometry | None], Any]:
        """From shapely to what the database takes."""
        if dialect.name == "sqlite":
            return lambda value: None if value is None else to_blob(value)
        return lambda value: (
            None
            if value is None
            else shapely.to_wkb(shapely.set_srid(value, SRID), hex=True, include_srid=True)
        )

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], BaseGeometry | None]:
        """From what the database gives to shapely."""
        if dialect.name == "sqlite":
            return lambda value: None if value is None else from_blob(value)
        return lambda value: None if value is None else shapely.set_srid(shapely.from_wkb(value), 0)
