"""Places another program has spoilt: the map does not follow them, the record says that none is known."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
from shapely.geometry import LineString, Point, Polygon, box

from app.domain.entities.boiler import Boiler
from app.domain.entities.water import ProtectionZone
from app.ui.map.places import extent_of
from app.ui.record.fields import place_rows


@pytest.mark.parametrize(
    ("found", "followed"),
    [
        ((106.5, 35.4, 106.6, 35.5), True),
        ((-179.0, 35.0, 179.0, 36.0), False),
        ((106.5, -1e308, 1e308, 35.5), False),
        ((math.nan, 35.0, math.nan, 36.0), False),
        ((106.5, 35.4, 106.6, 91.0), False),
    ],
)
def test_the_map_follows_places_on_the_ground_only(found: tuple[float, ...], followed: bool) -> None:
    workspace = SimpleNamespace(extent=lambda *_: found)
    session: Any = SimpleNamespace(workspace=workspace)
    assert extent_of(session, "boiler", ["b"]) == (found if followed else None)


@pytest.mark.parametrize("place", [None, Point(), Point(math.nan, 35.5), Polygon()], ids=str)
def test_no_place_is_said_to_be_none(place: Any) -> None:
    assert place_rows(Boiler(uid="b", ledger_no="KT-1", geometry=place), "") == [("位置", "未知")]


def test_an_outline_is_measured_and_one_without_numbers_is_not() -> None:
    words = dict(
        place_rows(ProtectionZone(uid="z", name="Z", level="1", geometry=box(106.5, 35.4, 106.6, 35.5)), "")
    )
    assert "公顷" in words["面积"] and words["周长"]
    spoilt = Polygon([(106.5, 35.4), (math.inf, 35.4), (106.6, 35.5)])
    assert place_rows(ProtectionZone(uid="z", name="Z", level="1", geometry=spoilt), "") == [("位置", "未知")]
    assert place_rows(
        Boiler(uid="b", ledger_no="KT-1", geometry=LineString([(106.5, 35.4), (106.6, 35.5)])), ""
    )[1][1]
