"""GeoPackage blobs of areas as flat arrays of degrees, read in compiled code, the odd ones by GEOS."""

from __future__ import annotations

import struct
from contextlib import suppress

import numpy as np
import shapely
from numpy.typing import NDArray

from app.carto.display import Floats

with suppress(ImportError):  # nobody asks then: app.carto.many.can_be_many
    from app.carto import _scan

_STRANGE = 1
_HEADER = struct.pack("<2sBBi", b"GP", 0, 0b001, 4490)
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)


def unpacked(blobs: list[bytes | None]) -> tuple[Floats, NDArray[np.uint32], NDArray[np.uint32]]:
    """Vertices (n, 2), the first vertex of each ring and the first ring of each area, each with the end.

    Rings have no repeated last vertex; outer ones run anticlockwise. What is no area, or has a vertex off the
    globe, is an area without rings.
    """
    found = np.empty(len(blobs), dtype=np.uint8)
    vertices, rings = _scan.measure(blobs, found)
    if (found == _STRANGE).any():
        blobs = [_plain(blob) if odd else blob for blob, odd in zip(blobs, found == _STRANGE, strict=True)]
        vertices, rings = _scan.measure(blobs, found)
    xy = np.empty((vertices, 2), dtype=np.float64)
    ring_starts = np.empty(rings + 1, dtype=np.uint32)
    area_starts = np.empty(len(blobs) + 1, dtype=np.uint32)
    _scan.unpack(blobs, found, xy, ring_starts, area_starts)
    return xy, ring_starts, area_starts


def _plain(blob: bytes | None) -> bytes | None:
    """Another program's byte order, height or measure as we write it; None when it is no area."""
    if blob is None or len(blob) < 8 or blob[:2] != b"GP" or (blob[3] >> 1) & 7 >= len(_ENVELOPE_BYTES):
        return None
    with np.errstate(all="ignore"):
        shape = shapely.from_wkb(blob[8 + _ENVELOPE_BYTES[(blob[3] >> 1) & 7] :], on_invalid="ignore")
        if getattr(shape, "geom_type", "") not in ("Polygon", "MultiPolygon"):
            return None
        wkb = shapely.to_wkb(shapely.force_2d(shape), byte_order=1)
    return _HEADER + bytes(wkb)
