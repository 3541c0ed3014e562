"""Which field a column's heading means, and how certainly: the entity's labels and aliases against the
words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property, lru_cache

from app.domain.entity import EntityType, Shape
from app.domain.fields import Field, Kind
from app.exchange.quantities import unit_in
from app.exchange.rules.base import Rules
from app.i18n import LANGUAGES, in_language

X, Y, XY = "x", "y", "xy"
IGNORED = "-"
_ALIKE = 0.75
_OUTRIGHT = 0.97
KNOWN_FROM = 0.5  # a column is mapped from this certainty on

_IGNORE = frozenset(
    "序号 顺序号 序 NO NO. 序次 照片 图片 签字 签名 盖章 FID OBJECTID GID SHAPE_LENG SHAPE_AREA 图例".split()
)
_POSITION = {
    X: (
        "经度",
        "东经",
        "经",
        "LON",
        "LONGITUDE",
        "LNG",
        "LONG",
        "E",
        "EAST",
        "EASTING",
        "横坐标",
        "东坐标",
        "X",
        "X坐标",
        "经度坐标",
        "经度X",
        "经度E",
        "坐标X",
        "经纬度经度",
        "POINT_X",
        "COORD_X",
        "中心经度",
        "东经E",
        "经度LON",
        "L",
    ),
    Y: (
        "纬度",
        "北纬",
        "纬",
        "LAT",
        "LATITUDE",
        "N",
        "NORTH",
        "NORTHING",
        "纵坐标",
        "北坐标",
        "Y",
        "Y坐标",
        "纬度坐标",
        "纬度Y",
        "纬度N",
        "坐标Y",
        "经纬度纬度",
        "POINT_Y",
        "COORD_Y",
        "中心纬度",
        "北纬N",
        "纬度LAT",
        "B",
    ),
    XY: (
        "坐标",
        "经纬度",
        "地理坐标",
        "中心坐标",
        "位置坐标",
        "经纬度坐标",
        "GPS坐标",
        "地理位置坐标",
        "坐标位置",
        "东经北纬",
        "经纬坐标",
        "坐标信息",
        "坐标点",
        "中心经纬度",
        "GPS",
        "定位",
        "定位坐标",
        "坐标(经纬度)",
        "WKT",
    ),
}
# A heading that ends so; surveyors' X is the north, so beside 横 and 纵 the letter says nothing.
_AXES = (
    (XY, r"经纬度"),
    (X, r"经度[XEL]?$|[横东]坐标[XYE]?$"),
    (Y, r"纬度[YNB]?$|[纵北]坐标[XYN]?$"),
    (XY, r"坐标$"),
)
_PARTS = {"度": "deg", "°": "deg", "分": "min", "′": "min", "'": "min", "秒": "sec", "″": "sec", '"': "sec"}
_SYSTEM_WORDS = re.compile(
    r"CGCS2000|WGS84|WGS-84|国家2000|2000坐标系?|2000国家大地坐标系?|高德|百度|腾讯|GCJ-?02|BD-?09|火星|十进制|小数"
)
# Units that belong to one kind of amount only, by the unit of the field that is measured so.
TELLING_UNITS = {"t/h": {"t/h", "T/H", "蒸吨", "蒸吨/小时", "蒸吨/时", "吨/小时", "吨/时"}}
_STEAM = Field(Kind.NUMBER, "", unit="t/h")
# Words that mean a field when they stand alone, and anything at the end of another heading.
_GENERIC = frozenset("名称 编码 其他 说明 位置 地点 类型 级别 用户 类别 日期 时间".split())
_WEAK = _GENERIC | {"状态", "情况"}  # they give way to a heading that says more
_PAREN = re.compile(r"[(\[【〔]([^()\[\]【】〔〕]*)(?:[)\]】〕]|$)")  # the end may be cut off


@dataclass(frozen=True)
class Match:
    """One meaning of a heading: the field (or x, y, xy, or `-` for a column to leave out), certainty and
    details.

    `choice` is the code that a tick in this column means; `part` is deg, min or sec of a split angle.
    """

    field: str
    certainty: float
    choice: str = ""
    part: str = ""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Every spelling of every field that may be read for an entity, and of those that may not (`unread`)."""

    type: EntityType
    rules: Rules
    spellings: Mapping[str, frozenset[str]]
    unread: frozenset[str] = frozenset()

    def field(self, name: str) -> Field | None:
        """The declaration of a field, or None for x, y and the like."""
        return self.type.fields.get(name)

    def named_by(self, words: Iterable[str]) -> set[str]:
        """The fields of which some spelling may be told from these words; most cells name none."""
        found: set[str] = set()
        for word in words:
            found.update(self._whole.get(word, ()))
            found.update(self._in_part(word))
        return found

    def _in_part(self, word: str) -> list[str]:
        """The fields of which a spelling is in a word, or cut to it."""
        if word not in self._starts and not self._within.search(word):
            return []
        cut = len(word) >= 3
        hits = (
            mine for name, mine in self._telling.items() if name in word or (cut and name.startswith(word))
        )
        return [field for mine in hits for field in mine]

    @cached_property
    def _whole(self) -> Mapping[str, Sequence[str]]:
        """The fields of each spelling."""
        found: dict[str, list[str]] = {}
        for field, names in self.spellings.items():
            for name in names:
                found.setdefault(name, []).append(field)
        return found

    @cached_property
    def _telling(self) -> Mapping[str, Sequence[str]]:
        """The fields of each spelling that tells something where it is only a part."""
        return {name: mine for name, mine in self._whole.items() if _tells(name)}

    @cached_property
    def _starts(self) -> frozenset[str]:
        """What a spelling may be cut to."""
        return frozenset(name[:end] for name in self._telling for end in range(3, len(name)))

    @cached_property
    def _within(self) -> re.Pattern[str]:
        """Finds a spelling in the middle of a heading."""
        return re.compile("|".join(map(re.escape, self._telling)) or "(?!)")


