"""Beijing 1954 and Xian 1980: refused alone, converted by seven parameters or common points, and recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import CRS, Transformer

from app.actions.history import history
from app.actions.imports import ImportRequest, import_records, preview
from app.actions.people import actor_of, find_person, new_person
from app.bootstrap import create_workspace
from app.domain.changes import insert
from app.domain.coordinates.datum import PointPair, fit_points, parameters
from app.domain.coordinates.measure import distance_m
from app.domain.coordinates.zones import transform
from app.errors import Invalid
from app.exchange.options import ImportOptions
from app.exchange.plan import plan_file
from exchange_cases import context, good_row, report, simple, workbook

VALUES = (-12.5, 87.25, 41.75, 1.1, -0.6, 2.3, -3.4)  # made up, of the size real ones have
TEXT = ",".join(str(value) for value in VALUES)
OLD = [(106.60, 35.50), (106.68, 35.56), (106.72, 35.49), (106.64, 35.60), (106.58, 35.57)]
BARE, PREFIXED, DEGREES = "EPSG:2381", "EPSG:2360", "xian80"  # Xian 1980: 3-degree zone 36, and degrees


def _moved(lon: float, lat: float) -> tuple[float, float]:
    """Bursa and Wolf by hand: Xian 1980 on IAG 75 to space, seven parameters, back to GRS 80's ellipsoid."""
    x = _space(lon, lat, 6378140.0, 298.257)
    dx, dy, dz = VALUES[:3]
    rx, ry, rz = (np.radians(value / 3600) for value in VALUES[3:6])
    turned = np.array([[1, -rz, ry], [rz, 1, -rx], [-ry, rx, 1]]) @ x
    return _ground(np.array([dx, dy, dz]) + (1 + VALUES[6] * 1e-6) * turned, 6378137.0, 298.257222101)


def _space(lon: float, lat: float, a: float, rf: float) -> Any:
    e2, phi, lam = 2 / rf - 1 / rf**2, np.radians(lat), np.radians(lon)
    n = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
    flat = n * np.cos(phi)
    return np.array([flat * np.cos(lam), flat * np.sin(lam), n * (1 - e2) * np.sin(phi)])


def _ground(point: Any, a: float, rf: float) -> tuple[float, float]:
    e2, flat = 2 / rf - 1 / rf**2, float(np.hypot(point[0], point[1]))
    phi = np.arctan2(point[2], flat * (1 - e2))
    for _ in range(20):
        n = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
        phi = np.arctan2(point[2] + n * e2 * np.sin(phi), flat)
    return float(np.degrees(np.arctan2(point[1], point[0]))), float(np.degrees(phi))


def _plane(lon: float, lat: float, crs: str) -> tuple[float, float]:
    """A place of the old datum in one of its own planes."""
    x, y = Transformer.from_crs(CRS("EPSG:4610"), CRS(crs), always_xy=True).transform(lon, lat)
    return float(x), float(y)


NEW = [_moved(*place) for place in OLD]


def _rows(system: str) -> list[list[object]]:
    found = []
    for n, place in enumerate(OLD, 1):
        x, y = place if system == DEGREES else _plane(*place, system)
        found.append(good_row(n, 经度=round(x, 8), 纬度=round(y, 8)))
    return found


def _off(document: dict[str, Any]) -> float:
    places = [(line["x"], line["y"]) for line in document["rows"]]
    return max(distance_m(*a, *b) for a, b in zip(places, NEW, strict=True))


def _points(path: Path, system: str = BARE, **wrong: float) -> Path:
    rows: list[list[object]] = [["点名", "X", "Y", "经度", "纬度"]]
    for n, (old, new) in enumerate(zip(OLD, NEW, strict=True), 1):
        east, north = old if system == DEGREES else _plane(*old, system)
        rows.append([f"G{n}", north + wrong.get(f"G{n}", 0.0), east, *new])
    return workbook(path, rows)


@pytest.mark.parametrize("crs", [BARE, PREFIXED, DEGREES])
def test_seven_parameters_bring_every_system_to_where_the_formula_does(crs: str, tmp_path: Path) -> None:
    document = report(simple(tmp_path / "a.xlsx", *_rows(crs)), crs=crs, params=TEXT)
    assert document["added"] == len(OLD)
    assert document["ask"] == []
    assert _off(document) < 0.01
    assert min(distance_m(*a, *b) for a, b in zip(OLD, NEW, strict=True)) > 30  # what a guess would be off
    assert document["conversion"]["parameters"]["rz"] == VALUES[5]


