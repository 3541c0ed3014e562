"""Areas that belong together: crossing outlines, overlaps, gaps, zones beyond their range."""

from __future__ import annotations

import pytest
from shapely.affinity import rotate, translate
from shapely.geometry import MultiPolygon, Polygon, box

from app.domain.coordinates.measure import area_m2, drawn_area_m2
from app.domain.topology import Area, beyond_range, faults

WEST, EAST = box(106.0, 35.0, 106.01, 35.01), box(106.01, 35.0, 106.02, 35.01)


def _area(uid: str, shape: object, group: str = "g") -> Area:
    return Area(uid, uid.upper(), shape, group)  # type: ignore[arg-type]


def test_neighbours_that_share_a_boundary_fit() -> None:
    assert faults([_area("a", WEST), _area("b", EAST)]) == []


def test_an_overlap_is_found_with_its_place_and_size() -> None:
    over = box(106.009, 35.0, 106.02, 35.01)
    (found,) = faults([_area("a", WEST), _area("b", over)])
    assert (found.code, set(found.uids)) == ("overlap", {"a", "b"})
    assert found.place.bounds == pytest.approx((106.009, 35.0, 106.01, 35.01))
    assert found.area_m2 == pytest.approx(91 * 1109, rel=0.02)


def test_what_rounding_leaves_is_no_overlap() -> None:
    assert faults([_area("a", WEST), _area("b", box(106.01 - 1e-10, 35.0, 106.02, 35.01))]) == []


def test_areas_of_another_group_may_lie_above_each_other() -> None:
    assert faults([_area("a", WEST, "x"), _area("b", WEST, "y")]) == []


def test_a_gap_between_neighbours_is_found_and_a_hole_of_one_is_not() -> None:
    frame = [
        _area("s", box(0.0, 0.0, 0.003, 0.001)),
        _area("n", box(0.0, 0.002, 0.003, 0.003)),
        _area("w", box(0.0, 0.001, 0.001, 0.002)),
        _area("e", box(0.002, 0.001, 0.003, 0.002)),
    ]
    (found,) = faults(frame)
    assert found.code == "gap"
    assert set(found.uids) == {"s", "n", "w", "e"}
    holed = Polygon(box(0, 0, 0.003, 0.003).exterior, [box(0.001, 0.001, 0.002, 0.002).exterior])
    assert faults([_area("one", holed), _area("far", box(0.01, 0, 0.02, 0.01))]) == []


def test_a_gap_behind_corners_drawn_onto_a_neighbours_edge_is_found() -> None:
    bay = [(0, 0), (0.01, 0), (0.01, 0.005), (0.0061, 0.005), (0.0047, 0.0049), (0.0033, 0.005), (0, 0.005)]
    shapes = [
        translate(rotate(shape, 37, origin=(0, 0)), 106.63, 35.41)  # so that rounding leaves a crack
        for shape in (Polygon(bay), box(0, 0.005, 0.01, 0.01))
    ]
    (found,) = faults([_area("a", shapes[0]), _area("b", shapes[1])])
    assert (found.code, set(found.uids)) == ("gap", {"a", "b"})


def test_a_gap_between_areas_that_also_overlap_is_found() -> None:
    around = [
        box(0, 0, 0.0052, 0.0045),
        box(0.005, 0, 0.01, 0.0053),
        box(0.0046, 0.0051, 0.01, 0.01),
        box(0, 0.0043, 0.0048, 0.01),
    ]
    turned = [translate(rotate(shape, 61, origin=(0, 0)), 106.63, 35.41) for shape in around]
    found = faults([_area(str(at), shape) for at, shape in enumerate(turned)])
    (gap,) = [item for item in found if item.code == "gap"]
    assert len(gap.uids) == 4


def test_an_outline_that_crosses_itself_is_shown_where_it_does() -> None:
    bow = Polygon([(106, 35), (106.01, 35.01), (106.01, 35), (106, 35.01)])
    (found,) = faults([_area("a", MultiPolygon([bow]))])
    assert found.code == "self_intersection"
    assert (found.place.x, found.place.y) == pytest.approx((106.005, 35.005))


def test_a_record_without_an_area_is_named() -> None:
    assert [item.code for item in faults([_area("a", None), _area("b", MultiPolygon())])] == ["no_area"] * 2


def test_a_first_level_zone_beyond_its_range_is_found() -> None:
    outer = box(106.0, 35.0, 106.1, 35.1)
    inside = box(106.04, 35.04, 106.06, 35.06)
    ring = outer.difference(inside)
    assert beyond_range([_area("first", inside, "s")], {"s": [ring]}) == []
    assert beyond_range([_area("first", inside, "s")], {"s": [outer]}) == []
    assert beyond_range([_area("first", inside, "s")], {}) == []
    (found,) = beyond_range([_area("first", box(106.08, 35.04, 106.12, 35.06), "s")], {"s": [outer]})
    assert found.code == "outside_range"
    assert found.place.bounds == pytest.approx((106.1, 35.04, 106.12, 35.06))


def test_a_first_level_zone_in_a_bay_of_the_second_is_within() -> None:
    outer = box(106.0, 35.0, 106.1, 35.1)
    bank = box(106.04, 35.0, 106.06, 35.04)  # it reaches the river's bank as the second level does
    assert beyond_range([_area("first", bank, "s")], {"s": [outer.difference(bank)]}) == []


def test_a_corner_that_only_one_neighbour_has_on_the_common_line_is_no_fault() -> None:
    """Between the line of one neighbour and the corner that the other has on it, as well as numbers can say,
    nothing lies; the geodesic passes 13 cm beside that corner."""
    sliver = Polygon(
        [(107.21623, 35.229872), (107.246691, 35.21359), (107.23658373734345, 35.21899252948275)]
    )
    assert area_m2(sliver) > 200.0
    assert drawn_area_m2(sliver) < 0.001
    around = [
        WEST.union(EAST).difference(box(106.005, 35.002, 106.015, 35.008)),
        box(106.02, 35, 106.03, 35.01),
    ]
    half = [around[0], box(106.005, 35.002, 106.01, 35.008), box(106.01, 35.002, 106.015, 35.008 - 1e-7)]
    found = faults([_area(name, shape) for name, shape in zip("abc", half, strict=True)])
    assert [fault.code for fault in found] == ["gap"]  # a centimetre of half a kilometre is still told
    assert found[0].area_m2 == pytest.approx(5.05, rel=0.01)


def test_small_areas_are_measured_with_edges_straight_in_degrees() -> None:
    small = box(106.5, 35.2, 106.501, 35.201)
    assert drawn_area_m2(small) == pytest.approx(area_m2(small), rel=1e-4)
    assert drawn_area_m2(Polygon()) == 0.0