@lru_cache(maxsize=32)
def vocabulary(kind: EntityType, rules: Rules) -> Vocabulary:
    """The spellings of an entity's fields from its labels in every language, aliases, names and rules."""
    spellings = {}
    for name, field in kind.fields.items():
        if name in rules.not_read or field.secret:
            continue
        words = {name, field.label, *field.aliases, *rules.headings.get(name, ())}
        words |= {in_language(code, field.label) for code in LANGUAGES}
        spellings[name] = frozenset(plain(word) or word.upper() for word in words)
    read = set().union(*spellings.values())
    unread = {
        plain(in_language(code, field.label))
        for name, field in kind.fields.items()
        if name not in spellings
        for code in LANGUAGES
    }
    return Vocabulary(kind, rules, spellings, frozenset(unread - read))


@lru_cache(maxsize=8192)
def plain(words: str) -> str:
    """A heading without what does not matter: spaces, width, stars, brackets with units or explanations."""
    text = unicodedata.normalize("NFKC", words).upper()
    return re.sub(r"[\s*※#:。.、_\-—/]+", "", _PAREN.sub("", text))


def bracketed(words: str) -> list[str]:
    """What stands in brackets in a heading: units and explanations."""
    return _PAREN.findall(unicodedata.normalize("NFKC", words).replace(" ", ""))


def matches(path: Sequence[str], words: Vocabulary, fuzzy: bool = False) -> Sequence[Match]:
    """The meanings of a heading given over one to three rows (`path`), the likeliest first."""
    return _matches(tuple(path), words, fuzzy)


# A file is read again after each answer, and a cell is asked about under titles of every depth.
@lru_cache(maxsize=16_384)
def _matches(path: tuple[str, ...], words: Vocabulary, fuzzy: bool) -> Sequence[Match]:
    parts = [part for part in (plain(piece) for piece in path) if part]
    if not parts:
        return []
    if parts[-1] in _IGNORE or parts[-1] in words.unread:
        return [Match(IGNORED, 0.99)]
    after = _is_after(parts, words.rules)
    found = [
        *_positions(parts, path, words.type),
        *_ticks(parts, words),
        *_fields(parts, path, words, fuzzy),
    ]
    allowed = [_moved(match, words.rules, after, "".join(parts)) for match in found]
    return sorted((match for match in allowed if match), key=lambda match: -match.certainty)


def _is_after(parts: Sequence[str], rules: Rules) -> bool:
    return any(word in part for part in parts for word in rules.after_words)


def _moved(match: Match, rules: Rules, after: bool, heading: str) -> Match | None:
    """What replaced the thing is never the thing's own value; and some words turn a meaning into another."""
    name = match.field
    if name in rules.never and re.search(rules.never[name], heading) and match.certainty < 0.97:
        return None
    for pattern, start, end in rules.turned:
        if name == start and match.certainty < 0.97 and re.search(pattern, heading):
            name = end
    if after:
        name = rules.after_fields.get(name, name)
        return None if name in rules.after_blocked else replace(match, field=name)
    if name in rules.after_fields.values() and match.certainty < 0.9:
        return None
    return replace(match, field=name)


def _positions(parts: Sequence[str], path: Sequence[str], kind: EntityType) -> list[Match]:
    if kind.shape is Shape.NONE:
        return []
    leaf = _SYSTEM_WORDS.sub("", parts[-1])
    inside = bracketed(path[-1])
    angle = _PARTS.get(str(path[-1]).strip()) or (_PARTS.get(inside[0]) if inside else None)
    for axis in (X, Y):
        owner = [part for part in (parts if inside else parts[:-1]) if part in _POSITION[axis]]
        if angle and owner:
            return [Match(axis, 0.97, part=angle)]
    explained = _explained(leaf, "".join(bracketed(path[-1])).upper())
    if explained:
        return [Match(explained, 0.93)]
    for axis in (X, Y, XY):
        if leaf in _POSITION[axis]:
            return [Match(axis, 0.98 if len(leaf) > 1 else 0.9)]
    for axis, ending in _AXES:
        if re.search(ending, leaf) and not re.search(r"来源|系$", leaf):
            return [Match(axis, 0.85)]
    return []


