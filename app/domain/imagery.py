"""Pictures of the ground under the map: what a file of tiles or a GeoTIFF gives for an extent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Extent = tuple[float, float, float, float]
MERCATOR = "EPSG:3857"
MERCATOR_HALF = 20037508.342789244  # metres from the middle to the edge of the square that tiles divide


@dataclass(frozen=True, eq=False)
class Pixels:
    """A picture: `rgba` (height, width, 4) bytes, alpha not multiplied in, and the extent it covers."""

    rgba: NDArray[np.uint8]
    extent: Extent


@dataclass(frozen=True, eq=False)
class Outlines:
    """What vector tiles hold, by kind of ground (`water`, `road`, …): arrays of shapely geometries."""

    by_kind: Mapping[str, NDArray[Any]]


class Imagery(Protocol):
    """A picture that can be asked for any part. Coordinates are in `crs`; when `shifted` they are GCJ-02
    taken for WGS 84, as AMap and Tencent publish them."""

    crs: str
    shifted: bool

    def piece(self, extent: Extent, per_px: float) -> Pixels | Outlines | None:
        """What is there of an extent, in pixels of about `per_px` units; None when nothing is. Raises
        Invalid for a file that has become unreadable."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


@dataclass(frozen=True)
class ImageryFacts:
    """What a file says of itself: format, extent in degrees (None: not known), finest and coarsest level,
    the system it states (empty: none), its credit, and whether its words point to GCJ-02."""

    format: str
    extent: Extent | None
    levels: tuple[int, int] | None
    crs: str
    credit: str = ""
    seems_shifted: bool = False
