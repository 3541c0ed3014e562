"""A person's arrangement of a theme: order, look, own themes, added layers; and what its file may hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.carto.arranging import Arrangement, arranged
from app.carto.mapbook import FEATURES, TILES, AddedLayer, MapBook
from app.errors import Invalid

GREEN = {"marker": {"shape": "square", "size_mm": 3.0, "colour": "#00AA00"}}
A_FILE = AddedLayer("", "村界", FEATURES, "村界.shp", "EPSG:4490", "村界")
A_PICTURE = AddedLayer("", "影像", TILES, "影像.mbtiles", "gcj02")


def ids(tables: list[dict[str, Any]]) -> list[str]:
    return [table["id"] for table in tables]


def plain(*names: str) -> list[dict[str, Any]]:
    return [{"id": name, "order": place} for place, name in enumerate(names)]


def test_what_is_not_arranged_is_as_it_ships() -> None:
    book = MapBook()
    assert book.theme("boilers").layers == MapBook.from_mapping(book.as_mapping()).theme("boilers").layers
    assert book.arranging("boilers", Arrangement("boilers")) == book


def test_a_layer_keeps_its_changes_and_nothing_of_an_earlier_look() -> None:
    arrangement = Arrangement("boilers").changed(
        "boilers", {"opacity": 0.5, "title": "锅炉", "group": "mine"}
    )
    arrangement = arrangement.looking("boilers", GREEN)
    layer = MapBook().arranging("boilers", arrangement).theme("boilers").layer("boilers")
    assert layer is not None
    assert (layer.opacity, layer.title, layer.group, layer.size) == (0.5, "锅炉", "mine", None)
    assert [item.symbol.marker.shape for item in layer.rule.classes if item.symbol.marker] == ["square"]
    assert layer.label is not None  # a look is no label


def test_as_shipped_takes_back_the_look_but_not_the_place() -> None:
    arrangement = Arrangement("boilers").looking("boilers", GREEN).moved(["boilers", "home"])
    again = arrangement.as_shipped("boilers")
    assert not again.changes
    assert again.order == ("boilers", "home")


def test_order_is_as_a_person_put_it_and_new_layers_stand_where_they_belong() -> None:
    wanted = Arrangement("t", order=("c", "a", "gone", "c"))
    assert ids(arranged(plain("a", "b", "c", "d"), wanted)) == ["c", "d", "a", "b"]
    assert ids(arranged(plain("z", "a"), Arrangement("t", order=("a",)))) == ["z", "a"]


def test_a_key_that_is_not_a_persons_to_change_is_refused() -> None:
    with pytest.raises(KeyError, match="entity"):
        Arrangement("boilers").changed("boilers", {"entity": "person"})


def test_an_own_theme_looks_like_the_one_it_was_made_from_and_can_be_dropped() -> None:
    book = MapBook().arranging("cells", Arrangement("cells").changed("regular_cells", {"visible": False}))
    book, own = book.saved_as("cells", "我的网格图", MapBook())
    assert book.theme("cells") == MapBook().theme(
        "cells"
    )  # what was changed goes with the theme it is saved as
    book = book.choosing("grid_cell", own)
    assert book.is_own(own) and book.title_of(own) == "我的网格图"
    assert book.theme_ids()[-1] == own
    layer = book.theme(own).layer("regular_cells")
    assert layer is not None and not layer.visible
    assert book.theme(own).title == "我的网格图"
    gone = book.without_theme(own)
    assert own not in gone.theme_ids() and not gone.chosen
    assert not gone.without_theme("cells").themes


def test_added_layers_are_in_every_theme_until_they_are_removed() -> None:
    book = MapBook().adding(A_FILE).adding(A_PICTURE)
    layers = [layer.id for layer in book.theme("sources").layers]
    assert layers.index("home") < layers.index("a2") < layers.index("zones") < layers.index("a1")
    book = book.arranging(
        "sources", book.arrangement("sources").changed("a1", {"opacity": 0.2}).moved(["a1"])
    )
    gone = book.without_layer("a1")
    assert gone == MapBook().adding(A_FILE).adding(A_PICTURE).without_layer("a1")
    assert gone.adding(A_FILE).added[-1].id == "a1"


def test_a_book_survives_its_file() -> None:
    book = MapBook().adding(A_FILE).adding(A_PICTURE).choosing("boiler", "own1")
    changed = book.arranging("boilers", Arrangement("boilers").looking("boilers", GREEN))
    book, _ = changed.saved_as("boilers", "甲", book)
    assert MapBook.from_mapping(json.loads(json.dumps(book.as_mapping()))) == book


@pytest.mark.parametrize(
    "given",
    [
        [],
        {"themes": []},
        {"themes": {"own1": {}}},
        {"themes": {"own1": {"base": "boilers", "changes": {"boilers": {"entity": "person"}}}}},
        {"themes": {"own1": {"base": "boilers", "changes": {"boilers": 3}}}},
        {"themes": {"own1": {"base": "boilers", "order": 3}}},
        {"themes": {"own1": {"base": "nowhere"}}},
        {"themes": {"own1": {"base": "boilers", "changes": {"boilers": {"opacity": "much"}}}}},
        {"themes": {"own1": {"base": "boilers", "changes": {"boilers": {"class": 7}}}}},
        {
            "themes": {
                "own1": {"base": "boilers", "changes": {"boilers": {"marker": {"shape": "x"}, "class": None}}}
            }
        },
        {"added": [3]},
        {"added": [{"id": "a1"}]},
        {"added": [{"id": "b", "title": "x", "kind": "features", "path": "p", "crs": "c"}]},
        {"added": [{"id": "a1", "title": "x", "kind": "else", "path": "p", "crs": "c"}]},
        {"added": [{"id": "a1", "title": "x", "kind": "tiles", "path": "p", "crs": "c"}] * 2},
    ],
)
def test_a_damaged_file_is_refused(given: object) -> None:
    with pytest.raises((ValueError, Invalid)):
        MapBook.from_mapping(given)
