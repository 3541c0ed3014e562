"""Boilers and changes of them, the same for every side that is measured."""

from __future__ import annotations

import random
import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from app.domain.replication import Cells

ROOT, COUNTY = "620800", "620802"
TOWNS = tuple(f"620802{number}" for number in range(100, 120))
CHANGES_AN_ACT = 20
BLOCK = 10_000  # rows that share one seed, so that any part can be made again
_POINT = struct.Struct("<BI2d")
_WIDE = 1600  # columns of the lattice on which boilers stand, about 140 m apart
_STEP, _WEST, _SOUTH = 0.0016, 105.3, 34.9
_FUELS = ("anthracite", "bituminous", "briquette", "biomass")
_USAGES = ("heating", "industrial_steam", "bath_catering", "school")
_STATES = ("registered",) * 6 + ("planned",) * 3 + ("suspect",)
_SURNAMES, _GIVEN = "王李张刘陈杨赵黄周吴徐孙", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明"
_TRADES = ("淀粉厂", "小学", "供热站", "养殖场", "酒店", "纺织厂", "卫生院", "果蔬加工厂", "砖厂", "浴池")
_NOTES = (
    "现场核实",
    "已通知整改",
    "停用待查",
    "资料不全",
    "户主外出",
    "已拍照",
    "烟囱破损",
    "已安装布袋除尘",
)
_APC = ("布袋除尘", "旋风除尘", "水膜除尘", "无", "布袋除尘+双碱法脱硫")
Sort = Literal["update", "move", "insert", "delete"]


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: cells by field id; a delete has none."""

    sort: Sort
    uid: str
    cells: Cells


def point(x: float, y: float) -> bytes:
    """WKB of a position."""
    return _POINT.pack(1, 1, x, y)


def uid_of(draw: random.Random) -> str:
    """A random uuid from a seed."""
    return str(uuid.UUID(int=draw.getrandbits(128), version=4))


def boilers(first: int, last: int) -> Iterator[tuple[str, Cells]]:
    """Uid and cells of the boilers `first` … `last` - 1."""
    for start in range(first - first % BLOCK, last, BLOCK):
        draw = random.Random(start)
        for number in range(start, min(start + BLOCK, last)):
            uid, cells = uid_of(draw), _boiler(draw, number, number)
            if number >= first:
                yield uid, cells


def town_of(number: int) -> str:
    """The town of a boiler."""
    return TOWNS[number % len(TOWNS)]


def edits(uids: list[str], count: int, seed: int) -> list[list[Edit]]:
    """`count` changes of the boilers with these uids in acts of twenty, each act in one town.

    70 % change an attribute, 10 % the position, 15 % add a boiler, 5 % delete one.
    """
    draw = random.Random(seed)
    gone: set[int] = set()
    acts = []
    for begun in range(0, count, CHANGES_AN_ACT):
        town = draw.randrange(len(TOWNS))
        act: list[Edit] = []
        touched: set[int] = set()
        while len(act) < min(CHANGES_AN_ACT, count - begun):
            number = draw.randrange(len(uids) // len(TOWNS)) * len(TOWNS) + town
            if number in gone or number in touched:
                continue
            touched.add(number)
            act.append(edit_of(draw, uids, number, gone, begun + len(act) + seed * 1_000_000))
        acts.append(act)
    return acts


def edit_of(draw: random.Random, uids: list[str], number: int, gone: set[int], serial: int) -> Edit:
    """One change of the boiler `uids[number]`, or a new one beside it."""
    chance = draw.random()
    if chance < 0.70:
        return Edit("update", uids[number], _attribute(draw))
    if chance < 0.80:
        return Edit("move", uids[number], {"geometry": _place(draw, number)})
    if chance < 0.95:
        cells = _boiler(draw, number, serial, "N")
        return Edit(
            "insert", uid_of(draw), {**cells, "geometry": _place(draw, number, 0.5), "status": "suspect"}
        )
    gone.add(number)
    return Edit("delete", uids[number], {})


def _attribute(draw: random.Random) -> Cells:
    """What an inspector corrects, most often a note."""
    chance = draw.random()
    if chance < 0.4:
        return {"note": f"{draw.choice(_NOTES)} {draw.randrange(1, 29)}日 {_person(draw)}"}
    if chance < 0.6:
        return {"coal_t": round(draw.uniform(5, 4000), 1)}
    if chance < 0.75:
        return {"rated_tph": draw.choice((0.5, 1.0, 2.0, 4.0, 6.0, 10.0, 15.0, 20.0))}
    if chance < 0.9:
        return {"apc": draw.choice(_APC)}
    return {"contact": _person(draw), "contact_phone": _phone(draw)}


def _boiler(draw: random.Random, number: int, serial: int, letter: str = "P") -> Cells:
    town = town_of(number)
    return {
        "geometry": _place(draw, number),
        "ledger_no": f"{letter}L-{serial:09d}",
        "user_org": f"{town[-3:]}镇{draw.choice(_TRADES)}{serial}",
        "div_code": town,
        "address": f"{town[-3:]}镇{draw.randrange(1, 40)}村{serial}号",
        "coord_src": "gps",
        "model": f"DZL{draw.randrange(1, 10)}-1.25-AII",
        "rated_tph": draw.choice((0.5, 1.0, 2.0, 4.0, 6.0, 10.0)),
        "usage": draw.choice(_USAGES),
        "fuel": draw.choice(_FUELS),
        "coal_t": round(draw.uniform(5, 4000), 1),
        "commissioned": f"{draw.randrange(1995, 2020)}-{draw.randrange(1, 13):02d}",
        "apc": draw.choice(_APC),
        "stack_m": float(draw.randrange(8, 60)),
        "contact": _person(draw),
        "contact_phone": _phone(draw),
        "status": draw.choice(_STATES),
        "round_no": 1,
    }


def _place(draw: random.Random, number: int, beside: float = 0.0) -> bytes:
    """A position near the place of a boiler on the lattice, or between the places."""
    x = _WEST + _STEP * (number % _WIDE + beside) + draw.uniform(-2e-4, 2e-4)
    y = _SOUTH + _STEP * (number // _WIDE + beside) + draw.uniform(-2e-4, 2e-4)
    return point(x, y)


def _person(draw: random.Random) -> str:
    return draw.choice(_SURNAMES) + draw.choice(_GIVEN) + draw.choice(_GIVEN)


def _phone(draw: random.Random) -> str:
    return f"13{draw.randrange(10**9):09d}"
