"""Finds a place for every label: beside its point, else at the end of a leader, never over another label."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.carto.display import Flags, Floats, Op, Shapes, Text, segments
from app.carto.measure import CAP_HEIGHT, text_width_mm
from app.carto.obstacles import Obstacles, covering
from app.carto.symbols import Line, TextStyle

_GAP_MM = 0.35
# Parts of an em: room around words for their halo, and how far Chinese ink reaches above and below its
# base line.
_PADDING = 0.12
_CHINESE_ABOVE, _CHINESE_BELOW = 0.86, 0.1
_LEADER_RINGS_MM = (2.5, 4.0, 5.5, 7.5, 10.0, 13.0, 17.0, 22.0, 28.0, 35.0)
_PLAIN_TEXT_MM = 2.0
_LEADER_TURNS = 24
_CLEAN_LEADER = 30.0
_NEIGHBOUR_MM = 14.0
_SAME_MM = 60.0

# Beside a point, the best place first: right, left, above, below, then the corners (dx, dy; y down).
_BESIDE = ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1))


# Where a label goes: beside its point, beside it away from the middle of its layer, or on the point.
AROUND, OUTWARD, MIDDLE = "around", "outward", "middle"


@dataclass(frozen=True)
class LabelWish:
    """A label looking for a place: its point in mm, words, style; `clear_mm` keeps it off its own marker.

    `toward` is the direction it would like best, in radians, y down.
    """

    x: float
    y: float
    text: str
    style: TextStyle
    priority: int = 50
    clear_mm: float = 0.0
    placing: str = AROUND
    leader: bool = False
    toward: float | None = None


@dataclass(frozen=True)
class PlacedLabel:
    """A label with its place: the box it covers (x0, y0, x1, y1) and the leader's end, if it has one."""

    wish: LabelWish
    box: tuple[float, float, float, float]
    leader_to: tuple[float, float] | None = None


@dataclass(frozen=True)
class _Near:
    """What is taken in a part of the sheet: boxes of labels and of symbols, and leaders (all (n, 4))."""

    labels: Floats
    symbols: Floats
    leaders: Floats

    def still_free(self, boxes: Floats) -> Flags:
        """Which of the boxes cover no label and no leader that was placed."""
        free: Flags = ~covering(boxes, self.labels)
        if len(self.leaders):
            free &= ~self._crossed(boxes)
        return free

    def _crossed(self, boxes: Floats) -> Flags:
        """Which boxes some leader runs through, judged at nine points of the leader."""
        ends = self.leaders
        t = np.linspace(0.0, 1.0, 9)[None, :]
        xs = ends[:, 0:1] + (ends[:, 2:3] - ends[:, 0:1]) * t
        ys = ends[:, 1:2] + (ends[:, 3:4] - ends[:, 1:2]) * t
        xs, ys = xs.ravel()[None, :], ys.ravel()[None, :]
        within = (xs > boxes[:, 0:1]) & (xs < boxes[:, 2:3]) & (ys > boxes[:, 1:2]) & (ys < boxes[:, 3:4])
        return np.asarray(within.any(axis=1))

    def leader_cost(self, ends: Floats) -> Floats:
        """How bad each leader (n, 4) is: 100 a crossed leader or label, 1 a crossed marker."""
        cost = np.zeros(len(ends))
        t = np.linspace(0.08, 1.0, 12)[None, :]
        xs = ends[:, 0:1] + (ends[:, 2:3] - ends[:, 0:1]) * t
        ys = ends[:, 1:2] + (ends[:, 3:4] - ends[:, 1:2]) * t
        for taken, price in ((self.labels, 100.0), (self.symbols, 1.0)):
            for column in range(12):
                x, y = xs[:, column, None], ys[:, column, None]
                hit = (x > taken[:, 0]) & (x < taken[:, 2]) & (y > taken[:, 1]) & (y < taken[:, 3])
                cost += hit.sum(axis=1) * price
        if len(self.leaders):
            cost += _crossings(ends, self.leaders) * 100.0
        return cost


