"""Where the map begins: the box of the workspace's divisions, whatever shapes they have."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import shapely

from app.actions.maps import home_extent

WIDE = (105.3, 34.9, 107.8, 35.9)
COUNTY, TOWN = shapely.box(106.0, 35.0, 106.5, 35.4), shapely.box(106.4, 35.3, 106.9, 35.6)


@pytest.mark.parametrize(
    ("shapes", "home"),
    [
        ([COUNTY, TOWN], (106.0, 35.0, 106.9, 35.6)),
        ([COUNTY, shapely.Polygon(), None, TOWN], (106.0, 35.0, 106.9, 35.6)),
        ([COUNTY, shapely.box(106.0, 35.0, 1e308, 35.4), shapely.box(-179, 35, 179, 36)], COUNTY.bounds),
        ([shapely.MultiPolygon(), None], WIDE),
        ([], WIDE),
    ],
)
def test_shapes_that_are_nowhere_do_not_hide_the_map(
    shapes: list[Any], home: tuple[float, float, float, float]
) -> None:
    columns = SimpleNamespace(geometry=np.array(shapes, dtype=object))
    session = SimpleNamespace(workspace=SimpleNamespace(columns=lambda *_: columns))
    assert home_extent(cast(Any, session)) == home
