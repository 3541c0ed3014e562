"""Steps of a workflow: what may be done next with a record, and doing it in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.actions.action import action
from app.actions.evidence import evidence_of, keep, prepare
from app.actions.rights import require_area
from app.actions.session import Session
from app.domain.casework import (
    WORKFLOWS,
    Touch,
    current_approvals,
    editors,
    enters,
    outcome,
    papers_alone,
    read_values,
    round_of,
    signature,
)
from app.domain.changes import Actor, Committed, insert, update
from app.domain.entities.lookback import FINDINGS, LookbackRound, LookbackVisit
from app.domain.entities.papers import Approval, Attachment
from app.domain.entity import Entity
from app.domain.filters import equal, one_of
from app.domain.rights import in_area
from app.domain.workflow import (
    Case,
    Judgement,
    Lack,
    Transition,
    Workflow,
    fingerprint,
    judge,
    missing_papers,
    refuse,
)
from app.domain.workflows.boiler import BOILER, DOSSIER
from app.errors import Refused
from app.i18n import N_, in_a_row, listed, tr


@dataclass(frozen=True)
class NextStep:
    """A step that starts at the record's state, as one person sees it."""

    action: str
    label: str
    target: str
    roles: tuple[str, ...]
    allowed: bool
    lacks: tuple[Lack, ...]
    evidence: tuple[str, ...]
    asks: tuple[str, ...]
    may_set: tuple[str, ...]
    needs_reason: bool
    signature: int
    signatures: int

    @property
    def for_me(self) -> bool:
        """Whether the person's role may take this step at all."""
        return not any(lack.code in ("role", "outside_area") for lack in self.lacks)


@dataclass(frozen=True)
class StepDone:
    """What a step did: the record as it is now, a sentence about it, and the letters due with it."""

    record: Entity
    state: str
    completed: bool
    committed: Committed
    message: str
    drafts: tuple[str, ...] = ()


def workflow_of(record: Entity) -> Workflow:
    """The workflow of a record's kind; raises Refused for kinds without one."""
    flow = WORKFLOWS.get(record.TYPE.name)
    if flow is None:
        raise Refused(N_("{kind} has no workflow"), kind=record.TYPE.text, code="no_workflow")
    return flow


def next_steps(session: Session, record: Entity) -> list[NextStep]:
    """The steps that start at the record's state, with what each still lacks for the person who signed in."""
    flow = WORKFLOWS.get(record.TYPE.name)
    if flow is None:
        return []
    case = case_of(session, record)
    rows = flow.leaving(str(getattr(record, flow.field)))
    return [_next_step(judge(flow, row, case), case) for row in rows]


@action(N_("Take the next step…"), "record", shortcut="Ctrl+Return", icon="step", command="do")
def do_step(
    session: Session,
    action: str,
    record: Entity,
    *,
    values: Mapping[str, Any] | None = None,
    evidence: Sequence[tuple[str, Path]] = (),
    reason: str = "",
) -> StepDone:
    """Take one step: fields, papers, signature and new state in one transaction, or nothing at all.

    Raises NotAllowed when another person must do it, Refused with everything that is missing otherwise.
    """
    session.person()
    require_area(session, record)
    flow = workflow_of(record)
    row = flow.step(action, str(getattr(record, flow.field)))
    filled = record.replace(**read_values(record, values or {}, row))
    papers = prepare(session, record, evidence)
    case = case_of(session, filled, papers=papers, reason=reason, entering=enters(record, filled, row))
    case = after_draws(session, case, action)
    found = judge(flow, row, case)
    if not found.allowed:
        raise refuse(found)
    _verify_papers(session, record, row)
    after = outcome(filled, flow, found, case)
    keep(session, evidence, papers)
    signed = signature(session.new_uid(), after, case, action, session.moment())
    changes = [update(record, **after.values()), *map(insert, papers), insert(signed)]
    committed = session.commit(changes, action, reason)
    fresh = session.workspace.get(type(record), record.uid) or after
    return StepDone(
        fresh,
        str(getattr(fresh, flow.field)),
        found.completes,
        committed,
        in_a_row(filter(None, (_sentence(found, fresh), _voided(flow, record, case)))),
        row.drafts if found.completes else (),
    )


