"""Regular grid cells: squares over a division, cut at its boundary and given to the townships they lie in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from app.actions.action import action
from app.actions.rights import require_role
from app.actions.session import Session
from app.domain.areas import prefix_of
from app.domain.changes import Committed, insert
from app.domain.entities.division import Division
from app.domain.entities.grid_cell import GridCell
from app.domain.filters import equal, one_of
from app.domain.grid import RegularCells, grid_crs, owners, regular_cells
from app.domain.rights import WRITERS
from app.errors import Invalid, Refused
from app.i18n import N_


@dataclass(frozen=True)
class GridMade:
    """What was made: number of cells, how many were there already, the system of their codes."""

    added: int
    kept: int
    size_m: int
    crs: str
    committed: Committed | None


@action(N_("Make regular cells…"), "record", icon="cells", command="grid", roles=WRITERS["grid_cell"])
def make_grid(session: Session, within: str, size_m: int) -> GridMade:
    """Add the squares of a side in metres over a division; cells that are there already stay as they are.

    Codes count in one system for the whole workspace, so that neighbours fit. Raises Invalid for an unknown
    division or a poor size, Refused when the division has no boundary.
    """
    require_role(session, *WRITERS["grid_cell"])
    area = _area(session, within)
    whole = _area(session, session.workspace.area)
    crs = grid_crs(whole.geometry if whole.geometry is not None else area.geometry)
    cells = regular_cells(area.geometry, size_m, crs)
    known = {
        item.grid_code for item in session.workspace.find(GridCell, equal(kind="regular", size_m=size_m))
    }
    fresh = [record for record in _records(session, cells, size_m, area) if record.grid_code not in known]
    committed = session.commit(map(insert, fresh), "make_grid", f"{within} {size_m} m") if fresh else None
    return GridMade(len(fresh), len(cells) - len(fresh), size_m, crs, committed)


def _area(session: Session, code: str) -> Any:
    """A division with a boundary; one without takes the union of its counties."""
    found = session.workspace.find(Division, equal(code=code), limit=1)
    if not found:
        raise Invalid(N_("There is no division {area} in this workspace"), area=code, code="unknown_division")
    if found[0].geometry is not None:
        return found[0]
    below = session.workspace.find(Division, one_of("level", ("county", "town")))
    prefix = prefix_of(code)
    shapes = [item.geometry for item in below if item.code.startswith(prefix) and item.geometry is not None]
    if not shapes:
        raise Refused(
            N_("{name} has no boundary to make cells within"), name=found[0].name, code="no_boundary"
        )

    return found[0].replace(geometry=shapely.union_all(np.asarray(shapes, dtype=object)))


def _records(session: Session, cells: RegularCells, size_m: int, area: Division) -> list[GridCell]:
    towns = [
        item
        for item in session.workspace.find(Division, one_of("level", ("county", "town")))
        if item.geometry is not None and item.code.startswith(prefix_of(area.code))
    ]
    towns.sort(key=lambda item: -len(item.code))  # townships first, counties where no township is known
    owner = owners(cells.geometry, [item.geometry for item in towns if item.geometry is not None])
    above = {item.div_code: item.grid_code for item in session.workspace.find(GridCell, equal(kind="admin"))}
    mine = [towns[index] if index >= 0 else area for index in owner]
    return [
        GridCell(
            uid=session.new_uid(),
            geometry=cells.geometry[row],
            grid_code=cells.codes[row],
            kind="regular",
            size_m=size_m,
            parent=above.get(division.code, division.code),
            div_code=division.code,
            clipped=bool(cells.clipped[row]),
            synthetic=True if division.synthetic else None,
        )
        for row, division in enumerate(mine)
    ]
