"""What a step needs to know about a record's past: the signatures that count, the editors, the outcome.

Pure, so that the laptop's warning and the hub's decision are the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.changes import Actor
from app.domain.entities.papers import Approval, Attachment
from app.domain.entity import Entity
from app.domain.fields import Field
from app.domain.policy import Policy
from app.domain.values import check, parse
from app.domain.workflow import (
    JUDGED_PAPERS,
    Case,
    Judgement,
    Transition,
    Workflow,
    fingerprint,
    judged_fields,
)
from app.domain.workflows.boiler import BOILER
from app.errors import Invalid
from app.i18n import N_, tr

WORKFLOWS: dict[str, Workflow] = {BOILER.entity: BOILER}
_NOBODY = Actor("", "", "")
NEW_ROUND = "confirm_rebound"  # the step that begins another round: who edited before it is no editor of it
_BACK = "return"  # the step that sends a record back: signatures before it count no longer
_WAYS_BACK = (_BACK, NEW_ROUND)
After = Callable[[Attachment, Approval], bool]


@dataclass(frozen=True)
class Touch:
    """One change of a record, as far as it tells who wrote what an approval is about."""

    person: str
    action: str
    fields: frozenset[str]
    inserts: bool = False


def rests_on(paper: Attachment, signed_after: Iterable[Approval]) -> bool:
    """Whether one of these signatures, given after the paper had been added, is for its record and round:
    then it is evidence, and no longer its bringer's to take away."""
    return any(item.owner == paper.owner and item.round_no == paper.round_no for item in signed_after)


def is_last_asked_for(paper: Attachment, papers: Iterable[Attachment], counting: Iterable[Approval]) -> bool:
    """Whether a step whose signature counts asked for a paper of this kind, and of `papers` no other is one:
    even if nobody has signed after it, as the one that was signed upon was taken away for it."""
    flow = WORKFLOWS.get(paper.owner_entity)
    taken = {item.action for item in counting if item.round_no == paper.round_no}
    if flow is None or not any(
        row.action in taken and paper.kind in row.evidence for row in flow.transitions
    ):
        return False
    return not _alike(paper, papers)


def _alike(paper: Attachment, papers: Iterable[Attachment]) -> list[Attachment]:
    """The other papers of its kind and round."""
    return [
        it for it in papers if it.uid != paper.uid and (it.kind, it.round_no) == (paper.kind, paper.round_no)
    ]


def holds_up(
    paper: Attachment,
    record: Entity,
    papers: Sequence[Attachment],
    counting: Sequence[Approval],
    after: After,
) -> bool:
    """Whether the record's state rests on this paper, so that it cannot be taken away: a signature of this
    round that counts was given after it or asked for its kind, and no other paper of its kind is there.

    Where the record can be sent back that other one must have been signed upon as well; elsewhere nothing is
    left to do but to put the right one beside it. `counting` are the signatures that count; `after` says of
    a paper and a signature whether it was given after the paper had come.
    """
    if paper.kind not in _needed(record.TYPE.name) or paper.round_no != round_of(record):
        return False
    if is_last_asked_for(paper, papers, counting):
        return True
    if not any(after(paper, one) for one in counting):
        return False
    flow = WORKFLOWS[record.TYPE.name]
    back = any(row.action in _WAYS_BACK for row in flow.leaving(str(getattr(record, flow.field))))
    others = _alike(paper, papers)
    return not any(after(item, one) for item in others for one in counting) if back else not others


def _needed(entity: str) -> frozenset[str]:
    """The kinds of papers that steps of a record's workflow ask for or its approvers judge."""
    flow = WORKFLOWS.get(entity)
    if flow is None:
        return frozenset()
    return JUDGED_PAPERS.union(*(row.evidence for row in flow.transitions))


def round_of(record: Entity) -> int:
    """The record's present round; records without rounds are in their first."""
    return int(getattr(record, "round_no", 1) or 1)


