"""Filters: which records are meant. One small language for the command line, ledgers and map layers."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.entity import EntityType
from app.domain.values import parse
from app.errors import Invalid
from app.i18n import N_

ANY = "any"
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


@dataclass(frozen=True)
class Condition:
    """One comparison: `operator` is = != > < >= <= ~ (contains), ^ (begins with, or with one of several), in
    (one of) or is (empty, not empty). `ANY` has no field: one of the conditions that are its value holds."""

    field: str
    operator: str
    value: Any = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields it speaks of."""
        if self.operator == ANY:
            return tuple(name for item in self.value for name in item.fields)
        return (self.field,)

    @property
    def beginnings(self) -> tuple[str, ...]:
        """What `^` asks for."""
        return self.value if isinstance(self.value, tuple) else (str(self.value),)

    def accepts(self, values: Mapping[str, Any]) -> bool:
        """Whether a record with these values meets the condition; unknown never compares as true."""
        if self.operator == ANY:
            return any(item.accepts(values) for item in self.value)
        held = values.get(self.field)
        if self.operator == "is":
            return (held in (None, "", ())) == bool(self.value)
        if held is None:
            return self.operator == "!=" and self.value is not None
        if self.operator == "in":
            return held in self.value
        if self.operator == "~":
            return str(self.value).casefold() in str(held).casefold()
        if self.operator == "^":
            return str(held).startswith(self.beginnings)
        return _COMPARE[self.operator](held, self.value)


@dataclass(frozen=True)
class Filter:
    """Groups of conditions: every condition of at least one group must hold. No group accepts everything."""

    groups: tuple[tuple[Condition, ...], ...] = ()

    def accepts(self, values: Mapping[str, Any]) -> bool:
        """Whether a record with these values is meant."""
        if not self.groups:
            return True
        return any(all(item.accepts(values) for item in group) for group in self.groups)


EVERYTHING = Filter()


def where(*conditions: Condition) -> Filter:
    """The filter of conditions that must all hold."""
    return Filter((tuple(conditions),)) if conditions else EVERYTHING


def equal(**values: Any) -> Filter:
    """The filter of fields that must have these values."""
    return where(*(Condition(name, "=", value) for name, value in values.items()))


def one_of(field: str, values: Iterable[Any]) -> Filter:
    """The filter of a field that must have one of these values."""
    return where(Condition(field, "in", tuple(values)))


def parse_filter(expression: str | None, kind: EntityType) -> Filter:
    """A filter from text such as `status=cleared and rated_tph>=4 or user_org~学校`.

    `is empty` and `is not empty` ask for unknown values, `in a|b|c` for one of several, `div_code^620802` for
    what begins so (a county with its townships). Raises Invalid with the piece that cannot be read and the
    fields that exist.
    """
    if not expression or not expression.strip():
        return EVERYTHING
    groups = re.split(r"\s+or\s+", expression.strip(), flags=re.IGNORECASE)
    return Filter(tuple(_group(part, kind) for part in groups))


def _group(text: str, kind: EntityType) -> tuple[Condition, ...]:
    pieces = re.split(r"\s+and\s+", text, flags=re.IGNORECASE)
    return tuple(_condition(piece, kind) for piece in pieces)


def _condition(piece: str, kind: EntityType) -> Condition:
    match = re.match(
        r"^\s*(\w+)\s*(!=|>=|<=|==|=|>|<|~|\^|\bin\b|\bis\b)\s*(.*?)\s*$", piece, flags=re.IGNORECASE
    )
    if not match or match.group(1) not in (*kind.fields, "uid"):
        raise Invalid(
            N_("“{piece}” is not a condition on {kind}"),
            hint=N_("Write field, operator, value, such as status=cleared; fields: {fields}"),
            piece=piece.strip(),
            kind=kind.text,
            fields=" ".join(kind.fields),
            code="bad_filter",
        )
    name, sign, written = (
        match.group(1),
        match.group(2).lower().replace("==", "="),
        match.group(3).strip("'\""),
    )
    if sign == "is":
        return Condition(name, "is", "not" not in written.lower())
    if sign == "in":
        return Condition(
            name, "in", tuple(_value(kind, name, part) for part in re.split(r"[|,]", written.strip("()")))
        )
    return Condition(name, sign, written if sign in ("~", "^") else _value(kind, name, written))


def _value(kind: EntityType, name: str, written: str) -> Any:
    clean = written.strip().strip("'\"")
    return clean if name == "uid" else parse(kind.fields[name], clean)
