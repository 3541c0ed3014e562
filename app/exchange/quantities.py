"""Numbers as people write them: full-width digits, units beside them, several things in one cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.domain.fields import Field, Kind
from app.exchange.grid import Value, without_spaces

# How much of the field's own unit one of these is. 1 t/h of steam is 0.7 MW of heat (docs/sources.md).
_UNITS: Mapping[str, Mapping[str, float]] = {
    "t/h": {
        "t/h": 1.0, "T/H": 1.0, "蒸吨/小时": 1.0, "蒸吨/时": 1.0, "蒸吨/h": 1.0, "吨/小时": 1.0, "吨/时": 1.0,
        "吨/h": 1.0, "吨蒸汽/小时": 1.0, "蒸吨": 1.0, "蒸t": 1.0, "吨位": 1.0, "吨": 1.0, "t": 1.0, "T": 1.0,
        "MW": 1 / 0.7, "兆瓦": 1 / 0.7, "kW": 1 / 700.0, "千瓦": 1 / 700.0, "万大卡": 1 / 60.0,
        "万kcal/h": 1 / 60.0, "万kcal": 1 / 60.0, "万千卡": 1 / 60.0, "万大卡/小时": 1 / 60.0, "kg/h": 0.001,
    },
    "MW": {
        "MW": 1.0, "兆瓦": 1.0, "kW": 0.001, "千瓦": 0.001, "t/h": 0.7, "蒸吨": 0.7, "吨": 0.7, "t": 0.7,
        "万大卡": 0.7 / 60,
    },
    "t/a": {
        "t/a": 1.0, "吨/年": 1.0, "t/年": 1.0, "吨": 1.0, "t": 1.0, "万吨": 10_000.0, "万吨/年": 10_000.0,
        "千克": 0.001, "kg": 0.001,
    },
    "10k CNY": {"10k CNY": 1.0, "万元": 1.0, "万": 1.0, "元": 0.0001, "亿元": 10_000.0},
    "m": {"m": 1.0, "米": 1.0, "公里": 1000.0, "千米": 1000.0, "km": 1000.0, "厘米": 0.01, "cm": 0.01},
    "km²": {
        "km²": 1.0, "km2": 1.0, "平方公里": 1.0, "平方千米": 1.0, "公顷": 0.01, "ha": 0.01, "hm2": 0.01,
        "hm²": 0.01, "亩": 1 / 1500.0, "平方米": 1e-6, "m2": 1e-6, "m²": 1e-6,
    },
    "m³/d": {
        "m³/d": 1.0, "m3/d": 1.0, "立方米/日": 1.0, "立方米/天": 1.0, "方/日": 1.0, "吨/日": 1.0, "t/d": 1.0,
        "吨/天": 1.0, "万m³/d": 10_000.0, "万m3/d": 10_000.0, "万立方米/日": 10_000.0, "万吨/日": 10_000.0,
        "万方/日": 10_000.0,
    },
}  # fmt: skip
_COUNTS: Mapping[str, float] = {
    "万人": 10_000.0, "万": 10_000.0, "人": 1.0, "户": 1.0, "台": 1.0, "座": 1.0, "套": 1.0, "个": 1.0,
    "台(套)": 1.0,
}  # fmt: skip
_CHINESE = {
    "一": 1, "壹": 1, "两": 2, "二": 2, "贰": 2, "双": 2, "三": 3, "叁": 3, "四": 4, "肆": 4, "五": 5,
    "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
}  # fmt: skip
_ABOUT = r"(?:约|大约|≈|~|近)?"
_NUMBER = r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_COUNT = r"(\d{1,4}|[一壹两二贰双三叁四肆五六七八九十])"
_SEVERAL_FIRST = re.compile(
    rf"^{_ABOUT}(?:共)?{_COUNT}[台座套](?:锅炉)?(?:[*×xX,:、]|各|每台|均为|单台)*(.+)$"
)
_SEVERAL_LAST = re.compile(rf"^(.+?)(?:[*×xX,、/]|锅炉|的|各)*{_COUNT}[台座套]$")
_TIMES = re.compile(rf"^{_COUNT}[*×xX](.+)$")
_TIMES_LAST = re.compile(rf"^(.+?)[*×xX]{_COUNT}$")
_TOGETHER = re.compile(rf"(?:共)?{_COUNT}[台座套](\(.*[、,，;+].*\)|[,、]?(?:共计|合计|总计|共|总).+)")
_WRITTEN_OUT = re.compile(r"(半|[一壹两二贰三叁四肆五六七八九十])((?:蒸?吨|兆瓦|t).*)")
_MOST_LISTED = 40


@dataclass(frozen=True)
class Quantity:
    """A number in the field's own unit, how it was written, and how many things it was written for.

    `each` are the amounts of several things that a cell names one by one (“1台4吨、1台2吨”); `value` is then
    the first of them.
    """

    value: float
    written: float
    unit: str
    stated: bool
    count: int | None = None
    each: tuple[float, ...] = ()


def units_of(field: Field) -> Mapping[str, float]:
    """The units a field's numbers may be written in, each with its size in the field's own unit."""
    if field.kind not in (Kind.NUMBER, Kind.INTEGER):
        return {}
    return _UNITS.get(field.unit) or _COUNTS


@lru_cache(maxsize=2048)
def unit_in(words: str, field: Field) -> str:
    """The unit named in a bracket of a heading (“单位：t/h”), or an empty text."""
    text = re.sub(r"^(?:单位)[:：]?", "", unicodedata.normalize("NFKC", words).replace(" ", ""))
    known = _folded(field)
    if text.casefold() in known:
        return known[text.casefold()]
    for piece in re.split(r"[,、;；]|或", text):
        if piece.casefold() in known:
            return known[piece.casefold()]
    return ""


@lru_cache(maxsize=256)
def _folded(field: Field) -> dict[str, str]:
    """Spellings without capitals and with plain digits → the unit as listed."""
    return {unicodedata.normalize("NFKC", unit).casefold(): unit for unit in reversed(list(units_of(field)))}


def read_quantity(cell: Value, field: Field, unit: str) -> Quantity | None:
    """The number in a cell in the field's own unit; bare numbers are in `unit`. None when it is no number."""
    if isinstance(cell, bool) or cell is None:
        return None
    factors = units_of(field)
    if isinstance(cell, int | float):
        return Quantity(_scaled(float(cell), factors.get(unit, 1.0)), float(cell), unit or field.unit, False)
    if not isinstance(cell, str):
        return None
    text = _in_digits(_plain(cell))
    together = _TOGETHER.fullmatch(text)
    if together and field.kind is not Kind.INTEGER:
        return _of_all(together[1], together[2], field, unit)
    single = _one(text, field, unit) or _one(re.sub(r"\([^()\d]*\)$", "", text), field, unit)
    single = single if single is not None else _twice(text, field, unit)
    single = single if single is not None else _several(text, field, unit)
    return single if single is not None else _listed(text, field, unit)


