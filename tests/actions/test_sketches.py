"""Sketches: lines, points and areas drawn beside the ledgers; kept, exported and undone like records."""

from __future__ import annotations

from pathlib import Path

import pytest
from shapely.geometry import LineString, MultiPolygon, Point, box

from actions.office import Office
from app.actions.exports import export_records
from app.actions.history import undo
from app.actions.records import add_record, find_record, list_records
from app.actions.shapes import Drawn, save_shapes
from app.errors import Invalid, NotAllowed, Refused

ROUTE = LineString([(106.6, 35.5), (106.65, 35.52), (106.7, 35.5)])


@pytest.mark.parametrize(
    ("shape", "form"),
    [(ROUTE, "line"), (Point(106.6, 35.5), "point"), (MultiPolygon([box(106.6, 35.5, 106.7, 35.6)]), "area")],
)
def test_a_sketch_of_any_form_is_kept_and_names_its_form(office: Office, shape: object, form: str) -> None:
    office.as_("inspector")
    made = add_record(office.session, "sketch", {"name": "巡查路线"}, shape)  # type: ignore[arg-type]
    kept = find_record(office.session, "sketch", made.uid)
    assert kept.geometry.equals(shape)  # type: ignore[union-attr]
    assert kept.form == form  # type: ignore[attr-defined]


def test_a_line_is_edited_and_undone_like_an_area(office: Office) -> None:
    office.as_("inspector")
    made = add_record(office.session, "sketch", {"name": "巡查路线"}, ROUTE)
    longer = LineString([*ROUTE.coords, (106.75, 35.5)])
    save_shapes(office.session, Drawn("sketch", {made.uid: longer}), "延长")
    assert find_record(office.session, "sketch", made.uid).geometry.equals(longer)  # type: ignore[union-attr]
    undo(office.session)
    assert find_record(office.session, "sketch", made.uid).geometry.equals(ROUTE)  # type: ignore[union-attr]


def test_leaders_read_sketches_and_do_not_draw_them(office: Office) -> None:
    office.as_("leader")
    with pytest.raises(NotAllowed):
        add_record(office.session, "sketch", {"name": "x"}, ROUTE)
    assert list_records(office.session, "sketch") == []


def test_a_sketch_is_exported_with_its_form_and_refused_where_one_form_only_fits(
    office: Office, tmp_path: Path
) -> None:
    import geopandas

    office.as_("inspector")
    for shape in (ROUTE, Point(106.6, 35.5)):
        add_record(office.session, "sketch", {"name": "标绘"}, shape)
    export_records(office.session, "sketch", tmp_path / "s.geojson")
    assert set(geopandas.read_file(tmp_path / "s.geojson").geom_type) == {"LineString", "Point"}
    with pytest.raises(Invalid):
        export_records(office.session, "sketch", tmp_path / "s.shp")
    assert not (tmp_path / "s.shp").exists()


def test_other_kinds_still_take_their_own_form_only(office: Office) -> None:
    office.as_("clerk")
    with pytest.raises((Invalid, Refused)):
        add_record(office.session, "cell", {"grid_code": "Z", "kind": "admin"}, ROUTE)
