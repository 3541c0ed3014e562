"""Positions in every notation people use, and texts that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.coordinates.notation import interpret, readings

DECIMAL = (106.66, 35.54)
DMS = (106 + 41 / 60 + 23.5 / 3600, 35 + 32 / 60 + 10 / 3600)


@pytest.mark.parametrize(
    "text",
    [
        "106.66,35.54",
        "35.54,106.66",
        "106.66 35.54",
        "E106.66 N35.54",
        "N35.54,E106.66",
        "106.66°E, 35.54°N",
        "lat:35.54 lng:106.66",
        "经度：106.66 纬度：35.54",
        "东经106.66度 北纬35.54度",
        "POINT(106.66 35.54)",
        "１０６．６６，３５．５４",
        "106.66;35.54;1350",
        "106.66\t35.54",
        "X=106.66 Y=35.54",
        "(35.54, 106.66)",
        "经度106.66，纬度35.54 锅炉房",
        "B=35.54 L=106.66",
        "106.66° 35.54°",
        "106.66、35.54",
    ],
)
def test_decimal_degrees_in_all_habits(text: str) -> None:
    best = readings(text)[0]
    assert best.crs == "EPSG:4490"
    assert (best.x, best.y) == pytest.approx(DECIMAL)
    assert best.certainty > 0.7
    assert best.why


@pytest.mark.parametrize(
    "text",
    [
        "106°41′23.5″ 35°32′10″",
        "106°41'23.5\",35°32'10\"",
        "106度41分23.5秒，35度32分10秒",
        "东经106度41分23.5秒，北纬35度32分10秒",
        "E106 41 23.5 N35 32 10",
        "106 41 23.5 35 32 10",
        "１０６°４１′２３．５″　３５°３２′１０″",
        "106°41′23.5″E，35°32′10″N",
        "北纬35°32′10″，东经106°41′23.5″",
        "106°41'23.5''E 35°32'10''N",
        "106º41´23.5˝ 35º32´10˝".replace("˝", "″"),
        "106:41:23.5,35:32:10",
        "106.41.23.5 35.32.10",
        "106-41-23.5 35-32-10",
        "35°32′10″N 106°41′23.5″E",
        "106,41,23.5,35,32,10",
        "1064123.5,353210",
        "106° 41′ 23.5″ ， 35° 32′ 10″",
        "106°41’23.5”35°32’10”",
        "106°41 23.5 35°32 10",
    ],
)
def test_degrees_minutes_seconds_in_all_habits(text: str) -> None:
    best = readings(text)[0]
    assert (best.x, best.y) == pytest.approx(DMS, abs=1e-9)
    assert best.certainty > 0.8


def test_decimal_minutes() -> None:
    best = readings("106°41.392′ 35°32.167′")[0]
    assert (best.x, best.y) == pytest.approx(DMS, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "crs"),
    [
        ("3935329.6, 378479.3", "EPSG:4545"),
        ("378479.3 3935329.6", "EPSG:4545"),
        ("X=3935329.6 Y=36378479.3", "EPSG:4524"),
        ("36378479.3,3935329.6", "EPSG:4524"),
        ("EPSG:4524 36378479.3 3935329.6", "EPSG:4524"),
        ("纵坐标3935329.6 横坐标378479.3 36带", "EPSG:4545"),
        ("X=3935329.6m Y=378479.3m CGCS2000 3度带 中央经线108°", "EPSG:4545"),
        ("x:378479.3 y:3935329.6", "EPSG:4545"),
    ],
)
def test_projected_metres_with_and_without_zone_number(text: str, crs: str) -> None:
    best = readings(text)[0]
    assert best.crs == crs
    assert (best.x, best.y) == pytest.approx(DECIMAL, abs=1e-6)


def test_the_same_point_in_the_other_zone() -> None:
    assert readings("3935329.6, 650543")[0].crs == "EPSG:4544"


def test_a_wrong_zone_number_is_offered_corrected_but_not_trusted() -> None:
    first, second = readings("X=3935329.6 Y=35378479.3")[:2]
    assert (first.crs, second.crs) == ("EPSG:4524", "EPSG:4523")
    assert second.certainty < first.certainty < 0.7


def test_a_packed_number_is_ambiguous_with_decimals() -> None:
    found = readings("106.41235, 35.3210")
    packed = next(reading for reading in found if reading.x == pytest.approx(DMS[0]))
    assert found[0].x == pytest.approx(106.41235)
    assert 0.1 < packed.certainty < found[0].certainty


def test_reversed_order_is_said() -> None:
    best = readings("35.54,106.66")[0]
    assert best.swapped
    assert best.certainty < readings("106.66,35.54")[0].certainty


def test_exchanged_directions_are_noticed() -> None:
    best = readings("E35.54 N106.66")[0]
    assert (best.x, best.y) == DECIMAL
    assert best.certainty < 0.7


@pytest.mark.parametrize(("text", "crs"), [("高德 106.66,35.54", "gcj02"), ("106.66,35.54（百度）", "bd09")])
def test_a_named_map_is_believed(text: str, crs: str) -> None:
    assert readings(text)[0].crs == crs


def test_every_degree_reading_notes_that_it_may_come_from_a_shifted_map() -> None:
    assert {"EPSG:4490", "gcj02", "bd09"} == {reading.crs for reading in readings("106.66,35.54")}


def test_a_place_outside_the_area_is_read_with_little_certainty() -> None:
    best = readings("121.47,31.23")[0]
    assert (best.x, best.y) == (121.47, 31.23)
    assert best.certainty < 0.4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "锅炉房",
        "106.66",
        "106°71′ 35°32′",
        "106°41′75″ 35°32′1″",
        "1 2 3",
        "13993312345",
        "E106 E107",
        "999,999",
        "西安80 X=3935329.6 Y=36378479.3",
        "北京54坐标 3935329 378479",
        "a,b",
        "106..66,,35.54.1.2.3.4",
    ],
)
def test_what_cannot_be_read_says_why(text: str) -> None:
    answer = interpret(text)
    assert not answer.readings
    assert answer.refuse


def test_precision_follows_the_last_place_written() -> None:
    assert readings("106°41′23″ 35°32′10″")[0].precision_m == pytest.approx(31, abs=1)
    assert readings("106.6612,35.5412")[0].precision_m == pytest.approx(11, abs=1)


@given(st.text(max_size=40))
def test_no_text_whatever_breaks_it(text: str) -> None:
    answer = interpret(text)
    assert bool(answer.readings) != bool(answer.refuse)
    assert all(0 <= reading.certainty <= 1 for reading in answer.readings)


@given(st.text(alphabet="0123456789.,°′″' EWNS度分秒-XY=3", max_size=30))
def test_no_arrangement_of_numbers_and_marks_breaks_it(text: str) -> None:
    answer = interpret(text)
    assert bool(answer.readings) != bool(answer.refuse)
