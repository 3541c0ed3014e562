"""Conflicts: both values side by side, who may decide, and the decision as a change like any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.actions.action import action
from app.actions.session import Session
from app.domain.changes import Committed
from app.domain.entities.papers import Attachment
from app.domain.fields import Field
from app.i18n import N_

Take = str | Mapping[str, Any]  # "mine", "theirs", "kept", "offered", or values by field


@dataclass(frozen=True)
class RecordRef:
    """The record a conflict is about; `exists` is whether it can be shown. `title` outlives a deletion."""

    entity: str
    cli: str
    uid: str
    title: str
    exists: bool


@dataclass(frozen=True)
class FieldSide:
    """One field of a conflict. `field` is its name (`geometry` for the place), `declared` its declaration
    (None for the place), `kept` and `offered` are values as records hold them."""

    field: str
    label: str
    kept: Any
    offered: Any
    declared: Field | None = None
    kept_text: str = ""
    offered_text: str = ""


@dataclass(frozen=True)
class Side:
    """Who wrote one of the two values: name, moment, laptop, reason, step; `mine` when it was this laptop."""

    by: str
    at: str
    device: str
    reason: str
    action: str
    mine: bool
    act: str = ""


@dataclass(frozen=True)
class ConflictView:
    """A conflict as a person sees it: `kept` stands, `offered` is the other; `rule` and `proposal_text` are
    sentences; `decides` are the roles that may decide and `can_decide` whether I am one of them."""

    uid: str
    kind: str
    kind_text: str
    record: RecordRef
    fields: tuple[FieldSide, ...]
    kept: Side
    offered: Side
    rule: str
    proposal: str
    proposal_text: str
    decides: tuple[str, ...]
    can_decide: bool
    situation: str
    taken: str | None
    raised_at: str
    evidence: tuple[Attachment, ...]
    settled_by: str = ""
    settled_at: str = ""

    @property
    def mine(self) -> str:
        """Which side is this laptop's: `kept` or `offered`; `kept` when it wrote neither."""
        return "offered" if self.offered.mine and not self.kept.mine else "kept"


def open_conflicts(session: Session, all: bool = False) -> list[ConflictView]:
    """The conflicts that wait for a decision, oldest first; with `all` the settled ones too."""
    raise NotImplementedError


def count_open(session: Session) -> int:
    """How many conflicts wait for a decision."""
    raise NotImplementedError


@action(N_("Decide a conflict…"), "sync", icon="conflicts", command="resolve", roles=("R3", "R4", "R5", "R6"))
def resolve(session: Session, uid: str, take: Take, reason: str = "") -> Committed:
    """Settle a conflict by an ordinary change of the record and of the conflict, in one transaction.

    `take` is a side or values by field. Raises NotAllowed for a role that may not decide, Changed when the
    record has moved on, Refused when it is settled already. Taken back by the ordinary undo.
    """
    raise NotImplementedError
