"""What lies at a place: division, cells and people, zones, the built-up area; what a boiler takes of it."""

from __future__ import annotations

from pathlib import Path

import geopandas
import pytest
from shapely.geometry import MultiPolygon, Point, box

from actions.office import Office
from app.actions.builtup import builtup_doubts
from app.actions.grids import make_grid
from app.actions.imports import ImportRequest, preview
from app.actions.people import find_person
from app.actions.places import locate
from app.actions.records import edit_record
from app.domain.changes import insert
from app.domain.entities.grid_cell import GridCell
from app.domain.entities.people import Assignment
from app.domain.entities.setting import Setting
from app.domain.entities.water import BuiltUpArea, ProtectionZone
from app.errors import Invalid, NotAllowed, Refused
from builders import PLACE


def _square(side: float, centre: tuple[float, float] = PLACE) -> MultiPolygon:
    x, y = centre
    return MultiPolygon([box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)])


def _put(office: Office, *records: object) -> None:
    office.as_("city")
    office.session.commit([insert(record) for record in records], "试")  # type: ignore[arg-type]


def _zone(office: Office, level: str, side: float, **rest: object) -> ProtectionZone:
    uid = office.session.new_uid()
    name = f"{level}{len(uid)}{uid[:4]}"
    return ProtectionZone(uid=uid, geometry=_square(side), name=name, level=level, **rest)  # type: ignore[arg-type]


def test_a_point_names_city_and_county(office: Office) -> None:
    found = locate(office.session, *PLACE)
    assert [row["name"] for row in found.divisions] == ["平凉市", "崆峒区"]
    assert (found.cells, found.people, found.zones) == ((), (), ())
    assert (found.in_builtup, found.band) == (None, None)


def test_a_point_far_away_lies_nowhere(office: Office) -> None:
    assert locate(office.session, 116.4, 39.9).divisions == ()


def test_a_former_division_is_nowhere_to_be_found(office: Office) -> None:
    names = [row["name"] for row in locate(office.session, 106.65, 35.22).divisions]
    assert "华亭市" in names
    assert "华亭县" not in names


def test_the_cells_come_with_their_people_of_today(office: Office) -> None:
    new = office.session.new_uid
    cell = GridCell(uid=new(), geometry=_square(0.02), grid_code="620802-01", kind="admin", level=3)
    person = find_person(office.session, "inspector")
    former = find_person(office.session, "officer")
    assert person is not None
    assert former is not None
    duties = [
        Assignment(uid=new(), cell=cell.uid, person=person.uid, duty="inspector"),
        Assignment(uid=new(), cell=cell.uid, person=former.uid, duty="chief", valid_to="2026-11-22"),
    ]
    _put(office, cell, *duties)
    found = locate(office.session, *PLACE)
    assert [row["grid_code"] for row in found.cells] == ["620802-01"]
    assert [(row["duty"], row["name"]) for row in found.people] == [("inspector", "inspector")]


def test_the_strictest_zone_is_the_boilers_zone(office: Office) -> None:
    _put(office, _zone(office, "second", 0.02), _zone(office, "first", 0.01))
    assert {row["level"] for row in locate(office.session, *PLACE).zones} == {"first", "second"}
    assert office.enter().zone_level == "first"


def test_a_superseded_zone_protects_nothing(office: Office) -> None:
    _put(office, _zone(office, "first", 0.02, valid_to="2020"))
    assert locate(office.session, *PLACE).zones == ()
    assert office.enter().zone_level is None


@pytest.mark.parametrize(
    ("east", "inside", "band"),
    [
        (0.0, True, "inside"),
        (0.05, False, "within_5km"),
        (0.09, False, "within_10km"),
        (0.2, False, "beyond"),
    ],
)
def test_the_bands_around_the_built_up_area(office: Office, east: float, inside: bool, band: str) -> None:
    area = BuiltUpArea(uid=office.session.new_uid(), geometry=_square(0.02), name="崆峒城区", year=2025)
    old = BuiltUpArea(uid=office.session.new_uid(), geometry=_square(2.0), name="崆峒城区", year=2015)
    _put(office, area, old)
    found = locate(office.session, PLACE[0] + east, PLACE[1])
    assert (found.in_builtup, found.band) == (inside, band)


