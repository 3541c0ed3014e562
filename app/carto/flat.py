"""Many areas as flat arrays, and their scan conversion in compiled code where that was built."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
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
Box = tuple[float, float, float, float]
_MOST = 2**31 - 2
_FARTHEST = 1e9  # no system of metres reaches further; beyond, float32 and pixels lose their meaning
_SHARED_PIXELS = 400_000  # below this a second thread costs more than it brings
_WORKER_NICE = 5


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
        xy, starts, owner = _sound(xy, starts, owner)
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
        layer, (width, height) = self._layer(classes), size

        def rows(first: int, last: int) -> None:
            _scan.draw(layer, doubled, colours, out, None, width, first, last)

        if width * height < _SHARED_PIXELS or (os.cpu_count() or 1) < 2:
            rows(0, height)
            return out
        lower = _second_thread().submit(rows, height // 2, height)
        rows(0, height // 2)
        lower.result()
        return out

    def touching(self, classes: NDArray[np.uint8], box: Box) -> NDArray[np.uint32]:
        """The drawn areas whose bounding box touches a box of the map's units, in order. Needs HAS_SCAN."""
        rows = np.empty(len(self), dtype=np.uint32)
        found = _scan.touching(self._layer(classes), self._near(box), np.zeros(256, dtype=np.uint32), rows)
        return rows[:found].copy()

    def tally(self, classes: NDArray[np.uint8], box: Box) -> NDArray[np.uint32]:
        """How many areas of each class (256) have a bounding box that touches a box. Needs HAS_SCAN."""
        counts = np.zeros(256, dtype=np.uint32)
        _scan.touching(self._layer(classes), self._near(box), counts, None)
        return counts

    def _near(self, box: Box) -> Box:
        x, y = self.origin
        return box[0] - x, box[1] - y, box[2] - x, box[3] - y

    def _layer(self, classes: NDArray[np.uint8]) -> tuple[Any, Any, Any, Any, Any]:
        return self.xy, self.rings, self.areas, self.boxes, classes

    def rings_of(self, chosen: NDArray[np.bool_]) -> tuple[Floats, Ints]:
        """The vertices (double, about nothing) and ring starts of the chosen areas."""
        lengths = _lengths(self.rings)
        keep = np.repeat(chosen, _lengths(self.areas))
        xy = self.xy[np.repeat(keep, lengths)].astype(float) + self.origin
        ends = np.cumsum(lengths[keep])
        return xy, np.concatenate([[0], ends[:-1]]).astype(np.int64) if len(ends) else ends.astype(np.int64)


def _sound(xy: Floats, starts: Ints, owner: Ints) -> tuple[Floats, Ints, Ints]:
    """The rings that have an inside and lie on the ground, without the repeated last vertex."""
    if not len(starts):
        return xy, starts, owner
    ends = np.append(starts[1:], len(xy))
    with np.errstate(invalid="ignore"):
        far = ~(np.abs(xy).max(axis=1) < _FARTHEST)
    good = (ends - starts >= 3) & (np.add.reduceat(far, starts) == 0)
    closed = (xy[starts] == xy[ends - 1]).all(axis=1)
    keep = np.repeat(good, ends - starts)
    keep[ends[closed] - 1] = False
    lengths = (ends - starts - closed)[good]
    firsts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64) if len(lengths) else lengths
    return xy[keep], firsts, owner[good]


@cache
def _second_thread() -> ThreadPoolExecutor:
    """Draws the lower half of a large picture."""
    return ThreadPoolExecutor(1, "scan", initializer=be_patient)


def be_patient() -> None:
    """Let this thread give way to the window where the system knows priorities of threads."""
    if hasattr(os, "setpriority") and os.uname().sysname == "Linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _WORKER_NICE)


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
