"""Conflicts: what the hub could not or did not simply apply, kept with both values until a person decides."""

from __future__ import annotations

from app.domain.entities.people import ROLES
from app.domain.entity import Entity, entity
from app.domain.fields import Merge, Withheld, choice, codes, integer, moment, reference, text
from app.i18n import N_

KINDS = codes(
    ("merged", N_("Both changed it; a rule chose")),
    ("pick", N_("Both changed it; a person picks")),
    ("state", N_("Two steps contradict each other")),
    ("rejected", N_("Refused by the hub")),
    ("void", N_("The signature is void: the record had changed")),
    ("edit_kept", N_("Deleted here, edited there; the edit stands")),
    ("revived", N_("Edited after it was deleted; it is back")),
    ("duplicate", N_("Perhaps entered twice")),
    ("quarantine", N_("From a revoked laptop; a person looks at it")),
)
SITUATIONS = codes(("open", N_("To be decided")), ("settled", N_("Settled")))
PROPOSALS = codes(("kept", N_("Keep what stands")), ("offered", N_("Take the other")))
KEPT, OFFERED = PROPOSALS.codes
APART = "apart"  # a decision of its own: both stay, the second under a number of its own
NEAR, NUMBER = "near", "duplicate"  # the rule's words: they look alike, they have the same number
SECOND = "uid"  # beside the fields of a second record with the number of another: its own uid

MUCH = 1_000_000  # characters: the outline of a protection zone is long


@entity(label=N_("Conflict"), cli="conflict", key="uid", title=("owner_title",))
class Conflict(Entity):
    """Two values for the same thing. `kept` is what stands, `offered` the other one; each is JSON by field id
    with a geometry as WKB in hex. Written by the hub; a person settles it by an ordinary change.

    `decides` names the role that may decide; `note` is the rule's word for why (see `domain/verdicts.py`).
    """

    owner_entity: str = text(N_("Kind of record"), length=40, required=True, merge=Merge.HUB)
    owner: str = text(N_("Record"), length=36, required=True, indexed=True, merge=Merge.HUB)
    owner_title: str | None = text(
        N_("Name of the record"), default=None, length=200, merge=Merge.HUB, withheld=Withheld.WORDS
    )
    kind: str = choice(N_("Kind"), KINDS, required=True, indexed=True, merge=Merge.HUB)
    note: str | None = text(N_("Why"), default=None, length=60, merge=Merge.HUB, withheld=Withheld.WORDS)
    kept: str | None = text(
        N_("What stands"), default=None, length=MUCH, merge=Merge.HUB, withheld=Withheld.WORDS
    )
    offered: str | None = text(
        N_("The other value"), default=None, length=MUCH, merge=Merge.HUB, withheld=Withheld.WORDS
    )
    kept_act: str | None = text(N_("Transaction of what stands"), default=None, length=36, merge=Merge.HUB)
    kept_by: str | None = text(
        N_("Entered by"), default=None, length=40, merge=Merge.HUB, withheld=Withheld.PEOPLE
    )
    kept_device: str | None = text(N_("Laptop"), default=None, length=36, merge=Merge.HUB)
    kept_at: str | None = moment(N_("Entered at"), default=None, merge=Merge.HUB)
    kept_reason: str | None = text(
        N_("Reason"), default=None, length=500, merge=Merge.HUB, withheld=Withheld.WORDS
    )
    offered_act: str | None = text(N_("Transaction of the other"), default=None, length=36, merge=Merge.HUB)
    offered_by: str | None = text(
        N_("Other entered by"), default=None, length=40, merge=Merge.HUB, withheld=Withheld.PEOPLE
    )
    offered_device: str | None = text(N_("Other laptop"), default=None, length=36, merge=Merge.HUB)
    offered_at: str | None = moment(N_("Other entered at"), default=None, merge=Merge.HUB)
    offered_reason: str | None = text(
        N_("Other reason"), default=None, length=500, merge=Merge.HUB, withheld=Withheld.WORDS
    )
    offered_action: str | None = text(N_("Other step"), default=None, length=40, merge=Merge.HUB)
    proposal: str = choice(N_("Proposal"), PROPOSALS, default="kept", merge=Merge.HUB)
    decides: str | None = text(
        N_("Decided by role"), default=None, length=20, merge=Merge.HUB, shown_as=ROLES
    )
    raised_at: str = moment(N_("Raised at"), required=True, merge=Merge.HUB)
    area_seq: int | None = integer(N_("Number in the log"), default=None, merge=Merge.HUB)
    situation: str = choice(N_("Situation"), SITUATIONS, default="open", indexed=True, merge=Merge.PICK)
    taken: str | None = text(N_("Decision"), default=None, length=2000, merge=Merge.PICK)
    settled_by: str | None = reference(N_("Settled by"), "person", default=None, length=36, merge=Merge.PICK)
    settled_at: str | None = moment(N_("Settled at"), default=None, merge=Merge.PICK)
