"""How often a cell is patrolled, worked out from the words a ledger has for it."""

from __future__ import annotations

import re

_DAYS = {"日": 1.0, "天": 1.0, "周": 7.0, "星期": 7.0, "旬": 10.0, "月": 30.4, "季": 91.3, "季度": 91.3,
         "半年": 182.6, "年": 365.25}  # fmt: skip
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_MONTH = 30.4
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


def _number(text: str) -> int:
    return int(text) if text.isdigit() else _DIGITS[text]
