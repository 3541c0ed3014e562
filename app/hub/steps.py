"""Steps of a workflow judged again at the hub: upon its own record, papers, signatures, persons and day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar, cast

from app.domain.casework import (
    NEW_ROUND,
    WORKFLOWS,
    current_approvals,
    enters,
    may_fill,
    outcome,
    owned,
    papers_of,
    round_of,
)
from app.domain.catalog import BY_NAME
from app.domain.changes import Actor
from app.domain.entities.lookback import FINDINGS, LookbackRound
from app.domain.entities.papers import CLEARING, Approval, Attachment
from app.domain.entity import GEOMETRY, Entity
from app.domain.merge import is_concurrent
from app.domain.replication import Cells
from app.domain.rights import in_area
from app.domain.values import as_datetime, as_moment, bureau_day
from app.domain.workflow import Case, Judgement, Workflow, fingerprint, judge, judged_fields
from app.errors import AppError
from app.hub.book import field_ids
from app.hub.desk import Desk, Told
from app.hub.records import native, record_of, wire_value
from app.hub.rows import Row
from app.hub.seeing import state_of
from app.store.tables import known

E = TypeVar("E", bound=Entity)


class StepRefused(Exception):
    """The step may not be; `note` is the word why, `kind` that of the conflict. `over`: what the step would
    write by itself over what its writer had not seen."""

    def __init__(self, note: str, kind: str = "rejected", over: Cells | None = None) -> None:
        super().__init__(note)
        self.note = note
        self.kind = kind
        self.over = over or {}


@dataclass
class Step:
    """One step as it came: the record's own change (if any), the signature, the papers that came with it."""

    act_action: str
    signature: Told
    change: Told | None = None
    papers: list[Told] = field(default_factory=list)


@dataclass
class Taken:
    """What an allowed step does: cells of the record, and the signature as the hub writes it."""

    row: Row
    sets: Cells
    signature: Cells
    enters: bool
    new_round: bool


def take(desk: Desk, step: Step, actor: Actor) -> Taken:
    """Judge a step; raises StepRefused."""
    signed = step.signature.cells
    row = desk.rows.get(str(signed.get("owner_entity")), str(signed.get("owner")))
    flow = WORKFLOWS.get(str(signed.get("owner_entity")))
    if row is None or not row.alive:
        raise StepRefused("unknown_record" if row is None else "deleted")
    if flow is None or signed.get("action") != step.act_action or signed.get("person") != actor.uid:
        raise StepRefused("forged_state")
    if step.change is not None and step.change.entry.uid != row.uid:
        raise StepRefused("forged_state")
    desk.rows.complete(row)
    if not desk.scope.writes(row.area) or not in_area(actor.area, row.values.get("div_code")):
        raise StepRefused("outside_area")
    return _judged(desk, step, actor, row, flow)


def _judged(desk: Desk, step: Step, actor: Actor, row: Row, flow: Workflow) -> Taken:
    kind = BY_NAME[row.entity].record
    before = record_of(kind, row.uid, row.values)
    try:
        transition = flow.step(step.act_action, str(getattr(before, flow.field)))
    except AppError:
        raise StepRefused("forged_state") from None
    cells = step.change.cells if step.change is not None else {}
    given = {name: item for name, item in before.TYPE.fields.items() if item.id in cells}
    filled_in = {name for name, item in given.items() if may_fill(item, transition)}
    unseen = bool(_unseen(desk, step, row, cells))
    filled = _filled(before, cells, filled_in)
    entering = enters(before, filled, transition) or GEOMETRY in cells
    case = _case(desk, step, actor, row, filled, entering)
    found = judge(flow, transition, case)
    if not found.allowed:
        code = found.lacks[0].code
        if unseen or (code == "wrong_state" and _state_unseen(desk, step, row, flow)):
            raise StepRefused("state", "state")
        raise StepRefused(
            "void" if code == "void" else f"step:{code}", "void" if code == "void" else "rejected"
        )
    if step.act_action == CLEARING and not desk.evidence.has(item.sha256 for item in case.attachments):
        raise StepRefused("evidence_absent")
    return _outcome(desk, step, (row, before, filled, unseen, entering), flow, found, case)


