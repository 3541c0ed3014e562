"""In which order places are visited: a short way through all of them, found the same way every time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.domain.coordinates.measure import distances_m

_IMPROVED = 600  # places; the way through more is left as the nearest neighbours give it
_DEGREE_M = 111_320.0  # of latitude
_GAIN_M = 0.01  # what an exchange has to save, so that rounding does not exchange for ever


def visiting_order(places: Sequence[tuple[float, float]]) -> list[int]:
    """The order of a short open way through places (longitude, latitude in EPSG:4490), as their positions.

    Always to the nearest place left, begun at one end, then untangled; it is short and not proved shortest.
    Distances are straight lines, not roads.
    """
    if not places:
        return []
    metres = _metres(places)
    way = _nearest_first(metres)
    return _untangled(way, metres) if len(way) <= _IMPROVED else way


def length_m(places: Sequence[tuple[float, float]]) -> float:
    """The length of a way through places in their order, in metres over the ellipsoid."""
    if len(places) < 2:
        return 0.0
    x, y = np.asarray(places, dtype=float).T
    return float(distances_m(x[:-1], y[:-1], x[1:], y[1:]).sum())


def _metres(places: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Plane coordinates good enough to compare distances within a county."""
    degrees = np.asarray(places, dtype=float)
    middle = degrees.mean(axis=0)
    metres: NDArray[np.float64] = (degrees - middle) * _DEGREE_M * [np.cos(np.radians(middle[1])), 1.0]
    return metres


def _nearest_first(metres: NDArray[np.float64]) -> list[int]:
    """Begun at the place farthest from the middle, which is an end of any good way."""
    left = np.ones(len(metres), dtype=bool)
    at = int(np.argmax(np.hypot(*metres.T)))
    way = []
    for _ in range(len(metres)):
        way.append(at)
        left[at] = False
        away = np.hypot(*(metres - metres[at]).T)
        away[~left] = np.inf
        at = int(np.argmin(away))
    return way


def _untangled(way: list[int], metres: NDArray[np.float64]) -> list[int]:
    """Turn stretches of the way round as long as that makes it shorter (2-opt)."""
    order = np.asarray(way)
    shorter = True
    while shorter:
        shorter = False
        for first in range(len(order) - 1):
            gains = _gains(metres[order], first)
            best = int(np.argmax(gains))
            if gains[best] > _GAIN_M:
                last = first + 1 + best
                order[first : last + 1] = order[first : last + 1][::-1]
                shorter = True
    return [int(place) for place in order]


def _gains(way: NDArray[np.float64], first: int) -> NDArray[np.float64]:
    """Metres saved by turning round the stretch from `first` to each later place."""
    after = np.roll(way, -1, axis=0)[first + 1 :]
    lasts = way[first + 1 :]
    cut, joined = np.hypot(*(lasts - after).T), np.hypot(*(way[first] - after).T)
    cut[-1] = joined[-1] = 0.0  # behind the last place nothing is joined
    if first:
        before = way[first - 1]
        cut = cut + np.hypot(*(way[first] - before))
        joined = joined + np.hypot(*(lasts - before).T)
    saved: NDArray[np.float64] = cut - joined
    return saved
