"""Columns of the map that no record holds: worked out for every cell at once when a layer asks for them.

Each is worked out in two ways: for features each for itself, and for very many areas as flat arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from app.actions.patrols import days_by_cell
from app.actions.session import Session
from app.carto.coded import Coded
from app.carto.counting import counted_within
from app.carto.features import FeatureColumns, Objects
from app.carto.many import ManyAreas
from app.carto.projection import to_map
from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import GROUP_OF_STATE
from app.domain.entities.grid_cell import GridCell
from app.domain.patrols import coverage, patrols_a_month

_DONE = ("cleared", "retained", "excluded")


def _left(session: Session) -> Objects:
    """The places of the boilers that are not yet dealt with."""
    boilers = session.workspace.columns(Boiler.TYPE.name, ["status"], None)
    left = [GROUP_OF_STATE.get(str(status)) not in _DONE for status in boilers.values["status"]]
    places = np.asarray(left, dtype=bool) & ~shapely.is_missing(boilers.geometry)
    return np.asarray(boilers.geometry[places], dtype=object)


def _boilers_left(session: Session, cells: FeatureColumns) -> Objects:
    """How many boilers within each cell are not yet dealt with; None for a cell without an outline."""
    places = _left(session)
    counted = np.zeros(len(cells), dtype=np.int64)
    missing = shapely.is_missing(cells.geometry) | shapely.is_empty(cells.geometry)
    if len(places) and not missing.all():
        _, inside = shapely.STRtree(cells.geometry).query(places, predicate="intersects")
        np.add.at(counted, inside, 1)
    found = np.empty(len(cells), dtype=object)
    found[:] = [None if gone else n for gone, n in zip(missing, counted.tolist(), strict=True)]
    return found


def _patrols(session: Session, cells: FeatureColumns) -> Objects:
    words = session.workspace.columns(GridCell.TYPE.name, ["patrol_freq"], None, shapes=False)
    known = dict(zip(words.uids, words.values["patrol_freq"], strict=True))
    found = np.empty(len(cells), dtype=object)
    found[:] = [patrols_a_month(known.get(uid)) for uid in cells.uids]
    return found


def _covered(session: Session, cells: FeatureColumns) -> Objects:
    """How much of the patrols arranged was made, in percent; None where none is arranged or made."""
    words = session.workspace.columns(GridCell.TYPE.name, ["patrol_freq"], None, shapes=False)
    known = dict(zip(words.uids, words.values["patrol_freq"], strict=True))
    days, today = days_by_cell(session), session.today
    found = np.empty(len(cells), dtype=object)
    found[:] = [coverage(known.get(uid), days.get(uid, ()), today).percent for uid in cells.uids]
    return found


def _covered_in(session: Session, cells: ManyAreas) -> Coded:
    """The same for very many: what nobody patrolled goes by its words, the patrolled cells one by one."""
    arranged, today = cells.columns["patrol_freq"], session.today
    unpatrolled = arranged.worked(lambda words: coverage(words, (), today).percent)
    days = days_by_cell(session)
    rows, uids = cells.rows_of(list(days))
    words = unpatrolled.words + tuple(range(101))
    places = unpatrolled.codes.astype(np.int64)
    for row, uid, freq in zip(rows.tolist(), uids, arranged.taken(rows), strict=True):
        percent = coverage(freq, days[uid], today).percent
        places[row] = len(unpatrolled.words) + (percent or 0)
    return Coded.of_places(places, words)


def _boilers_left_in(session: Session, cells: ManyAreas) -> Coded:
    counted = counted_within(cells.areas, to_map(shapely.get_coordinates(_left(session)), cells.crs))
    words, places = np.unique(counted, return_inverse=True)
    found: list[int | None] = list(words.tolist())
    empty = cells.areas.areas[1:] == cells.areas.areas[:-1]
    if empty.any():
        places = np.where(empty, len(found), places)
        found.append(None)
    return Coded.of_places(places.astype(np.int64), found)


def _patrols_in(session: Session, cells: ManyAreas) -> Coded:
    return cells.columns["patrol_freq"].worked(patrols_a_month)


@dataclass(frozen=True)
class WorkedOut:
    """How a column is worked out for very many areas: the stored columns it needs, and the work."""

    needs: tuple[str, ...]
    work: Callable[[Session, ManyAreas], Coded]


# By entity and field; `app.carto.features.DRAWN_FROM` names the records each is worked out from.
WORKED_OUT: Mapping[tuple[str, str], Callable[[Session, FeatureColumns], Objects]] = {
    (GridCell.TYPE.name, "boilers_left"): _boilers_left,
    (GridCell.TYPE.name, "patrol_coverage"): _covered,
    (GridCell.TYPE.name, "patrols_a_month"): _patrols,
}
WORKED_OUT_IN: Mapping[tuple[str, str], WorkedOut] = {
    (GridCell.TYPE.name, "boilers_left"): WorkedOut((), _boilers_left_in),
    (GridCell.TYPE.name, "patrol_coverage"): WorkedOut(("patrol_freq",), _covered_in),
    (GridCell.TYPE.name, "patrols_a_month"): WorkedOut(("patrol_freq",), _patrols_in),
}


def with_worked_out(
    session: Session, entity: str, fields: Iterable[str], columns: FeatureColumns
) -> FeatureColumns:
    """Columns with those of the fields that no record holds."""
    asked = [name for name in fields if (entity, name) in WORKED_OUT and name not in columns.values]
    more = {name: WORKED_OUT[entity, name](session, columns) for name in asked}
    return FeatureColumns(columns.uids, columns.geometry, {**columns.values, **more}) if more else columns
