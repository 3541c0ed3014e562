"""Where a map layer gets its features: columns by entity and extent, never objects one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import shapely
from numpy.typing import NDArray

from app.domain.imagery import Imagery

Extent = tuple[float, float, float, float]
Objects = NDArray[np.object_]

_WIDEST_DEG = 90.0  # China from west to east takes 62

# Fields that are worked out from other records: whoever changes those changes what these layers show.
DRAWN_FROM = {("grid_cell", "boilers_left"): "boiler", ("grid_cell", "patrol_coverage"): "patrol"}


@dataclass(frozen=True, eq=False)
class FeatureColumns:
    """Features as columns of equal length: ids, shapely geometries (EPSG:4490 or None), values by field."""

    uids: Sequence[str]
    geometry: Objects
    values: Mapping[str, Objects] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.uids)

    def column(self, name: str) -> Objects:
        """The values of a field; a field that is not there is unknown everywhere."""
        found = self.values.get(name)
        return np.full(len(self.uids), None, dtype=object) if found is None else found

    def taken(self, rows: NDArray[Any]) -> FeatureColumns:
        """Only the given rows (indices or a mask)."""
        picked = np.arange(len(self.uids))[rows]
        values = {name: column[picked] for name, column in self.values.items()}
        return FeatureColumns([self.uids[i] for i in picked], self.geometry[picked], values)


class FeatureSource(Protocol):
    """Anything that can answer for a layer: the workspace, the shipped base map, rows in memory."""

    def columns(self, entity: str, fields: Sequence[str], extent: Extent | None) -> FeatureColumns:
        """The features of an entity that touch `extent` (degrees, None: all); none for unknown entities."""
        ...


def imagery_of(source: object, entity: str) -> Imagery | None:
    """The picture of an entity from a source that has any."""
    ask: Callable[[str], Imagery | None] | None = getattr(source, "imagery", None)
    return ask(entity) if ask is not None else None


def on_the_ground(bounds: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which boxes (n, 4; degrees) are of this world: another program can write numbers that are no place, or
    an outline that goes around the world across the date line."""
    west, south, east, north = np.asarray(bounds, dtype=float).reshape(-1, 4).T
    with np.errstate(invalid="ignore", over="ignore"):
        real = (west >= -180.0) & (west <= east) & (east <= 180.0) & (east - west < _WIDEST_DEG)
        return np.asarray(real & (south >= -90.0) & (south <= north) & (north <= 90.0))


def no_features() -> FeatureColumns:
    """An empty answer."""
    return FeatureColumns([], np.empty(0, dtype=object))


def as_columns(rows: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> FeatureColumns:
    """Columns from rows, each with `uid`, `geometry` and its values."""
    geometry = np.empty(len(rows), dtype=object)
    geometry[:] = [row.get("geometry") for row in rows]
    values: dict[str, Objects] = {}
    for name in fields:
        column = np.empty(len(rows), dtype=object)
        column[:] = [row.get(name) for row in rows]
        values[name] = column
    return FeatureColumns([str(row["uid"]) for row in rows], geometry, values)


def within(columns: FeatureColumns, extent: Extent) -> FeatureColumns:
    """The features whose bounding box touches `extent`."""
    if not len(columns):
        return columns
    box = shapely.bounds(columns.geometry)
    with np.errstate(invalid="ignore"):
        touching = (box[:, 0] <= extent[2]) & (box[:, 2] >= extent[0])
        touching &= (box[:, 1] <= extent[3]) & (box[:, 3] >= extent[1])
    return columns.taken(touching)


class JoinedSource:
    """Several sources as one: each entity is answered by the first that knows it, others by the last."""

    def __init__(self, named: Mapping[str, FeatureSource], rest: FeatureSource) -> None:
        self._named = named
        self._rest = rest

    def columns(self, entity: str, fields: Sequence[str], extent: Extent | None) -> FeatureColumns:
        """The features of `entity` from the source whose prefix (the part before a dot) matches."""
        return self._of(entity).columns(entity, fields, extent)

    def many(self, entity: str, fields: Sequence[str], crs: str, before: Any) -> Any:
        """Flat areas from the source that answers for the entity; None when it keeps none."""
        offered = getattr(self._of(entity), "many", None)
        return offered(entity, fields, crs, before) if offered else None

    def _of(self, entity: str) -> FeatureSource:
        prefix = entity.split(".", 1)[0] if "." in entity else ""
        return self._named.get(prefix, self._rest)

    def imagery(self, entity: str) -> Imagery | None:
        """The picture of a `tiles.` entity, from the source of that prefix."""
        source = self._named.get(entity.split(".", 1)[0])
        return imagery_of(source, entity) if source is not None else None
