from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon, box

from app.domain.coordinates.measure import area_m2
from app.domain.coordinates.zones import STORED, transform
from app.domain.grid import cell_code, grid_crs, owners, regular_cells
from app.errors import Invalid

AREA = box(106.60, 35.50, 106.66, 35.54)


def test_cells_cover_the_area_exactly_once() -> None:
    cells = regular_cells(AREA, 1000, "EPSG:4507")
    assert sum(area_m2(cell) for cell in cells.geometry) == pytest.approx(area_m2(AREA), rel=1e-5)
    assert shapely.union_all(cells.geometry).symmetric_difference(AREA).area < 1e-9
    assert shapely.is_valid(cells.geometry).all()


def test_a_whole_cell_is_a_square_of_its_size_and_a_cut_one_is_marked() -> None:
    cells = regular_cells(AREA, 1000, "EPSG:4507")
    whole = cells.geometry[~cells.clipped]
    assert len(whole)
    assert cells.clipped.any()
    # on the ground a square of the grid differs by the scale of the projection, here under 0.2 %
    assert [area_m2(cell) for cell in whole] == pytest.approx([1e6] * len(whole), rel=2e-3)
    assert all(area_m2(cell) < 0.999e6 for cell in cells.geometry[cells.clipped])


def test_the_code_names_the_south_west_corner() -> None:
    cells = regular_cells(AREA, 1000, "EPSG:4507")
    row = int(np.flatnonzero(~cells.clipped)[0])
    west, south = shapely.get_coordinates(cells.geometry[row]).min(axis=0)
    east_m, north_m = transform([west], [south], STORED, "EPSG:4507")
    expected = cell_code(1000, "EPSG:4507", round(east_m[0], -3), round(north_m[0], -3))
    assert cells.codes[row] == expected
    assert len(set(cells.codes)) == len(cells.codes)


def test_half_kilometres_are_written_in_the_code() -> None:
    assert cell_code(500, "EPSG:4507", 527_500, 3_870_000) == "R500-4507-527.5-3870"


def test_neighbouring_areas_share_the_lattice() -> None:
    west = regular_cells(box(106.60, 35.50, 106.63, 35.54), 1000, "EPSG:4507")
    whole = regular_cells(AREA, 1000, "EPSG:4507")
    assert set(west.codes) <= set(whole.codes)


def test_one_six_degree_zone_serves_both_sides_of_the_seam() -> None:
    assert grid_crs(box(105.3, 34.9, 107.8, 35.9)) == "EPSG:4507"


def test_each_cell_belongs_to_the_area_its_middle_lies_in() -> None:
    halves = [box(106.60, 35.50, 106.63, 35.54), box(106.63, 35.50, 106.66, 35.54)]
    cells = regular_cells(box(106.60, 35.50, 106.70, 35.54), 1000, "EPSG:4507")
    found = owners(cells.geometry, halves)
    for cell, owner in zip(cells.geometry, found, strict=True):
        inside = [half.intersects(shapely.point_on_surface(cell)) for half in halves]
        assert (owner == -1) == (not any(inside))
        assert owner == -1 or inside[owner]


def test_where_areas_overlap_the_first_one_listed_owns_the_cell() -> None:
    towns = [box(106.60 + 0.01 * n, 35.50, 106.61 + 0.01 * n, 35.54) for n in range(6)]
    cells = regular_cells(AREA, 1000, "EPSG:4507")
    assert set(owners(cells.geometry, [*towns, AREA])) <= set(range(6))
    assert set(owners(cells.geometry, [AREA, *towns])) == {0}


def test_an_area_that_ends_in_a_point_leaves_no_lines_among_the_cells() -> None:
    cells = regular_cells(Polygon([(106.6, 35.5), (106.7, 35.52), (106.6, 35.53)]), 1000, "EPSG:4507")
    assert {cell.geom_type for cell in cells.geometry} == {"MultiPolygon"}
    assert all(not cell.is_empty for cell in cells.geometry)


@pytest.mark.parametrize(
    ("area", "size", "code"),
    [(AREA, 50, "bad_size"), (Polygon(), 1000, "no_boundary"), (box(100, 30, 110, 40), 100, "too_many")],
)
def test_impossible_grids_are_refused(area: Polygon, size: int, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        regular_cells(area, size, "EPSG:4507")
    assert refused.value.code == code
