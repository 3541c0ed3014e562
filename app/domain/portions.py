"""Work on long arrays in portions, so that a window beside it gets its turn.

Shapely and GEOS keep the interpreter's lock for as long as a call takes: tens of milliseconds for some ten
thousand geometries. Between two short calls the lock goes round.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

_MOST = 2_000  # geometries at once
_VERTEX_BYTES = 16
_VERTICES = 50_000  # vertices at once, as far as whole geometries allow
_SORTED_AT_ONCE = 20_000  # items, of which a sort or their end takes some milliseconds
_HEAP = 5_000
Objects = NDArray[np.object_]
T = TypeVar("T")


def in_portions(work: Callable[[Any], NDArray[Any]], items: NDArray[Any]) -> NDArray[Any]:
    """What `work` makes of an array, made of a portion at a time; `work` keeps the length."""
    if len(items) <= _MOST:
        return work(items)
    return np.concatenate([work(items[at : at + _MOST]) for at in range(0, len(items), _MOST)])


def portions(geometry: Objects) -> Iterator[slice]:
    """Slices of an array of geometries, none of which holds very many of them or their vertices."""
    return by_weight(in_portions(shapely.get_num_coordinates, geometry))


def by_weight(vertices: NDArray[Any]) -> Iterator[slice]:
    """The same for items of so many vertices each."""
    before = np.concatenate([[0], np.cumsum(vertices)])
    at = 0
    while at < len(vertices):
        fits = int(np.searchsorted(before, before[at] + _VERTICES, side="right")) - 1
        end = min(max(fits, at + 1), at + _MOST, len(vertices))
        yield slice(at, end)
        at = end


def in_order(items: Sequence[T], key: Callable[[T], Any], *, descending: bool = False) -> list[T]:
    """`sorted`, equal ones as they came, without one long comparison of everything: they are dealt out
    between samples first, and each heap is sorted by itself."""
    if len(items) <= _SORTED_AT_ONCE:
        return sorted(items, key=key, reverse=descending)
    keys = [key(item) for item in items]
    marks = sorted(set(keys[::_HEAP]))
    heaps: list[list[T]] = [[] for _ in range(2 * len(marks) + 1)]
    for item, held in zip(items, keys, strict=True):
        at = bisect_left(marks, held)
        heaps[2 * at + (at < len(marks) and marks[at] == held)].append(item)
    found: list[T] = []
    for number in range(len(heaps))[:: -1 if descending else 1]:  # odd heaps hold what equals a sample
        heap = heaps[number]
        found += heap if number % 2 else sorted(heap, key=key, reverse=descending)
    return found


def let_go(items: list[Any] | NDArray[Any]) -> None:
    """Empty a long list or array of objects, whose end would otherwise be the end of all of them at once."""
    for at in range(len(items), 0, -_SORTED_AT_ONCE):
        if isinstance(items, list):
            del items[max(at - _SORTED_AT_ONCE, 0) :]
        else:
            items[max(at - _SORTED_AT_ONCE, 0) : at] = None


def from_wkb(wkb: Objects) -> Objects:
    """The geometries of WKB; None where there is none, and for one that GEOS cannot make (a line of one
    point)."""
    weights = np.fromiter((len(blob or b"") // _VERTEX_BYTES for blob in wkb), np.int64, len(wkb))
    with np.errstate(invalid="ignore"):  # what GEOS sets while it refuses a shape is no news
        parts = [np.asarray(shapely.from_wkb(wkb[part], on_invalid="ignore")) for part in by_weight(weights)]
    return np.concatenate(parts).astype(object) if parts else np.empty(0, dtype=object)


def vertices(geometry: Objects) -> NDArray[np.float64]:
    """The vertices (n, 2) of all geometries."""
    parts = [shapely.get_coordinates(geometry[part]) for part in portions(geometry)]
    return np.concatenate(parts) if parts else np.empty((0, 2))


def vertices_of(geometry: Objects) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The vertices (n, 2) of all geometries, and the row each belongs to."""
    xy = vertices(geometry)
    counts = in_portions(shapely.get_num_coordinates, geometry)
    return xy, np.repeat(np.arange(len(geometry)), counts)
