from __future__ import annotations

from collections import Counter

import pytest
from shapely.geometry import Point

from app.actions.divisions import real_divisions
from app.demo.boilers import boilers
from app.demo.builtup import built_up_areas, outlines
from app.demo.seats import COUNTY_SEATS, township_seats
from app.demo.shares import divide
from app.demo.townships import with_township_areas
from app.demo.truth import Ground, Truth
from app.demo.units import credit_code
from app.demo.water import water_records
from app.domain.coordinates.measure import area_m2
from app.domain.entities.division import Division
from app.domain.entities.water import Intake, ProtectionZone


@pytest.fixture(scope="module")
def divisions() -> list[Division]:
    real = real_divisions("620800")
    return with_township_areas(real, township_seats(real))


@pytest.fixture(scope="module")
def ground(divisions: list[Division]) -> Ground:
    areas = {item.code: item.geometry for item in divisions if item.geometry is not None}
    names = {item.code: item.name for item in divisions}
    return Ground(areas, outlines(built_up_areas(divisions)), township_seats(divisions), names)


@pytest.fixture(scope="module")
def truths(ground: Ground) -> list[Truth]:
    return boilers(ground, 249)


def test_boilers_are_divided_as_the_brief_says(truths: list[Truth]) -> None:
    assert Counter(item.county for item in truths) == {
        "620802": 98, "620826": 36, "620825": 30, "620821": 25, "620881": 23, "620822": 20, "620823": 17,
    }  # fmt: skip
    outputs = Counter(item.tph for item in truths)
    for tph, percent in {0.5: 8, 0.7: 6, 1: 18, 2: 26, 4: 20, 6: 8, 10: 8, 15: 2, 20: 2, 35: 2}.items():
        assert outputs[tph] == pytest.approx(249 * percent / 100, abs=1), tph
    kinds = Counter(item.boiler_type for item in truths)
    assert kinds["hot_water"] == pytest.approx(249 * 0.70, abs=3)
    assert kinds["steam"] == pytest.approx(249 * 0.25, abs=3)
    assert len(truths) / len({item.unit.name for item in truths}) == pytest.approx(1.6, abs=0.1)
    assert all("1998" <= item.commissioned[:4] <= "2016" for item in truths)


def test_fates_are_those_of_the_brief(truths: list[Truth]) -> None:
    fates = Counter(item.fate for item in truths)
    under_way = fates["in_progress"]
    assert fates["cleared"] / 249 == pytest.approx(0.60, abs=0.01)
    assert under_way / 249 == pytest.approx(0.20, abs=0.01)
    assert fates["sealed"] / 249 == pytest.approx(0.05, abs=0.005)
    assert 0.01 <= fates["rebound"] / 249 <= 0.03


def test_each_mistake_has_its_rate(truths: list[Truth]) -> None:
    mistakes = Counter(item.mistake for item in truths if item.mistake)
    for name, percent in {
        "outside_county": 3, "swapped": 2, "gcj02": 2, "heat_units": 2, "serial_date": 1, "old_name": 3,
        "no_position": 5,
    }.items():  # fmt: skip
        assert mistakes[name] == round(249 * percent / 100), name


def test_boilers_stand_in_their_township_and_misplaced_ones_elsewhere(
    truths: list[Truth], ground: Ground
) -> None:
    for item in truths:
        assert ground.areas[item.town].buffer(0.001).contains(Point(item.x, item.y)), item.ledger_no
        if item.mistake == "outside_county":
            assert item.written is not None
            assert not ground.areas[item.county].contains(Point(*item.written))


def test_everything_invented_is_marked_and_nobody_can_be_rung(truths: list[Truth]) -> None:
    assert all(item.unit.name.endswith("（模拟）") for item in truths)
    assert all(item.unit.phone.startswith("0933-000") for item in truths)
    assert all(item.unit.contact.endswith("某某") for item in truths)


def test_invented_credit_codes_have_right_check_characters() -> None:
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    for serial in range(1, 60):
        code = credit_code("12", "620826", serial)
        assert len(code) == 18
        body = sum(signs.index(sign) * pow(3, place, 31) for place, sign in enumerate(code[:17]))
        assert (body + signs.index(code[17])) % 31 == 0


def test_a_small_demo_keeps_the_proportions(ground: Ground) -> None:
    few = boilers(ground, 30)
    assert len(few) == 30
    assert len({item.ledger_no for item in few}) == 30
    assert Counter(item.county for item in few)["620802"] == divide(30, {"a": 98, "b": 151})["a"]


def test_the_same_seed_gives_the_same_boilers(truths: list[Truth], ground: Ground) -> None:
    assert boilers(ground, 249) == truths


def test_township_areas_fill_their_county_without_overlap(divisions: list[Division]) -> None:
    for county in COUNTY_SEATS:
        whole = next(item.geometry for item in divisions if item.code == county)
        towns = [item for item in divisions if item.parent_code == county and item.level == "town"]
        assert whole is not None
        assert all(item.synthetic and "模拟边界" in str(item.boundary_authority) for item in towns)
        total = sum(area_m2(item.geometry) for item in towns if item.geometry is not None)
        assert total == pytest.approx(area_m2(whole), rel=1e-5)


def test_jingjiazhuang_has_the_published_numbers() -> None:
    records = water_records()
    zones = [item for item in records if isinstance(item, ProtectionZone) and "景家庄" in item.name]
    first, second = sorted(zones, key=lambda item: item.level)
    wells = [item for item in records if isinstance(item, Intake) and item.no.startswith("景家庄")]
    assert len(wells) == 7
    assert first.geometry is not None
    assert second.geometry is not None
    assert area_m2(first.geometry) / 1e6 == pytest.approx(0.66, rel=0.005)
    assert area_m2(first.geometry.union(second.geometry)) / 1e6 == pytest.approx(1.882, rel=0.005)
    assert first.geometry.intersection(second.geometry).area == pytest.approx(0.0, abs=1e-12)
    assert all(well.geometry is not None and first.geometry.contains(well.geometry) for well in wells)


def test_every_zone_is_valid_and_says_that_it_is_simulated() -> None:
    records = water_records()
    assert all(item.geometry is not None and item.geometry.is_valid for item in records)
    assert all(getattr(item, "synthetic", False) for item in records)
