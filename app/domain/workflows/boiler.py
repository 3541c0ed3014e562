"""The life of a coal boiler as one table: from, to, step, roles, evidence, guards (docs/sources.md)."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.domain.entities.papers import CLEARING
from app.domain.workflow import Case, Transition, Workflow
from app.domain.workflows import boiler_guards as g
from app.i18n import N_

ANYONE = ("R1", "R2", "R3", "R4", "R5", "R6")
DOSSIER = ("start", "apply", "town_check", "county_accept")  # the steps whose papers make a boiler's dossier
PHOTOS = ("photo_before", "photo_during", "photo_after")


def _applied(case: Case) -> dict[str, Any]:
    return {"applied_on": case.today, "return_reason": None}


def _notice(case: Case) -> dict[str, Any]:
    start = case.record.notice_from or case.today
    end = case.policy.notice_end(date.fromisoformat(start))
    return {"notice_from": start, "notice_to": end.isoformat() if end else None}


def _sealed(case: Case) -> dict[str, Any]:
    until = (
        case.record.sealed_until
        or case.policy.next_heating_season(date.fromisoformat(case.today)).isoformat()
    )
    return {"sealed_until": until, "rechecked_on": None}


def _rechecked(case: Case) -> dict[str, Any]:
    """Found still sealed: until the next heating season, unless an earlier day ahead was written."""
    season = case.policy.next_heating_season(date.fromisoformat(case.today)).isoformat()
    until = case.record.sealed_until or ""
    return {"sealed_until": until if case.today < until < season else season, "rechecked_on": case.today}


def _returned(case: Case) -> dict[str, Any]:
    """What was found at an acceptance is looked at anew by the next one."""
    return {"return_reason": case.reason, "end_checks": ()}


def _unsealed(case: Case) -> dict[str, Any]:
    return {"seal_no": None, "sealed_until": None, "rechecked_on": None}


def _rebound(case: Case) -> dict[str, Any]:
    """A new round begins: what the last round reached is history, and no longer the record's state."""
    fresh = (
        "applied_on",
        "accepted_on",
        "notice_from",
        "notice_to",
        "cleared_on",
        "looked_back_on",
        "done_date",
    )
    return {"round_no": case.record.round_no + 1, "rebound_reported": None, "end_state": None,
            "end_checks": (), **dict.fromkeys(fresh)}  # fmt: skip


BOILER = Workflow("boiler", "boiler", "status", (
    Transition("register", N_("Register"), ("suspect",), "registered", (("R3",),),
               asks=("user_org", "boiler_type"), guards=(g.has_place, g.has_output, g.nameplate_or_reason)),
    Transition("exclude", N_("Exclude"), ("suspect",), "excluded", (("R3",), ("R4",)),
               asks=("exclude_reason",), guards=(g.photo_or_reason,)),
    Transition("plan", N_("Put into the plan"), ("registered",), "planned", (("R3",), ("R4",)),
               asks=("treatment", "due_date", "resp_org"),
               may_set=("due_text", "batch", "policy_doc", "resp_person")),
    Transition("start", N_("Start treatment"), ("planned",), "in_progress", (("R2", "R3"),),
               evidence=("photo_before",)),
    Transition("seal", N_("Stop and seal"), ("in_progress",), "sealed", (("R3",),),
               evidence=("seal_photo",), asks=("seal_no",), may_set=("sealed_until",),
               guards=(g.sealed_to_the_season,), stamp=_sealed),
    Transition("recheck", N_("Re-check the seal"), ("sealed",), "sealed", (("R2", "R3"),),
               evidence=("recheck_photo",), may_set=("sealed_until",),
               guards=(g.recheck_photo_near_and_today, g.sealed_to_the_season), stamp=_rechecked),
    Transition("apply", N_("Apply for acceptance"), ("in_progress", "returned"), "applied", (("R2",),),
               evidence=("application_form", "identity_copy", *PHOTOS),
               may_set=("done_date", "dereg_no", "dereg_date"),
               guards=(g.deregistered_if_pressurised, g.new_boiler_notice_if_converted), stamp=_applied),
    Transition("town_check", N_("Check on site"), ("applied",), "town_ok", (("R2",),),
               evidence=("site_photo",), after=("apply",), judges=True,
               guards=(g.site_photo_near_and_today,)),
    Transition("county_accept", N_("Accept for the county"), ("town_ok",), "town_ok", (("R3",), ("R3",)),
               evidence=("acceptance_form",), asks=("end_state",), may_set=("end_checks", "after_fuel"),
               after=("apply", "town_check"), judges=True, units_differ=True,
               guards=(g.report_if_converted, *g.CHECKLIST)),
    Transition("chief_sign", N_("Sign for the county"), ("town_ok",), "county_ok", (("R4",),),
               after=("apply", "town_check", "county_accept"), judges=True,
               guards=(g.two_acceptances, *g.CHECKLIST),
               stamp=lambda case: {"accepted_on": case.today}),
    Transition("notice", N_("Post the public notice"), ("county_ok",), "notice", (("R5",),),
               may_set=("notice_from",), guards=(g.approvals_still_valid, g.notice_dates, g.holidays_known),
               stamp=_notice),
    Transition(CLEARING, N_("Clear the boiler"), ("notice",), "cleared", (("R6",),),
               after=("apply", "town_check", "county_accept", "chief_sign", "notice"), judges=True,
               guards=(g.approvals_still_valid, g.notice_over),
               stamp=lambda case: {"cleared_on": case.today}),
    Transition("return", N_("Send back"), ("applied",), "returned", (("R2", "R3"),), needs_reason=True,
               stamp=_returned),
    Transition("return", N_("Send back"), ("town_ok",), "returned", (("R3", "R4"),), needs_reason=True,
               stamp=_returned),
    Transition("return", N_("Send back"), ("county_ok", "notice"), "returned", (("R5", "R6"),),
               needs_reason=True, stamp=_returned),
    Transition("look_back", N_("Look back"), ("cleared",), "cleared", (("R5", "R6"),),
               evidence=("lookback_photo",), may_set=("lookback_round",),
               stamp=lambda case: {"looked_back_on": case.today}),
    Transition("rebound", N_("Report a rebound"), ("cleared",), "cleared", (ANYONE,),
               evidence=("rebound_photo",), needs_reason=True,
               stamp=lambda case: {"rebound_reported": case.today}),
    Transition("confirm_rebound", N_("Confirm the rebound"), ("cleared",), "rebound", (("R5", "R6"),),
               asks=("rebound_reason",), guards=(g.rebound_reported,), stamp=_rebound),
    Transition("restart", N_("Treat again"), ("rebound",), "in_progress", (("R3",),),
               may_set=("due_date", "due_text", "treatment", "resp_org"), guards=(g.new_due_date,),
               drafts=("supervision",), stamp=_unsealed),
    Transition("restart", N_("Treat again"), ("sealed",), "in_progress", (("R3",),),
               may_set=("due_date", "due_text", "treatment", "resp_org"), guards=(g.new_due_date,),
               stamp=_unsealed),
    Transition("retain", N_("Retain, upgraded"), ("planned",), "retained", (("R5",), ("R6",)),
               evidence=("monitoring_report",), guards=(g.has_output,)),
), rests_on=g.RESTED_ON)  # fmt: skip
