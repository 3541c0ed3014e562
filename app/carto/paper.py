"""A picture's pixels as compiled code writes them: insides, strokes and symbols. Needs HAS_SCAN."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

with suppress(ImportError):  # nobody asks then: app.carto.flat.HAS_SCAN
    from app.carto import _scan

Place = tuple[float, float, float, float]
Frame = tuple[int, int, int, int]
Hatching = tuple[float, float, float, float, float]


@dataclass(frozen=True, eq=False)
class Outlines:
    """Rings or lines: `xy` (n, 2) float32 or float64, `starts` (uint32, one more at the end).

    `runs` (m, 2: first ring, the one after the last) are meant of them, or all with None; `place` is
    (sx, ox, sy, oy): pixel = value * s + o.
    """

    xy: NDArray[Any]
    starts: NDArray[np.uint32]
    runs: NDArray[np.uint32] | None
    place: Place


@dataclass(frozen=True, eq=False)
class Paper:
    """Premultiplied ARGB, rows of `stride` pixels; only `frame` (left, top, right, bottom) is written."""

    pixels: NDArray[np.uint32]
    stride: int
    frame: Frame

    @classmethod
    def blank(cls, width: int, height: int) -> Paper:
        """Transparent pixels of its own."""
        return cls(np.zeros(width * height, dtype=np.uint32), width, (0, 0, width, height))

    def fill(self, lines: Outlines, colour: int, hatch: Hatching) -> None:
        """Insides by the winding rule; `hatch` is normal (nx, ny), phase, step and width, step 0 for none."""
        paper = self.pixels, self.stride, self.frame
        _scan.fill(*paper, lines.xy, lines.starts, lines.runs, lines.place, colour, hatch)

    def stroke(self, lines: Outlines, colour: int, width: float, closed: bool) -> None:
        """Strokes `width` pixels wide, joined round; the ends of lines are cut flat."""
        paper = self.pixels, self.stride, self.frame
        _scan.stroke(*paper, lines.xy, lines.starts, lines.runs, lines.place, colour, width, closed)

    def stamp(self, picture: NDArray[np.uint32], side: int, corners: NDArray[np.integer]) -> None:
        """A square picture over each corner (n, 2), in their order."""
        places = np.ascontiguousarray(corners, dtype=np.int32)
        _scan.stamp(self.pixels, self.stride, self.frame, picture, side, places)
