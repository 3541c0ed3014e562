"""The late work of a revoked laptop: what whoever decides takes in under their own name, and what nobody can.

The conflict keeps whose work it was, on which laptop, when and why; what is written bears the name of whoever
took it in. Signatures are never taken over: who signs has to have seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.actions.evidence import evidence_of
from app.actions.laptop import in_own_area
from app.actions.places import derived_values
from app.actions.records import removal_of
from app.actions.rights import require_area, require_writer
from app.actions.session import Session
from app.domain.casework import WORKFLOWS, round_of
from app.domain.catalog import BY_NAME, entity_type
from app.domain.changes import Change, insert, update
from app.domain.entities.conflict import Conflict
from app.domain.entities.papers import Approval, Attachment
from app.domain.entity import GEOMETRY, Entity
from app.domain.fields import Merge
from app.domain.filters import equal
from app.domain.verdicts import LATE_WORDS, sentence
from app.errors import AppError, Refused
from app.i18n import N_, tr

LATE = "quarantine"  # the kind of conflict


def step_of(item: Conflict) -> str:
    """The name of the step that the late work is, as people read it; "" for other work."""
    flow = WORKFLOWS.get(item.owner_entity)
    if item.kind != LATE or flow is None:
        return ""
    return next((tr(row.label) for row in flow.transitions if row.action == item.offered_action), "")


def entered(session: Session, item: Conflict, values: Mapping[str, Any], uid: str = "") -> Change:
    """The record that a revoked laptop entered and the hub does not have, as whoever takes it in enters it:
    from its first state on, since steps are taken by persons; `uid` where it is another one. Raises Refused
    for what changes a record that is not here and does not tell it whole."""
    kind = entity_type(item.owner_entity)
    if kind is Attachment.TYPE:
        return _paper(session, item, values)
    if kind is Approval.TYPE:
        raise Refused(
            N_("A signature cannot be taken over: who signs has to have seen the record"),
            hint=N_("Nothing was changed. Keep what stands, and let the step be taken again by whoever may."),
            code="signature",
        )
    if kind.append_only:
        raise nothing_to_take()
    require_writer(session, kind)
    fields = kind.fields
    fits = {
        name: value
        for name, value in values.items()
        if name == GEOMETRY or fields[name].merge not in (Merge.STATE, Merge.HUB)
    }
    try:
        record = kind.record(uid=uid or item.owner, **fits)
    except TypeError:  # a change of a record that a hub has lost: what it must have is not told
        raise nothing_to_take() from None
    record = in_own_area(session, record.replace(**derived_values(session, record)))
    require_area(session, record)
    return insert(record)


def removed(session: Session, item: Conflict, record: Entity | None, reason: str) -> Change:
    """The deletion, by whoever decides; raises Refused for what has been signed or is gone already."""
    if record is None:
        raise nothing_to_take()
    if isinstance(record, Attachment):  # it goes by a redaction alone
        raise Refused(
            N_("{file} cannot be taken away"), hint=N_("Nothing was changed. {why}"), file=record.file_name,
            why=sentence(LATE_WORDS["redaction"]), code="redaction",
        )  # fmt: skip
    return removal_of(session, record, reason)


def with_its_signatures(session: Session, item: Conflict, settled: Mapping[str, Any]) -> list[Change | None]:
    """The late signatures under the same step: once it is decided, they are settled too."""
    waiting = session.workspace.find(Conflict, equal(kind=LATE, situation="open", owner_entity="approval"))
    mine = [one for one in waiting if item.offered_act and one.offered_act == item.offered_act]
    under = [one for one in mine if cells_of(one.offered).get("owner") == item.owner]
    return [update(one, **{**settled, "taken": "kept"}) for one in under]


def cells_of(written: str | None) -> dict[str, Any]:
    """The cells of a side of a conflict; none when they were too long to be kept whole."""
    try:
        found = json.loads(written or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def paper_of(item: Conflict, values: Mapping[str, Any]) -> Attachment | None:
    """The paper that is offered, as the revoked laptop wrote it; None where it cannot be read."""
    try:
        return Attachment(uid=item.owner, **values) if item.owner_entity == Attachment.TYPE.name else None
    except (AppError, TypeError, ValueError):
        return None


def nothing_to_take() -> Refused:
    """For a decision that would take what is not there."""
    return Refused(
        N_("There is no other value to take"),
        hint=N_("Nothing was changed. Keep what stands, and let the step be taken again."),
        code="nothing_to_take",
    )


def _paper(session: Session, item: Conflict, values: Mapping[str, Any]) -> Change:
    """The paper beside its record, added by whoever takes it in; its file has to be here to be seen."""
    require_writer(session, Attachment.TYPE)
    paper = paper_of(item, values)
    if paper is None or paper.owner_entity not in BY_NAME:
        raise nothing_to_take()
    owner: Entity | None = session.workspace.get(paper.owner_entity, paper.owner)
    if owner is None:
        raise Refused(
            N_("The record of this paper is not on this laptop"),
            hint=N_("Nothing was changed. Take the record in first; then its papers."),
            code="unknown_record",
        )
    require_area(session, owner)
    if not session.workspace.attachment_path(paper.sha256).is_file():
        raise Refused(
            N_("The file {name} has not reached this laptop"),
            hint=N_(
                "Nothing was changed. Sync; what the revoked laptop never handed over cannot be taken in."
            ),
            name=paper.file_name,
            code="evidence_absent",
        )
    session.workspace.verify_attachment(paper.sha256)
    if any((one.kind, one.sha256) == (paper.kind, paper.sha256) for one in evidence_of(session, owner)):
        raise nothing_to_take()
    at = session.moment()
    round_no = round_of(owner) if paper.owner_entity in WORKFLOWS else 1
    return insert(paper.replace(added_by=session.person().uid, added_at=at, round_no=round_no))
