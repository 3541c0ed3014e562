"""Grouping a ledger: runs of records of one county, township or other value, with 台 and t/h of each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.entity import EntityType
from app.domain.output import Total
from app.i18n import N_

COUNTY, TOWNSHIP, MONTH = "county", "township", "month"
LABELS = {
    COUNTY: N_("County"),
    TOWNSHIP: N_("Township"),
    "status": N_("Status"),
    "treatment": N_("Treatment"),
    "fuel": N_("Fuel"),
    MONTH: N_("Month"),
    "mode": N_("Mode of patrol"),
    "result": N_("Result"),
}
_OF_MONTH = len("2026-11")
_DIGITS = {COUNTY: 6, TOWNSHIP: 9}  # of a division's code
Path = tuple[Any, ...]


@dataclass(frozen=True)
class Group:
    """Records `first` to `last` (not included), with the values they share down to this level."""

    path: Path
    by: str
    first: int
    last: int
    total: Total

    @property
    def level(self) -> int:
        """0 for the outermost groups."""
        return len(self.path) - 1


def groupings(kind: EntityType) -> tuple[str, ...]:
    """What a ledger can be grouped by."""
    return tuple(by for by in LABELS if field_of(by) in kind.fields)


def field_of(by: str) -> str:
    """The field a grouping looks at."""
    return "div_code" if by in _DIGITS else "patrolled_on" if by == MONTH else by


def key_of(by: str, value: Any) -> Any:
    """What records share in a group: the county's or township's code, the month, or the value itself.

    A division above the township (a county's own boilers) stays a group of its own.
    """
    if by == MONTH and value:
        return str(value)[:_OF_MONTH]
    return str(value)[: _DIGITS[by]] if by in _DIGITS and value else value


def division_names(by: str, key: str) -> tuple[str, ...]:
    """The codes under which a group's division may be known: short, and filled to twelve digits."""
    return (key, key.ljust(9, "0"), key.ljust(12, "0")) if by in _DIGITS else (key,)


def groups_of(bys: Sequence[str], paths: Sequence[Path], outputs: Sequence[float]) -> list[Group]:
    """The groups of records that are already in order, each before the groups inside it."""
    found: list[Group] = []
    _split(found, bys, (paths, outputs), (0, len(paths)), 0)
    return found


def lines_of(groups: Sequence[Group], count: int, folded: Collection[Path]) -> Sequence[int]:
    """What a table shows: a record's place, or -1-n for group n; folded groups hide what is in them."""
    if not groups:
        return range(count)
    depth = max(group.level for group in groups)
    lines: list[int] = []
    hidden_to = 0
    for at, group in enumerate(groups):
        if group.first < hidden_to:
            continue
        lines.append(-1 - at)
        if group.path in folded:
            hidden_to = group.last
        elif group.level == depth:
            lines.extend(range(group.first, group.last))
    return lines


def _split(
    found: list[Group],
    bys: Sequence[str],
    columns: tuple[Sequence[Path], Sequence[float]],
    span: tuple[int, int],
    level: int,
) -> None:
    if level == len(bys):
        return
    paths, outputs = columns
    first = span[0]
    while first < span[1]:
        last = first + 1
        while last < span[1] and paths[last][level] == paths[first][level]:
            last += 1
        total = Total(last - first, round(sum(outputs[first:last]), 3))
        found.append(Group(tuple(paths[first][: level + 1]), bys[level], first, last, total))
        _split(found, bys, columns, (first, last), level + 1)
        first = last
