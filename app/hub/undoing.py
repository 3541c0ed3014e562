"""Taking back: only who did something takes it back, only what the hub has, and only to what stood before."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from app.domain.casework import current_approvals, is_last_asked_for, rests_on
from app.domain.changes import Actor
from app.domain.entities.papers import Approval, Attachment
from app.domain.merge import is_concurrent
from app.hub.allowing import workflow_ids
from app.hub.book import ACTS
from app.hub.desk import Desk, Told
from app.hub.records import record_of
from app.hub.rows import Row
from app.hub.seeing import state_of
from app.store.tables import known

Kept = Mapping[str, Any]  # "entity uid" → [op, before, after] of what a step changed


class UndoRefused(Exception):
    """What the laptop takes back is not its to take back; `note` is the word why."""

    def __init__(self, note: str, kind: str = "rejected") -> None:
        super().__init__(note)
        self.note = note
        self.kind = kind


def kept_of(connection: Connection, desk: Desk, told: Told, actor: Actor) -> Kept:
    """What the act that is taken back had changed; raises UndoRefused when it is not theirs, or not here."""
    undone = str(told.act.undoes)
    if undone in desk.done:
        person, taken_by = desk.done[undone].person, desk.undone.get(undone)
        kept = desk.keeps.get(undone, {})
    else:
        query = select(ACTS.c.person, ACTS.c.kept, ACTS.c.undone_by).where(ACTS.c.uid == undone)
        found = connection.execute(query).first()
        if found is None:
            raise UndoRefused("undo")
        person, taken_by = found.person, desk.undone.get(undone, found.undone_by)
        kept = {**(json.loads(found.kept) if found.kept else {}), **desk.keeps.get(undone, {})}
    if person != actor.uid or taken_by not in (None, told.act.uid):
        raise UndoRefused("undo")
    return kept


def is_protected(told: Told) -> bool:
    """Whether taking this back needs the hub's memory: states, signatures and papers."""
    kind = known(told.entry.entity)
    if kind.append_only:
        return True
    states, grouped = workflow_ids(kind)
    return told.entry.op == "u" and bool((states | grouped) & told.cells.keys())


def is_guarded(told: Told, kept: Kept) -> bool:
    """Whether taking this back goes by what the hub remembers, not by the person's rights to edit."""
    return is_protected(told) or f"{told.entry.entity} {told.entry.uid}" in kept


def check(desk: Desk, group: Sequence[Told], kept: Kept) -> None:
    """Raises UndoRefused unless every entry restores exactly what the undone act had changed."""
    for told in group:
        entry = told.entry
        if entry.op == "d" and known(entry.entity).for_good:
            raise UndoRefused("append_only")
        known_as = kept.get(f"{entry.entity} {entry.uid}")
        row = desk.rows.get(entry.entity, entry.uid)
        if known_as is None or row is None:
            raise UndoRefused("undo")
        if not desk.scope.writes(row.area):
            raise UndoRefused("outside_area")
        op, before, after = known_as
        desk.rows.complete(row)
        if entry.op == "d" and entry.entity == Attachment.TYPE.name and (why := _evidence(desk, group, row)):
            raise UndoRefused(why)
        if entry.op == "d" and op == "i" and row.alive:
            continue
        if entry.op == "i" and op == "d" and not row.alive and _as_it_was(row, told):
            continue
        if entry.op != "u" or op != "u":
            raise UndoRefused("undo")
        _check_update(desk, told, row, (before, after))


def note_kept(desk: Desk, told: Told, row: Row | None, before: Mapping[str, Any] | None) -> None:
    """Remember what an act changes under protection, so that it can be taken back.

    `before` are the cells of an update as they stood.
    """
    entry = told.entry
    kept = desk.keeps.setdefault(told.act.uid, {})
    if entry.op in "id":
        kept[f"{entry.entity} {entry.uid}"] = [entry.op, None, None]
    elif row is not None and before is not None:
        after = {name: _plain(row.values.get(name)) for name in before}
        kept[f"{entry.entity} {entry.uid}"] = [
            "u",
            {name: _plain(value) for name, value in before.items()},
            after,
        ]


def _check_update(desk: Desk, told: Told, row: Row, memory: tuple[Kept, Kept]) -> None:
    before, after = memory
    for name in told.cells:
        if name not in before or _plain(told.cells[name]) != before[name]:
            raise UndoRefused("undo")
        if _plain(row.values.get(name)) != after[name]:
            stamp = state_of(row, told.view).stamps.get(name)
            unseen = is_concurrent(stamp, desk.writing(told, row.area))
            raise UndoRefused("state" if unseen else "undo", "state" if unseen else "rejected")


def _evidence(desk: Desk, group: Sequence[Told], row: Row) -> str:
    """The word for why this paper is evidence, "" when it is not: somebody has signed upon it since, in a
    signature that is not taken back with it, by the order of the log, as a clock may have been wrong; or it
    is the last of a kind that a step asked for."""
    gone = {told.entry.uid for told in group if told.entry.op == "d"}
    paper = record_of(Attachment, row.uid, row.values)
    under, beside = (
        [desk.rows.complete(item) for item in desk.rows.owned(name, "owner", [paper.owner])
         if item.uid not in gone]
        for name in ("approval", Attachment.TYPE.name)
    )  # fmt: skip
    numbers = {item.uid: item.seq for item in under}
    signed = [record_of(Approval, item.uid, item.values) for item in under]
    if rests_on(paper, (item for item in signed if numbers[item.uid] > row.seq)):
        return "signed"
    papers = [record_of(Attachment, item.uid, item.values) for item in beside]
    counting = current_approvals(sorted(signed, key=lambda item: item.signed_at), paper.round_no)
    return "rests_on" if is_last_asked_for(paper, papers, counting) else ""


def _as_it_was(row: Row, told: Told) -> bool:
    """Whether a signature or paper comes back with every cell it had."""
    names = row.values.keys() | told.cells.keys()
    return all(row.values.get(name) == told.cells.get(name) for name in names)


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value
