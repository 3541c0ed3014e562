"""The values of a conflict's two sides: as records hold them, and as a person reads them.

A conflict also keeps what the hub refused, and what a revoked laptop sent, whatever it is. A value that no
record can hold is shown as it came and cannot be taken.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from app.actions import latework
from app.domain.entities.conflict import Conflict
from app.domain.entity import GEOMETRY, Entity, EntityType
from app.domain.fields import Field, Kind
from app.domain.replication import Cells
from app.domain.values import as_datetime, show
from app.domain.wkb import is_plain
from app.errors import Refused
from app.i18n import N_, tr

_LONGEST = 200  # letters that are shown of what no record can hold
_TYPES: dict[Kind, tuple[type, ...]] = {
    Kind.NUMBER: (int, float), Kind.INTEGER: (int,), Kind.BOOLEAN: (bool,), Kind.TEXTS: (list,),
}  # fmt: skip


@dataclass(frozen=True)
class FieldSide:
    """One field of a conflict. `field` is its name (`geometry` for the place), `declared` its declaration
    (None for the place), `kept` and `offered` are values as records hold them. `unfit` names the sides whose
    value no record can hold: it is None here, and only the text tells it."""

    field: str
    label: str
    kept: Any
    offered: Any
    declared: Field | None = None
    kept_text: str = ""
    offered_text: str = ""
    unfit: frozenset[str] = frozenset()


def fields_of(kind: EntityType, item: Conflict, record: Entity | None) -> tuple[FieldSide, ...]:
    """The fields of a conflict. What stood is not told where the writer of the other side does not read the
    record any more: then it is what stands now."""
    kept, offered = latework.cells_of(item.kept), latework.cells_of(item.offered)
    those = [field for field in kind.fields.values() if field.id in kept or field.id in offered]
    found = [_field(field, kept, offered, record) for field in those]
    if GEOMETRY in kept or GEOMETRY in offered:
        found.append(_place(kept, offered, record))
    return tuple(found)


def refuse_unfit(fields: Iterable[FieldSide], side: str) -> None:
    """Raise Refused where this side has a value that no record can hold."""
    unfit = next((item.label for item in fields if side in item.unfit), None)
    if unfit is not None:
        raise Refused(
            N_("What came for “{field}” cannot be in a record"),
            hint=N_("Nothing was changed. Keep what stands, and edit the record if it is to be otherwise."),
            field=unfit,
            code="bad_value",
        )


def _field(field: Field, kept: Cells, offered: Cells, record: Entity | None) -> FieldSide:
    sides = {"kept": kept.get(field.id), "offered": offered.get(field.id)}
    unfit = frozenset(side for side, value in sides.items() if not _fits(field, value))
    held = {side: None if side in unfit else _native(field, value) for side, value in sides.items()}
    if record is not None and field.id not in kept:
        held["kept"] = getattr(record, field.name)
    kept_text, offered_text = (
        _as_it_came(sides[side]) if side in unfit else show(field, held[side]) for side in sides
    )
    label = tr(field.label)
    return FieldSide(field.name, label, held["kept"], held["offered"], field, kept_text, offered_text, unfit)


def _fits(field: Field, value: Any) -> bool:
    """Whether a value is of the type that the field has; within which limits is asked when it is taken."""
    if value is None:
        return True
    if not isinstance(value, _TYPES.get(field.kind, (str,))):
        return False
    if isinstance(value, bool):
        return field.kind is Kind.BOOLEAN
    if isinstance(value, list):
        return all(isinstance(part, str) for part in value)
    try:
        return field.kind is not Kind.MOMENT or as_datetime(str(value)).tzinfo is not None
    except ValueError:
        return False


def _native(field: Field, value: Any) -> Any:
    if field.kind is Kind.TEXTS:
        return tuple(value or ())
    return float(value) if field.kind is Kind.NUMBER and isinstance(value, int) else value


def _place(kept: Cells, offered: Cells, record: Entity | None) -> FieldSide:
    sides = {"kept": kept.get(GEOMETRY), "offered": offered.get(GEOMETRY)}
    held = {side: _shape(value) for side, value in sides.items()}
    unfit = frozenset(side for side, value in sides.items() if value and held[side] is None)
    if record is not None and GEOMETRY not in kept:
        held["kept"] = record.geometry
    kept_text, offered_text = (
        _as_it_came(sides[side]) if side in unfit else _where(held[side]) for side in sides
    )
    label = tr(N_("Position"))
    return FieldSide(GEOMETRY, label, held["kept"], held["offered"], None, kept_text, offered_text, unfit)


def _shape(value: Any) -> BaseGeometry | None:
    """The geometry that a conflict keeps as WKB in hex; None for what is none."""
    try:
        wkb = bytes.fromhex(value or "")
    except (TypeError, ValueError):
        return None
    found: BaseGeometry | None = shapely.from_wkb(wkb, on_invalid="ignore") if is_plain(wkb) else None
    return found


def _where(shape: BaseGeometry | None) -> str:
    at = shape.representative_point() if shape is not None and not shape.is_empty else None
    return f"{at.x:.6f}, {at.y:.6f}" if at is not None else ""


def _as_it_came(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:_LONGEST]
