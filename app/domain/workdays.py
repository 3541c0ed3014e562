"""Working days: Monday to Friday, less the days off and with the make-up days of years that are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

_LONGEST = 60  # days of one span: a longer one is a slip of the pen


@dataclass(frozen=True)
class CalendarYear:
    """One year as an authority arranged it: days off, make-up working days, and who said so since when."""

    off: frozenset[date]
    work: frozenset[date]
    source: str = ""
    issued: str = ""
    effective: str = ""


@dataclass(frozen=True)
class WorkCalendar:
    """The years that are known; of any other nothing is guessed."""

    years: Mapping[int, CalendarYear] = field(default_factory=dict)

    def knows(self, year: int) -> bool:
        """Whether the days of a year are known."""
        return year in self.years

    def is_working_day(self, day: date) -> bool:
        """Whether people work on a day of a known year."""
        year = self.years[day.year]
        return day in year.work or (day.weekday() < 5 and day not in year.off)

    def after(self, start: date, working_days: int) -> date | int:
        """The last of so many working days after `start`; the year (an int) when that year is not known."""
        day, left = start, working_days
        while left > 0:
            day += timedelta(days=1)
            if not self.knows(day.year):
                return day.year
            left -= self.is_working_day(day)
        return day

    def with_bureau(self, years: Iterable[int], off: Iterable[date], work: Iterable[date]) -> WorkCalendar:
        """This calendar with years a bureau vouches for, and with its own days in them and in the others."""
        off, work = frozenset(off), frozenset(work)
        found = dict(self.years)
        found |= {year: CalendarYear(frozenset(), frozenset()) for year in years if year not in found}
        return WorkCalendar({year: _joined(year, known, off, work) for year, known in found.items()})


def _joined(year: int, known: CalendarYear, off: frozenset[date], work: frozenset[date]) -> CalendarYear:
    own_off = {day for day in off if day.year == year}
    own_work = {day for day in work if day.year == year}
    return CalendarYear(
        (known.off | own_off) - own_work,
        (known.work | own_work) - own_off,
        known.source,
        known.issued,
        known.effective,
    )


def days(written: Iterable[str]) -> frozenset[date]:
    """Days and spans such as 2026-10-01/2026-10-07; raises ValueError for what is neither."""
    found: set[date] = set()
    for text in written:
        first, _, last = text.partition("/")
        start, end = date.fromisoformat(first), date.fromisoformat(last or first)
        if not 0 <= (end - start).days < _LONGEST:
            raise ValueError(text)
        found.update(start + timedelta(days=step) for step in range((end - start).days + 1))
    return frozenset(found)
