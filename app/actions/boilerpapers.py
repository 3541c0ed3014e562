"""The papers of one boiler: application, acceptance and filing forms, and letters that press for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.actions.drawnfrom import condition_words
from app.actions.evidence import evidence_of
from app.actions.lookback import Visit
from app.actions.rebounds import last_rebound
from app.actions.session import Session
from app.actions.steps import approvals_of
from app.domain.casework import round_of
from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import CHECKLISTS, END_CHECKS
from app.domain.entities.division import Division
from app.domain.entities.lookback import LookbackRound
from app.domain.entities.papers import EVIDENCE_KINDS, Approval
from app.domain.filters import equal
from app.domain.output import output_tph, total
from app.domain.values import show_moment, show_with_unit
from app.errors import StoreFailure
from app.exchange.official_paper import Form, Letter, Photo
from app.i18n import N_, listed, tr

TITLES = {
    "application": N_("Application to clear a coal boiler"),
    "acceptance": N_("Acceptance of a cleared coal boiler"),
    "filing": N_("Filing of a cleared coal boiler"),
    "lookback": N_("Look-back of a cleared coal boiler"),
}
_LETTERS = {
    "supervision": N_("Letter of supervision: coal boilers that are not cleared"),
    "assignment": N_("Letter of assignment: coal boilers to be treated"),
}
_FIELDS = {
    "application": (
        "ledger_no user_org uscc div_code address model rated_tph boiler_type usage fuel commissioned reg_no "
        "dereg_no treatment done_date contact contact_phone"
    ).split(),
    "acceptance": (
        "ledger_no user_org div_code address model rated_tph fuel treatment done_date end_state end_checks "
        "after_tph after_fuel applied_on accepted_on"
    ).split(),
    "filing": (
        "ledger_no user_org div_code address rated_tph treatment end_state accepted_on notice_from notice_to "
        "cleared_on round_no"
    ).split(),
    "lookback": (
        "ledger_no user_org div_code address rated_tph treatment end_state after_tph after_fuel cleared_on "
        "looked_back_on"
    ).split(),
}
_SIGNED = {
    "application": (("apply", N_("User unit, by the township")),),
    "acceptance": (
        ("town_check", N_("Township check on site")),
        ("county_accept", N_("County acceptance, first")),
        ("county_accept", N_("County acceptance, second")),
        ("chief_sign", N_("County leader")),
    ),
    "filing": (("notice", N_("City bureau")), ("clear", N_("City leader"))),
    "lookback": (
        ("look_back", N_("First inspector: still cleared, or what was found")),
        ("look_back", N_("Second inspector")),
    ),
}
_PHOTOS = ("photo_before", "photo_during", "photo_after", "site_photo", "nameplate")
# Every kind that is a photograph, in the order of a boiler's life.
PHOTO_KINDS = (
    "nameplate", "photo_before", "photo_during", "seal_photo", "recheck_photo", "photo_after", "site_photo",
    "lookback_photo", "rebound_photo",
)  # fmt: skip


def form_of(session: Session, boiler: Boiler, name: str, *, public: bool = False) -> Form:
    """One form, filled with the record, its signatures and its photographs of this round.

    The public edition leaves out people, phones and photographs.
    """
    fields = [boiler.TYPE.fields[item] for item in _FIELDS[name]]
    pairs = [
        (tr(item.label), shown_value(session, boiler, item.name))
        for item in fields
        if item.public or not public
    ]
    approvals = approvals_of(session, boiler, round_of(boiler))
    return Form(
        title=tr(TITLES[name]),
        number=boiler.ledger_no,
        pairs=pairs,
        signatures=_signatures(name, approvals, public=public),
        photos=() if public else _photos(session, boiler),
        note=tr(N_("Simulated data, for demonstration only.")) if boiler.synthetic else "",
    )


def round_form(session: Session, visit: Visit, made: LookbackRound, *, public: bool = False) -> Form:
    """The form to fill on site for a boiler of a round: which draw it comes from, and what to look for.

    The items are those its end state was accepted by; where none is known, those of A and B.
    """
    form = form_of(session, visit.boiler, "lookback", public=public)
    drawn = tr(N_("No. {place} of {drawn}, seed {seed}"), place=visit.place, drawn=made.drawn, seed=made.seed)
    limited = condition_words(session, made, public=public)
    known = CHECKLISTS.get(visit.boiler.end_state or "", (*CHECKLISTS["A"], *CHECKLISTS["B"]))
    boxes = tr(N_("□ yes   □ no"))
    pairs = [
        *form.pairs,
        (tr(Boiler.TYPE.fields["lookback_round"].label), made.name),
        (tr(N_("Place in the draw")), drawn),
        *(((tr(N_("Drawn from")), limited),) if limited else ()),
        *((END_CHECKS.label(code), boxes) for code in dict.fromkeys(known)),
        (tr(N_("Traces of coal being burnt")), boxes),
    ]
    return replace(form, pairs=pairs)


def letter_of(session: Session, boilers: Sequence[Boiler], name: str, *, public: bool = False) -> Letter:
    """A letter to the responsible units: `supervision` presses for these boilers, `assignment` gives them.

    The public edition names nobody.
    """
    units = sorted({item.resp_org or item.user_org or "" for item in boilers} - {""})
    whole = total(boilers)
    overdue = [
        item for item in boilers if item.due_date and item.due_date < session.today[: len(item.due_date)]
    ]
    first = {
        "supervision": N_(
            "{n} coal boilers ({tph} t/h) in your charge have not been cleared; {overdue} are past their "
            "due date. Please bring them to an end and report the result in writing."
        ),
        "assignment": N_(
            "{n} coal boilers ({tph} t/h) are handed over to you for treatment as listed below. "
            "Please complete them by their due date and apply for acceptance with the evidence required."
        ),
    }[name]
    title = _LETTERS[name]
    return Letter(
        title=tr(title),
        addressee=_addressee(units),
        paragraphs=[
            tr(first, n=whole.units, tph=f"{whole.tph:g}", overdue=len(overdue)),
            *_rebounds(session, boilers, public=public),
        ],
        sender=bureau_of(session),
        day=_day(session.today),
        headings=[tr(boilers[0].TYPE.fields[item].label) for item in _LISTED],
        lines=[[shown_value(session, boiler, item) for item in _LISTED] for boiler in boilers],
        note=tr(N_("Simulated data, for demonstration only.")) if any(b.synthetic for b in boilers) else "",
    )


def _rebounds(session: Session, boilers: Sequence[Boiler], *, public: bool) -> list[str]:
    """A sentence for each boiler that was cleared before: why it is back, and who accepted it then."""
    found = ((item, last_rebound(session, item)) for item in boilers)
    return [
        tr(N_("{boiler}: {told}."), boiler=item.title(), told=back.told(public=public))
        for item, back in found
        if back is not None
    ]


def _addressee(units: Sequence[str]) -> str:
    """The units by name; where they are many, the list below names them."""
    if len(units) > _MOST_ADDRESSED:
        return tr(N_("the units concerned"))
    return listed(units) or tr(N_("the unit responsible"))


def headings_of_visits() -> list[str]:
    """The headings of a look-back list."""
    return [tr(Boiler.TYPE.fields[item].label) for item in _VISITED]


def line_of_visit(session: Session, boiler: Boiler) -> list[str]:
    """One boiler of a look-back list, as people read it."""
    return [shown_value(session, boiler, item) for item in _VISITED]


_VISITED = (
    "ledger_no",
    "user_org",
    "div_code",
    "address",
    "rated_tph",
    "end_state",
    "cleared_on",
    "looked_back_on",
)
_MOST_ADDRESSED = 4
_LISTED = ("ledger_no", "user_org", "div_code", "rated_tph", "status", "due_date")


def shown_value(session: Session, boiler: Boiler, name: str) -> str:
    """A field of a boiler as people read it, divisions by name; empty where nothing is known."""
    field = boiler.TYPE.fields[name]
    value = getattr(boiler, name)
    if name == "div_code" and value:
        found = session.workspace.find(Division, equal(code=value), limit=1)
        return found[0].name if found else str(value)
    if name == "rated_tph" and value is None and boiler.rated_mw is not None:
        return f"{output_tph(boiler):.2f} t/h"
    return show_with_unit(field, value)


def _signatures(name: str, approvals: Sequence[Approval], *, public: bool) -> list[tuple[str, str]]:
    boxes, used = [], set()
    for action, heading in _SIGNED[name]:
        found = next((item for item in approvals if item.action == action and item.uid not in used), None)
        if found is not None:
            used.add(found.uid)
        boxes.append((tr(heading), _signed(found, public=public)))
    return boxes


def _signed(found: Approval | None, *, public: bool) -> str:
    if found is None:
        return ""
    # An opinion is free text and may name people, so the public edition has only the unit and the day.
    person, opinion = ("", "") if public else (found.person_name, found.opinion or "")
    words = (found.org or "", person, show_moment(found.signed_at), opinion)
    return "　".join(word for word in words if word)


def _photos(session: Session, boiler: Boiler) -> list[Photo]:
    """The photographs of this round in the order of treatment; one whose file is lost is left out."""
    found = [item for item in evidence_of(session, boiler, round_no=round_of(boiler)) if item.kind in _PHOTOS]
    photos = []
    for item in sorted(
        found, key=lambda paper: (_PHOTOS.index(paper.kind), paper.taken_at or paper.added_at)
    ):
        try:
            path = session.workspace.verify_attachment(item.sha256)
        except StoreFailure:
            continue
        taken = f" {show_moment(item.taken_at)}" if item.taken_at else ""
        photos.append(Photo(path, EVIDENCE_KINDS.label(item.kind) + taken))
    return photos


def bureau_of(session: Session) -> str:
    """Who writes: the unit of who is signed in, else the bureau of the workspace's area."""
    actor = session.actor
    if actor is not None and actor.org:
        return actor.org
    found = session.workspace.find(Division, equal(code=session.workspace.area), limit=1)
    return tr(N_("{area} Environment Bureau"), area=found[0].name if found else session.workspace.area)


def _day(iso: str) -> str:
    year, month, day = iso.split("-")
    return tr(N_("{year}-{month}-{day}"), year=year, month=int(month), day=int(day))
