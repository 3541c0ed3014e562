"""The two shifted Chinese map systems, GCJ-02 (AMap, Tencent) and BD-09 (Baidu), to and from CGCS2000."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]

_AXIS_M = 6378245.0  # Krasovsky ellipsoid, which the published GCJ-02 formula uses
_ECC2 = 0.00669342162296594323
_BD_ANGLE = np.pi * 3000.0 / 180.0
_INVERSE_ROUNDS = 4  # three leave 0.01 mm, one round more costs nothing


def _metres(x: Floats, y: Floats) -> Pair:
    """The raw offset polynomial of GCJ-02 at (lon - 105, lat - 35): metres east and north."""
    root = np.sqrt(np.abs(x))
    ripple = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    return east, north


def _outside_china(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Where the formula does not apply (its published box)."""
    return np.asarray((lon < 72.004) | (lon > 137.8347) | (lat < 0.8293) | (lat > 55.8271))


def to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Degrees EPSG:4490 → degrees GCJ-02; any shape, unchanged outside China."""
    x, y = np.asarray(lon, float), np.asarray(lat, float)
    east, north = _metres(x - 105.0, y - 35.0)
    radians = y * np.pi / 180.0
    magic = 1.0 - _ECC2 * np.sin(radians) ** 2
    d_lat = north * 180.0 / ((_AXIS_M * (1.0 - _ECC2)) / (magic * np.sqrt(magic)) * np.pi)
    d_lon = east * 180.0 / (_AXIS_M / np.sqrt(magic) * np.cos(radians) * np.pi)
    outside = _outside_china(x, y)
    return x + np.where(outside, 0.0, d_lon), y + np.where(outside, 0.0, d_lat)


def from_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Degrees GCJ-02 → degrees EPSG:4490, exact to well under a millimetre."""
    return _inverse(to_gcj02, lon, lat)


def to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Degrees EPSG:4490 → degrees BD-09."""
    return _gcj_to_bd(*to_gcj02(lon, lat))


def from_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Degrees BD-09 → degrees EPSG:4490, exact to well under a millimetre."""
    return from_gcj02(*_inverse(_gcj_to_bd, lon, lat))


def _gcj_to_bd(lon: ArrayLike, lat: ArrayLike) -> Pair:
    x, y = np.asarray(lon, float), np.asarray(lat, float)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_ANGLE)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_ANGLE)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _inverse(forward: Callable[[ArrayLike, ArrayLike], Pair], lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Fixed-point iterations: the shift changes so slowly that each round wins three digits."""
    target_x, target_y = np.asarray(lon, float), np.asarray(lat, float)
    x, y = target_x, target_y
    for _ in range(_INVERSE_ROUNDS):
        there_x, there_y = forward(x, y)
        x, y = x - (there_x - target_x), y - (there_y - target_y)
    return x, y
