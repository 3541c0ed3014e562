"""Every notation in which people write a position, read into candidates with a certainty and a reason."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from app.domain.coordinates.gcj import Floats
from app.domain.coordinates.tokens import EAST_AXIS, LAT, LON, NORTH_AXIS, Part, Written, take_apart
from app.domain.coordinates.zones import (
    BD09,
    GCJ02,
    STORED,
    is_geographic,
    transform,
    zone3,
    zone6_crs,
    zone_crs,
)
from app.errors import Invalid
from app.i18n import N_, in_a_row, tr

Box = tuple[float, float, float, float]
CHINA: Box = (73.0, 17.0, 136.0, 54.0)
PINGLIANG: Box = (105.3, 34.8, 107.8, 36.0)

_NORTH = (1.8e6, 6.1e6)  # metres from the equator of everything in China
_EAST = (1.0e5, 9.0e5)
_METRES_PER_DEGREE = 111_000.0


@dataclass(frozen=True)
class Reading:
    """One way to read a text: the system it would be written in, the point in degrees EPSG:4490, and why.

    `certainty` is 0 to 1; `precision_m` is the size of the last place written; `swapped` means that the
    northern value was written where the eastern one is expected.
    """

    crs: str
    x: float
    y: float
    certainty: float
    why: str
    precision_m: float = 1.0
    swapped: bool = False


@dataclass(frozen=True)
class Interpretation:
    """The readings of a text, best first; when there are none, `refuse` says why."""

    readings: tuple[Reading, ...]
    refuse: str = ""


@dataclass(frozen=True)
class _Angle:
    value: float
    precision: float  # degrees
    why: str


def readings(text: str, box: Box = PINGLIANG) -> list[Reading]:
    """The readings of a coordinate text, best first; empty when it cannot be read (`interpret` says why)."""
    return list(interpret(text, box).readings)


def interpret(text: str, box: Box = PINGLIANG) -> Interpretation:
    """Read a coordinate text in any notation; `box` (degrees) is where the position is expected to lie."""
    written = take_apart(text)
    refuse = _refusal(written)
    if refuse:
        return Interpretation((), refuse)
    first, second = written.parts
    if {first.role, second.role} == {LON} or {first.role, second.role} == {LAT}:
        return Interpretation((), tr(N_("Both numbers are marked as the same direction.")))
    try:
        found = [*_angular(first, second, box), *_projected(first, second, written, box)]
    except Invalid as error:
        return Interpretation((), error.message)
    found = [_hinted(reading, written) for reading in _with_offsets(found, box)]
    best = _unique(sorted(found, key=lambda reading: -reading.certainty))
    if not best:
        return Interpretation((), tr(N_("These numbers are neither degrees nor metres of a Chinese zone.")))
    return Interpretation(tuple(best))


def unpacked(values: ArrayLike) -> Floats:
    """Degrees of numbers written as degrees.minutes-seconds (106.3936 is 106°39′36″), or NaN."""
    given = np.asarray(values, float)
    tenths = np.round(np.abs(given) * 1e6).astype(np.int64)  # in units of a hundredth of a second
    degrees, rest = np.divmod(tenths, 1_000_000)
    minutes, seconds = np.divmod(rest, 10_000)
    found = np.copysign(degrees + minutes / 60.0 + seconds / 360_000.0, given)
    return np.where((minutes < 60) & (seconds < 6000), found, np.nan)


def read_axis(text: str) -> float | None:
    """One coordinate alone in its own cell: degrees in any notation, or metres; None when it is neither."""
    written = take_apart(text)
    if len(written.parts) != 1 or any(value >= 60 for value in written.parts[0].values[1:]):
        return None
    part = written.parts[0]
    if not part.angular:
        return part.sign * part.values[0]
    angle = _plain_angle(part)
    return angle.value if angle else None


def _refusal(written: Written) -> str:
    if {"xian80", "beijing54"} & set(written.hints):
        return tr(N_("Xian 1980 and Beijing 1954 coordinates need parameters or common points first."))
    if not written.parts:
        return tr(N_("There is no number in it."))
    if len(written.parts) == 1:
        return tr(N_("There is only one number; a position needs two."))
    if len(written.parts) > 2:
        return tr(N_("There are more than two numbers, and they do not form degrees, minutes and seconds."))
    for part in written.parts:
        if any(value >= 60 for value in part.values[1:]):
            return tr(N_("Minutes and seconds must be below 60."))
    return ""


# --- degrees -----------------------------------------------------------------------------------------------


def _angular(first: Part, second: Part, box: Box) -> Iterator[Reading]:
    for kind in ("plain", "packed", "compact"):
        a, b = _angle(first, kind), _angle(second, kind)
        if a is not None and b is not None:
            yield from _orders(a, b, (first.role, second.role), box, kind)


def _angle(part: Part, kind: str) -> _Angle | None:
    """The degrees a part stands for when read plainly, as D.MMSSs (packed) or as DDMMSS (compact)."""
    if kind == "plain":
        return _plain_angle(part)
    if part.angular:
        return None
    whole, _, fraction = part.written[0].partition(".")
    if kind == "packed":
        if not 4 <= len(fraction) <= 6:
            return None
        digits, places = fraction, len(fraction) - 4
        degrees = int(whole)
    else:
        if len(whole) not in (6, 7):
            return None
        digits, places, degrees = whole[-4:] + fraction, len(fraction), int(whole[:-4])
    minutes, seconds = int(digits[:2]), float(f"{digits[2:4]}.{digits[4:] or 0}")
    if minutes >= 60 or seconds >= 60 or degrees > 180:
        return None
    why = N_("read as degrees.minutes-seconds packed into one number")
    return _Angle(part.sign * (degrees + minutes / 60 + seconds / 3600), 10.0**-places / 3600, tr(why))


def _plain_angle(part: Part) -> _Angle | None:
    scales = {"°": 1.0, "'": 60.0, '"': 3600.0}
    total, unit = 0.0, 1.0
    for index, value in enumerate(part.values):
        unit = scales.get(part.marks[index], (1.0, 60.0, 3600.0)[min(index, 2)])
        total += value / unit
    if total > 180:
        return None
    places = len(part.written[-1].partition(".")[2])
    why = (
        N_("degrees, minutes and seconds") if part.angular and len(part.values) > 1 else N_("decimal degrees")
    )
    return _Angle(part.sign * total, 10.0**-places / unit, tr(why))


def _orders(a: _Angle, b: _Angle, roles: tuple[str, str], box: Box, kind: str) -> Iterator[Reading]:
    """Both orders of two angles, as far as the directions written beside them and the globe allow."""
    base = {"plain": 0.95, "packed": 0.28, "compact": 0.9}[kind]
    said = {LON, LAT} & set(roles)
    lon_first = roles[0] == LON or roles[1] == LAT
    for x, y, swapped in ((a, b, False), (b, a, True)):
        if abs(y.value) > 90 or (kind == "compact" and not _inside(box, x.value, y.value)):
            continue
        here, elsewhere = _inside(box, x.value, y.value), _inside(box, y.value, x.value)
        agrees = not said or swapped != lon_first
        if not agrees and not here:
            continue
        certainty = base if here else base * (0.35 if _inside(CHINA, x.value, y.value) else 0.1)
        certainty *= 1.0 if agrees else 0.6
        certainty *= 0.97 if swapped and not said else 1.0
        if not here and elsewhere:
            continue
        why = _order_words(x.why, swapped and not said, agrees, here)
        metres = max(x.precision * math.cos(math.radians(y.value)), y.precision) * _METRES_PER_DEGREE
        yield Reading(STORED, x.value, y.value, certainty, why, metres, (swapped and not said) or not agrees)


def _order_words(notation: str, reversed_: bool, agrees: bool, here: bool) -> str:
    words = [notation]
    if reversed_:
        words.append(tr(N_("latitude is written first")))
    if not agrees:
        words.append(tr(N_("the directions written beside the numbers seem to be exchanged")))
    words.append(tr(N_("inside the area")) if here else tr(N_("outside the area")))
    return in_a_row(words)


# --- metres ------------------------------------------------------------------------------------------------


def _projected(first: Part, second: Part, written: Written, box: Box) -> Iterator[Reading]:
    if (
        first.angular
        or second.angular
        or LON in (first.role, second.role)
        or LAT in (first.role, second.role)
    ):
        return
    for north, east in ((first, second), (second, first)):
        if not _NORTH[0] <= north.values[0] <= _NORTH[1]:
            continue
        yield from _eastings(north, east, written, box, named_wrongly(north, east))


def named_wrongly(north: Part, east: Part) -> bool:
    """True when the text calls the northern value east, or the eastern one north."""
    return north.role == EAST_AXIS or east.role == NORTH_AXIS


def _eastings(north: Part, east: Part, written: Written, box: Box, wrong: bool) -> Iterator[Reading]:
    prefix, metres = divmod(east.values[0], 1e6)
    if not _EAST[0] <= metres <= _EAST[1] or (prefix and not 13 <= prefix <= 45):
        return
    places = min(len(part.written[0].partition(".")[2]) for part in (north, east))
    here = list(range(zone3(box[0]), zone3(box[2]) + 1))
    if prefix:
        yield from _prefixed(int(prefix), metres, north.values[0], here, (box, places, wrong))
        return
    zones = [written.zone] if written.zone and 25 <= written.zone <= 45 else here
    found = [_grid(zone_crs(zone), metres, north.values[0], places) for zone in zones]
    inside = sum(_inside(box, reading.x, reading.y) for reading in found)
    for zone, reading in zip(zones, found, strict=True):
        fits = _inside(box, reading.x, reading.y)
        certainty = (0.9 if inside == 1 else 0.5) if fits else 0.12
        why = tr(
            N_("metres of 3° zone {zone} (central meridian {meridian}°) without the zone number"),
            zone=zone,
            meridian=3 * zone,
        )
        yield replace(reading, certainty=certainty, why=_place_words(why, fits, wrong))


def _prefixed(
    prefix: int, east: float, north: float, here: list[int], rest: tuple[Box, int, bool]
) -> Iterator[Reading]:
    """An easting that carries its zone number; a number of a zone that is not here is offered corrected."""
    box, places, wrong = rest
    crs = zone6_crs(prefix, True) if prefix <= 23 else zone_crs(prefix, True) if prefix >= 25 else ""
    if not crs:
        return
    own = _grid(crs, prefix * 1e6 + east, north, places)
    fits = _inside(box, own.x, own.y)
    why = tr(N_("metres with zone number {zone} in front"), zone=prefix)
    yield replace(own, certainty=0.98 if fits else 0.25, why=_place_words(why, fits, wrong))
    for zone in here if not fits else ():
        other = _grid(zone_crs(zone, True), zone * 1e6 + east, north, places)
        if zone != prefix and _inside(box, other.x, other.y):
            why = tr(
                N_("with zone number {zone} instead of {wrong} it lies inside the area"),
                zone=zone,
                wrong=prefix,
            )
            yield replace(other, certainty=0.6, why=why)


def _place_words(why: str, fits: bool, wrong: bool) -> str:
    words = [why, tr(N_("inside the area")) if fits else tr(N_("outside the area"))]
    if wrong:
        words.append(tr(N_("the directions written beside the numbers seem to be exchanged")))
    return in_a_row(words)


def _grid(crs: str, east: float, north: float, places: int) -> Reading:
    x, y = transform([east], [north], crs)
    return Reading(crs, float(x[0]), float(y[0]), 0.0, "", 10.0**-places)


# --- what the text says about its system, and what it may hide ---------------------------------------------


def _with_offsets(found: list[Reading], box: Box) -> Iterator[Reading]:
    """Degrees could also come from a Baidu or AMap screen: the same numbers read so, far less likely."""
    for reading in found:
        yield reading
        if (
            not is_geographic(reading.crs)
            or not _inside(box, reading.x, reading.y)
            or reading.certainty < 0.5
        ):
            continue
        for crs, share in ((GCJ02, 0.12), (BD09, 0.08)):
            x, y = transform([reading.x], [reading.y], crs)
            why = tr(
                N_("if it was read from a {map} map"),
                map=tr(N_("AMap or Tencent")) if crs == GCJ02 else tr(N_("Baidu")),
            )
            yield replace(
                reading, crs=crs, x=float(x[0]), y=float(y[0]), certainty=share * reading.certainty, why=why
            )


def _hinted(reading: Reading, written: Written) -> Reading:
    """Move certainty to the system the text itself names."""
    certainty = reading.certainty * (0.85 if written.junk else 1.0)
    named = next((name for name in (GCJ02, BD09) if name in written.hints), STORED if written.hints else "")
    if written.epsg:
        named = f"EPSG:{written.epsg}"
    if not named or (not is_geographic(reading.crs) and named in (STORED, GCJ02, BD09)):
        return replace(reading, certainty=round(certainty, 4))
    if reading.crs == named and named in (GCJ02, BD09):
        return replace(reading, certainty=0.95, why=tr(N_("the text names {crs}"), crs=named))
    if reading.crs != named and named in (GCJ02, BD09):
        certainty = min(certainty, 0.1)
    elif written.epsg and reading.crs != named:
        certainty *= 0.3
    return replace(reading, certainty=round(certainty, 4))


def _unique(found: list[Reading]) -> list[Reading]:
    kept: list[Reading] = []
    for reading in found:
        same = (other for other in kept if other.crs == reading.crs)
        if not any(
            math.isclose(o.x, reading.x, abs_tol=1e-9) and math.isclose(o.y, reading.y, abs_tol=1e-9)
            for o in same
        ):
            kept.append(reading)
    return [reading for reading in kept if math.isfinite(reading.x) and math.isfinite(reading.y)]


def _inside(box: Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]
