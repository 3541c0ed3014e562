"""Conflicts: both values side by side, who may decide, and the decision as a change like any other."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from shapely.geometry.base import BaseGeometry

from app.actions import latework, twice
from app.actions.action import action
from app.actions.acts import author_name
from app.actions.contested import FieldSide, fields_of, refuse_unfit
from app.actions.deciding import changes_of
from app.actions.evidence import evidence_of
from app.actions.refusals import waiting_of, with_changes
from app.actions.session import Session
from app.domain.catalog import BY_NAME
from app.domain.changes import Committed, update
from app.domain.entities.conflict import APART, KINDS, SECOND, Conflict
from app.domain.entities.papers import Attachment
from app.domain.entities.people import ROLES, Person
from app.domain.entity import GEOMETRY, Entity, EntityType
from app.domain.filters import EVERYTHING, Filter, equal, one_of
from app.domain.rights import in_area
from app.domain.titles import goes_by_owner
from app.domain.values import check, parse
from app.domain.verdicts import sentence
from app.errors import AppError, Invalid, NotAllowed, Refused
from app.i18n import N_, listed, tr

_AT_ONCE = 500  # records asked for by their uids in one question
Take = str | Mapping[str, Any]  # "mine", "theirs", "kept", "offered", "apart", or values by field


@dataclass(frozen=True)
class RecordRef:
    """The record a conflict is about; `exists` is whether it can be shown. `title` outlives a deletion."""

    entity: str
    cli: str
    uid: str
    title: str
    exists: bool


@dataclass(frozen=True)
class Side:
    """Who wrote one of the two values: name, moment, laptop, reason, step; `mine` when it was this laptop.
    `changed` is what the act had changed, where a signature is void by it."""

    by: str
    at: str
    device: str
    reason: str
    action: str
    mine: bool
    act: str = ""
    changed: str = ""


@dataclass(frozen=True)
class ConflictView:
    """A conflict as a person sees it: `kept` stands, `offered` is the other; `rule` is a sentence, `note` its
    word; `decides` are the roles that may decide and `can_decide` whether I am one of them. `step` is the
    name of the step that taking the other side takes again in my name ("" for none), `obstacle` why I cannot
    take the other side of late work. `place` is where the record is (degrees, EPSG:4490), `own_number` a free
    number for a second record that was not taken because of its number. Without `in_full` nobody has looked
    for `evidence`, `obstacle` and `own_number` yet."""

    uid: str
    kind: str
    kind_text: str
    record: RecordRef
    fields: tuple[FieldSide, ...]
    kept: Side
    offered: Side
    rule: str
    proposal: str
    decides: tuple[str, ...]
    can_decide: bool
    situation: str
    taken: str | None
    raised_at: str
    evidence: tuple[Attachment, ...]
    settled_by: str = ""
    settled_at: str = ""
    step: str = ""
    obstacle: str = ""
    place: BaseGeometry | None = None
    note: str = ""
    own_number: str = ""
    in_full: bool = True

    @property
    def mine(self) -> str:
        """Which side is this laptop's: `kept` or `offered`; `kept` when it wrote neither."""
        return "offered" if self.offered.mine and not self.kept.mine else "kept"


def open_conflicts(session: Session, all: bool = False, in_full: bool = True) -> list[ConflictView]:
    """The conflicts that wait for a decision, oldest first; with `all` the settled ones too.

    Papers and obstacles are asked for one by one; a list that shows neither does without, by `in_full`.
    """
    return _views(session, EVERYTHING if all else equal(situation="open"), in_full)


def conflicts_of(session: Session, uid: str) -> list[ConflictView]:
    """Those about one record that wait or that nobody has answered, without evidence and obstacles."""
    views = _views(session, one_of("uid", waiting_of(session, uid)), False)
    return [with_changes(session, view) for view in views]


def conflict_in_full(session: Session, uid: str) -> ConflictView | None:
    """One conflict with its evidence and with what is in the way; None when there is none."""
    return next(iter(_views(session, equal(uid=uid), True)), None)


def _views(session: Session, wanted: Filter, in_full: bool) -> list[ConflictView]:
    found = session.workspace.find(Conflict, wanted, order="raised_at")
    names = {item.uid: item.name for item in session.workspace.find(Person)} if found else {}
    acts = {item.kept_act for item in found if item.kept_act}
    actions = session.workspace.actions(acts) if acts else {}
    owners = _owners(session, found)
    told = [
        _view(session, item, owners.get((item.owner_entity, item.owner)), names, actions) for item in found
    ]
    return [_filled(session, *pair) for pair in zip(found, told, strict=True)] if in_full else told


