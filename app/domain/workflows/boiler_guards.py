"""The guards of the boiler workflow: each looks at a case and names what is missing, or nothing."""

from __future__ import annotations

from datetime import date

from pyproj import Geod

from app.domain.coordinates.measure import spot_of
from app.domain.entities.boiler_codes import CHECKLISTS, COALS, END_CHECKS, END_PAPERS, FUELS
from app.domain.entities.papers import EVIDENCE_KINDS, Attachment
from app.domain.values import as_datetime, bureau_day
from app.domain.workflow import Case, Guard, Lack
from app.i18n import N_, listed

_CGCS2000 = Geod(ellps="GRS80")
_FULL_DAY = len("2026-11-24")
RESTED_ON = ("county_accept", "chief_sign")  # notice and clearing rest on what the county accepted and signed
CONVERSIONS = ("coal_to_gas", "coal_to_electric", "biomass", "other_clean")


def has_place(case: Case) -> Lack | None:
    """A point or an address."""
    if case.record.geometry is not None or case.record.address:
        return None
    return Lack("field", N_("Neither a position nor an address is known"))


def has_output(case: Case) -> Lack | None:
    """Rated output in t/h or MW."""
    if case.record.rated_tph or case.record.rated_mw:
        return None
    return Lack("field", N_("Rated output in t/h or MW is missing"), {"name": "rated_tph"})


def nameplate_or_reason(case: Case) -> Lack | None:
    """A photograph of the nameplate, or the reason why there is none."""
    return _paper_or_reason(case, "nameplate")


def photo_or_reason(case: Case) -> Lack | None:
    """A photograph on site, or the reason why there is none."""
    return _paper_or_reason(case, "site_photo")


def deregistered_if_pressurised(case: Case) -> Lack | None:
    """The deregistration certificate of a pressurised boiler (V3)."""
    if not case.record.pressurized or _newest(case, "dereg_cert"):
        return None
    return _missing("dereg_cert")


def new_boiler_notice_if_converted(case: Case) -> Lack | None:
    """The notice of the new boiler where the old one was converted (V3)."""
    if case.record.treatment not in CONVERSIONS or _newest(case, "new_boiler_notice"):
        return None
    return _missing("new_boiler_notice")


def report_if_converted(case: Case) -> Lack | None:
    """The monitoring report for end state C."""
    wanted = END_PAPERS.get(case.record.end_state or "", ())
    return next((_missing(kind) for kind in wanted if not _newest(case, kind)), None)


def _found(code: str) -> Guard:
    """The guard of one item of the end states' checklists."""

    def guard(case: Case) -> Lack | None:
        record = case.record
        if code not in CHECKLISTS.get(record.end_state or "", ()) or code in record.end_checks:
            return None
        return Lack("check", N_("Not yet found at the acceptance: {item}"),
                    {"item": END_CHECKS.label(code), "check": code, "name": "end_checks"})  # fmt: skip

    return guard


def fuel_after_conversion(case: Case) -> Lack | None:
    """End state C names the fuel that is burnt now, and none that is made of coal."""
    fuel = case.record.after_fuel
    if case.record.end_state != "C" or (fuel and fuel not in COALS):
        return None
    if not fuel:
        return Lack("field", N_("The fuel after the conversion is not filled in"), {"name": "after_fuel"})
    return Lack("coal", N_("A boiler that burns {fuel} after the conversion still burns coal"),
                {"fuel": FUELS.label(fuel), "name": "after_fuel"})  # fmt: skip


CHECKLIST: tuple[Guard, ...] = (*(_found(code) for code in END_CHECKS.codes), fuel_after_conversion)


def sealed_to_the_season(case: Case) -> Lack | None:
    """No seal runs past the next heating season: then somebody looks again."""
    until, season = (
        case.record.sealed_until,
        case.policy.next_heating_season(date.fromisoformat(case.today)).isoformat(),
    )
    if not until or until <= season:
        return None
    return Lack("dates", N_("A seal runs at most until the next heating season ({season})"),
                {"season": season, "name": "sealed_until"})  # fmt: skip


def holidays_known(case: Case) -> Lack | None:
    """The holidays of every year that the notice runs through."""
    start = case.record.notice_from or case.today
    year = case.policy.unknown_year(date.fromisoformat(start)) if len(start) == _FULL_DAY else None
    return _no_holidays(year) if year else None


def _no_holidays(year: int) -> Lack:
    sentence = N_(
        "The holidays of {year} are not known, so the end of the notice cannot be worked out; the "
        "administrator enters them with the parameters calendar_years, holidays and workdays"
    )
    return Lack("calendar", sentence, {"year": year})


def recheck_photo_near_and_today(case: Case) -> list[Lack]:
    """A photograph of this very re-check: near the boiler and of the day."""
    return _near_and_today(case, "recheck_photo")


def site_photo_near_and_today(case: Case) -> list[Lack]:
    """A photograph on site taken within the set distance of the boiler on the day of the check.

    A photograph that carries no position or time (WeChat strips both) is taken with a reason in words.
    """
    return _near_and_today(case, "site_photo")


