"""Corner points into rings: closing, order, doubled points, spikes and crossings, with area and length on
the ellipsoid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import shapely
from shapely import Point, Polygon

from app.domain.coordinates.measure import area_m2, distance_m, length_m
from app.i18n import N_, tr

SAME_M = 0.05  # two corner points closer than this are one
_SPIKE_DEG = 5.0
_GAP_TIMES = 4.0  # a closing side this much longer than every other side suggests missing points
FATAL = frozenset({"self_intersection", "unreadable", "unclosed", "outside_area"})

Vertex = tuple[float, float]


@dataclass(frozen=True)
class Problem:
    """Something wrong with a ring: its code, the rows it stands in, the vertices concerned, and why."""

    code: str
    rows: tuple[int, ...]
    vertices: tuple[Vertex, ...]
    why: str

    def to_json(self) -> dict[str, object]:
        """The problem as the report carries it."""
        return {"code": self.code, "rows": list(self.rows), "vertices": [list(v) for v in self.vertices],
                "why": self.why}  # fmt: skip


@dataclass(frozen=True)
class Corner:
    """One corner point: the row it stands in, its number when it has one, degrees EPSG:4490."""

    row: int
    x: float
    y: float
    number: int | None = None

    @property
    def vertex(self) -> Vertex:
        """The point as x and y."""
        return (self.x, self.y)


@dataclass(frozen=True)
class Ring:
    """A ring of one zone level and part; vertices are not repeated at the end."""

    level: str
    part: str
    name: str
    corners: tuple[Corner, ...]
    problems: tuple[Problem, ...] = field(default=())

    @property
    def polygon(self) -> Polygon | None:
        """The ring as a polygon; None when it has fewer than three corners."""
        return Polygon([corner.vertex for corner in self.corners]) if len(self.corners) >= 3 else None

    @property
    def usable(self) -> bool:
        """True when nothing is wrong that only a person can mend."""
        return self.polygon is not None and not any(problem.code in FATAL for problem in self.problems)

    def to_json(self) -> dict[str, object]:
        """The ring as the report carries it, with its area and length on the ellipsoid."""
        polygon = self.polygon
        return {
            "level": self.level or None, "part": self.part or None, "name": self.name or None,
            "vertices": [[round(c.x, 9), round(c.y, 9)] for c in self.corners],
            "area_m2": round(area_m2(polygon), 2) if polygon else 0.0,
            "perimeter_m": round(length_m(polygon), 2) if polygon else 0.0,
        }  # fmt: skip


def make_ring(level: str, part: str, name: str, corners: Sequence[Corner]) -> Ring:
    """A ring of corner points as listed: mended where that is certain, with every problem named."""
    problems: list[Problem] = []
    kept = _without_doubles(corners, problems)
    kept = _in_order(kept, problems)
    if len(kept) < 3:
        rows = tuple(corner.row for corner in kept)
        problems.append(
            Problem(
                "unclosed",
                rows,
                tuple(c.vertex for c in kept),
                tr(N_("A ring needs at least three corner points; there are {n}."), n=len(kept)),
            )
        )
        return Ring(level, part, name, tuple(kept), tuple(problems))
    _crossings(kept, problems)
    _spikes(kept, problems)
    _gap(kept, problems)
    return Ring(level, part, name, tuple(kept), tuple(problems))


def _without_doubles(corners: Sequence[Corner], problems: list[Problem]) -> list[Corner]:
    """The closing point repeated at the end is usual; any other point that stands twice is a slip."""
    kept = list(corners)
    if len(kept) > 3 and _same(kept[0], kept[-1]):
        kept.pop()
    found: list[Corner] = []
    for corner in kept:
        earlier = next((other for other in found if _same(other, corner)), None)
        if earlier is None:
            found.append(corner)
            continue
        why = tr(
            N_("The corner point of row {row} stands in row {earlier} already."),
            row=corner.row,
            earlier=earlier.row,
        )
        problems.append(Problem("duplicate_vertex", (earlier.row, corner.row), (corner.vertex,), why))
        if found[-1] is not earlier:
            found.append(corner)
    return found


def _same(a: Corner, b: Corner) -> bool:
    return abs(a.x - b.x) < 1e-5 and abs(a.y - b.y) < 1e-5 and distance_m(a.x, a.y, b.x, b.y) < SAME_M


def _in_order(corners: list[Corner], problems: list[Problem]) -> list[Corner]:
    """By their numbers when they have any; otherwise two exchanged neighbours are found by the crossing
    they make."""
    numbers = [corner.number for corner in corners]
    if all(number is not None for number in numbers) and len(set(numbers)) == len(numbers):
        ordered = sorted(corners, key=lambda corner: corner.number or 0)
        if ordered == corners:
            return corners if _valid(corners) else _exchanged(corners, problems)
        moved = [a for a, b in zip(corners, ordered, strict=True) if a is not b]
        why = tr(
            N_("The corner points are not listed in the order of their numbers; the numbers were followed.")
        )
        problems.append(Problem("order", tuple(c.row for c in moved), tuple(c.vertex for c in moved), why))
        return ordered
    return corners if _valid(corners) else _exchanged(corners, problems)


def _valid(corners: Sequence[Corner]) -> bool:
    return len(corners) < 4 or Polygon([corner.vertex for corner in corners]).is_valid


def _exchanged(corners: list[Corner], problems: list[Problem]) -> list[Corner]:
    """If exchanging two neighbours removes every crossing, say so; the points stay as listed."""
    count = len(corners)
    if count > 400:
        return corners
    for index in range(count):
        tried = list(corners)
        other = (index + 1) % count
        tried[index], tried[other] = tried[other], tried[index]
        if _valid(tried):
            pair = (corners[index], corners[other])
            why = tr(
                N_("Rows {a} and {b} seem to be exchanged: the boundary crosses itself there."),
                a=pair[0].row,
                b=pair[1].row,
            )
            problems.append(
                Problem("order", (pair[0].row, pair[1].row), (pair[0].vertex, pair[1].vertex), why)
            )
            break
    return corners


def _crossings(corners: Sequence[Corner], problems: list[Problem]) -> None:
    """Where sides that are no neighbours meet."""
    if _valid(corners):
        return
    sides = [shapely.LineString([a.vertex, b.vertex]) for a, b in _sides(corners)]
    tree = shapely.STRtree(sides)
    for first, second in zip(*tree.query(sides, predicate="intersects"), strict=True):
        a, b = int(first), int(second)
        if b <= a or b - a == 1 or (a == 0 and b == len(sides) - 1):
            continue
        where = sides[a].intersection(sides[b])
        rows = tuple(sorted({corner.row for side in (a, b) for corner in _side(corners, side)}))
        point = where if isinstance(where, Point) else where.representative_point()
        why = tr(
            N_("The side after row {a} crosses the side after row {b}."), a=corners[a].row, b=corners[b].row
        )
        problems.append(Problem("self_intersection", rows, ((round(point.x, 9), round(point.y, 9)),), why))
    if not any(problem.code == "self_intersection" for problem in problems):
        rows = tuple(corner.row for corner in corners)
        problems.append(
            Problem("self_intersection", rows, (), tr(N_("The boundary touches or crosses itself.")))
        )


def _sides(corners: Sequence[Corner]) -> list[tuple[Corner, Corner]]:
    return [_side(corners, index) for index in range(len(corners))]


def _side(corners: Sequence[Corner], index: int) -> tuple[Corner, Corner]:
    return corners[index], corners[(index + 1) % len(corners)]


def _spikes(corners: Sequence[Corner], problems: list[Problem]) -> None:
    """Corner points where the boundary turns back on itself."""
    count = len(corners)
    for index, corner in enumerate(corners):
        before, after = corners[index - 1], corners[(index + 1) % count]
        if count > 3 and _angle(before, corner, after) < _SPIKE_DEG:
            why = tr(
                N_("At row {row} the boundary turns back on itself: one point is probably mistyped."),
                row=corner.row,
            )
            problems.append(Problem("spike", (corner.row,), (corner.vertex,), why))


def _angle(before: Corner, corner: Corner, after: Corner) -> float:
    """The angle at a corner in degrees, with east shortened to the latitude."""
    scale = math.cos(math.radians(corner.y))
    a = ((before.x - corner.x) * scale, before.y - corner.y)
    b = ((after.x - corner.x) * scale, after.y - corner.y)
    return abs(math.degrees(math.atan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1])))


def _gap(corners: Sequence[Corner], problems: list[Problem]) -> None:
    lengths = [distance_m(*a.vertex, *b.vertex) for a, b in _sides(corners)]
    if len(corners) > 3 and lengths[-1] > _GAP_TIMES * max(lengths[:-1]):
        ends = (corners[-1], corners[0])
        why = tr(
            N_("From the last point back to the first it is {n} m, much farther than any other side."),
            n=f"{lengths[-1]:.0f}",
        )
        problems.append(
            Problem("unclosed", (ends[0].row, ends[1].row), (ends[0].vertex, ends[1].vertex), why)
        )
