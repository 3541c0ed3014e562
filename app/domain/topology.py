"""Whether areas that belong together fit: crossing outlines, overlaps, gaps, zones beyond their range."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from app.domain.coordinates.measure import drawn_area_m2, polygons
from app.i18n import N_, tr

# Less than this is what rounding leaves between boundaries that were digitised apart, no fault of a map.
LEAST_M2 = 1.0
_TOUCH_DEG = 1e-7  # a centimetre: boundaries this close are one
# A corner drawn onto a neighbour's edge lies beside it by rounding alone: joined to a millimetre, the crack
# closes that would open the gap behind it.
_JOIN_DEG = 1e-8
# A hole between neighbours larger than this is land that is meant to be left out.
LARGEST_GAP_M2 = 100_000.0

FAULTS = {
    "self_intersection": N_("The outline crosses or touches itself"),
    "overlap": N_("Two areas overlap"),
    "gap": N_("A gap between neighbours"),
    "outside_range": N_("The first-level zone reaches beyond the outer zones of its source"),
    "no_area": N_("The record has no area"),
}


@dataclass(frozen=True)
class Area:
    """An area to be checked: uid, what people call it, its shape (EPSG:4490), the group it must fit into."""

    uid: str
    title: str
    shape: BaseGeometry | None
    group: str = ""


@dataclass(frozen=True)
class Fault:
    """What does not fit: a code of FAULTS, the records concerned, where (EPSG:4490) and how large in m²."""

    code: str
    uids: tuple[str, ...]
    titles: tuple[str, ...]
    place: BaseGeometry
    area_m2: float | None = field(default=None)

    @property
    def words(self) -> str:
        """The fault in a sentence."""
        return tr(FAULTS[self.code])


def faults(areas: Sequence[Area], *, least_m2: float = LEAST_M2) -> list[Fault]:
    """Crossing outlines of all areas, then overlaps and gaps within each group, the largest first."""
    found: list[Fault] = []
    sound: dict[str, list[Area]] = {}
    for area in areas:
        fault = _own_fault(area)
        if fault is not None:
            found.append(fault)
        else:
            sound.setdefault(area.group, []).append(area)
    for group in sound.values():
        between = [*_overlaps(group, least_m2), *_gaps(group, least_m2)]
        found += sorted(between, key=lambda fault: -(fault.area_m2 or 0.0))
    return found


def beyond_range(
    inner: Iterable[Area], outer: Mapping[str, Sequence[BaseGeometry]], *, least_m2: float = LEAST_M2
) -> list[Fault]:
    """Inner areas that reach beyond the filled outline of the outer ones of their group; without outer areas
    there is no range to leave."""
    found = []
    for area in inner:
        shapes = [shape for shape in outer.get(area.group, ()) if shape.is_valid]
        if not shapes or area.shape is None or not area.shape.is_valid:
            continue
        # An outer zone leaves the inner one out as a hole, or as a bay where both end at a river's bank.
        whole = shapely.union_all(np.asarray([*shapes, *_enclosed(area.shape, shapes)], dtype=object))
        rest = area.shape.difference(_filled(whole))
        size = drawn_area_m2(rest)
        if size > least_m2:
            found.append(Fault("outside_range", (area.uid,), (area.title,), rest, size))
    return found


def _enclosed(inner: BaseGeometry, outer: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """The parts of an inner zone of which most of the edge is shared with outer zones: they lie in a bay."""
    edge = shapely.union_all(np.asarray(outer, dtype=object)).boundary.buffer(_TOUCH_DEG)
    kept: list[BaseGeometry] = []
    for part in polygons(inner):
        shared = part.exterior.intersection(edge)
        if shared.length >= part.exterior.length / 2:
            kept.append(part)
    return kept


def _filled(shape: BaseGeometry) -> BaseGeometry:
    rings = [Polygon(part.exterior) for part in polygons(shape)]
    return shapely.union_all(np.asarray(rings, dtype=object))


def _own_fault(area: Area) -> Fault | None:
    shape = area.shape
    if shape is None or shape.is_empty or not polygons(shape):
        return Fault("no_area", (area.uid,), (area.title,), Point())
    if shape.is_valid:
        return None
    return Fault("self_intersection", (area.uid,), (area.title,), _crossing(shape))


def _crossing(shape: BaseGeometry) -> BaseGeometry:
    """Where an outline crosses itself, out of GEOS's sentence: `Self-intersection[106.5 35.5]`."""
    words = shapely.is_valid_reason(shape)
    inside = words[words.find("[") + 1 : words.rfind("]")].split()
    try:
        x, y = (float(number) for number in inside[:2])
    except ValueError:
        return shape.representative_point()
    return Point(x, y)


def _overlaps(areas: Sequence[Area], least_m2: float) -> list[Fault]:
    shapes = np.asarray([area.shape for area in areas], dtype=object)
    one, other = STRtree(shapes).query(shapes, predicate="intersects")
    once = one < other
    one, other = one[once], other[once]
    common = shapely.intersection(shapes[one], shapes[other])
    found = []
    for number in np.flatnonzero(shapely.area(common) > 0.0):
        size = drawn_area_m2(common[number])
        if size > least_m2:
            pair = (areas[one[number]], areas[other[number]])
            found.append(_between("overlap", pair, common[number], size))
    return found


def _gaps(areas: Sequence[Area], least_m2: float) -> list[Fault]:
    shapes = np.asarray([area.shape for area in areas], dtype=object)
    tree = STRtree(shapes)
    found = []
    whole = shapely.union_all(shapes, grid_size=_JOIN_DEG)
    holes = [Polygon(ring) for part in polygons(whole) for ring in part.interiors]
    for hole in holes:
        size = drawn_area_m2(hole)
        if not least_m2 < size <= LARGEST_GAP_M2:
            continue
        near = tree.query(hole, predicate="dwithin", distance=_TOUCH_DEG)
        around = tuple(areas[row] for row in sorted(near))
        if len(around) > 1:  # a hole inside one area alone was drawn there; a gap lies between neighbours
            found.append(_between("gap", around, hole, size))
    return found


def _between(code: str, areas: Sequence[Area], place: BaseGeometry, size: float) -> Fault:
    return Fault(code, tuple(area.uid for area in areas), tuple(area.title for area in areas), place, size)
