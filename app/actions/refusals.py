"""What the hub refused, as long as nobody has answered it, and what somebody had changed meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.actions.session import Session
from app.domain.catalog import entity_type
from app.domain.entities.conflict import Conflict
from app.domain.entities.papers import Approval
from app.domain.entity import GEOMETRY
from app.domain.filters import equal
from app.domain.values import show
from app.i18n import N_, in_a_row, tr

if TYPE_CHECKING:
    from app.actions.conflicts import ConflictView

REFUSED, VOID = "rejected", "void"  # kinds of conflicts


def waiting_of(session: Session, uid: str) -> list[str]:
    """The conflicts about a record that ask for attention, by uid: open ones, and refusals until a person has
    settled them, the record has been changed afterwards or, of a void signature, it has been signed again."""
    found = session.workspace.find(Conflict, equal(owner=uid))
    return [item.uid for item in found if item.situation == "open" or _is_unanswered(session, item)]


def with_changes(session: Session, view: ConflictView) -> ConflictView:
    """The view of a void signature with what had changed in the record, before and after."""
    if view.kind != VOID or not view.kept.act or not view.record.exists:
        return view
    kind = entity_type(view.record.entity)
    told = []
    for entry in session.workspace.history(kind.name, view.record.uid):
        for change in entry.changes if entry.transaction == view.kept.act else ():
            field = kind.fields.get(change.field)
            if field is not None:
                before, after = (show(field, value) or "—" for value in (change.before, change.after))
                words = {"field": tr(field.label), "before": before, "after": f"{after} {field.unit}".strip()}
                told.append(tr(N_("{field}: {before} → {after}"), **words))
            elif change.field == GEOMETRY:
                told.append(tr(N_("Position")))
    return replace(view, kept=replace(view.kept, changed=in_a_row(told)))


def _is_unanswered(session: Session, item: Conflict) -> bool:
    if item.kind not in (REFUSED, VOID) or item.settled_by:
        return False
    if item.kind == VOID:
        signed = session.workspace.find(Approval, equal(owner=item.owner))
        return all(one.signed_at < item.raised_at for one in signed)
    entries = session.workspace.history(item.owner_entity, item.owner)
    return all(entry.at <= item.raised_at for entry in entries)
