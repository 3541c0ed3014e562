"""The numbers a bureau answers for: units and t/h together, against a frozen baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.actions.action import action
from app.actions.rights import require_role
from app.actions.session import Session
from app.actions.standing import county_of, latest_baseline, places_of, standing_of
from app.domain.changes import insert
from app.domain.entities.boiler import Boiler
from app.domain.entities.papers import Baseline, BaselineEntry
from app.domain.filters import equal
from app.domain.frozen import Row
from app.domain.output import output_tph, total
from app.domain.reporting import CountyRow, counted_at
from app.errors import Invalid, Refused
from app.i18n import N_


@dataclass(frozen=True)
class Headline:
    """The counties' lines, their sum, the baseline they are measured against, and the boilers behind."""

    rows: tuple[CountyRow, ...]
    sum: CountyRow
    baseline: Baseline | None
    synthetic: bool
    boilers: Mapping[str, Row] = field(default_factory=dict)


@action(N_("Totals against the baseline"), "record", icon="today", command="counts")
def headline(session: Session, area: str = "") -> Headline:
    """Totals by county of the workspace's area, or of one county; development zones count as counties."""
    frozen = latest_baseline(session)
    found = standing_of(session, frozen, area or session.workspace.area, session.today, past=False)
    rows, whole = counted_at(session.today, found.places, found.area, found.facts)
    return Headline(rows, whole, frozen, found.synthetic, found.rows)


@action(N_("Freeze a baseline…"), "record", command="baseline", roles=("R5", "R6"))
def freeze_baseline(session: Session, name: str, document: str) -> Baseline:
    """Freeze the boilers in the ledger as a baseline (R5, R6); excluded ones are not taken in."""
    require_role(session, "R5", "R6")
    if session.workspace.find(Baseline, equal(name=name), limit=1):
        raise Invalid(N_("There is a baseline “{name}” already"),
                      hint=N_("A baseline never changes; give a new name."),
                      name=name, code="duplicate")  # fmt: skip
    boilers = [
        item for item in session.workspace.find(Boiler, order="ledger_no") if item.status != "excluded"
    ]
    if not boilers:
        raise Refused(N_("There are no boilers to freeze"), code="empty")
    whole = total(boilers)
    baseline = Baseline(
        uid=session.new_uid(), name=name, div_code=session.workspace.area, frozen_at=session.moment(),
        units=whole.units, tph=whole.tph, document=document or None, synthetic=boilers[0].synthetic,
    )  # fmt: skip
    codes = sorted((code for code, _ in places_of(session, session.workspace.area)), key=len, reverse=True)
    entries = [_entry(session, baseline, item, codes) for item in boilers]
    session.commit(map(insert, (baseline, *entries)), "freeze_baseline", document)
    return baseline


def _entry(session: Session, baseline: Baseline, boiler: Boiler, codes: list[str]) -> BaselineEntry:
    return BaselineEntry(
        uid=session.new_uid(), baseline=baseline.uid, boiler=boiler.uid, ledger_no=boiler.ledger_no,
        county=county_of(boiler.div_code, codes) or None, rated_tph=output_tph(boiler),
    )  # fmt: skip
