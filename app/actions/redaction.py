"""Taking a paper away that lies beside the wrong record: row and file go, who and why stay."""

from __future__ import annotations

from app.actions.action import action
from app.actions.evidence import evidence_of
from app.actions.rights import require_area, require_role
from app.actions.session import Session
from app.actions.steps import approvals_of
from app.domain.casework import current_approvals, holds_up, round_of
from app.domain.catalog import BY_NAME
from app.domain.changes import Committed, delete, insert
from app.domain.entities.papers import EVIDENCE_KINDS, Approval, Attachment, Redaction
from app.domain.entity import Entity
from app.domain.filters import equal
from app.domain.limits import check_reason, says_why
from app.domain.rights import WRITERS
from app.domain.verdicts import sentence
from app.errors import Invalid, Refused
from app.i18n import N_, tr

REDACTORS = WRITERS["redaction"]


def redactions_of(session: Session, record: Entity) -> list[Redaction]:
    """The papers that were taken away from a record, oldest first."""
    return session.workspace.find(Redaction, equal(owner=record.uid), order="removed_at")


@action(
    N_("Take a paper away…"), "record", icon="delete", command="redact", roles=REDACTORS,
)  # fmt: skip
def redact(session: Session, uid: str, reason: str) -> Committed:
    """Take the paper with this uid away, for good: it lies beside the wrong record (R3 to R6 of the area).

    Without a hub its file goes at once, else once the hub has taken it and this laptop has heard so. Raises
    NotAllowed, Invalid for no paper, Refused without a reason or where the record's state rests on it.
    """
    require_role(session, *REDACTORS)
    paper = session.workspace.get(Attachment, uid)
    if paper is None:
        raise Invalid(N_("There is no such paper"), code="unknown_record")
    check_reason(reason)
    if not says_why(reason):
        raise Refused(
            N_("A reason is needed that says why this paper does not belong here"),
            hint=N_("Nothing was changed. The reason is what stays of it."), code="reason",
        )  # fmt: skip
    _check_free(session, paper)
    made = redaction_of(session, paper, reason.strip())
    done = session.commit([insert(made), delete(paper)], "redact", reason)
    session.workspace.tidy_papers()
    return done


def redaction_of(session: Session, paper: Attachment, reason: str) -> Redaction:
    """What stays of a paper that the signed-in person takes away now."""
    actor = session.person()
    return Redaction(
        uid=session.new_uid(),
        owner_entity=paper.owner_entity,
        owner=paper.owner,
        paper=paper.uid,
        kind=paper.kind,
        round_no=paper.round_no,
        sha256=paper.sha256,
        reason=reason,
        removed_by=actor.uid,
        removed_by_name=actor.name[:40],
        removed_at=session.moment(),
        synthetic=paper.synthetic,
    )


def find_paper(session: Session, record: Entity, ident: str) -> Attachment:
    """A paper of a record by its uid or SHA-256, or the beginning of one, or by the name of its file; raises
    Invalid for none and for several."""
    papers = evidence_of(session, record)
    found = [item for item in papers if item.file_name == ident]
    if not found:
        found = [
            item for item in papers if ident and (item.uid.startswith(ident) or item.sha256.startswith(ident))
        ]
    if len(found) == 1:
        return found[0]
    raise Invalid(
        N_("“{ident}” names no single paper of {title}"), ident=ident, title=record.title(),
        hint=N_("Name it by its uid or the beginning of its SHA-256: “show KIND ID --json” lists them."),
        code="ambiguous" if found else "unknown_record",
    )  # fmt: skip


def removed_words(item: Redaction) -> tuple[str, str]:
    """What stands in the place of a paper that was taken away: its kind, and by whom, when and why."""
    from app.domain.values import show_moment

    by = tr(N_("removed by {name} on {day}: {reason}"), name=item.removed_by_name,
            day=show_moment(item.removed_at), reason=item.reason)  # fmt: skip
    return f"{EVIDENCE_KINDS.label(item.kind)} · {tr(N_('removed'))}", by


def _check_free(session: Session, paper: Attachment) -> None:
    """Raise NotAllowed outside the area, Refused for a paper that something rests on; the hub asks again."""
    kind = BY_NAME.get(paper.owner_entity)
    if kind is not None and kind.for_good:
        raise it_stays(paper, "frozen")
    owner: Entity | None = session.workspace.get(paper.owner_entity, paper.owner) if kind else None
    if owner is None:
        return
    require_area(session, owner)
    counting = current_approvals(approvals_of(session, owner), round_of(owner))

    def after(item: Attachment, signed: Approval) -> bool:
        return signed.signed_at >= item.added_at

    if holds_up(paper, owner, evidence_of(session, owner), counting, after):
        raise it_stays(paper, "rests_on")


def it_stays(paper: Attachment, word: str) -> Refused:
    """The refusal to take a paper away, with what `word` of the log stands for."""
    return Refused(
        N_("{file} cannot be taken away"), hint=N_("Nothing was changed. {why}"), file=paper.file_name,
        why=sentence(word), code=word,
    )  # fmt: skip