class _Board:
    """The boxes and leaders that are taken already."""

    def __init__(self, obstacles: Floats, size_mm: tuple[float, float], room: int) -> None:
        self.fixed = Obstacles(obstacles, size_mm)
        self._placed = np.empty((room, 4))
        self._count = 0
        self._leaders = np.empty((room, 4))
        self._reaches = np.empty((room, 4))  # the boxes around the leaders
        self._leader_count = 0
        self._size = size_mm

    def add(self, box: Sequence[float]) -> None:
        self._placed[self._count] = box
        self._count += 1

    def add_leader(self, ends: Sequence[float]) -> None:
        x0, y0, x1, y1 = self._leaders[self._leader_count] = ends
        self._reaches[self._leader_count] = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
        self._leader_count += 1

    def open(self, boxes: Floats) -> Flags:
        """Which of the boxes (n, 4) lie inside the frame and on no obstacle: that never changes."""
        inside = (boxes[:, 0] >= 0) & (boxes[:, 1] >= 0)
        inside &= (boxes[:, 2] <= self._size[0]) & (boxes[:, 3] <= self._size[1])
        return np.asarray(inside & self.fixed.clear(boxes))

    def near(self, boxes: Floats, *, symbols: bool = False) -> _Near:
        """What is taken where the boxes are, the symbols only when they are asked for. Each of thousands of
        labels looks at its neighbours: the whole sheet for each would take minutes."""
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)

        def touching(those: Floats) -> Flags:
            met = (those[:, 0] <= high[0]) & (those[:, 2] >= low[0])
            return np.asarray(met & (those[:, 1] <= high[1]) & (those[:, 3] >= low[1]))

        placed, fixed = self._placed[: self._count], self.fixed.boxes
        leaders = self._leaders[: self._leader_count][touching(self._reaches[: self._leader_count])]
        return _Near(placed[touching(placed)], fixed[touching(fixed)] if symbols else fixed[:0], leaders)


def place_labels(
    wishes: Sequence[LabelWish], size_mm: tuple[float, float], obstacles: Floats
) -> tuple[list[PlacedLabel], int]:
    """Places for the wishes, the important first, and how many found none; obstacles are (n, 4) in mm."""
    board = _Board(obstacles, size_mm, len(wishes))
    centres = _outward(wishes)
    order = sorted(range(len(wishes)), key=lambda i: (-wishes[i].priority, i))
    placed: list[PlacedLabel] = []
    said: dict[str, list[PlacedLabel]] = {}
    places = _open_places(wishes, board)
    missed = 0
    for index in order:
        if _said_nearby(wishes[index], said):
            continue
        found = _place(wishes[index], places[index], centres[index], board)
        if found is None:
            missed += 1
            continue
        placed.append(found)
        said.setdefault(found.wish.text, []).append(found)
        board.add(found.box)
        if found.leader_to:
            board.add_leader((found.wish.x, found.wish.y, *found.leader_to))
    return placed, missed


def _open_places(wishes: Sequence[LabelWish], board: _Board) -> list[Floats]:
    """The places of each wish, the best first, that lie in the frame and on no obstacle."""
    boxes = [_middle_boxes(wish) if wish.placing == MIDDLE else _beside_boxes(wish) for wish in wishes]
    if not boxes:
        return []
    flags = np.split(board.open(np.concatenate(boxes)), np.cumsum([len(some) for some in boxes])[:-1])
    return [some[free] for some, free in zip(boxes, flags, strict=True)]


def _said_nearby(wish: LabelWish, said: Mapping[str, Sequence[PlacedLabel]]) -> bool:
    """The name of an area is written once, even when two layers know the area."""
    if wish.placing != MIDDLE:
        return False
    return any(
        math.hypot(other.wish.x - wish.x, other.wish.y - wish.y) < _SAME_MM
        for other in said.get(wish.text, ())
    )


def label_ops(placed: Sequence[PlacedLabel], leader_colour: str) -> tuple[Op, ...]:
    """The drawing of placed labels: all leaders first, then the words."""
    ends = [(p.wish.x, p.wish.y, *p.leader_to) for p in placed if p.leader_to]
    thin = 0.06 * max((p.wish.style.size_mm for p in placed if p.leader_to), default=2.0)
    leaders: list[Shapes] = [segments(np.array(ends), Line(leader_colour, thin))] if ends else []
    words = []
    for label in placed:
        x0, _, x1, y1 = label.box
        style = label.wish.style
        base = y1 - style.size_mm * (_PADDING + _below_base(label.wish.text))
        words.append(Text((x0 + x1) / 2, base, label.wish.text, style, "middle"))
    return (*leaders, *words)


def _place(wish: LabelWish, boxes: Floats, outward: float, board: _Board) -> PlacedLabel | None:
    free = boxes[board.near(boxes).still_free(boxes)] if len(boxes) else boxes
    if len(free):
        return PlacedLabel(wish, _box(free[0]))
    return _with_leader(wish, outward, board) if wish.leader else None


def _with_leader(wish: LabelWish, outward: float, board: _Board) -> PlacedLabel | None:
    """The nearest ring with a clean leader; when every ring is crossed by something, the least bad place."""
    turns: Floats = np.asarray(np.arange(_LEADER_TURNS) * (2 * math.pi / _LEADER_TURNS), dtype=float)
    away = np.abs((turns - outward + math.pi) % (2 * math.pi) - math.pi)
    fallback: tuple[float, PlacedLabel] | None = None
    for ring in _LEADER_RINGS_MM:
        boxes, ends = _ring_places(wish, ring, turns)
        near = board.near(boxes, symbols=True)
        free = board.open(boxes) & near.still_free(boxes)
        if not free.any():
            continue
        cost = np.where(free, near.leader_cost(ends) * 0.4 + away, np.inf)
        best = int(np.argmin(cost))
        found = PlacedLabel(wish, _box(boxes[best]), (float(ends[best, 2]), float(ends[best, 3])))
        if cost[best] < _CLEAN_LEADER:
            return found
        if fallback is None or cost[best] < fallback[0]:
            fallback = float(cost[best]), found
    return fallback[1] if fallback else None


