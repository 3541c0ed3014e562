"""The workflow engine: judges one step on one record by a table of transitions, and says what is missing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.domain.changes import Actor
from app.domain.entities.papers import EVIDENCE_KINDS, Approval, Attachment
from app.domain.entities.people import ROLES
from app.domain.entity import Entity
from app.domain.policy import Policy
from app.domain.values import as_datetime, bureau_day, show
from app.errors import AppError, NotAllowed, Refused
from app.i18n import N_, listed, tr


@dataclass(frozen=True)
class Lack:
    """One thing that stands between a record and a step, as a sentence template.

    `who` marks a lack that another person could meet (role, area, separation); the rest is missing material.
    """

    code: str
    sentence: str
    values: Mapping[str, object] = field(default_factory=dict)
    who: bool = False

    @property
    def text(self) -> str:
        """The sentence in the user's language."""
        return tr(self.sentence, **self.values)


@dataclass(frozen=True)
class Case:
    """Everything a guard may look at: the record as it would be after the step's own entries, its papers of
    this round, who wrote it, and the day.

    `editors` are the uids of persons who entered or edited the record in this round; `added` are those of the
    papers that come with the step itself; `since` is the latest moment that the step's writer had seen, whose
    own clock may be behind it: of a signature under the record, for a finding also of a draw of it.
    """

    record: Any
    actor: Actor
    policy: Policy
    today: str
    approvals: tuple[Approval, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    editors: frozenset[str] = frozenset()
    reason: str = ""
    added: tuple[Attachment, ...] = ()
    since: str = ""

    def dated(self) -> Case:
        """The case on the day that a step is stamped with: not before what it follows."""
        return (
            replace(self, today=max(self.today, bureau_day(as_datetime(self.since)))) if self.since else self
        )

    def valid_signatures(self, action: str) -> tuple[Approval, ...]:
        """The signatures under `action` in this round whose record has not changed since, oldest first."""
        seen = self.fingerprint
        return tuple(item for item in self.signatures(action) if item.fingerprint == seen)

    def signatures(self, action: str) -> tuple[Approval, ...]:
        """Every signature under `action` in this round since the last time the record was sent back."""
        return tuple(item for item in self.approvals if item.action == action)

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the record as it stands in this case."""
        return fingerprint(self.record, self.attachments)


Guard = Callable[[Case], "Lack | Iterable[Lack] | None"]  # one lack, several at once, or nothing


@dataclass(frozen=True)
class Transition:
    """One row of a workflow table.

    `signers` names the roles of each signature the step needs, in order; the state moves to `target` with the
    last one. `asks` are the fields that must be filled, `may_set` further fields the step may fill. `after`
    are the steps whose signers may not take this one; `judges` means that nobody who entered or edited the
    record in this round may take it. `stamp` gives the values the step itself writes; `drafts` names the
    letters that are due with it.
    """

    action: str
    label: str
    source: tuple[str, ...]
    target: str
    signers: tuple[tuple[str, ...], ...]
    evidence: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    may_set: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    judges: bool = False
    units_differ: bool = False
    needs_reason: bool = False
    guards: tuple[Guard, ...] = ()
    drafts: tuple[str, ...] = ()
    stamp: Callable[[Case], dict[str, Any]] = lambda case: {}

    @property
    def owns(self) -> frozenset[str]:
        """The fields that belong to this step: filling them in it is not editing the record."""
        return frozenset((*self.asks, *self.may_set))


@dataclass(frozen=True)
class Workflow:
    """A named table of transitions over the state field of one entity.

    `rests_on` are the steps whose signatures later steps rest on: they are void once the record has changed.
    """

    name: str
    entity: str
    field: str
    transitions: tuple[Transition, ...]
    rests_on: tuple[str, ...] = ()

    @property
    def actions(self) -> tuple[str, ...]:
        """Every step, once, in the order of the table."""
        return tuple(dict.fromkeys(row.action for row in self.transitions))

    def step(self, action: str, state: str) -> Transition:
        """The row of `action` that starts at `state`, or its first when none does (the judge says why not).

        Raises Refused with the steps there are when no row has this action.
        """
        rows = [row for row in self.transitions if row.action == action]
        if not rows:
            raise Refused(
                N_("There is no step “{action}”"),
                hint=N_("Steps: {actions}"),
                action=action,
                actions=" ".join(self.actions),
                code="unknown_action",
            )
        return next((row for row in rows if state in row.source), rows[0])

    def counts(self, action: str, state: str) -> bool:
        """Whether a signature under `action` still counts at `state`, so that it can be void."""
        row = self.step(action, state)
        return action in self.rests_on or (len(row.signers) > 1 and state in row.source)

    def leaving(self, state: str) -> tuple[Transition, ...]:
        """The transitions that start at `state`."""
        return tuple(row for row in self.transitions if state in row.source)


@dataclass(frozen=True)
class Judgement:
    """What was found: the lacks, which signature this is, and whether it is the last."""

    transition: Transition
    lacks: tuple[Lack, ...]
    signature: int
    completes: bool

    @property
    def allowed(self) -> bool:
        """Whether the step may be taken now by this person."""
        return not self.lacks


def judge(workflow: Workflow, row: Transition, case: Case) -> Judgement:
    """Weigh one step: state, role, separation of persons, evidence, fields and guards."""
    given = case.valid_signatures(row.action) if len(row.signers) > 1 else ()
    place = min(len(given), len(row.signers) - 1)
    lacks = [
        *_state(workflow, row, case),
        *_role(row, case, place),
        *_separation(row, case, given),
        *_papers(row, case),
        *_guarded(row, case),
    ]
    if len(row.signers) > 1 and len(given) >= len(row.signers):
        lacks.append(
            Lack("already_signed", N_("All signatures of this step are given; the next step is due"))
        )
    return Judgement(row, tuple(lacks), place, place == len(row.signers) - 1)


def missing_papers(workflow: Workflow, actions: Iterable[str], case: Case) -> list[Lack]:
    """The papers that taking these steps one by one would have brought and the record does not have."""
    found: dict[object, Lack] = {}
    for row in workflow.transitions:
        if row.action in actions:
            lacks = [*_papers(row, case), *_guarded(row, case)]
            found.update({lack.values["evidence"]: lack for lack in lacks if lack.code == "evidence"})
    return list(found.values())


def refuse(judgement: Judgement) -> AppError:
    """The error for a step that was not allowed: who-questions are NotAllowed, the rest Refused."""
    who = [lack for lack in judgement.lacks if lack.who]
    first = (who or list(judgement.lacks))[0]
    kind = NotAllowed if who else Refused
    values: dict[str, Any] = dict(first.values)
    error = kind(first.sentence, hint=N_("Nothing was changed."), code=first.code, **values)
    error.details = [_told(lack) for lack in judgement.lacks]
    return error


def _told(lack: Lack) -> dict[str, object]:
    kind = {"evidence": lack.values["evidence"]} if "evidence" in lack.values else {}
    return {"code": lack.code, "why": lack.text, **kind}


def fingerprint(record: Entity, attachments: Iterable[Attachment]) -> str:
    """SHA-256 over what an approver judges: the described fields, place, and papers of the application."""
    described = {name: getattr(record, name) for name in sorted(judged_fields(record))}
    place = record.geometry.wkb_hex if record.geometry is not None else ""
    papers = sorted({(item.kind, item.sha256) for item in attachments if item.kind in JUDGED_PAPERS})
    text = json.dumps([record.uid, described, place, papers], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def judged_fields(record: Entity) -> frozenset[str]:
    """The fields an approval is about: neither derived ones nor the steps' own notes."""
    return frozenset(
        name for name, item in record.TYPE.fields.items() if not item.derived and name not in _STEP_NOTES
    )


_STEP_NOTES = frozenset(
    "status round_no applied_on accepted_on notice_from notice_to cleared_on looked_back_on lookback_round "
    "rebound_reported rebound_reason return_reason seal_no sealed_until rechecked_on done_date "
    "outside_as".split()
)
JUDGED_PAPERS = frozenset(
    "photo_before photo_during photo_after nameplate application_form identity_copy dereg_cert "
    "new_boiler_notice monitoring_report town_certificate".split()
)


def _state(workflow: Workflow, row: Transition, case: Case) -> list[Lack]:
    state = getattr(case.record, workflow.field)
    if state in row.source:
        return []
    shown = show(case.record.TYPE.fields[workflow.field], state)
    return [Lack("wrong_state", N_("“{step}” cannot be taken while the record is “{state}”"),
                 {"step": tr(row.label), "state": shown})]  # fmt: skip


def _role(row: Transition, case: Case, place: int) -> list[Lack]:
    roles = row.signers[place]
    if case.actor.role in roles:
        return []
    wanted = listed(ROLES.label(role) for role in roles)
    return [Lack("role", N_("“{step}” is for: {roles}"), {"step": tr(row.label), "roles": wanted}, who=True)]


def _separation(row: Transition, case: Case, given: tuple[Approval, ...]) -> list[Lack]:
    me = case.actor
    lacks = []
    if any(item.person == me.uid for item in given):
        lacks.append(
            Lack("same_person", N_("You have signed this step already; another person must sign"), who=True)
        )
    elif row.units_differ and any((item.org or "") == me.org for item in given):
        lacks.append(Lack("same_unit", N_("The second signature must come from another unit"), who=True))
    earlier = next(
        (item for name in row.after for item in case.signatures(name) if item.person == me.uid), None
    )
    if earlier is not None:
        sentence = N_("You took an earlier step of this round; nobody approves their own work")
        lacks.append(Lack("own_step", sentence, who=True))
    if row.judges and me.uid in case.editors:
        sentence = N_("You entered or edited this record in this round; nobody approves their own entry")
        lacks.append(Lack("own_entry", sentence, who=True))
    return lacks


def _guarded(row: Transition, case: Case) -> Iterator[Lack]:
    for guard in row.guards:
        found = guard(case)
        if found is not None:
            yield from (found,) if isinstance(found, Lack) else found


def _papers(row: Transition, case: Case) -> list[Lack]:
    have = {item.kind for item in case.attachments}
    lacks = [
        Lack("evidence", N_("Missing: {kind}"), {"kind": EVIDENCE_KINDS.label(kind), "evidence": kind})
        for kind in row.evidence
        if kind not in have
    ]
    for name in row.asks:
        if getattr(case.record, name) in (None, "", ()):
            label = tr(case.record.TYPE.fields[name].label)
            lacks.append(Lack("field", N_("Not filled in: {field}"), {"field": label, "name": name}))
    if row.needs_reason and not case.reason.strip():
        lacks.append(Lack("reason", N_("A reason is needed")))
    return lacks
