"""Regular squares over an area: their codes, their corners in one fixed system, cut at the area's edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from app.domain.coordinates.zones import STORED, normalise_crs, transform, zone6_crs
from app.errors import Invalid
from app.i18n import N_

SMALLEST_M, LARGEST_M = 100, 10_000
MOST_CELLS = 400_000  # 500 m squares over ten such cities; more is a slip of the keyboard
_LEAST_DEG2 = 1e-10  # about 1 m²: what rounding leaves of a square that only touches the area

Objects = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class RegularCells:
    """Squares as columns of equal length: codes, multipolygons (EPSG:4490) and whether each was cut."""

    codes: Sequence[str]
    geometry: Objects
    clipped: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.codes)


def grid_crs(area: BaseGeometry) -> str:
    """The one system the squares over `area` (degrees) are counted in: the 6-degree zone of its middle.

    A whole city lies in one 6-degree zone where it often straddles two of 3 degrees; a code then names one
    place only, and the squares are true to within 0.1 %.
    """
    west, _, east, _ = area.bounds
    return zone6_crs(int(((west + east) / 2.0) // 6.0) + 1)


def cell_code(size_m: int, crs: str, east_m: float, north_m: float) -> str:
    """`R{size}-{crs}-{E_km}-{N_km}` of a square's south-west corner, such as R1000-4507-527-3870."""
    system = normalise_crs(crs).replace("EPSG:", "").replace(":", "")
    return f"R{size_m}-{system}-{east_m / 1000:g}-{north_m / 1000:g}"


def regular_cells(area: BaseGeometry, size_m: int, crs: str) -> RegularCells:
    """The squares of `size_m` metres that touch `area` (polygons, EPSG:4490), cut at its edge.

    Corners are multiples of the size in `crs`: neighbouring areas fit, and a repetition gives the same codes.
    Raises Invalid for a size out of range or an area without extent.
    """
    if not SMALLEST_M <= size_m <= LARGEST_M:
        raise Invalid(
            N_("The side of a cell is between {low} and {high} m"),
            code="bad_size",
            low=SMALLEST_M,
            high=LARGEST_M,
        )
    if area.is_empty or area.area == 0.0:
        raise Invalid(N_("There is no boundary to make cells within"), code="no_boundary")
    columns, rows = _range(area, size_m, crs)
    if len(columns) * len(rows) > MOST_CELLS:
        raise Invalid(
            N_("These would be {n} cells; choose larger ones"), code="too_many", n=len(columns) * len(rows)
        )
    squares = _squares(columns, rows, crs)
    kept, clipped, geometry = _cut(squares, area)
    east, north = np.meshgrid(columns[:-1], rows[:-1])
    corners = zip(east.ravel()[kept], north.ravel()[kept], strict=True)
    return RegularCells([cell_code(size_m, crs, x, y) for x, y in corners], geometry, clipped)


def owners(geometry: Objects, areas: Sequence[BaseGeometry]) -> NDArray[np.int64]:
    """For each cell the index of the area its middle lies in, -1 when in none."""
    found = np.full(len(geometry), -1, dtype=np.int64)
    if not len(areas) or not len(geometry):
        return found
    middles = shapely.point_on_surface(geometry)
    cells, places = shapely.STRtree(np.asarray(areas, dtype=object)).query(middles, predicate="intersects")
    order = np.lexsort((places, cells))[::-1]  # where areas overlap or meet, the first one listed wins
    found[cells[order]] = places[order]
    return found


def _range(area: BaseGeometry, size_m: int, crs: str) -> tuple[NDArray[Any], NDArray[Any]]:
    points = shapely.get_coordinates(area)
    x, y = transform(points[:, 0], points[:, 1], STORED, crs)
    low = np.floor(np.array([np.nanmin(x), np.nanmin(y)]) / size_m) - 1
    high = np.ceil(np.array([np.nanmax(x), np.nanmax(y)]) / size_m) + 1
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise Invalid(N_("The coordinates do not belong to {name}."), code="bad_position", name=crs)
    columns = np.arange(low[0], high[0] + 1) * size_m
    rows = np.arange(low[1], high[1] + 1) * size_m
    return columns, rows


def _squares(columns: NDArray[Any], rows: NDArray[Any], crs: str) -> Objects:
    """Every square between the lines, row by row from the south; corners are converted once, so they fit."""
    east, north = np.meshgrid(columns, rows)
    lon, lat = transform(east.ravel(), north.ravel(), crs, STORED)
    corner = np.column_stack([lon, lat]).round(9).reshape(len(rows), len(columns), 2)
    sw, se, ne, nw = corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]
    rings = np.stack([sw, se, ne, nw, sw], axis=2).reshape(-1, 5, 2)
    return np.asarray(shapely.polygons(rings), dtype=object)


def _cut(squares: Objects, area: BaseGeometry) -> tuple[NDArray[Any], NDArray[np.bool_], Objects]:
    """Indices of the squares that touch the area, whether each was cut, and their multipolygons."""
    shapely.prepare(area)
    whole = shapely.contains_properly(area, squares)
    edge = np.flatnonzero(shapely.intersects(area, squares) & ~whole)
    pieces = np.empty(len(squares), dtype=object)
    pieces[whole] = shapely.multipolygons(squares[whole], indices=np.arange(int(whole.sum())))
    pieces[edge] = [_polygons(piece) for piece in shapely.intersection(squares[edge], area)]
    kept = np.flatnonzero(np.array([piece is not None and piece.area > _LEAST_DEG2 for piece in pieces]))
    return kept, ~whole[kept], pieces[kept]


def _polygons(piece: BaseGeometry) -> BaseGeometry:
    parts = shapely.get_parts(shapely.get_parts(piece))
    return MultiPolygon([part for part in parts if part.geom_type == "Polygon"])
