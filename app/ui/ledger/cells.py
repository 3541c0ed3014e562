"""What a cell of the ledger may be given: which fields can be written there, and reading what was written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.domain.fields import Field, Kind
from app.domain.values import BUREAU_TIME, as_moment, check, parse, show
from app.errors import Invalid
from app.i18n import N_, tr
from app.ui.names import Names

_MOMENT = "%Y-%m-%d %H:%M"
_EMPTY = (None, "", ())


def why_fixed(field: Field) -> str:
    """Why a field cannot be written in the table; empty when it can."""
    if field.derived:
        return tr(N_("{field} is worked out by the program"), field=tr(field.label))
    if field.kind is Kind.STATE or field.group:
        return tr(N_("{field} is changed by a step of the workflow only"), field=tr(field.label))
    return ""


def read_cell(field: Field, written: str, names: Names) -> Any:
    """The value that was written for a field, references by name or code; raises Invalid with the reason."""
    value = _read(field, written, names)
    return checked(field, value)


def checked(field: Field, value: Any) -> Any:
    """The value when the field may hold it, an empty one included; raises Invalid."""
    if field.required and value in _EMPTY:
        raise Invalid(N_("{field} is needed"), field=tr(field.label))
    return check(field, value)


def written_cell(field: Field, value: Any, names: Names) -> str:
    """A value as it would be written: numbers with all their digits."""
    if value in _EMPTY:
        return ""
    if field.kind is Kind.NUMBER:
        return f"{value:.10g}"
    return names.show(field, value) if field.kind is Kind.REFERENCE else show(field, value)


def _read(field: Field, written: str, names: Names) -> Any:
    clean = written.strip()
    if not clean:
        return () if field.kind is Kind.TEXTS else None
    if field.kind is Kind.REFERENCE:
        return _referred(field, clean, names)
    if field.kind is Kind.MOMENT:
        return _moment(field, clean)
    return parse(field, written)


def _referred(field: Field, clean: str, names: Names) -> str:
    known = names.known(field.refers_to)
    if clean in known:
        return clean
    found = [held for held, name in known.items() if clean in (name, f"{name}  {held}")]
    if len(found) > 1:
        raise Invalid(
            N_("{field}: “{value}” is the name of several; write the code"),
            field=tr(field.label),
            value=clean,
        )
    if not found:
        raise Invalid(N_("{field}: there is no “{value}”"), field=tr(field.label), value=clean)
    return found[0]


def _moment(field: Field, clean: str) -> str:
    try:
        return as_moment(datetime.strptime(clean, _MOMENT).replace(tzinfo=BUREAU_TIME))
    except ValueError:
        raise Invalid(N_("{field}: write a moment as 2026-11-23 18:00"), field=tr(field.label)) from None
