"""Why the hub did not simply apply a change: each word of the log with the sentence people read."""

from __future__ import annotations

from collections.abc import Mapping

from app.i18n import N_, tr

SENTENCES: Mapping[str, str] = {
    "repeat": N_("The hub had this change already; nothing was counted twice."),
    "taken_number": N_(
        "The hub has other work under the same number, from another laptop or person. This was not taken; its"
        " values are kept here for somebody to look at."
    ),
    "same": N_("Both sides entered the same; nothing differs."),
    "later_stands": N_(
        "Two people changed it without seeing each other; the later value stands, the other is kept."
    ),
    "pick": N_("Two people changed it without seeing each other; the first stands until somebody picks."),
    "state": N_("Two steps were taken without seeing each other; the first stands, the other waits."),
    "edit_kept": N_(
        "It was deleted here while somebody edited it there; the edit stands and the record stays."
    ),
    "revived": N_("It was edited by somebody who had not seen the deletion; the record is back."),
    "beneath": N_("Who brought the record back had not seen this; their value stands, the other is kept."),
    "deleted": N_("The record had been deleted, and the writer had seen that."),
    "unknown_record": N_("The hub does not know this record."),
    "append_only": N_("Signatures and evidence are added, never changed."),
    "hub_field": N_("Only the hub writes this field."),
    "forged_state": N_("A state changes by its step only, and this change came without one."),
    "step": N_("The step was not allowed on the record as the hub has it."),
    "void": N_("The record had changed since it was signed; the signature is void and must be given again."),
    "evidence_absent": N_(
        "The evidence has not reached the hub; sync the laptop that holds it, then repeat the step."
    ),
    "outside_area": N_("The record lies outside the area of this laptop or of the person."),
    "role": N_("The person’s role may not write this."),
    "author": N_("It names somebody else as its author than the person who wrote it."),
    "device_role": N_("The laptop is not enrolled for a role this high."),
    "unknown_person": N_("The hub does not know this person."),
    "person_disabled": N_("The bureau has disabled this person: what they still sent does not apply."),
    "last_keeper": N_("Nobody else could sign in as an administrator of the whole area; this one stays."),
    "long_reason": N_("The reason is longer than a reason may be."),
    "too_many": N_("The record has as many files as a record may have."),
    "later_round": N_("The paper names a round that the record has not come to."),
    "lasting": N_("What a record was made as stays: practice data, or moved in as claimed."),
    "signed": N_("The record has been signed; exclude it instead of deleting it."),
    "redacted": N_(
        "The paper was taken away, and its file with it; it does not come back. Add the file anew where it"
        " belongs."
    ),
    "rests_on": N_(
        "The record’s state rests on this paper. Send the record back first (one that is cleared: confirm its"
        " rebound), or where it cannot be sent back put the right paper of this kind beside it first."
    ),
    "frozen": N_("The paper belongs to something that is kept for good, such as a frozen report."),
    "no_reason": N_("A paper is taken away with a reason that says why."),
    "stamped": N_("The hub worked out the dates of the step itself."),
    "bad_value": N_("The value cannot be: type, length or limits."),
    "unknown_field": N_(
        "The hub’s program is older than the writer’s and does not know this field; the value is kept here."
        " Take it once the hub’s program has been brought up to date."
    ),
    "duplicate": N_("Another record has this number already; both are kept for somebody to look at."),
    "near": N_(
        "Another boiler of the same unit or place is there; somebody should look whether it is the same."
    ),
    "undo": N_("Only who did something takes it back, and only what the hub has."),
    "together": N_("It belongs to a step that was not accepted."),
    "quarantine": N_("The laptop was revoked before this reached the hub; a person looks at it."),
    "late_deletion": N_(
        "The laptop was revoked before this reached the hub: it had deleted the record. Whoever decides may"
        " delete it in their own name."
    ),
    "late_paper": N_(
        "The laptop was revoked before this reached the hub: it had added this paper. Whoever decides may add"
        " it in their own name once the file is here."
    ),
    "late_redaction": N_(
        "The laptop was revoked before this reached the hub: it had taken the paper away. Whoever may takes"
        " it away in their own name."
    ),
    "late_signature": N_(
        "The laptop was revoked before this reached the hub. A signature cannot be taken over: whoever may"
        " takes the step again."
    ),
    "returned": N_("The hub had lost this when it was restored from a backup; a laptop gave it back."),
    "stands": N_("The hub was restored from a backup; this is what stands there now."),
    "leave": N_("The record moved to another area."),
    "enter": N_("The record came from another area."),
}

# What a revoked laptop did too late: a deletion, or a kind of record; all else is "quarantine".
LATE_WORDS: Mapping[str, str] = {
    "d": "late_deletion",
    "attachment": "late_paper",
    "redaction": "late_redaction",
    "approval": "late_signature",
}


def sentence(note: str | None) -> str:
    """The sentence of a note in the user's language; an unknown word is shown as it is."""
    if not note:
        return ""
    found = SENTENCES.get(note.partition(":")[0])
    return tr(found) if found else note