def _outcome(
    desk: Desk,
    step: Step,
    held: tuple[Row, Entity, Entity, bool, bool],
    flow: Workflow,
    found: Judgement,
    case: Case,
) -> Taken:
    row, before, filled, unseen, entering = held
    after = outcome(filled, flow, found, case)
    cells = step.change.cells if step.change is not None else {}
    owns = found.transition.owns
    stamped = found.transition.stamp(case).keys() if found.completes else frozenset()
    for name, item in before.TYPE.fields.items():
        if item.id not in cells or not item.group or name in owns or name in stamped:
            continue
        if cells[item.id] != wire_value(getattr(after, name)):
            raise StepRefused("state" if unseen else "forged_state", "state" if unseen else "rejected")
    if step.signature.cells.get("fingerprint") != fingerprint(after, case.attachments):
        raise StepRefused("void", "void")
    sets = _differences(before, after)
    over = _unseen(desk, step, row, sets)
    if unseen or over:
        raise StepRefused("state", "state", over)
    if GEOMETRY in cells and cells[GEOMETRY] != row.values.get(GEOMETRY):
        sets[GEOMETRY] = cells[GEOMETRY]
    return Taken(row, sets, _signature(step, case), entering, step.act_action == NEW_ROUND)


def _case(desk: Desk, step: Step, actor: Actor, row: Row, filled: Entity, entering: bool) -> Case:
    """The case with the hub's own papers and signatures, in the order of the log, and the writer's day, not
    later than receipt."""
    round_no = round_of(filled)
    signed = sorted(desk.rows.owned("approval", "owner", [row.uid]), key=lambda item: item.seq)
    signatures = [_read(desk, Approval, item) for item in signed]
    papers = [_read(desk, Attachment, item) for item in desk.rows.owned("attachment", "owner", [row.uid])]
    papers.sort(key=lambda item: item.added_at)
    fresh = [record_of(Attachment, item.entry.uid, item.cells) for item in step.papers]
    editors = set(row.editors or ()) | set(row.entered or ()) | ({actor.uid} if entering else set())
    if row.new_round:
        editors = set(row.entered or ())
    return Case(
        record=filled,
        actor=actor,
        policy=desk.policy,
        today=bureau_day(_when(desk, step)),
        approvals=tuple(current_approvals(signatures, round_no)),
        attachments=(*papers_of(papers, round_no), *papers_of(fresh, round_no)),
        editors=frozenset(editors),
        reason=step.signature.act.reason,
        added=tuple(papers_of(fresh, round_no)),
        since=max(_known(desk, step, row, signed), default=""),
    )


def _read(desk: Desk, kind: type[E], row: Row) -> E:
    return record_of(kind, row.uid, desk.rows.complete(row).values)


def _when(desk: Desk, step: Step) -> Any:
    received = as_datetime(desk.moment())
    try:
        written = as_datetime(step.signature.act.wall)
        return min(written, received)
    except (ValueError, TypeError):
        return received


def _filled(before: Entity, cells: Cells, names: set[str]) -> Entity:
    """The record with what the step fills in; what it stamps is the hub's to work out."""
    given = native(type(before), cells)
    values = {name: given[name] for name in names}
    if GEOMETRY in cells:
        place = record_of(type(before), before.uid, {**_required(before), GEOMETRY: cells[GEOMETRY]}).geometry
        return before.replace(geometry=place, **values)
    return before.replace(**values)


def _required(record: Entity) -> Cells:
    """The cells without which no record of the kind can be made."""
    return {item.id: getattr(record, name) for name, item in record.TYPE.fields.items() if item.required}


def _unseen(desk: Desk, step: Step, row: Row, cells: Cells) -> Cells:
    """Those of the cells that somebody else wrote to another value, unseen by the step's writer."""
    told = step.change or step.signature
    state, writing = state_of(row, told.view), desk.writing(told, row.area)
    return {
        name: value
        for name, value in cells.items()
        if is_concurrent(state.stamps.get(name), writing) and row.values.get(name) != value
    }


