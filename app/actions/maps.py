"""The map of a workspace: its records as features, the ready themes, the notes of its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from app.actions.map_areas import AreaSource
from app.actions.map_columns import with_worked_out
from app.actions.map_layers import map_layers
from app.actions.session import Session
from app.carto.basemap import with_base
from app.carto.display import Op, Text
from app.carto.features import (
    Extent,
    FeatureColumns,
    FeatureSource,
    as_columns,
    no_features,
    on_the_ground,
    within,
)
from app.carto.many import ManyAreas
from app.carto.symbols import TextStyle
from app.carto.theme import Theme, read_theme
from app.carto.view import MapView
from app.domain.areas import prefix_of
from app.domain.catalog import BY_NAME
from app.domain.entities.boiler import Boiler
from app.domain.entities.grid_cell import GridCell
from app.domain.entities.water import BuiltUpArea, ProtectionZone
from app.domain.filters import equal
from app.domain.output import MW_PER_TPH
from app.i18n import N_, in_a_row, tr

SERIAL = "serial"
BANDS = "builtup_band"  # what the themes call the ground around built-up areas; no record, and derived


class WorkspaceSource:
    """Records of a workspace as map features; boilers carry the serial of the ledger's row if it is asked.

    `area` limits the boilers to a division, and counts their serials within it; empty means all.
    """

    def __init__(self, session: Session, area: str = "") -> None:
        self._session = session
        self._area = prefix_of(area) if area else ""
        self._serials: Mapping[str, int] | None = None

    def columns(self, entity: str, fields: Sequence[str], extent: Extent | None) -> FeatureColumns:
        """The records of an entity that touch `extent` (degrees, None: all); unknown ones are empty."""
        if entity == BANDS:
            return self._bands(extent)
        described = BY_NAME.get(entity)
        if described is None:
            return no_features()
        declared = [name for name in fields if name in described.fields]
        needed = sorted({*declared, *_beside(entity)})
        found = self._session.workspace.columns(entity, needed, extent)
        columns = FeatureColumns(list(found.uids), found.geometry, dict(found.values))
        if entity == Boiler.TYPE.name:
            return self._boilers(columns, SERIAL in fields)
        if entity == BuiltUpArea.TYPE.name:  # outlines of earlier years that no longer count are not shown
            counting = {area.uid for area in self._session.workspace.surroundings().areas}
            columns = columns.taken(np.asarray([uid in counting for uid in columns.uids], dtype=bool))
        return with_worked_out(self._session, entity, fields, columns)

    def many(
        self, entity: str, fields: Sequence[str], crs: str, before: ManyAreas | None = None
    ) -> ManyAreas | None:
        """Very many areas as flat arrays; None when they are few, or not as the file holds them."""
        if entity == BuiltUpArea.TYPE.name:
            return None
        return AreaSource(self._session).many(entity, fields, crs, before)

    def _bands(self, extent: Extent | None) -> FeatureColumns:
        """The ground within 5 and 10 km of the built-up areas: the very polygons boilers are judged by."""
        around = self._session.workspace.surroundings()
        rings = around.rings if around.areas else {}
        rows = [{"uid": f"band-{km}", "km": km, "geometry": ring} for km, ring in rings.items()]
        found = as_columns(rows, ["km"])
        return found if extent is None else within(found, extent)

    def _boilers(self, columns: FeatureColumns, numbered: bool) -> FeatureColumns:
        if self._area:
            inside = [str(code or "").startswith(self._area) for code in columns.values["div_code"]]
            columns = columns.taken(np.asarray(inside, dtype=bool))
        values = {**columns.values, "rated_tph": _outputs(columns)}
        if numbered:
            if self._serials is None:
                self._serials = serials(self._session, self._area)
            values[SERIAL] = np.asarray([self._serials.get(uid) for uid in columns.uids], dtype=object)
        return FeatureColumns(columns.uids, columns.geometry, values)


def serials(session: Session, area: str = "") -> dict[str, int]:
    """The row number of each boiler in the ledger of an area, in the order of ledger numbers."""
    found = session.workspace.columns(Boiler.TYPE.name, ["ledger_no", "div_code"], None, shapes=False)
    rows = zip(found.values["ledger_no"], found.values["div_code"], found.uids, strict=True)
    inside = sorted((str(number), uid) for number, code, uid in rows if str(code or "").startswith(area))
    return {uid: place for place, (_, uid) in enumerate(inside, 1)}


def feature_source(session: Session, area: str = "") -> FeatureSource:
    """The workspace's records with the shipped base map and the added files beside them."""
    return with_base(WorkspaceSource(session, area), map_layers(session))


def home_extent(session: Session) -> Extent:
    """The box of the workspace's counties in degrees; the whole of Pingliang's surroundings without any."""
    found = session.workspace.columns("division", ["level"], None)
    bounds = shapely.bounds(found.geometry)
    bounds = bounds[on_the_ground(bounds)]  # without those that have no shape, or an empty or spoilt one
    if not len(bounds):
        return (105.3, 34.9, 107.8, 35.9)
    (x0, y0), (x1, y1) = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


def arranged_theme(session: Session, name: str) -> Theme:
    """A theme as it is arranged on this map, own themes by their id or title; Invalid for an unknown one."""
    book = map_layers(session).book
    titles = {book.title_of(theme_id): theme_id for theme_id in book.theme_ids() if book.is_own(theme_id)}
    theme_id = titles.get(name, name)
    return book.theme(theme_id) if theme_id in book.theme_ids() else read_theme(theme_id)


def widened(extent: Extent, share: float = 0.02) -> Extent:
    """An extent with a margin on every side, so that nothing touches the edge of a picture."""
    x0, y0, x1, y1 = extent
    dx, dy = (x1 - x0) * share, (y1 - y0) * share
    return (x0 - dx, y0 - dy, x1 + dx, y1 + dy)


def has_synthetic(session: Session) -> bool:
    """Whether the workspace holds made-up records, which every picture of it has to say."""
    kinds = (Boiler, GridCell, ProtectionZone)
    return any(session.workspace.count(kind, equal(synthetic=True)) for kind in kinds)


def map_notes(session: Session, view: MapView, credits: Sequence[str] = ()) -> tuple[Op, ...]:
    """The words at the foot of a picture: made-up data, that boundaries are no legal ones, and whom base
    pictures are from."""
    words = [tr(N_("Boundaries are for orientation only"))]
    if has_synthetic(session):
        words.insert(0, tr(N_("Synthetic data for the demo")))
    if credits:
        words.append(tr(N_("Pictures under the map: {credits}"), credits=in_a_row(credits)))
    style = TextStyle(size_mm=3.2, colour="#8A1C1C", bold=True, halo="#FFFFFF")
    return (Text(view.width_mm - 3.0, view.height_mm - 3.0, " · ".join(words), style, anchor="right"),)


def _beside(entity: str) -> tuple[str, ...]:
    return ("div_code", "rated_mw", "rated_tph") if entity == Boiler.TYPE.name else ()


def _outputs(columns: FeatureColumns) -> np.ndarray[Any, Any]:
    """Output in t/h for the symbol's size, from MW where only that is known."""
    pairs = zip(columns.values["rated_tph"], columns.values["rated_mw"], strict=True)
    known = [tph if tph is not None else (mw / MW_PER_TPH if mw is not None else None) for tph, mw in pairs]
    return np.asarray(known, dtype=object)
