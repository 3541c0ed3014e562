"""Misplaced points and what would explain them."""

from __future__ import annotations

import numpy as np
import shapely

from app.domain.coordinates.fit import Hypothesis, Places, diagnose, offset_proposal
from app.domain.coordinates.gcj import from_bd09, from_gcj02, to_bd09, to_gcj02

COUNTY = shapely.box(106.5, 35.4, 106.7, 35.6)
AREA = shapely.box(105.3, 34.9, 107.8, 35.9)


def _points(count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    xs, ys = random.uniform(106.501, 106.699, count), random.uniform(35.401, 35.599, count)
    xs[:3] = (106.699, 106.6985, 106.6988)  # three close to the eastern border, where an offset shows
    return xs, ys


def _alternatives(xs: np.ndarray, ys: np.ndarray) -> dict[Hypothesis, tuple[np.ndarray, np.ndarray]]:
    """What points in degrees would be if they were exchanged, GCJ-02 or BD-09."""
    return {
        ("axes", "yx"): (ys, xs),
        ("crs", "gcj02"): from_gcj02(xs, ys),
        ("crs", "bd09"): from_bd09(xs, ys),
    }


def _diagnose(xs: np.ndarray, ys: np.ndarray) -> list[tuple[str, str, int]]:
    found = diagnose((xs, ys), Places([COUNTY] * len(xs), AREA), _alternatives(xs, ys))
    return [(item.code, item.choice, len(item.indexes)) for item in found]


def test_right_points_raise_no_question() -> None:
    assert _diagnose(*_points()) == []


def test_a_file_from_amap_or_baidu_is_recognised_at_the_border() -> None:
    xs, ys = _points()
    assert _diagnose(*to_gcj02(xs, ys))[0] == ("crs", "gcj02", 60)
    assert _diagnose(*to_bd09(xs, ys))[0] == ("crs", "bd09", 60)


def test_exchanged_rows_are_named_row_by_row() -> None:
    xs, ys = _points()
    xs[5], ys[5] = ys[5], xs[5]
    proposal = diagnose((xs, ys), Places([COUNTY] * 60, AREA), _alternatives(xs, ys))[0]
    assert (proposal.code, proposal.choice, proposal.indexes) == ("axes", "yx", (5,))
    assert proposal.before < proposal.after == 1.0
    assert proposal.why


def test_a_point_in_another_county_has_no_explanation() -> None:
    xs, ys = _points()
    xs[0] = 107.2
    assert _diagnose(xs, ys) == []


def test_without_a_stated_division_the_area_decides() -> None:
    places = Places([None, None], AREA)
    assert places.misfits([106.0, 120.0], [35.0, 35.0]).tolist() == [False, True]
    assert Places([None], None).misfits([120.0], [35.0]).tolist() == [False]


def test_known_positions_of_the_same_things_show_the_offset() -> None:
    xs, ys = _points()
    assert offset_proposal(to_gcj02(xs, ys), (xs, ys)) == "gcj02"
    assert offset_proposal(to_bd09(xs, ys), (xs, ys)) == "bd09"
    assert offset_proposal((xs, ys), (xs, ys)) is None
    assert offset_proposal((xs + 0.1, ys), (xs, ys)) is None
    assert offset_proposal((xs[:2], ys[:2]), (xs[:2], ys[:2])) is None