def current_approvals(approvals: Sequence[Approval], round_no: int) -> list[Approval]:
    """Of a record's signatures, oldest first, those of one round since it was last sent back."""
    mine = [item for item in approvals if item.round_no == round_no]
    returned = max((place for place, item in enumerate(mine) if item.action == _BACK), default=-1)
    return mine[returned + 1 :]


def editors(record: Entity, touches: Iterable[Touch]) -> set[str]:
    """The persons who entered or edited what approvals are about in the present round; newest touch first."""
    found: set[str] = set()
    for touch in touches:
        if touch.action == NEW_ROUND:
            break
        if is_editing(record, touch):
            found.add(touch.person)
    return found


def is_editing(record: Entity, touch: Touch) -> bool:
    """Whether a change entered or edited what approvals are about, beyond what its own step may fill in."""
    judged = judged_fields(record) | {"geometry"}
    return touch.inserts or bool((touch.fields & judged) - owned(record, touch.action))


def owned(record: Entity, action: str) -> frozenset[str]:
    """The fields that a step of the record's workflow may fill in."""
    flow = WORKFLOWS.get(record.TYPE.name)
    rows = flow.transitions if flow else ()
    return frozenset(name for row in rows if row.action == action for name in row.owns)


def enters(record: Entity, filled: Entity, row: Transition) -> bool:
    """Whether a step's entries change fields that are not the step's own: that is editing the record."""
    judged = judged_fields(record) - row.owns
    return any(getattr(record, name) != getattr(filled, name) for name in judged)


def outcome(filled: Entity, flow: Workflow, found: Judgement, case: Case) -> Entity:
    """The record after the step: the new state and what the step stamps, once its last signature is given."""
    if not found.completes:
        return filled
    return filled.replace(**{flow.field: found.transition.target, **found.transition.stamp(case.dated())})


def signature(uid: str, record: Entity, case: Case, action: str, signed_at: str) -> Approval:
    """The signature of the case's person under a step; it is bound to the record as it stands after it, and
    not given before those under it that the person had seen."""
    actor = case.actor
    return Approval(
        uid=uid,
        owner_entity=record.TYPE.name,
        owner=record.uid,
        action=action,
        round_no=round_of(case.record),
        person=actor.uid,
        person_name=actor.name,
        role=actor.role,
        org=actor.org or None,
        opinion=case.reason or None,
        fingerprint=fingerprint(record, case.attachments),
        signed_at=max(signed_at, case.since),
        synthetic=getattr(record, "synthetic", None),
    )


def papers_alone(record: Entity, papers: Iterable[Attachment], policy: Policy, today: str) -> Case:
    """The case of a record as far as its papers go, for asking which are missing: nobody acts in it."""
    return Case(
        record=record, actor=_NOBODY, policy=policy, today=today, approvals=(), attachments=tuple(papers),
        editors=frozenset(), reason="",
    )  # fmt: skip


def papers_of(attachments: Iterable[Attachment], round_no: int) -> list[Attachment]:
    """The papers of one round."""
    return [item for item in attachments if item.round_no == round_no]


def read_values(record: Entity, values: Mapping[str, Any], row: Transition) -> dict[str, Any]:
    """Written values as field values; only the step's own fields and fields open to editing may be given."""
    read: dict[str, Any] = {}
    for name, written in values.items():
        field = record.TYPE.fields.get(name)
        if field is None or not may_fill(field, row):
            raise Invalid(
                N_("“{field}” cannot be set in the step “{step}”"),
                hint=N_("This step takes: {fields}"),
                field=name,
                step=tr(row.label),
                fields=" ".join(sorted(row.owns)) or "-",
                code="bad_field",
            )
        read[name] = parse(field, written) if isinstance(written, str) else check(field, written)
    return read


def may_fill(field: Field, row: Transition) -> bool:
    """Whether a step may be handed a value for this field."""
    return not (field.derived or (field.group and field.name not in row.owns))
