"""Dates in every habit: Excel serials, 2018.10, 2018年10月, 10月底前, quarters; as precise as they were
written."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from app.exchange.grid import Value

_EXCEL_EPOCH = date(1899, 12, 30)
_SERIALS = (20_000, 60_000)  # 1954 to 2064
_SEP = r"[-./年\s,、。]+"
_SHORT = re.compile(r"(\d{2})[.\-/](\d{1,2})[.\-/](\d{1,2})")  # 18.10.1: the year comes first in China
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/((?:19|20)\d{2})")
_MONTHS = re.compile(r"(?<!\d)(\d{4})年\d{1,2}月?\s*[-~—–至到]+\s*(\d{1,2})月")
_FULL = re.compile(rf"(?<!\d)(\d{{4}}|\d{{2}}(?=年)){_SEP}(\d{{1,2}})(?:[-./月\s。]+(\d{{1,2}})[日号]?)?")
_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d{2})(\d{2})(\d{2})?(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20|21)\d{2})(?:年度?|\b)|(?<!\d)(\d{2})年")
_MONTH = re.compile(r"(?<!\d)(\d{1,2})月(?:份)?(?:(\d{1,2})[日号]|(上旬|中旬|下旬|初|中|底|末))?")
_NAMES = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_CHINESE_MONTH = re.compile(r"(?<![\d十一二三四五六七八九])(十[一二]?|[一二三四五六七八九])(?=月)")
_TENS = {
    "十": 10,
    "十一": 11,
    "十二": 12,
    **{name: index for index, name in enumerate("一二三四五六七八九", 1)},
}
_CHINESE_YEAR = re.compile(r"[二一][〇零○O0九八一二三四五六七]{3}(?=年)")
_DIGITS = str.maketrans("〇零○O一二三四五六七八九", "0000123456789")
_WORDS = re.compile(r"前|底|末|上半年|下半年|季度|旬|之内|以内|采暖|供暖|冬季|左右|预计|计划|尽快|长期")


@dataclass(frozen=True)
class When:
    """A date as written: ISO text of its own precision, or why there is none.

    `verbal` means that the words say more than the date (“10月底前”) and should be kept; `needs_year` that
    only the year is missing; `bad` that it looks like a date and is none.
    """

    iso: str | None = None
    verbal: bool = False
    needs_year: bool = False
    bad: bool = False


def read_date(cell: Value, year: int | None = None) -> When:
    """The date in a cell; `year` completes one that was written without."""
    if isinstance(cell, datetime):
        return When(cell.date().isoformat())
    if isinstance(cell, date):
        return When(cell.isoformat())
    if isinstance(cell, bool) or cell is None:
        return When(bad=cell is not None)
    if isinstance(cell, int | float):
        return _of_number(float(cell))
    if not isinstance(cell, str):
        return When(bad=True)
    return _of_text(cell, year)


def _of_number(number: float) -> When:
    if not math.isfinite(number):
        return When(bad=True)
    whole = int(number)
    if number == whole and 1900 <= whole <= 2200:
        return When(str(whole))
    if _SERIALS[0] <= number <= _SERIALS[1]:
        return When((_EXCEL_EPOCH + timedelta(days=whole)).isoformat())
    return _of_text(f"{number:.2f}".rstrip("0").rstrip(".") if number < 3000 else str(whole), None)


@lru_cache(maxsize=8192)
def _of_text(words: str, year: int | None) -> When:
    text = unicodedata.normalize("NFKC", words).strip()
    text = _CHINESE_YEAR.sub(lambda match: match.group().translate(_DIGITS), text)
    text = _CHINESE_MONTH.sub(lambda match: str(_TENS[match.group()]), text)
    verbal = bool(_WORDS.search(text))
    if re.fullmatch(r"\d{5}(\.\d+)?", text) and _SERIALS[0] <= float(text) <= _SERIALS[1]:
        return _of_number(float(text))
    text = re.sub(r"\s*T?\s*\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$", "", text)
    odd = _odd(text)
    if odd is not None:
        return odd
    for pattern in (_FULL, _COMPACT):
        match = pattern.search(text)
        if match:
            iso = _iso(_century(match[1]), match[2], match[3])
            return When(iso, verbal or _has_more(text, match), bad=iso is None)
    return _of_parts(text, year, verbal)


def _odd(text: str) -> When | None:
    """Orders of their own: a short year first, a day first that can be nothing else, a span of months."""
    short, span, turned = _SHORT.fullmatch(text), _MONTHS.search(text), _DAY_FIRST.fullmatch(text)
    if span:  # “2018年9-10月” ends in October
        iso = _iso(int(span[1]), span[2], None)
        return When(iso, verbal=True, bad=iso is None)
    if short:
        iso = _iso(_century(short[1]), short[2], short[3])
        return When(iso, bad=iso is None)
    if turned:
        day, month = (
            (int(turned[1]), int(turned[2])) if int(turned[1]) > 12 else (int(turned[2]), int(turned[1]))
        )
        sure = max(day, month) > 12 or day == month  # 3/4/2018 may be either
        iso = _iso(int(turned[3]), str(month), str(day)) if sure else None
        return When(iso, bad=iso is None)
    return None


def _of_parts(text: str, year: int | None, verbal: bool) -> When:
    """A year with words, or a month or words without a year."""
    named = _YEAR.search(text)
    if named:
        year = _century(named[1] or named[2])
        text = f"{text[: named.start()]}年{text[named.end() :]}"
    rest = _span(text)
    if rest is None and named:
        return When(str(year), verbal or bool(re.sub(r"[年度\s]", "", text)))
    if rest is None:
        return When(verbal=verbal, bad=not verbal)
    month, day = rest
    if not 1 <= month <= 12:
        return When(bad=True)
    if year is None:
        return When(verbal=True, needs_year=True)
    iso = _iso(year, str(month), str(day) if day else None)
    return When(iso, verbal=True, bad=iso is None)


def _span(text: str) -> tuple[int, int | None] | None:
    """The month (and day) that words like 10月底, 三季度, 上半年, 年底 end with."""
    match = _MONTH.search(text)
    if match:
        return int(match[1]), int(match[2]) if match[2] else None
    quarter = re.search(r"第?([一二三四1-4])季度", text)
    if quarter:
        return _NAMES[quarter[1]] * 3, None
    for pattern, month in ((r"上半年|年中", 6), (r"下半年|年底|年末|年内|岁末|年前", 12), (r"年初", 1)):
        if re.search(pattern, text):
            return month, None
    return None


def _has_more(text: str, match: re.Match[str]) -> bool:
    return bool(re.search(r"[^\d\s.日号月年/-]", text[: match.start()] + text[match.end() :]))


def _century(digits: str) -> int:
    year = int(digits)
    return year if year >= 100 else 2000 + year if year < 70 else 1900 + year


def _iso(year: int, month: str, day: str | None) -> str | None:
    try:
        found = date(year, int(month), int(day or 1))
    except ValueError:
        return None
    return found.isoformat() if day else f"{found:%Y-%m}"
