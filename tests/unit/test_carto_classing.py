"""Classes a person makes: breaks by three ways, categories, colours that survive a black and white copy."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.carto.classing import (
    DIVISIONS,
    EQUAL,
    MOST_VALUES,
    QUANTILE,
    RAMPS,
    Wish,
    breaks_of,
    categorised,
    graduated,
    ramp_colours,
)
from app.carto.features import as_columns
from app.carto.theme import read_palette
from app.carto.theme_parts import read_layer

COLOURS = read_palette("light")
POINT = {"marker": {"shape": "circle", "size_mm": 2.0, "colour": "#112233"}}
AREA = {"fill": {"colour": "#112233"}, "line": {"colour": "#000000"}}


def _spread(numbers: list[float], breaks: tuple[float, ...]) -> float:
    groups = np.split(np.sort(numbers), np.searchsorted(np.sort(numbers), breaks))
    return float(sum(((group - group.mean()) ** 2).sum() for group in groups if len(group)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=4, max_size=14), st.integers(2, 4))
def test_natural_breaks_are_the_best_there_are(numbers: list[int], count: int) -> None:
    different = sorted(set(numbers))
    if len(different) <= count:
        return
    found = _spread([*map(float, numbers)], breaks_of(numbers, count, "natural"))
    best = min(
        _spread([*map(float, numbers)], tuple(map(float, c))) for c in combinations(different[1:], count - 1)
    )
    assert found == pytest.approx(best)


def test_the_three_ways_divide_differently() -> None:
    numbers = [1, 2, 3, 4, 100, 101, 102, 200]
    assert breaks_of(numbers, 3, "natural") == (100, 200)
    assert breaks_of(numbers, 4, "quantile") == (3, 100, 102)
    assert breaks_of(range(101), 4, "equal") == (25, 50, 75)


@pytest.mark.parametrize("division", DIVISIONS)
@pytest.mark.parametrize("numbers", [[], [5.0], [3.0] * 9, [np.nan, np.inf, 2.0], [1.0, 1.0, 2.0]])
def test_few_or_bad_numbers_give_few_breaks(division: str, numbers: list[float]) -> None:
    found = breaks_of(numbers, 5, division)
    assert len(found) <= (4 if division == "equal" else 1)
    assert all(np.isfinite(found))


@pytest.mark.parametrize("division", DIVISIONS)
def test_a_million_numbers_take_no_time(division: str) -> None:
    numbers = np.random.default_rng(1).lognormal(size=1_000_000)
    found = breaks_of(numbers, 9, division)
    assert len(found) == 8
    assert list(found) == sorted(found)


@pytest.mark.parametrize("symbol", [POINT, AREA])
def test_graduated_classes_are_a_layer(symbol: dict[str, object]) -> None:
    values = np.array([1, 2, None, 30, 31, "x", 99.5], dtype=object)
    table = {"id": "a", "title": "a", "entity": "e", **graduated(Wish("n", 3), values, symbol)}
    layer = read_layer(table, COLOURS)
    rows = as_columns([{"uid": str(i), "n": value} for i, value in enumerate(values)], ["n"])
    assert layer.rule.classify(rows).tolist() == [0, 0, 3, 1, 1, 3, 2]
    assert [item.title for item in layer.rule.classes][:3] == ["1–30", "30–99.5", "99.5"]


def test_the_smallest_points_are_seen_on_light_land() -> None:
    values = np.array([1.0, 2.0, 3.0, 50.0], dtype=object)
    for ramp in RAMPS:
        points, areas = (
            graduated(Wish("n", 3, ramp=ramp), values, look)["class"][0] for look in (POINT, AREA)
        )
        lightest = min(int(points["marker"]["colour"][at : at + 2], 16) for at in (1, 3, 5))
        assert lightest < 200, ramp
        assert areas["fill"]["colour"] == ramp_colours(ramp, 3)[0]


def test_a_field_without_numbers_gives_one_class() -> None:
    table = graduated(Wish("n", 5), np.array([None, "a"], dtype=object), POINT)
    layer = read_layer({"id": "a", "title": "a", "entity": "e", **table}, COLOURS)
    rows = as_columns([{"uid": "1", "n": None}, {"uid": "2", "n": "a"}], ["n"])
    assert (layer.rule.classify(rows) >= 0).all()


def test_categories_differ_in_shape_as_well_as_colour() -> None:
    values = np.array(["乙", "甲", "甲", None, "丙"], dtype=object)
    table = categorised(Wish("f", ramp="mixed"), values, POINT, lambda value: f"“{value}”")
    classes = table["class"]
    assert [item["title"] for item in classes[:3]] == ["“甲”", "“丙”", "“乙”"]
    assert len({item["marker"]["shape"] for item in classes[:3]}) == 3
    assert classes[-1]["unknown"] is True
    assert read_layer({"id": "a", "title": "a", "entity": "e", **table}, COLOURS).rule.field == "f"
    areas = categorised(Wish("f", ramp="mixed"), values, AREA)["class"]
    assert len({str(item["fill"].get("hatch")) for item in areas[:3]}) == 3


def test_too_many_values_share_a_class() -> None:
    values = np.array([f"{i}" for i in range(MOST_VALUES + 5)], dtype=object)
    table = categorised(Wish("f"), values, POINT)
    assert len(table["class"]) == MOST_VALUES + 1
    assert table["class"][-1]["rest"] is True


@pytest.mark.parametrize("ramp", [name for name in RAMPS if name != "mixed"])
def test_ramps_get_darker_so_that_a_copy_keeps_their_order(ramp: str) -> None:
    light = []
    for colour in ramp_colours(ramp, 7):
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        light.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    assert all(a - b > 5 for a, b in pairwise(light))


def test_a_value_that_fills_several_parts_leaves_the_others_to_the_rest() -> None:
    many_zeros = [0] * 1000 + [1] * 40 + [2] * 12 + [3] * 4 + [5] * 4
    assert breaks_of(many_zeros, 5, QUANTILE) == (1.0, 2.0, 3.0, 5.0)
    assert breaks_of([0] * 5 + [1] * 95, 5, QUANTILE) == (1.0,)


def test_classes_of_whole_numbers_do_not_share_their_ends() -> None:
    values = np.array([0, 0, 1, 2, 3, 4, 5, 7], dtype=object)
    made = graduated(Wish("n", 3, EQUAL), values, {"fill": {"colour": "#000000"}})
    assert [item["title"] for item in made["class"]] == ["0–2", "3–4", "5–7"]
    halves = np.array([0.5, 1.0, 2.0, 4.0], dtype=object)
    made = graduated(Wish("n", 2, EQUAL), halves, {"fill": {"colour": "#000000"}})
    assert [item["title"] for item in made["class"]] == ["0.5–2.25", "2.25–4"]