def _ring_places(wish: LabelWish, ring_mm: float, turns: Floats) -> tuple[Floats, Floats]:
    """Label boxes around a point at a distance, and their leaders from the point (both (n, 4))."""
    width, height = _size(wish)
    reach = wish.clear_mm + ring_mm * wish.style.size_mm / _PLAIN_TEXT_MM
    x, y = wish.x + reach * np.cos(turns), wish.y + reach * np.sin(turns)
    left = x + (np.cos(turns) - 1.0) * width / 2
    top = y + (np.sin(turns) - 1.0) * height / 2
    boxes = np.column_stack([left, top, left + width, top + height])
    ends = np.column_stack([np.full_like(x, wish.x), np.full_like(y, wish.y), x, y])
    return boxes, ends


def _beside_boxes(wish: LabelWish) -> Floats:
    width, height = _size(wish)
    gap = wish.clear_mm + _GAP_MM
    corner = wish.clear_mm * 0.72 + _GAP_MM * 0.7
    boxes = []
    for dx, dy in _sides(wish.toward):
        reach = gap if 0 in (dx, dy) else corner
        middle_x = wish.x + dx * (reach + width / 2)
        middle_y = wish.y + dy * (reach + height / 2)
        boxes.append(
            (middle_x - width / 2, middle_y - height / 2, middle_x + width / 2, middle_y + height / 2)
        )
    return np.array(boxes)


def _sides(toward: float | None) -> Sequence[tuple[int, int]]:
    if toward is None:
        return _BESIDE
    return sorted(_BESIDE, key=lambda side: -math.cos(math.atan2(side[1], side[0]) - toward))


def _shifts() -> Floats:
    """Steps away from the middle, so that a name gives way to symbols under it; the middle first."""
    shifts = [(0.0, 0.0)]
    for step in (1.0, 2.0, 3.5):
        shifts += [(0, -step), (0, step), (step * 0.6, 0), (-step * 0.6, 0), (step, -step), (-step, -step)]
    return np.array(shifts) * (1.2, 1.0)


_SHIFTS = np.tile(_shifts(), 2)


def _middle_boxes(wish: LabelWish) -> Floats:
    """The middle, then small shifts away from it, in parts of the label's height."""
    width, height = _size(wish)
    x, y = wish.x, wish.y
    around = np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2])
    return np.asarray(_SHIFTS * height + around)


def _size(wish: LabelWish) -> tuple[float, float]:
    """The box of a label: its ink and a little room (digits and Chinese both stand within it)."""
    below = _below_base(wish.text)
    tall = _CHINESE_ABOVE + below if below else CAP_HEIGHT
    pad = 2 * _PADDING * wish.style.size_mm
    return text_width_mm(wish.text, wish.style) + pad, wish.style.size_mm * tall + pad


def _below_base(text: str) -> float:
    """How far the ink reaches below the base line, in em: digits stand on it, Chinese hangs a little
    lower."""
    return _CHINESE_BELOW if any(ord(char) > 0x2E80 for char in text) else 0.0


def _outward(wishes: Sequence[LabelWish]) -> list[float]:
    """For each point the direction away from its neighbours, in radians, y down."""
    if not wishes:
        return []
    xy = np.array([(wish.x, wish.y) for wish in wishes])
    directions = []
    for index, (x, y) in enumerate(xy):
        if not wishes[index].leader:
            directions.append(0.0)
            continue
        near = xy[np.hypot(xy[:, 0] - x, xy[:, 1] - y) < _NEIGHBOUR_MM].mean(axis=0)
        directions.append(math.atan2(y - near[1], x - near[0]))
    return directions


def _crossings(ends: Floats, others: Floats) -> Floats:
    """How many of `others` each of `ends` crosses (both (n, 4))."""
    a, b = ends[:, None, :2], ends[:, None, 2:]
    c, d = others[None, :, :2], others[None, :, 2:]
    crossed = (_side(a, b, c) != _side(a, b, d)) & (_side(c, d, a) != _side(c, d, b))
    return np.asarray(crossed.sum(axis=1), dtype=float)


def _side(a: Floats, b: Floats, p: Floats) -> Flags:
    turn = (b[..., 0] - a[..., 0]) * (p[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (
        p[..., 0] - a[..., 0]
    )
    return np.asarray(turn > 0)


def _box(row: Floats) -> tuple[float, float, float, float]:
    return float(row[0]), float(row[1]), float(row[2]), float(row[3])