def _known(desk: Desk, step: Step, row: Row, signed: Sequence[Row]) -> Iterator[str]:
    """Moments that the step's writer had seen: of signatures under the record, and where it says how a boiler
    was found, of the draws that drew it."""
    yield from _seen(desk, step, signed, "signed_at")
    if step.act_action in FINDINGS:
        visits = desk.rows.owned("lookback_visit", "boiler", [row.uid])
        drawn = {str(visit.values["round"]): None for visit in visits}
        desk.rows.read("lookback_round", list(drawn), field_ids(known(LookbackRound.TYPE.name)))
        made = (desk.rows.get("lookback_round", uid) for uid in drawn)
        yield from _seen(desk, step, [desk.rows.complete(it) for it in made if it is not None], "drawn_at")


def _seen(desk: Desk, step: Step, rows: Iterable[Row], name: str) -> Iterator[str]:
    """This moment of those rows of which the step's writer had seen it."""
    told = step.signature
    for held in rows:
        stamp = state_of(held, told.view, [name]).stamps.get(name)
        if not is_concurrent(stamp, desk.writing(told, held.area)):
            yield str(held.values[name])


def _state_unseen(desk: Desk, step: Step, row: Row, flow: Workflow) -> bool:
    told = step.signature
    return is_concurrent(state_of(row, told.view).stamps.get(flow.field), desk.writing(told, row.area))


def _differences(before: Entity, after: Entity) -> Cells:
    return {
        item.id: wire_value(getattr(after, name))
        for name, item in before.TYPE.fields.items()
        if getattr(before, name) != getattr(after, name)
    }


def _signature(step: Step, case: Case) -> Cells:
    """The signature with the hub's own words for who signed, in which round, and not before what they had
    seen signed."""
    actor, cells = case.actor, dict(step.signature.cells)
    if case.since and as_datetime(cells["signed_at"]) < as_datetime(case.since):
        cells["signed_at"] = case.since
    cells.update(person_name=actor.name[:40], role=actor.role, round_no=round_of(case.record))
    cells.update(org=actor.org) if actor.org else cells.pop("org", None)
    return cells


def edits(entity: str, names: Iterable[str], action: str = "", *, inserts: bool = False) -> bool:
    """Whether writing these columns is entering or editing what approvals are about."""
    judged = _judged_ids(entity, action)
    return judged is not None and (inserts or not judged.isdisjoint(names))


@lru_cache(maxsize=512)
def _judged_ids(entity: str, action: str) -> frozenset[str] | None:
    """The columns that approvals are about, without those that a step of this name fills in; None for kinds
    without a workflow."""
    if entity not in WORKFLOWS:
        return None
    kind = BY_NAME[entity].record
    judged = judged_fields(cast(Entity, kind)) - owned(cast(Entity, kind), action)
    return frozenset(kind.TYPE.fields[name].id for name in judged) | {GEOMETRY}


def clamped(desk: Desk, cells: Cells) -> Cells:
    """A signature's moment, not later than receipt."""
    if as_datetime(cells["signed_at"]) > as_datetime(desk.moment()):
        cells["signed_at"] = as_moment(as_datetime(desk.moment()))
    return cells


def as_step(group: Sequence[Told]) -> Step:
    """A group as a step; raises StepRefused for anything that is none."""
    signatures = [item for item in group if item.entry.entity == "approval"]
    papers = [item for item in group if item.entry.entity == "attachment"]
    changes = [item for item in group if item.entry.entity not in ("approval", "attachment")]
    whole = all(item.entry.op == "i" for item in (*signatures, *papers))
    if len(signatures) != 1 or len(changes) > 1 or not whole or any(item.entry.op != "u" for item in changes):
        raise StepRefused("forged_state")
    return Step(signatures[0].act.action, signatures[0], changes[0] if changes else None, papers)
