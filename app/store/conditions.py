"""Filters as SQL: the same answer as `Filter.accepts`, given by the database."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, false, func, not_, or_, select, true
from sqlalchemy.sql.functions import Function

from app.domain.filters import Condition, Filter
from app.errors import Invalid
from app.i18n import N_
from app.store.surroundings import Source

_MANY = 500  # above this the values travel as one JSON list, as SQLite limits parameters


def where_of(source: Source, filter: Filter) -> ColumnElement[bool]:
    """The condition under which a row is meant; raises Invalid for a field that is not there."""
    if not filter.groups:
        return true()
    return or_(*(and_(true(), *(_condition(source, item) for item in group)) for group in filter.groups))


def order_of(source: Source, order: str) -> list[ColumnElement[Any]]:
    """The ordering of `name,-other`; rows with equal values stay as they were entered."""
    names = [part.strip() for part in order.split(",") if part.strip()]
    chosen = [
        source.column(name[1:]).desc() if name.startswith("-") else source.column(name).asc()
        for name in names
    ]
    return [*chosen, source.table.c.fid]


def _condition(source: Source, item: Condition) -> ColumnElement[bool]:
    column, value = source.column(item.field), item.value
    match item.operator:
        case "is":
            empty = or_(column.is_(None), cast(column, Text) == "")
            return empty if value else not_(empty)
        case "!=":
            return column.is_not(None) if value is None else column.is_distinct_from(value)
        case "in":
            return _one_of(column, tuple(value))
        case "~":
            return _contains(column, str(value))
        case "^":
            return func.substr(cast(column, Text), 1, len(str(value))) == str(value)
        case "=" if value is None:
            return false()
        case "=":
            equal: ColumnElement[bool] = column == value
            return equal
        case ">" | "<" | ">=" | "<=" as sign:
            return column.op(sign, is_comparison=True)(value)
        case _:
            raise Invalid(N_("There is no comparison “{sign}”"), sign=item.operator, code="bad_filter")


def _one_of(column: ColumnElement[Any], values: tuple[Any, ...]) -> ColumnElement[bool]:
    known = [value for value in values if value is not None]
    if len(known) <= _MANY:
        return column.in_(known)
    listed: Function[Any] = func.json_each(json.dumps(known))
    rows = listed.table_valued("value")
    return column.in_(select(rows.c.value))


def _contains(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """SQLite's own LIKE folds the case of ASCII only; `connect` gives it Python's `casefold`."""
    return func.instr(func.casefold(cast(column, Text)), text.casefold()) > 0
