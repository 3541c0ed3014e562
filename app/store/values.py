"""Values between the program and the journal's JSON, where a cell stands as SQLite holds it."""

from __future__ import annotations

import json
from typing import Any

from shapely.geometry.base import BaseGeometry

from app.domain.entity import GEOMETRY, EntityType
from app.domain.fields import Field, Kind
from app.store.geom import from_blob

_CLOSE = 1e-12  # what printing a number in a trigger and reading it again may cost


def loaded(field: Field, raw: Any) -> Any:
    """The value of a raw SQLite cell."""
    if field.kind is Kind.TEXTS:
        return tuple(json.loads(raw)) if raw else ()
    if raw is None:
        return None
    if field.kind is Kind.BOOLEAN:
        return bool(raw)
    if field.kind is Kind.NUMBER:
        return float(raw)
    return raw


def from_journal(kind: EntityType, column: str, raw: Any) -> tuple[str, Any]:
    """The field name and value of a journal cell; a column this program does not know keeps its raw value."""
    if column == GEOMETRY:
        return GEOMETRY, None if raw is None else from_blob(bytes.fromhex(raw))
    field = next((item for item in kind.fields.values() if item.id == column), None)
    return (column, raw) if field is None else (field.name, loaded(field, raw))


def same(old: Any, new: Any) -> bool:
    """Whether two values of a field are the same; an empty tuple and unknown are."""
    if old in (None, ()) or new in (None, ()):
        return old in (None, ()) and new in (None, ())
    if isinstance(old, BaseGeometry) and isinstance(new, BaseGeometry):
        return bool(old.equals_exact(new, 0.0))
    if isinstance(old, float) or isinstance(new, float):
        return bool(abs(old - new) <= _CLOSE * max(abs(old), abs(new)))
    return bool(old == new)
