"""Classes made from the values of a field: breaks of numbers, and the class tables of a theme for them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.carto.features import Objects
from app.carto.layers import as_numbers
from app.i18n import N_
from app.resources import map_file

Numbers = NDArray[np.float64]
NATURAL, QUANTILE, EQUAL = "natural", "quantile", "equal"
DIVISIONS = {
    NATURAL: N_("Natural breaks"),
    QUANTILE: N_("Quantiles (same count)"),
    EQUAL: N_("Equal intervals"),
}
RAMPS = {
    "reds": N_("Reds"), "oranges": N_("Oranges"), "greens": N_("Greens"), "blues": N_("Blues"),
    "purples": N_("Purples"), "greys": N_("Greys"), "mixed": N_("Distinct colours"),
}  # fmt: skip
MOST_CLASSES = 9
MOST_VALUES = 40  # more different values than this are no categories a legend could hold
_SAMPLE = 600  # natural breaks compare every pair of values; beyond this evenly spaced ones stand for all

# Shapes and hatches go round with the colours, so that classes can be told apart in black and white.
_SHAPES = ("circle", "square", "triangle", "diamond", "circle_half", "square_dot", "circle_dot", "rectangle")
_HATCHES = (None, 45, 135, 0, 90)
_SEEN = 0.35  # the share of a ramp from which on a small point is seen on the land
SMALLEST, _LARGE = 0.75, 1.6  # factors of the first and the last marker of a graduated layer


@dataclass(frozen=True)
class Wish:
    """How classes are wanted: the field, how many, where they are divided, in which colours."""

    field: str
    count: int = 5
    division: str = NATURAL
    ramp: str = "reds"


def breaks_of(values: Sequence[float] | Numbers, count: int, division: str) -> tuple[float, ...]:
    """At most `count` - 1 rising breaks of the finite values; fewer when there are fewer different values."""
    numbers = np.asarray(values, dtype=float)
    numbers = np.sort(numbers[np.isfinite(numbers)])
    if not len(numbers) or numbers[0] == numbers[-1] or count < 2:
        return ()
    found = _WAYS[division](numbers, count)
    inside = (float(_rounded(value, numbers)) for value in found)
    return tuple(sorted({value for value in inside if numbers[0] < value <= numbers[-1]}))


def _equal(numbers: Numbers, count: int) -> Numbers:
    return np.asarray(np.linspace(numbers[0], numbers[-1], count + 1)[1:-1])


def _quantile(numbers: Numbers, count: int) -> Numbers:
    """The first value of each part but the lowest; equal values stay in one class.

    A value so frequent that it fills several parts has one of them, and what is greater is divided into the
    parts that are left.
    """
    starts: list[float] = []
    for parts in range(count, 1, -1):
        frequent = int(np.searchsorted(numbers, numbers[0], side="right"))
        place = max(int(np.ceil(len(numbers) / parts)), frequent)
        if place >= len(numbers):
            break
        numbers = numbers[np.searchsorted(numbers, numbers[place]) :]
        starts.append(float(numbers[0]))
    return np.asarray(starts)


def _natural(numbers: Numbers, count: int) -> Numbers:
    """Fisher's exact grouping: the classes whose squared distances from their means are least in sum."""
    different, weights = np.unique(numbers, return_counts=True)
    if len(different) <= count:
        return np.asarray(different[1:])
    if len(different) > _SAMPLE:
        different = numbers[np.linspace(0, len(numbers) - 1, _SAMPLE).astype(int)]
        different, weights = np.unique(different, return_counts=True)
    best, came_from = _least_spread(different, weights.astype(float), count)
    end, starts = len(different), []
    for classes in range(len(best) - 1, 0, -1):
        end = int(came_from[classes, end])
        starts.append(end)
    return np.asarray(different[starts[::-1]])


def _least_spread(values: Numbers, weights: Numbers, count: int) -> tuple[Numbers, NDArray[np.int64]]:
    """For `c` + 1 classes of the first `e` values: the least spread, and where the last of them starts."""
    total = np.concatenate([[0.0], np.cumsum(weights)])
    first = np.concatenate([[0.0], np.cumsum(weights * values)])
    square = np.concatenate([[0.0], np.cumsum(weights * values * values)])
    size = len(values)
    count = min(count, size)
    best = np.full((count, size + 1), np.inf)
    came_from = np.zeros((count, size + 1), dtype=np.int64)
    best[0, 1:] = square[1:] - first[1:] ** 2 / total[1:]
    for classes in range(1, count):
        for end in range(classes + 1, size + 1):
            starts = np.arange(classes, end)
            spread = square[end] - square[starts]
            spread -= (first[end] - first[starts]) ** 2 / (total[end] - total[starts])
            sums = best[classes - 1, starts] + spread
            least = int(np.argmin(sums))
            best[classes, end], came_from[classes, end] = sums[least], starts[least]
    return best, came_from


_WAYS: Mapping[str, Callable[[Numbers, int], Numbers]] = {
    NATURAL: _natural,
    QUANTILE: _quantile,
    EQUAL: _equal,
}


def _rounded(value: float, numbers: Numbers) -> float:
    """A break with no more digits than the range needs, if no value changes its class by that."""
    span = float(numbers[-1] - numbers[0])
    short = round(float(value), max(0, 3 - int(np.floor(np.log10(span)))))
    same = np.searchsorted(numbers, short) == np.searchsorted(numbers, value)
    return short if same else float(value)


@lru_cache(maxsize=1)
def _ramps() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return tomllib.loads(map_file("ramps.toml").read_text("utf-8"))


