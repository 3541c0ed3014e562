"""Columns of the map that no record holds: worked out for every cell at once when a layer asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import shapely

from app.actions.session import Session
from app.carto.features import FeatureColumns, Objects
from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import GROUP_OF_STATE
from app.domain.entities.grid_cell import GridCell
from app.domain.patrols import patrols_a_month

_DONE = ("cleared", "retained", "excluded")


def _boilers_left(session: Session, cells: FeatureColumns) -> Objects:
    """How many boilers within each cell are not yet dealt with; None for a cell without an outline."""
    boilers = session.workspace.columns(Boiler.TYPE.name, ["status"], None)
    left = [GROUP_OF_STATE.get(str(status)) not in _DONE for status in boilers.values["status"]]
    places = boilers.geometry[np.asarray(left, dtype=bool) & ~shapely.is_missing(boilers.geometry)]
    counted = np.zeros(len(cells), dtype=np.int64)
    missing = shapely.is_missing(cells.geometry) | shapely.is_empty(cells.geometry)
    if len(places) and not missing.all():
        _, inside = shapely.STRtree(cells.geometry).query(places, predicate="intersects")
        np.add.at(counted, inside, 1)
    found = np.empty(len(cells), dtype=object)
    found[:] = [None if gone else n for gone, n in zip(missing, counted.tolist(), strict=True)]
    return found


def _patrols(session: Session, cells: FeatureColumns) -> Objects:
    words = session.workspace.columns(GridCell.TYPE.name, ["patrol_freq"], None)
    known = dict(zip(words.uids, words.values["patrol_freq"], strict=True))
    found = np.empty(len(cells), dtype=object)
    found[:] = [patrols_a_month(known.get(uid)) for uid in cells.uids]
    return found


# By entity and field; `app.carto.features.DRAWN_FROM` names the records each is worked out from.
WORKED_OUT: Mapping[tuple[str, str], Callable[[Session, FeatureColumns], Objects]] = {
    (GridCell.TYPE.name, "boilers_left"): _boilers_left,
    (GridCell.TYPE.name, "patrols_a_month"): _patrols,
}
