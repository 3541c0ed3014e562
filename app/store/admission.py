"""Which changes may be written at all: known fields, values within their limits, rows that may change."""

from __future__ import annotations

from typing import Any

from app.domain.changes import Change, ChangeSet
from app.domain.entities.papers import Redaction
from app.domain.entity import GEOMETRY, EntityType
from app.domain.fields import Field, Kind
from app.domain.values import as_datetime, check, parse_date
from app.errors import Invalid
from app.i18n import N_, tr
from app.store.geom import fitted
from app.store.tables import is_known, known

_GONE = Redaction.TYPE.name
_WHOLE_NUMBERS = range(-(2**63), 2**63)


def admitted(change_set: ChangeSet) -> tuple[Change, ...]:
    """The changes of a set with their values as they are kept, without updates of nothing.

    Raises Invalid naming the field when a value cannot be, or a row that is only added would be changed.
    """
    changes, undoing = [], change_set.undoes is not None
    redacted = {item.after.get("paper") for item in change_set.changes if item.entity == _GONE}
    for change in change_set.changes:
        kind = _kind(change.entity)
        if kind.append_only:
            _check_permanent(kind, change, may_go=undoing or change.uid in redacted)
        before = {name: value for name, value in change.before.items() if name not in kind.at_read}
        after = {
            name: _value(kind, name, value)
            for name, value in change.after.items()
            if name not in kind.at_read  # an old journal holds some: nobody keeps them any more
        }
        if change.operation == "insert":
            _check_complete(kind, after)
        if after or change.operation != "update":
            changes.append(Change(change.entity, change.uid, change.operation, before, after))
    return tuple(changes)


def _kind(entity: str) -> EntityType:
    if not is_known(entity):
        raise Invalid(N_("There is no kind “{kind}”"), kind=entity, code="unknown_kind")
    return known(entity)


def _check_permanent(kind: EntityType, change: Change, *, may_go: bool) -> None:
    """A signature or a piece of evidence goes only when the step that brought it is taken back, or a paper
    with the record that says who took it away; what is kept for good never goes."""
    if change.operation == "update":
        raise Invalid(N_("{kind}: rows are added, never changed"), kind=kind.text, code="append_only")
    if change.operation == "delete" and (kind.for_good or not may_go):
        raise Invalid(N_("{kind}: rows are added, never removed"), kind=kind.text, code="append_only")


def _check_complete(kind: EntityType, after: dict[str, Any]) -> None:
    for field in kind.stored.values():
        if field.required and field.name not in after:
            raise _missing(field)


def _value(kind: EntityType, name: str, value: Any) -> Any:
    if name == GEOMETRY:
        return fitted(value, kind.shape)
    field = kind.fields.get(name)
    if field is None:
        raise Invalid(N_("{kind} has no field “{field}”"), kind=kind.text, field=name, code="unknown_field")
    if value in (None, "", ()):
        if field.required:
            raise _missing(field)
        return value
    _check_storable(field, value)
    return check(field, value)


def _check_storable(field: Field, value: Any) -> None:
    """What the database could not keep, or could not give back as it was."""
    try:
        match field.kind:
            case Kind.DATE:
                good = parse_date(value) == value
            case Kind.MOMENT:
                good = as_datetime(value).tzinfo is not None
            case Kind.INTEGER:
                good = value in _WHOLE_NUMBERS
            case Kind.NUMBER | Kind.BOOLEAN:
                good = True
            case Kind.TEXTS:
                good = all(str(part).encode() for part in value)
            case _:
                good = bool(str(value).encode())
    except (ValueError, Invalid):  # half a character pair, as a damaged file may hold, cannot be encoded
        good = False
    if not good:
        raise Invalid(
            N_("{field}: “{value}” cannot be kept"),
            field=tr(field.label),
            value=ascii(value) if field.kind in (Kind.TEXT, Kind.TEXTS) else value,
            code="bad_value",
        )


def _missing(field: Field) -> Invalid:
    return Invalid(N_("{field} must not be empty"), field=tr(field.label), code="missing")
