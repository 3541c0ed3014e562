"""From Beijing 1954 and Xian 1980 to CGCS2000: by the surveyors' seven parameters or by common points."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike
from pyproj import CRS, Transformer

from app.domain.coordinates.gcj import Floats, Pair
from app.domain.coordinates.zones import (
    STORED,
    crs_object,
    is_geographic,
    is_old,
    normalise_crs,
    transform,
    zone3,
)
from app.errors import Invalid
from app.i18n import N_, labelled, tr

LEAST_POINTS = 3
# A common point farther off than this is a pair of two different points. Our own choice: points read from a
# 1:50 000 sheet are good to about 25 m (0.5 mm on paper); a bureau with better points sets less.
FAR_M = 30.0
_NAMES = ("dx", "dy", "dz", "rx", "ry", "rz", "m")
_LIMITS = (1000.0, 1000.0, 1000.0, 60.0, 60.0, 60.0, 100.0)  # metres, seconds, parts in a million


@dataclass(frozen=True)
class PointPair:
    """A point known in both systems: `old` as measured there (east, north or degrees), `new` in EPSG:4490."""

    name: str
    old: tuple[float, float]
    new: tuple[float, float]


@dataclass(frozen=True)
class Residual:
    """How far a common point stays off after the fit, metres east and north."""

    name: str
    east_m: float
    north_m: float

    @property
    def off_m(self) -> float:
        """The distance."""
        return float(np.hypot(self.east_m, self.north_m))


class Shift(Protocol):
    """A way from an old datum to CGCS2000 which says what it used."""

    @property
    def crs(self) -> str:
        """The system it starts from, for coordinates without their zone's number in front."""

    def to_stored(self, xs: ArrayLike, ys: ArrayLike) -> Pair:
        """Coordinates of the old system (east, north) as degrees of EPSG:4490."""

    def to_json(self) -> dict[str, Any]:
        """What was used, for the report and the record of the import."""

    def sentence(self) -> str:
        """The same in a line."""


@dataclass(frozen=True)
class Parameters:
    """Seven parameters of Bursa and Wolf: metres, seconds of arc (position vector), parts in a million."""

    crs: str
    values: tuple[float, ...]

    def to_stored(self, xs: ArrayLike, ys: ArrayLike) -> Pair:
        """Coordinates of the old system (east, north) as degrees of EPSG:4490."""
        return _through(_pipeline(self.crs, self.values), xs, ys)

    def to_json(self) -> dict[str, Any]:
        """What was used."""
        return {"crs": self.crs, "parameters": dict(zip(_NAMES, self.values, strict=True))}

    def sentence(self) -> str:
        """The same in a line."""
        said = " ".join(f"{name}={value:g}" for name, value in zip(_NAMES, self.values, strict=True))
        return tr(N_("Converted from {crs} by seven parameters: {values}"), crs=self.crs, values=said)


@dataclass(frozen=True)
class PointFit:
    """A turn, a scale and a shift in the plane that suit common points best (least squares)."""

    crs: str
    meridian: float
    turn: complex
    start: complex
    end: complex
    residuals: Sequence[Residual] = field(default_factory=tuple)

    @property
    def rms_m(self) -> float:
        """The root mean square of the residuals, metres."""
        return float(np.sqrt(np.mean([item.off_m**2 for item in self.residuals])))

    def to_stored(self, xs: ArrayLike, ys: ArrayLike) -> Pair:
        """Coordinates of the old system (east, north) as degrees of EPSG:4490."""
        plane = _old_plane(self.crs, xs, ys, self.meridian)
        moved = (plane - self.start) * self.turn + self.end
        return transform(moved.real, moved.imag, f"tm:{self.meridian}")

    def to_json(self) -> dict[str, Any]:
        """What was used."""
        return {
            "crs": self.crs,
            "points": [
                {"name": item.name, "east_m": round(item.east_m, 3), "north_m": round(item.north_m, 3)}
                for item in self.residuals
            ],
            "rms_m": round(self.rms_m, 3),
            "scale_ppm": round((abs(self.turn) - 1) * 1e6, 3),
            "rotation_s": round(float(np.degrees(np.angle(self.turn))) * 3600, 3),
        }

    def sentence(self) -> str:
        """The same in a line."""
        worst = max(self.residuals, key=lambda item: item.off_m)
        return tr(
            N_(
                "Converted from {crs} by {n} common points: mean residual {rms} m, largest {most} m at {name}"
            ),
            crs=self.crs,
            n=len(self.residuals),
            rms=f"{self.rms_m:.3f}",
            most=f"{worst.off_m:.3f}",
            name=worst.name,
        )


