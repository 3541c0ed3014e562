"""Divisions by whatever a ledger calls them: name, short name, former name, code, or county and town in one
text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from shapely.geometry.base import BaseGeometry

from app.domain.entities.division import Division
from app.exchange.grid import without_spaces
from app.i18n import N_, listed, tr

_SUFFIX = re.compile(
    r"(?:回族自治县|自治县|县|区|市|镇|乡|街道办事处|街道办|街道|管委会|管理委员会|社区|村民委员会|村委会|村|居委会)$"
)
_COUNTY_DIGITS = 6


@dataclass(frozen=True)
class Place:
    """What a row's division words mean: a code, or why there is none; `doubt` tells of words that were left
    aside."""

    code: str | None = None
    why: str = ""
    doubt: str = ""


class Gazetteer:
    """The divisions of a workspace, found by the words ledgers use."""

    def __init__(self, divisions: Iterable[Division]) -> None:
        self._by_code = {division.code: division for division in divisions}
        self._names: dict[str, set[str]] = {}
        self._short: dict[str, set[str]] = {}
        for division in self._by_code.values():
            code = self._current(division.code)
            for name in (division.name, division.short_name, *division.aliases):
                if name:
                    self._names.setdefault(plain_name(name), set()).add(code)
                    self._short.setdefault(_SUFFIX.sub("", plain_name(name)), set()).add(code)
        self._resolve = lru_cache(maxsize=20_000)(self._resolve_words)

    def __len__(self) -> int:
        return len(self._by_code)

    def _current(self, code: str) -> str:
        """The code that replaced an abolished one."""
        for _ in range(5):
            division = self._by_code.get(code)
            if division is None or not division.replaced_by or division.replaced_by not in self._by_code:
                break
            code = division.replaced_by
        return code

    def name(self, code: str) -> str:
        """The name of a division, or the code itself when it is not known."""
        division = self._by_code.get(code)
        return division.name if division else code

    def county(self, code: str | None) -> str | None:
        """The county-level code a division belongs to, None for a city or an unknown one."""
        if not code or len(code) < _COUNTY_DIGITS or code[4:6] == "00":
            return None
        division = self._by_code.get(code[:_COUNTY_DIGITS])
        return self._current(division.code) if division else None

    def polygon(self, code: str | None) -> BaseGeometry | None:
        """The official outline a row's position is held against: its county's, never a made-up township's."""
        county = self.county(code)
        division = self._by_code.get(county or "")
        return division.geometry if division else None

    def resolve(self, words: Sequence[str]) -> Place:
        """The division that the words of a row name together, from the larger to the smaller."""
        return self._resolve(tuple(word for word in words if word))

    def _resolve_words(self, words: tuple[str, ...]) -> Place:
        found: str | None = None
        doubt = ""
        for word in sorted(words, key=self._rank):
            candidates = self._candidates(word, found)
            if found and not candidates:
                if self._candidates(word, None):
                    return Place(
                        None,
                        tr(N_("“{word}” does not belong to {place}."), word=word, place=self.name(found)),
                    )
                doubt = tr(
                    N_("“{word}” is not known in {place}; the row counts for {place}."),
                    word=word,
                    place=self.name(found),
                )
                continue
            if not candidates:
                return Place(None, tr(N_("There is no division “{word}” in this workspace."), word=word))
            if len(candidates) > 1:
                names = listed(f"{self.name(code[:6])} {self.name(code)}" for code in sorted(candidates))
                return Place(None, tr(N_("“{word}” may mean {names}."), word=word, names=names))
            found = next(iter(candidates))
        return Place(found, "", doubt)

    def _rank(self, word: str) -> int:
        """Larger divisions first, so that a town is looked for inside its county, whatever the columns'
        order."""
        plain = plain_name(word)
        codes = [plain] if plain.isdigit() else self._names.get(plain, ())
        return min((len(code.rstrip("0")) for code in codes), default=99)

    def _candidates(self, word: str, inside: str | None) -> set[str]:
        plain = plain_name(word)
        if re.fullmatch(r"\d{4,12}", plain):
            return self._by_digits(plain)
        for index in (self._names, self._short):
            codes = index.get(plain if index is self._names else _SUFFIX.sub("", plain), set())
            kept = {code for code in codes if _within(code, inside)}
            if kept:
                return _largest(kept) if inside is None else kept
        return self._split(plain, inside)

    def _by_digits(self, digits: str) -> set[str]:
        for code in (
            digits,
            digits[:9] if digits.endswith("000") else "",
            digits[:6] if len(digits) > 6 and not int(digits[6:]) else "",
        ):
            if code in self._by_code:
                return {self._current(code)}
        return set()

    def _split(self, plain: str, inside: str | None) -> set[str]:
        """“崆峒区柳湖镇”: a known name in front, and the rest inside it."""
        for length in range(len(plain) - 1, 1, -1):
            heads = {code for code in self._names.get(plain[:length], ()) if _within(code, inside)}
            rest = plain[length:].strip("-/、,，·")
            for head in heads:
                deeper = self._candidates(rest, head) if len(rest) >= 2 else set()
                if deeper:
                    return deeper
        return set()


@lru_cache(maxsize=32_768)
def plain_name(word: str) -> str:
    """A division's name without spaces, width, numbering, remarks in brackets and the province and city
    before it."""
    text = without_spaces(unicodedata.normalize("NFKC", word))
    text = re.sub(r"\([^)]*\)$", "", text)
    text = re.sub(r"^(?:第?[一二三四五六七八九十]+、|\d{1,2}[.、])", "", text)
    text = re.sub(r"^甘肃省(?=.)", "", text)
    text = re.sub(r"^平凉市(?=.{2,})", "", text)
    return re.sub(r"\.0$", "", text)


def _within(code: str, inside: str | None) -> bool:
    if inside is None:
        return True
    prefix = inside[:4] if inside[4:] == "00" else inside
    return code.startswith(prefix) and code != inside


def _largest(codes: set[str]) -> set[str]:
    """Without a county to look in, a county beats a town of the same short name."""
    shortest = min(len(code) for code in codes)
    return {code for code in codes if len(code) == shortest}
