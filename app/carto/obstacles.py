"""Boxes that nothing may cover, asked for many places at once."""

from __future__ import annotations

import math

import numpy as np

from app.carto.display import Flags, Floats
from app.carto.flat import HAS_SCAN

if HAS_SCAN:
    from app.carto import _scan

_CELL_MM = 4.0
_MOST_ACROSS = 1000  # cells of the grid each way; sheets of metres get larger ones


class Obstacles:
    """Fixed boxes (n, 4: x0, y0, x1, y1 in mm) on a sheet of a size; most of them are far from a place."""

    def __init__(self, boxes: Floats, size_mm: tuple[float, float]) -> None:
        self.boxes = np.ascontiguousarray(boxes, dtype=float).reshape(-1, 4)
        if HAS_SCAN:
            self._spread(max(_CELL_MM, max(size_mm) / _MOST_ACROSS), size_mm)
        else:
            self.boxes = self.boxes[np.argsort(self.boxes[:, 0], kind="stable")]  # to find the near ones
            self._lefts = self.boxes[:, 0].copy()
            widths = self.boxes[:, 2] - self.boxes[:, 0]
            self._widest = float(widths.max()) if len(widths) else 0.0

    def clear(self, boxes: Floats) -> Flags:
        """Which of the boxes (m, 4) cover none of them."""
        if not len(self.boxes) or not len(boxes):
            return np.ones(len(boxes), dtype=bool)
        if not HAS_SCAN:
            return ~covering(boxes, self._near(boxes))
        found = np.empty(len(boxes), dtype=np.uint8)
        _scan.clear(np.ascontiguousarray(boxes), self.boxes, self._grid, self._starts, self._order, found)
        return found.view(bool)

    def _spread(self, cell: float, size_mm: tuple[float, float]) -> None:
        self._grid = (cell, math.ceil(size_mm[0] / cell) or 1, math.ceil(size_mm[1] / cell) or 1)
        self._starts = np.empty(self._grid[1] * self._grid[2] + 1, dtype=np.uint32)
        self._order = np.empty(_scan.spread(self.boxes, self._grid, self._starts, None), dtype=np.uint32)
        _scan.spread(self.boxes, self._grid, self._starts, self._order)

    def _near(self, boxes: Floats) -> Floats:
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        first, last = np.searchsorted(self._lefts, (low[0] - self._widest, high[0]))
        taken = self.boxes[first:last]
        near = (taken[:, 2] > low[0]) & (taken[:, 1] < high[1]) & (taken[:, 3] > low[1])
        return np.asarray(taken[near])


def covering(boxes: Floats, taken: Floats) -> Flags:
    """Which of the boxes (n, 4) cover one of the taken ones (m, 4)."""
    hit = (boxes[:, None, 0] < taken[None, :, 2]) & (boxes[:, None, 2] > taken[None, :, 0])
    hit &= (boxes[:, None, 1] < taken[None, :, 3]) & (boxes[:, None, 3] > taken[None, :, 1])
    return np.asarray(hit.any(axis=1))
