"""What a decision of a conflict writes to the record: nothing, values, a step taken again, or a deletion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.actions import latework, twice
from app.actions.acts import author_name
from app.actions.places import derived_values
from app.actions.rights import require_area, require_role, require_writer
from app.actions.session import Session
from app.actions.steps import after_draws, case_of, workflow_of
from app.domain.casework import enters, may_fill, outcome, signature
from app.domain.changes import Change, delete, insert, update
from app.domain.entities.conflict import APART, NEAR, Conflict
from app.domain.entity import GEOMETRY, Entity
from app.domain.fields import Merge
from app.domain.rights import SETTLED, SETTLED_WRITERS
from app.domain.verdicts import LATE_WORDS
from app.domain.workflow import judge, refuse
from app.errors import Changed, Refused
from app.i18n import N_, listed, tr

RESOLVE = "resolve"
_DELETIONS = ("edit_kept", "revived")  # what stands is the record, what was offered its end
# What a newer program wrote at a hub that did not know it, and what came under the number of other work.
LEFT = ("unknown_field", "taken_number")
STATE = "state"  # two steps contradict each other
Choice = tuple[str, Mapping[str, Any], Mapping[str, Any]]


def changes_of(
    session: Session, item: Conflict, record: Entity | None, choice: Choice, reason: str
) -> tuple[str, list[Change | None]]:
    """The action under which a decision is written, and its changes of the record.

    `choice` is the side ("" for values of one's own), the values to take, and those that stood. Raises
    Changed when other values stand by now, Refused when they cannot be taken.
    """
    side, values, kept = choice
    if side == "kept":
        return RESOLVE, []
    if side == APART:
        return RESOLVE, twice.entry(session, item, record, values)
    late = item.kind == latework.LATE
    if late and item.note == LATE_WORDS["d"]:
        return RESOLVE, [latework.removed(session, item, record, reason)]
    if item.kind == "void" or (late and not values):
        raise latework.nothing_to_take()
    if record is None and (late or item.note in LEFT):
        return RESOLVE, [latework.entered(session, item, values)]
    if record is None:
        raise Refused(
            N_("The record is not on this laptop any more"),
            hint=N_("Nothing was changed."),
            code="unknown_record",
        )
    step = item.kind == STATE or bool(latework.step_of(item))
    if not step:  # a step is judged upon the record as it stands
        _refuse_moved(record, kept)
    if side and (item.kind in _DELETIONS or item.note == NEAR):
        return RESOLVE, [_deleted(session, item, record, reason)]
    changing = {name for name, value in values.items() if getattr(record, name, value) != value}
    if step or _states(record) & changing:
        return _step_again(session, item, record, values, reason)
    return RESOLVE, [_edited(session, record, values)]


def _refuse_moved(record: Entity, kept: Mapping[str, Any]) -> None:
    moved = [name for name, value in kept.items() if not _same(getattr(record, name), value)]
    if moved and kept:
        labels = [record.TYPE.fields[name].heading for name in moved if name in record.TYPE.fields]
        raise Changed(
            N_("{title} has been changed since this conflict arose: {fields}"),
            hint=N_(
                "Nothing was changed. Keep what stands: that settles it and leaves the record as it is now."
                " Edit the record if it is to be otherwise."
            ),
            title=record.title(),
            fields=listed(labels) or tr(N_("Position")),
        )


def _same(here: Any, kept: Any) -> bool:
    if hasattr(here, "equals_exact"):
        return kept is not None and bool(here.equals_exact(kept, 1e-9))
    return bool(here == kept) or (here in (None, "", ()) and kept in (None, "", ()))


def _states(record: Entity) -> set[str]:
    return {name for name, field in record.TYPE.fields.items() if field.merge is Merge.STATE}


def _edited(session: Session, record: Entity, values: Mapping[str, Any]) -> Change | None:
    """An ordinary edit, with the rights an edit needs."""
    _require_editor(session, record)
    after = record.replace(**values)
    after = after.replace(**derived_values(session, after))
    require_area(session, after)
    written: dict[str, Any] = after.values()
    if after.geometry is not record.geometry:
        written[GEOMETRY] = after.geometry
    return update(record, **written)


def _deleted(session: Session, item: Conflict, record: Entity, reason: str) -> Change:
    if item.note == NEAR:  # nobody had deleted it before
        return latework.removed(session, item, record, reason)
    _require_editor(session, record)
    return delete(record)


def _require_editor(session: Session, record: Entity) -> None:
    require_writer(session, record.TYPE)
    require_area(session, record)
    if getattr(record, "status", "") in SETTLED:
        require_role(session, *SETTLED_WRITERS)


def _not_while_it_stands(item: Conflict, why: Refused) -> Refused:
    """The step that lost starts from a state the record is not in: the way there."""
    return Refused(
        N_("The other step cannot be taken while this one stands"),
        hint=N_("Nothing was changed. Let {name} undo the step that stands; then take this side."),
        details=[why.message],
        name=author_name(item.kept_by) if item.kept_by else "-",
        code=why.code,
    )


def _step_again(
    session: Session, item: Conflict, record: Entity, values: Mapping[str, Any], reason: str
) -> tuple[str, list[Change | None]]:
    """A state changes by its step alone, so the step that lost is taken again, by whoever decides and upon
    the record as it stands; raises Refused or NotAllowed with what it lacks."""
    require_area(session, record)
    flow, action = workflow_of(record), item.offered_action or ""
    row = flow.step(action, str(getattr(record, flow.field)))
    fields = record.TYPE.fields
    fits = {name: value for name, value in values.items() if name in fields and may_fill(fields[name], row)}
    filled = record.replace(**fits)
    case = case_of(session, filled, reason=reason, entering=enters(record, filled, row))
    case = after_draws(session, case, action)
    found = judge(flow, row, case)
    if not found.allowed:
        why = refuse(found)
        if item.kind == STATE and isinstance(why, Refused) and why.code == "wrong_state":
            raise _not_while_it_stands(item, why)
        raise why
    after = outcome(filled, flow, found, case)
    signed = signature(session.new_uid(), after, case, action, session.moment())
    return action, [update(record, **after.values()), insert(signed)]
