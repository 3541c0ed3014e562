"""Vector tiles (Mapbox' pbf) read plainly: outlines by what kind of ground they show, no words."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyogrio
import shapely

from app.domain.imagery import Outlines
from app.domain.portions import from_wkb

MAX_UNPACKED_BYTES = 30_000_000

# The first word that a layer's name holds decides; most sets of vector tiles follow OpenMapTiles' names.
_KINDS = (
    ("water", ("waterway", "water", "ocean", "river", "lake", "水")),
    ("building", ("building", "建筑", "房屋")),
    ("road", ("transport", "road", "street", "rail", "highway", "path", "道路", "铁路")),
    ("boundary", ("boundary", "admin", "border", "界")),
    ("green", ("landcover", "landuse", "park", "wood", "forest", "绿")),
)
_NO_SHAPES = ("poi", "place", "label", "name", "housenumber", "mountain_peak", "aerodrome")
OTHER = "other"


def kind_of(layer: str) -> str:
    """What a layer of that name shows; empty for one that holds only words."""
    name = layer.lower()
    if any(word in name for word in _NO_SHAPES):
        return ""
    return next((kind for kind, words in _KINDS if any(word in name for word in words)), OTHER)


def outlines_of(tiles: Iterable[tuple[int, int, int, bytes]]) -> tuple[Outlines | None, int]:
    """The outlines of tiles (level, column, row, bytes) in EPSG:3857, and how many could not be read."""
    found: dict[str, list[np.ndarray[Any, Any]]] = {}
    broken = 0
    for z, x, y, blob in tiles:
        try:
            for kind, shapes in _of_tile(_unpacked(blob), z, x, y):
                found.setdefault(kind, []).append(shapes)
        except (ValueError, OSError, EOFError, zlib.error, pyogrio.errors.DataSourceError,
                pyogrio.errors.DataLayerError, shapely.errors.ShapelyError):  # fmt: skip
            broken += 1
    joined = {kind: np.concatenate(parts) for kind, parts in found.items()}
    return (Outlines(joined) if joined else None), broken


def _of_tile(blob: bytes, z: int, x: int, y: int) -> Sequence[tuple[str, np.ndarray[Any, Any]]]:
    place = {"X": x, "Y": y, "Z": z}
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, _ in pyogrio.list_layers(blob):
            kind = kind_of(str(name))
            if kind:
                _, _, shapes, _ = pyogrio.raw.read(blob, layer=name, columns=[], **place)
                found.append((kind, from_wkb(shapes)))
    return found


def _unpacked(blob: bytes) -> bytes:
    if blob[:2] != b"\x1f\x8b":
        return blob
    pump = zlib.decompressobj(wbits=31)
    whole = pump.decompress(blob, MAX_UNPACKED_BYTES)
    if pump.unconsumed_tail or not pump.eof:
        raise ValueError("a tile that is cut short or absurdly large")
    return whole
