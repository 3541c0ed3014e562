"""Records of every kind: find, show, add, edit and delete, with roles, area and limits checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from shapely.geometry.base import BaseGeometry

from app.actions.action import action
from app.actions.acts import gone_words
from app.actions.evidence import (
    PhotoPlace,
    UsedAgain,
    evidence_of,
    photos_used_again,
    places_of_photos,
)
from app.actions.laptop import in_own_area, zones_unknown_near
from app.actions.patrols import checked_times, coverage_of, coverage_words
from app.actions.places import derived_values
from app.actions.rebounds import Rebound, last_rebound
from app.actions.redaction import redactions_of
from app.actions.rights import require_area, require_role, require_writer
from app.actions.session import Session
from app.actions.steps import NextStep, approvals_of, case_of, dossier_lacks, next_steps, workflow_of
from app.domain.catalog import entity_type
from app.domain.changes import Change, Committed, delete, insert, update
from app.domain.entities.boiler_codes import GROUP_OF_STATE
from app.domain.entities.grid_cell import GridCell
from app.domain.entities.papers import EVIDENCE_KINDS, Approval, Attachment, Redaction
from app.domain.entities.patrol import Patrol
from app.domain.entity import GEOMETRY, Entity, EntityType
from app.domain.fields import Kind
from app.domain.filters import parse_filter
from app.domain.rights import SETTLED, SETTLED_WRITERS, WRITERS, changes_lasting
from app.domain.values import check, parse
from app.domain.workflow import Lack
from app.errors import Invalid, NotAllowed, Refused
from app.i18n import N_, listed, tr


@dataclass(frozen=True)
class Signature:
    """A signature under a record, and whether it still stands."""

    approval: Approval
    valid: bool


@dataclass(frozen=True)
class RecordView:
    """A record with all that stands beside it; `group` is the word of map and legend for its state.

    `dossier_lacks` are the papers a cleared boiler would have, had its steps been taken here;
    `used_again` the photographs that are evidence elsewhere too; `rebound` how it came into its later round;
    `photo_places` where photographs were taken, by the uid of the paper; `zones_unknown` whether a zone that
    this laptop does not have may reach here; `patrols` what is known of the patrols of a cell; `taken_away`
    what stays of papers that lay here wrongly.
    """

    record: Entity
    state: str | None
    group: str | None
    steps: tuple[NextStep, ...]
    attachments: tuple[Attachment, ...]
    signatures: tuple[Signature, ...]
    dossier_lacks: tuple[Lack, ...] = ()
    used_again: tuple[UsedAgain, ...] = ()
    rebound: Rebound | None = None
    photo_places: Mapping[str, PhotoPlace] = field(default_factory=dict)
    zones_unknown: str = ""
    patrols: str = ""
    taken_away: tuple[Redaction, ...] = ()

    def warnings_of(self, paper: Attachment) -> list[str]:
        """What is odd about a photograph: taken far away, or handed in elsewhere too."""
        place = self.photo_places.get(paper.uid)
        found = [tr(N_("Taken {metres} m away"), metres=place.metres)] if place and place.beyond else []
        for again in self.used_again:
            if again.attachment.uid == paper.uid:
                kind = EVIDENCE_KINDS.label(again.other.kind)
                here, away = N_("The same file is {kind} here too"), N_("The same file is {kind} elsewhere")
                found.append(tr(here if again.other.owner == paper.owner else away, kind=kind))
        return list(dict.fromkeys(found))


@action(N_("Find records…"), "record", shortcut="Ctrl+F", icon="search", command="list")
def list_records(
    session: Session, kind: str, where: str | None = None, *, limit: int | None = None, order: str = ""
) -> list[Entity]:
    """The records of a kind that an expression means, in the order of their key."""
    described = entity_type(kind)
    chosen = order or (described.key if described.key in described.fields else "")
    return session.workspace.find(described.record, parse_filter(where, described), order=chosen, limit=limit)


def find_record(session: Session, kind: str, ident: str) -> Entity:
    """The record with this key (such as a ledger number) or uid; raises Refused when there is none."""
    described = entity_type(kind)
    record = session.workspace.by_key(described.record, ident)
    if record is None:
        raise Refused(
            N_("There is no {kind} “{ident}”"),
            hint=gone_words(session, described, ident),
            kind=described.text,
            ident=ident,
            code="unknown_record",
        )
    return record


@action(N_("Show the record"), "record", command="show")
def show_record(session: Session, kind: str, ident: str) -> RecordView:
    """A record with its state, the next steps and what each lacks, its papers and its signatures."""
    record = find_record(session, kind, ident)
    state, papers = getattr(record, "status", None), tuple(evidence_of(session, record))
    return RecordView(
        record=record,
        state=state,
        group=GROUP_OF_STATE.get(str(state)) if state else None,
        steps=tuple(next_steps(session, record)),
        attachments=papers,
        signatures=tuple(_signatures(session, record)),
        dossier_lacks=dossier_lacks(session, record),
        used_again=tuple(photos_used_again(session, record)),
        rebound=last_rebound(session, record),
        photo_places=places_of_photos(session, record, papers),
        zones_unknown=zones_unknown_near(session, record),
        patrols=_patrols_of(session, record),
        taken_away=tuple(redactions_of(session, record)),
    )


@action(
    N_("Add a record…"),
    "record",
    shortcut="Ctrl+N",
    icon="add",
    command="add",
    roles=("R1", "R2", "R3", "R5"),
)
def add_record(
    session: Session,
    kind: str,
    values: Mapping[str, Any],
    geometry: BaseGeometry | None = None,
    reason: str = "",
) -> Entity:
    """Add one record; a boiler found by a patrol begins as one to verify. Raises Invalid."""
    described = entity_type(kind)
    require_writer(session, described)
    _refuse_append_only(described)
    _refuse_crossing(geometry)
    read = _read(described, values)
    _refuse_missing(described, read)
    record = described.record(uid=session.new_uid(), geometry=geometry, **read)
    record = in_own_area(session, record.replace(**derived_values(session, record)))
    require_area(session, record)
    session.commit([insert(record)], "add", reason)
    return find_record(session, described.cli, record.uid)


@action(
    N_("Edit the record…"),
    "record",
    shortcut="F2",
    icon="edit",
    command="edit",
    roles=("R1", "R2", "R3", "R5"),
)
def edit_record(
    session: Session,
    record: Entity,
    values: Mapping[str, Any],
    *,
    geometry: BaseGeometry | None = None,
    reason: str = "",
) -> Committed | None:
    """Change fields of a record (and its place); None when nothing differs.

    Workflow fields are refused: only a step changes them. A cleared boiler is edited by the city only.
    """
    change = edit_of(session, record, values, geometry)
    return session.commit([change], "edit", reason) if change else None


def edit_many(
    session: Session, edits: Sequence[tuple[Entity, Mapping[str, Any]]], reason: str = ""
) -> Committed | None:
    """Change fields of many records as one transaction; None when nothing differs.

    All or nothing: raises Refused whose details name every record and field that cannot be, with the reason.
    """
    session.person()  # that nobody is signed in is no fault of each record
    differing = all_or_none(
        (record, sorted(values), partial(edit_of, session, record, values)) for record, values in edits
    )
    return session.commit(differing, "edit", reason) if differing else None


def all_or_none(
    asked: Iterable[tuple[Entity, Sequence[str], Callable[[], Change | None]]],
) -> list[Change]:
    """The changes that several records' edits mean, each as (record, fields, what makes the change).

    Raises Refused whose details name every record that cannot be changed so, with the reason.
    """
    changes, faults = [], []
    for record, fields, make in asked:
        try:
            changes.append(make())
        except (Invalid, Refused, NotAllowed) as error:
            faults.append({"uid": record.uid, "record": record.title(), "fields": list(fields),
                           "code": error.code, "why": error.message})  # fmt: skip
    if faults:
        raise Refused(
            N_("{n} of {all} records cannot be changed so"),
            hint=N_("Nothing was changed."),
            details=faults,
            n=len(faults),
            all=len(changes) + len(faults),
            code="faults",
        )
    return [change for change in changes if change is not None]


@action(N_("Delete the record…"), "record", icon="delete", command="delete", roles=WRITERS["boiler"])
def delete_record(session: Session, record: Entity, reason: str) -> Committed:
    """Remove a record that has no life yet; the journal keeps all it held, and undo brings it back."""
    return session.commit([removal_of(session, record, reason)], "delete", reason)


def removal_of(session: Session, record: Entity, reason: str) -> Change:
    """The change that removing a record means; raises NotAllowed or Refused."""
    require_writer(session, record.TYPE)
    _refuse_append_only(record.TYPE)
    require_area(session, record)
    if getattr(record, "status", "") in SETTLED:
        require_role(session, *SETTLED_WRITERS)
    if not reason.strip():
        raise Refused(N_("A reason is needed to delete {title}"), title=record.title(), code="reason")
    if approvals_of(session, record):
        raise Refused(
            N_("{title} has been signed and cannot be deleted"),
            hint=N_("Exclude it instead; the record stays with its reason."),
            title=record.title(),
            code="signed",
        )
    return delete(record)


def edit_of(
    session: Session, record: Entity, values: Mapping[str, Any], geometry: BaseGeometry | None = None
) -> Change | None:
    """The change that an edit means; raises NotAllowed, Refused or Invalid."""
    described = record.TYPE
    require_writer(session, described)
    _refuse_append_only(described)
    require_area(session, record)
    if getattr(record, "status", "") in SETTLED:
        require_role(session, *SETTLED_WRITERS)
    _refuse_crossing(geometry)
    after = record.replace(**_read(described, values), geometry=geometry or record.geometry)
    after = after.replace(**derived_values(session, after))
    require_area(session, after)
    _refuse_lasting(record, after)
    if isinstance(after, Patrol):
        after = after.replace(**checked_times(session, after.values()))
    return _with_geometry(record, after)


def _patrols_of(session: Session, record: Entity) -> str:
    """What is known of the patrols of a cell, or of the cell a patrol went through; empty for others."""
    cell = session.workspace.get(GridCell, record.cell) if isinstance(record, Patrol) else record
    return coverage_words(coverage_of(session, cell)) if isinstance(cell, GridCell) else ""


def _signatures(session: Session, record: Entity) -> list[Signature]:
    found = approvals_of(session, record)
    if not found:
        return []
    case, flow = case_of(session, record), workflow_of(record)
    state, current = str(getattr(record, flow.field)), case.fingerprint
    mine = {item.uid for item in case.approvals}
    return [
        Signature(
            item,
            item.uid not in mine or not flow.counts(item.action, state) or item.fingerprint == current,
        )
        for item in found
    ]


def _read(described: EntityType, values: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, written in values.items():
        field = described.fields.get(name)
        if field is None or field.derived or field.kind is Kind.STATE or field.group:
            raise Invalid(
                N_("“{field}” of {kind} cannot be edited"),
                hint=N_("Fields: {fields}"),
                field=name,
                kind=described.text,
                fields=" ".join(
                    item.name for item in described.fields.values() if not (item.derived or item.group)
                ),
                code="bad_field",
            )
        read[name] = parse(field, written) if isinstance(written, str) else check(field, written)
    return read


def _refuse_lasting(record: Entity, after: Entity) -> None:
    name = changes_lasting(record.values(), after.values())
    if name:
        raise Refused(
            N_("“{field}” is what the record was made as, and stays"),
            hint=N_("Nothing was changed."),
            field=tr(record.TYPE.fields[name].label),
            code="lasting",
        )


def _refuse_missing(described: EntityType, values: Mapping[str, Any]) -> None:
    missing = [
        tr(item.label) for name, item in described.fields.items() if item.required and not values.get(name)
    ]
    if missing:
        raise Invalid(N_("Not filled in: {fields}"), fields=listed(missing), code="missing")


def _refuse_append_only(described: EntityType) -> None:
    if described.append_only:
        raise Refused(
            N_("{kind} is added by a step and never edited"), kind=described.text, code="append_only"
        )


def _refuse_crossing(geometry: BaseGeometry | None) -> None:
    if geometry is not None and not geometry.is_valid:
        raise Invalid(
            N_("The outline crosses or touches itself"),
            hint=N_("Move a corner so that no two edges meet."),
            code="self_intersection",
        )


def _with_geometry(record: Entity, after: Entity) -> Change | None:
    values = after.values()
    if after.geometry is not record.geometry:
        values[GEOMETRY] = after.geometry
    return update(record, **values)
