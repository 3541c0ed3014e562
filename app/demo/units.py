"""Invented units that use boilers: names, codes, addresses and telephone numbers nobody has."""

from __future__ import annotations

import random
from dataclasses import dataclass

from app.demo.seed import MARK

_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: the signs of a unified social credit code
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗"
_ROADS = (
    "建设路",
    "人民路",
    "育才路",
    "东环路",
    "西环路",
    "振兴路",
    "文化路",
    "滨河路",
    "工业大道",
    "幸福巷",
)

# Usage → kinds of unit with the beginning of their credit code (GB 32100: 11 government, 12 public
# institution, 91 enterprise, 92 individual business).
_KINDS: dict[str, tuple[tuple[str, str], ...]] = {
    "school": (("{town}中心小学", "12"), ("{town}初级中学", "12"), ("{town}第{n}小学", "12"),
               ("{town}幼儿园", "12")),
    "hospital": (("{town}卫生院", "12"), ("{town}社区卫生服务中心", "12"), ("{place}康宁医院", "91")),
    "bath_catering": (("{place}清泉洗浴中心", "92"), ("{place}{name}浴池", "92"), ("{place}福来宾馆", "91"),
                      ("{place}{name}饭店", "92")),
    "heating": (("{place}{estate}小区供热站", "91"), ("{place}热力公司{estate}换热站", "91"),
                ("{town}政府机关锅炉房", "11"),
                ("{place}{estate}家属院锅炉房", "91")),
    "industrial_steam": (("{place}{name}食品厂", "91"), ("{place}果汁加工厂", "91"), ("{place}建材厂", "91"),
                         ("{place}酿造厂", "91"), ("{place}纸箱厂", "91")),
    "drying": (("{place}粮食收储站", "91"), ("{place}{name}药材烘干厂", "91")),
}  # fmt: skip
_NAMES = ("兴盛", "宏达", "金源", "瑞丰", "惠民", "永安", "华康", "恒通", "富民", "聚福")
_ESTATES = ("幸福", "安居", "阳光", "和谐", "锦绣", "康乐", "金桥", "北苑", "南苑", "东苑")


@dataclass(frozen=True)
class Unit:
    """One unit: what stands in the ledger's columns about it."""

    name: str
    uscc: str | None
    usage: str
    address: str
    contact: str
    phone: str


class Units:
    """Draws units one after the other; no name comes twice."""

    def __init__(self, source: random.Random) -> None:
        self._source = source
        self._names: set[str] = set()
        self._serial = 0

    def draw(self, county: str, town: str, place: str, tph: float) -> Unit:
        """A unit that may own such a boiler; `town` is the township's name, `place` the county's."""
        usage = self._usage(tph)
        pattern, kind = self._source.choice(_KINDS[usage])
        self._serial += 1
        coded = kind != "92" and self._source.random() < 0.85
        return Unit(
            name=self._name(pattern, town, place),
            uscc=credit_code(kind, county, self._serial) if coded else None,
            usage=usage,
            address=f"{town}{self._source.choice(_ROADS)}{self._source.randrange(1, 199)}号",
            contact=f"{self._source.choice(_SURNAMES)}某某",
            phone=f"0933-000{self._serial:04d}",
        )

    def _usage(self, tph: float) -> str:
        small = ("bath_catering", "school", "heating", "hospital", "drying")
        middle = ("heating", "heating", "school", "hospital", "industrial_steam")
        large = ("heating", "heating", "industrial_steam")
        return self._source.choice(small if tph <= 1 else middle if tph <= 4 else large)

    def _name(self, pattern: str, town: str, place: str) -> str:
        """The first name that is free: by the county, by the township, then with a number behind it."""
        for number in range(1, 100):
            name = pattern.format(
                town=town,
                place=place if number == 1 else town,
                n="一二三四五六七八九"[number % 9],
                name=self._source.choice(_NAMES),
                estate=self._source.choice(_ESTATES),
            )
            full = name if number < 3 else f"{name}{number}分部"
            if full not in self._names:
                break
        self._names.add(full)
        return full + MARK


def credit_code(kind: str, county: str, serial: int) -> str:
    """An invented unified social credit code whose two check characters are right (GB 32100, GB 11714)."""
    body = f"0{serial:07d}"
    total = sum(int(sign) * weight for sign, weight in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    check = (11 - total % 11) % 11
    first = f"{kind}{county}{body}{'X' if check == 10 else check}"
    rest = sum(_SIGNS.index(sign) * pow(3, place, 31) for place, sign in enumerate(first)) % 31
    return first + _SIGNS[(31 - rest) % 31]
