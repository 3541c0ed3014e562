"""The dossier of a boiler on paper: what the record, its steps and its papers say, as a PDF."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from app.actions.acts import author_name
from app.actions.boilerpapers import PHOTO_KINDS, bureau_of, shown_value
from app.actions.evidence import PhotoPlace, evidence_of, places_of_photos
from app.actions.history import history
from app.actions.outputs import output_file
from app.actions.session import Session
from app.actions.steps import approvals_of
from app.domain.entities.boiler import Boiler
from app.domain.entities.papers import EVIDENCE_KINDS, Approval, Attachment
from app.domain.values import show_moment
from app.domain.workflow import Lack
from app.domain.workflows.boiler import BOILER
from app.errors import StoreFailure
from app.i18n import N_, tr
from app.printing.dossier import DossierContent, PaperLine, dossier_pages
from app.printing.flow import PhotoCell
from app.printing.page import Page

_PLACE = "user_org uscc owner_org div_code address contact contact_phone resp_org resp_person sup_org"
_BODY = (
    "boiler_type model rated_tph rated_mw usage fuel coal_t pressurized commissioned reg_no dereg_no "
    "dereg_date apc stack_m"
)
_TREATMENT = (
    "treatment end_state end_checks after_tph after_fuel due_date due_text done_date batch policy_doc "
    "subsidy_wan"
)
_COURSE = (
    "round_no applied_on accepted_on notice_from notice_to cleared_on looked_back_on lookback_round seal_no "
    "sealed_until rebound_reported rebound_reason origin outside_as status_claim note"
)
_SECTIONS = (
    (N_("Unit and place"), _PLACE),
    (N_("Boiler"), _BODY),
    (N_("Treatment"), _TREATMENT),
    (N_("Course"), _COURSE),
)
_STEPS = {row.action: row.label for row in BOILER.transitions}


def print_dossiers(session: Session, found: Iterable[tuple[Boiler, Sequence[Lack]]], target: Path) -> int:
    """Write the dossiers one behind the other into one PDF; gives the number of pages."""
    from app.render.pdf import write_pdf  # late: most actions draw nothing

    pages = [page for boiler, lacks in found for page in pages_of(session, boiler, lacks)]
    write_pdf(pages, output_file(session, target))
    return len(pages)


def pages_of(session: Session, boiler: Boiler, lacks: Sequence[Lack]) -> list[Page]:
    """The pages of one dossier."""
    return dossier_pages(content_of(session, boiler, lacks))


def content_of(session: Session, boiler: Boiler, lacks: Sequence[Lack]) -> DossierContent:
    """Everything a dossier says, all rounds of it; evidence whose file is not here is named as lacking."""
    papers, photos, lost = _papers(session, boiler)
    return DossierContent(
        number=boiler.ledger_no,
        unit=boiler.user_org or "",
        status=shown_value(session, boiler, "status"),
        sections=[(tr(name), _pairs(session, boiler, fields.split())) for name, fields in _SECTIONS],
        steps=[_entered(session, boiler), *(_step(item) for item in approvals_of(session, boiler))],
        papers=papers,
        photos=photos,
        lacks=[*(item.text for item in lacks), *lost],
        org=bureau_of(session),
        made_on=session.today,
        synthetic=bool(boiler.synthetic),
    )


def _pairs(session: Session, boiler: Boiler, names: Sequence[str]) -> list[tuple[str, str]]:
    known = [(tr(Boiler.TYPE.fields[name].label), shown_value(session, boiler, name)) for name in names]
    return [(label, value) for label, value in known if value]


def _entered(session: Session, boiler: Boiler) -> tuple[str, str, str, str, str]:
    """How the record came into the ledger: who brought it, and the document behind it."""
    first = history(session, "boiler", boiler.uid)[-1]
    label = tr(N_("Moved in as claimed")) if boiler.origin == "migrated" else tr(N_("Entered in the ledger"))
    return show_moment(first.at), label, author_name(first.person), "", first.reason


def _step(item: Approval) -> tuple[str, str, str, str, str]:
    label = tr(_STEPS[item.action]) if item.action in _STEPS else item.action
    named = f"{label}（{tr(N_('round {n}'), n=item.round_no)}）" if item.round_no > 1 else label
    return show_moment(item.signed_at), named, item.person_name, item.org or "", item.opinion or ""


def _papers(session: Session, boiler: Boiler) -> tuple[list[PaperLine], list[PhotoCell], list[str]]:
    """The papers in the order they were added, the photographs by kind, and the files that are not here."""
    lines, cells, lost = [], [], []
    evidence = evidence_of(session, boiler)
    places = places_of_photos(session, boiler, evidence)
    for item in evidence:
        label = EVIDENCE_KINDS.label(item.kind)
        path = _file(session, item)
        added = show_moment(item.added_at)
        lines.append(PaperLine(label, item.file_name, item.round_no, added, item.sha256, path is not None))
        if path is None:
            lost.append(tr(N_("The file of “{kind}” is not here, or not what it was"), kind=label))
        elif item.kind in PHOTO_KINDS:
            taken = show_moment(item.taken_at) if item.taken_at else added
            words = (
                label,
                tr(N_("round {n}"), n=item.round_no),
                *_told(item, added, places),
                item.sha256[:8],
            )
            caption = "　".join(words)
            instead = _unreadable(path, item)
            lost += [f"{label}：{instead}"] if instead else []
            cell = PhotoCell(str(path), caption, instead)
            cells.append((item.round_no, PHOTO_KINDS.index(item.kind), taken, cell))
    return lines, [cell for *_, cell in sorted(cells, key=lambda known: known[:3])], lost


def _told(item: Attachment, added: str, places: Mapping[str, PhotoPlace]) -> tuple[str, str]:
    """When and where a photograph was taken, as far as it tells: what nobody could judge is said."""
    when = (
        show_moment(item.taken_at) if item.taken_at else tr(N_("time not in the photo, added {at}"), at=added)
    )
    place = places.get(item.uid)
    if place is not None:
        return when, tr(N_("{metres} m from the boiler"), metres=place.metres)
    known = item.photo_x is not None
    return when, tr(N_("place in the photo, none of the boiler") if known else N_("no place in the photo"))


def _unreadable(path: Path, item: Attachment) -> str:
    """What stands in a photograph's frame when the picture in the file cannot be read; else empty."""
    from app.render.photos import can_be_read  # late: most actions draw nothing

    if can_be_read(str(path)):
        return ""
    return tr(N_("The picture “{file}” cannot be read"), file=item.file_name)


def _file(session: Session, item: Attachment) -> Path | None:
    try:
        return session.workspace.verify_attachment(item.sha256)
    except StoreFailure:
        return None
