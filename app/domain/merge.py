"""The rules of the hub for one row: apply, merge, keep both for a person, or reject; pure, without a clock.

Concurrent means: a cell was stamped by another site after what the writer had seen (`base`). What the writer
had seen always gives way, whatever the clocks say; clocks only decide which of two concurrent plain values
stands, and the other is kept in a conflict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.entity import GEOMETRY, EntityType
from app.domain.fields import Field, Merge
from app.domain.replication import Cells, Entry, Op, RowState, Stamp, Verdict

DELETION = ""  # the key of the stamp of a deletion; of a record that is back, of who brought it back


@dataclass(frozen=True, slots=True)
class ConflictDraft:
    """Both values of what the hub did not simply apply; `open` when a person has to decide."""

    kind: str
    note: str
    kept: Mapping[str, Any]
    offered: Mapping[str, Any]
    open: bool
    proposal: str = "kept"


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one entry.

    `sets` are the cells to write (`i`: the whole row), `results` the value that stands for every field the
    entry touched. An entry that is refused keeps its values in a conflict, so that nothing entered is lost.
    """

    op: Op
    sets: Cells
    results: Cells
    verdict: Verdict = "accepted"
    note: str = ""
    conflicts: tuple[ConflictDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class Writing:
    """Who writes with which knowledge: the base in the row's area, the site, the clamped clock.

    `known` are sites whose every write the writer had seen: what a hub had lost and was given back; `seen`
    are numbers after the base that the writer had seen: what came here in another way than to them.
    """

    base: int
    site: int
    hlc: int
    known: frozenset[int] = frozenset()
    seen: frozenset[int] = frozenset()


def decide(kind: EntityType, entry: Entry, row: RowState | None, writing: Writing) -> Decision:
    """What becomes of `entry` upon the row as the hub holds it.

    For an update `row` needs the values and stamps of the fields touched and of their groups; for a delete,
    a revival or an insert that meets a row, all of them.
    """
    if entry.op == "d":
        return _delete(kind, row, writing)
    if entry.op == "i":
        return _insert(kind, entry, row, writing)
    if kind.append_only:
        return reject("append_only", entry.cells, row)
    if row is None:
        return reject("unknown_record", entry.cells, None)
    if not row.alive:
        return _upon_deleted(entry, row, writing)
    return _update(kind, entry.cells, row, writing)


def reject(note: str, cells: Mapping[str, Any], row: RowState | None, kind: str = "rejected") -> Decision:
    """The decision that leaves the row as it is and keeps the refused values for people to see."""
    stands = {name: row.values.get(name) for name in cells} if row is not None and row.alive else {}
    draft = ConflictDraft(kind, note, stands, dict(cells), open=False)
    return Decision("n", {}, stands, "rejected", note, (draft,))


def is_concurrent(stamp: Stamp | None, writing: Writing) -> bool:
    """Whether a cell was written by another site after what the writer had seen."""
    if stamp is None or stamp.seq <= writing.base or stamp.site == writing.site:
        return False
    return stamp.site not in writing.known and stamp.seq not in writing.seen


def _insert(kind: EntityType, entry: Entry, row: RowState | None, writing: Writing) -> Decision:
    if row is None:
        return Decision("i", dict(entry.cells), dict(entry.cells))
    if not row.alive:
        return _upon_deleted(entry, row, writing)
    differing = _differing(entry, row)
    if not differing:
        return Decision("n", {}, dict(entry.cells), "accepted", "same")
    if kind.append_only:
        return reject("append_only", entry.cells, row)
    found = _update(kind, differing, row, writing)
    stands = {name: found.results.get(name, value) for name, value in entry.cells.items()}
    return Decision(found.op, found.sets, stands, found.verdict, found.note, found.conflicts)


def _differing(entry: Entry, row: RowState) -> Cells:
    return {name: value for name, value in entry.cells.items() if row.values.get(name) != value}


def _upon_deleted(entry: Entry, row: RowState, writing: Writing) -> Decision:
    """An edit of a deleted record: refused when the writer knew; else the record is back with the edit, with
    a note; values beneath the edit that its writer had not seen are kept."""
    unseen = is_concurrent(row.stamps.get(DELETION), writing)
    if entry.op == "i" and not unseen:
        return Decision("i", dict(entry.cells), dict(entry.cells))  # a deletion taken back
    if not unseen:
        return reject("deleted", entry.cells, row)
    whole = {**row.values, **entry.cells}
    drafts = [ConflictDraft("revived", "revived", whole, {}, open=True)]
    hidden = {
        name: row.values[name]
        for name in _differing(entry, row)
        if row.values.get(name) is not None and is_concurrent(row.stamps.get(name), writing)
    }
    if hidden:
        mine = {name: entry.cells[name] for name in hidden}
        drafts.append(ConflictDraft("merged", "beneath", mine, hidden, open=False))
    return Decision("i", whole, whole, "merged", "revived", tuple(drafts))


def _delete(kind: EntityType, row: RowState | None, writing: Writing) -> Decision:
    if row is None or not row.alive:
        return Decision("n", {}, {}, "accepted", "same")
    # Nobody edits what is only ever added: its cells are stamped anew when it moves, or is given back.
    asked = [name for name in row.stamps if name == DELETION or not kind.append_only]
    unseen = [name for name in asked if is_concurrent(row.stamps[name], writing)]
    if unseen:
        kept = row.values if DELETION in unseen else {name: row.values.get(name) for name in unseen}
        draft = ConflictDraft("edit_kept", "edit_kept", kept, {}, open=True)
        return Decision("i", dict(row.values), dict(row.values), "conflict", "edit_kept", (draft,))
    return Decision("d", {}, {})


def _update(kind: EntityType, cells: Mapping[str, Any], row: RowState, writing: Writing) -> Decision:
    """Field by field, and fields of one group together."""
    declared = {item.id: item for item in kind.stored.values()}
    if any(rule_of(declared, name) is Merge.HUB for name in cells):
        return reject("hub_field", cells, row)
    sets: Cells = {}
    drafts: list[ConflictDraft] = []
    for part in _parts(declared, cells):
        written, draft = _part(declared, part, row, writing)
        sets.update(written)
        if draft is not None:
            drafts.append(draft)
    results = {name: sets.get(name, row.values.get(name)) for name in cells}
    verdict: Verdict = "accepted"
    if drafts:
        verdict = "conflict" if any(draft.open for draft in drafts) else "merged"
    return Decision(
        "u" if sets else "n", sets, results, verdict, drafts[0].note if drafts else "", tuple(drafts)
    )


def rule_of(declared: Mapping[str, Field], name: str) -> Merge:
    """The merge rule of a column; two positions of one thing are for a person to pick."""
    if name == GEOMETRY:
        return Merge.PICK
    found = declared.get(name)
    return found.merge if found is not None else Merge.LWW


def _parts(declared: Mapping[str, Field], cells: Mapping[str, Any]) -> Iterator[Cells]:
    """The cells in the parts that stand or fall together."""
    groups: dict[str, Cells] = {}
    for name, value in cells.items():
        field = declared.get(name)
        groups.setdefault(field.group if field and field.group else f"={name}", {})[name] = value
    yield from groups.values()


def _part(
    declared: Mapping[str, Field], part: Cells, row: RowState, writing: Writing
) -> tuple[Cells, ConflictDraft | None]:
    """What one part writes, and the conflict it leaves."""
    against = {
        name: row.stamps[name]
        for name in _together(declared, part)
        if is_concurrent(row.stamps.get(name), writing)
    }
    if not against:
        return part, None
    kept = {name: row.values.get(name) for name in part}
    if all(kept[name] == value for name, value in part.items()):
        return {}, None
    rule = _rule(declared, part)
    if rule is Merge.APPEND:
        return {name: _union(kept[name], value) for name, value in part.items()}, None
    if rule is Merge.LWW:
        return _later(part, kept, against, writing)
    note = "state" if rule is Merge.STATE else "pick"
    return {}, ConflictDraft(note, note, kept, part, open=True)


def _together(declared: Mapping[str, Field], part: Cells) -> list[str]:
    """The columns whose change by another concerns this part: its own, and the rest of their group."""
    groups = {declared[name].group for name in part if name in declared and declared[name].group}
    return [*part, *(name for name, item in declared.items() if item.group in groups and name not in part)]


def concerned(kind: EntityType, cells: Mapping[str, Any]) -> list[str]:
    """The columns whose stamps an update of these cells is weighed against."""
    return _together({item.id: item for item in kind.stored.values()}, dict(cells))


def _rule(declared: Mapping[str, Field], part: Cells) -> Merge:
    """A group is as strict as a state: its fields are never mixed from two writers."""
    if any(name in declared and declared[name].group for name in part):
        return Merge.STATE
    return rule_of(declared, next(iter(part)))


def _later(
    part: Cells, kept: Cells, against: Mapping[str, Stamp], writing: Writing
) -> tuple[Cells, ConflictDraft]:
    newest = max((stamp.hlc, stamp.site) for stamp in against.values())
    if (writing.hlc, writing.site) > newest:
        return part, ConflictDraft("merged", "later_stands", part, kept, open=False)
    return {}, ConflictDraft("merged", "later_stands", kept, part, open=False)


def _union(kept: Any, offered: Any) -> list[Any]:
    return list(dict.fromkeys([*(kept or ()), *(offered or ())]))
