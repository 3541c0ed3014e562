from __future__ import annotations

from collections import Counter

import pytest

from app.actions.divisions import division_uid, real_divisions
from app.domain.coordinates.measure import area_m2
from app.errors import Invalid


def test_pingliang_has_its_counties_townships_and_villages() -> None:
    found = real_divisions("620800")
    current = [item for item in found if item.valid_to is None]
    assert Counter(item.level for item in current) == {"city": 1, "county": 7, "town": 113, "village": 1559}
    assert found[0].name == "平凉市"
    assert found[0].parent_code is None


def test_a_city_prefix_of_four_digits_means_the_city() -> None:
    assert [item.code for item in real_divisions("6208")] == [item.code for item in real_divisions("620800")]


def test_counties_carry_polygons_and_the_city_is_their_union() -> None:
    found = real_divisions("620800")
    counties = [item for item in found if item.level == "county" and item.geometry is not None]
    assert len(counties) == 7
    assert found[0].geometry is not None
    parts = sum(area_m2(item.geometry) for item in counties if item.geometry is not None)
    assert area_m2(found[0].geometry) == pytest.approx(parts, rel=1e-3)
    assert all(item.geometry is None for item in found if item.level in ("town", "village"))


def test_the_former_county_still_answers_for_the_new_city() -> None:
    by_code = {item.code: item for item in real_divisions("620800")}
    assert by_code["620824"].replaced_by == "620881"
    assert by_code["620824"].valid_to == by_code["620881"].valid_from == "2018-07"
    assert "华亭县" in by_code["620881"].aliases
    assert by_code["620881"].short_name == "华亭"


def test_a_county_alone_is_a_root() -> None:
    found = real_divisions("620802")
    assert found[0].code == "620802"
    assert found[0].parent_code is None
    assert {item.parent_code for item in found[1:] if item.level == "town"} == {"620802"}


def test_two_workspaces_give_a_division_the_same_identity() -> None:
    assert real_divisions("620802")[0].uid == division_uid("620802")
    assert len({item.uid for item in real_divisions("620000")}) == len(real_divisions("620000"))


def test_a_code_outside_gansu_is_refused_with_a_hint() -> None:
    with pytest.raises(Invalid) as refused:
        real_divisions("110000")
    assert "620800" in refused.value.hint
