"""What happened to the simulated boilers since the import: steps by the right people on their days."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from app.demo.people import login_of
from app.demo.seed import day, dice
from app.demo.truth import HOME_TOWN, Truth
from app.domain.entities.boiler_codes import CHECKLISTS
from app.domain.workflows.boiler_guards import CONVERSIONS

ADD_EVIDENCE = "add_evidence"
NOTICE_DAY = "2026-10-30"
_STAGES = ("registered", "planned", "in_progress", "applied", "town_ok", "county_ok", "notice")
_LOOKED_BACK = 4
_PROVED = 60  # of the boilers moved in as cleared, so many have handed in their dossier since
_ACCEPTANCE_PHOTOS = ("photo_during", "photo_after")


@dataclass(frozen=True)
class Step:
    """One thing somebody did: on which day, who, which action, with which fields, papers and reason."""

    when: datetime
    login: str
    action: str
    ledger_no: str
    values: Mapping[str, Any] = field(default_factory=dict)
    papers: tuple[str, ...] = ()
    reason: str = ""


class Treated(Protocol):
    """What decides which papers an acceptance needs; the truth and the record of a boiler both say it."""

    @property
    def ledger_no(self) -> str:
        """The number in the ledger."""
        ...

    @property
    def pressurized(self) -> bool | None:
        """Whether it is under pressure and so registered."""
        ...

    @property
    def treatment(self) -> str | None:
        """What is done with it."""
        ...


def story(truths: Sequence[Truth]) -> list[Step]:
    """Every step in the order of time."""
    source = dice("story")
    steps: list[Step] = []
    for truth in truths:
        if truth.through_workflow:
            steps += _treated(truth, source)
        elif truth.fate in ("in_progress", "sealed"):
            steps.append(_dossier(truth, source))
        elif truth.fate == "rebound":
            steps += _rebound(truth, source)
    cleared = [truth for truth in truths if truth.fate == "cleared" and truth.written is not None]
    for truth in dice("proved").sample(cleared, min(_PROVED, len(cleared))):
        steps.append(_proved(truth))
    for truth in source.sample(cleared, min(_LOOKED_BACK, len(cleared))):
        steps.append(_looked_back(truth, source))
    return sorted(steps, key=lambda step: (step.when, step.ledger_no))


def acceptance(boiler: Treated, days: Sequence[str]) -> Iterator[Step]:
    """From the application to the chief's signature on four days: who applies never judges."""
    apply_day, check_day, accept_day, sign_day = days
    papers = ["application_form", "identity_copy", *_ACCEPTANCE_PHOTOS]
    papers += _certificates(boiler)
    number = boiler.ledger_no
    yield Step(day(apply_day, 10), "officer", "apply", number, {"done_date": apply_day}, tuple(papers))
    yield Step(day(check_day, 15), "officer2", "town_check", number, {}, ("site_photo",))
    found = {"end_state": "A", "end_checks": CHECKLISTS["A"]}
    yield Step(day(accept_day, 9, 30), "clerk", "county_accept", number, found, ("acceptance_form",))
    yield Step(day(accept_day, 16), "clerk2", "county_accept", number)
    yield Step(day(sign_day, 11), "chief", "chief_sign", number)


def _treated(truth: Truth, source: random.Random) -> Iterator[Step]:
    """As far as its fate says: registered, planned, begun, sealed or some way into the acceptance."""
    stage = _STAGES.index({"sealed": "in_progress"}.get(truth.fate, truth.fate))
    number, clerk = truth.ledger_no, login_of("R3", truth.county)
    yield Step(_day(source, 3, 10), clerk, "register", number, {}, ("nameplate",))
    if stage >= 1:
        plan = {"due_date": "2026-10-31", "due_text": "2026年10月底前"}
        yield Step(_day(source, 4, 8), clerk, "plan", number, plan)
        yield Step(_day(source, 4, 20), login_of("R4", truth.county), "plan", number)
    if stage >= 2:
        yield Step(_day(source, 6, 3), clerk, "start", number, {}, ("photo_before",))
    if truth.fate == "sealed":
        yield Step(
            _day(source, 9, 8), clerk, "seal", number, {"seal_no": f"封{number[3:7]}"}, ("seal_photo",)
        )
    reached = list(acceptance(truth, ("2026-10-12", "2026-10-14", "2026-10-20", "2026-10-22")))
    wanted = {"applied": 1, "town_ok": 2, "county_ok": 5, "notice": 5}.get(truth.fate, 0)
    yield from reached[:wanted]
    if truth.fate == "notice":
        yield Step(day(NOTICE_DAY, 9), "city", "notice", number)


def _dossier(truth: Truth, source: random.Random) -> Step:
    """The photograph a county adds for a boiler that was moved in under way or sealed."""
    kind = "seal_photo" if truth.fate == "sealed" else "photo_before"
    return Step(_day(source, 5, 6), login_of("R3", truth.county), ADD_EVIDENCE, truth.ledger_no, {}, (kind,))


def _proved(truth: Truth) -> Step:
    """The whole dossier a county hands in later for a boiler that was moved in as cleared."""
    papers = ["photo_before", "application_form", "identity_copy", *_ACCEPTANCE_PHOTOS, "site_photo"]
    papers += ["acceptance_form", *_certificates(truth)]
    when = day("2026-06-18", 15)
    return Step(when, login_of("R3", truth.county), ADD_EVIDENCE, truth.ledger_no, {}, tuple(papers))


def _certificates(boiler: Treated) -> list[str]:
    """What pressure and a conversion add to the papers of an acceptance."""
    papers = ["dereg_cert"] if boiler.pressurized else []
    return papers + (["new_boiler_notice"] if boiler.treatment in CONVERSIONS else [])


def _rebound(truth: Truth, source: random.Random) -> Iterator[Step]:
    reported = day(f"2026-10-{source.randrange(15, 24):02d}", 14)
    who = "inspector" if truth.town == HOME_TOWN else login_of("R3", truth.county)
    reason = "巡查发现烟囱冒烟，锅炉复燃（模拟）"
    yield Step(reported, who, "rebound", truth.ledger_no, {}, ("rebound_photo",), reason)
    confirmed = reported + timedelta(days=source.randrange(1, 4))
    yield Step(confirmed, "city", "confirm_rebound", truth.ledger_no, {"rebound_reason": "relit"})


def _looked_back(truth: Truth, source: random.Random) -> Step:
    values = {"lookback_round": "2026年第3轮回头看（模拟）"}
    return Step(_day(source, 9, 20), "city", "look_back", truth.ledger_no, values, ("lookback_photo",))


def _day(source: random.Random, month: int, first: int) -> datetime:
    """Some working hour in the days from a date on."""
    start = day(f"2026-{month:02d}-{first:02d}", source.randrange(9, 17), source.randrange(0, 60))
    return start + timedelta(days=source.randrange(0, 6))
