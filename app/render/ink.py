"""Outlines and symbols written straight onto a picture's pixels by compiled code, not holding Python's lock.

Only for pictures in memory, neither turned nor stretched; everything else is Qt's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter

from app.carto.display import Mosaic, Shapes
from app.carto.flat import HAS_SCAN
from app.carto.paper import Outlines, Paper
from app.carto.symbols import Fill, Hatch, Line

_PLAIN = (QImage.Format.Format_RGB32, QImage.Format.Format_ARGB32_Premultiplied)
_NO_HATCH = (0.0, 0.0, 0.0, 0.0, 0.0)
_THINNEST_PX = 0.01


@dataclass(frozen=True, eq=False)
class Pixels:
    """The pixels of a painter's picture: what may be written, and where the painter's own units begin."""

    paper: Paper
    dx: float
    dy: float

    @classmethod
    def of(cls, painter: QPainter) -> Pixels | None:
        """The pixels a painter draws on; None when it draws on something else, or in another way."""
        device, moved = painter.device(), painter.combinedTransform()
        if not HAS_SCAN or not isinstance(device, QImage) or device.format() not in _PLAIN:
            return None
        over = painter.compositionMode() == QPainter.CompositionMode.CompositionMode_SourceOver
        if moved.isRotating() or moved.isScaling() or painter.opacity() < 1.0 or not over:
            return None
        frame = frame_of(painter)
        bits = np.frombuffer(device.bits(), dtype=np.uint32)
        box = (frame.x(), frame.y(), frame.x() + frame.width(), frame.y() + frame.height())
        return cls(Paper(bits, device.bytesPerLine() // 4, box), moved.dx(), moved.dy())

    def shapes(self, op: Shapes, px_per_mm: float) -> None:
        """Rings or lines of one look."""
        starts = np.append(op.starts, len(op.xy)).astype(np.uint32)
        place = (px_per_mm, self.dx, px_per_mm, self.dy)
        lines = Outlines(np.ascontiguousarray(op.xy, dtype=float), starts, None, place)
        if op.closed and op.fill:
            self._fill(lines, op.fill, px_per_mm)
        if op.line:
            self._line(lines, op.line, px_per_mm, op.closed)

    def mosaic(self, op: Mosaic, px_per_mm: float) -> None:
        """Many areas look by look, outlines of any width."""
        share = px_per_mm / op.unit
        east, north = op.areas.origin
        place = (
            share, (east - op.left) * share + self.dx, -share, (op.top - north) * share + self.dy,
        )  # fmt: skip
        for number, runs in _runs(op):
            fill, line = op.looks[number]
            lines = Outlines(op.areas.xy, op.areas.rings, runs, place)
            if fill:
                self._fill(lines, fill, px_per_mm)
            if line:
                self._line(lines, line, px_per_mm, True)

    def stamps(self, picture: QImage, corners: NDArray[np.integer]) -> None:
        """A square picture with its corner at each place (n, 2) of the painter's units."""
        shift = (round(self.dx), round(self.dy))
        bits = np.frombuffer(picture.constBits(), dtype=np.uint32)
        self.paper.stamp(bits, picture.width(), corners + shift)

    def _fill(self, lines: Outlines, fill: Fill, px_per_mm: float) -> None:
        if fill.colour:
            self.paper.fill(lines, packed(fill.colour, fill.opacity), _NO_HATCH)
        if fill.hatch:
            colour = packed(fill.hatch.colour, fill.hatch.opacity)
            self.paper.fill(lines, colour, self._hatch(fill.hatch, px_per_mm))

    def _hatch(self, hatch: Hatch, px_per_mm: float) -> tuple[float, float, float, float, float]:
        """Strokes counted from the painter's origin, as the painter draws them on paper."""
        turn = math.radians(-hatch.angle_deg)
        nx, ny = -math.sin(turn), math.cos(turn)
        phase = -(self.dx * nx + self.dy * ny)
        return nx, ny, phase, max(hatch.spacing_mm * px_per_mm, 1.0), hatch.width_mm * px_per_mm

    def _line(self, lines: Outlines, line: Line, px_per_mm: float, closed: bool) -> None:
        width = max(line.width_mm * px_per_mm, _THINNEST_PX)
        self.paper.stroke(lines, packed(line.colour, line.opacity), width, closed)


def can_ink(line: Line | None) -> bool:
    """Whether a line has a look that compiled code draws."""
    return line is None or not line.dash


def frame_of(painter: QPainter) -> QRect:
    """The pixels of a painter's device that can be touched."""
    whole = QRect(0, 0, painter.device().width(), painter.device().height())
    if not painter.hasClipping():
        return whole
    return whole.intersected(painter.combinedTransform().mapRect(painter.clipBoundingRect()).toAlignedRect())


def packed(colour: str, opacity: float = 1.0) -> int:
    """A colour in premultiplied ARGB."""
    found = QColor(colour)
    alpha = found.alphaF() * opacity
    parts = (alpha, found.redF() * alpha, found.greenF() * alpha, found.blueF() * alpha)
    a, r, g, b = (round(255 * part) for part in parts)
    return a << 24 | r << 16 | g << 8 | b


def _runs(op: Mosaic) -> Iterator[tuple[int, NDArray[np.uint32]]]:
    """The rings of each look, as runs."""
    near = np.arange(len(op.areas)) if op.box is None else op.areas.touching(op.classes, op.box)
    classes = op.classes[near]
    for number in range(len(op.looks)):
        rows: NDArray[Any] = near[classes == number]
        if len(rows):
            yield (
                number,
                np.column_stack([op.areas.areas[rows], op.areas.areas[rows + 1]]).astype(np.uint32),
            )
