"""Drawing and editing shapes: corners, cuts, joins, holes, steps back, snapping and tracing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from app.carto.digitise.board import Board, Steps
from app.carto.digitise.corners import XY, Corner, added, moved, moved_together, removed, rings, without_ring
from app.carto.digitise.cutting import cut, drawn_area, joined, with_hole
from app.carto.digitise.snapping import Asked, Snapper
from app.domain.coordinates.measure import area_m2
from app.errors import Refused

CRS = "EPSG:4544"
SQUARE = MultiPolygon([box(106.0, 35.0, 106.1, 35.1)])
NEIGHBOUR = MultiPolygon([box(106.1, 35.0, 106.2, 35.1)])
RING = MultiPolygon(
    [Polygon(box(106.0, 35.0, 106.1, 35.1).exterior, [box(106.04, 35.04, 106.06, 35.06).exterior])]
)


def _corners(shape: object) -> set[tuple[float, float]]:
    return {tuple(xy) for ring in rings(shape) for xy in ring.xy.tolist()}  # type: ignore[arg-type]


def test_a_moved_corner_leaves_the_others_where_they_are() -> None:
    at = next(number for number, xy in enumerate(rings(SQUARE)[0].xy.tolist()) if xy == [106.1, 35.1])
    after = moved(SQUARE, Corner(0, 0, at), (106.12, 35.12))
    assert _corners(after) == (_corners(SQUARE) - {(106.1, 35.1)}) | {(106.12, 35.12)}


def test_a_corner_of_a_hole_is_moved_in_the_hole() -> None:
    after = moved(RING, Corner(0, 1, 0), (106.05, 35.03))
    assert after.geoms[0].exterior.equals(RING.geoms[0].exterior)
    assert (106.05, 35.03) in _corners(after)


def test_the_first_corner_is_also_the_last() -> None:
    after = moved(SQUARE, Corner(0, 0, 0), (106.11, 35.01))
    ring = after.geoms[0].exterior.coords
    assert ring[0] == ring[-1] == (106.11, 35.01)
    assert len(ring) == 5


def test_added_and_removed_again_the_shape_is_as_before() -> None:
    after = added(SQUARE, Corner(0, 0, 3), (106.05, 35.0))
    assert len(rings(after)[0].xy) == 5
    assert removed(after, Corner(0, 0, 4)).equals_exact(SQUARE, 0.0)  # type: ignore[union-attr]


def test_of_three_corners_none_can_be_taken() -> None:
    triangle = MultiPolygon([Polygon([(106, 35), (106.1, 35), (106, 35.1)])])
    assert removed(triangle, Corner(0, 0, 1)) is None
    with pytest.raises(Refused):
        Board({"a": triangle}).removed("a", Corner(0, 0, 1))


def test_the_last_corners_of_a_hole_take_the_hole_along() -> None:
    hole = MultiPolygon(
        [Polygon(SQUARE.geoms[0].exterior, [[(106.04, 35.04), (106.06, 35.04), (106.05, 35.06)]])]
    )
    assert removed(hole, Corner(0, 1, 0)).equals(SQUARE)  # type: ignore[union-attr]
    assert without_ring(RING, Corner(0, 1, 0)).equals(SQUARE)  # type: ignore[union-attr]


def test_lines_and_points_have_corners_too() -> None:
    line = LineString([(106, 35), (106.1, 35), (106.2, 35.1)])
    assert moved(line, Corner(0, 0, 2), (106.3, 35.3)).coords[-1] == (106.3, 35.3)
    assert moved(Point(106, 35), Corner(0, 0, 0), (106.5, 35.5)).equals(Point(106.5, 35.5))
    assert removed(line, Corner(0, 0, 1)).coords[:] == [(106, 35), (106.2, 35.1)]  # type: ignore[union-attr]


def test_a_shared_corner_is_moved_in_both_neighbours() -> None:
    board = Board({"a": SQUARE, "b": NEIGHBOUR})
    at = next(number for number, xy in enumerate(rings(SQUARE)[0].xy.tolist()) if xy == [106.1, 35.1])
    both = board.moved("a", Corner(0, 0, at), (106.09, 35.12), together=True)
    assert (106.09, 35.12) in _corners(both.need("a")) & _corners(both.need("b"))
    assert both.need("a").intersection(both.need("b")).area == 0.0
    alone = board.moved("a", Corner(0, 0, at), (106.09, 35.12), together=False)
    assert alone.need("b") is NEIGHBOUR
    assert moved_together(NEIGHBOUR, (0.0, 0.0), (1.0, 1.0)).equals_exact(NEIGHBOUR, 0.0)


def test_a_cut_gives_pieces_that_are_the_whole_together() -> None:
    largest, rest = cut(SQUARE, [(106.03, 34.9), (106.03, 35.2)])
    assert area_m2(largest) > area_m2(rest)
    assert largest.area + rest.area == pytest.approx(SQUARE.area, rel=1e-12)
    assert largest.intersection(rest).area == 0.0


def test_a_cut_along_a_bent_line_and_through_a_hole() -> None:
    pieces = cut(RING, [(106.05, 34.9), (106.05, 35.05), (106.2, 35.05)])
    assert len(pieces) == 2
    assert sum(piece.area for piece in pieces) == pytest.approx(RING.area, rel=1e-12)


def test_a_part_the_line_does_not_cross_stays_with_the_largest_piece() -> None:
    apart = MultiPolygon([*SQUARE.geoms, box(106.5, 35.0, 106.6, 35.1)])
    largest, rest = cut(apart, [(106.03, 34.9), (106.03, 35.2)])
    assert len(largest.geoms) == 2
    assert len(rest.geoms) == 1


def test_a_line_that_ends_inside_cuts_nothing() -> None:
    with pytest.raises(Refused) as refused:
        cut(SQUARE, [(106.05, 34.9), (106.05, 35.05)])
    assert refused.value.code == "no_cut"


def test_a_cut_board_names_where_the_piece_came_from() -> None:
    board = Board({"a": SQUARE, "b": NEIGHBOUR}).cut(((106.03, 34.9), (106.03, 35.2)), ("n1", "n2"))
    assert board.cut_from == {"n1": "a"}
    again = board.cut(((105.9, 35.05), (106.15, 35.05), (106.15, 34.9)), ("m1", "m2", "m3"))
    assert set(again.cut_from.values()) == {"a", "b"}
    with pytest.raises(Refused):
        board.cut(((105.9, 35.05), (106.3, 35.05)), ("m1",))


def test_joined_neighbours_have_no_boundary_between_them() -> None:
    one = joined([SQUARE, NEIGHBOUR])
    assert len(one.geoms) == 1
    board = Board({"a": SQUARE, "b": NEIGHBOUR}).joined("a")
    assert board.shapes["b"] is None
    with pytest.raises(Refused):
        board.joined("a")


def test_a_hole_lies_wholly_inside() -> None:
    with_one = with_hole(SQUARE, [(106.04, 35.04), (106.06, 35.04), (106.06, 35.06), (106.04, 35.06)])
    assert with_one.equals(RING)
    for outside in (
        [(106.04, 35.04), (106.2, 35.04), (106.06, 35.06)],
        [(106.0, 35.0), (106.05, 35.0), (106.05, 35.05)],
    ):
        with pytest.raises(Refused) as refused:
            with_hole(SQUARE, outside)
        assert refused.value.code == "outside"


def test_an_outline_that_crosses_itself_is_no_area() -> None:
    with pytest.raises(Refused) as refused:
        drawn_area([(106, 35), (106.1, 35.1), (106.1, 35), (106, 35.1)])
    assert refused.value.code == "self_intersection"
    with pytest.raises(Refused):
        drawn_area([(106, 35), (106.1, 35.1)])


def test_each_step_is_taken_back_and_again() -> None:
    steps = Steps(Board({"a": SQUARE}))
    steps.take(steps.now.moved("a", Corner(0, 0, 0), (106.2, 35.0), together=False))
    steps.take(steps.now.added("a", Corner(0, 0, 1), (106.05, 35.2)))
    assert set(steps.changed()) == {"a"}
    assert steps.back()
    assert steps.back()
    assert not steps.back()
    assert steps.changed() == {}
    assert steps.forth()
    steps.take(steps.now.put("a", NEIGHBOUR))
    assert not steps.forth()
    assert steps.changed() == {"a": NEIGHBOUR}


def test_a_shape_that_came_and_went_is_no_change() -> None:
    steps = Steps(Board({"a": SQUARE}))
    steps.take(steps.now.put("fresh", NEIGHBOUR))
    steps.take(steps.now.put("fresh", None))
    assert steps.changed() == {}


def test_corners_draw_the_pointer_before_edges_and_exactly() -> None:
    snapper = Snapper([SQUARE, None], CRS)
    corner = snapper.snap((106.1001, 35.1001), 50.0)
    assert corner is not None
    assert (corner.kind, corner.place) == ("corner", (106.1, 35.1))
    edge = snapper.snap((106.05, 35.1001), 50.0)
    assert edge is not None
    assert edge.kind == "edge"
    assert edge.place == pytest.approx(
        (106.05, 35.1), abs=3e-5
    )  # an edge is straight on the map, not in degrees
    assert snapper.snap((106.05, 35.05), 50.0) is None
    assert Snapper([], CRS).snap((106.05, 35.05), 50.0) is None


def _way(snapper: Snapper, line: list[XY], at: XY, **more: bool) -> list[XY] | None:
    """The line's last corner, what lies between, and the end, within 900 m of the place asked."""
    trail = snapper.trail(Asked(line, at, 900.0, **more))
    return [trail.start, *trail.between, trail.end] if trail else None


