"""The shipped calendar of working days (resources/calendar), the same for laptops and the hub."""

from __future__ import annotations

import tomllib
from functools import lru_cache

from app.domain.workdays import CalendarYear, WorkCalendar, days
from app.resources import resource


@lru_cache(maxsize=1)
def shipped_calendar() -> WorkCalendar:
    """The years whose holidays came with this program, each with its source."""
    written = tomllib.loads(resource("calendar", "holidays.toml").read_text("utf-8"))
    return WorkCalendar(
        {
            int(year): CalendarYear(
                days(found["off"]), days(found["work"]), found["source"], found["issued"], found["effective"]
            )
            for year, found in written.items()
        }
    )
