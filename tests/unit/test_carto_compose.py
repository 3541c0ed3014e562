"""From records to a picture: what is drawn, in which order, how it is counted, what lies under a click."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import shapely

from app.carto.compose import Look, display_list
from app.carto.display import DisplayList, DrawnClass, Markers, Shapes, Text, walk
from app.carto.features import FeatureColumns
from app.carto.hit import identify, in_box, in_outline, lying_at
from app.carto.jotted import Jotted, jotted_ops
from app.carto.keeping import ProjectedLayers
from app.carto.layers import Layer, SymbolClass, SymbolRule
from app.carto.legend import legend, range_words
from app.carto.marking import highlight
from app.carto.symbols import Fill, Line, Symbol
from app.carto.theme import Theme, read_theme
from app.carto.view import MapView
from map_cases import BOILERS, EAST, WEST, MemorySource, boiler, source

VIEW = MapView.of_degrees((106.45, 35.25, 107.15, 35.65), (1200, 800), "EPSG:4545")
THEME = read_theme("boilers")


def markers(picture: DisplayList) -> list[Markers]:
    return [op for op in picture.ops if isinstance(op, Markers)]


def area_theme(symbol: Symbol, entity: str = "area") -> Theme:
    layer = Layer("areas", "Land", entity, SymbolRule((SymbolClass("all", "Land", symbol),)))
    return replace(THEME, layers=(layer,))


def test_boilers_stand_where_they_are_and_rebounds_on_top() -> None:
    drawn = markers(display_list(THEME, source(), VIEW))
    assert [op.marker.shape for op in drawn] == ["circle", "circle_half", "square", "star_ring"]
    x, y = VIEW.px_of(106.65, 35.4)
    assert drawn[-1].xy[0] * VIEW.px_per_mm == pytest.approx([x, y], abs=1e-6)


def test_larger_boilers_have_larger_symbols_and_lie_under_small_ones() -> None:
    rows = [boiler("s", 106.6, rated_tph=0.5), boiler("l", 106.6, rated_tph=40.0)]
    large, small = markers(display_list(THEME, source(boiler=rows), VIEW))
    assert large.marker.size_mm == pytest.approx(small.marker.size_mm * 2.05 / 0.8)


def test_the_legend_counts_what_is_in_the_picture_and_nothing_else() -> None:
    groups = legend(THEME, display_list(THEME, source(), VIEW))
    lines = {entry.title: entry.count for entry in groups[0].entries}
    assert lines == {"反弹": 1, "待整治": 1, "整治中": 1, "已销号": 1}
    assert [group.title for group in groups[1:]] == ["额定出力", "基础要素"]
    assert range_words((1, 4, 10, 35)) == ["<1", "1–4", "4–10", "10–35", "≥35"]


def test_lines_of_several_layers_with_the_same_words_name_their_layer() -> None:
    coverage = read_theme("coverage")
    layers = [layer for layer in coverage.layers if layer.id.startswith("covered_")]
    drawn = [
        DrawnClass(layer.id, item.key, item.title, item.symbol, 1)
        for layer in layers
        for item in layer.rule.classes
    ]
    groups = legend(coverage, DisplayList(1.0, 1.0, "", (), tuple(drawn)))
    said = [entry.title for group in groups for entry in group.entries]
    assert len(said) == len(drawn) == len(set(said)) and len(layers) == 3
    assert any(words.startswith("规则网格：") for words in said)


def test_what_was_measured_and_pinned_lies_on_a_picture_where_it_was_set() -> None:
    corners = ((106.6, 35.3), (106.8, 35.3), (106.8, 35.5))
    ops = jotted_ops(THEME, VIEW, Jotted(corners, True, "面积 1 平方千米", (106.7, 35.4)))
    assert [op.text for op in ops if isinstance(op, Text)] == ["面积 1 平方千米"]
    outlines = [op for op in ops if isinstance(op, Shapes) and op.closed]
    wanted = np.array([VIEW.px_of(*place) for place in corners]) / VIEW.px_per_mm
    assert all(op.xy == pytest.approx(wanted) for op in outlines) and len(outlines) == 2
    rings = [op for op in ops if isinstance(op, Markers) and op.marker.shape == "ring"]
    middle = np.array([VIEW.px_of(106.7, 35.4)]) / VIEW.px_per_mm
    assert len(rings) == 2 and all(op.xy == pytest.approx(middle) for op in rings)
    assert jotted_ops(THEME, VIEW, Jotted()) == ()


def test_the_legend_of_an_empty_picture_has_no_boilers() -> None:
    picture = display_list(THEME, MemorySource({}), VIEW)
    assert [item.layer for item in picture.drawn if item.layer == "boilers"] == []


def test_a_layer_outside_its_scales_or_switched_off_is_not_drawn() -> None:
    layer = THEME.layer("boilers")
    assert layer is not None
    near_only = THEME.with_layer(replace(layer, scales=(0.0, 1000.0)))
    assert markers(display_list(near_only, source(), VIEW)) == []
    assert markers(display_list(THEME.with_layer(layer.shown(False)), source(), VIEW)) == []


def test_features_without_a_finite_place_are_passed_over() -> None:
    rows = [*BOILERS, boiler("n", float("nan")), boiler("i", float("inf")), boiler("far", 106.6, 89.9999)]
    rows.append({"uid": "empty", "geometry": shapely.Point(), "status": "planned"})
    drawn = markers(display_list(THEME, source(boiler=rows), VIEW))
    assert sum(len(op.xy) for op in drawn) == 4
    assert all(np.isfinite(op.xy).all() for op in drawn)


def test_polygons_and_lines_of_one_layer_are_both_drawn() -> None:
    mixed = [
        {"uid": "a", "geometry": shapely.box(106.5, 35.3, 106.6, 35.4)},
        {"uid": "l", "geometry": shapely.LineString([(106.5, 35.3), (106.9, 35.5)])},
        {"uid": "m", "geometry": shapely.MultiPolygon([WEST.buffer(-0.1), EAST.buffer(-0.1)])},
    ]
    symbol = Symbol(Fill("#ffffff"), Line("#000000"))
    ops = display_list(area_theme(symbol), MemorySource({"area": mixed}), VIEW).ops
    shapes = [op for op in ops if isinstance(op, Shapes)]
    assert [(op.closed, len(op.starts), op.fill is None) for op in shapes] == [
        (True, 3, False),
        (False, 1, True),
    ]


def test_a_hole_runs_against_its_outer_ring() -> None:
    ring = WEST.difference(WEST.buffer(-0.05))
    ops = display_list(
        area_theme(Symbol(Fill("#ffffff"))), MemorySource({"area": [{"uid": "a", "geometry": ring}]}), VIEW
    ).ops
    shape = ops[0]
    assert isinstance(shape, Shapes)
    outer, hole = np.split(shape.xy, shape.starts[1:])
    assert shapely.is_ccw(shapely.linearrings(outer)) != shapely.is_ccw(shapely.linearrings(hole))


def test_a_detailed_area_far_beyond_the_view_is_cut_near_its_edge() -> None:
    huge = shapely.Point(106.8, 35.4).buffer(2.0, quad_segs=200)
    view = MapView.of_degrees((106.7, 35.35, 106.8, 35.4), (800, 600), "EPSG:4545")
    shape = display_list(
        area_theme(Symbol(Fill("#ffffff"))), MemorySource({"area": [{"uid": "a", "geometry": huge}]}), view
    ).ops[0]
    assert isinstance(shape, Shapes)
    assert np.abs(shape.xy).max() < max(view.width_mm, view.height_mm) + 20


class CountingSource:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def columns(self, entity: str, fields: Sequence[str], extent: object) -> FeatureColumns:
        self.asked.append(entity)
        return source().columns(entity, fields, None)


def test_features_are_read_once_until_they_are_forgotten() -> None:
    counting = CountingSource()
    layers = ProjectedLayers(counting)
    display_list(THEME, layers, VIEW)
    display_list(THEME, layers, VIEW.panned(10, 10))
    before = counting.asked.count("boiler")
    layers.forget("boiler")
    display_list(THEME, layers, VIEW)
    assert (before, counting.asked.count("boiler"), counting.asked.count("division")) == (1, 2, 1)


def test_labels_can_be_left_out_and_kept_off_places() -> None:
    layer = THEME.layer("boilers")
    assert layer is not None
    assert layer.label is not None
    serials = THEME.with_layer(replace(layer, label=replace(layer.label, field="serial", scales=(0.0, 1e9))))

    def words(look: Look) -> set[str]:
        return {
            op.text for op in walk(display_list(serials, source(), VIEW, look).ops) if isinstance(op, Text)
        }

    assert {"1", "2", "3", "4", "崆峒区"} <= words(Look())
    assert words(Look(labels=False)) == set()
    everywhere = (0.0, 0.0, VIEW.width_mm, VIEW.height_mm)
    assert not {"1", "2", "3", "4"} & words(Look(shown_elsewhere=(everywhere,)))
    assert words(Look(keep_clear=(everywhere,))) == set()


def test_a_click_finds_the_topmost_first() -> None:
    x, y = VIEW.px_of(106.65, 35.4)
    hits = identify(THEME, source(), VIEW, (x + 1, y))
    assert [(hit.entity, hit.uid) for hit in hits][:2] == [("boiler", "3"), ("division", "d1")]
    assert hits[0].distance_mm == pytest.approx(1 / VIEW.px_per_mm, rel=0.01)


def test_what_lies_at_a_place_names_each_feature_once_and_no_area_beside_it() -> None:
    """Half a millimetre west of the border of two counties, which the theme draws in several layers."""
    x, y = VIEW.px_of(106.8, 35.45)
    at = (x - 0.5 * VIEW.px_per_mm, y)
    near = [hit.uid for hit in identify(THEME, source(), VIEW, at) if hit.entity == "division"]
    assert "d2" in near and near.count("d1") > 1
    assert [(hit.entity, hit.uid) for hit in lying_at(THEME, source(), VIEW, at)] == [("division", "d1")]


def test_an_area_beside_the_place_is_told_where_none_holds_it() -> None:
    x, y = VIEW.px_of(107.1, 35.45)
    at = (x + 0.5 * VIEW.px_per_mm, y)
    assert [hit.uid for hit in lying_at(THEME, source(), VIEW, at)] == ["d2"]


def test_inside_an_area_that_is_only_an_outline_something_else_is_seen() -> None:
    x, y = VIEW.px_of(106.65, 35.45)
    inside = {hit.layer: hit.hollow_m2 > 0 for hit in identify(THEME, source(), VIEW, (x, y)) if hit.area}
    assert inside["counties"] and not inside["home"]
    edge = VIEW.px_of(106.8, 35.45)
    assert not any(hit.hollow_m2 for hit in identify(THEME, source(), VIEW, edge) if hit.layer == "counties")


def test_a_click_beside_everything_finds_nothing() -> None:
    assert identify(THEME, source(), VIEW, VIEW.px_of(107.14, 35.26)) == []


def test_a_box_finds_what_it_touches() -> None:
    x0, y0 = VIEW.px_of(106.53, 35.41)
    x1, y1 = VIEW.px_of(106.62, 35.39)
    assert in_box(THEME, source(), VIEW, (x1, y1, x0, y0), "boilers") == ["1", "2"]
    assert in_box(THEME, source(), VIEW, (x0, y0, x1, y1), "nothing") == []


def test_an_outline_finds_what_is_inside_it_and_not_what_its_box_holds() -> None:
    """Places 1 and 2 lie in the box of the triangle, only 1 in the triangle itself."""
    corners = [VIEW.px_of(*place) for place in ((106.53, 35.38), (106.53, 35.42), (106.62, 35.38))]
    box = (corners[1][0], corners[1][1], corners[2][0], corners[2][1])
    assert in_box(THEME, source(), VIEW, box, "boilers") == ["1", "2"]
    assert in_outline(THEME, source(), VIEW, corners, "boilers") == ["1"]
    assert in_outline(THEME, source(), VIEW, corners, "nothing") == []
    flat = [corners[0], corners[1], corners[0]]
    assert in_outline(THEME, source(), VIEW, flat, "boilers") == []


def test_an_outline_that_crosses_itself_has_both_its_loops() -> None:
    bow = ((106.53, 35.38), (106.53, 35.42), (106.62, 35.38), (106.62, 35.42))
    found = in_outline(THEME, source(), VIEW, [VIEW.px_of(*place) for place in bow], "boilers")
    assert found == ["1", "2"]


def test_a_selection_is_ringed_or_outlined() -> None:
    ops = highlight(THEME, source(), VIEW, {"boiler": ["3", "5"], "division": ["d1"], "grid_cell": ["x"]})
    assert [type(op) for op in ops] == [Markers, Markers, Shapes, Shapes]
    assert len(ops[0].xy) == 1  # type: ignore[union-attr]


def test_a_crowd_is_outlined_once_and_its_symbols_stay_to_be_seen() -> None:
    rows = [boiler(f"{n}", 106.6 + 1e-4 * (n % 8), 35.4 + 1e-4 * (n // 8)) for n in range(64)]
    alone = boiler("alone", 106.95, 35.5)
    marked = highlight(THEME, source(boiler=[*rows, alone]), VIEW, {"boiler": [row["uid"] for row in rows]})
    assert [type(op) for op in marked] == [Shapes, Shapes], "rings around each would be a fill"
    assert len(marked[0].starts) == 1  # type: ignore[union-attr]
    pair = highlight(THEME, source(boiler=[rows[0], rows[1], alone]), VIEW, {"boiler": ["0", "alone"]})
    assert [type(op) for op in pair] == [Markers, Markers]


def test_small_areas_are_surrounded_together_by_thinner_lines_inside() -> None:
    step = 2.0 * VIEW.m_per_mm / 90_000  # two millimetres of the picture, in degrees
    cells = [
        {"uid": f"{n}", "geometry": shapely.box(x, y, x + step, y + step)}
        for n in range(16)
        for x, y in [(106.7 + step * (n % 4), 35.45 + step * (n // 4))]
    ]
    marked = highlight(THEME, source(grid_cell=cells), VIEW, {"grid_cell": [cell["uid"] for cell in cells]})
    tint, hair, halo, outline = marked
    assert tint.fill is not None  # type: ignore[union-attr]
    assert tint.line is None  # type: ignore[union-attr]
    assert (len(hair.starts), len(halo.starts), len(outline.starts)) == (16, 1, 1)  # type: ignore[union-attr]
    assert hair.line.width_mm < 0.3 * outline.line.width_mm  # type: ignore[union-attr]


def test_points_beyond_the_frame_have_no_label_in_it() -> None:
    layer = THEME.layer("boilers")
    assert layer is not None
    assert layer.label is not None
    theme = THEME.with_layer(replace(layer, label=replace(layer.label, field="serial", scales=(0.0, 1e9))))
    rows = [
        boiler("in", 106.6),
        boiler("out", VIEW.degrees_at(-8.0, 300.0)[0], VIEW.degrees_at(-8.0, 300.0)[1]),
    ]
    words = [op.text for op in display_list(theme, source(boiler=rows), VIEW).ops if isinstance(op, Text)]
    assert "in" in words
    assert "out" not in words
