"""What a place lies in: bands measured on the ground, the year that counts, the strictest zone."""

from __future__ import annotations

import pytest
import shapely
from pyproj import Geod
from shapely.geometry import Point

from app.domain.surroundings import Area, Surroundings, Zone, counting

_EARTH = Geod(ellps="GRS80")
_TOWN = (106.66, 35.54)


def _square(half_deg: float, at: tuple[float, float] = _TOWN) -> shapely.MultiPolygon:
    return shapely.MultiPolygon(
        [shapely.box(at[0] - half_deg, at[1] - half_deg, at[0] + half_deg, at[1] + half_deg)]
    )


def _area(name: str, year: int, half_deg: float = 0.02, at: tuple[float, float] = _TOWN) -> Area:
    return Area(f"{name}{year}", name, year, _square(half_deg, at))


def _beside(metres: float, azimuth: float) -> Point:
    """So far beyond the edge of the square's northern or eastern side."""
    edge = (_TOWN[0], _TOWN[1] + 0.02) if azimuth == 0 else (_TOWN[0] + 0.02, _TOWN[1])
    x, y, _ = _EARTH.fwd(*edge, azimuth, metres)
    return Point(x, y)


@pytest.mark.parametrize("azimuth", [0.0, 90.0])
@pytest.mark.parametrize(
    ("metres", "band"),
    [
        (-5.0, "inside"),
        (5.0, "within_5km"),
        (4990.0, "within_5km"),
        (5010.0, "within_10km"),
        (9990.0, "within_10km"),
        (10010.0, "beyond"),
    ],
)
def test_the_bands_are_measured_on_the_ground(azimuth: float, metres: float, band: str) -> None:
    around = Surroundings((_area("城区", 2025),))
    found = around.look([_beside(metres, azimuth)])
    assert found["band"] == [band]
    assert found["in_builtup"] == [band == "inside"]


def test_what_has_no_place_is_not_told_and_without_areas_nothing_is() -> None:
    around = Surroundings((_area("城区", 2025),), (Zone("second", _square(0.05)),))
    found = around.look([None, Point(*_TOWN)])
    assert found == {
        "in_builtup": [None, True],
        "band": [None, "inside"],
        "zone_level": [None, "second"],
    }
    assert Surroundings().look([Point(*_TOWN)]) == {
        "in_builtup": [None],
        "band": [None],
        "zone_level": [None],
    }
    assert around.look([])["band"] == []


def test_of_each_place_the_newest_outline_up_to_the_year_counts() -> None:
    areas = [_area("城区", 2015), _area("城区", 2025), _area("静宁县城", 2023), _area("城区（2020年）", 2020)]
    assert {item.uid for item in counting(areas)} == {"城区2025", "静宁县城2023"}
    assert {item.uid for item in counting(areas, 2022)} == {"城区（2020年）2020"}
    assert counting(areas, 2000) == ()
    assert counting([Area("x", "新区", 2025, None)]) == ()


def test_the_strictest_zone_is_told_and_a_crossed_outline_does_no_harm() -> None:
    bow = shapely.Polygon([(106.6, 35.5), (106.7, 35.6), (106.7, 35.5), (106.6, 35.6)])
    zones = (Zone("quasi", _square(0.2)), Zone("first", _square(0.001)), Zone("second", bow))
    around = Surroundings((Area("a", "城区", 2025, bow),), zones)
    found = around.look([Point(*_TOWN), Point(106.69, 35.55), Point(106.65, 35.40)])
    assert found["zone_level"] == ["first", "second", "quasi"]
    assert found["in_builtup"][1]
