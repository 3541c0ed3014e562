"""Fields worked out when a record is read: always from the polygons as they are, whoever changed them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely
from shapely.geometry import Point

from app.domain.changes import Actor, Change, ChangeSet, delete, insert, new_uid, update
from app.domain.entities.boiler import Boiler
from app.domain.entities.setting import Setting
from app.domain.entities.water import BuiltUpArea, ProtectionZone
from app.domain.filters import Condition, equal, where
from app.errors import Invalid
from app.store.rtree import register_functions
from app.store.workspace import Workspace

_NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
_WHO = Actor("p", "张三", "R5")
_TOWN = (106.66, 35.54)


def _square(half_deg: float) -> shapely.MultiPolygon:
    x, y = _TOWN
    return shapely.MultiPolygon([shapely.box(x - half_deg, y - half_deg, x + half_deg, y + half_deg)])


def _apply(workspace: Workspace, *changes: Change | None) -> str:
    made = tuple(change for change in changes if change is not None)
    return workspace.apply(ChangeSet(made, "edit", _WHO), at=_NOW).transaction


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with a boiler in town, one 7 km off, one without a place, and the town's outline."""
    with Workspace.create(tmp_path / "w.gpkg", "620800", "平凉市") as workspace:
        _fill(workspace)
        yield workspace


def _fill(workspace: Workspace) -> None:
    places = {"A": Point(*_TOWN), "B": Point(_TOWN[0], _TOWN[1] + 0.02 + 7 / 111), "C": None}
    boilers = [Boiler(uid=name, ledger_no=name, geometry=place) for name, place in places.items()]
    area = BuiltUpArea(uid="town", name="城区", year=2020, geometry=_square(0.02))
    _apply(workspace, *map(insert, (*boilers, area)))


def _told(workspace: Workspace) -> dict[str, tuple[bool | None, str | None]]:
    return {item.ledger_no: (item.in_builtup, item.band) for item in workspace.find(Boiler)}


def test_records_filters_sorts_sums_and_columns_agree(file: Workspace) -> None:
    assert _told(file) == {"A": (True, "inside"), "B": (False, "within_10km"), "C": (None, None)}
    assert [item.uid for item in file.find(Boiler, equal(in_builtup=True))] == ["A"]
    assert file.uids(Boiler, where(Condition("band", "in", ("within_5km", "within_10km")))) == ["B"]
    assert file.uids(Boiler, where(Condition("in_builtup", "is", True))) == ["C"]
    assert file.uids(Boiler, where(Condition("in_builtup", "!=", True))) == ["B", "C"]
    assert file.uids(Boiler, order="-band") == ["B", "A", "C"]
    assert file.count(Boiler, equal(band="inside")) == 1
    assert file.tally(Boiler, ["band"]) == [(None, 1, 0.0), ("inside", 1, 0.0), ("within_10km", 1, 0.0)]
    found = file.columns(Boiler, ["band", "ledger_no"], None, equal(in_builtup=False))
    assert (list(found.values["band"]), list(found.values["ledger_no"])) == (["within_10km"], ["B"])
    assert file.extent(Boiler, equal(band="inside")) is not None
    with pytest.raises(Invalid):
        file.uids(Boiler, where(Condition("bandit", "=", 1)))


def test_no_value_outlives_what_it_came_from(file: Workspace) -> None:
    area, boiler = file.get(BuiltUpArea, "town"), file.get(Boiler, "B")
    assert area is not None
    assert boiler is not None
    _apply(file, update(area, geometry=_square(0.2)))  # the town grew
    assert _told(file)["B"] == (True, "inside")
    _apply(file, *(change for change in file.inverse(file.transactions(1)[0].transaction)))  # taken back
    assert _told(file)["B"] == (False, "within_10km")
    _apply(file, update(boiler, geometry=Point(*_TOWN)))  # the boiler moved
    assert _told(file)["B"] == (True, "inside")
    newer = BuiltUpArea(uid="town2", name="城区", year=2025, geometry=_square(0.0001))
    _apply(file, insert(newer))  # a newer year counts alone
    assert file.uids(Boiler, equal(in_builtup=True)) == ["A", "B"]
    year = Setting(uid="y", name="builtup_year", value="2010")
    _apply(file, insert(year))  # until the bureau says which year counts
    assert _told(file) == {"A": (None, None), "B": (None, None), "C": (None, None)}
    _apply(file, update(year, value="2020"))
    assert _told(file)["A"] == (True, "inside")
    _apply(file, delete(area))
    assert _told(file)["A"] == (None, None)


def test_a_polygon_drawn_by_another_program_counts_at_once(file: Workspace) -> None:
    assert _told(file)["A"][0]
    with closing(sqlite3.connect(file.path)) as raw, raw:
        register_functions(raw)
        raw.execute("DELETE FROM 建成区")
    assert _told(file)["A"] == (None, None)


def test_zones_are_told_the_same_way_until_they_are_superseded(file: Workspace) -> None:
    zone = ProtectionZone(uid="z", name="一级", level="first", geometry=_square(0.01))
    _apply(file, insert(zone))
    assert file.uids(Boiler, equal(zone_level="first")) == ["A"]
    _apply(file, update(zone, valid_to="2026-01-01"))
    assert file.uids(Boiler, equal(zone_level="first")) == []


def test_nothing_of_it_is_kept_or_noted(file: Workspace) -> None:
    boiler = file.get(Boiler, "A")
    assert boiler is not None
    assert update(boiler, band="beyond") is None
    claimed = Boiler(uid=new_uid(), ledger_no="D", in_builtup=True, band="inside")
    _apply(file, insert(claimed))
    assert _told(file)["D"] == (None, None)
    wanted = Change("boiler", "A", "update", {"in_builtup": True}, {"in_builtup": False})
    assert _apply(file, wanted) == ""
    noted = {item.field for entry in file.history(Boiler, claimed.uid) for item in entry.changes}
    assert noted & {"in_builtup", "band", "zone_level"} == set()
    assert file.check().ok
