"""The monthly schedule (月调度表): counts by county at the end of a month, each with the boilers behind it.

A count is a list of boilers, so that a number and its rows cannot disagree.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.entities.boiler_codes import OUTSIDE_KINDS, STATUS_GROUPS, group_of
from app.domain.output import Total
from app.errors import Invalid
from app.i18n import N_

_MONTH = re.compile(r"(\d{4})-(\d{2})")
UNLISTED = "outside"  # boilers that the baseline does not hold, of whatever kind
ADDED, MISSED, UNSORTED = OUTSIDE_KINDS.codes  # the kinds of them
CLAIMED = "migrated"  # cleared by the word of a ledger that was moved in, the dossier not whole
MADE_UP = ("baseline", "month", "before", CLAIMED, UNLISTED, ADDED, MISSED, UNSORTED)


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
    `outside` is the kind of an unlisted one. `claimed` says that it was moved in as cleared; `proved_on` is
    then the day since when its dossier is whole, None while it is not.
    """

    uid: str
    county: str
    tph: float
    listed: bool
    states: tuple[tuple[str, str], ...]
    cleared_on: str | None = None
    outside: str = UNSORTED
    claimed: bool = False
    proved_on: str | None = None

    def standing(self, day: str) -> str | None:
        """The figure a listed boiler counts in at the end of a day: a status group, or `CLAIMED`."""
        state = self.state_at(day)
        if state == "cleared" and self.claimed and not (self.proved_on and self.proved_on <= day):
            return CLAIMED
        return group_of(state) if state else None

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
class CountyRow:
    """One line of a table of counts: a county, or the whole. Table, map, page and letter all read this.

    `figures` by name: baseline, the status groups (`cleared` without what is only claimed), `migrated`
    (claimed), which together make up the baseline; `outside` and its kinds; `month` and `before`, empty where
    no month is meant.
    """

    code: str
    name: str
    figures: Mapping[str, Figure]

    def total(self, name: str) -> Total:
        """Units and t/h of a figure."""
        return self.figures[name].total

    @property
    def baseline(self) -> Total:
        """The denominator."""
        return self.total("baseline")

    @property
    def cleared(self) -> Total:
        """The boilers of the baseline that are cleared, with a whole dossier or through steps taken here."""
        return self.total("cleared")

    @property
    def migrated(self) -> Total:
        """The boilers of the baseline that were moved in as cleared and lack papers."""
        return self.total(CLAIMED)

    @property
    def outside(self) -> Total:
        """The boilers that the baseline does not hold."""
        return self.total(UNLISTED)

    @property
    def groups(self) -> Mapping[str, Total]:
        """The total of each status group."""
        return {group: self.total(group) for group in STATUS_GROUPS.codes}

    @property
    def rate(self) -> float | None:
        """Cleared of the baseline by units, 0 to 1; None without a baseline."""
        return self.cleared.units / self.baseline.units if self.baseline.units else None

    @property
    def rate_with_claims(self) -> float | None:
        """What the rate would be if what is only claimed were counted in."""
        whole = self.baseline.units
        return (self.cleared.units + self.migrated.units) / whole if whole else None

    @property
    def rate_before(self) -> float | None:
        """The same at the end of the month before."""
        return self.total("before").units / self.baseline.units if self.baseline.units else None


@dataclass(frozen=True)
class Month:
    """A month's report: the counties' lines and their sum."""

    period: Period
    rows: tuple[CountyRow, ...]
    sum: CountyRow


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
    return Month(period, *counted_at(period.end, places, whole, facts, period.before))


def counted_at(
    day: str,
    places: Sequence[tuple[str, str]],
    whole: tuple[str, str],
    facts: Iterable[Fact],
    before: str = "",
) -> tuple[tuple[CountyRow, ...], CountyRow]:
    """The facts at the end of a day for each of `places` (code, name), and for all of them together.

    With `before`, the end of the month before, what was cleared since then is counted too.
    """
    known = list(facts)
    by_county: dict[str, list[Fact]] = {}
    for fact in known:
        by_county.setdefault(fact.county, []).append(fact)
    rows = tuple(_row(place, by_county.get(place[0], []), day, before) for place in places)
    return rows, _row(whole, known, day, before)


def _row(place: tuple[str, str], facts: Sequence[Fact], day: str, before: str) -> CountyRow:
    parts: dict[str, list[Fact]] = {name: [] for name in (*MADE_UP, *STATUS_GROUPS.codes)}
    for fact in facts:
        for name in _counted_in(fact, day, before):
            parts[name].append(fact)
    return CountyRow(*place, {name: _figure(found) for name, found in parts.items()})


def _counted_in(fact: Fact, day: str, before: str) -> tuple[str, ...]:
    """The figures a boiler is part of."""
    now = fact.standing(day)
    if not fact.listed:
        return () if now in (None, "excluded") else (UNLISTED, fact.outside)
    known = ("baseline", now or "to_treat")
    if not before:
        return known
    if fact.standing(before) == "cleared":
        return (*known, "before")
    return (*known, "month") if now == "cleared" else known


def outside_kind(stated: str | None, commissioned: str | None, frozen_on: str) -> str:
    """Whether a boiler that a baseline lacks came after it or had been missed; `stated` is what people found.

    Without that the day it was put to use decides, if it is exact enough: 2026-10 says nothing about a
    list frozen on 2026-10-15.
    """
    if stated in OUTSIDE_KINDS.codes:
        return stated
    if not commissioned:
        return UNSORTED
    day = frozen_on[: len(commissioned)]
    if commissioned == day:
        return MISSED if len(day) == len(frozen_on) else UNSORTED
    return ADDED if commissioned > day else MISSED


def _figure(facts: Sequence[Fact]) -> Figure:
    return Figure(
        Total(len(facts), round(sum(fact.tph for fact in facts), 3)), tuple(fact.uid for fact in facts)
    )


def _last_day(year: int, month: int) -> str:
    return f"{year:04d}-{month:02d}-{monthrange(year, month)[1]:02d}"


def as_values(row: CountyRow) -> dict[str, Any]:
    """A line as plain values by name, as templates and JSON read it."""
    values: dict[str, Any] = {"code": row.code, "name": row.name}
    for name, figure in row.figures.items():
        values[f"{name}_units"], values[f"{name}_tph"] = figure.total.units, figure.total.tph
    values["rate"], values["rate_before"] = row.rate, row.rate_before
    return values
