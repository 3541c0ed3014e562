"""What a feature looks like: lines, fills, hatches, markers and text styles, all in millimetres on the
paper."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

Ring = tuple[tuple[float, float], ...]

# What a part of a marker is painted with: the marker's own colour, or a fixed one.
OWN, WHITE, BLACK, NONE = "own", "#ffffff", "#000000", ""


@dataclass(frozen=True)
class Line:
    """A stroke; `dash` lists on and off lengths in mm."""

    colour: str
    width_mm: float = 0.2
    dash: tuple[float, ...] = ()
    opacity: float = 1.0


@dataclass(frozen=True)
class Hatch:
    """Parallel lines inside an area; the angle is counted anticlockwise from east."""

    colour: str
    angle_deg: float = 45.0
    spacing_mm: float = 1.5
    width_mm: float = 0.15
    opacity: float = 1.0


@dataclass(frozen=True)
class Fill:
    """The inside of an area; an empty colour leaves only the hatch."""

    colour: str = ""
    opacity: float = 1.0
    hatch: Hatch | None = None


@dataclass(frozen=True)
class Marker:
    """A point symbol: one of `SHAPES`, its width in mm, its colour and the width of its own lines."""

    shape: str
    size_mm: float
    colour: str
    line_mm: float = 0.25
    casing: str = WHITE
    casing_mm: float = 0.18
    opacity: float = 1.0


@dataclass(frozen=True)
class TextStyle:
    """How words are set; `size_mm` is the em height, `halo` a colour or empty."""

    size_mm: float
    colour: str = "#222222"
    bold: bool = False
    slanted: bool = False
    halo: str = ""
    halo_mm: float = 0.35
    spacing_mm: float = 0.0


@dataclass(frozen=True)
class Symbol:
    """The whole look of one class of features: a marker for points, fill and line for the rest."""

    fill: Fill | None = None
    line: Line | None = None
    marker: Marker | None = None

    def scaled(self, factor: float) -> Symbol:
        """The same look, larger: wall maps are read from further away."""
        if factor == 1.0:
            return self
        line = replace(self.line, width_mm=self.line.width_mm * factor) if self.line else None
        marker = self.marker and scaled_marker(self.marker, factor)
        return Symbol(self.fill, line, marker)


def scaled_marker(marker: Marker, factor: float) -> Marker:
    """`marker` with every length multiplied by `factor`."""
    return replace(
        marker,
        size_mm=marker.size_mm * factor,
        line_mm=marker.line_mm * factor,
        casing_mm=marker.casing_mm * factor,
    )


@dataclass(frozen=True)
class Part:
    """A piece of a marker in a unit box around (0, 0), y down: rings, whether closed, its fill and stroke."""

    rings: tuple[Ring, ...]
    fill: str = OWN
    stroke: str = NONE
    closed: bool = True


def _circle(radius: float, start_deg: float = 0.0, sweep_deg: float = 360.0, steps: int = 36) -> Ring:
    angles = [math.radians(start_deg + sweep_deg * i / steps) for i in range(steps + (sweep_deg < 360.0))]
    return tuple((radius * math.cos(a), radius * math.sin(a)) for a in angles)


def _star(outer: float, inner: float) -> Ring:
    radii = [outer if i % 2 == 0 else inner for i in range(10)]
    turns = [math.radians(-90 + 36 * i) for i in range(10)]
    return tuple((r * math.cos(a), r * math.sin(a)) for r, a in zip(radii, turns, strict=True))


def _box(half_width: float, half_height: float) -> Ring:
    return (
        (-half_width, -half_height),
        (half_width, -half_height),
        (half_width, half_height),
        (-half_width, half_height),
    )


_DISC = _circle(0.46)
_DIAMOND: Ring = ((0.0, -0.54), (0.54, 0.0), (0.0, 0.54), (-0.54, 0.0))
_TRIANGLE: Ring = ((0.0, -0.52), (0.5, 0.4), (-0.5, 0.4))
_CROSS: Ring = ((-0.4, -0.4), (0.4, 0.4), (0.0, 0.0), (0.4, -0.4), (-0.4, 0.4), (0.0, 0.0))
_SLASH: Ring = ((-0.325, 0.325), (0.325, -0.325))

# How far the largest shape reaches from its middle, in parts of its size, casing included.
MARKER_REACH = 0.58

# The first ring of the first part is the outline that gets the white casing.
SHAPES: dict[str, tuple[Part, ...]] = {
    "circle": (Part((_DISC,), stroke=OWN),),
    "circle_hollow": (Part((_DISC,), fill=WHITE, stroke=OWN),),
    "circle_half": (
        Part((_DISC,), fill=WHITE),
        Part((_circle(0.46, 90.0, 180.0, 24),)),
        Part((_DISC,), fill=NONE, stroke=OWN),
    ),
    "circle_slash": (
        Part((_DISC,), fill=WHITE, stroke=OWN),
        Part((_SLASH,), fill=NONE, stroke=OWN, closed=False),
    ),
    "circle_dot": (Part((_DISC,), fill=WHITE, stroke=OWN), Part((_circle(0.19, steps=20),))),
    "ring": (Part((_DISC,), fill=NONE, stroke=OWN),),
    "square": (Part((_box(0.42, 0.42),), stroke=OWN),),
    "square_half": (
        Part((_box(0.42, 0.42),), fill=WHITE),
        Part((((-0.42, -0.42), (0.42, -0.42), (0.42, 0.0), (-0.42, 0.0)),)),
        Part((_box(0.42, 0.42),), fill=NONE, stroke=OWN),
    ),
    "square_dot": (Part((_box(0.42, 0.42),), fill=WHITE, stroke=OWN), Part((_box(0.2, 0.2),))),
    "rectangle": (Part((_box(0.5, 0.28),), fill=WHITE, stroke=OWN),),
    "diamond": (Part((_DIAMOND,), stroke=OWN),),
    "diamond_hollow": (Part((_DIAMOND,), fill=WHITE, stroke=OWN),),
    "star_ring": (
        Part((_circle(0.56),), fill=WHITE, stroke=BLACK),
        Part((_star(0.5, 0.2),)),
    ),
    "triangle": (Part((_TRIANGLE,), stroke=OWN),),
    "cross": (Part((_CROSS,), fill=NONE, stroke=OWN),),
}


def paint_of(role: str, marker: Marker) -> str:
    """The colour a part's fill or stroke stands for on `marker`; empty means not painted."""
    return marker.colour if role == OWN else role