def _owners(session: Session, found: Iterable[Conflict]) -> dict[tuple[str, str], Entity]:
    """The records that conflicts are about, as far as they are there, by entity and uid."""
    asked = defaultdict[str, set[str]](set)
    for item in found:
        asked[item.owner_entity].add(item.owner)
    known: dict[tuple[str, str], Entity] = {}
    for name in asked.keys() & BY_NAME.keys():
        uids = sorted(asked[name])
        for at in range(0, len(uids), _AT_ONCE):
            records: list[Entity] = session.workspace.find(name, one_of("uid", uids[at : at + _AT_ONCE]))
            known.update(((name, record.uid), record) for record in records)
    return known


def count_open(session: Session) -> int:
    """How many conflicts wait for a decision."""
    return session.workspace.count(Conflict, equal(situation="open"))


@action(N_("Decide a conflict…"), "sync", icon="conflicts", command="resolve", roles=("R3", "R5"))
def resolve(session: Session, uid: str, take: Take, reason: str = "") -> Committed:
    """Settle a conflict by an ordinary change of the record and of the conflict, in one transaction.

    `take` is a side, "apart" for both (`twice`), or values by field. What the hub itself settled may be
    decided otherwise once; a decision of a person is taken back by undo. Raises NotAllowed for a role that
    may not decide, Changed when the record has moved on, Refused when a person has settled it or the values
    cannot be taken.
    """
    found = session.workspace.by_key(Conflict, uid)
    if found is None:
        raise Refused(N_("There is no conflict {uid}"), uid=uid, code="unknown_record")
    record = _owners(session, [found]).get((found.owner_entity, found.owner))
    view = _view(session, found, record)
    _require_decider(session, found, view)
    _refuse_unseen(found)
    side, values = _chosen(view, take)
    refuse_unfit(view.fields, "offered" if side == APART else side)
    kept = _values(view.fields, "kept")
    word, changes = changes_of(session, found, record, (side, values, kept), reason)
    settled = {
        "situation": "settled",
        "taken": side or _as_text(values),
        "settled_by": session.person().uid,
        "settled_at": session.moment(),
    }
    more = latework.with_its_signatures(session, found, settled) if view.step else []
    return session.commit([*changes, update(found, **settled), *more], word, reason)


def _view(
    session: Session,
    item: Conflict,
    record: Entity | None,
    names: Mapping[str, str] = MappingProxyType({}),
    actions: Mapping[str, str] = MappingProxyType({}),
) -> ConflictView:
    """`names` are persons by uid, `actions` what acts did by theirs: the hub names only the other side's."""
    kind = BY_NAME.get(item.owner_entity)
    device = session.workspace.device
    fields = fields_of(kind, item, record) if kind is not None else ()
    return ConflictView(
        uid=item.uid,
        kind=item.kind,
        kind_text=KINDS.label(item.kind),
        record=_record_ref(kind, item, record),
        fields=fields,
        kept=_side(item, "kept", device, actions.get(item.kept_act or "", "")),
        offered=_side(item, "offered", device, item.offered_action or ""),
        rule=sentence(item.note),
        proposal=item.proposal,
        decides=tuple((item.decides or "").split()),
        can_decide=_may_decide(session, item, record) and not item.settled_by,
        situation=item.situation,
        taken=item.taken,
        raised_at=item.raised_at,
        evidence=(),
        settled_by=names.get(item.settled_by or "", item.settled_by or ""),
        settled_at=item.settled_at or "",
        step=latework.step_of(item),
        place=record.geometry if record is not None else None,
        note=item.note or "",
        in_full=False,
    )


def _filled(session: Session, item: Conflict, view: ConflictView) -> ConflictView:
    """The view with evidence, and with what is in the way of taking late work in."""
    there = view.record.exists
    record: Entity | None = session.workspace.get(item.owner_entity, item.owner) if there else None
    late = view.can_decide and item.situation == "open" and item.kind == latework.LATE
    return replace(
        with_changes(session, view),
        evidence=_evidence(session, item, record, view.fields),
        obstacle=_obstacle(session, item, record, view.fields) if late else "",
        own_number=twice.own_number(session, item, record, _values(view.fields, "offered")),
        in_full=True,
    )


