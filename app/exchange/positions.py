"""Stated positions into points: the questions of system, order and zone that the fit to the stated counties
raises."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from shapely.geometry.base import BaseGeometry

from app.domain.coordinates.datum import Shift
from app.domain.coordinates.fit import Flags, Places, Proposal, diagnose, offset_proposal
from app.domain.coordinates.gcj import Floats, from_bd09, from_gcj02
from app.domain.coordinates.measure import distance_m
from app.domain.coordinates.notation import Box, unpacked
from app.domain.coordinates.zones import (
    BD09,
    GCJ02,
    STORED,
    is_geographic,
    normalise_crs,
    transform,
)
from app.exchange import zone_choice
from app.exchange.grid_positions import between, false_million, grid_parts
from app.exchange.questions import Asked, Place, Question
from app.exchange.written_positions import Form, Written
from app.i18n import N_, tr

_LON, _LAT = (73.0, 136.0), (3.0, 54.0)
PACKED = "packed"  # the answer “degrees.minutes-seconds in one number”
_NEAR_DEG = (
    0.01  # about a kilometre: outlines are simplified, and a map's offset must not look like another city
)


@dataclass
class Placed:
    """What became of one row's position: a point in degrees EPSG:4490 or none, and what there is to say
    about it."""

    x: float = float("nan")
    y: float = float("nan")
    source: str = STORED
    refused: str = ""
    why: str = ""
    warnings: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Frame:
    """Where positions are expected: the box and outline of the whole area, and what the caller has
    settled."""

    box: Box
    area: BaseGeometry | None = None
    crs: str = ""
    axes: str = ""
    zone: int | None = None
    said: str = ""
    hint: str = ""
    default: str = ""
    stated: bool = False
    shift: Shift | None = None


@dataclass(frozen=True)
class Stated:
    """One row's side of the matter: its number, what is written, its county's outline, its own stated
    system, its sheet."""

    row: int
    written: Written
    county: BaseGeometry | None = None
    source: str = ""
    known: tuple[float, float] | None = None
    sheet: str = ""


class Placer:
    """Places all rows of a file together, because only together do they show an offset."""

    def __init__(self, stated: Sequence[Stated], frame: Frame, asked: Asked) -> None:
        self._stated, self._frame, self._asked = stated, frame, asked
        self.placed = [Placed() for _ in stated]
        self.crs = ""
        self._places = Places([item.county for item in stated], self._wide_area())
        self._settled_crs = normalise_crs(frame.crs) if frame.crs else ""

    def place(self) -> list[Placed]:
        """Decide every row; open questions go to `asked`, and the preview follows their proposals."""
        for placed, item in zip(self.placed, self._stated, strict=True):
            if item.written.form is Form.BAD:
                placed.refused, placed.why = "bad_position", item.written.why
        metres = self._of(Form.METRES)
        degrees = self._of(Form.DEGREES)
        if metres:
            self._place_metres(metres)
        if degrees:
            self._place_degrees(degrees)
        self._judge([*metres, *degrees])
        return self.placed

    def _of(self, form: Form) -> list[int]:
        return [n for n, item in enumerate(self._stated) if item.written.form is form]

    def _wide_area(self) -> BaseGeometry | None:
        return self._frame.area.buffer(_NEAR_DEG) if self._frame.area is not None else None

    def _rows(self, indexes: Sequence[int]) -> list[Place]:
        """The rows in the order in which they were read."""
        stated = (self._stated[n] for n in sorted(indexes))
        return list(dict.fromkeys((item.sheet, item.row) for item in stated))

    # --- degrees -------------------------------------------------------------------------------------------

    def _place_degrees(self, indexes: list[int]) -> None:
        self._order(indexes)
        if self._settled_crs and not is_geographic(self._settled_crs):
            self._refuse(indexes, N_("Degrees cannot be coordinates of {crs}."), crs=self._settled_crs)
            return
        self.crs = self.crs or STORED
        named = [n for n in indexes if self._stated[n].source in (GCJ02, BD09) and not self._settled_crs]
        for n in named:
            self._shift([n], self._stated[n].source)
            self.placed[n].warnings.append(
                (
                    "converted",
                    tr(
                        N_("The row says that it was read from a {crs} map; it was converted."),
                        crs=self._stated[n].source,
                    ),
                )
            )
        rest = [n for n in indexes if n not in set(named)]
        if self._settled_crs:
            self._shift(rest, self._settled_crs)
            self.crs = self._settled_crs
        elif rest:
            self._system(rest)

    def _order(self, indexes: list[int]) -> None:
        """x and y as the columns say, except where only the exchange makes sense: that is asked once."""
        turned = []
        for n in indexes:
            written = self._stated[n].written
            self.placed[n].x, self.placed[n].y = written.a, written.b
            if between(written.a, _LAT) and between(written.b, _LON) and not written.free:
                turned.append(n)
        if not turned:
            return
        share = len(turned), len(indexes)
        choice = self._frame.axes or self._asked.settle(
            Question(
                "axes",
                tr(N_("Are east and north exchanged in these rows?")),
                ("yx", "xy"),
                self._rows(turned),
                "yx",
                tr(
                    N_("{n} of {all} positions have their latitude in the column of the longitude."),
                    n=share[0],
                    all=share[1],
                ),
            )
        )
        for n in turned if choice == "yx" else ():
            written = self._stated[n].written
            self.placed[n].x, self.placed[n].y = written.b, written.a
            self.placed[n].warnings.append(("axes_exchanged", tr(N_("East and north were exchanged."))))

    def _system(self, indexes: list[int]) -> None:
        """Ask where degrees come from when the fit to the counties, or the file's own words, gives a
        reason."""
        xs, ys = self._xy(indexes)
        wrong = [n for n, bad in zip(indexes, self._subset(indexes).misfits(xs, ys), strict=True) if bad]
        proposal = self._proposal(indexes, xs, ys)
        if not proposal and not wrong:
            self._unlabelled(indexes)
            return
        chosen, rows, why = proposal or (STORED, [], "")
        unexplained = [n for n in wrong if n not in set(rows) and self._inside(n) and not self._known_here(n)]
        if not proposal and not unexplained:
            self._unlabelled(indexes)
            return
        if unexplained:
            why = " ".join(
                (why, tr(N_("{n} points lie outside the county their rows state."), n=len(unexplained)))
            ).strip()
        choices = (STORED, GCJ02, BD09, *((PACKED,) if chosen == PACKED else ()))
        what = tr(N_("Where do these coordinates come from?"))
        question = Question("crs", what, choices, self._rows([*rows, *unexplained]), chosen, why)
        self._answered(self._asked.settle(question), chosen, rows, indexes)

    def _answered(self, answer: str, chosen: str, rows: list[int], indexes: list[int]) -> None:
        """The answer holds for the rows it was proposed for; another answer holds for the whole file."""
        moved = rows if rows and answer == chosen else indexes
        if answer == PACKED:
            for n in moved:
                self.placed[n].x, self.placed[n].y = (
                    float(value) for value in unpacked([self.placed[n].x, self.placed[n].y])
                )
            return
        answer = normalise_crs(answer)
        if answer in (GCJ02, BD09):
            self._shift(moved, answer)
            self.crs = answer if len(moved) == len(indexes) else self.crs

    def _unlabelled(self, indexes: list[int]) -> None:
        """Degrees that fit where they are, and of which nobody said whence: asked once, and remembered."""
        if self._frame.stated or self._as_known(indexes):
            return
        kept = self._asked.remembered.get("crs", "")
        if kept and self._asked.answer("crs") is None:
            why = tr(
                N_("As answered for an earlier file of this template, the coordinates are {crs}."), crs=kept
            )
            self.placed[indexes[0]].warnings.append(("crs_remembered", why))
            self._answered(kept, STORED, [], indexes)
            return
        what = tr(N_("Where do these coordinates come from?"))
        why = tr(N_("The file does not say, and a map's shift of some hundred metres does not show here."))
        choices = (STORED, GCJ02, BD09)
        question = Question("crs", what, choices, self._rows(indexes), STORED, why)
        self._answered(self._asked.settle(question), STORED, [], indexes)

    def _as_known(self, indexes: list[int]) -> bool:
        """Rows about records that stand at these very places already show the system for the whole file."""
        known = [n for n in indexes if self._stated[n].known is not None]
        return bool(known) and 2 * sum(self._known_here(n) for n in known) > len(known)

    def _proposal(self, indexes: list[int], xs: Floats, ys: Floats) -> tuple[str, list[int], str] | None:
        """The map that explains the points, the rows it concerns, and why."""
        if self._frame.hint in (GCJ02, BD09):
            return self._frame.hint, indexes, tr(N_("The file itself names {crs}."), crs=self._frame.hint)
        known = [(n, self._stated[n].known) for n in indexes if self._stated[n].known]
        if known:
            pairs = np.array([pair for _, pair in known], float)
            some = [n for n, _ in known]
            offset = offset_proposal(self._xy(some), (pairs[:, 0], pairs[:, 1]))
            if offset:
                why = tr(
                    N_("Against the places already known, the points are shifted as on a {crs} map."),
                    crs=offset,
                )
                return offset, indexes, why
        others = {("crs", GCJ02): from_gcj02(xs, ys), ("crs", BD09): from_bd09(xs, ys)}
        if not any(re.search(r"[°度′']", self._stated[n].written.text) for n in indexes):
            others["crs", PACKED] = (unpacked(xs), unpacked(ys))
        found: list[Proposal] = diagnose((xs, ys), self._subset(indexes), others)
        if not found:
            return None
        if found[0].choice == PACKED:
            why = tr(
                N_("Read as degrees.minutes-seconds in one number, the points fall where their rows say.")
            )
            return PACKED, [indexes[k] for k in found[0].indexes], why
        return found[0].choice, [indexes[k] for k in found[0].indexes], found[0].why

    def _shift(self, indexes: Sequence[int], crs: str) -> None:
        if not indexes:
            return
        xs, ys = self._stored(*self._xy(indexes), crs)
        for n, x, y in zip(indexes, xs, ys, strict=True):
            self.placed[n].x, self.placed[n].y, self.placed[n].source = float(x), float(y), crs

    # --- metres --------------------------------------------------------------------------------------------

    def _place_metres(self, indexes: list[int]) -> None:
        usable: dict[int, tuple[float, int, float]] = {}
        for n in indexes:
            split = grid_parts(self._stated[n].written)
            if split is None:
                text = self._stated[n].written.text
                self._refuse([n], N_("“{text}” are no metres of a Chinese zone."), text=text)
            else:
                usable[n] = split
        crs = self._settled_crs or self._frame.default
        if crs and is_geographic(crs):
            self._refuse(list(usable), N_("Metres cannot be coordinates of {crs}."), crs=crs)
        elif crs:
            self._put(usable, dict.fromkeys(usable, crs))
            self.crs = crs
        elif usable:
            self._zones(usable)

    def _zones(self, usable: Mapping[int, tuple[float, int, float]]) -> None:
        """Each row in the zone its number, the file, the fit or the answer puts it into."""

        def misfits(indexes: Sequence[int], xs: Floats, ys: Floats) -> Flags:
            return self._subset(indexes).misfits(xs, ys)

        def outside(indexes: Sequence[int], xs: Floats, ys: Floats) -> Flags:
            return self._subset(indexes).outside_area(xs, ys)

        stated = zone_choice.Stated(self._frame.box, self._frame.zone, self._frame.said)
        choice = zone_choice.ZoneChoice(usable, stated, misfits, outside)
        systems = choice.systems(self._asked, self._rows)
        self._put(usable, systems)
        used = list(systems.values())
        self.crs = self.crs or max(set(used), key=used.count)

    def _put(self, usable: Mapping[int, tuple[float, int, float]], systems: Mapping[int, str]) -> None:
        for crs in set(systems.values()):
            some = [n for n, name in systems.items() if name == crs]
            if not some:
                continue
            easts = [usable[n][0] + false_million(crs) for n in some]
            xs, ys = self._stored(easts, [usable[n][2] for n in some], crs)
            for n, x, y in zip(some, xs, ys, strict=True):
                self.placed[n].x, self.placed[n].y, self.placed[n].source = float(x), float(y), crs

    def _stored(self, xs: ArrayLike, ys: ArrayLike, crs: str) -> tuple[Floats, Floats]:
        """Degrees EPSG:4490, over an old datum by the parameters or points that were given."""
        shift = self._frame.shift
        return shift.to_stored(xs, ys) if shift is not None and crs == shift.crs else transform(xs, ys, crs)

    # --- judgement -----------------------------------------------------------------------------------------

    def _judge(self, indexes: list[int]) -> None:
        """Outside the whole area is refused; outside the stated county is a warning."""
        live = [n for n in indexes if not self.placed[n].refused]
        if not live:
            return
        subset = self._subset(live)
        xs, ys = self._xy(live)
        outside, misfit = subset.outside_area(xs, ys), subset.misfits(xs, ys)
        for n, out, bad in zip(live, outside, misfit, strict=True):
            placed = self.placed[n]
            if out:
                placed.refused = "outside_area"
                placed.why = tr(
                    N_("The point {text} lies outside the area of this workspace."),
                    text=self._stated[n].written.text,
                )
            elif bad:
                placed.warnings.append(
                    ("outside_county", tr(N_("The point lies outside the county the row states.")))
                )

    def _subset(self, indexes: Sequence[int]) -> Places:
        return Places([self._stated[n].county for n in indexes], self._places.area)

    def _xy(self, indexes: Sequence[int]) -> tuple[Floats, Floats]:
        return np.array([self.placed[n].x for n in indexes]), np.array([self.placed[n].y for n in indexes])

    def _known_here(self, n: int) -> bool:
        """The record stands at this very place already: it was asked about when it came in."""
        known, placed = self._stated[n].known, self.placed[n]
        return known is not None and distance_m(placed.x, placed.y, *known) < 1.0

    def _inside(self, n: int) -> bool:
        return not bool(self._subset([n]).outside_area([self.placed[n].x], [self.placed[n].y])[0])

    def _refuse(self, indexes: Sequence[int], why: str, **values: object) -> None:
        for n in indexes:
            self.placed[n].refused, self.placed[n].why = "bad_position", tr(why, **values)
