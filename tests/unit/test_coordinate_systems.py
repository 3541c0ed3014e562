"""GCJ-02 and BD-09, zones, transformation, measuring and showing positions."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from app.domain.coordinates import gcj, measure, zones
from app.domain.coordinates.formats import DMS, MINUTES, PREFIXED, PROJECTED, dms, show_position
from app.domain.coordinates.notation import readings
from app.errors import Invalid

LON = st.floats(105.3, 107.8)
LAT = st.floats(34.9, 35.9)


@given(LON, LAT)
def test_gcj_and_baidu_come_back_to_less_than_a_millimetre(lon: float, lat: float) -> None:
    for there, back in ((gcj.to_gcj02, gcj.from_gcj02), (gcj.to_bd09, gcj.from_bd09)):
        x, y = back(*there(lon, lat))
        assert measure.distance_m(lon, lat, float(x), float(y)) < 0.001


def test_offsets_over_pingliang_are_the_known_ones() -> None:
    for forward, low, high in ((gcj.to_gcj02, 360, 470), (gcj.to_bd09, 1100, 1250)):
        x, y = forward(106.66, 35.54)
        assert low < measure.distance_m(106.66, 35.54, float(x), float(y)) < high


def test_gcj_leaves_places_abroad_alone() -> None:
    assert gcj.to_gcj02(2.35, 48.85) == (2.35, 48.85)


def test_gcj_works_on_arrays() -> None:
    xs, ys = np.full(5, 106.5), np.linspace(35.0, 35.8, 5)
    back_x, back_y = gcj.from_gcj02(*gcj.to_gcj02(xs, ys))
    assert np.allclose(back_x, xs, atol=1e-9)
    assert np.allclose(back_y, ys, atol=1e-9)


@pytest.mark.parametrize(("lon", "zone"), [(105.3, 35), (106.49, 35), (106.51, 36), (107.8, 36)])
def test_zone_of_a_longitude(lon: float, zone: int) -> None:
    assert zones.zone3(lon) == zone


def test_zone_systems_have_the_epsg_numbers_of_the_register() -> None:
    assert [zones.zone_crs(35, True), zones.zone_crs(35), zones.zone_crs(36, True), zones.zone_crs(36)] == [
        "EPSG:4523",
        "EPSG:4544",
        "EPSG:4524",
        "EPSG:4545",
    ]
    assert (zones.zone6_crs(18), zones.zone6_crs(18, True)) == ("EPSG:4507", "EPSG:4496")
    assert zones.zone_of_crs("EPSG:4524") == zones.zone_of_crs("EPSG:4545") == 36
    assert zones.zone_of_crs("EPSG:4490") is None
    with pytest.raises(Invalid):
        zones.zone_crs(12)


def test_the_seam_differs_by_272_km_between_the_zones() -> None:
    west, _ = zones.transform([106.5], [35.4], "EPSG:4490", "EPSG:4544")
    east, _ = zones.transform([106.5], [35.4], "EPSG:4490", "EPSG:4545")
    assert west[0] == pytest.approx(636267.7, abs=0.1)
    assert east[0] == pytest.approx(363732.3, abs=0.1)


@given(
    LON,
    LAT,
    st.sampled_from(["EPSG:4523", "EPSG:4545", "EPSG:4507", "tm:106.5", "gcj02", "bd09", "EPSG:32648"]),
)
def test_there_and_back_through_every_system(lon: float, lat: float, crs: str) -> None:
    x, y = zones.transform(*zones.transform([lon], [lat], "EPSG:4490", crs), crs)
    assert measure.distance_m(lon, lat, float(x[0]), float(y[0])) < 0.001


@pytest.mark.parametrize("crs", ["EPSG:4610", "EPSG:4214", "EPSG:2343", "xian80", "EPSG:4555"])
def test_old_datums_are_refused_not_guessed(crs: str) -> None:
    with pytest.raises(Invalid) as refused:
        zones.transform([106.5], [35.5], crs)
    assert refused.value.code == "bad_crs"


@pytest.mark.parametrize("name", ["", "4490x", "EPSG:", "EPSG:999999", "火星"])
def test_an_unknown_system_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        zones.crs_object(name)


def test_wgs84_is_taken_as_cgcs2000() -> None:
    x, y = zones.transform([106.66], [35.54], "wgs84")
    assert (x[0], y[0]) == (106.66, 35.54)


def test_a_sheet_is_drawn_in_the_zone_of_its_middle_unless_told_otherwise() -> None:
    assert zones.sheet_crs(105.4, 35.3, 105.9, 35.6) == "EPSG:4544"
    assert zones.sheet_crs(106.6, 35.3, 107.1, 35.6) == "EPSG:4545"
    assert zones.sheet_crs(106.6, 35.3, 107.1, 35.6, "4544") == "EPSG:4544"
    assert zones.sheet_crs(105.3, 34.9, 107.8, 35.9) == zones.CITY


def test_every_system_has_a_title_for_the_sheet() -> None:
    for name in ("EPSG:4490", "EPSG:4545", "tm:106.5", "gcj02", "bd09", "EPSG:4326", "EPSG:32648"):
        assert zones.crs_title(name)


def test_areas_are_on_the_ellipsoid_and_lose_their_holes() -> None:
    square = shapely.box(106.6, 35.5, 106.7, 35.6)
    assert measure.area_m2(square) == pytest.approx(100_509_000, rel=1e-3)
    hollow = square.difference(shapely.box(106.62, 35.52, 106.68, 35.58))
    assert measure.area_m2(hollow) == pytest.approx(measure.area_m2(square) * 0.64, rel=1e-3)
    assert measure.area_m2(shapely.MultiPolygon([square])) == pytest.approx(measure.area_m2(square))
    assert measure.length_m(square) == pytest.approx(2 * (11_095 + 9_068), rel=1e-3)
    assert measure.length_m(shapely.LineString([(106.6, 35.5), (106.7, 35.5)])) == pytest.approx(
        9_073, rel=1e-3
    )


def test_bearing_and_words() -> None:
    assert measure.bearing_deg(106.6, 35.5, 106.7, 35.5) == pytest.approx(90, abs=0.1)
    assert "15.00" in measure.area_words(10_000)
    assert "1.000" in measure.area_words(1e6)


@pytest.mark.parametrize(
    ("degrees", "words"),
    [
        (0.0, "0.0°（北）"),
        (22.4, "22.4°（北）"),
        (22.6, "22.6°（东北）"),
        (135.04, "135.0°（东南）"),
        (270.0, "270.0°（西）"),
        (359.97, "0.0°（北）"),
    ],
)
def test_a_bearing_is_said_in_degrees_and_with_its_wind(degrees: float, words: str) -> None:
    assert measure.bearing_words(degrees) == words


@given(st.floats(0, 179.9999), st.integers(0, 4))
def test_dms_never_shows_sixty_and_rounds_once(value: float, places: int) -> None:
    shown = dms(value, places)
    degrees, rest = shown.split("°")
    minutes, seconds = rest.rstrip("″").split("′")
    assert int(minutes) < 60
    assert float(seconds) < 60
    assert int(degrees) + int(minutes) / 60 + float(seconds) / 3600 == pytest.approx(
        value, abs=0.51 / 3600 / 10**places
    )


@given(LON, LAT, st.sampled_from(["decimal", DMS, MINUTES, PROJECTED, PREFIXED]))
def test_what_is_shown_can_be_read_again(lon: float, lat: float, notation: str) -> None:
    best = readings(show_position(lon, lat, notation))[0]
    assert measure.distance_m(lon, lat, best.x, best.y) < 3.0
