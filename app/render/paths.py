"""Vertex arrays as Qt paths in one step, without a Python call for each vertex."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QDataStream
from PySide6.QtGui import QPainterPath

from app.carto.display import Floats, Ints

_MOVE, _LINE = 0, 1
_WINDING = 1

# One element as Qt's stream format writes it: kind, x, y, big-endian.
_ELEMENT = np.dtype([("kind", ">i4"), ("x", ">f8"), ("y", ">f8")])


def path_of(xy: Floats, starts: Ints, closed: bool) -> QPainterPath:
    """A path of rings or polylines; `xy` (n, 2) in device units, rings are closed when they are not yet.

    Vertices without a finite position are left out.
    """
    path = QPainterPath()
    xy, starts = _finite(xy, starts)
    if closed:
        xy, starts = _closed(xy, starts)
    if not len(xy):
        return path
    elements = np.empty(len(xy), dtype=_ELEMENT)
    elements["kind"] = _LINE
    elements["kind"][starts] = _MOVE
    elements["x"], elements["y"] = xy[:, 0], xy[:, 1]
    head = np.array([len(xy)], dtype=">i4").tobytes()
    tail = np.array([int(starts[-1]), _WINDING], dtype=">i4").tobytes()
    content = QByteArray(head + elements.tobytes() + tail)
    QDataStream(content) >> path
    return path


def _finite(xy: Floats, starts: Ints) -> tuple[Floats, Ints]:
    good = np.isfinite(xy).all(axis=1)
    if good.all():
        return xy, starts
    lengths = np.diff(np.append(starts, len(xy)))
    owner = np.repeat(np.arange(len(starts)), lengths)[good]
    kept = np.flatnonzero(np.diff(owner, prepend=-1) != 0)
    return xy[good], kept.astype(np.int64)


def _closed(xy: Floats, starts: Ints) -> tuple[Floats, Ints]:
    """The rings with their first vertex repeated at the end where it is not there yet."""
    if not len(starts):
        return xy, starts
    ends = np.append(starts[1:], len(xy))
    is_open = (xy[starts] != xy[ends - 1]).any(axis=1)
    if not is_open.any():
        return xy, starts
    shifted = starts + np.concatenate([[0], np.cumsum(is_open)[:-1]]).astype(np.int64)
    return np.insert(xy, ends[is_open], xy[starts[is_open]], axis=0), shifted


def portions(xy: Floats, starts: Ints, areas: int) -> Iterator[tuple[Floats, Ints]]:
    """The rings in portions of about so many areas each; a hole stays with the ring it lies in.

    Holes are the rings that run against the first ring.
    """
    if len(starts) <= areas:
        yield xy, starts
        return
    outer = np.flatnonzero(_turns(xy, starts))
    for first, last in pairwise([*outer[::areas].tolist(), len(starts)]):
        begin = int(starts[first])
        end = int(starts[last]) if last < len(starts) else len(xy)
        yield xy[begin:end], starts[first:last] - begin


def _turns(xy: Floats, starts: Ints) -> NDArray[np.bool_]:
    """Which rings turn the way the first one does, by the sign of twice their area."""
    ends = np.append(starts[1:], len(xy)) - 1
    following = np.arange(1, len(xy) + 1)
    following[ends] = starts
    shift = xy[starts].repeat(ends - starts + 1, axis=0)  # near the origin products keep their digits
    near, next_one = xy - shift, xy[following] - shift
    twice = np.add.reduceat(near[:, 0] * next_one[:, 1] - next_one[:, 0] * near[:, 1], starts)
    return np.asarray((twice >= 0) == (twice[0] >= 0))
