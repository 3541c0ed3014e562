"""Classes, filters and sizes of layers, and the theme files they come from."""

from __future__ import annotations

from typing import Any

import pytest

from app.carto.features import as_columns
from app.carto.layers import Layer, SizeRule, SymbolClass, SymbolRule
from app.carto.symbols import Symbol
from app.carto.theme import DARK, LIGHT, THEMES, parse_theme, read_palette, read_theme
from app.domain.entities.boiler_codes import GROUP_OF_STATE
from app.errors import Invalid
from app.i18n import tr
from app.resources import map_file


def a_class(key: str, *values: object, **more: Any) -> SymbolClass:
    return SymbolClass(key, key, Symbol(), values, **more)


def columns(**values: list[object]) -> Any:
    count = len(next(iter(values.values())))
    rows = [{"uid": str(i), **{name: column[i] for name, column in values.items()}} for i in range(count)]
    return as_columns(rows, list(values))


def test_features_are_classed_by_value_with_unknown_and_rest() -> None:
    rule = SymbolRule((a_class("a", "x", "y"), a_class("b", unknown=True), a_class("c", rest=True)), "f")
    assert rule.classify(columns(f=["x", "y", None, "other"])).tolist() == [0, 0, 1, 2]


def test_a_value_without_a_class_is_not_drawn() -> None:
    rule = SymbolRule((a_class("a", "x"),), "f")
    assert rule.classify(columns(f=["x", "z", None])).tolist() == [0, -1, -1]


def test_numbers_are_classed_by_breaks_from_each_break_upwards() -> None:
    rule = SymbolRule((a_class("a"), a_class("b"), a_class("c")), "f", (1.0, 4.0))
    assert rule.classify(columns(f=[0.5, 1.0, 3.9, 4, 99, None, "4"])).tolist() == [0, 1, 1, 2, 2, -1, -1]


def test_filters_let_through_what_is_listed() -> None:
    layer = Layer("l", "l", "e", SymbolRule((a_class("a"),)), where={"k": ("x",)}, where_not={"n": (1,)})
    assert layer.passes(columns(k=["x", "x", "y"], n=[0, 1, 0])).tolist() == [True, False, False]
    assert layer.fields() == ("k", "n")


def test_sizes_follow_rated_output() -> None:
    rule = SizeRule("t", "t", "t/h", (1, 4, 10, 35), (0.8, 1.0, 1.3, 1.65, 2.05), unknown=0.7)
    classes = rule.classify(columns(t=[0.5, 1.0, 4.0, 34.9, 35.0, None]))
    assert classes.tolist() == [0, 1, 2, 3, 4, -1]
    assert rule.factor(4) == 2.05
    assert rule.factor(-1) == 0.7


def test_scales_say_when_a_layer_shows() -> None:
    layer = Layer("l", "l", "e", SymbolRule((a_class("a"),)), scales=(1000.0, 5000.0))
    assert [layer.shows_at(scale) for scale in (1000, 1001, 5000, 5001)] == [False, True, True, False]
    assert not layer.shown(False).shows_at(2000)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize("theme_id", THEMES)
def test_every_shipped_theme_can_be_read(theme_id: str, palette: str) -> None:
    theme = read_theme(theme_id, palette)
    orders = [layer.order for layer in theme.layers]
    assert orders == sorted(orders)
    assert theme.background.startswith("#")


def test_the_list_of_themes_is_the_list_of_files() -> None:
    found = {path.stem for path in map_file().glob("*.toml")} - {"base", "palettes", "ramps"}
    assert found == set(THEMES)


def test_both_palettes_name_the_same_colours() -> None:
    assert set(read_palette(LIGHT)) == set(read_palette(DARK))


def test_every_boiler_status_is_drawn_as_its_ledger_group() -> None:
    layer = read_theme("boilers").layer("boilers")
    assert layer is not None
    drawn = {value: item.key for item in layer.rule.classes for value in item.values}
    assert drawn == GROUP_OF_STATE
    looks = {
        (item.symbol.marker.shape, item.symbol.marker.colour)
        for item in layer.rule.classes
        if item.symbol.marker
    }
    assert len(looks) == len(layer.rule.classes)
    assert layer.rule.classes[-1].key == "rebound"


def test_every_title_in_the_theme_files_has_its_chinese() -> None:
    for theme_id in THEMES:
        for layer in read_theme(theme_id).layers:
            titles = [layer.title, *(item.title for item in layer.rule.classes)]
            assert [title for title in titles if tr(title) == title] == []


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "no title": ({"layer": []}, "title is missing"),
    "no entity": ({"title": "t", "layer": [{"id": "a", "title": "a"}]}, "entity is missing"),
    "shape": ({"marker": {"shape": "blob", "size_mm": 1, "colour": "#000000"}}, "no marker shape “blob”"),
    "colour": ({"line": {"colour": "red"}}, "is not a colour"),
    "palette": ({"line": {"colour": "@nowhere"}}, "the palette has no colour “nowhere”"),
    "key": ({"colour": "#000000"}, "unknown key “colour”"),
    "breaks": ({"field": "f", "breaks": [1, 2], "class": [{"key": "a", "title": "a"}]}, "need 3 classes"),
    "scales": ({"scales": [5, 1]}, "scales is a pair"),
    "dash": ({"line": {"colour": "#000000", "dash": [1.0]}}, "dash needs pairs"),
    "label": ({"label": {"field": "f", "size_mm": 2, "placing": "up"}}, "label placing"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_theme_is_refused_with_its_fault(case: str) -> None:
    table, fault = BROKEN[case]
    layered = (
        table
        if "layer" in table
        else {"title": "t", "layer": [{"id": "a", "title": "a", "entity": "e", **table}]}
    )
    with pytest.raises(Invalid) as caught:
        parse_theme("mine", layered, read_palette(LIGHT))
    assert fault in str(caught.value)
    assert "mine" in str(caught.value)


def test_a_theme_can_leave_out_a_layer_of_the_base_map() -> None:
    assert read_theme("cells").layer("towns") is None
    with pytest.raises(Invalid, match="nowhere"):
        parse_theme("mine", {"title": "t", "without": ["nowhere"]}, read_palette(LIGHT))


def test_one_layer_id_is_used_once() -> None:
    layer = {"id": "a", "title": "a", "entity": "e"}
    with pytest.raises(Invalid, match="twice"):
        parse_theme("mine", {"title": "t", "layer": [layer, layer]}, read_palette(LIGHT))


def test_an_unknown_theme_names_the_known_ones() -> None:
    with pytest.raises(Invalid) as caught:
        read_theme("../secrets")
    assert "boilers" in caught.value.hint


def test_a_layer_can_be_replaced_hidden_and_left_out() -> None:
    theme = read_theme("boilers")
    hidden = theme.layer("boilers").shown(False)  # type: ignore[union-attr]
    assert theme.with_layer(hidden).layer("boilers") == hidden
    assert theme.without("boilers").layer("boilers") is None
