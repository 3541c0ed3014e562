"""What an import is given: the caller's options and answers, and the records and places it is held
against."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from app.domain.changes import new_uid
from app.domain.coordinates.datum import FAR_M, Shift, fit_points, parameters
from app.domain.coordinates.notation import PINGLIANG, Box
from app.domain.coordinates.zones import normalise_crs
from app.domain.entities.division import Division
from app.domain.entity import Entity, EntityType
from app.errors import Invalid
from app.exchange.mapping import MappingFile
from app.exchange.positions import PACKED
from app.exchange.questions import BY_PART, BY_TABLE, CODES, PARTED
from app.exchange.settling import EACH, TOTAL
from app.exchange.ticking import Tick, go_on
from app.exchange.zone_choice import is_zone_answer
from app.i18n import N_

NEW, SKIP = "new", "skip"  # answers to “is this the same thing as a record that is there?”


@dataclass(frozen=True)
class ImportOptions:
    """What the caller has settled: options of the command line, answers to questions, corrections of the
    mapping."""

    sheet: str | None = None
    header_rows: str | None = None
    mapping: MappingFile | None = None
    encoding: str | None = None
    crs: str | None = None
    axes: str | None = None
    zone: int | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    match: str | None = None
    accept_claims: bool = False
    params: str = ""
    points: Path | None = None

    def shift(self, layer_crs: str = "", most_m: float = FAR_M) -> Shift | None:
        """The way from an old datum that was given; raises Invalid when it is none, starts nowhere, or fits
        a common point no better than `most_m`."""
        if not self.params and self.points is None:
            return None
        crs = self.crs or layer_crs
        if not crs or (self.params and self.points):
            raise Invalid(
                N_("Parameters and common points need the old system they start from; give one of the two."),
                hint=N_("Write --crs with the old system, such as EPSG:2380 or xian80."),
                code="params",
            )
        return parameters(self.params, crs) if self.points is None else _fitted(self.points, crs, most_m)

    def all_answers(self) -> dict[str, str]:
        """The mapping file's answers and the caller's own, checked; raises Invalid for one that answers
        nothing."""
        kept = self.mapping.answers if self.mapping else {}
        answers = {**kept, **self.answers}
        for code, choice in answers.items():
            if not _answers(code, choice):
                raise Invalid(
                    N_("“{question}={choice}” answers no question."),
                    code="answer",
                    question=code,
                    choice=choice,
                    hint=N_("Questions: {codes}"),
                    codes=" ".join(CODES),
                )
        if self.axes not in (None, "xy", "yx"):
            raise Invalid(N_("“{axes}” is no order of axes; write xy or yx."), code="answer", axes=self.axes)
        if self.zone is not None and not 25 <= self.zone <= 45:
            raise Invalid(
                N_("There is no zone {zone} in China; three-degree zones run from 25 to 45."),
                code="answer",
                zone=self.zone,
            )
        if self.crs:
            normalise_crs(self.crs)
        return answers


def _fitted(points: Path, crs: str, most_m: float) -> Shift:
    from app.exchange.point_pairs import read_point_pairs  # late: it opens workbooks

    return fit_points(read_point_pairs(points, crs), crs, most_m)


def _answers(key: str, choice: str) -> bool:
    code, at, part = key.partition("@")
    if at and (code not in PARTED or not part):
        return False
    if choice == BY_PART:
        return code in BY_TABLE and not part
    match code:
        case "crs":
            return choice == PACKED or bool(normalise_crs(choice))
        case "axes":
            return choice in ("xy", "yx")
        case "zone":
            return is_zone_answer(choice)
        case "year":
            return choice.isdigit() and len(choice) == 4
        case "units_meaning":
            return choice in (EACH, TOTAL)
        case "duplicate_of":
            return choice in (NEW, SKIP)
        case _:
            return code in CODES


def _no_record(kind: str, words: str) -> str | None:
    return None


def _nothing_learned(key: str) -> MappingFile | None:
    return None


@dataclass(frozen=True)
class ImportContext:
    """What the plan is made against: the kind's existing records, the divisions, the workspace's area, today.

    `lookup(entity, words)` gives the uid of a referenced record; `tick(share)` is called now and then with
    the share of the rows done, and may raise to cancel. Records closer than `near_m` metres may be one; a
    common point farther off its fit than `common_point_m` is refused.
    `recall(key)` gives what was learned of a template (`exchange/learned.py`).
    """

    kind: EntityType
    existing: Sequence[Entity]
    divisions: Sequence[Division]
    area: BaseGeometry | None
    today: date
    new_uid: Callable[[], str] = new_uid
    near_m: float = 15.0
    common_point_m: float = FAR_M
    lookup: Callable[[str, str], str | None] = _no_record
    tick: Tick = go_on
    recall: Callable[[str], MappingFile | None] = _nothing_learned

    @property
    def box(self) -> Box:
        """The extent in which positions are expected, degrees EPSG:4490."""
        if self.area is None or self.area.is_empty:
            return PINGLIANG
        x0, y0, x1, y1 = self.area.bounds
        return (x0, y0, x1, y1)
