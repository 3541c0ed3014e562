"""Outlines in compiled code: exact cover of insides, strokes as wide as asked, nothing written outside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from app.carto.display import Group, Op, Shapes
from app.carto.obstacles import Obstacles, covering
from app.carto.paper import Outlines, Paper
from app.carto.symbols import Fill, Hatch, Line
from app.render.ink import Pixels
from app.render.painter import paint_ops

SIDE = 48
BLACK, GUARD = 0xFF000000, 0x12345678
NO_HATCH = (0.0, 0.0, 0.0, 0.0, 0.0)
HERE = (1.0, 0.0, 1.0, 0.0)
pytestmark = pytest.mark.usefixtures("qapp")


def blank_paper(frame: tuple[int, int, int, int] = (0, 0, SIDE, SIDE)) -> Paper:
    """Nothing but transparent pixels."""
    return Paper(np.zeros(SIDE * SIDE, dtype=np.uint32), SIDE, frame)


def covers(paper: Paper) -> NDArray[Any]:
    """The opacity of each pixel in 0..1."""
    return (paper.pixels >> 24).reshape(SIDE, SIDE) / 255.0


def cells() -> NDArray[Any]:
    columns, rows = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    return np.asarray(shapely.box(columns, rows, columns + 1, rows + 1))


def outlines(shape: shapely.Geometry, kind: type = np.float64) -> Outlines:
    """The rings of polygons or the parts of lines; outer rings one way, holes the other."""
    rings, xy = [0], []
    for part in shapely.get_parts(shapely.orient_polygons(shape)):
        for ring in shapely.get_rings(part) if part.geom_type == "Polygon" else [part]:
            xy.append(shapely.get_coordinates(ring))
            rings.append(rings[-1] + len(xy[-1]))
    return Outlines(np.concatenate(xy).astype(kind), np.array(rings, dtype=np.uint32), None, HERE)


def star(seed: int, reach: float = 30.0) -> shapely.Geometry:
    """A ragged outline with a hole that leaves the paper on every side now and then."""
    draw = np.random.default_rng(seed)
    x, y = draw.uniform(5, SIDE - 5, 2)
    turn = np.sort(draw.uniform(0, 2 * np.pi, 40))
    far = draw.uniform(0.3, 1.0, 40)[:, None] * reach
    ring = np.column_stack([np.cos(turn), np.sin(turn)]) * far + (x, y)
    whole = shapely.make_valid(shapely.polygons(ring))
    return shapely.difference(whole, shapely.Point(x, y).buffer(reach / 5))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_an_inside_covers_of_each_pixel_just_what_it_covers(seed: int, kind: type) -> None:
    shape, paper = star(seed), blank_paper()
    paper.fill(outlines(shape, kind), BLACK, NO_HATCH)
    expected = shapely.area(shapely.intersection(cells(), shape))
    assert 0.05 < expected.mean() < 0.9
    assert np.abs(covers(paper) - expected).max() < 0.005


def test_what_overlaps_is_not_darker_and_neighbours_leave_no_seam() -> None:
    paper = blank_paper()
    left, right = shapely.box(3.3, 3.3, 20.6, 30.1), shapely.box(20.6, 3.3, 40.2, 30.1)
    both = outlines(shapely.multipolygons([left, right, shapely.box(10, 10, 30, 20)]))
    paper.fill(both, 0x80000000, NO_HATCH)
    inside = covers(paper)[5:29, 5:39]
    assert np.abs(inside - 0x80 / 255).max() < 0.005


@pytest.mark.parametrize("width", [0.4, 1.0, 1.6, 5.0])
def test_a_stroke_is_as_wide_as_asked_and_its_ends_are_flat(width: float) -> None:
    line = shapely.LineString([(6.2, 8.1), (30.7, 12.4), (24.0, 33.3), (41.5, 40.9)])
    paper = blank_paper()
    paper.stroke(outlines(line), BLACK, width, closed=False)
    wanted = line.buffer(width / 2, cap_style="flat")
    expected = shapely.area(shapely.intersection(cells(), wanted))
    found = covers(paper)
    assert found.sum() == pytest.approx(expected.sum(), rel=0.03)
    assert np.abs(found - expected).max() < 0.35  # where two strokes meet
    assert np.abs(found - expected).mean() < 0.01


@pytest.mark.parametrize("width", [0.3, 1.0, 2.4])
@pytest.mark.parametrize(
    "shape", [star(1), star(4), shapely.box(-3.0, 5.5, 30.0, 40.25), shapely.box(4, 9, 4, 30)]
)
def test_a_strokes_pixel_is_covered_by_how_near_it_lies(shape: shapely.Geometry, width: float) -> None:
    """Level, upright and slanted edges, within their ends and beyond: the distance says it everywhere."""
    paper = blank_paper()
    paper.stroke(outlines(shape), BLACK, width, closed=True)
    edges = shapely.boundary(shape) if shape.area else shapely.LineString([(4, 9), (4, 30)])
    away = shapely.distance(shapely.centroid(cells()), edges)
    wanted = np.clip(width * (1 - away) if width <= 1 else width / 2 + 0.5 - away, 0, 1)
    assert np.abs(covers(paper) - wanted).max() < 0.6 / 255


def test_only_the_frame_is_written() -> None:
    paper = Paper(np.full(SIDE * SIDE, GUARD, dtype=np.uint32), SIDE, (10, 12, 30, 33))
    paper.fill(outlines(shapely.box(-1e8, -1e8, 1e8, 1e8)), BLACK, NO_HATCH)
    paper.stroke(outlines(star(3)), BLACK, 7.0, closed=True)
    paper.stamp(np.full(81, BLACK, dtype=np.uint32), 9, np.array([[5, 8], [28, 31], [-4, -4], [60, 60]]))
    pixels = paper.pixels.reshape(SIDE, SIDE)
    assert (pixels[12:33, 10:30] == BLACK).all()
    pixels[12:33, 10:30] = GUARD
    assert (pixels == GUARD).all()


def painted(ops: tuple[Op, ...], kind: QImage.Format) -> NDArray[Any]:
    image = QImage(160, 120, kind)
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    painter.setClipRect(QRectF(7, 9, 140, 100))
    paint_ops(painter, ops, 4.0)
    painter.end()
    held = image.convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(held.constBits(), np.uint8).reshape(120, 160, 4)[:, :, :3].astype(int)


LOOKS = [
    (Fill("#2c7bb6", 0.6), None),
    (Fill("#2c7bb6", 0.6, Hatch("#aa0000", 30.0, 1.3, 0.3)), Line("#333333", 0.25)),
    (None, Line("#d7191c", 0.9, opacity=0.5)),
]


@pytest.mark.parametrize(("fill", "line"), LOOKS)
def test_the_picture_is_qts(fill: Fill | None, line: Line | None) -> None:
    """ARGB32 that is not premultiplied is Qt's own; the other is drawn by the compiled code."""
    rings = outlines(shapely.multipolygons([part for part in shapely.get_parts(star(5)) if part.area > 1]))
    shape = Shapes(rings.xy * 0.6, rings.starts[:-1].astype(np.int64), fill, line)
    ops = (Group((shape,), dx=3.3, dy=-1.7),)
    ours = painted(ops, QImage.Format.Format_RGB32)
    theirs = painted(ops, QImage.Format.Format_ARGB32)
    assert (ours != 255).any(axis=2).mean() > 0.05
    assert np.abs(ours - theirs).mean() < 1.0
    assert (np.abs(ours - theirs).max(axis=2) > 60).mean() < 0.004


