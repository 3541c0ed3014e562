"""Metres of a Chinese zone apart: the easting, the zone number before it, the northing, and their system."""

from __future__ import annotations

from app.domain.coordinates.zones import zone6_crs, zone_crs, zone_number
from app.exchange.written_positions import Written

_NORTH = (1.8e6, 6.1e6)
_EAST = (2e4, 9.9e5)  # beyond the edges of a zone too: some reckon a whole county in its neighbour's


def between(value: float, limits: tuple[float, float]) -> bool:
    """True when a value lies within both limits."""
    return limits[0] <= value <= limits[1]


def grid_parts(written: Written) -> tuple[float, int, float] | None:
    """The parts of a written position; see `split_metres`."""
    return split_metres(written.a, written.b)


def split_metres(a: float, b: float) -> tuple[float, int, float] | None:
    """Easting without its zone number, the zone number (0 when there is none), and northing, in whatever
    order."""
    for east, north in ((a, b), (b, a)):
        prefix, metres = divmod(east, 1e6)
        if between(north, _NORTH) and _EAST[0] <= metres <= _EAST[1] and (not prefix or 13 <= prefix <= 45):
            return metres, int(prefix), north
    return None


def prefix_crs(prefix: int) -> str:
    """The system whose eastings begin with this zone number, empty when there is none."""
    if 13 <= prefix <= 23:
        return zone6_crs(prefix, True)
    return zone_crs(prefix, True) if 25 <= prefix <= 45 else ""


def false_million(crs: str) -> float:
    """What must be put before the easting for this system: its zone number, when the system carries one."""
    return 1e6 * zone_number(crs)
