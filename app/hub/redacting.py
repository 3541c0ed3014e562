"""Taking a paper away that lies beside the wrong record: by name, with a reason, and for good.

What comes is one act: the record of it (`Redaction`) and the deletion of the paper's row. The row is kept
dead at the hub and never lives again; the file goes once no living paper has the same (`clearing.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app.domain.casework import current_approvals, holds_up, round_of
from app.domain.catalog import BY_NAME
from app.domain.changes import Actor
from app.domain.entities.papers import Approval, Attachment, Redaction
from app.domain.limits import says_why
from app.hub.allowing import refusal
from app.hub.desk import Desk, Told
from app.hub.records import record_of
from app.hub.rows import Row
from app.store.tables import is_known, known

PAPER, GONE = Attachment.TYPE.name, Redaction.TYPE.name
_OF_THE_PAPER = ("owner_entity", "owner", "kind", "round_no", "sha256")  # what both say


def is_redaction(group: Iterable[Told]) -> bool:
    """Whether a group says that a paper is taken away."""
    return any(item.entry.entity == GONE for item in group)


def brings_back(desk: Desk, group: Iterable[Told]) -> bool:
    """Whether a group would let a paper live again that was taken away."""
    for item in group:
        if item.entry.entity != PAPER or item.entry.op != "i":
            continue
        row = desk.rows.get(PAPER, item.entry.uid)
        if row is not None and not row.alive and desk.rows.owned(GONE, "paper", [row.uid]):
            return True
    return False


def refusal_of(desk: Desk, group: Sequence[Told], actor: Actor) -> str:
    """The word for why this paper may not be taken away, "" when it may."""
    told = {item.entry.entity: item for item in group}
    if len(group) != 2 or told.keys() != {PAPER, GONE}:
        return "append_only"
    said, gone = told[GONE], told[PAPER]
    if (said.entry.op, gone.entry.op) != ("i", "d") or said.cells.get("paper") != gone.entry.uid:
        return "append_only"
    row = desk.rows.get(PAPER, gone.entry.uid)
    if row is None or desk.rows.get(GONE, said.entry.uid) is not None:
        return "unknown_record" if row is None else "append_only"
    values = desk.rows.complete(row).values
    if any(_told_of(said.cells, name) != _told_of(values, name) for name in _OF_THE_PAPER):
        return "bad_value"
    why = refusal(desk, said, None, row.area, actor)
    if why:
        return why
    if not row.alive:
        return "redacted" if desk.rows.owned(GONE, "paper", [row.uid]) else "deleted"
    if not (says_why(said.act.reason) and says_why(str(said.cells.get("reason")))):
        return "no_reason"
    return _needed_where_it_is(desk, row)


def _told_of(cells: Any, name: str) -> Any:
    return int(cells.get(name) or 1) if name == "round_no" else cells.get(name)


def _needed_where_it_is(desk: Desk, row: Row) -> str:
    """The word for why its record needs the paper, "" when it does not."""
    paper = record_of(Attachment, row.uid, row.values)
    if not is_known(paper.owner_entity):
        return ""
    if known(paper.owner_entity).for_good:
        return "frozen"
    owner = desk.rows.get(paper.owner_entity, paper.owner)
    if owner is None or not owner.alive:
        return ""
    record = record_of(BY_NAME[owner.entity].record, owner.uid, desk.rows.complete(owner).values)
    papers = {item.uid: item for item in desk.rows.owned(PAPER, "owner", [owner.uid])}
    every = desk.rows.owned("approval", "owner", [owner.uid])
    numbers = {item.uid: item.seq for item in every}
    signed = sorted(
        (record_of(Approval, item.uid, item.values) for item in every), key=lambda item: item.signed_at
    )
    counting = current_approvals(signed, round_of(record))

    def after(item: Attachment, one: Approval) -> bool:
        """By the order of the log: the clock of who brought the paper may have been wrong."""
        return numbers[one.uid] > papers[item.uid].seq

    beside = [record_of(Attachment, item.uid, item.values) for item in papers.values()]
    return "rests_on" if holds_up(paper, record, beside, counting, after) else ""
