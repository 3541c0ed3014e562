"""How a position looks in a county's ledger: the systems, notations and columns people write it in."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from shapely import contains_xy
from shapely.geometry.base import BaseGeometry

from app.domain.coordinates.formats import degrees_minutes, dms
from app.domain.coordinates.gcj import to_bd09, to_gcj02
from app.domain.coordinates.zones import transform
from messy_cells import WIDE

_DEGREES = (("经度", "纬度"), ("东经", "北纬"), ("经度（E）", "纬度（N）"), ("X", "Y"))


@dataclass(frozen=True)
class Notation:
    """One way of writing positions: the system, how numbers are written, which columns, and their headings.

    `near_m` is how far rounding may take a point away; `answers` are what a person would say when asked.
    """

    name: str
    system: str
    columns: tuple[str, ...] = ("x", "y")
    headings: tuple[tuple[str, ...], ...] = _DEGREES
    near_m: float = 1.0
    answers: tuple[tuple[str, str], ...] = ()
    layer: str = ""


_METRES = (("X坐标", "Y坐标"), ("X", "Y"), ("横坐标", "纵坐标"), ("东坐标", "北坐标"))
_TURNED = (("X（纵坐标）", "Y（横坐标）"), ("X（北）", "Y（东）"))
_ONE = (("坐标",), ("经纬度",), ("地理坐标",), ("坐标（经纬度）",))
_SAID = (("经度（CGCS2000）", "纬度（CGCS2000）"), ("经度(WGS84)", "纬度(WGS84)"))
_CGCS = (("crs", "EPSG:4490"),)

TABLE = (
    Notation("plain", "EPSG:4490", answers=_CGCS),
    Notation("plain wide", "EPSG:4490", answers=_CGCS),
    Notation("plain text", "EPSG:4490", answers=_CGCS),
    Notation("labelled", "EPSG:4490", headings=_SAID),
    Notation("gcj", "gcj02", answers=(("crs", "gcj02"),)),
    Notation("gcj labelled", "gcj02", headings=(("高德经度", "高德纬度"),), answers=(("crs", "gcj02"),)),
    Notation("bd", "bd09", answers=(("crs", "bd09"),)),
    Notation("bd labelled", "bd09", headings=(("百度经度", "百度纬度"),), answers=(("crs", "bd09"),)),
    Notation("dms", "EPSG:4490", answers=_CGCS),
    Notation("dms words", "EPSG:4490", answers=_CGCS),
    Notation("minutes", "EPSG:4490", near_m=3.0, answers=_CGCS),
    Notation("packed", "EPSG:4490", answers=(("crs", "packed"),)),
    Notation("parts", "EPSG:4490", ("x:度", "x:分", "x:秒", "y:度", "y:分", "y:秒"), answers=_CGCS),
    Notation("one", "EPSG:4490", ("xy",), _ONE, answers=_CGCS),
    Notation("one dms", "EPSG:4490", ("xy",), _ONE, 3.0, answers=_CGCS),
    Notation("one latitude first", "EPSG:4490", ("xy",), _ONE, answers=_CGCS),
    Notation("swapped", "EPSG:4490", answers=(*_CGCS, ("axes", "yx"))),
    Notation("gk3 prefix", "zone3+", headings=_METRES),
    Notation("gk3 turned", "zone3+", headings=_TURNED),
    Notation("gk3 bare", "zone3", headings=_METRES, answers=(("zone", "fit"),)),
    Notation("gk3 bare turned", "zone3", headings=_TURNED, answers=(("zone", "fit"),)),
    Notation("gk3 wrong", "zone3!", headings=_METRES, answers=(("zone", "fit"),)),
    Notation("gk6 prefix", "EPSG:4496", headings=_METRES),
    Notation("gk6 bare", "EPSG:4507", headings=_METRES, answers=(("zone", "35"),)),
    Notation("none", "", ()),
    Notation("xian80", "old", headings=(("X（西安80坐标）", "Y（西安80坐标）"),)),
)  # fmt: skip
LAYER = (
    Notation("layer 4490", "EPSG:4490", (), layer="EPSG:4490"),
    Notation("layer 4326", "EPSG:4490", (), layer="EPSG:4326", answers=_CGCS),
    Notation("layer gcj in 4326", "gcj02", (), layer="EPSG:4326", answers=(("crs", "gcj02"),)),
    Notation("layer bd in 4326", "bd09", (), layer="EPSG:4326", answers=(("crs", "bd09"),)),
    Notation("layer unsaid", "EPSG:4490", (), answers=_CGCS),
    Notation("layer swapped", "EPSG:4490", (), layer="EPSG:4326", answers=(*_CGCS, ("axes", "yx"))),
    Notation("layer gk3", "EPSG:4544", (), layer="EPSG:4544"),
    Notation("layer gk3 prefix", "EPSG:4524", (), layer="EPSG:4524"),
    Notation("layer gk6", "EPSG:4507", (), layer="EPSG:4507"),
    Notation("layer gk3 unsaid", "zone3", (), answers=(("zone", "fit"),)),
)
SINGLE_ZONE = {"zone3!": "静宁县", "EPSG:4544": "静宁县"}  # systems one file holds one zone of


def somewhere(dice: random.Random, outline: BaseGeometry) -> tuple[float, float]:
    """A place inside an outline, degrees EPSG:4490, to six places."""
    x0, y0, x1, y1 = outline.bounds
    while True:
        x, y = round(dice.uniform(x0, x1), 6), round(dice.uniform(y0, y1), 6)
        if contains_xy(outline, x, y):
            return x, y


def shifted(notation: Notation, place: tuple[float, float]) -> tuple[float, float]:
    """The two numbers of a place in the notation's system, east first, as they would be measured there."""
    x, y = place
    zone = 35 if x < 106.5 else 36
    match notation.system:
        case "gcj02" | "bd09":
            east, north = (to_gcj02 if notation.system == "gcj02" else to_bd09)(x, y)
            return round(float(east), 6), round(float(north), 6)
        case "EPSG:4490":
            return x, y
        case "zone3" | "old":
            crs = f"EPSG:{4534 + zone - 25}"
        case "zone3+":
            crs = f"EPSG:{4513 + zone - 25}"
        case "zone3!":  # measured in one zone and written with the number of the other
            crs = f"EPSG:{4534 + zone - 25}"
        case _:
            crs = notation.system
    east, north = transform([x], [y], "EPSG:4490", crs)
    more = 1e6 * (71 - zone) if notation.system == "zone3!" else 0.0
    return round(float(east[0]) + more, 2), round(float(north[0]), 2)


