"""What to look at where built-up areas are set up or imported: outlines of a year to come, and two names for
one place. Nothing is refused for it."""

from __future__ import annotations

from dataclasses import replace

from app.actions.session import Session
from app.domain.doubtful import Doubt, doubts
from app.domain.entities.water import BuiltUpArea
from app.domain.surroundings import Area, counting
from app.exchange.report import UNCHANGED, ImportPlan, PlannedRecord, Warned
from app.i18n import N_, tr

_SAID = {
    "coming_year": N_("“{name}” of {year} counts already; until then set which year counts (builtup_year)"),
    "same_place": N_("“{name}” and “{other}” cover the same ground under two names, and both count"),
}


def builtup_doubts(session: Session) -> list[str]:
    """What is doubtful about the built-up areas that count now, in sentences."""
    found = doubts(session.workspace.surroundings().areas, session.policy.builtup_year, _this_year(session))
    return [_sentence(doubt) for doubt in found]


def with_builtup_doubts(session: Session, plan: ImportPlan) -> ImportPlan:
    """An import's plan with a warning at each row that would bring such a doubt in."""
    if plan.kind is not BuiltUpArea.TYPE:
        return plan
    rows = {record.uid: record for record in plan.records if record.action != UNCHANGED}
    kept = (item for item in session.workspace.find(BuiltUpArea) if item.uid not in rows)
    there = [Area(item.uid, item.name, item.year, item.geometry) for item in kept]
    year = session.policy.builtup_year
    counted = counting([*there, *map(_planned, rows.values())], year)
    warned = list(plan.report.warnings)
    for doubt in doubts(counted, year, _this_year(session)):
        row = next((rows[uid] for uid in reversed(doubt.uids) if uid in rows), None)
        if row is not None:
            warned.append(Warned(row.sheet, row.row, doubt.code, _sentence(doubt)))
    return ImportPlan(plan.kind, replace(plan.report, warnings=warned))


def _sentence(doubt: Doubt) -> str:
    return tr(_SAID[doubt.code], **doubt.values)


def _planned(record: PlannedRecord) -> Area:
    held = record.before.values() if record.before is not None else {}
    shape = record.geometry if record.geometry is not None else getattr(record.before, "geometry", None)
    values = {**held, **record.values}
    return Area(record.uid, str(values["name"]), int(values["year"]), shape)


def _this_year(session: Session) -> int:
    return int(session.today[:4])