def _record_ref(kind: EntityType | None, item: Conflict, record: Entity | None) -> RecordRef:
    named = item.owner_title if goes_by_owner(item.owner_entity) else None  # the hub names it by its owner
    return RecordRef(
        item.owner_entity,
        kind.cli if kind else item.owner_entity,
        item.owner,
        named or (record.title() if record else item.owner_title or item.owner[:8]),
        record is not None,
    )


def _evidence(
    session: Session, item: Conflict, record: Entity | None, fields: tuple[FieldSide, ...]
) -> tuple[Attachment, ...]:
    """The papers to look at: those of the record, or the one that a revoked laptop had added."""
    if record is not None:
        return tuple(evidence_of(session, record))
    paper = latework.paper_of(item, _values(fields, "offered")) if item.kind == latework.LATE else None
    return (paper,) if paper is not None else ()


def _obstacle(session: Session, item: Conflict, record: Entity | None, fields: tuple[FieldSide, ...]) -> str:
    """Why this person cannot take the late work in as things stand; "" when nothing is in the way."""
    offered = ("offered", _values(fields, "offered"), _values(fields, "kept"))
    try:
        refuse_unfit(fields, "offered")
        changes_of(session, item, record, offered, tr(N_("Reason")))  # a reason is asked when it is taken
    except AppError as error:
        return str(error)
    return ""


def _values(fields: tuple[FieldSide, ...], side: str) -> dict[str, Any]:
    return {item.field: getattr(item, side) for item in fields}


def _side(item: Conflict, side: str, device: str, action: str) -> Side:
    def told(name: str) -> str:
        return str(getattr(item, f"{side}_{name}", None) or "")

    by = told("by")
    return Side(
        by=by and author_name(by),
        at=told("at"),
        device=told("device"),
        reason=told("reason"),
        action=action,
        mine=bool(told("device")) and told("device") == device,
        act=told("act"),
    )


def _may_decide(session: Session, item: Conflict, record: Entity | None) -> bool:
    actor = session.actor
    if actor is None or actor.role not in (item.decides or "").split():
        return False
    return in_area(actor.area, getattr(record, "div_code", None))


def _require_decider(session: Session, item: Conflict, view: ConflictView) -> None:
    actor = session.person()
    if item.settled_by:
        raise Refused(
            N_("This conflict has been settled already"),
            hint=N_("Nothing was changed. Whoever settled it can undo it."),
            code="settled",
        )
    if not view.can_decide:
        raise NotAllowed(
            N_("{name} ({role}) may not decide this; it is for {roles} of the area"),
            hint=N_("Nothing was changed."),
            name=actor.name,
            role=ROLES.word(actor.role),
            roles=listed(map(ROLES.label, view.decides)) or "—",
            code="role",
        )


def _refuse_unseen(item: Conflict) -> None:
    """Nobody decides about values that this program cannot show."""
    kind = BY_NAME.get(item.owner_entity)
    known = {field.id for field in kind.fields.values()} | {GEOMETRY, SECOND} if kind is not None else set()
    beyond = [name for name in latework.cells_of(item.offered) if name not in known]
    if beyond and item.situation == "open":
        raise Refused(
            N_("This program does not know “{field}” yet"),
            hint=N_("Nothing was changed. Bring this program up to date, and decide then."),
            field=listed(beyond),
            code="newer_field",
        )


def _chosen(view: ConflictView, take: Take) -> tuple[str, dict[str, Any]]:
    """The side that is taken, if it is one, and the values by field name."""
    if not isinstance(take, str):
        known = {item.field: item for item in view.fields}
        return "", {name: _given(known, name, value) for name, value in take.items()}
    side = {"mine": view.mine, "theirs": _OTHER[view.mine]}.get(take, take)
    if side not in (*_OTHER, APART):
        raise Invalid(N_("Take mine, theirs, apart or FIELD=VALUE, not “{take}”"), take=take, code="bad_take")
    return side, _values(view.fields, "kept" if side == "kept" else "offered")


_OTHER = {"kept": "offered", "offered": "kept"}


def _given(known: Mapping[str, FieldSide], name: str, value: Any) -> Any:
    item = known.get(name)
    if item is None or item.declared is None:
        raise Invalid(
            N_("This conflict is not about “{field}”"),
            hint=N_("Fields: {fields}"),
            field=name,
            fields=" ".join(known) or "-",
            code="bad_field",
        )
    return parse(item.declared, value) if isinstance(value, str) else check(item.declared, value)


def _as_text(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), ensure_ascii=False, sort_keys=True, default=str)[:2000]
