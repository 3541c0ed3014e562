"""Long arrays are worked on in portions, so that the interpreter's lock goes round between short calls."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from app.carto.projection import project_layer
from app.domain import portions as portioned
from app.domain.coordinates.zones import transform
from app.domain.portions import by_weight, in_order, in_portions, let_go, portions, vertices, vertices_of
from app.store import geom


def _mixed(count: int) -> np.ndarray:
    """Points, nothing, empty ones, and rings of up to 3,000 corners."""
    draw = np.random.default_rng(5)
    made: list[BaseGeometry | None] = []
    for number in range(count):
        x, y = draw.uniform((106.0, 35.0), (107.0, 36.0))
        kinds = (shapely.Point(x, y), None, shapely.Polygon(), shapely.Point(x, y).buffer(0.01, number % 750))
        made.append(kinds[number % 4])
    found = np.empty(count, dtype=object)
    found[:] = made
    return found


def test_no_portion_is_long_and_none_is_left_out() -> None:
    counts = np.array([1, 0, 60_000, 10, 49_990, 1] + [3] * 5_000)
    slices = list(by_weight(counts))
    assert [part.start for part in slices] == [0, *(part.stop for part in slices[:-1])]
    assert slices[-1].stop == len(counts)
    for part in slices:
        assert part.stop - part.start == 1 or counts[part].sum() <= 50_000
        assert part.stop - part.start <= 2_000
    assert len(slices) < 8


def test_portions_give_what_the_whole_would() -> None:
    shapes = _mixed(4_100)
    assert len(list(portions(shapes))) > 3
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    assert np.array_equal(vertices(shapes), xy)
    assert np.array_equal(vertices_of(shapes)[0], xy) and np.array_equal(vertices_of(shapes)[1], owner)
    assert np.array_equal(in_portions(shapely.get_type_id, shapes), shapely.get_type_id(shapes))
    moved = project_layer(shapes, "EPSG:4545")
    expected = np.column_stack(transform(xy[:, 0], xy[:, 1], "EPSG:4490", "EPSG:4545"))
    assert np.array_equal(np.sort(vertices(moved), axis=0), np.sort(expected, axis=0))
    assert np.array_equal(shapely.is_missing(moved), shapely.is_missing(shapes))


def test_nothing_has_no_portion() -> None:
    nothing = np.empty(0, dtype=object)
    assert list(portions(nothing)) == [] and vertices(nothing).shape == (0, 2)
    assert len(project_layer(nothing, "EPSG:4545")) == 0
    assert len(geom.from_blobs([])) == 0


def test_blobs_are_read_in_portions() -> None:
    shapes = list(_mixed(4_100))
    blobs = [None if shape is None else geom.to_blob(shape) for shape in shapes]
    read = geom.from_blobs(blobs)
    assert all(
        (a is None and b is None) or shapely.equals_exact(a, b) or (a.is_empty and b.is_empty)
        for a, b in zip(read, shapes, strict=True)
    )
    points = [shapely.Point(n / 100, n / 200) for n in range(4_100)]
    assert all(shapely.equals_exact(geom.from_blobs([geom.to_blob(p) for p in points]), np.array(points)))


@pytest.mark.parametrize("descending", [False, True])
def test_a_long_list_is_ordered_like_a_short_one(descending: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(3)
    items = list(enumerate(draw.integers(0, 40, 3_000).tolist() + [7] * 500 + list(range(300, 0, -1))))
    asked: list[int] = []
    plain = sorted(items, key=lambda item: item[1], reverse=descending)
    monkeypatch.setattr(portioned, "_SORTED_AT_ONCE", 100)
    monkeypatch.setattr(portioned, "_HEAP", 30)
    monkeypatch.setattr(
        portioned, "sorted", lambda *a, **k: asked.append(len(a[0])) or sorted(*a, **k), False
    )
    assert in_order(items, lambda item: item[1], descending=descending) == plain
    assert max(asked) < 1_000  # no one call compares everything


def test_a_long_list_is_let_go_of_in_portions() -> None:
    items, array = list(range(50_001)), np.array(["a"] * 50_001, dtype=object)
    let_go(items)
    let_go(array)
    assert items == [] and all(item is None for item in array)
