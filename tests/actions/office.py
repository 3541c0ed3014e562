"""An office at work: its people, a boiler, and the steps they take, in words short enough for a story."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from shapely.geometry import Point

from app.actions.people import actor_of, find_person
from app.actions.records import add_record, edit_record, find_record, show_record
from app.actions.reports import ReportOrder
from app.actions.session import Session
from app.actions.steps import StepDone, do_step
from app.domain.changes import Actor
from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import CHECKLISTS
from app.domain.entity import Entity
from builders import METRE_NORTH, PLACE, paper, photo
from conftest import Clock

TOWN = "620802105"  # 柳湖镇
COUNTY = "620802"
PEOPLE = {  # name: role, unit, area
    "inspector": ("R1", "柳湖镇政府", TOWN),
    "officer": ("R2", "柳湖镇政府", TOWN),
    "officer2": ("R2", "柳湖镇政府", TOWN),
    "clerk": ("R3", "市生态环境局崆峒分局", COUNTY),
    "clerk2": ("R3", "崆峒区市场监督管理局", COUNTY),
    "clerk3": ("R3", "市生态环境局崆峒分局", COUNTY),
    "registrar": ("R3", "市生态环境局崆峒分局", COUNTY),
    "chief": ("R4", "市生态环境局崆峒分局", COUNTY),
    "city": ("R5", "平凉市生态环境局", "620800"),
    "leader": ("R6", "平凉市生态环境局", "620800"),
    "stranger": ("R3", "市生态环境局静宁分局", "620826"),
}
PIN = "246810"
APPLICATION = ("application_form", "identity_copy", "photo_before", "photo_during", "photo_after")
BOILER = {
    "ledger_no": "KT-2026-001",
    "user_org": "崆峒区第一小学",
    "boiler_type": "hot_water",
    "rated_tph": 2.0,
    "pressurized": False,
    "fuel": "bituminous",
    "address": "柳湖镇东大街1号",
}


@dataclass
class Office:
    """An open workspace with everybody in it. Whoever acts is named with each step."""

    session: Session
    clock: Clock
    folder: Path
    _files: Iterable[int] = field(default_factory=lambda: itertools.count(1))

    def as_(self, name: str) -> Actor:
        """Let this person be the one who signed in (without the half second a PIN takes)."""
        person = find_person(self.session, name)
        assert person is not None, name
        self.session.actor = actor_of(person)
        return self.session.actor

    def enter(
        self, by: str = "registrar", place: tuple[float, float] | None = PLACE, **changes: Any
    ) -> Boiler:
        """Somebody enters a boiler in the ledger."""
        self.as_(by)
        values = {name: value for name, value in (BOILER | changes).items() if value is not None}
        record = add_record(self.session, "boiler", values, Point(place) if place else None)
        assert isinstance(record, Boiler)
        return record

    def boiler(self, number: str = "KT-2026-001") -> Boiler:
        """The boiler as it is now."""
        record = find_record(self.session, "boiler", number)
        assert isinstance(record, Boiler)
        return record

    def do(
        self,
        by: str,
        action: str,
        record: Entity,
        evidence: Iterable[str | tuple[str, Path]] = (),
        **values: Any,
    ) -> StepDone:
        """Somebody takes a step; evidence named by its kind alone is made up to fit; `reason` is no field."""
        self.as_(by)
        reason = values.pop("reason", "")
        if action == "county_accept":  # whoever accepts ticks the whole list, unless the test says otherwise
            values.setdefault("end_checks", CHECKLISTS.get(values.get("end_state", ""), ())) or values.pop(
                "end_checks"
            )
        fresh = find_record(self.session, record.TYPE.cli, record.uid)
        papers = [self.file(item) if isinstance(item, str) else item for item in evidence]
        return do_step(self.session, action, fresh, values=values, evidence=papers, reason=reason)

    def edit(self, by: str, record: Entity, values: Mapping[str, Any], reason: str = "") -> None:
        """Somebody changes fields."""
        self.as_(by)
        edit_record(
            self.session, find_record(self.session, record.TYPE.cli, record.uid), values, reason=reason
        )

    def file(self, kind: str, **how: Any) -> tuple[str, Path]:
        """A file of a kind of evidence that nobody has handed in before."""
        number = next(iter(self._files))
        if "photo" in kind or kind == "nameplate":
            how.setdefault("taken", self.clock.now)
            return kind, photo(self.folder / f"{kind}-{number}.jpg", shade=number, **how)
        return kind, paper(self.folder / f"{kind}-{number}.pdf", f"{kind} {number}")

    def site_photo(self, metres: float = 0.0, taken: datetime | None = None) -> tuple[str, Path]:
        """A photograph taken so many metres north of the boiler."""
        place = (PLACE[0], PLACE[1] + metres * METRE_NORTH)
        return self.file("site_photo", place=place, taken=taken or self.clock.now)

    def lacks(self, by: str, action: str, record: Entity) -> list[str]:
        """What a person would be told is missing for a step, as codes."""
        self.as_(by)
        steps = show_record(self.session, record.TYPE.cli, record.uid).steps
        return [lack.code for step in steps if step.action == action for lack in step.lacks]

    def journal_length(self) -> int:
        """How many changes the journal holds."""
        return self.session.workspace.unsent()

    # ------------------------------------------------------------ a life in pieces
    def planned(self, **changes: Any) -> Boiler:
        """A boiler in the ledger, registered and in the plan."""
        boiler = self.enter(**changes)
        self.do("registrar", "register", boiler, ["nameplate"])
        plan = {"treatment": "dismantle", "due_date": "2026-12-31", "resp_org": "柳湖镇政府"}
        self.do("registrar", "plan", boiler, **plan)
        self.do("chief", "plan", boiler)
        return self.boiler(boiler.ledger_no)

    def in_progress(self, **changes: Any) -> Boiler:
        """A boiler under treatment."""
        boiler = self.planned(**changes)
        self.do("officer", "start", boiler, ["photo_before"])
        return self.boiler(boiler.ledger_no)

    def applied(self, **changes: Any) -> Boiler:
        """A boiler whose acceptance has been applied for."""
        boiler = self.in_progress(**changes)
        self.do("officer", "apply", boiler, APPLICATION)
        return self.boiler(boiler.ledger_no)

    def town_ok(self, **changes: Any) -> Boiler:
        """A boiler checked by the township."""
        boiler = self.applied(**changes)
        self.do("officer2", "town_check", boiler, [self.site_photo()])
        return self.boiler(boiler.ledger_no)

    def county_ok(self, **changes: Any) -> Boiler:
        """A boiler accepted by the county."""
        boiler = self.town_ok(**changes)
        self.do("clerk", "county_accept", boiler, ["acceptance_form"], end_state="A")
        self.do("clerk2", "county_accept", boiler)
        self.do("chief", "chief_sign", boiler)
        return self.boiler(boiler.ledger_no)

    def cleared(self, **changes: Any) -> Boiler:
        """A boiler that is cleared, eight days after its public notice."""
        boiler = self.county_ok(**changes)
        self.do("city", "notice", boiler)
        self.clock.forward(days=8)
        self.do("leader", "clear", boiler)
        return self.boiler(boiler.ledger_no)


def running_month(session: Session) -> ReportOrder:
    """The schedule of the month that runs; without a month it is that of the month in hand."""
    return ReportOrder("monthly", session.today[:7])
