"""What a place lies in: built-up area, the bands of 5 and 10 km around it, protection zone. Pure geometry.

Nobody stores the answer; it is worked out whenever a record is read (docs/decisions, 0065).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

# A change of one of these may change what is read of any boiler (a setting: the year that counts).
SOURCES = frozenset({"built_up_area", "protection_zone", "setting"})
BANDS_KM = (5, 10)  # within these the household retrofits (三改) are counted (docs/sources.md)
_CODES = {5: "within_5km", 10: "within_10km"}
_LEVELS = ("first", "second", "quasi")  # the strictest first
_QUARTER = 64  # corners of a quarter circle: a chord of 10 km then lies 0.8 m inside the arc
_YEAR_IN_NAME = re.compile(r"\(?(19|20|21)\d\d年?\)?")
# From degrees of EPSG:4490 to metres: what `Transformer.from_crs` would make of the two, without its search
# among all the ways between them (14 ms for each outline of an area, whenever a window opens).
_PLANE = (
    "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
    "+step +proj=tmerc +lat_0={lat:.6f} +lon_0={lon:.6f} +k=1 +x_0=0 +y_0=0 +ellps=GRS80"
)
Objects = NDArray[np.object_]


@dataclass(frozen=True)
class Area:
    """A built-up area: its name (the same from year to year), year, outline (EPSG:4490)."""

    uid: str
    name: str
    year: int
    shape: BaseGeometry | None


@dataclass(frozen=True)
class Zone:
    """A protection zone in force: level and outline (EPSG:4490)."""

    level: str
    shape: BaseGeometry | None


def counting(areas: Iterable[Area], year: int = 0) -> tuple[Area, ...]:
    """Of each place its newest outline, or its newest up to `year` where one is set (0: none is).

    A year written in the name is no part of it, so that 城区2024 and 城区2025 are one place.
    """
    newest: dict[str, Area] = {}
    for area in areas:
        place = _YEAR_IN_NAME.sub("", unicodedata.normalize("NFKC", area.name)).strip()
        held = newest.get(place)
        if (not year or area.year <= year) and (held is None or area.year > held.year):
            newest[place] = area
    return tuple(item for item in newest.values() if item.shape is not None and not item.shape.is_empty)


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The built-up areas that count and the zones in force, asked about many points at once."""

    areas: tuple[Area, ...] = ()
    zones: tuple[Zone, ...] = ()

    def look(self, points: Sequence[BaseGeometry | None] | Objects) -> dict[str, list[Any]]:
        """`in_builtup`, `band` and `zone_level` of each point (EPSG:4490); None where it cannot be told.

        Without any built-up area nothing is said of them; a point outside every zone has no level.
        """
        asked = np.empty(len(points), dtype=object)
        asked[:] = points
        # A tree of the points, and not prepared polygons: those are not safe in several threads.
        tree = shapely.STRtree(asked)
        inside, band = self._bands(tree, ~shapely.is_missing(asked) & ~shapely.is_empty(asked))
        return {"in_builtup": inside, "band": band, "zone_level": self._levels(tree)}

    @cached_property
    def rings(self) -> dict[int, BaseGeometry]:
        """The ground within so many kilometres of the built-up areas, themselves included, by kilometres."""
        return {
            km: _joined([_widened(area.shape, km) for area in self.areas if area.shape is not None])
            for km in BANDS_KM
        }

    def _bands(self, tree: shapely.STRtree, placed: NDArray[np.bool_]) -> tuple[list[Any], list[Any]]:
        if not self.areas:
            return [None] * len(placed), [None] * len(placed)
        inside, band = (np.full(len(placed), None, dtype=object) for _ in range(2))
        inside[placed], band[placed] = False, "beyond"
        for km in reversed(BANDS_KM):
            band[_within(tree, self.rings[km])] = _CODES[km]
        held = _within(tree, self._ground)
        inside[held], band[held] = True, "inside"
        return list(inside), list(band)

    def _levels(self, tree: shapely.STRtree) -> list[Any]:
        found = np.full(len(tree.geometries), None, dtype=object)
        for level in reversed(_LEVELS):
            if level in self._by_level:
                found[_within(tree, self._by_level[level])] = level
        return list(found)

    @cached_property
    def _ground(self) -> BaseGeometry:
        return _joined([_valid(area.shape) for area in self.areas if area.shape is not None])

    @cached_property
    def _by_level(self) -> dict[str, BaseGeometry]:
        shapes: dict[str, list[BaseGeometry]] = {}
        for zone in self.zones:
            if zone.shape is not None:
                shapes.setdefault(zone.level, []).append(_valid(zone.shape))
        return {level: _joined(found) for level, found in shapes.items()}


def _within(tree: shapely.STRtree, ground: BaseGeometry) -> NDArray[np.int64]:
    """The numbers of the tree's points in some ground, its boundary included."""
    found: NDArray[np.int64] = tree.query(ground, predicate="intersects")
    return found


def _widened(shape: BaseGeometry, km: int) -> BaseGeometry:
    """The ground within `km` of a shape, measured in a projection that touches the earth at its middle.

    Its scale errs by less than 1 in 100,000 within 25 km of there.
    """
    middle = shape.representative_point()
    there = Transformer.from_pipeline(_PLANE.format(lat=middle.y, lon=middle.x))
    plane = shapely.transform(_valid(shape), lambda xy: _moved(there, xy, "FORWARD"))
    wide = shapely.buffer(plane, km * 1000.0, quad_segs=_QUARTER)
    return shapely.transform(wide, lambda xy: _moved(there, xy, "INVERSE"))


def _moved(way: Transformer, xy: NDArray[np.float64], direction: str) -> NDArray[np.float64]:
    return np.column_stack(way.transform(xy[:, 0], xy[:, 1], direction=direction))


def _valid(shape: BaseGeometry) -> BaseGeometry:
    return shape if shape.is_valid else shapely.make_valid(shape)


def _joined(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    joined: BaseGeometry = shapely.union_all(np.asarray(shapes, dtype=object))
    return joined
