"""A picture bent into place onto the pixels of a device, quad by quad, by Pillow's mesh."""

from __future__ import annotations

import numpy as np
from PIL import Image
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from app.carto.display import Raster

_PAPER_PX_PER_MM = 300 / 25.4  # a printer's or PDF's own dots are far finer than any base map
_MOST_PX = 12_000


def paint_raster(painter: QPainter, op: Raster, px_per_mm: float) -> None:
    """Draw a picture in its box."""
    x, y, width_mm, height_mm = op.box
    sharp = min(px_per_mm, _PAPER_PX_PER_MM, _MOST_PX / max(width_mm, height_mm))
    size = (max(1, round(width_mm * sharp)), max(1, round(height_mm * sharp)))
    bent = bend(op, size)
    data = np.asarray(bent)
    image = QImage(data.data, *size, 4 * size[0], QImage.Format.Format_RGBA8888_Premultiplied)
    box = QRectF(x * px_per_mm, y * px_per_mm, width_mm * px_per_mm, height_mm * px_per_mm)
    painter.save()
    painter.setOpacity(painter.opacity() * op.opacity)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    painter.drawImage(box, image)
    painter.restore()


def bend(op: Raster, size: tuple[int, int]) -> Image.Image:
    """The picture over its box at a size in pixels, alpha multiplied in."""
    rows, columns = op.nodes.shape[:2]
    across = np.round(np.linspace(0, size[0], columns)).astype(int)
    down = np.round(np.linspace(0, size[1], rows)).astype(int)
    # nodes stand at equal steps; the corners of quads are whole pixels, so the nodes are moved onto them
    nodes = _moved(op.nodes, across / size[0] * (columns - 1), down / size[1] * (rows - 1))
    mesh = []
    for row in range(rows - 1):
        for column in range(columns - 1):
            quad = nodes[row : row + 2, column : column + 2]
            if np.isfinite(quad).all() and across[column] < across[column + 1] and down[row] < down[row + 1]:
                box = (int(across[column]), int(down[row]), int(across[column + 1]), int(down[row + 1]))
                corners = (quad[0, 0], quad[1, 0], quad[1, 1], quad[0, 1])
                mesh.append((box, tuple(float(value) for corner in corners for value in corner)))
    source = Image.fromarray(op.rgba, "RGBA").convert("RGBa")
    return source.transform(size, Image.Transform.MESH, mesh, resample=Image.Resampling.BILINEAR)


def _moved(nodes: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The nodes read at fractional columns and rows."""
    left = np.clip(np.floor(columns).astype(int), 0, nodes.shape[1] - 2)
    part = (columns - left)[None, :, None]
    wide = nodes[:, left] * (1 - part) + nodes[:, left + 1] * part
    upper = np.clip(np.floor(rows).astype(int), 0, nodes.shape[0] - 2)
    part = (rows - upper)[:, None, None]
    return np.asarray(wide[upper] * (1 - part) + wide[upper + 1] * part)