def test_a_trace_follows_the_boundary_the_shorter_way_or_the_other() -> None:
    bent = MultiPolygon([Polygon([(106, 35), (106.1, 35), (106.1, 35.1), (106.05, 35.2), (106, 35.1)])])
    snapper = Snapper([bent], CRS)
    start, end = (106.1, 35.1), (106.0, 35.1)
    assert _way(snapper, [start], end) == [start, (106.05, 35.2), end]
    assert _way(snapper, [start], end, other_way=True) == [start, (106.1, 35.0), (106.0, 35.0), end]
    assert _way(snapper, [start], (107.0, 35.1)) is None
    line = Snapper([LineString([(106, 35), (106.1, 35.05), (106.2, 35)])], CRS)
    assert _way(line, [(106.2, 35)], (106, 35)) == [(106.2, 35), (106.1, 35.05), (106, 35)]


def test_the_outline_being_followed_wins_over_a_nearer_corner_of_another() -> None:
    other = MultiPolygon([box(105.9, 35.102, 105.999, 35.3)])  # its corner is nearer to what is pointed at
    snapper = Snapper([other, SQUARE], CRS)
    asked = (105.9995, 35.1018)
    assert snapper.snap(asked, 900.0).place == (105.999, 35.102)  # type: ignore[union-attr]
    assert _way(snapper, [(106.0, 35.0)], asked) == [(106.0, 35.0), (106.0, 35.1)]
    shared = Snapper([NEIGHBOUR, SQUARE], CRS)
    line = [(106.0, 35.0), (106.1, 35.0)]  # along the square: it goes on, though the neighbour begins here
    assert _way(shared, line, (106.1, 35.101)) == [(106.1, 35.0), (106.1, 35.1)]


def test_a_start_that_was_only_drawn_near_gives_way_to_the_outline_meant() -> None:
    other = MultiPolygon([box(106.101, 34.9, 106.3, 34.999)])
    snapper = Snapper([other, SQUARE], CRS)
    start = [(106.101, 34.999)]
    assert _way(snapper, start, (106.0, 35.1)) is None
    meant = [(106.1, 35.0), (106.0, 35.0), (106.0, 35.1)]
    assert _way(snapper, start, (106.0, 35.1), loose=True) in (meant, [meant[0], (106.1, 35.1), meant[2]])


@given(st.floats(106.001, 106.099), st.floats(106.001, 106.099))
def test_any_straight_cut_keeps_the_whole(south: float, north: float) -> None:
    pieces = cut(SQUARE, [(south, 34.99), (north, 35.11)])
    assert len(pieces) == 2
    assert sum(piece.area for piece in pieces) == pytest.approx(SQUARE.area, rel=1e-9)
    assert joined(pieces).symmetric_difference(SQUARE).area < 1e-12
