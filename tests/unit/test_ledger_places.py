"""Divisions by the words of ledgers."""

from __future__ import annotations

import pytest

from app.exchange.places import Gazetteer
from exchange_cases import divisions

PLACES = Gazetteer(divisions())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["崆峒区"], "620802"),
        (["崆峒"], "620802"),
        (["平凉市崆峒区"], "620802"),
        (["甘肃省平凉市崆峒区"], "620802"),
        (["620802"], "620802"),
        (["620802000000"], "620802"),
        (["华亭县"], "620881"),
        (["华亭市"], "620881"),
        (["620824"], "620881"),
        (["静 宁 县"], "620826"),
        (["崆峒区", "四十里铺镇"], "620802100"),
        (["四十里铺镇"], "620802100"),
        (["四十里铺"], "620802100"),
        (["静宁县", "城关镇"], "620826100"),
        (["崆峒区柳湖镇"], "620802101"),
        (["柳湖镇", "崆峒区"], "620802101"),
        (["平凉市"], "620800"),
        (["一、崆峒区"], "620802"),
        (["崆峒区（98台）"], "620802"),
        (["静宁县城关镇"], "620826100"),
        (["620826100"], "620826100"),
        (["620802.0"], "620802"),
        (["平凉市", "静宁县"], "620826"),
    ],
)
def test_found(words: list[str], code: str) -> None:
    assert PLACES.resolve(words).code == code


@pytest.mark.parametrize(
    "words", [["镇原县"], ["城关镇"], ["崆峒区", "水洛镇"], ["999999"], ["某某区"], ["x"]]
)
def test_not_found_says_why(words: list[str]) -> None:
    place = PLACES.resolve(words)
    assert place.code is None
    assert place.why


def test_an_unknown_town_counts_for_its_county() -> None:
    place = PLACES.resolve(["崆峒区", "不知名乡"])
    assert place.code == "620802"
    assert place.doubt


def test_positions_are_held_against_the_county_s_outline() -> None:
    assert PLACES.polygon("620802101") is PLACES.polygon("620802")
    assert PLACES.polygon("620800") is None
    assert PLACES.county("620824") == "620881"
