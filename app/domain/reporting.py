"""The monthly schedule (月调度表): counts by county at the end of a month, each with the boilers behind it.

A count is a list of boilers, so that a number and its rows cannot disagree.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.entities.boiler_codes import GROUP_OF_STATE, STATUS_GROUPS
from app.domain.output import Total
from app.errors import Invalid
from app.i18n import N_

_MONTH = re.compile(r"(\d{4})-(\d{2})")
UNLISTED = "outside"  # boilers that the baseline does not hold: added or overlooked then
MADE_UP = ("baseline", "month", "before", UNLISTED)


@dataclass(frozen=True)
class Period:
    """A month, with its last day and that of the month before."""

    month: str
    end: str
    before: str


@dataclass(frozen=True)
class Fact:
    """One boiler as a report counts it: where, how much, since when it is in the ledger, its states by day.

    `tph` is that of the baseline for listed boilers, so that the denominator never moves. `states` are
    (ISO day, state), oldest first; `cleared_on` counts for what happened before the ledger was kept here.
    """

    uid: str
    county: str
    tph: float
    listed: bool
    states: tuple[tuple[str, str], ...]
    cleared_on: str | None = None

    def state_at(self, day: str) -> str | None:
        """The state at the end of a day; None when the boiler was not known then."""
        found = None
        for since, state in self.states:
            if since > day:
                break
            found = state
        if found is not None or not self.states:
            return found
        first = self.states[0][1]
        if first == "cleared" and self.cleared_on:
            return "cleared" if self.cleared_on <= day else "registered"
        return first if self.listed else None


@dataclass(frozen=True)
class Figure:
    """One number of a report: units and t/h together, and the uids of the boilers it counts."""

    total: Total
    uids: tuple[str, ...]


@dataclass(frozen=True)
class MonthRow:
    """One county's line, or the sum; `figures` by name: baseline, month, before, status groups, outside."""

    code: str
    name: str
    figures: Mapping[str, Figure]

    @property
    def rate(self) -> float | None:
        """Cleared of the baseline by units, 0 to 1; None without a baseline."""
        whole = self.figures["baseline"].total.units
        return self.figures["cleared"].total.units / whole if whole else None

    @property
    def rate_before(self) -> float | None:
        """The same at the end of the month before."""
        whole = self.figures["baseline"].total.units
        return self.figures["before"].total.units / whole if whole else None


@dataclass(frozen=True)
class Month:
    """A month's report: the counties' lines and their sum."""

    period: Period
    rows: tuple[MonthRow, ...]
    sum: MonthRow


def period_of(written: str) -> Period:
    """The month written as 2026-10; raises Invalid when there is no such month."""
    found = _MONTH.fullmatch(written.strip())
    if not found or not 1 <= int(found[2]) <= 12 or int(found[1]) < 1950:
        raise Invalid(N_("“{period}” is not a month"), hint=N_("Write it as 2026-10."), period=written,
                      code="bad_period")  # fmt: skip
    year, month = int(found[1]), int(found[2])
    earlier = (year, month - 1) if month > 1 else (year - 1, 12)
    return Period(written.strip(), _last_day(year, month), _last_day(*earlier))


def month_report(
    period: Period, places: Sequence[tuple[str, str]], whole: tuple[str, str], facts: Iterable[Fact]
) -> Month:
    """Count the facts for each of `places` (code, name) and for the whole."""
    known = list(facts)
    by_county: dict[str, list[Fact]] = {}
    for fact in known:
        by_county.setdefault(fact.county, []).append(fact)
    rows = tuple(_row(period, place, by_county.get(place[0], [])) for place in places)
    return Month(period, rows, _row(period, whole, known))


def _row(period: Period, place: tuple[str, str], facts: Sequence[Fact]) -> MonthRow:
    parts: dict[str, list[Fact]] = {name: [] for name in (*MADE_UP, *STATUS_GROUPS.codes)}
    for fact in facts:
        now, then = fact.state_at(period.end), fact.state_at(period.before)
        if not fact.listed:
            if now not in (None, "excluded"):
                parts[UNLISTED].append(fact)
            continue
        parts["baseline"].append(fact)
        parts[GROUP_OF_STATE[now or "registered"]].append(fact)
        if then == "cleared":
            parts["before"].append(fact)
        elif now == "cleared":
            parts["month"].append(fact)
    return MonthRow(*place, {name: _figure(found) for name, found in parts.items()})


def _figure(facts: Sequence[Fact]) -> Figure:
    return Figure(
        Total(len(facts), round(sum(fact.tph for fact in facts), 3)), tuple(fact.uid for fact in facts)
    )


def _last_day(year: int, month: int) -> str:
    return f"{year:04d}-{month:02d}-{monthrange(year, month)[1]:02d}"


def as_values(row: MonthRow) -> dict[str, Any]:
    """A line as plain values by name, as templates and JSON read it."""
    values: dict[str, Any] = {"code": row.code, "name": row.name}
    for name, figure in row.figures.items():
        values[f"{name}_units"], values[f"{name}_tph"] = figure.total.units, figure.total.tph
    values["rate"], values["rate_before"] = row.rate, row.rate_before
    return values
