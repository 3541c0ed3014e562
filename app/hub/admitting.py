"""Which values may come in: of the declared type, within their limits, in the one form they are kept in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import shapely

from app.domain.entity import GEOMETRY, EntityType, Shape
from app.domain.fields import Field, Kind
from app.domain.replication import Cells
from app.domain.values import as_datetime, as_moment, check, parse_date
from app.domain.wkb import is_plain
from app.errors import Invalid
from app.store.geom import fitted
from app.store.tables import default_of, known

_POINT_HEAD = b"\x01\x01\x00\x00\x00"
_POINT_LENGTH = 21
_WHOLE_NUMBERS = range(-(2**63), 2**63)
_UNFIT = (ValueError, TypeError, OverflowError, Invalid, shapely.errors.ShapelyError)
_REFUSED = object()
_FEW = 4  # entries that are looked at one by one: a column takes longer to set up
_HASHED = {str, float, int, bool, bytes, type(None)}
Check = Callable[[Any], Any]
FieldCheck = Callable[[Field, Any], Any]


class Unfit(ValueError):
    """A value that cannot be kept; `note` is the word of the verdict, `field` the column."""

    def __init__(self, note: str, field: str) -> None:
        super().__init__(f"{note}: {field}")
        self.note = note
        self.field = field


def admitted(kind: EntityType, op: str, cells: Mapping[str, Any]) -> Cells:
    """The cells as they are kept. An insert gets what its fields declare as their default.

    Raises Unfit for a field the hub does not know, a value that cannot be, or a required field left empty.
    """
    checks = _checks(kind.name)
    found: Cells = {}
    for name, value in cells.items():
        test = checks.get(name)
        if test is None:
            raise Unfit("unknown_field", name)
        try:
            found[name] = test(value)
        except _UNFIT:
            raise Unfit("bad_value", name) from None
    if op == "i":
        for name, default in _defaults(kind.name):
            found.setdefault(name, default)
        for name in _required(kind.name):
            if found.get(name) is None:
                raise Unfit("bad_value", name)
        found = {name: value for name, value in found.items() if value is not None}
    return found


def admitted_alike(
    kind: EntityType, op: str, names: Sequence[str], every: Sequence[Cells]
) -> list[Cells | None]:
    """`admitted` for entries that set the same fields, a field at a time; None where it would raise Unfit."""
    if len(every) <= _FEW:
        return [_admitted_or_none(kind, op, cells) for cells in every]
    checks = _checks(kind.name)
    if any(name not in checks for name in names):
        return [None] * len(every)
    found: list[Cells | None] = [dict(cells) for cells in every]
    for name in names:
        column = [cells[name] for cells in every]
        for place, kept in _unlike(kind, name, column):
            cells = found[place]
            if kept is _REFUSED:
                found[place] = None
            elif cells is not None:
                cells[name] = kept
    if op != "i":
        return found
    more = {name: value for name, value in _defaults(kind.name) if name not in names}
    return [None if cells is None else _whole(kind.name, {**cells, **more}) for cells in found]


def _admitted_or_none(kind: EntityType, op: str, cells: Cells) -> Cells | None:
    try:
        return admitted(kind, op, cells)
    except Unfit:
        return None


def _whole(entity: str, cells: Cells) -> Cells | None:
    """The cells of a new record without unknown ones; None when a required one is."""
    if any(cells.get(name) is None for name in _required(entity)):
        return None
    if None in cells.values():
        return {name: value for name, value in cells.items() if value is not None}
    return cells


def _unlike(kind: EntityType, name: str, column: Sequence[Any]) -> Iterable[tuple[int, Any]]:
    """The values of a column that are kept in another form than they came in, or refused."""
    types = set(map(type, column))
    test, longest = _checks(kind.name)[name], _free_texts(kind.name).get(name)
    if types == {str} and longest is not None and _are_plain(column, longest):
        return
    if len(types) == 1 and types <= _HASHED:
        kept = {value: _tested(test, value) for value in set(column)}
        results = [kept[value] for value in column]
    else:
        results = [_tested(test, value) for value in column]
    for place, (value, result) in enumerate(zip(column, results, strict=True)):
        if result is not value:
            yield place, result


def _are_plain(column: Sequence[str], longest: int) -> bool:
    """Whether each text is one that may come in as it is; an empty one is looked at by itself."""
    joined = "".join(column)
    if "" in column or "\0" in joined or max(map(len, column)) > longest:
        return False
    try:
        joined.encode()
    except UnicodeEncodeError:
        return False
    return True


def _tested(test: Check, value: Any) -> Any:
    try:
        return test(value)
    except _UNFIT:
        return _REFUSED


@lru_cache(maxsize=64)
def _free_texts(entity: str) -> dict[str, int]:
    """The fields whose every text may come in, up to a length."""
    fields = known(entity).stored.values()
    texts = (item for item in fields if item.kind in (Kind.TEXT, Kind.REFERENCE) and not item.pattern)
    return {item.id: item.length for item in texts}


@lru_cache(maxsize=64)
def _checks(entity: str) -> dict[str, Check]:
    kind = known(entity)
    found = {item.id: _check_of(item) for item in kind.stored.values()}
    if kind.shape is not Shape.NONE:
        found[GEOMETRY] = lambda value: _geometry(kind.shape, value)
    return found


@lru_cache(maxsize=64)
def _defaults(entity: str) -> tuple[tuple[str, Any], ...]:
    kind = known(entity)
    pairs = ((item.id, default_of(kind, item)) for item in kind.stored.values())
    return tuple((name, value) for name, value in pairs if value is not None)


@lru_cache(maxsize=64)
def _required(entity: str) -> tuple[str, ...]:
    return tuple(item.id for item in known(entity).stored.values() if item.required)


def _check_of(field: Field) -> Check:
    """The test of one field, made once: unknown passes unless the field is required."""
    by_kind: dict[Kind, FieldCheck] = {
        Kind.NUMBER: _number, Kind.INTEGER: _integer, Kind.BOOLEAN: _boolean, Kind.DATE: _date,
        Kind.MOMENT: _moment, Kind.TEXTS: _texts, Kind.CHOICE: _code_check(field),
        Kind.STATE: _code_check(field),
    }  # fmt: skip
    inner: FieldCheck = by_kind.get(field.kind, _text)

    def test(value: Any) -> Any:
        if value is None or value == "" or value == []:
            if field.required:
                raise ValueError(field.name)
            return value if value == "" and inner is _text else None
        return inner(field, value)

    return test


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str) or len(value) > field.length or "\0" in value:
        raise ValueError(field.name)
    value.encode()
    return str(check(field, value)) if field.pattern else value


def _code_check(field: Field) -> FieldCheck:
    codes = frozenset(field.choices.codes) if field.choices is not None else None

    def test(field: Field, value: Any) -> str:
        text = _text(field, value)
        if codes is not None and text not in codes:
            raise ValueError(field.name)
        return text

    return test


def _number(field: Field, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(field.name)
    return float(check(field, float(value))) + 0.0


def _integer(field: Field, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in _WHOLE_NUMBERS:
        raise ValueError(field.name)
    return int(check(field, value))


def _boolean(field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(field.name)
    return value


def _date(field: Field, value: Any) -> str:
    if parse_date(_text(field, value)) != value:
        raise ValueError(field.name)
    return str(value)


def _moment(field: Field, value: Any) -> str:
    when = as_datetime(_text(field, value))
    if when.tzinfo is None:
        raise ValueError(field.name)
    return as_moment(when)


def _texts(field: Field, value: Any) -> list[str]:
    if not isinstance(value, list | tuple) or len(value) > field.parts:
        raise ValueError(field.name)
    if field.choices is not None and not set(value) <= set(field.choices.codes):
        raise ValueError(field.name)
    return [_text(field, part) for part in value]


def _geometry(shape: Shape, value: Any) -> bytes | None:
    """WKB, little-endian, of the declared shape; a point is read without building a geometry."""
    if value is None:
        return None
    if not isinstance(value, bytes):
        raise TypeError("geometry")
    if shape is Shape.POINT and len(value) == _POINT_LENGTH and value[:5] == _POINT_HEAD:
        x, y = np.frombuffer(value, "<f8", 2, 5).tolist()
        if not (-180.0 <= x <= 180.0 and -90.0 <= y <= 90.0):
            raise ValueError("geometry")
        return value
    if not is_plain(value):
        raise ValueError("geometry")
    found = fitted(shapely.from_wkb(value), shape)
    return None if found is None else bytes(shapely.to_wkb(found, byte_order=1))
