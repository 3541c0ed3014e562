"""Many areas as flat arrays, and their scan conversion in compiled code where that was built."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.carto.paper import Paper, Place

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
Box = tuple[float, float, float, float]
Part = tuple["Floats", NDArray[np.uint32], NDArray[np.uint32]]  # vertices, starts of rings, starts of areas
_MOST = 2**31 - 2
_FARTHEST = 1e9  # no system of metres reaches further; beyond, float32 and pixels lose their meaning
_SAMPLED = 64  # every so many vertices tell where the middle is
_SHARED_PIXELS = 1_000_000  # below this a second thread costs more than it brings
_WORKER_NICE = 5
_NARROW = 2**16


@dataclass(frozen=True, eq=False)
class FlatAreas:
    """Polygons of a layer: ring r is `xy[rings[r]:rings[r + 1]]`, area a the rings `areas[a]:areas[a + 1]`.

    `xy` (n, 2) float32 in the map's units about `origin`, so that metres keep their centimetres; `rings`
    uint32; `areas` uint32, or uint16 with fewer than 65,536 rings; `boxes` (g, 4) float32 around every 32
    areas. The inside follows the even-odd rule.
    """

    xy: NDArray[np.float32]
    rings: NDArray[np.uint32]
    areas: NDArray[np.uint32] | NDArray[np.uint16]
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
        boxes = boxes_of(near, rings, areas)
        return cls(near, rings, _narrowed(areas), boxes, (float(origin[0]), float(origin[1])))

    @classmethod
    def joined(cls, parts: Sequence[Part]) -> FlatAreas | None:
        """Parts in the map's units one after the other; None when nothing is there or too much.

        An area with a vertex that has no place is kept without rings, so that numbers stay.
        """
        starts = [np.cumsum([0, *(len(part[at]) - 1 for part in parts)]) for at in (1, 2)]
        count, total = int(starts[1][-1]), sum(len(part[0]) for part in parts)
        if not total or total > _MOST or count > _MOST:
            return None
        origin = _middle_of(parts)
        near = np.empty((total, 2), dtype=np.float32)
        rings, areas = np.empty(starts[0][-1] + 1, np.uint32), np.empty(count + 1, np.uint32)
        vertex = 0
        for (xy, first_vertex, first_ring), ring, area in zip(parts, *starts, strict=False):
            with np.errstate(invalid="ignore", over="ignore"):
                near[vertex : vertex + len(xy)] = xy - origin
            rings[ring : ring + len(first_vertex)] = first_vertex + np.uint32(vertex)
            areas[area : area + len(first_ring)] = first_ring + np.uint32(ring)
            vertex += len(xy)
        _empty_placeless(near, rings)
        return cls(near, rings, _narrowed(areas), boxes_of(near, rings, areas), origin)

    def with_areas(self, more: FlatAreas, order: Ints) -> FlatAreas:
        """The areas in another order, numbers from `len(self)` on being those of `more`."""
        shift = (np.array(more.origin) - self.origin).astype(np.float32)
        xy = np.concatenate([self.xy, more.xy + shift])
        lengths = np.concatenate([_lengths(self.rings), _lengths(more.rings)])
        counts = np.concatenate([_lengths(self.areas), _lengths(more.areas)])
        ring_order = _runs(np.cumsum(counts) - counts, counts, order)
        rings = np.concatenate([[0], np.cumsum(lengths[ring_order])]).astype(np.uint32)
        areas = np.concatenate([[0], np.cumsum(counts[order])]).astype(np.uint32)
        near = np.ascontiguousarray(xy[_runs(np.cumsum(lengths) - lengths, lengths, ring_order)])
        return FlatAreas(near, rings, _narrowed(areas), boxes_of(near, rings, areas), self.origin)

    def __len__(self) -> int:
        return len(self.areas) - 1

    @property
    def nbytes(self) -> int:
        """The memory the arrays hold."""
        return self.xy.nbytes + self.rings.nbytes + self.areas.nbytes + self.boxes.nbytes

    @cached_property
    def bounds(self) -> Box:
        """The box around all areas, in the map's units."""
        x, y = self.origin
        west, south = self.boxes[:, :2].min(axis=0, initial=np.inf).tolist()
        east, north = self.boxes[:, 2:].max(axis=0, initial=-np.inf).tolist()
        return x + west, y + south, x + east, y + north

    @cached_property
    def without_rings(self) -> NDArray[np.intp]:
        """The areas without any ring: what they show has no place, or none that can be drawn."""
        return np.flatnonzero(self.areas[1:] == self.areas[:-1])

    def numbers(self, classes: NDArray[np.uint8], place: Place, size: tuple[int, int]) -> NDArray[np.int32]:
        """The last area at each pixel's middle, counted from 1 and 0 for none: (height, width).

        `place` is (sx, ox, sy, oy): pixel = unit * s + o, y downwards. Needs HAS_SCAN.
        """
        out = np.empty((size[1], size[0]), dtype=np.int32)
        _scan.numbers(self._layer(classes), place, out, size[0])
        return out

    def draw(
        self, classes: NDArray[np.uint8], place: Place, colours: NDArray[np.uint32], paper: Paper
    ) -> None:
        """Draw a smoothed picture over what is on the paper; `place` as in `numbers`, in its pixels.

        Needs HAS_SCAN. The interpreter's lock is free meanwhile.
        """
        left, top, right, bottom = paper.frame
        sx, ox, sy, oy = place
        doubled = (sx * 2, (ox - left) * 2, sy * 2, (oy - top) * 2)
        layer, height = self._layer(classes), bottom - top

        def rows(first: int, last: int) -> None:
            _scan.draw(layer, doubled, colours, paper.pixels, paper.stride, paper.frame, first, last)

        if (right - left) * height < _SHARED_PIXELS or (os.cpu_count() or 1) < 2:
            rows(0, height)
            return
        lower = _second_thread().submit(rows, height // 2, height)
        rows(0, height // 2)
        lower.result()

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

    def extent(self, classes: NDArray[np.uint8]) -> Box | None:
        """The box around all drawn areas: by the boxes of groups that are drawn whole, else by their own."""
        drawn = classes != NOT_DRAWN
        if not drawn.any():
            return None
        firsts = np.arange(0, len(drawn), GROUP)
        whole = np.logical_and.reduceat(drawn, firsts)
        rows = np.flatnonzero(drawn & ~np.repeat(whole, GROUP)[: len(drawn)])
        rows = rows[self.areas[rows] < self.areas[rows + 1]]
        boxes = self.boxes[whole].astype(float) + np.tile(self.origin, 2)
        if len(rows):
            boxes = np.concatenate([boxes, self.bounds_of(rows)])
        boxes = boxes[np.isfinite(boxes).all(axis=1) & (boxes[:, 0] <= boxes[:, 2])]
        if not len(boxes):
            return None
        (x0, y0), (x1, y1) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        return float(x0), float(y0), float(x1), float(y1)

    def _near(self, box: Box) -> Box:
        x, y = self.origin
        return box[0] - x, box[1] - y, box[2] - x, box[3] - y

    def _layer(self, classes: NDArray[np.uint8]) -> tuple[Any, Any, Any, Any, Any]:
        return self.xy, self.rings, self.areas, self.boxes, classes

    def bounds_of(self, rows: NDArray[np.integer]) -> Floats:
        """The boxes (n, 4) of some areas, each with a ring, in their order."""
        xy, starts = self.rings_of(rows)
        order = rows.astype(np.int64)
        counts = (self.areas[order + 1] - self.areas[order]).astype(np.int64)
        first = starts[np.cumsum(counts) - counts]
        least, most = np.minimum.reduceat(xy, first), np.maximum.reduceat(xy, first)
        return np.column_stack([least, most])

    def rings_of(self, rows: NDArray[np.integer]) -> tuple[Floats, Ints]:
        """The vertices (double, about nothing) and ring starts of some areas, in their order."""
        order = rows.astype(np.int64)
        first = self.areas[order].astype(np.int64)
        counts = self.areas[order + 1].astype(np.int64) - first
        chosen = _runs(first, counts, np.arange(len(order)))
        begin = self.rings[chosen].astype(np.int64)
        lengths = self.rings[chosen + 1].astype(np.int64) - begin
        xy = self.xy[_runs(begin, lengths, np.arange(len(chosen)))].astype(float) + self.origin
        return xy, np.cumsum(lengths) - lengths


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
    """Draws the lower half of a large picture; as patient as the thread that first asks for it."""
    return ThreadPoolExecutor(1, "scan")


def be_patient() -> None:
    """Let this thread give way to the window where the system knows priorities of threads."""
    if hasattr(os, "setpriority") and os.uname().sysname == "Linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _WORKER_NICE)


def _middle_of(parts: Sequence[Part]) -> tuple[float, float]:
    """About the middle of all that has a place."""
    sample = np.concatenate([xy[::_SAMPLED] for xy, _, _ in parts])
    good = sample[(np.abs(sample) < _FARTHEST).all(axis=1)]
    middle = (good.min(axis=0) + good.max(axis=0)) / 2 if len(good) else np.zeros(2)
    return float(middle[0]), float(middle[1])


def _empty_placeless(xy: NDArray[np.float32], rings: NDArray[np.uint32]) -> None:
    """Draw rings with a vertex that has no place into one point: they hold no pixel."""
    if len(xy) and xy.min() > -_FARTHEST and xy.max() < _FARTHEST:  # false for what is no number, too
        return
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero(~(np.abs(xy) < _FARTHEST).all(axis=1))
    for ring in np.unique(np.searchsorted(rings, bad, side="right") - 1).tolist():
        xy[rings[ring] : rings[ring + 1]] = 0.0


def _runs(starts: Ints, lengths: Ints, order: Ints) -> Ints:
    """The places of runs (start and length each) taken in an order."""
    counts = lengths[order]
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    places: Ints = np.arange(total) + np.repeat(starts[order] - (ends - counts), counts)
    return places


def _narrowed(areas: NDArray[np.uint32]) -> NDArray[np.uint32] | NDArray[np.uint16]:
    """The starts of areas in half the room, where they are few enough for that."""
    return areas.astype(np.uint16) if areas[-1] < _NARROW else areas


def _lengths(starts: NDArray[np.uint32] | NDArray[np.uint16]) -> Ints:
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