def test_only_plain_pictures_are_written_on() -> None:
    plain, other = QImage(9, 9, QImage.Format.Format_RGB32), QImage(9, 9, QImage.Format.Format_ARGB32)
    for image, turned, expected in ((plain, False, True), (plain, True, False), (other, False, False)):
        painter = QPainter(image)
        painter.rotate(10.0 if turned else 0.0)
        assert (Pixels.of(painter) is not None) is expected
        painter.end()


NUMBERS = st.floats(width=32, allow_nan=True, allow_infinity=True) | st.floats(-60, 110, width=32)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_array_makes_the_ink_leave_its_frame(data: st.DataObject) -> None:
    xy = np.array(data.draw(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=30)), dtype=np.float32)
    counts = st.integers(0, 40) | st.integers(0, 2**32 - 1)
    starts = np.array(data.draw(st.lists(counts, min_size=1, max_size=8)), dtype=np.uint32)
    runs = data.draw(st.none() | st.lists(st.tuples(counts, counts), max_size=5))
    held = None if runs is None else np.array(runs, dtype=np.uint32).reshape(-1, 2)
    lines = Outlines(
        xy.reshape(-1, 2), starts, held, (data.draw(st.sampled_from([1.0, -3.0, 1e6])), 5.0, 1.0, 0.5)
    )
    paper = Paper(np.full(SIDE * SIDE, GUARD, dtype=np.uint32), SIDE, (8, 8, 40, 40))
    paper.fill(lines, BLACK, data.draw(st.sampled_from([NO_HATCH, (0.6, 0.8, 0.3, 4.0, 1.0)])))
    paper.stroke(lines, BLACK, data.draw(st.floats(0.01, 90.0)), closed=data.draw(st.booleans()))
    outside = paper.pixels.reshape(SIDE, SIDE).copy()
    outside[8:40, 8:40] = GUARD
    assert (outside == GUARD).all()


PLACES = st.floats(-20, 130) | st.floats(allow_nan=False, allow_infinity=False)
BOXES = st.lists(st.tuples(PLACES, PLACES, st.floats(0, 90), st.floats(0, 9)), max_size=30)


@settings(max_examples=150, deadline=None)
@given(BOXES, BOXES, st.sampled_from([(100.0, 60.0), (3.0, 2.0), (90_000.0, 10.0)]))
def test_a_place_is_clear_when_it_covers_no_obstacle(
    taken: list[tuple[float, ...]], asked: list[tuple[float, ...]], size: tuple[float, float]
) -> None:
    def boxes(found: list[tuple[float, ...]]) -> NDArray[Any]:
        corners = np.array(found, dtype=float).reshape(-1, 4)
        return np.column_stack([corners[:, :2], corners[:, :2] + corners[:, 2:]])

    there, places = boxes(taken), boxes(asked)
    assert np.array_equal(Obstacles(there, size).clear(places), ~covering(places, there))