def parameters(text: str, crs: str) -> Parameters:
    """Seven parameters (or the three shifts) as surveyors hand them out: dx dy dz in metres, rx ry rz in
    seconds, the scale in parts in a million. Raises Invalid when they are not that."""
    found = [float(word) for word in re.findall(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", _unnamed(text))]
    if len(found) not in (3, 7):
        raise Invalid(
            N_("“{text}” are not seven parameters: {n} numbers."),
            hint=N_("Write dx,dy,dz in metres, rx,ry,rz in seconds, m in ppm; or only dx,dy,dz."),
            code="params",
            text=text,
            n=len(found),
        )
    values = (*found, *(0.0 for _ in range(7 - len(found))))
    wrong = [n for n, v, most in zip(_NAMES, values, _LIMITS, strict=True) if abs(v) > most]
    if wrong:
        raise Invalid(
            N_("The parameters {names} are too large to be true."),
            hint=N_("Write dx,dy,dz in metres, rx,ry,rz in seconds, m in ppm; or only dx,dy,dz."),
            code="params",
            names=" ".join(wrong),
        )
    return Parameters(_checked(crs), values)


def fit_points(points: Sequence[PointPair], crs: str, most_m: float = FAR_M) -> PointFit:
    """The best fit through common points. Raises Invalid for fewer than three, for points in a heap or
    for pairs that do not belong together: one stays more than `most_m` off."""
    name = _checked(crs)
    if len(points) < LEAST_POINTS:
        raise Invalid(
            N_("{n} common points are too few; at least {least} are needed."),
            code="points",
            n=len(points),
            least=LEAST_POINTS,
        )
    new = np.array([point.new for point in points], float)
    meridian = meridian_of(name, float(new[:, 0].mean()))
    xs, ys = (np.array([point.old[axis] for point in points], float) for axis in (0, 1))
    old = _old_plane(name, xs, ys, meridian)
    east, north = transform(new[:, 0], new[:, 1], STORED, f"tm:{meridian}")
    target = east + 1j * north
    start, end = complex(old.mean()), complex(target.mean())
    spread = float(np.sum(np.abs(old - start) ** 2))
    if spread < len(points) * 100.0**2:
        raise Invalid(
            N_("The common points lie too close together to say how the area is turned."), code="points"
        )
    turn = complex(np.sum(np.conj(old - start) * (target - end)) / spread)
    off = target - ((old - start) * turn + end)
    names = [point.name for point in points]
    residuals = [Residual(n, float(v.real), float(v.imag)) for n, v in zip(names, off, strict=True)]
    _believable(residuals, most_m)
    return PointFit(name, meridian, turn, start, end, residuals)


def _believable(residuals: Sequence[Residual], most_m: float) -> None:
    worst = max(residuals, key=lambda item: item.off_m)
    if worst.off_m > most_m:
        raise Invalid(
            N_(
                "The common points do not belong together: {name} stays {off} m off; at most {most} m may be."
            ),
            hint=N_("Check its coordinates in both systems, and the zone."),
            code="points",
            details=[
                {
                    "name": item.name,
                    "off_m": round(item.off_m, 3),
                    "why": labelled(item.name, f"{item.off_m:.3f} m"),
                }
                for item in residuals
            ],
            name=worst.name,
            off=f"{worst.off_m:.1f}",
            most=f"{most_m:g}",
        )


def _unnamed(text: str) -> str:
    """The numbers of “dx=1.5, dy=…” without the names."""
    return re.sub(r"[A-Za-zΔ]+\s*[=:：]", " ", text)


def _checked(crs: str) -> str:
    name = normalise_crs(crs)
    if not is_old(name):
        raise Invalid(
            N_("{name} needs no parameters: they are for Beijing 1954 and Xian 1980."),
            code="params",
            name=name,
        )
    return name


def meridian_of(crs: str, lon: float = 0.0) -> float:
    """The central meridian of the old system, or of the zone where degrees lie."""
    if is_geographic(crs):
        return 3.0 * zone3(lon)
    operation = crs_object(crs).coordinate_operation
    assert operation is not None
    return next(float(p.value) for p in operation.params if p.name == "Longitude of natural origin")


def _old_plane(crs: str, xs: ArrayLike, ys: ArrayLike, meridian: float) -> Any:
    """East and north in the old plane as complex numbers; degrees are projected there first."""
    x, y = np.asarray(xs, float), np.asarray(ys, float)
    if is_geographic(crs):
        plane = f"+proj=tmerc +lon_0={meridian} +x_0=500000 {_ellipsoid(crs)} +type=crs"
        flat = f"+proj=longlat {_ellipsoid(crs)} +type=crs"
        x, y = Transformer.from_crs(CRS(flat), CRS(plane), always_xy=True).transform(x, y)
    return np.asarray(x) + 1j * np.asarray(y)


def _ellipsoid(crs: str) -> str:
    ellipsoid = crs_object(crs).ellipsoid
    assert ellipsoid is not None
    return f"+a={ellipsoid.semi_major_metre} +rf={ellipsoid.inverse_flattening}"


def _pipeline(crs: str, values: Sequence[float]) -> Transformer:
    """Degrees or metres of the old system to degrees of CGCS2000 (whose ellipsoid is GRS 80's)."""
    dx, dy, dz, rx, ry, rz, scale = values
    old = _ellipsoid(crs)
    first = "+step +proj=unitconvert +xy_in=deg +xy_out=rad"
    if not is_geographic(crs):
        first = f"+step +inv +proj=tmerc +lon_0={meridian_of(crs)} +x_0={_false_easting(crs)} {old}"
    return Transformer.from_pipeline(
        f"+proj=pipeline {first} +step +proj=cart {old} +step +proj=helmert +x={dx} +y={dy} +z={dz}"
        f" +rx={rx} +ry={ry} +rz={rz} +s={scale} +convention=position_vector"
        " +step +inv +proj=cart +a=6378137 +rf=298.257222101 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )


def _false_easting(crs: str) -> float:
    operation = crs_object(crs).coordinate_operation
    assert operation is not None
    return next(float(p.value) for p in operation.params if p.name == "False easting")


def _through(pipeline: Transformer, xs: ArrayLike, ys: ArrayLike) -> Pair:
    x: Floats
    y: Floats
    x, y, _ = pipeline.transform(np.asarray(xs, float), np.asarray(ys, float), np.zeros(np.shape(xs)))
    return np.asarray(x, float), np.asarray(y, float)
