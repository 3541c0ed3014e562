"""What lies under a point of the map, and where records are: reads for the map, in a thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from app.carto.features import Extent, on_the_ground
from app.domain.entities.grid_cell import GridCell
from app.domain.entities.patrol import Patrol
from app.domain.filters import one_of
from app.ui.selection import MOST

if TYPE_CHECKING:
    from app.actions.session import Session


def extent_of(session: Session, entity: str, uids: Sequence[str]) -> Extent | None:
    """The box of these records in degrees EPSG:4490; None when none of them has a place on the ground."""
    entity, uids = standing(session, entity, uids[:MOST])
    found = session.workspace.extent(entity, one_of("uid", tuple(uids)))
    return found if found is not None and on_the_ground(np.array(found)).all() else None


def standing(session: Session, entity: str, uids: Sequence[str]) -> tuple[str, Sequence[str]]:
    """What stands on the map for these records: the cells of patrols, the records themselves of others."""
    if entity != Patrol.TYPE.name:
        return entity, uids
    from app.actions.patrols import cells_of  # late: actions load after the first paint

    return GridCell.TYPE.name, cells_of(session, uids)


def under(session: Session, lon: float, lat: float) -> tuple[str, str]:
    """The division and the cell at a point, in words; empty where there is none."""
    from app.actions.places import locate  # late: actions load after the first paint

    found = locate(session, lon, lat)
    division = " ".join(str(row["name"]) for row in found.divisions if row["level"] != "city")
    cells = [row for row in found.cells if row["kind"] == "regular"] or list(found.cells[-1:])
    return division, _cell(cells[0]) if cells else ""


def _cell(row: dict[str, Any]) -> str:
    return str(row["grid_code"])