def _near_and_today(case: Case, kind: str) -> list[Lack]:
    """Every photograph handed in with the step itself, each by its name; without any, the newest there is."""
    photos = [item for item in case.added if item.kind == kind]
    if not photos:
        newest = _newest(case, kind)
        photos = [newest] if newest else []  # none is named by the evidence list already
    checks = (_too_far, _other_day, _unproven)
    return [lack for photo in photos for check in checks if (lack := check(case, photo)) is not None]


def two_acceptances(case: Case) -> Lack | None:
    """Two valid acceptances of the county; a void one is named with its signer."""
    valid = case.valid_signatures("county_accept")
    if len(valid) >= 2:
        return None
    void = [item for item in case.signatures("county_accept") if item not in valid]
    if void:
        names = listed(item.person_name for item in void)
        sentence = N_(
            "The record has changed since {names} signed; that acceptance is void and must be given again"
        )
        return Lack("void", sentence, {"names": names})
    return Lack(
        "signatures", N_("Two acceptances of the county are needed; there are {n}"), {"n": len(valid)}
    )


def approvals_still_valid(case: Case) -> Lack | None:
    """Nothing the county accepted and signed has changed since."""
    for action in RESTED_ON:
        stale = set(case.signatures(action)) - set(case.valid_signatures(action))
        current = case.valid_signatures(action)
        if stale and not current:
            names = listed(sorted(item.person_name for item in stale))
            sentence = N_("The record has changed since {names} signed; send it back to be accepted again")
            return Lack("void", sentence, {"names": names})
    return None


def notice_dates(case: Case) -> Lack | None:
    """The notice is not dated before the county's acceptance."""
    record = case.record
    if record.notice_from and len(record.notice_from) != _FULL_DAY:
        return Lack("dates", N_("The first day of the notice must be a whole date"), {"name": "notice_from"})
    if record.notice_from and record.accepted_on and record.notice_from < record.accepted_on:
        return Lack("dates", N_("The notice cannot begin ({start}) before the acceptance ({accepted})"),
                    {"start": record.notice_from, "accepted": record.accepted_on})  # fmt: skip
    return None


def notice_over(case: Case) -> Lack | None:
    """The public notice has run its working days."""
    start = case.record.notice_from
    if not start:
        return Lack("dates", N_("The notice has no first day"), {"name": "notice_from"})
    last = case.policy.notice_end(date.fromisoformat(start))
    if last is None:
        return _no_holidays(case.policy.unknown_year(date.fromisoformat(start)) or 0)
    end = last.isoformat()
    needs_wait = case.today <= end if case.policy.notice_working_days else case.today < end
    if needs_wait:
        return Lack("notice", N_("The public notice runs until {end} ({n} working days)"),
                    {"end": end, "n": case.policy.notice_working_days})  # fmt: skip
    return None


def rebound_reported(case: Case) -> Lack | None:
    """Somebody has reported the rebound, with photograph and place."""
    if case.record.rebound_reported:
        return None
    return Lack("unreported", N_("No rebound has been reported"))


def new_due_date(case: Case) -> Lack | None:
    """The due date of a new round lies ahead."""
    due = case.record.due_date
    if due and len(due) == _FULL_DAY and due >= case.today:
        return None
    return Lack("field", N_("A new due date that lies ahead is needed"), {"name": "due_date"})


def _missing(kind: str) -> Lack:
    return Lack("evidence", N_("Missing: {kind}"), {"kind": EVIDENCE_KINDS.label(kind), "evidence": kind})


def _paper_or_reason(case: Case, kind: str) -> Lack | None:
    if _newest(case, kind) or case.reason.strip():
        return None
    return Lack("evidence", N_("Missing: {kind}, or the reason why there is none"),
                {"kind": EVIDENCE_KINDS.label(kind), "evidence": kind})  # fmt: skip


def _newest(case: Case, kind: str) -> Attachment | None:
    found = [item for item in case.attachments if item.kind == kind]
    return max(found, key=lambda item: item.added_at) if found else None


def _too_far(case: Case, photo: Attachment) -> Lack | None:
    place = case.record.geometry
    if photo.photo_x is None or photo.photo_y is None or place is None:
        return None
    spot = spot_of(place)
    if spot is None:
        return Lack("distance", N_("The position in the file is no point: enter it again"))
    metres = _CGCS2000.inv(*spot, photo.photo_x, photo.photo_y)[2]
    if metres <= case.policy.site_photo_m:
        return None
    return Lack("distance", N_("“{file}” was taken {metres} m from the boiler; at most {limit} m"),
                {"file": photo.file_name, "metres": round(metres),
                 "limit": round(case.policy.site_photo_m)})  # fmt: skip


def _other_day(case: Case, photo: Attachment) -> Lack | None:
    if not (case.policy.site_photo_same_day and photo.taken_at):
        return None
    taken = bureau_day(as_datetime(photo.taken_at))
    if taken == case.today:
        return None
    return Lack("dates", N_("“{file}” was taken on {taken}, not on the day of the check"),
                {"file": photo.file_name, "taken": taken})  # fmt: skip


def _unproven(case: Case, photo: Attachment) -> Lack | None:
    known = photo.photo_x is not None and photo.taken_at
    if known or case.reason.strip():
        return None
    sentence = N_(
        "“{file}” carries no position or time (was it sent by WeChat?): use the original photo, "
        "or say in the reason how the place was checked"
    )
    return Lack("unproven", sentence, {"file": photo.file_name})
