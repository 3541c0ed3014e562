"""Free rectangles on a sheet: where an inset can go without covering the area or anything else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.carto.display import Box, Flags


@dataclass(frozen=True)
class Space:
    """A free rectangle (x, y, width, height in page mm), the scale it allows, and the room it is part of."""

    box: Box
    needed_scale: float
    room: Box


class Room:
    """A part of the page on a raster: `taken` cells hold something already."""

    def __init__(self, box: Box, cell_mm: float) -> None:
        self.box = box
        self._cell = cell_mm
        self._taken: Flags = np.zeros(
            (max(int(box[3] / cell_mm), 1), max(int(box[2] / cell_mm), 1)), dtype=bool
        )

    def take_shape(self, shape: BaseGeometry, margin_mm: float) -> None:
        """Mark what a shape (page mm) covers, with a margin."""
        wide = shapely.buffer(shape, margin_mm)
        shapely.prepare(wide)
        rows, columns = np.indices(self._taken.shape)
        x = self.box[0] + (columns + 0.5) * self._cell
        y = self.box[1] + (rows + 0.5) * self._cell
        self._taken |= shapely.contains_xy(wide, x.ravel(), y.ravel()).reshape(self._taken.shape)

    def take_box(self, box: Box, margin_mm: float) -> None:
        """Mark a rectangle (page mm) with a margin."""
        x, y, width, height = box
        left, top = (x - margin_mm - self.box[0]) / self._cell, (y - margin_mm - self.box[1]) / self._cell
        right = (x + width + margin_mm - self.box[0]) / self._cell
        bottom = (y + height + margin_mm - self.box[1]) / self._cell
        rows = slice(max(int(top), 0), max(int(np.ceil(bottom)), 0))
        columns = slice(max(int(left), 0), max(int(np.ceil(right)), 0))
        self._taken[rows, columns] = True

    def best_space(self, ground_m: tuple[float, float], least_mm: tuple[float, float]) -> Space | None:
        """The free rectangle in which so much ground comes out largest; None when all are too small."""
        best: Space | None = None
        heights = np.zeros(self._taken.shape[1], dtype=np.int64)
        for row in range(self._taken.shape[0]):
            heights = np.where(self._taken[row], 0, heights + 1)
            for left, right, tall in _rectangles(heights.tolist()):
                width, height = (right - left) * self._cell, tall * self._cell
                if width < least_mm[0] or height < least_mm[1]:
                    continue
                needed = max(ground_m[0] / width, ground_m[1] / height) * 1000.0
                if best is None or _better(needed, width * height, best):
                    x = self.box[0] + left * self._cell
                    y = self.box[1] + (row + 1 - tall) * self._cell
                    best = Space((x, y, width, height), needed, self.box)
        return best


def _better(needed: float, area_mm2: float, best: Space) -> bool:
    """A clearly larger scale wins; at the same scale the larger rectangle, as it reaches an edge."""
    if needed < best.needed_scale * 0.999:
        return True
    return needed < best.needed_scale * 1.001 and area_mm2 > best.box[2] * best.box[3]


def _rectangles(heights: list[int]) -> list[tuple[int, int, int]]:
    """The widest rectangle of each height standing on one row: (left, right, height) in cells."""
    found: list[tuple[int, int, int]] = []
    stack: list[tuple[int, int]] = []
    for index, height in enumerate([*heights, 0]):
        start = index
        while stack and stack[-1][1] >= height:
            start, tall = stack.pop()
            if tall:
                found.append((start, index, tall))
        stack.append((start, height))
    return found
