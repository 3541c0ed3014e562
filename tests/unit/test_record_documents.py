"""Records as JSON for the shell: places that are none, as other programs can write them, are told as such."""

from __future__ import annotations

import json
import math

import pytest
from shapely.geometry import Point, box

from app.cli.documents import record_document, told
from app.domain.changes import new_uid
from app.domain.entities.boiler import Boiler

NO_PLACES = [Point(), Point(math.nan, 35.5), Point(math.inf, 35.5)]


@pytest.mark.parametrize("place", NO_PLACES, ids=str)
def test_a_point_without_numbers_is_no_place_in_json(place: Point) -> None:
    boiler = Boiler(uid=new_uid(), ledger_no="KT-1", geometry=place)
    found = record_document(boiler)
    assert (found["x"], found["y"]) == (None, None)
    assert told(place) == []
    json.dumps(found, allow_nan=False)


def test_an_outline_where_a_point_should_be_is_told_by_its_bounds() -> None:
    found = record_document(Boiler(uid=new_uid(), ledger_no="KT-1", geometry=box(106, 35, 107, 36)))
    assert found["bounds"] == [106, 35, 107, 36]
