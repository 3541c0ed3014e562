"""History, undo and redo: a read of the journal, and new change sets that take an old one back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.actions.action import action
from app.actions.evidence import evidence_of
from app.actions.records import find_record
from app.actions.redaction import it_stays, redactions_of, removed_words
from app.actions.rights import require_role
from app.actions.session import Session
from app.actions.steps import approvals_of
from app.actions.whereabouts import whereabouts
from app.domain.casework import current_approvals, is_last_asked_for, rests_on
from app.domain.catalog import entity_type
from app.domain.changes import Change, Committed
from app.domain.entities.papers import EVIDENCE_KINDS, Approval, Attachment, Redaction
from app.domain.entity import Entity
from app.domain.filters import equal
from app.domain.limits import check_reason
from app.errors import Refused
from app.i18n import N_
from app.store.external import ExternalEdit as ExternalEdit  # the window and the shell name them
from app.store.history import FieldChange
from app.store.history import HistoryEntry as HistoryEntry

PAPER = Attachment.TYPE.name  # the field under which a paper that was added stands in a history
SEALERS = ("R2", "R3", "R5")


@action(N_("History of the record"), "record", icon="history", command="history")
def history(session: Session, kind: str, ident: str) -> list[HistoryEntry]:
    """What happened to a record, newest first: who, when, on which device, why, field, before and after.

    A signature that changes no field and a paper that is added are part of it: a paper stands among the
    changes as the field `attachment`.
    """
    record = find_record(session, kind, ident)
    own = session.workspace.history(record.TYPE.name, record.uid)
    papers, beside = _beside(session, record)
    told = {entry.transaction for entry in own}
    alone = [entry for name, entry in beside.items() if name not in told]
    found = [
        replace(entry, changes=(*entry.changes, *papers.pop(entry.transaction, ())))
        for entry in (*own, *alone)
    ]
    return sorted(found, key=lambda entry: -entry.seq)


def _beside(session: Session, record: Entity) -> tuple[dict[str, list[FieldChange]], dict[str, HistoryEntry]]:
    """The papers added or taken away in each transaction, and each one that signed, added or took away."""
    papers: dict[str, list[FieldChange]] = {}
    entries: dict[str, HistoryEntry] = {}
    for item in (*approvals_of(session, record), *evidence_of(session, record)):
        made = session.workspace.history(item.TYPE.name, item.uid)[-1]
        entries.setdefault(made.transaction, replace(made, operation="update", changes=()))
        if isinstance(item, Attachment):
            name = f"{EVIDENCE_KINDS.label(item.kind)} {item.file_name}"
            papers.setdefault(made.transaction, []).append(FieldChange(PAPER, None, name))
    for gone in redactions_of(session, record):
        made = session.workspace.history(gone.TYPE.name, gone.uid)[-1]
        entries.setdefault(made.transaction, replace(made, operation="update", changes=()))
        papers.setdefault(made.transaction, []).append(FieldChange(PAPER, removed_words(gone)[0], None))
    return papers, entries


@action(N_("Undo"), "edit", shortcut="Ctrl+Z", icon="undo", command="undo")
def undo(session: Session, reason: str = "") -> Committed:
    """Take back one's own last transaction by a new one; raises Changed when a record has moved on since."""
    target = session.workspace.last_undoable(session.person().uid)
    if target is None:
        raise Refused(N_("There is nothing of yours to undo"), code="nothing_to_undo")
    changes = session.workspace.inverse(target)
    for change in changes:
        kind = entity_type(change.entity)
        if change.entity == Redaction.TYPE.name:
            raise Refused(
                N_("A paper that was taken away does not come back: its file is gone from every disk"),
                hint=N_("Nothing was changed. Add the file anew to the record where it belongs."),
                code="for_good",
            )
        if change.operation == "delete" and kind.for_good:
            raise Refused(
                N_("Your last act is kept for good and is not undone: {kind}"),
                hint=N_(
                    "A frozen report is withdrawn by another person, with a reason; lists are made anew."
                ),
                kind=kind.text,
                code="for_good",
            )
    _leave_evidence(session, changes)
    return session.commit(changes, "undo", reason, undoes=target)


def _leave_evidence(session: Session, changes: Sequence[Change]) -> None:
    """Raise Refused when this takes a paper away upon which somebody has signed since, by the clocks of both
    (the hub goes by the order of its log), or the last of a kind that a step asked for."""
    gone = {change.uid for change in changes if change.operation == "delete"}
    for change in changes:
        paper = session.workspace.get(Attachment, change.uid) if change.uid in gone else None
        if paper is None:
            continue
        find, owned = session.workspace.find, equal(owner=paper.owner)
        stay = [item for item in find(Approval, owned, order="signed_at") if item.uid not in gone]
        beside = [item for item in find(Attachment, owned) if item.uid not in gone]
        counting = current_approvals(stay, paper.round_no)
        if rests_on(paper, (item for item in stay if item.signed_at > paper.added_at)):
            raise Refused(
                N_("{file} is evidence: somebody has signed since it was added"),
                hint=N_("Nothing was changed. Add the right paper beside it; the history tells of both."),
                file=paper.file_name,
                code="signed",
            )
        if is_last_asked_for(paper, beside, counting):
            raise it_stays(paper, "rests_on")


@action(N_("Redo"), "edit", shortcut="Ctrl+Y", icon="redo", command="redo")
def redo(session: Session, reason: str = "") -> Committed:
    """Undo one's own last undo."""
    target = session.workspace.last_redoable(session.person().uid)
    if target is None:
        raise Refused(N_("There is nothing of yours to redo"), code="nothing_to_redo")
    return session.commit(session.workspace.inverse(target), "redo", reason, undoes=target)


def external_edits(session: Session) -> list[ExternalEdit]:
    """Edits another program made in the file, which wait for a name and a reason."""
    return session.workspace.external_changes()


def title_of_edit(session: Session, edit: ExternalEdit) -> str:
    """What people call the record that another program changed or removed."""
    record: Entity | None = session.workspace.get(edit.entity, edit.uid)
    if record is not None:
        return record.title()
    values = {change.field: change.before or change.after for change in edit.changes}
    named = [str(values[name]) for name in entity_type(edit.entity).title if values.get(name)]
    return " ".join(named) or edit.uid[:8]


@action(N_("Confirm edits of other programs…"), "workspace", icon="seal", command="seal", roles=SEALERS)
def seal(session: Session, reason: str, through: int | None = None) -> int:
    """Put one's name and a reason under the edits of another program; the number of journal rows sealed.

    With `through` only under those up to that number, which the person has seen.
    What was added without a division gets that of the place where it lies, when that is certain.
    """
    actor = require_role(session, *SEALERS)
    if not reason.strip():
        raise Refused(
            N_("A reason is needed"), hint=N_("The edits stay in the file and wait."), code="reason"
        )
    check_reason(reason)
    edits = [one for one in session.workspace.external_changes() if through is None or one.seq <= through]
    if not edits:
        raise Refused(N_("There are no edits from other programs"), code="nothing_to_seal")
    found = whereabouts(session, edits).values()
    fills = [item.change for item in found if item.change is not None]
    count = session.workspace.seal(actor, reason, session.now(), edits[-1].seq, fills)
    touched: dict[str, dict[str, None]] = {}
    for edit in edits:
        touched.setdefault(edit.entity, {})[edit.uid] = None
    session.tell(Committed("", {entity: tuple(uids) for entity, uids in touched.items()}))
    return count
