"""A picture bent into place onto the pixels of a device, quad by quad, by Pillow's mesh.

It is made in strips straight into the one image that is drawn: a sheet of A0 holds its pixels once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from PIL import Image
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPaintEngine, QPainter

from app.carto.display import Raster

_PAPER_PX_PER_MM = 300 / 25.4  # a printer's or PDF's own dots are far finer than any base map
_MOST_PX = 36_000_000  # an A2 sheet at 300 dots an inch; A0, which is seen from farther away, gets 150
_STRIP_PX = 2_000_000
_SMOOTH = Image.Resampling.BILINEAR
_Quad = tuple[tuple[int, int, int, int], tuple[float, ...]]


def paint_raster(painter: QPainter, op: Raster, px_per_mm: float) -> None:
    """Draw a picture in its box."""
    x, y, width_mm, height_mm = op.box
    size = dots_of(width_mm, height_mm, px_per_mm)
    on_pixels = painter.paintEngine().type() == QPaintEngine.Type.Raster
    image = bent(op, size, premultiplied=on_pixels)  # a PDF would make a copy of its own of the other kind
    box = QRectF(x * px_per_mm, y * px_per_mm, width_mm * px_per_mm, height_mm * px_per_mm)
    painter.save()
    painter.setOpacity(painter.opacity() * op.opacity)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    painter.drawImage(box, image)
    painter.restore()


def dots_of(width_mm: float, height_mm: float, px_per_mm: float) -> tuple[int, int]:
    """How many pixels a picture of a size gets on a device: no more than paper shows and memory bears."""
    sharp = min(px_per_mm, _PAPER_PX_PER_MM, math.sqrt(_MOST_PX / (width_mm * height_mm)))
    return max(1, round(width_mm * sharp)), max(1, round(height_mm * sharp))


def bent(op: Raster, size: tuple[int, int], *, premultiplied: bool = True) -> QImage:
    """The picture over its box at a size in pixels, ARGB with alpha multiplied in or not."""
    form = QImage.Format.Format_ARGB32_Premultiplied if premultiplied else QImage.Format.Format_ARGB32
    image = QImage(*size, form)
    image.fill(0)
    pixels = np.frombuffer(image.bits(), dtype=np.uint8).reshape(size[1], size[0], 4)
    source = Image.fromarray(op.rgba, "RGBA").convert("RGBa")
    for upper, lower, quads in _strips(op, size):
        strip = source.transform((size[0], lower - upper), Image.Transform.MESH, quads, resample=_SMOOTH)
        rgba = np.asarray(strip if premultiplied else strip.convert("RGBA"))
        pixels[upper:lower, :, :3] = rgba[..., 2::-1]  # blue, green, red: a 32-bit number's bytes
        pixels[upper:lower, :, 3] = rgba[..., 3]
    return image


def _strips(op: Raster, size: tuple[int, int]) -> Iterator[tuple[int, int, list[_Quad]]]:
    """Rows of the mesh together: the first row of pixels, the one after the last, quads counted from it."""
    rows, columns = op.nodes.shape[:2]
    across = np.round(np.linspace(0, size[0], columns)).astype(int)
    down = np.round(np.linspace(0, size[1], rows)).astype(int)
    # nodes stand at equal steps; the corners of quads are whole pixels, so the nodes are moved onto them
    nodes = _moved(op.nodes, across / size[0] * (columns - 1), down / size[1] * (rows - 1))
    upper, quads = 0, list[_Quad]()
    for row in range(rows - 1):
        for column in range(columns - 1):
            quad = nodes[row : row + 2, column : column + 2]
            if np.isfinite(quad).all() and across[column] < across[column + 1] and down[row] < down[row + 1]:
                box = (across[column], down[row] - upper, across[column + 1], down[row + 1] - upper)
                corners = (quad[0, 0], quad[1, 0], quad[1, 1], quad[0, 1])
                flat = tuple(float(value) for corner in corners for value in corner)
                quads.append(((int(box[0]), int(box[1]), int(box[2]), int(box[3])), flat))
        if (down[row + 1] - upper) * size[0] >= _STRIP_PX or row == rows - 2:
            if down[row + 1] > upper:
                yield upper, int(down[row + 1]), quads
            upper, quads = int(down[row + 1]), []


def _moved(nodes: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The nodes read at fractional columns and rows."""
    left = np.clip(np.floor(columns).astype(int), 0, nodes.shape[1] - 2)
    part = (columns - left)[None, :, None]
    wide = nodes[:, left] * (1 - part) + nodes[:, left + 1] * part
    upper = np.clip(np.floor(rows).astype(int), 0, nodes.shape[0] - 2)
    part = (rows - upper)[:, None, None]
    return np.asarray(wide[upper] * (1 - part) + wide[upper + 1] * part)
