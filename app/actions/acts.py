"""What acts are called, for people."""

from __future__ import annotations

from app.domain.casework import WORKFLOWS
from app.i18n import N_, tr

_DONE = {
    "add": N_("Added"),
    "edit": N_("Edited"),
    "delete": N_("Deleted"),
    "import": N_("Imported"),
    "undo": N_("Undone"),
    "redo": N_("Done again"),
    "add_evidence": N_("Evidence added"),
    "redact": N_("Paper taken away"),
    "freeze_baseline": N_("Baseline frozen"),
    "grid": N_("Grid made"),
    "set_setting": N_("Setting changed"),
    "create": N_("Workspace made"),
    "demo": N_("Made for the demo"),
    "seal": N_("Edits of another program confirmed"),
    "external_edit": N_("Edits of another program confirmed"),
    "hub_answer": N_("The hub’s answer"),
    "conflict": N_("The hub raised a conflict"),
    "found_hub": N_("The hub was founded with this"),
    "stands": N_("The hub told this again after it was restored"),
    "appointed": N_("Made an administrator at the hub’s machine"),
    "resolve": N_("Conflict decided"),
    "left_scope": N_("Let go: outside this laptop’s area"),
}
_STEPS = {row.action: row.label for flow in WORKFLOWS.values() for row in flow.transitions}


def action_words(action: str) -> str:
    """What was done, in the user's language; an unknown action is shown by its name."""
    label = _STEPS.get(action) or _DONE.get(action)
    return tr(label) if label else action
