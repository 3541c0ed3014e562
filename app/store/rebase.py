"""Own changes the hub has not answered yet, laid over what the hub has confirmed, and taken off again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.store.crossing import Row

WHOLE = "*"  # stands among unseen fields for a record that came or went


@dataclass(slots=True)
class Pending:
    """One own change without an answer: its journal number, its cells before and after, its transaction.

    `number` is the one it was sent under, None when it waits to be sealed.
    """

    seq: int
    op: str
    old: Row
    new: Row
    owner: int
    number: int | None = None


@dataclass(slots=True)
class Shadow:
    """The confirmed record beneath pending changes (None: there is none), and what the user has not seen of
    it: the field and the number of the fold that brought it."""

    cells: Row | None
    unseen: dict[str, int] = field(default_factory=dict)


def beneath(held: Row | None, pending: Sequence[Pending]) -> Row | None:
    """The confirmed record: what is held, with own pending changes taken off, the last first."""
    if not pending:
        return held
    row = None if held is None else dict(held)
    for change in reversed(pending):
        if change.op == "i":
            row = None
        elif change.op == "d":
            row = known(change.old)
        elif row is not None:
            row.update(change.old)
    return None if row is None else known(row)


def laid_over(confirmed: Row | None, pending: Sequence[Pending], held: Row | None) -> Row | None:
    """What the user sees: the confirmed record with own pending changes upon it.

    A record that went away beneath an own edit stays in sight until the hub has answered the edit.
    """
    if not pending:
        return confirmed
    row = None if confirmed is None else dict(confirmed)
    for change in pending:
        if change.op == "d":
            row = None
        elif change.op == "i":
            row = dict(change.new)
        elif row is not None:
            row.update(change.new)
        elif held is not None:
            row = {**held, **change.new}
    return None if row is None else known(row)


def still_unseen(unseen: dict[str, int], confirmed: Row | None, held: Row | None) -> dict[str, int]:
    """Of what the user had not seen, what is hidden still."""
    kept = {}
    for name, fold in unseen.items():
        hidden = (
            (confirmed is None) != (held is None)
            if name == WHOLE
            else (confirmed or {}).get(name) != (held or {}).get(name)
        )
        if hidden:
            kept[name] = fold
    return kept


def differing(old: Row, new: Row) -> list[str]:
    """The fields whose values differ between two rows, in a steady order."""
    if old is new:
        return []
    names = [name for name in new if old.get(name) != new[name]]
    return names + [name for name in old if name not in new]


def known(cells: Row) -> Row:
    """A row without unknown cells."""
    return {name: value for name, value in cells.items() if value is not None}


def fields_of(pending: Iterable[Pending]) -> set[str]:
    """The fields that pending changes touch."""
    return {name for change in pending for name in (*change.old, *change.new)}
