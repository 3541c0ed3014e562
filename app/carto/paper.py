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
    """Rings or lines: `xy` (n, 2) float32 or float64, `starts` (uint32, one more at the end), of which `runs`
    (m, 2: first ring, the one after the last) are meant, or all; pixel = value * s + o by `place` (sx, ox, sy, oy).
    """

    xy: NDArray[Any]
    starts: NDArray[np.uint32]
    runs: NDArray[np.uint32] | None
    place: Place


@dataclass(frozen=True, eq=False)
class Paper:
    """Premultiplied ARGB, rows of `stride` pixels, of which a frame (left, top, right, bottom) may be written."""

    pixels: NDArray[np.uint32]
    stride: int
    frame: Frame

    def fill(self, lines: Outlines, colour: int, hatch: Hatching) -> None:
        """Insides by the winding rule; `hatch` is its normal (nx, ny), phase, step and width, step 0 for none."""
        _scan.fill(
            self.pixels,
            self.stride,
            self.frame,
            lines.xy,
            lines.starts,
            lines.runs,
            lines.place,
            colour,
            hatch,
        )

    def stroke(self, lines: Outlines, colour: int, width: float, closed: bool) -> None:
        """Strokes `width` pixels wide, joined round; the ends of lines are cut flat."""
        _scan.stroke(
            self.pixels, self.stride, self.frame, lines.xy, lines.starts, lines.runs, lines.place, colour, width,
            closed,
        )  # fmt: skip

    def stamp(self, picture: NDArray[np.uint32], side: int, corners: NDArray[np.integer]) -> None:
        """A square picture over each corner (n, 2), in their order."""
        places = np.ascontiguousarray(corners, dtype=np.int32)
        _scan.stamp(self.pixels, self.stride, self.frame, picture, side, places)
