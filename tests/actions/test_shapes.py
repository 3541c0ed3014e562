"""Shapes drawn on the map: one change set, roles and areas kept, nothing half saved, neighbours checked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shapely.geometry import MultiPolygon, Polygon, box, mapping

from actions.office import COUNTY, Office
from app.actions.history import undo
from app.actions.records import add_record, find_record
from app.actions.shapes import Drawn, check_topology, read_shapes, save_shapes
from app.carto.digitise.board import Board
from app.domain.entity import Entity
from app.errors import Changed, Invalid, NotAllowed, Refused

WEST, EAST = MultiPolygon([box(106.6, 35.5, 106.7, 35.6)]), MultiPolygon([box(106.7, 35.5, 106.8, 35.6)])


def _cell(office: Office, code: str, shape: MultiPolygon, division: str = COUNTY) -> Entity:
    office.as_("clerk")
    values = {"grid_code": code, "kind": "admin", "level": 3, "div_code": division}
    return add_record(office.session, "cell", values, shape)


def _shape(office: Office, code: str) -> MultiPolygon:
    shape = find_record(office.session, "cell", code).geometry
    assert isinstance(shape, MultiPolygon)
    return shape


def test_a_moved_boundary_is_one_change_set_for_both_neighbours(office: Office) -> None:
    one, two = _cell(office, "A", WEST), _cell(office, "B", EAST)
    narrower, wider = box(106.6, 35.5, 106.69, 35.6), box(106.69, 35.5, 106.8, 35.6)
    before = office.journal_length()
    drawn = Drawn("cell", {one.uid: MultiPolygon([narrower]), two.uid: MultiPolygon([wider])})
    assert save_shapes(office.session, drawn, "界线调整") is not None
    assert _shape(office, "A").equals(narrower)
    assert _shape(office, "B").equals(wider)
    undo(office.session)
    assert _shape(office, "A").equals(WEST)
    assert _shape(office, "B").equals(EAST)
    assert office.journal_length() > before


def test_a_cut_leaves_the_record_its_largest_piece_and_makes_one_of_the_rest(office: Office) -> None:
    cell = _cell(office, "A", WEST)
    _cell(office, "A-2", EAST)
    board = Board({cell.uid: WEST}).cut(((106.62, 35.4), (106.62, 35.7)), (office.session.new_uid(),))
    save_shapes(office.session, Drawn("cell", board.shapes, board.cut_from), "分设网格")
    piece = find_record(office.session, "cell", "A-3")  # A-2 is somebody's already
    assert piece.div_code == COUNTY  # type: ignore[attr-defined]
    assert piece.geometry is not None
    assert piece.geometry.union(_shape(office, "A")).equals(WEST)
    undo(office.session)
    assert _shape(office, "A").equals(WEST)
    with pytest.raises(Refused):
        find_record(office.session, "cell", "A-3")


def test_joined_cells_are_one_record_and_the_other_is_removed_with_the_reason(office: Office) -> None:
    one, two = _cell(office, "A", WEST), _cell(office, "B", EAST)
    board = Board({one.uid: WEST, two.uid: EAST}).joined(one.uid)
    with pytest.raises(Refused) as refused:
        save_shapes(office.session, Drawn("cell", board.shapes), " ")
    assert refused.value.code == "reason"
    save_shapes(office.session, Drawn("cell", board.shapes), "合并网格")
    assert _shape(office, "A").equals(WEST.union(EAST))
    with pytest.raises(Refused):
        find_record(office.session, "cell", "B")


def test_a_shape_that_is_not_changed_is_not_written(office: Office) -> None:
    cell = _cell(office, "A", WEST)
    before = office.journal_length()
    assert save_shapes(office.session, Drawn("cell", {cell.uid: cell.geometry}), "无") is None
    assert office.journal_length() == before


def test_an_outline_that_crosses_itself_is_named_and_nothing_is_saved(office: Office) -> None:
    one, two = _cell(office, "A", WEST), _cell(office, "B", EAST)
    bow = MultiPolygon([Polygon([(106.6, 35.5), (106.7, 35.6), (106.7, 35.5), (106.6, 35.6)])])
    drawn = Drawn("cell", {one.uid: MultiPolygon([box(106.6, 35.5, 106.65, 35.6)]), two.uid: bow})
    with pytest.raises(Refused) as refused:
        save_shapes(office.session, drawn, "调整")
    (fault,) = refused.value.details
    assert fault["record"] == "B"  # type: ignore[index]
    assert fault["code"] == "self_intersection"  # type: ignore[index]
    assert _shape(office, "A").equals(WEST)


def test_a_record_that_moved_on_is_not_written_over(office: Office) -> None:
    cell = _cell(office, "A", WEST)
    office.edit("clerk2", cell, {"name": "新名称"})
    office.as_("clerk")
    with pytest.raises(Changed):
        save_shapes(office.session, Drawn("cell", {cell.uid: EAST}, seen={cell.uid: cell.revision}), "调整")
    assert _shape(office, "A").equals(WEST)


@pytest.mark.parametrize("who", ["inspector", "officer", "chief", "leader"])
def test_who_may_not_write_cells_may_not_draw_them(office: Office, who: str) -> None:
    cell = _cell(office, "A", WEST)
    office.as_(who)
    with pytest.raises(NotAllowed):
        save_shapes(office.session, Drawn("cell", {cell.uid: EAST}), "调整")


def test_a_stranger_of_another_county_may_not_draw_here(office: Office) -> None:
    cell = _cell(office, "A", WEST)
    office.as_("stranger")
    with pytest.raises(Refused) as refused:
        save_shapes(office.session, Drawn("cell", {cell.uid: EAST}), "调整")
    assert refused.value.details[0]["code"] == "outside_area"  # type: ignore[index]
    assert _shape(office, "A").equals(WEST)


def test_a_zone_drawn_anew_is_measured_anew(office: Office) -> None:
    office.as_("city")
    zone = add_record(office.session, "zone", {"name": "甲水源地一级保护区", "level": "first"}, WEST)
    half = MultiPolygon([box(106.6, 35.5, 106.65, 35.6)])
    save_shapes(office.session, Drawn("zone", {zone.uid: half}), "按批复重绘")
    after = find_record(office.session, "zone", zone.uid)
    assert after.area_calc_km2 == pytest.approx(zone.area_calc_km2 / 2, rel=1e-3)  # type: ignore[attr-defined]
    assert after.area_doc_km2 is None  # type: ignore[attr-defined]


def test_overlapping_cells_are_found_and_superseded_zones_are_not_asked(office: Office) -> None:
    _cell(office, "A", WEST)
    _cell(office, "B", MultiPolygon([box(106.69, 35.5, 106.8, 35.6)]))
    (fault,) = check_topology(office.session, "cell")
    assert (fault.code, set(fault.titles)) == ("overlap", {"A", "B"})
    office.as_("city")
    source = add_record(office.session, "source", {"name": "甲水源地"}).uid
    common = {"source": source}
    add_record(office.session, "zone", {"name": "二级", "level": "second", **common}, WEST)
    add_record(
        office.session, "zone", {"name": "旧一级", "level": "first", "valid_to": "2019-01-01", **common}, EAST
    )
    assert check_topology(office.session, "zone") == []
    add_record(office.session, "zone", {"name": "一级", "level": "first", **common}, EAST)
    assert [item.code for item in check_topology(office.session, "zone")] == ["outside_range"]


def test_kinds_without_areas_are_refused(office: Office) -> None:
    with pytest.raises(Invalid) as refused:
        check_topology(office.session, "boiler")
    assert "zone" in refused.value.hint


def test_a_record_that_two_features_name_is_not_guessed(office: Office, tmp_path: Path) -> None:
    cell = _cell(office, "A", WEST)
    feature = {"type": "Feature", "properties": {"uid": cell.uid}, "geometry": mapping(WEST)}
    path = tmp_path / "两次.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature, feature]}), "utf-8")
    with pytest.raises(Invalid) as refused:
        read_shapes(office.session, "cell", path)
    (told,) = refused.value.details
    assert isinstance(told, dict)
    assert (told["row"], told["record"], told["code"]) == (2, cell.uid, "twice")
    assert cell.uid in told["why"]
