"""Geometry that is no use: it is passed over or drawn as far as it goes, never a crash, never minutes."""

from __future__ import annotations

import itertools
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.carto.compose import display_list
from app.carto.cutting import cut_rings, thinned
from app.carto.display import Shapes
from app.carto.flat import COLOURS, FlatAreas
from app.carto.hit import identify, in_box
from app.carto.keeping import ProjectedLayers
from app.carto.layers import LabelRule, Layer, SymbolClass, SymbolRule
from app.carto.marking import highlight
from app.carto.paper import Paper
from app.carto.symbols import Fill, Hatch, Line, Marker, Symbol, TextStyle
from app.carto.theme import read_theme
from app.carto.view import MapView
from app.render.image import paint_to_image
from map_cases import MemorySource

pytestmark = pytest.mark.usefixtures("qapp")
NAN, INF = float("nan"), float("inf")
ODD = [NAN, INF, -INF, 1e308, -1e308, 1e30, 1e9, 1e6, 400.0, 180.0, -180.0, 90.0, 0.0, 106.6, 1e-308]
LOOKS = [
    Symbol(Fill("#aa0000", 0.5), Line("#000000", 0.1)),
    Symbol(Fill("#aa0000", 0.5, Hatch("#0000ff")), Line("#000000", 0.4, (2.0, 1.0))),
    Symbol(None, Line("#aa0000", 0.8), Marker("circle", 2.0, "#aa0000")),
]
NEAR = MapView.of_degrees((106.45, 35.25, 107.15, 35.65), (200, 120), "EPSG:4545")
VIEWS = [
    NEAR,
    replace(NEAR, scale=50.0),
    replace(NEAR, scale=50_000_000.0),
    MapView.of_degrees((-180.0, -90.0, 180.0, 90.0), (200, 120), "EPSG:4490"),
    MapView.of_degrees((106.45, 35.25, 107.15, 35.65), (200, 120), "EPSG:3857"),
    MapView.of_degrees((106.45, 35.25, 107.15, 35.65), (200, 120), "tm:106.5"),
]


def draw_all(geometry: list[shapely.Geometry | None], look: Symbol, view: MapView) -> tuple[int, int]:
    """Everything the map does with features; how many different colours came out, how many were found."""
    rows = [{"uid": f"u{i}", "geometry": shape, "name": "名字"} for i, shape in enumerate(geometry)]
    rule = SymbolRule((SymbolClass("all", "Land", look),))
    label = LabelRule("name", TextStyle(3.0), "middle")
    theme = replace(read_theme("boilers"), layers=(Layer("areas", "Land", "area", rule, label=label),))
    layers = ProjectedLayers(MemorySource({"area": rows}))
    marks = highlight(theme, layers, view, {"area": ["u0", "u1"]})
    image = paint_to_image(display_list(theme, layers, view), view, marks)
    identify(theme, layers, view, (100.0, 60.0))
    found = in_box(theme, layers, view, (0.0, 0.0, 200.0, 120.0), "areas")
    pixels = np.frombuffer(image.constBits(), np.uint32)
    return len(np.unique(pixels)), len(found)


def odd_shapes(value: float) -> list[shapely.Geometry | None]:
    made: list[shapely.Geometry | None] = [None, shapely.Polygon(), shapely.MultiPolygon(), shapely.Point()]
    corners = [(106.5, 35.3), (106.6, 35.4), (106.7, 35.3)]
    for at, (x, y) in itertools.product(range(3), ((value, 35.3), (106.6, value), (value, value))):
        ring = [*corners[:at], (x, y), *corners[at + 1 :]]
        made += [polygon_of(ring), shapely.LineString(ring), shapely.MultiPoint(ring)]
        made.append(polygon_of(ring, [(106, 35), (108, 35), (108, 36), (106, 36)]))
    made += [shapely.Point(value, 35.3), polygon_of([(value, value)] * 4)]
    return made


def polygon_of(ring: list[tuple[float, float]], around: list[tuple[float, float]] | None = None) -> Any:
    """A polygon as a file may hold it, through its bytes: GEOS itself would not make some of them."""
    rings = [np.array([*part, part[0]], dtype=float) for part in (around, ring) if part]
    parts = [struct.pack("<I", len(part)) + part.tobytes() for part in rings]
    wkb = struct.pack("<BII", 1, 3, len(parts)) + b"".join(parts)
    with np.errstate(all="ignore"):
        return shapely.from_wkb(wkb, on_invalid="ignore")


@np.errstate(all="ignore")  # GEOS makes such geometry with a warning
def odd_ones() -> list[shapely.Geometry | None]:
    return [shape for value in ODD for shape in odd_shapes(value)]


@pytest.mark.parametrize("view", VIEWS, ids=range(len(VIEWS)))
@pytest.mark.parametrize("look", LOOKS, ids=["plain", "hatched", "wide"])
def test_odd_numbers_are_passed_over_and_the_rest_is_drawn(look: Symbol, view: MapView) -> None:
    colours, found = draw_all([shapely.box(106, 35, 108, 36), *odd_ones()], look, view)
    assert found >= 1
    assert colours > 1


