"""Showing and reading a field's value: once per kind of field, for forms, tables, files and sentences."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from app.domain.fields import Field, Kind
from app.errors import Invalid
from app.i18n import N_, listed, tr

BUREAU_TIME = timezone(timedelta(hours=8))
_DATE = re.compile(r"^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$")
_MOST_LISTED = 20  # values of a closed list that a message names
_YES = {"yes", "y", "true", "1", "是", "有", "√", "✓", "○", "对"}
_NO = {"no", "n", "false", "0", "否", "无", "×", "✗", "x", "不"}


def show(field: Field, value: Any) -> str:
    """`value` as a person reads it, in the user's language; unknown is an empty text."""
    if value is None or value == ():
        return ""
    match field.kind:
        case Kind.NUMBER:
            return _plain(float(value), field.decimals)
        case Kind.BOOLEAN:
            return tr(N_("Yes")) if value else tr(N_("No"))
        case Kind.CHOICE | Kind.STATE if field.choices:
            return field.choices.label(str(value))
        case Kind.TEXT if field.shown_as:
            return listed(map(field.shown_as.label, str(value).split()))
        case Kind.MOMENT:
            return show_moment(str(value))
        case Kind.TEXTS:
            shown = (field.choices.label(str(part)) if field.choices else str(part) for part in value)
            return listed(shown)
        case _:
            return str(value)


def show_with_unit(field: Field, value: Any) -> str:
    """`show`, with the unit behind it when there is a value."""
    shown = show(field, value)
    return f"{shown} {tr(field.unit)}" if shown and field.unit else shown


def parse(field: Field, written: str) -> Any:
    """The value a person wrote for this field; an empty text means unknown.

    Raises Invalid with the reason when the text cannot be this field's value.
    """
    clean = unicodedata.normalize("NFKC", written).strip()
    if not clean:
        return () if field.kind is Kind.TEXTS else None
    match field.kind:
        case Kind.NUMBER | Kind.INTEGER:
            return check(field, _number(field, clean))
        case Kind.BOOLEAN:
            return _boolean(field, clean)
        case Kind.CHOICE | Kind.STATE:
            return _choice(field, clean)
        case Kind.DATE:
            return parse_date(clean)
        case Kind.TEXTS:
            parts = tuple(part for part in re.split(r"[、,;；，]\s*", written.strip()) if part)
            return check(field, parts)
        case _:
            return check(field, written.strip())


def check(field: Field, value: Any) -> Any:
    """`value` when it is within the field's limits; raises Invalid with the limit otherwise."""
    if value is None:
        return None
    if field.kind in (Kind.TEXT, Kind.REFERENCE) and len(str(value)) > field.length:
        raise Invalid(N_("{field} may have at most {n} characters"), field=tr(field.label), n=field.length)
    if field.pattern and not re.fullmatch(field.pattern, str(value)):
        raise Invalid(N_("“{value}” cannot be {field}"), value=str(value)[:40], field=tr(field.label))
    if field.kind in (Kind.NUMBER, Kind.INTEGER):
        _check_range(field, value)
    if field.kind in (Kind.CHOICE, Kind.STATE) and field.choices and value not in field.choices.codes:
        raise _unlisted(field, str(value))
    if field.kind is Kind.TEXTS:
        _check_parts(field, value)
        return _listed(field, value) if field.choices else value
    return value


def _check_parts(field: Field, parts: Any) -> None:
    """Raise Invalid for more texts than a field may have, or one that is too long."""
    if len(parts) > field.parts or any(len(str(part)) > field.length for part in parts):
        raise Invalid(
            N_("{field} may have at most {parts} texts of {n} characters each"),
            field=tr(field.label), parts=field.parts, n=field.length,
        )  # fmt: skip


def parse_date(written: str) -> str:
    """An ISO date of year, month or day precision; raises Invalid when there is no such day."""
    match = _DATE.match(re.sub(r"[./年月]", "-", written.rstrip("日号")).strip("-"))
    if not match:
        raise Invalid(N_("“{value}” is not a date; write 2018, 2018-10 or 2018-10-05"), value=written)
    year, month, day = match.groups()
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise Invalid(N_("There is no such day as “{value}”"), value=written) from None
    return "-".join([year, *(part.zfill(2) for part in (month, day) if part)])


def show_moment(value: str) -> str:
    """A UTC moment as bureau time, to the minute; what is none, as another laptop may say, as it is."""
    try:
        return as_datetime(value).astimezone(BUREAU_TIME).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return value


def as_datetime(value: str) -> datetime:
    """The aware datetime of a stored moment."""
    return datetime.fromisoformat(value.replace("Z", "+00:00"))


def as_moment(when: datetime) -> str:
    """The stored text of an aware datetime, in UTC with milliseconds."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def bureau_day(when: datetime) -> str:
    """The ISO day of `when` in the bureau's time."""
    return when.astimezone(BUREAU_TIME).date().isoformat()


def _plain(value: float, decimals: int) -> str:
    shown = f"{value:.{decimals}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _number(field: Field, clean: str) -> float | int:
    bare = clean.replace(",", "").removesuffix(field.unit).strip() if field.unit else clean.replace(",", "")
    try:
        value = float(bare)
    except ValueError:
        raise Invalid(N_("{field}: “{value}” is not a number"), field=tr(field.label), value=clean) from None
    if field.kind is Kind.INTEGER:
        if value != int(value):
            raise Invalid(N_("{field}: “{value}” is not a whole number"), field=tr(field.label), value=clean)
        return int(value)
    return value


def _check_range(field: Field, value: Any) -> None:
    if value != value or value in (float("inf"), float("-inf")):
        raise Invalid(N_("{field}: “{value}” is not a number"), field=tr(field.label), value=value)
    if field.positive and value <= 0:
        raise Invalid(N_("{field} must be more than 0 {unit}"), field=tr(field.label), unit=field.unit)
    if field.minimum is not None and value < field.minimum:
        raise Invalid(
            N_("{field} is at least {limit}"), field=tr(field.label), limit=f"{field.minimum:g} {field.unit}"
        )
    if field.maximum is not None and value > field.maximum:
        raise Invalid(
            N_("{field} is at most {limit}"), field=tr(field.label), limit=f"{field.maximum:g} {field.unit}"
        )


def _boolean(field: Field, clean: str) -> bool:
    word = clean.casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise Invalid(N_("{field}: “{value}” is neither yes nor no"), field=tr(field.label), value=clean)


def _listed(field: Field, parts: Any) -> tuple[str, ...]:
    """Several values of a closed list, each once, in the order of the list."""
    found = {_choice(field, str(part)) for part in parts}
    return tuple(code for code in (field.choices.codes if field.choices else ()) if code in found)


def _choice(field: Field, clean: str) -> str:
    code = field.choices.code_of(clean) if field.choices else clean
    if code is None:
        raise _unlisted(field, clean)
    return code


def _unlisted(field: Field, value: str) -> Invalid:
    """What to say of a value that is not in the field's list: the list, as codes with their words."""
    codes = field.choices.codes if field.choices else ()
    known = [f"{code} ({field.choices.label(code)})" for code in codes if field.choices]
    more = tr(N_(" and {n} more"), n=len(known) - _MOST_LISTED) if len(known) > _MOST_LISTED else ""
    return Invalid(
        N_("{field}: “{value}” is not one of its values"),
        hint=N_("Values: {known}"),
        field=tr(field.label),
        value=value,
        known=listed(known[:_MOST_LISTED]) + more,
    )