def test_outlines_of_years_to_come_and_of_one_place_under_two_names_are_told(
    office: Office, tmp_path: Path
) -> None:
    new = office.session.new_uid
    town = BuiltUpArea(uid=new(), geometry=_square(0.02), name="崆峒城区", year=2025)
    coming = BuiltUpArea(uid=new(), geometry=_square(0.03), name="崆峒城区", year=2031)
    far = BuiltUpArea(uid=new(), geometry=_square(0.02, (105.73, 35.52)), name="静宁城区", year=2025)
    _put(office, town, far)
    assert builtup_doubts(office.session) == []
    _put(office, coming)
    assert [("崆峒城区" in said, "2031" in said) for said in builtup_doubts(office.session)] == [(True, True)]
    office.session.commit([insert(Setting(uid=new(), name="builtup_year", value="2026"))], "试")
    assert builtup_doubts(office.session) == []
    path = tmp_path / "建成区.geojson"
    frame = {"名称": ["平凉市区", "灵台城区"], "年度": [2026, 2026]}
    shapes = [_square(0.018), _square(0.02, (107.62, 35.06))]
    geopandas.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4490").to_file(path)
    plan = preview(office.session, ImportRequest("built_up_area", path))
    assert [(line.row, line.code) for line in plan.report.warnings] == [(1, "same_place")]
    assert "平凉市区" in plan.report.warnings[0].why and "崆峒城区" in plan.report.warnings[0].why


def test_each_place_counts_with_its_own_newest_built_up_area(office: Office) -> None:
    new = office.session.new_uid
    here = BuiltUpArea(uid=new(), geometry=_square(0.02), name="崆峒城区", year=2023)
    there = BuiltUpArea(uid=new(), geometry=_square(0.02, (105.73, 35.52)), name="静宁城区", year=2025)
    _put(office, here, there)
    assert locate(office.session, *PLACE).band == "inside"
    assert locate(office.session, 105.73, 35.52).band == "inside"


def test_a_moved_boiler_takes_what_lies_at_its_new_place(office: Office) -> None:
    office.as_("city")
    make_grid(office.session, "620802", 3000)
    boiler = office.enter()
    assert boiler.grid_code is not None
    assert boiler.grid_code.startswith("R3000-")
    office.as_("registrar")
    edit_record(office.session, boiler, {}, geometry=Point(PLACE[0] + 0.05, PLACE[1]))
    assert office.boiler().grid_code != boiler.grid_code


def test_cells_are_made_once_and_cut_at_the_county(office: Office) -> None:
    office.as_("city")
    made = make_grid(office.session, "620802", 3000)
    assert made.added > 100
    again = make_grid(office.session, "620802", 3000)
    assert (again.added, again.kept, again.committed) == (0, made.added, None)
    cells = office.session.workspace.find(GridCell)
    assert any(cell.clipped for cell in cells)
    assert any(not cell.clipped for cell in cells)
    assert len({cell.grid_code for cell in cells}) == made.added


@pytest.mark.parametrize(("code", "size"), [("999999", 1000), ("620802", 0), ("620802", -5)])
def test_cells_that_cannot_be(office: Office, code: str, size: int) -> None:
    office.as_("city")
    with pytest.raises((Invalid, Refused)):
        make_grid(office.session, code, size)
    assert office.session.workspace.find(GridCell) == []


def test_inspectors_make_no_cells(office: Office) -> None:
    office.as_("inspector")
    with pytest.raises(NotAllowed):
        make_grid(office.session, "620802", 3000)
