"""How like our picture of a view is to QGIS's picture of the same file: where edges lie, and the colours.

Run by benchmarks/canvas.py: our side draws first and says which box of metres it drew, QGIS draws that box.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

Grey = NDArray[np.float64]
_EDGE = 24.0  # a step between neighbours, of 255, from which it is an edge


def compare(ours: Path, theirs: Path) -> dict[str, float]:
    """`colour`: mean difference of a channel, of 255; `apart`: percent of the pixels of which a channel
    differs by more than 64; `edges`: percent of their edge pixels with one of ours within a pixel, and `back`
    the other way round; `shift_px`: how far the whole picture lies aside, by phase correlation."""
    mine, peer = _pixels(ours), _pixels(theirs)
    if mine.shape != peer.shape:
        raise SystemExit(f"{ours.name} is {mine.shape}, {theirs.name} is {peer.shape}")
    differing = np.abs(mine - peer)
    grey = mine.mean(axis=2), peer.mean(axis=2)
    edges = _edges(grey[0]), _edges(grey[1])
    return {
        "colour": float(differing.mean()),
        "apart": 100.0 * float((differing.max(axis=2) > 64).mean()),
        "edges": 100.0 * float(_near(edges[0])[edges[1]].mean()),
        "back": 100.0 * float(_near(edges[1])[edges[0]].mean()),
        "shift_px": _shift(*grey),
    }


def _pixels(file: Path) -> NDArray[Any]:
    picture = QImage(str(file)).convertToFormat(QImage.Format.Format_RGBX8888)
    found = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), -1, 4)
    return found[:, : picture.width(), :3].astype(np.float64)


def _edges(grey: Grey) -> NDArray[np.bool_]:
    found = np.zeros(grey.shape, dtype=bool)
    found[:, 1:] |= np.abs(np.diff(grey, axis=1)) > _EDGE
    found[1:] |= np.abs(np.diff(grey, axis=0)) > _EDGE
    return found


def _near(edges: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The edge pixels and those beside them."""
    found = edges.copy()
    for axis in (0, 1):
        before = found.copy()
        for step in (-1, 1):
            found |= np.roll(before, step, axis)
    return found


def _shift(mine: Grey, peer: Grey) -> float:
    """How many pixels one picture lies aside of the other: where their phase correlation has its peak."""
    product = np.fft.rfft2(mine - mine.mean()) * np.conj(np.fft.rfft2(peer - peer.mean()))
    found = np.fft.irfft2(product / np.maximum(np.abs(product), 1e-9), s=mine.shape)
    row, column = np.unravel_index(int(found.argmax()), found.shape)
    rows, columns = found[:, column], found[row]
    return float(np.hypot(_peak(rows, int(row)), _peak(columns, int(column))))


def _peak(values: Grey, at: int) -> float:
    """Where the peak of a circular row lies, by its middle of mass over three places."""
    count = len(values)
    around = np.maximum(values[[(at - 1) % count, at, (at + 1) % count]], 0.0)
    place = at + float((around * (-1.0, 0.0, 1.0)).sum() / around.sum())
    return place - count if place > count / 2 else place
