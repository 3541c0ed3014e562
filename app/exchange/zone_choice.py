"""In which Gauss-Krüger zone each row of metres is written: by the number before its easting, by what the
file says, by where it falls, or by asking."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.domain.coordinates.fit import Flags
from app.domain.coordinates.gcj import Floats
from app.domain.coordinates.notation import Box
from app.domain.coordinates.zones import normalise_crs, transform, zone3, zone_crs, zone_meridian
from app.exchange.grid_positions import false_million, prefix_crs
from app.exchange.questions import Asked, Place, Question
from app.i18n import N_, tr

BY_FIT = "fit"  # the answer “each row in the zone where it falls into its county”
_ALL = range(25, 46)
_NEAR = 4  # zones to either side of the area that coordinates may have been reckoned in

Metres = tuple[float, int, float]  # easting without its zone number, that number or 0, northing
Misfits = Callable[[Sequence[int], Floats, Floats], Flags]


@dataclass(frozen=True)
class Stated:
    """What is known before: the extent of the area, the zone a person named, the system the file names."""

    box: Box
    zone: int | None = None
    said: str = ""


def zone_answer(choice: str) -> str:
    """The system an answer to the question of the zone means: a zone's number, or a meridian `tm:106.5`."""
    return zone_crs(int(choice)) if choice.isdigit() else normalise_crs(choice)


def is_zone_answer(choice: str) -> bool:
    """Whether a text answers the question of the zone."""
    return choice == BY_FIT or bool(re.fullmatch(r"tm:\d{2,3}(\.\d+)?", choice)) or (
        choice.isdigit() and int(choice) in _ALL
    )  # fmt: skip


class ZoneChoice:
    """The systems of the rows of one part of a file; `misfits` says which points lie where they should not,
    `outside` which lie outside the whole area."""

    def __init__(
        self, metres: Mapping[int, Metres], stated: Stated, misfits: Misfits, outside: Misfits
    ) -> None:
        self._metres, self._stated = metres, stated
        self._misfits, self._outside = misfits, outside
        first, last = zone3(stated.box[0]), zone3(stated.box[2])
        self._here = [str(zone) for zone in range(first, last + 1)]

    def systems(self, asked: Asked, rows_of: Callable[[Sequence[int]], list[Place]]) -> dict[int, str]:
        """The system of each row; open questions go to `asked`."""
        own = {n: prefix_crs(prefix) for n, (_, prefix, _) in self._metres.items() if prefix}
        bare = [n for n, (_, prefix, _) in self._metres.items() if not prefix]
        doubtful = [n for n, crs in own.items() if not crs or not self._fitting([n], crs)]
        found = {n: crs or zone_answer(self._here[0]) for n, crs in own.items()}
        some = [*bare, *doubtful]
        if not some:
            return found
        fits = self._fits(some, bare)
        mended = set[int]().union(*fits.values())
        lost = {n for n in doubtful if self._is_outside(n, own[n])}
        if not bare and not mended and 2 * len(lost) <= len(self._metres):
            return found  # a slip in single rows: where they lie is judged as for any point
        chosen = self._chosen(asked, some, bare, fits, rows_of)
        for n in some:
            choice = next((c for c in fits if n in fits[c]), chosen) if chosen == BY_FIT else chosen
            if choice == BY_FIT:
                choice = self._likeliest(fits)
            if n in bare or n in fits.get(choice, ()) or n in lost:
                found[n] = zone_answer(choice)
        return found

    def _fits(self, some: Sequence[int], bare: Sequence[int]) -> dict[str, set[int]]:
        """Per zone of the area, and per other zone that explains a row, the rows that fall where they say."""
        said = [str(self._stated.said)] if self._stated.said and bare else []
        likely = dict.fromkeys([*said, *self._here])
        near = range(int(self._here[0]) - _NEAR, int(self._here[-1]) + _NEAR + 1)
        further = [str(zone) for zone in near if zone in _ALL and str(zone) not in likely]
        fits = {zone: self._fitting(some, zone_answer(zone)) for zone in likely}
        left = [n for n in some if not any(n in rows for rows in fits.values())]
        more = {zone: self._fitting(left, zone_answer(zone)) for zone in further} if left else {}
        return fits | {zone: rows for zone, rows in more.items() if rows}

    def _chosen(
        self, asked: Asked, some: Sequence[int], bare: Sequence[int], fits: Mapping[str, set[int]],
        rows_of: Callable[[Sequence[int]], list[Place]],
    ) -> str:  # fmt: skip
        """The zone a person named, the one the file names where it fits, or the answer to the question."""
        if self._stated.zone is not None:
            return str(self._stated.zone)
        said = self._stated.said
        if said and fits.get(said, set()).issuperset(some):
            return said
        best = self._likeliest(fits)
        mended = set[int]().union(*fits.values())
        proposal = BY_FIT if len(mended) > len(fits[best]) else best
        own = {str(prefix) for n in some if (prefix := self._metres[n][1]) in _ALL and n not in mended}
        choices = [*dict.fromkeys([*fits, *sorted(own)]), BY_FIT]
        what = tr(N_("In which 3° zone are these coordinates?"))
        why = self._why(fits, best, len(some), own)
        return asked.settle(Question("zone", what, choices, rows_of(some), proposal, why))

    def _why(self, fits: Mapping[str, set[int]], best: str, count: int, own: set[str]) -> str:
        found, named = len(fits[best]), self._stated.said
        sentence = N_("{n} of {all} points fall where their rows say in zone {zone}.")
        words = [tr(sentence, n=found, all=count, zone=zone_name(best))]
        if named and named != best:
            words.append(tr(N_("The file itself names {zone}."), zone=zone_name(named)))
        sentence = N_("By the number {zone} before them they lie at {lon}°E.")
        words += [tr(sentence, zone=zone, lon=self._longitude(int(zone))) for zone in sorted(own)]
        return " ".join(words)

    def _longitude(self, zone: int) -> str:
        """Where the first row with this zone's number lies, degrees in words."""
        east, _, north = next(metres for metres in self._metres.values() if metres[1] == zone)
        xs, _ = transform([east], [north], zone_crs(zone))
        return f"{float(xs[0]):.1f}"

    def _likeliest(self, fits: Mapping[str, set[int]]) -> str:
        return max(fits, key=lambda zone: len(fits[zone]))

    def _fitting(self, some: Sequence[int], crs: str) -> set[int]:
        wrong = self._misfits(some, *self._placed(some, crs))
        return {n for n, bad in zip(some, wrong, strict=True) if not bad}

    def _is_outside(self, n: int, crs: str) -> bool:
        return not crs or bool(self._outside([n], *self._placed([n], crs))[0])

    def _placed(self, some: Sequence[int], crs: str) -> tuple[Floats, Floats]:
        easts = [self._metres[n][0] + false_million(crs) for n in some]
        return transform(easts, [self._metres[n][2] for n in some], crs)


def zone_name(choice: str) -> str:
    """A zone with its meridian, for a sentence."""
    if choice.isdigit():
        return f"{choice} ({zone_meridian(int(choice)):g}°E)"
    return f"{choice.removeprefix('tm:')}°E"