def only_count(cell: Value) -> int | None:
    """The number in “2台”, which says how many and not how much; None for anything else."""
    found = (
        re.fullmatch(rf"(?:共)?{_COUNT}[台座套](?:锅炉)?", _plain(cell)) if isinstance(cell, str) else None
    )
    return _count(found[1]) or None if found else None


def _in_digits(text: str) -> str:
    """“二吨”, “半吨” in digits."""
    found = _WRITTEN_OUT.fullmatch(text)
    return f"{_CHINESE.get(found[1], 0.5):g}{found[2]}" if found else text


def _of_all(count: str, rest: str, field: Field, unit: str) -> Quantity | None:
    """“3台共6蒸吨”: of all together; “2台（4吨、2吨）”: each named, when there are as many as are said."""
    number = _count(count)
    listed = _listed(rest.strip("()"), field, unit) if rest.startswith("(") else None
    if listed is not None:
        return listed if len(listed.each) == number else None
    total = _one(re.sub(r"^[,、]?(?:共计|合计|总计|共|总)", "", rest), field, unit)
    if total is None:
        return None
    each = round(total.value / number, 4)
    return Quantity(each, total.written / number, total.unit, total.stated, number, (each,) * number)


def _twice(text: str, field: Field, unit: str) -> Quantity | None:
    """“14MW(20t/h)”: the same amount in two units; None when they say different things."""
    parts = re.fullmatch(r"([^()]+)\(([^()]+)\)", text)
    both = [_one(part, field, unit) for part in parts.groups()] if parts else []
    if len(both) < 2 or both[0] is None or both[1] is None or both[0].unit == both[1].unit:
        return None
    agree = abs(both[0].value - both[1].value) <= 0.02 * abs(both[0].value)
    return both[0] if agree and both[0].stated and both[1].stated else None