@pytest.mark.parametrize("crs", [BARE, PREFIXED, DEGREES])
def test_common_points_do_so_too_and_show_their_residuals(crs: str, tmp_path: Path) -> None:
    points = _points(tmp_path / "公共点.xlsx", crs)
    document = report(simple(tmp_path / "a.xlsx", *_rows(crs)), crs=crs, points=points)
    assert _off(document) < 0.1  # a plane's turn and scale are not quite a turn of space
    assert [line["name"] for line in document["conversion"]["points"]] == ["G1", "G2", "G3", "G4", "G5"]
    assert document["conversion"]["rms_m"] < 0.1
    assert "5" in document["conversion"]["said"]


def test_new_coordinates_in_metres_and_a_point_measured_badly(tmp_path: Path) -> None:
    rows = []
    for n, (old, new) in enumerate(zip(OLD, NEW, strict=True)):
        east, north = transform([new[0]], [new[1]], "EPSG:4490", "EPSG:4545")
        x, y = _plane(*old, BARE)
        rows.append([f"G{n}", y + (2.0 if n == 2 else 0.0), x, float(north[0]), float(east[0])])
    document = report(
        simple(tmp_path / "a.xlsx", *_rows(BARE)), crs=BARE, points=workbook(tmp_path / "p.xlsx", rows)
    )
    found = {line["name"]: line["north_m"] for line in document["conversion"]["points"]}
    assert abs(found["G2"]) > 0.5
    assert abs(found["G2"]) == max(abs(value) for value in found.values())


def test_a_title_that_names_the_datum_still_needs_its_system(tmp_path: Path) -> None:
    path = simple(tmp_path / "a.xlsx", *_rows(BARE))
    with pytest.raises(Invalid) as refused:
        report(path, crs=BARE)
    assert "--points" in refused.value.hint
    with pytest.raises(Invalid) as refused:
        report(path, params=TEXT)
    assert refused.value.code == "params"
    with pytest.raises(Invalid) as refused:
        report(path, params=TEXT, crs="EPSG:4545")
    assert refused.value.code == "params"


@pytest.mark.parametrize("text", ["1,2", "a", "1,2,3,4", "1e5,0,0,0,0,0,0", "0,0,0,900,0,0,0"])
def test_what_are_no_parameters_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parameters(text, DEGREES)
    assert refused.value.code == "params"
    assert parameters("dx=1.5 dy=-2 dz=3", DEGREES).values == (1.5, -2, 3, 0, 0, 0, 0)


def test_points_that_are_too_few_in_a_heap_or_wrong_are_refused(tmp_path: Path) -> None:
    good = [
        PointPair(str(n), _plane(*old, BARE), new) for n, (old, new) in enumerate(zip(OLD, NEW, strict=True))
    ]
    for points in (good[:2], good[:1] * 4):
        with pytest.raises(Invalid) as refused:
            fit_points(points, BARE)
        assert refused.value.code == "points"
    with pytest.raises(Invalid) as refused:
        report(
            simple(tmp_path / "a.xlsx", *_rows(BARE)), crs=BARE, points=_points(tmp_path / "p.xlsx", G3=900.0)
        )
    assert "G3" in refused.value.message
    for rows in ([["说明"], ["没有"]], [["G1", 1, 2, 3, 4]], [["点", "X"], ["G1", 3935329, 400000, "x", 35]]):
        with pytest.raises(Invalid):
            report(
                simple(tmp_path / "a.xlsx", *_rows(BARE)),
                crs=BARE,
                points=workbook(tmp_path / "q.xlsx", rows),
            )


def test_what_was_used_stays_with_the_import(tmp_path: Path) -> None:
    session = create_workspace(tmp_path / "市.gpkg", "620800", "admin", "246810")
    session.commit([insert(new_person(session, "city", "R5", "", "620800", "246810"))], "user_add")
    person = find_person(session, "city")
    assert person is not None
    session.actor = actor_of(person)
    options = ImportOptions(crs=BARE, points=_points(tmp_path / "公共点.xlsx"))
    plan = preview(session, ImportRequest("boiler", simple(tmp_path / "a.xlsx", *_rows(BARE)), options))
    import_records(session, plan, "县局台账")
    told = history(session, "boiler", "KT-001")[0].reason
    assert told.startswith("县局台账；")
    assert BARE in told
    assert plan.report.shift is not None
    assert told.endswith(plan.report.shift.sentence())
    session.close()


def test_the_bureau_says_how_far_a_common_point_may_stay_off(tmp_path: Path) -> None:
    path, points = simple(tmp_path / "a.xlsx", *_rows(BARE)), _points(tmp_path / "p.xlsx", G3=20.0)
    options = ImportOptions(crs=BARE, points=points)
    assert plan_file(path, context(common_point_m=30.0), options).report.shift is not None
    with pytest.raises(Invalid) as refused:
        plan_file(path, context(common_point_m=5.0), options)
    assert refused.value.code == "points" and "最多允许 5 米" in refused.value.message
