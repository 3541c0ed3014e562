"""What lies under a point of the map, and where records are: reads for the map, in a thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from app.carto.features import Extent, on_the_ground
from app.domain.filters import one_of
from app.ui.selection import MOST

if TYPE_CHECKING:
    from app.actions.session import Session


def extent_of(session: Session, entity: str, uids: Sequence[str]) -> Extent | None:
    """The box of these records in degrees EPSG:4490; None when none of them has a place on the ground."""
    found = session.workspace.extent(entity, one_of("uid", tuple(uids[:MOST])))
    return found if found is not None and on_the_ground(np.array(found)).all() else None


def under(session: Session, lon: float, lat: float) -> tuple[str, str]:
    """The division and the cell at a point, in words; empty where there is none."""
    from app.actions.places import locate  # late: actions load after the first paint

    found = locate(session, lon, lat)
    division = " ".join(str(row["name"]) for row in found.divisions if row["level"] != "city")
    cells = [row for row in found.cells if row["kind"] == "regular"] or list(found.cells[-1:])
    return division, _cell(cells[0]) if cells else ""


def _cell(row: dict[str, Any]) -> str:
    return str(row["grid_code"])
