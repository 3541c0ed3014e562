"""The way through places: every one once, no longer than it has to be, always the same."""

from __future__ import annotations

import itertools
import random

from app.domain.itinerary import length_m, visiting_order


def _places(number: int, seed: int) -> list[tuple[float, float]]:
    found = random.Random(seed)
    return [(106 + found.random(), 35 + found.random() / 2) for _ in range(number)]


def test_every_place_is_visited_once_whatever_their_order() -> None:
    for number in (0, 1, 2, 3, 60):
        places = _places(number, 4)
        assert sorted(visiting_order(places)) == list(range(number))
    same = [(106.5, 35.5)] * 4
    assert sorted(visiting_order(same)) == [0, 1, 2, 3]


def test_the_way_is_nearly_as_short_as_the_shortest() -> None:
    for seed in range(8):
        places = _places(7, seed)
        shortest = min(
            length_m([places[at] for at in way])
            for way in itertools.permutations(range(7))
            if way[0] < way[-1]
        )
        assert length_m([places[at] for at in visiting_order(places)]) <= 1.15 * shortest


def test_a_long_way_does_not_cross_itself() -> None:
    places = _places(40, 1)
    way = [places[at] for at in visiting_order(places)]
    legs = list(itertools.pairwise(way))
    crossing = [
        (one, two)
        for one, two in itertools.combinations(legs, 2)
        if not set(one) & set(two) and _cross(*one, *two)
    ]
    assert crossing == []
    assert visiting_order(places) == visiting_order(places)


def _cross(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]
) -> bool:
    def side(p: tuple[float, float], q: tuple[float, float], r: tuple[float, float]) -> bool:
        return (q[0] - p[0]) * (r[1] - p[1]) > (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) != side(a, b, d) and side(c, d, a) != side(c, d, b)
