"""What acts are called, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shapely.geometry.base import BaseGeometry

from app.domain.casework import WORKFLOWS
from app.domain.entity import GEOMETRY, EntityType
from app.domain.fields import Field
from app.domain.replication import HUB_PERSON, HUB_TOLD
from app.domain.values import show_moment
from app.i18n import N_, tr

if TYPE_CHECKING:  # late: what the window looks up here loads before the first paint
    from app.actions.session import Session

_DONE = {
    "add": N_("Added"),
    "edit": N_("Edited"),
    "delete": N_("Deleted"),
    "import": N_("Imported"),
    "undo": N_("Undone"),
    "redo": N_("Done again"),
    "add_evidence": N_("Evidence added"),
    "redact": N_("Took a paper away"),
    "freeze_baseline": N_("Baseline frozen"),
    "record_patrol": N_("Patrol recorded"),
    "make_grid": N_("Grid made"),
    "draw_lookback": N_("Look-back round drawn"),
    "freeze_report": N_("Report frozen"),
    "withdraw_report": N_("Frozen report withdrawn"),
    "user_add": N_("Person added"),
    "user_disable": N_("Person disabled"),
    "user_pin": N_("PIN changed"),
    "user_pin_reset": N_("PIN given anew"),
    "set_setting": N_("Setting changed"),
    "create_workspace": N_("Workspace made"),
    "demo": N_("Made for the demo"),
    "external_edit": N_("Edits of another program confirmed"),
    "hub_answer": N_("The hub’s answer"),
    "conflict": N_("The hub raised a conflict"),
    "found_hub": N_("The hub was founded with this"),
    "stands": N_("The hub told this again after it was restored"),
    "appointed": N_("Made an administrator at the hub’s machine"),
    "resolve": N_("Conflict decided"),
    "left_scope": N_("Let go: outside this laptop’s area"),
    "newer_fields": N_("Fields that only a newer version knows, put into their places"),
    "number_taken": N_("Marked, as another record bears this number"),
}
_STEPS = {row.action: row.label for flow in WORKFLOWS.values() for row in flow.transitions}


# What may take a record away for everybody, or out of this file without a move.
_ENDS = frozenset("delete undo redo resolve external_edit left_scope stands hub_answer".split())
_MOVES = frozenset(("edit",))  # what never makes a record


def passage_words(operation: str, action: str) -> str:
    """What is to be said where only one half of a move between areas is known here: the record left, or it
    came; "" for every other entry."""
    if operation == "delete" and action not in _ENDS:
        return tr(N_("It was moved to an area that this computer does not read."))
    if operation == "insert" and action in _MOVES:
        return tr(N_("It came from an area that this computer does not read; what was before is told there."))
    return ""


def gone_words(session: Session, kind: EntityType, ident: str) -> str:
    """Where a record with this key has gone that was here not long ago; "" when nothing is known of it."""
    entry = session.workspace.last_gone(kind.record, kind.key, ident) if kind.key in kind.fields else None
    if entry is None:
        return ""
    words = passage_words(entry.operation, entry.action) or action_words(entry.action)
    return f"{show_moment(entry.at)} · {author_name(entry.person)} · {words}"


def author_name(name: str) -> str:
    """Who did it, for people: the hub's own acts bear one name in every log, and the edits of another program
    none until somebody answers for them."""
    return tr(HUB_TOLD) if name == HUB_PERSON else name or tr(N_("another program"))


def field_words(name: str, fields: Mapping[str, Field]) -> str:
    """What people call what an entry of a history changed: a field, the position, a paper."""
    if name == GEOMETRY:
        return tr(N_("Position"))
    if name == "attachment":
        return tr(N_("Attachment"))
    return tr(fields[name].label) if name in fields else name


def place_words(shape: BaseGeometry | None) -> str:
    """Longitude and latitude (EPSG:4490) of a point, or of one within an outline; "" when there is none."""
    if shape is None or shape.is_empty:
        return ""
    spot = shape.representative_point()
    return f"{spot.x:.6f}, {spot.y:.6f}"


def action_words(action: str) -> str:
    """What was done, in the user's language; an unknown action is shown by its name."""
    label = _STEPS.get(action) or _DONE.get(action)
    return tr(label) if label else action