def cells(dice: random.Random, notation: Notation, place: tuple[float, float]) -> dict[str, Any]:
    """The cells of a place by column."""
    a, b = shifted(notation, place)
    match notation.name:
        case "plain wide":
            return {"x": str(a).translate(WIDE), "y": str(b).translate(WIDE)}
        case "plain text":
            return dice.choice([{"x": f"E{a}", "y": f"N{b}"}, {"x": f"{a}°", "y": f"{b}°"}])
        case "dms":
            return {"x": dms(a, 2), "y": dms(b, 2)}
        case "dms words":
            return {"x": _words(a), "y": _words(b)}
        case "minutes":
            return {"x": degrees_minutes(a), "y": degrees_minutes(b)}
        case "packed":
            return {"x": _packed(a), "y": _packed(b)}
        case "parts":
            return _parts("x", a) | _parts("y", b)
        case "one" | "one dms" | "one latitude first":
            return {"xy": _joined(dice, notation, a, b)}
        case "swapped" | "gk3 turned" | "gk3 bare turned":
            return {"x": b, "y": a}
        case _:
            return {"x": a, "y": b}


def _joined(dice: random.Random, notation: Notation, a: float, b: float) -> str:
    if notation.name == "one dms":
        return f"{dms(a, 1)}，{dms(b, 1)}"
    if notation.name == "one latitude first":
        return f"{b}, {a}"
    return dice.choice([f"{a}，{b}", f"{a}, {b}", f"E{a} N{b}", f"东经{a}，北纬{b}"])


def _split(value: float) -> tuple[int, int, float]:
    units = round(value * 360_000)
    return units // 360_000, units // 6000 % 60, units % 6000 / 100


def _words(value: float) -> str:
    degrees, minutes, seconds = _split(value)
    return f"{degrees}度{minutes}分{seconds:.2f}秒"


def _packed(value: float) -> float:
    degrees, minutes, seconds = _split(value)
    return round(degrees + minutes / 100 + seconds / 10_000, 6)


def _parts(axis: str, value: float) -> dict[str, Any]:
    degrees, minutes, seconds = _split(value)
    return {f"{axis}:度": degrees, f"{axis}:分": minutes, f"{axis}:秒": seconds}
