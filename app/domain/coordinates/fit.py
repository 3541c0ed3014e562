"""Do points lie where their rows say, and if not, which map offset, order or zone would explain it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from app.domain.coordinates.gcj import Floats, from_bd09, from_gcj02
from app.domain.coordinates.measure import distances_m
from app.i18n import N_, tr

Flags = NDArray[np.bool_]
Hypothesis = tuple[str, str]  # (question code, choice): ("crs", "gcj02"), ("axes", "yx"), ("zone", "36")


@dataclass(frozen=True)
class Places:
    """Where each point ought to be: the stated division per point (None = not stated) and the whole area."""

    stated: Sequence[BaseGeometry | None]
    area: BaseGeometry | None = None

    def misfits(self, xs: ArrayLike, ys: ArrayLike) -> Flags:
        """True for every point outside its stated division, or, with none stated, outside the whole area."""
        x, y = np.asarray(xs, float), np.asarray(ys, float)
        return ~self._within(x, y, self.stated)

    def outside_area(self, xs: ArrayLike, ys: ArrayLike) -> Flags:
        """True for every point outside the whole area (never, when no area is known)."""
        x, y = np.asarray(xs, float), np.asarray(ys, float)
        return ~self._within(x, y, [None] * len(x))

    def _within(self, x: Floats, y: Floats, stated: Sequence[BaseGeometry | None]) -> Flags:
        inside = np.ones(len(x), bool)
        groups: dict[int, list[int]] = {}
        for index, polygon in enumerate(stated):
            groups.setdefault(id(polygon if polygon is not None else self.area), []).append(index)
        for indexes in groups.values():
            polygon = stated[indexes[0]] if stated[indexes[0]] is not None else self.area
            if polygon is None:
                continue
            shapely.prepare(polygon)
            inside[indexes] = shapely.intersects_xy(polygon, x[indexes], y[indexes])
        return inside & np.isfinite(x) & np.isfinite(y)


@dataclass(frozen=True)
class Proposal:
    """One explanation: `code` answered with `choice` for the points `indexes` puts them where they belong.

    `before` and `after` are the shares of all points inside their stated division.
    """

    code: str
    choice: str
    indexes: tuple[int, ...]
    before: float
    after: float
    why: str


def diagnose(
    points: tuple[ArrayLike, ArrayLike],
    places: Places,
    alternatives: Mapping[Hypothesis, tuple[ArrayLike, ArrayLike]],
) -> list[Proposal]:
    """Explain the misfits of `points` (degrees EPSG:4490) by the alternatives, best first; decides nothing.

    Exchanged axes and wrong zones are wrong by far, so they are judged row by row; a map's offset of
    a few hundred metres shows only near a border, so when it mends rows and harms none the whole file is
    named: were the other rows right as they are, some of them would fall out on the other side.
    """
    wrong = places.misfits(*points)
    found = []
    for (code, choice), moved in alternatives.items():
        still = places.misfits(*moved)
        mended, harmed = wrong & ~still, ~wrong & still
        if not mended.any():
            continue
        whole = code == "crs" and not harmed.any()
        rows = np.ones(len(wrong), bool) if whole else mended
        after = float(np.mean(~np.where(rows, still, wrong)))
        found.append(
            Proposal(
                code,
                choice,
                tuple(np.flatnonzero(rows).tolist()),
                float(np.mean(~wrong)),
                after,
                _sentence(code, choice, int(mended.sum()), int(wrong.sum())),
            )
        )
    return sorted(found, key=lambda proposal: (-round(proposal.after, 6), _cost(proposal)))


def offset_proposal(
    points: tuple[ArrayLike, ArrayLike], known: tuple[ArrayLike, ArrayLike], limit_m: float = 60.0
) -> str | None:
    """The map whose offset turns `points` into `known` (the same things, already placed), or None.

    Needs three pairs whose median distance falls below `limit_m` by the shift and was above it before.
    """
    x, y = (np.asarray(value, float) for value in points)
    if len(x) < 3:
        return None
    medians = {"": float(np.median(distances_m(x, y, *known)))}
    for choice, moved in (("gcj02", from_gcj02(x, y)), ("bd09", from_bd09(x, y))):
        medians[choice] = float(np.median(distances_m(*moved, *known)))
    best = min(medians, key=lambda choice: medians[choice])
    return best if best and medians[best] < limit_m < medians[""] else None


def _cost(proposal: Proposal) -> int:
    """Of two explanations that mend as much, the commoner habit comes first."""
    return ["axes", "zone", "crs"].index(proposal.code) * 2 + (proposal.choice != "gcj02")


def _sentence(code: str, choice: str, mended: int, wrong: int) -> str:
    sentences = {
        "axes": N_(
            "{mended} of {wrong} misplaced points fall into their stated division when x and y are exchanged."
        ),
        "zone": N_("{mended} of {wrong} misplaced points fall into their stated division in zone {choice}."),
        "crs": N_(
            "{mended} of {wrong} misplaced points fall into their stated division when read as {choice}."
        ),
    }
    return tr(sentences[code], mended=mended, wrong=wrong, choice=choice)
