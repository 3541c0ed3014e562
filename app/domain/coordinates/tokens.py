"""A coordinate text taken apart: numbers with their marks, the words that say which is which, and hints."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

LON, LAT, NORTH_AXIS, EAST_AXIS, X_AXIS, Y_AXIS = "lon", "lat", "north", "east", "x", "y"

_MARKS = str.maketrans(
    {
        **dict.fromkeys("º˚゜", "°"),
        **dict.fromkeys("′‵＇‘’`´ʹ", "'"),
        **dict.fromkeys("″‶＂“”〃〞ʺ", '"'),
        **dict.fromkeys("，、；;／/|＼\\", ","),
        **dict.fromkeys("−－–—﹣", "-"),
    }
)
_WORDS = ((r"(?<=\d)\s*度", "°"), (r"(?<=\d)\s*分(?!带)", "'"), (r"(?<=\d)\s*秒", '"'), (r"''", '"'))
_HINTS = (
    ("gcj02", r"GCJ-?_?0?2|高德|腾讯|火星|AMAP"),
    ("bd09", r"BD-?_?0?9(?:LL)?|百度|BAIDU"),
    ("xian80", r"西安\s*80|1980\s*西安|XIAN\s*(?:19)?80|80西安"),
    ("beijing54", r"北京\s*54|1954\s*北京|BEIJING\s*(?:19)?54|BJ-?54"),
    ("cgcs2000", r"CGCS\s*-?2000|2000国家大地(?:坐标系)?|国家2000|大地2000|2000坐标系?"),
    ("wgs84", r"WGS\s*-?_?(?:19)?84|GPS"),
    ("utm", r"UTM"),
)
_EPSG = re.compile(r"EPSG\s*:?\s*(\d{4,5})")
_ZONE = re.compile(r"(?:第|带号|ZONE)\s*:?\s*(\d{2})\s*带?|(?<![\d.])(\d{2})\s*(?:带|度带)")
_MERIDIAN = re.compile(r"(?:中央(?:经线|子午线)|CM)\s*:?\s*(\d{2,3}(?:\.\d+)?)\s*°?\s*E?")
_MERIDIAN_SAID = re.compile(
    r"(?:中央(?:经线|子午线)|CM)\D{0,6}?(\d{2,3}(?:\.\d+)?)(?![\d.])\s*°?\s*(?:(\d{1,2})(?:\.0+)?\s*')?"
)
_BELT = re.compile(r"[36三六]\s*[°度]\s*分?带")
_ROLES = (
    (LON, -1, r"西经"),
    (LAT, -1, r"南纬"),
    (LON, 1, r"东经|经度|經度|LONGITUDE|LONG|LON|LNG"),
    (LAT, 1, r"北纬|纬度|緯度|LATITUDE|LAT"),
    (NORTH_AXIS, 1, r"纵坐标|北坐标|NORTHING"),
    (EAST_AXIS, 1, r"横坐标|东坐标|EASTING"),
    (LON, 1, r"E(?![A-Z])"),
    (LAT, 1, r"N(?![A-Z])"),
    (LON, -1, r"W(?![A-Z])"),
    (LAT, -1, r"S(?![A-Z])"),
    (X_AXIS, 1, r"X(?![A-Z])"),
    (Y_AXIS, 1, r"Y(?![A-Z])"),
    (LON, 1, r"L(?![A-Z])"),
    (LAT, 1, r"B(?![A-Z])"),
)
_TOKEN = re.compile(
    "|".join(f"(?P<role{n}>(?<![A-Z]){pattern})" for n, (_, _, pattern) in enumerate(_ROLES))
    + r"|(?P<number>[+-]?\d+(?:\.\d+)?)|(?P<mark>[°'\"])|(?P<comma>,)|(?P<junk>[^\s°'\",:=()\[\]{}.+-])"
)
_CHAINS = (
    re.compile(r"(?<![\d.])(\d{2,3})\.(\d{1,2})\.(\d{1,2}(?:\.\d+)?)(?![\d.])"),
    re.compile(r"(?<![\d.:])(\d{2,3}):(\d{1,2}):(\d{1,2}(?:\.\d+)?)(?![\d:])"),
    re.compile(r"(?<![\d.-])(\d{2,3})-(\d{1,2})-(\d{1,2}(?:\.\d+)?)(?![\d-])"),
)


@dataclass
class Part:
    """One of the two numbers of a position: its values as written, their marks, and what it was called."""

    values: list[float] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    role: str = ""
    sign: int = 1

    @property
    def marked(self) -> bool:
        """True when a degree, minute or second mark is present."""
        return any(self.marks)

    @property
    def angular(self) -> bool:
        """True when it must be degrees: marks, or more than one value."""
        return self.marked or len(self.values) > 1


@dataclass(frozen=True)
class Written:
    """A text taken apart; `hints` are the systems it names, `zone` a zone number it states."""

    parts: tuple[Part, ...]
    hints: tuple[str, ...]
    epsg: int | None
    zone: int | None
    junk: bool


def clean(text: str) -> str:
    """The text with one spelling for every mark, full-width characters made plain, in capitals."""
    plain = unicodedata.normalize("NFKC", text.translate(_MARKS)).translate(_MARKS).upper()
    for pattern, mark in _WORDS:
        plain = re.sub(pattern, mark, plain)
    return plain


def take_apart(text: str) -> Written:
    """Find the numbers of a coordinate text, what belongs together, and what the text says about itself."""
    plain = clean(text)
    hints = tuple(name for name, pattern in _HINTS if re.search(pattern, plain))
    epsg, zone = _EPSG.search(plain), _zone(plain)
    for pattern in (_EPSG.pattern, _MERIDIAN.pattern, _BELT.pattern, _ZONE.pattern, *(p for _, p in _HINTS)):
        plain = re.sub(pattern, " ", plain)
    plain = re.sub(r"POINT\s*Z?", " ", plain)
    for chain in _CHAINS:
        plain = chain.sub(r"\1°\2'\3" + '"', plain)
    tokens = [(match.lastgroup or "", match.group()) for match in _TOKEN.finditer(plain)]
    parts = _regroup(_group(tokens))
    junk = any(kind == "junk" for kind, _ in tokens)
    return Written(tuple(parts), hints, int(epsg[1]) if epsg else None, zone, junk)


def _zone(plain: str) -> int | None:
    meridian = _MERIDIAN.search(plain)
    if meridian and float(meridian[1]) % 3 == 0:
        return round(float(meridian[1]) / 3)
    stated = _ZONE.search(_BELT.sub(" ", plain))
    return int(stated[1] or stated[2]) if stated else None


def stated_zone(text: str) -> str:
    """The zone a title or note names: the number of the 3-degree zone with its meridian, `tm:106.5` for a
    meridian of its own, empty when it names none."""
    plain = clean(text)
    meridian = _MERIDIAN_SAID.search(plain)
    if meridian:
        lon = float(meridian[1]) + float(meridian[2] or 0) / 60
        return str(round(lon / 3)) if lon % 3 == 0 else f"tm:{round(lon, 6):g}"
    zone = (_zone(plain) or 0) if re.search("带|ZONE", plain) else 0
    if 13 <= zone <= 23:  # of six degrees: its meridian is that of this zone of three
        return str(2 * zone - 1)
    return str(zone) if 25 <= zone <= 45 else ""


def _group(tokens: list[tuple[str, str]]) -> list[Part]:
    """Put tokens into parts; a direction stands before its number or after it, the same way all along."""
    kinds = [kind for kind, _ in tokens]
    first_role = next((n for n, kind in enumerate(kinds) if kind.startswith("role")), None)
    before = first_role is not None and "number" not in kinds[:first_role]
    parts: list[Part] = []
    current: Part | None = None
    for index, (kind, word) in enumerate(tokens):
        if kind.startswith("role"):
            current = _take_role(parts, current, _ROLES[int(kind[4:])][:2], before)
        elif kind == "comma":
            current = None if current is None or current.values else current
        elif kind == "mark" and current is not None and current.values:
            current.marks[-1] = current.marks[-1] or word
        elif kind == "number":
            if current is None or not _continues(current, word, tokens[index + 1 : index + 2]):
                current = Part()
                parts.append(current)
            _add(current, word)
    return [part for part in parts if part.values]


def _take_role(parts: list[Part], current: Part | None, role: tuple[str, int], before: bool) -> Part | None:
    if before:
        parts.append(Part(role=role[0], sign=role[1]))
        return parts[-1]
    if current is not None and not current.role:
        current.role, current.sign = role
    return None


def _add(part: Part, word: str) -> None:
    value = float(word)
    if word.startswith("-") and not part.values:
        part.sign, value = -part.sign, abs(value)
    part.values.append(value)
    part.written.append(word.lstrip("+-"))
    part.marks.append("")


def _continues(part: Part, word: str, following: list[tuple[str, str]]) -> bool:
    """Does this number go on with the part (minutes after degrees), or begin the next one?"""
    if not part.values:
        return True
    mark = following[0][1] if following and following[0][0] == "mark" else ""
    if mark == "°" or (len(part.values) >= 3 and part.marked):
        return False
    if mark:
        return len(part.values) < 3
    if part.marked:
        return "." not in part.written[-1] and float(word) < 60 and len(part.values) < 3
    return True


def _regroup(parts: list[Part]) -> list[Part]:
    """Unmarked runs of 2, 4 or 6 numbers are two parts; a third number alone is a height and is left out."""
    if len(parts) == 1 and not parts[0].marked and len(parts[0].values) in (2, 4, 6):
        return _halves(parts[0].values, parts[0].written, parts[0].role, parts[0].sign)
    if len(parts) in (4, 6) and not any(part.angular or part.role for part in parts):
        values = [part.values[0] for part in parts]
        return _halves(values, [part.written[0] for part in parts], "", 1)
    if len(parts) == 3 and not parts[2].angular and not parts[2].role:
        return parts[:2]
    return parts


def _halves(values: list[float], written: list[str], role: str, sign: int) -> list[Part]:
    half = len(values) // 2
    first = Part(values[:half], written[:half], [""] * half, role, sign)
    return [first, Part(values[half:], written[half:], [""] * half)]
