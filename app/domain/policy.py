"""The bureau's own numbers: distances and day counts that a workspace may set; none of them is a law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from typing import Any

from app.domain.coordinates.datum import FAR_M
from app.domain.workdays import WorkCalendar, days
from app.errors import Invalid
from app.i18n import N_


@dataclass(frozen=True)
class Policy:
    """Settings of the workflow. Defaults follow docs/sources.md; Pingliang's own rule was not found.

    site_photo_m: how far from the boiler a photograph on site may have been taken, in metres.
    site_photo_same_day: whether that photograph must be of the day of the check.
    notice_working_days: how long the public notice runs, in working days (5 to 7 seen elsewhere).
    duplicate_m: boilers closer than this are shown as possible duplicates, in metres.
    common_point_m: how far a common point may stay off the fit of an old datum, in metres.
    month_before_until_day: until this day of a month the schedule of the month before is the one in hand; the
    bureaus make it at a month's end or in the first days of the next (our own choice of the day).
    sealed_until_month, sealed_until_day: when the next heating season forces a re-check of sealed boilers.
    builtup_year: which built-up areas count: of each place the newest up to this year (0: the newest).
    calendar_years: years whose days off the bureau has entered itself, separated by spaces.
    holidays, workdays: the bureau's own days off and make-up working days, ISO days or spans such as
    2027-10-01/2027-10-07, separated by spaces.
    calendar: the years that came with the program; no setting.
    """

    site_photo_m: float = 100.0
    site_photo_same_day: bool = True
    notice_working_days: int = 5
    duplicate_m: float = 15.0
    common_point_m: float = FAR_M
    month_before_until_day: int = 10
    sealed_until_month: int = 11
    sealed_until_day: int = 1
    builtup_year: int = 0
    calendar_years: str = ""
    holidays: str = ""
    workdays: str = ""
    calendar: WorkCalendar = field(default_factory=WorkCalendar)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The settings a workspace may change, in order."""
        return tuple(item.name for item in fields(cls) if item.name != "calendar")

    def settings(self) -> dict[str, Any]:
        """Every setting by name."""
        return {name: getattr(self, name) for name in self.names()}

    def with_settings(self, settings: Mapping[str, str]) -> Policy:
        """This policy with the settings a workspace holds; raises Invalid for one that cannot be read."""
        changed = {
            name: _read(name, getattr(self, name), text)
            for name, text in settings.items()
            if name in self.names()
        }
        for name in changed:
            _check_calendar(name, replace(self, **changed), settings[name])
        return replace(self, **changed)

    @property
    def working_calendar(self) -> WorkCalendar:
        """The calendar that came with the program together with the bureau's own days."""
        years = (int(year) for year in self.calendar_years.split())
        return self.calendar.with_bureau(years, days(self.holidays.split()), days(self.workdays.split()))

    @property
    def known_years(self) -> dict[int, str]:
        """The years whose days off are known, each with who arranged it; empty for a bureau's own."""
        years = self.working_calendar.years
        return {year: years[year].source for year in sorted(years)}

    def notice_end(self, start: date) -> date | None:
        """The last day of a public notice that is posted on `start` (the day of posting does not count).

        None when it would run into a year whose holidays nobody has entered (`unknown_year` names it).
        """
        end = self.working_calendar.after(start, self.notice_working_days)
        return end if isinstance(end, date) else None

    def unknown_year(self, start: date) -> int | None:
        """The year without holidays into which a notice from `start` would run."""
        end = self.working_calendar.after(start, self.notice_working_days)
        return end if isinstance(end, int) else None

    def month_in_hand(self, today: date) -> str:
        """The month (2026-10) whose schedule is made on a day: in its first days that of the month before."""
        end = today if today.day > self.month_before_until_day else today.replace(day=1) - timedelta(days=1)
        return end.isoformat()[:7]

    def next_heating_season(self, today: date) -> date:
        """The next first day of the heating season after `today`."""
        this_year = date(today.year, self.sealed_until_month, self.sealed_until_day)
        return this_year if this_year > today else this_year.replace(year=today.year + 1)


def _check_calendar(name: str, policy: Policy, text: str) -> None:
    """Raise Invalid for a day that no year has, and for holidays that are no days."""
    try:
        if name.startswith("sealed_until"):
            date(2001, policy.sealed_until_month, policy.sealed_until_day)  # a year without 29 February
        if name in ("holidays", "workdays"):
            days(text.split())
        if name == "calendar_years" and not all(1990 < int(year) < 2200 for year in text.split()):
            raise ValueError(text)
    except ValueError:
        raise Invalid(N_("The setting {name} cannot be “{value}”"), name=name, value=text) from None


def _read(name: str, default: Any, text: str) -> Any:
    try:
        if isinstance(default, bool):
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[
                text.lower()
            ]
        value = type(default)(text)
    except (KeyError, ValueError):
        raise Invalid(N_("The setting {name} cannot be “{value}”"), name=name, value=text) from None
    if isinstance(value, (int, float)) and value < 0:
        raise Invalid(N_("The setting {name} cannot be “{value}”"), name=name, value=text)
    return value
