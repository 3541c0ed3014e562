"""How often a cell is patrolled: what its ledger arranges in words, and what the patrols made cover of it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

_DAYS = {"日": 1.0, "天": 1.0, "周": 7.0, "星期": 7.0, "旬": 10.0, "月": 30.4, "季": 91.3, "季度": 91.3,
         "半年": 182.6, "年": 365.25}  # fmt: skip
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_TIME = re.compile(r"(?P<hour>[01]?\d|2[0-3])[:：]?(?P<minute>[0-5]\d)")
_MONTH = 30.4
_LOOKED_AT = 30  # days
_WORDS = re.compile(
    r"[每一]?(?P<some>\d+|[一二两三四五六七八九十])?个?"
    r"(?P<unit>半年|季度|星期|[日天周旬月季年])(?:不少于|至少|巡查)?"
    r"(?P<times>\d+|[一二两三四五六七八九十])\s*(?:至|-|–|~)?\s*(?:\d+)?[次遍回]"
)


def patrols_a_month(words: object) -> float | None:
    """Times a month of `每周2次`, `每季度1次`, `每两周一次`; the first statement counts, None without one."""
    found = _WORDS.search(str(words or "").replace(" ", ""))
    if found is None:
        return None
    some, times = _number(found["some"] or "1"), _number(found["times"])
    if not some:
        return None
    return round(times * _MONTH / (some * _DAYS[found["unit"]]), 1)


def time_of_day(written: object) -> str | None:
    """A time of day as `08:30`, from `8:30`, `8：30` or `0830`; None for nothing, else ValueError."""
    clean = str(written or "").strip()
    if not clean:
        return None
    found = _TIME.fullmatch(clean)
    if found is None:
        raise ValueError(clean)
    return f"{int(found['hour']):02}:{found['minute']}"


def _number(text: str) -> int:
    return int(text) if text.isdigit() else _DIGITS[text]


@dataclass(frozen=True)
class Coverage:
    """Patrols made beside those arranged in the days up to today: `due` is 0 where none are arranged."""

    made: int
    due: int
    days: int
    last: str | None

    @property
    def percent(self) -> int | None:
        """How much of what is arranged was done, at most 100; None where neither is known of the cell."""
        if not self.due:
            return 100 if self.made else None
        return min(100, int(100 * self.made / self.due))


def coverage(words: object, made_on: Iterable[str], today: str) -> Coverage:
    """What the patrols of a cell on these days (ISO) cover of the arrangement its ledger states in words.

    Looked at are the last 30 days, or as many as lie between two arranged patrols. Of one day no more count
    than are arranged for a day, so that two people who entered the same patrol do not cover it twice.
    """
    a_month = patrols_a_month(words) or 0.0
    days = max(_LOOKED_AT, math.ceil(_MONTH / a_month)) if a_month else _LOOKED_AT
    since = (date.fromisoformat(today) - timedelta(days=days - 1)).isoformat()
    every = sorted(day for day in made_on if day <= today)
    of_a_day = Counter(day for day in every if day >= since)
    most = max(1, math.ceil(a_month / _MONTH))
    made = sum(min(most, count) for count in of_a_day.values())
    return Coverage(
        made, max(1, int(a_month * days / _MONTH)) if a_month else 0, days, every[-1] if every else None
    )