def _explained(leaf: str, inside: str) -> str:
    """What the brackets behind a heading say about it: “Y（东）”, “位置（经纬度）”."""
    if leaf.endswith(("位置", "坐标", "定位")):
        axis = {"经度": X, "东经": X, "纬度": Y, "北纬": Y}.get(inside)
        if axis or "经纬度" in inside:
            return axis or XY
    if leaf in ("X", "Y", "X坐标", "Y坐标", "坐标X", "坐标Y"):
        return X if re.search(r"东|横|^E$", inside) else Y if re.search(r"北|纵|^N$", inside) else ""
    return ""


def _ticks(parts: Sequence[str], words: Vocabulary) -> list[Match]:
    """A column headed by one word of a code list under the list's own heading: a tick means that word."""
    if len(parts) < 2:
        return []
    found = []
    for name, names in words.spellings.items():
        field = words.type.fields[name]
        if field.kind is Kind.CHOICE and field.choices and parts[-2] in names:
            code = field.choices.code_of(parts[-1]) or words.rules.code_in(name, parts[-1])
            if code:
                found.append(Match(name, 0.95, choice=code))
    return found


def _fields(parts: Sequence[str], path: Sequence[str], words: Vocabulary, fuzzy: bool) -> list[Match]:
    leaf, joined = parts[-1], "".join(parts)
    pair = "".join(parts[-2:])
    bare = _without(leaf, (*words.rules.after_words, *words.rules.before_words))
    units = {word for piece in path for word in bracketed(piece)}
    wholes = {joined, pair} if len(parts) > 1 else set[str]()
    sure = dict.fromkeys(words.spellings, 0.0)
    for name in words.named_by({leaf, bare, *wholes}):
        sure[name] = _certainty({leaf, bare}, wholes, words.spellings[name])
    fuzzy = fuzzy and max(sure.values(), default=0.0) < _OUTRIGHT  # the very words are nothing alike them
    found = []
    for name, names in words.spellings.items():
        certainty = sure[name]
        if fuzzy and certainty < KNOWN_FROM:
            certainty = max(certainty, _alike(bare, names))
        certainty = _with_units(certainty, words.type.fields[name], units)
        if certainty >= KNOWN_FROM:
            found.append(Match(name, round(certainty, 3)))
    return found


def _with_units(certainty: float, field: Field, units: set[str]) -> float:
    """A unit in the heading speaks for the field measured so, and against those that are not numbers."""
    for unit in units:
        telling = field.unit in TELLING_UNITS and unit_in(unit, field) in TELLING_UNITS[field.unit]
        if telling:
            return max(certainty, 0.8)
        if unit_in(unit, _STEAM) and field.kind is not Kind.NUMBER and certainty < 0.97:
            return certainty * 0.7
    return certainty


def _without(leaf: str, words: Sequence[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        if leaf.startswith(word) and len(leaf) > len(word) + 1:
            return leaf[len(word) :]
    return leaf


def _certainty(leaves: set[str], wholes: set[str], names: frozenset[str]) -> float:
    if wholes & names:
        return 0.99
    if leaves & names:
        return 0.9 if leaves <= _WEAK else 0.97
    best = 0.0
    for leaf in leaves:
        for name in names:
            if not _tells(name):
                continue
            if leaf.endswith(name):
                best = max(best, 0.6 + 0.33 * len(name) / len(leaf))
            elif name in leaf:
                best = max(best, 0.35 + 0.25 * len(name) / len(leaf))
            elif len(leaf) >= 3 and name.startswith(leaf):
                best = max(best, 0.55 + 0.35 * len(leaf) / len(name))
    return best


def _tells(name: str) -> bool:
    """Whether a spelling tells something where it is only a part of a heading."""
    return len(name) >= 2 and name not in _GENERIC


def _alike(leaf: str, names: frozenset[str]) -> float:
    if len(leaf) < 3:
        return 0.0
    near = [name for name in names if len(name) >= 3 and _may_be_alike(leaf, name)]
    best = max((SequenceMatcher(None, leaf, name).ratio() for name in near), default=0.0)
    return 0.8 * best if best >= _ALIKE else 0.0


def _may_be_alike(leaf: str, name: str) -> bool:
    """A cheap bound above the ratio: most headings share too few signs to be compared at length."""
    return 2 * sum(sign in name for sign in leaf) >= _ALIKE * (len(leaf) + len(name))
