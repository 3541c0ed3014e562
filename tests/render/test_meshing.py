"""Very many points by a mesh: as good as exact, and exact where a mesh is not good enough."""

from __future__ import annotations

import numpy as np
import pytest

from app.carto import meshing
from app.carto.coded import uids_as_bytes, uids_as_text
from app.carto.meshing import placed
from app.carto.projection import to_map


def points(*box: float, count: int = 30_000) -> np.ndarray:
    draw = np.random.default_rng(3)
    return np.column_stack([draw.uniform(box[0], box[2], count), draw.uniform(box[1], box[3], count)])


@pytest.mark.parametrize("crs", ["EPSG:4545", "EPSG:4507", "EPSG:3857"])
@pytest.mark.parametrize("box", [(106.0, 35.0, 107.6, 36.0), (106.65, 35.54, 106.66, 35.54)])
def test_points_lie_where_the_formulas_put_them(
    crs: str, box: tuple[float, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    xy = points(*box)
    exact = to_map(xy, crs)
    worked_out: list[int] = []

    def noted(some: np.ndarray, to: str) -> np.ndarray:
        worked_out.append(len(some))
        return to_map(some, to)

    monkeypatch.setattr(meshing, "to_map", noted)
    assert np.abs(placed(xy, crs) - exact).max() < 0.001
    assert sum(worked_out) < 2000  # nodes and trials, not the points


@pytest.mark.parametrize("box", [(-180.0, -80.0, 180.0, 80.0), (60.0, 10.0, 150.0, 60.0)])
def test_where_a_mesh_is_too_coarse_every_point_is_worked_out(box: tuple[float, ...]) -> None:
    xy = points(*box)
    assert np.array_equal(placed(xy, "EPSG:4545"), to_map(xy, "EPSG:4545"), equal_nan=True)


def test_points_without_a_place_have_none() -> None:
    xy = points(106.0, 35.0, 107.0, 36.0)
    xy[77] = np.nan
    assert np.array_equal(placed(xy, "EPSG:4545"), to_map(xy, "EPSG:4545"), equal_nan=True)


def test_identities_as_numbers_and_what_is_none() -> None:
    good = [
        "00000000-0000-0000-0000-000000000000",
        "0123abcd-ef01-4567-89ab-cdef01234567",
        "f" * 8 + "-9a0b" * 3 + "-" + "c" * 12,
    ]
    numbers = uids_as_bytes(good)
    assert numbers is not None
    assert uids_as_text(numbers) == good
    assert numbers[1].tolist() == [0x0123ABCDEF014567, 0x89ABCDEF01234567]
    for bad in ("", "x", good[1].upper(), good[1].replace("-", "0"), good[1][:-1] + "g", good[1][:-1] + ":",
                good[1][:-1] + "é", "\udc80" * 36, good[1] + "0", good[1][:-1] + "`"):  # fmt: skip
        assert uids_as_bytes([good[0], bad]) is None