def _listed(text: str, field: Field, unit: str) -> Quantity | None:
    """“1台4吨、1台2吨”, “4t/h+2t/h”: things named one by one, each with its own amount and its unit."""
    pieces = [piece for piece in re.split(r"[、,，;；+＋和及]", text) if piece]
    if len(pieces) < 2 or field.kind is Kind.INTEGER:
        return None
    found = [_one(piece, field, unit) or _several(piece, field, unit) for piece in pieces]
    known = [item for item in found if item is not None and (item.stated or item.count)]
    if len(known) < len(pieces):
        return None
    each = tuple(item.value for item in known for _ in range(item.count or 1))
    if len(each) > _MOST_LISTED:
        return None
    return Quantity(
        known[0].value, known[0].written, known[0].unit, all(k.stated for k in known), len(each), each
    )


def _plain(cell: str) -> str:
    text = unicodedata.normalize("NFKC", cell)
    text = without_spaces(text).replace("×", "*").replace("·", ".")
    return re.sub(r"(?<=\d),(?=\d{3}(?:\D|$))", "", text)


def _one(text: str, field: Field, unit: str) -> Quantity | None:
    match = re.fullmatch(rf"{_ABOUT}({_NUMBER})(.*?)(?:左右|以内|/台|每台|锅炉)?", text)
    if match is None:
        return None
    number, rest = float(match[1]), match[2].strip("()")
    if not rest:
        return Quantity(_scaled(number, units_of(field).get(unit, 1.0)), number, unit or field.unit, False)
    named = _folded(field).get(rest.casefold())
    if named is None:
        return None
    return Quantity(_scaled(number, units_of(field)[named]), number, named, True)


def _several(text: str, field: Field, unit: str) -> Quantity | None:
    """“2台4蒸吨”, “4t/h×2台”, “2×4t/h”, “两台4吨”: a count and an amount."""
    if field.kind is Kind.INTEGER:
        match = re.fullmatch(rf"{_COUNT}[台座套个]?(?:\D.*)?", text)
        return Quantity(float(_count(match[1])), float(_count(match[1])), "", False) if match else None
    text = text.replace("(", ",").replace(")", "")
    for pattern, count_group, amount_group in (
        (_SEVERAL_FIRST, 1, 2), (_SEVERAL_LAST, 2, 1), (_TIMES, 1, 2), (_TIMES_LAST, 2, 1),
    ):  # fmt: skip
        match = pattern.match(text)
        amount = _one(match[amount_group].strip("()，,"), field, unit) if match else None
        if match and amount:
            return Quantity(
                amount.value, amount.written, amount.unit, amount.stated, _count(match[count_group])
            )
    return None


def _count(word: str) -> int:
    return int(word) if word.isdigit() else _CHINESE[word]


def _scaled(number: float, factor: float) -> float:
    """Converted numbers are rounded to what the conversion can bear; 2.8 MW is 4 t/h, not
    4.000000000000001."""
    return number if factor == 1.0 else round(number * factor, 6)
