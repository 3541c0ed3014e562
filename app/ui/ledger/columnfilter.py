"""What may be asked of one column: some of its values, a part of the text, from–to, empty or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.domain.fields import Field, Kind
from app.domain.values import parse
from app.i18n import N_, labelled, listed, tr

_EMPTY = (None, "", ())
_NAMED = 3  # values said in words; the others are counted
RANGED = (Kind.NUMBER, Kind.INTEGER, Kind.DATE, Kind.MOMENT)


@dataclass(frozen=True)
class ColumnFilter:
    """Every part that is set must hold. `values` holds stored values, None among them for empty cells."""

    field: str
    values: tuple[Any, ...] | None = None
    contains: str = ""
    low: str = ""
    high: str = ""
    empty: bool | None = None

    def __bool__(self) -> bool:
        return (
            self.values is not None or self.empty is not None or bool(self.contains or self.low or self.high)
        )


def accepts(asked: ColumnFilter, field: Field, show: Callable[[Any], str]) -> Callable[[Any], bool]:
    """The question whether a stored value is meant; raises Invalid for a limit that cannot be read."""
    tests: list[Callable[[Any], bool]] = []
    if asked.values is not None:
        wanted = frozenset(_plain(value) for value in asked.values)
        tests.append(lambda value: _plain(value) in wanted)
    if asked.empty is not None:
        tests.append(lambda value: (_plain(value) is None) == asked.empty)
    if asked.contains:
        part = asked.contains.casefold()
        tests.append(lambda value: part in show(value).casefold())
    if asked.low:
        low = _limit(field, asked.low)
        tests.append(lambda value: _plain(value) is not None and value >= low)
    if asked.high:
        tests.append(_at_most(_limit(field, asked.high)))
    return lambda value: all(test(value) for test in tests)


def words(asked: ColumnFilter, field: Field, show: Callable[[Any], str]) -> str:
    """The filter as a person says it."""
    parts = []
    if asked.values is not None:
        named = [show(value) or tr(N_("(empty)")) for value in asked.values[:_NAMED]]
        more = len(asked.values) - len(named)
        parts.append(listed(named) + (tr(N_(" and {n} more"), n=more) if more > 0 else ""))
    if asked.contains:
        parts.append(tr(N_("contains “{part}”"), part=asked.contains))
    if asked.low:
        parts.append(f"≥ {asked.low}")
    if asked.high:
        parts.append(f"≤ {asked.high}")
    if asked.empty is not None:
        parts.append(tr(N_("empty")) if asked.empty else tr(N_("not empty")))
    return labelled(tr(field.label), " · ".join(parts))


def _at_most(high: Any) -> Callable[[Any], bool]:
    """A date of less precision includes all of it: up to 2018-10 holds 2018-10-31."""
    return lambda value: (
        _plain(value) is not None
        and (value <= high or (isinstance(high, str) and str(value).startswith(high)))
    )


def _limit(field: Field, written: str) -> Any:
    if field.kind is Kind.MOMENT:
        return written.strip()
    if field.kind in (Kind.NUMBER, Kind.INTEGER):
        return float(written.strip().replace(",", "")) if _is_number(written) else parse(field, written)
    return parse(field, written)


def _is_number(written: str) -> bool:
    try:
        return float(written.strip().replace(",", "")) == float(written.strip().replace(",", ""))
    except ValueError:
        return False


def _plain(value: Any) -> Any:
    return None if value in _EMPTY else tuple(value) if isinstance(value, list) else value