def ramp_colours(ramp: str, count: int, lightest: float = 0.0) -> list[str]:
    """`count` colours of a ramp: mixed between its anchors from light to dark, distinct ones in turn; from
    `lightest` on, a share of the ramp."""
    distinct = _ramps()["distinct"].get(ramp)
    if distinct:
        return [distinct[index % len(distinct)] for index in range(count)]
    anchors = np.array([_rgb(colour) for colour in _ramps()["sequential"][ramp]])
    first, last = lightest * (len(anchors) - 1), len(anchors) - 1
    places = np.linspace(first, last, count) if count > 1 else np.array([len(anchors) / 2])
    parts = [np.interp(places, np.arange(len(anchors)), anchors[:, band]) for band in range(3)]
    return ["#{:02X}{:02X}{:02X}".format(*(round(float(p[i])) for p in parts)) for i in range(count)]


def _colours_for(symbol: Mapping[str, Any], ramp: str, count: int) -> list[str]:
    """Points and lines begin further down a ramp than areas: its lightest part is no darker than paper."""
    return ramp_colours(ramp, count, 0.0 if "fill" in symbol else _SEEN)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def graduated(wish: Wish, values: Objects, symbol: Mapping[str, Any]) -> dict[str, Any]:
    """The keys `field`, `breaks`, `class` of a layer table; `symbol` is the look the classes vary.

    Without a number that varies there is one class.
    """
    numbers = as_numbers(values)
    breaks = breaks_of(numbers, wish.count, wish.division)
    colours = _colours_for(symbol, wish.ramp, len(breaks) + 1)
    factors = np.linspace(SMALLEST, _LARGE, len(colours))
    words = _range_titles(breaks, numbers)
    classes = [
        {"key": f"c{i}", "title": words[i], **_coloured(symbol, colour, float(factors[i]))}
        for i, colour in enumerate(colours)
    ]
    if not breaks:  # a rule without breaks goes by value; the only class takes everything
        classes[0]["rest"] = True
    if np.isnan(numbers).any():
        classes.append(_unknown(symbol))
    return {"field": wish.field, "breaks": list(breaks), "class": classes}


def categorised(
    wish: Wish, values: Objects, symbol: Mapping[str, Any], words: Callable[[object], str] = str
) -> dict[str, Any]:
    """The keys `field`, `breaks`, `class`: a class for each value, the most frequent first to be coloured.

    Beyond MOST_VALUES the rest shares one class.
    """
    counts: dict[object, int] = {}
    for value in values:
        if _is_value(value):
            counts[value] = counts.get(value, 0) + 1
    by_count = sorted(counts, key=lambda value: (-counts[value], str(value)))
    kept = by_count[:MOST_VALUES]
    colours = _colours_for(symbol, wish.ramp, max(len(kept), 1))
    classes = [
        {"key": f"v{i}", "title": words(value) or str(value), "values": [value],
         **_coloured(_varied(symbol, i), colours[i], 1.0)}
        for i, value in enumerate(kept)
    ]  # fmt: skip
    if len(by_count) > len(kept):
        classes.append({"key": "rest", "title": N_("Other values"), "rest": True, **dict(symbol)})
    if sum(counts.values()) < len(values) or not classes:
        classes.append(_unknown(symbol))
    return {"field": wish.field, "breaks": [], "class": classes}


def _is_value(value: object) -> bool:
    return isinstance(value, (str, int, float, bool)) and value == value and value != ""


def _unknown(symbol: Mapping[str, Any]) -> dict[str, Any]:
    grey = _coloured(symbol, "#9E9E9E", 0.8)
    return {"key": "unknown", "title": N_("Not filled in"), "unknown": True, **grey}


def _coloured(symbol: Mapping[str, Any], colour: str, factor: float) -> dict[str, Any]:
    """The parts of a look in another colour: the marker sized, the outline of an area left as it is."""
    made: dict[str, Any] = {}
    if "marker" in symbol:
        marker = symbol["marker"]
        made["marker"] = {**marker, "colour": colour, "size_mm": round(marker["size_mm"] * factor, 2)}
    if "fill" in symbol:
        fill = {**symbol["fill"], "colour": colour}
        if "hatch" in fill:
            fill["hatch"] = {**fill["hatch"], "colour": colour}
            fill.pop("colour", None) if not symbol["fill"].get("colour") else None
        made["fill"] = fill
    if "line" in symbol:
        made["line"] = {**symbol["line"]} if "fill" in symbol else {**symbol["line"], "colour": colour}
    return made


def _varied(symbol: Mapping[str, Any], index: int) -> dict[str, Any]:
    """The look with the shape and hatch of the `index`-th category."""
    made = dict(symbol)
    if "marker" in made:
        made["marker"] = {**made["marker"], "shape": _SHAPES[index % len(_SHAPES)]}
    angle = _HATCHES[index % len(_HATCHES)]
    if "fill" in made and angle is not None:
        hatch = {"colour": "#000000", "angle_deg": angle, "spacing_mm": 1.6, "width_mm": 0.2}
        made["fill"] = {**made["fill"], "colour": made["fill"].get("colour") or "#FFFFFF", "hatch": hatch}
    return made


def _range_titles(breaks: Sequence[float], numbers: Numbers) -> list[str]:
    finite = numbers[np.isfinite(numbers)]
    if not len(finite):
        return [N_("No numbers")]
    ends = [float(finite.min()), *breaks, float(finite.max())]
    if (finite == np.round(finite)).all():  # whole numbers: the class before a break of 5 ends at 4
        last = [*(float(np.ceil(end)) - 1.0 for end in breaks), ends[-1]]
        pairs = [(f"{np.ceil(low):.10g}", f"{high:.10g}") for low, high in zip(ends, last, strict=False)]
    else:
        pairs = [(f"{low:.10g}", f"{high:.10g}") for low, high in pairwise(ends)]
    return [low if low == high else f"{low}–{high}" for low, high in pairs]
