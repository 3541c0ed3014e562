"""The output of a boiler in t/h whichever unit was entered, and totals that always name units and t/h."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.entities.boiler import Boiler

# 1 t/h of steam stands for 0.7 MW of heat in the boiler census of the second pollution survey
# (docs/sources.md, V14).
MW_PER_TPH = 0.7


def output_tph(boiler: Boiler) -> float:
    """Rated output in t/h; from MW where only that is known; 0 where neither is."""
    if boiler.rated_tph is not None:
        return boiler.rated_tph
    return boiler.rated_mw / MW_PER_TPH if boiler.rated_mw is not None else 0.0


@dataclass(frozen=True)
class Total:
    """A number of boilers (台) and their output (蒸吨, t/h); the one is never shown without the other."""

    units: int = 0
    tph: float = 0.0

    def __add__(self, other: Total) -> Total:
        return Total(self.units + other.units, self.tph + other.tph)


def total(boilers: Iterable[Boiler]) -> Total:
    """Units and output of these boilers."""
    outputs = [output_tph(item) for item in boilers]
    return Total(len(outputs), round(sum(outputs), 3))