def case_of(
    session: Session,
    record: Entity,
    *,
    papers: Sequence[Attachment] = (),
    reason: str = "",
    entering: bool = False,
) -> Case:
    """The case of a record in its present round, with papers about to be added."""
    actor = session.actor or Actor("", "", "")
    round_no = round_of(record)
    signed = approvals_of(session, record)
    wrote = editors_of(session, record) | ({actor.uid} if entering else set())
    return Case(
        record=record,
        actor=actor,
        policy=session.policy,
        today=session.today,
        approvals=tuple(current_approvals(signed, round_no)),
        attachments=(*evidence_of(session, record, round_no=round_no), *papers),
        editors=frozenset(wrote),
        reason=reason,
        added=tuple(papers),
        since=max((item.signed_at for item in signed), default=""),
    )


def after_draws(session: Session, case: Case, action: str) -> Case:
    """The case of a step that is taken: a finding is not before the draws of its boiler known here."""
    if action not in FINDINGS:
        return case
    visits = session.workspace.find(LookbackVisit, equal(boiler=case.record.uid))
    drawn = session.workspace.find(LookbackRound, one_of("uid", {item.round for item in visits}))
    return replace(case, since=max([case.since, *(item.drawn_at for item in drawn)]))


def approvals_of(session: Session, record: Entity, round_no: int | None = None) -> list[Approval]:
    """The signatures under a record, oldest first; of one round, since it was last sent back."""
    found = session.workspace.find(Approval, equal(owner=record.uid), order="signed_at")
    return found if round_no is None else current_approvals(found, round_no)


def editors_of(session: Session, record: Entity) -> set[str]:
    """The persons who entered or edited what approvals are about, in the record's present round."""
    history = session.workspace.history(record.TYPE.name, record.uid)  # newest first
    return editors(
        record,
        (
            Touch(
                entry.person_uid,
                entry.action,
                frozenset(item.field for item in entry.changes),
                entry.operation == "insert",
            )
            for entry in history
        ),
    )


def dossier_lacks(session: Session, record: Entity) -> tuple[Lack, ...]:
    """What the dossier of a cleared boiler lacks: papers its steps would have brought if taken here.

    Boilers moved in on a ledger's word have none of them; they are counted apart until this is empty.
    """
    if record.TYPE.name != BOILER.entity or getattr(record, "status", "") != "cleared":
        return ()
    mine = evidence_of(session, record, round_no=round_of(record))
    return tuple(missing_papers(BOILER, DOSSIER, papers_alone(record, mine, session.policy, session.today)))


def _verify_papers(session: Session, record: Entity, row: Transition) -> None:
    """Raise StoreFailure when a paper of this round is no longer the file that was handed in.

    What needs a reason (sending back, reporting a rebound) stays possible, or a lost file would block it all.
    """
    if row.needs_reason:
        return
    for item in evidence_of(session, record, round_no=round_of(record)):
        session.workspace.verify_attachment(item.sha256)


def _next_step(found: Judgement, case: Case) -> NextStep:
    row = found.transition
    lacks = found.lacks
    if case.actor.uid and not in_area(case.actor.area, getattr(case.record, "div_code", None)):
        lacks = (Lack("outside_area", N_("This record lies outside your area"), who=True), *lacks)
    return NextStep(
        action=row.action,
        label=tr(row.label),
        target=row.target,
        roles=row.signers[found.signature],
        allowed=not lacks,
        lacks=lacks,
        evidence=row.evidence,
        asks=row.asks,
        may_set=row.may_set,
        needs_reason=row.needs_reason,
        signature=found.signature + 1,
        signatures=len(row.signers),
    )


def _voided(flow: Workflow, record: Entity, case: Case) -> str:
    """Whose signatures counted until this step changed the record; empty when it changed nothing judged."""
    before = fingerprint(record, [item for item in case.attachments if item not in case.added])
    if before == case.fingerprint:
        return ""
    state = str(getattr(record, flow.field))
    names = {
        item.person_name: None
        for item in case.approvals
        if item.fingerprint == before and flow.counts(item.action, state)
    }
    words = N_(
        "the record has changed with it, so what {names} signed before is void and must be signed again"
    )
    return tr(words, names=listed(names)) if names else ""


def _sentence(found: Judgement, record: Entity) -> str:
    label = tr(found.transition.label)
    if not found.completes:
        left = len(found.transition.signers) - found.signature - 1
        return tr(N_("“{step}” signed; {n} more signature is needed"), step=label, n=left)
    field = record.TYPE.fields["status"]
    shown = field.choices.label(record.values()["status"]) if field.choices else ""
    return tr(N_("“{step}” done; the record is now “{state}”"), step=label, state=shown)