def test_the_whole_world_and_what_crosses_its_seam() -> None:
    world = shapely.box(-180, -90, 180, 90)
    seam = shapely.Polygon([(179, 35), (-179, 35), (-179, 36), (179, 36)])
    for view, look in itertools.product(VIEWS, LOOKS):
        draw_all([world, seam, shapely.box(106, 35, 108, 36)], look, view)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.lists(
            st.tuples(st.floats(width=64), st.floats(width=64))
            | st.tuples(st.floats(100, 110), st.floats(30, 40)),
            min_size=3,
            max_size=30,
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(VIEWS),
    st.sampled_from(LOOKS),
    st.booleans(),
)
def test_any_numbers_at_all(
    rings: list[list[tuple[float, float]]], view: MapView, look: Symbol, many: bool
) -> None:
    shapes = [polygon_of(ring) for ring in rings]
    with np.errstate(all="ignore"):
        shapes += [shapely.LineString(ring) for ring in rings]
    if many:  # enough to be scanned
        shapes += [shapely.box(106.5, 35.3 + i / 2000, 106.6, 35.3 + (i + 1) / 2000) for i in range(420)]
    draw_all(list(shapes), look, view)


NUMBERS = st.floats(width=32)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_array_makes_the_scan_read_beside_it(data: st.DataObject) -> None:
    """Starts in any order and any coordinates: at worst the wrong areas are drawn."""
    xy = np.array(data.draw(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=60)), np.float32).reshape(-1, 2)
    numbers = st.integers(0, 2**32 - 1) | st.integers(0, len(xy) + 2)
    rings = np.array(data.draw(st.lists(numbers, min_size=1, max_size=12)), np.uint32)
    areas = np.array(data.draw(st.lists(numbers, min_size=1, max_size=70)), np.uint32)
    count = len(areas) - 1
    boxes = np.empty((-(-count // 32), 4), np.float32)
    boxes[:] = data.draw(st.sampled_from([[-INF, -INF, INF, INF], [-1e9, -1e9, 1e9, 1e9]]))
    flat = FlatAreas(xy, rings, areas, boxes, (0.0, 0.0))
    classes = np.array(data.draw(st.lists(st.integers(0, 255), min_size=count, max_size=count)), np.uint8)
    wild = st.floats() | st.floats(-10, 10)
    place = data.draw(st.tuples(wild, wild, wild, wild))
    found = flat.numbers(classes, place, (23, 11))
    assert found.min() >= 0
    assert found.max() <= count
    flat.draw(classes, place, np.zeros(COLOURS, np.uint32), Paper.blank(23, 11))
    assert len(flat.touching(classes, place)) == flat.tally(classes, place).sum()


def test_a_ring_of_a_million_corners_is_thinned_before_it_is_painted() -> None:
    turn = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False)
    reach = 0.2 * (1 + 0.3 * np.sin(37 * turn) * np.random.default_rng(1).uniform(0, 1, len(turn)))
    ring = shapely.Polygon(np.column_stack([106.7 + reach * np.cos(turn), 35.4 + reach * np.sin(turn)]))
    theme = replace(
        read_theme("boilers"),
        layers=(Layer("areas", "Land", "area", SymbolRule((SymbolClass("all", "Land", LOOKS[0]),))),),
    )
    layers = ProjectedLayers(MemorySource({"area": [{"uid": "u", "geometry": ring}]}))
    for view in (NEAR, replace(NEAR, scale=20_000.0)):
        ops = [
            *display_list(theme, layers, view).ops,
            *highlight(theme, layers, view, {"area": ["u"]}),
        ]
        sizes = [len(op.xy) for op in ops if isinstance(op, Shapes)]
        assert sizes
        assert max(sizes) <= 40_000


def test_thinning_moves_nothing_by_more_than_a_dot() -> None:
    turn = np.linspace(0, 2 * np.pi, 5000, endpoint=False)
    xy = np.column_stack([30 * np.cos(turn), 30 * np.sin(turn)])
    thin, starts = thinned(xy, np.zeros(1, dtype=np.int64))
    assert len(thin) < len(xy)
    assert list(starts) == [0]
    assert shapely.hausdorff_distance(shapely.linearrings(xy), shapely.linearrings(thin)) < 0.06


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10_000))
def test_cut_rings_hold_what_lies_in_the_box(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rings = [
        shapely.get_coordinates(shapely.convex_hull(shapely.multipoints(rng.uniform(-9, 9, (8, 2)))))[:-1]
        for _ in range(3)
    ]
    starts = np.cumsum([0, *(len(ring) for ring in rings[:-1])])
    box = (-4.0, -3.0, 5.0, 2.0)
    xy, cut = cut_rings(np.concatenate(rings), starts, box)
    ours = sum(shapely.area(shapely.polygons(part)) for part in np.split(xy, cut[1:]) if len(part) > 2)
    theirs = sum(shapely.area(shapely.intersection(shapely.polygons(r), shapely.box(*box))) for r in rings)
    assert ours == pytest.approx(theirs, abs=1e-9)
