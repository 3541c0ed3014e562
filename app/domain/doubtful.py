"""What to look at in built-up areas that count: an outline of a year to come, one place under two names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import shapely
from shapely.errors import GEOSException

from app.domain.surroundings import Area

_SAME_GROUND = 0.5  # of the smaller of two outlines: neighbouring towns meet at a border, no more


@dataclass(frozen=True)
class Doubt:
    """A `code` (coming_year, same_place), the areas it is about, and what its sentence names."""

    code: str
    uids: tuple[str, ...]
    values: Mapping[str, object]


def doubts(counted: Sequence[Area], year: int, this_year: int) -> Iterator[Doubt]:
    """The doubts about areas that count, by the setting `year` (0: the newest) and in `this_year`."""
    for area in counted:
        if not year and area.year > this_year:
            yield Doubt("coming_year", (area.uid,), {"name": area.name, "year": area.year})
    for one, other in combinations(counted, 2):
        if _same_ground(one, other):
            yield Doubt("same_place", (one.uid, other.uid), {"name": one.name, "other": other.name})


def _same_ground(one: Area, other: Area) -> bool:
    if one.shape is None or other.shape is None or not shapely.box(*one.shape.bounds).intersects(other.shape):
        return False
    try:
        here, there = shapely.make_valid(one.shape), shapely.make_valid(other.shape)
        return float(here.intersection(there).area) > _SAME_GROUND * min(here.area, there.area)
    except GEOSException:  # an outline nothing can be worked out from
        return False
