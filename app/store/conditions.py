"""Filters as SQL: the same answer as `Filter.accepts`, given by the database."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Text, and_, cast, false, func, not_, or_, select, true
from sqlalchemy.sql.functions import Function

from app.domain.filters import ANY, Condition, Filter
from app.errors import Invalid
from app.i18n import N_
from app.store.surroundings import Source

# letters beyond ASCII that `casefold` makes ASCII letters of; the escape is the sign for kelvin
FOLDED_INTO_ASCII = "ßİŉſǰẖẗẘẙẚẞ\u212aﬀﬁﬂﬃﬄﬅﬆ"
_HAN = ("\u4e00", "\u9fff")  # characters that have no case and that nothing folds into
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
    if item.operator == ANY:
        return or_(false(), *(_condition(source, one) for one in item.value))
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
            return _begins(cast(column, Text), item.beginnings)
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


def _begins(column: ColumnElement[Any], beginnings: tuple[str, ...]) -> ColumnElement[bool]:
    by_length: dict[int, list[str]] = {}
    for text in beginnings:
        by_length.setdefault(len(text), []).append(text)
    return or_(false(), *(_one_of(func.substr(column, 1, n), tuple(mine)) for n, mine in by_length.items()))


def _contains(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Text within text whatever its case, as Python's `casefold` has it.

    SQLite folds the case of ASCII only, and a call of Python for each of a million cells took seconds: where
    the text sought is ASCII and Chinese, only the cells with a letter that folds into ASCII are asked so.
    """
    held, wanted = cast(column, Text), text.casefold()
    folded = func.instr(func.casefold(held), wanted) > 0
    if any(not char.isascii() and not _HAN[0] <= char <= _HAN[1] for char in wanted):
        return folded
    if not any(char.isascii() and char.isalpha() for char in wanted):
        return func.instr(held, wanted) > 0
    beyond = func.length(cast(held, LargeBinary)) > func.length(held)  # bytes, characters
    odd = held.op("GLOB", is_comparison=True)(f"*[{FOLDED_INTO_ASCII}]*")
    return or_(func.instr(func.lower(held), wanted) > 0, and_(beyond, odd, folded))
