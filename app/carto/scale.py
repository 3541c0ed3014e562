"""Round scales, the bar that shows them, and how a scale and an extent fit a paper."""

from __future__ import annotations

from dataclasses import dataclass

from app.carto.features import Extent
from app.errors import Invalid
from app.i18n import N_, tr

# The numeric scales a sheet may have (docs/sources.md), with the steps between that fill a page better.
ROUND_SCALES = (
    500, 1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000, 40_000, 50_000, 75_000, 100_000,
    120_000,
    150_000, 200_000, 250_000, 300_000, 400_000, 500_000, 600_000, 750_000, 1_000_000, 1_200_000, 1_500_000,
    2_000_000, 2_500_000, 3_000_000, 5_000_000, 10_000_000,
)  # fmt: skip

_BAR_STEPS = (1, 2, 5)


def scale_text(denominator: float) -> str:
    """A numeric scale as a sheet prints it: 1:50 000."""
    return f"1:{round(denominator):,}".replace(",", "\u00a0")


def legible_scale(denominator: float) -> float:
    """A scale in three digits: enough for a screen, and for a picture nobody measures on."""
    digits = max(0, len(str(int(denominator))) - 3)
    return float(round(denominator / 10**digits) * 10**digits)


def fitting_scale(extent: Extent, width_mm: float, height_mm: float) -> int:
    """The largest round scale at which an extent in metres fits a frame; raises Invalid beyond the list."""
    needed = needed_scale(extent, width_mm, height_mm)
    for denominator in ROUND_SCALES:
        if denominator >= needed * 0.999999:
            return denominator
    raise Invalid(
        N_("The area is too large for a map on this paper."),
        hint=N_("Choose a smaller area or a larger paper."),
        code="too_large",
    )


def needed_scale(extent: Extent, width_mm: float, height_mm: float) -> float:
    """The exact scale denominator at which an extent in metres just fits a frame in mm."""
    return max((extent[2] - extent[0]) / width_mm, (extent[3] - extent[1]) / height_mm) * 1000.0


def require_fit(extent: Extent, width_mm: float, height_mm: float, denominator: float) -> None:
    """Raise Invalid, naming the scale that would fit, when an extent is cut off at the chosen scale."""
    if needed_scale(extent, width_mm, height_mm) <= denominator * 1.0001:
        return
    fits = fitting_scale(extent, width_mm, height_mm)
    raise Invalid(
        N_("At {scale} the area does not fit on this paper."),
        hint=N_("Use {fits} or smaller, a larger paper, or the other orientation."),
        code="scale_too_large",
        scale=scale_text(denominator),
        fits=scale_text(fits),
    )


@dataclass(frozen=True)
class ScaleBar:
    """A bar of `steps` equal parts, each `step_mm` long on paper and `step_m` on the ground."""

    step_mm: float
    step_m: float
    steps: int

    @property
    def length_mm(self) -> float:
        """The whole bar on paper."""
        return self.step_mm * self.steps

    def numbers(self) -> list[str]:
        """The numbers at the ends of the parts, from 0, in metres or kilometres."""
        unit_m = 1000.0 if self._in_km else 1.0
        return [f"{self.step_m * i / unit_m:g}" for i in range(self.steps + 1)]

    def labels(self) -> list[str]:
        """The same, the last with its unit."""
        shown = self.numbers()
        last = tr("{n} km", n=shown[-1]) if self._in_km else tr("{n} m", n=shown[-1])
        return [*shown[:-1], last]

    @property
    def _in_km(self) -> bool:
        return self.step_m * self.steps >= 1000.0


def scale_bar(denominator: float, room_mm: float, steps: int = 4) -> ScaleBar:
    """The longest bar with round parts (1, 2 or 5 times a power of ten metres) that fits `room_mm`."""
    metres_per_mm = denominator / 1000.0
    best = 0.001
    power = 0.001
    while power < 1e9:
        for digit in _BAR_STEPS:
            if digit * power * steps / metres_per_mm <= room_mm:
                best = digit * power
        power *= 10.0
    return ScaleBar(best / metres_per_mm, best, steps)
