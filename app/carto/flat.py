"""Many areas as flat arrays, and their scan conversion in compiled code where that was built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from app.carto.display import Floats, Ints

try:
    from app.carto import _scan
except ImportError:  # no compiler when the program was installed: everything is drawn by Qt then
    HAS_SCAN = False
else:
    HAS_SCAN = True

GROUP = 32  # areas in one box of the index, as in _scan.c
NOT_DRAWN = 255
COLOURS = 768  # fills, outlines over fills, outlines over nothing: 256 classes each
Place = tuple[float, float, float, float]
_MOST = 2**31 - 2


@dataclass(frozen=True, eq=False)
class FlatAreas:
    """Polygons of a layer: ring r is `xy[rings[r]:rings[r + 1]]`, area a the rings `areas[a]:areas[a + 1]`.

    `xy` (n, 2) float32 in the map's units about `origin`, so that metres keep their centimetres; `rings` and
    `areas` uint32; `boxes` (g, 4) float32 around every 32 areas. The inside follows the even-odd rule.
    """

    xy: NDArray[np.float32]
    rings: NDArray[np.uint32]
    areas: NDArray[np.uint32]
    boxes: NDArray[np.float32]
    origin: tuple[float, float]

    @classmethod
    def of_rings(cls, xy: Floats, starts: Ints, owner: Ints, count: int) -> FlatAreas | None:
        """`count` areas from rings sorted by owner; None when they are too many for the arrays."""
        if not len(xy) or len(xy) > _MOST or count > _MOST:
            return None
        origin = xy.mean(axis=0)
        near = np.ascontiguousarray((xy - origin).astype(np.float32))
        rings = np.append(starts, len(xy)).astype(np.uint32)
        areas = np.searchsorted(owner, np.arange(count + 1)).astype(np.uint32)
        return cls(near, rings, areas, boxes_of(near, rings, areas), (float(origin[0]), float(origin[1])))

    def __len__(self) -> int:
        return len(self.areas) - 1

    @property
    def nbytes(self) -> int:
        """The memory the arrays hold."""
        return self.xy.nbytes + self.rings.nbytes + self.areas.nbytes + self.boxes.nbytes

    def numbers(self, classes: NDArray[np.uint8], place: Place, size: tuple[int, int]) -> NDArray[np.int32]:
        """The last area at each pixel's middle, counted from 1 and 0 for none: (height, width).

        `place` is (sx, ox, sy, oy): pixel = unit * s + o, y downwards. Needs HAS_SCAN.
        """
        out = np.empty((size[1], size[0]), dtype=np.int32)
        _scan.numbers(self._layer(classes), place, out, size[0])
        return out

    def draw(
        self, classes: NDArray[np.uint8], place: Place, colours: NDArray[np.uint32], size: tuple[int, int]
    ) -> NDArray[np.uint32]:
        """A smoothed picture (height, width) in premultiplied ARGB; `place` as in `numbers`, a pixel wide.

        Needs HAS_SCAN. The interpreter's lock is free meanwhile.
        """
        out = np.empty((size[1], size[0]), dtype=np.uint32)
        doubled = (place[0] * 2, place[1] * 2, place[2] * 2, place[3] * 2)
        _scan.draw(self._layer(classes), doubled, colours, out, None, size[0], 0, size[1])
        return out

    def _layer(self, classes: NDArray[np.uint8]) -> tuple[Any, Any, Any, Any, Any]:
        return self.xy, self.rings, self.areas, self.boxes, classes

    def rings_of(self, chosen: NDArray[np.bool_]) -> tuple[Floats, Ints]:
        """The vertices (double, about nothing) and ring starts of the chosen areas."""
        lengths = _lengths(self.rings)
        keep = np.repeat(chosen, _lengths(self.areas))
        xy = self.xy[np.repeat(keep, lengths)].astype(float) + self.origin
        ends = np.cumsum(lengths[keep])
        return xy, np.concatenate([[0], ends[:-1]]).astype(np.int64) if len(ends) else ends.astype(np.int64)


def _lengths(starts: NDArray[np.uint32]) -> Ints:
    return (starts[1:] - starts[:-1]).astype(np.int64)


def boxes_of(
    xy: NDArray[np.float32], rings: NDArray[np.uint32], areas: NDArray[np.uint32]
) -> NDArray[np.float32]:
    """The box around every GROUP areas; raises ValueError when the starts are out of order."""
    count = max(len(areas) - 1, 0)
    found = np.empty(((count + GROUP - 1) // GROUP, 4), dtype=np.float32)
    if HAS_SCAN:
        _scan.check(xy, rings, areas)
        _scan.boxes(xy, rings, areas, found)
    return found
