"""Records of the domain from rows of the hub, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import shapely

from app.domain.entity import GEOMETRY, Entity
from app.domain.fields import Kind
from app.domain.replication import Cells

E = TypeVar("E", bound=Entity)


def record_of(kind: type[E], uid: str, values: Mapping[str, Any]) -> E:
    """The record of a whole row."""
    place = values.get(GEOMETRY)
    given = native(kind, values)
    filled = {name: value for name, value in given.items() if value is not None}
    missing = {name: None for name in kind.TYPE.fields if name not in filled and name in given}
    geometry = None if place is None else shapely.from_wkb(place)
    return kind(uid=uid, geometry=geometry, **{**missing, **filled})


def native(kind: type[Entity], values: Mapping[str, Any]) -> dict[str, Any]:
    """Cells as values of the record, by name, without the geometry."""
    found = {}
    for name, field in kind.TYPE.stored.items():
        if field.id in values:
            value = values[field.id]
            found[name] = tuple(value or ()) if field.kind is Kind.TEXTS else value
    return found


def cells_of(record: Entity) -> Cells:
    """A record's known values as they travel, by field id."""
    cells: Cells = {}
    for name, field in record.TYPE.stored.items():
        value = getattr(record, name)
        if value in (None, ()):
            continue
        cells[field.id] = list(value) if field.kind is Kind.TEXTS else value
    if record.geometry is not None:
        cells[GEOMETRY] = bytes(shapely.to_wkb(record.geometry, byte_order=1))
    return cells


def wire_value(value: Any) -> Any:
    """One value of a record as it travels."""
    if isinstance(value, tuple):
        return list(value) or None
    return value
