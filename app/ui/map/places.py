"""What lies under a point of the map, and where records are: reads for the map, in a thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.carto.features import Extent
from app.domain.filters import one_of
from app.ui.selection import MOST

if TYPE_CHECKING:
    from app.actions.session import Session


_WIDEST_DEG = 90.0  # China from west to east takes 62


def extent_of(session: Session, entity: str, uids: Sequence[str]) -> Extent | None:
    """The box of these records in degrees EPSG:4490; None when none of them has a place on the ground.

    Another program can write numbers that are none, or an outline that goes around the world.
    """
    found = session.workspace.extent(entity, one_of("uid", tuple(uids[:MOST])))
    if found is None:
        return None
    west, south, east, north = found
    real = -180.0 <= west <= east <= 180.0 and -90.0 <= south <= north <= 90.0
    return found if real and east - west < _WIDEST_DEG else None


def under(session: Session, lon: float, lat: float) -> tuple[str, str]:
    """The division and the cell at a point, in words; empty where there is none."""
    from app.actions.places import locate  # late: actions load after the first paint

    found = locate(session, lon, lat)
    division = " ".join(str(row["name"]) for row in found.divisions if row["level"] != "city")
    cells = [row for row in found.cells if row["kind"] == "regular"] or list(found.cells[-1:])
    return division, _cell(cells[0]) if cells else ""


def _cell(row: dict[str, Any]) -> str:
    return str(row["grid_code"])
