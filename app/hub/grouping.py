"""The entries of a batch as they are decided: act by act, and in an act those about one record together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.domain.replication import Batch
from app.hub.desk import Told
from app.hub.rows import Rows

BESIDE = ("approval", "attachment", "redaction")  # what stands or falls with the record it belongs to


def by_act(batch: Batch) -> Iterable[tuple[int, list[int]]]:
    """The places of each act's entries, acts in the order they first appear."""
    found: dict[int, list[int]] = {}
    for place, entry in enumerate(batch.entries):
        found.setdefault(entry.act, []).append(place)
    return found.items()


def told_of(batch: Batch, place: int) -> Told:
    """An entry to decide."""
    entry = batch.entries[place]
    return Told(batch.acts[entry.act], batch.first + place, entry, batch.views[entry.view], entry.cells)


def grouped(rows: Rows, told: Sequence[Told]) -> Iterable[list[Told]]:
    """The entries about one record: itself, its signatures and its papers."""
    if len(told) == 1:
        return [list(told)]
    found: dict[tuple[str, str], list[Told]] = {}
    for item in told:
        entry = item.entry
        key = (entry.entity, entry.uid)
        if entry.entity in BESIDE:
            row = rows.get(*key) if entry.op != "i" else None
            values = row.values if row is not None else entry.cells
            if values.get("owner"):
                key = (str(values.get("owner_entity")), str(values["owner"]))
        found.setdefault(key, []).append(item)
    return found.values()


def subject_of(group: Sequence[Told]) -> Told:
    """The entry that a refusal of the group is about: the record's own change, else the signature."""
    plain = [item for item in group if item.entry.entity not in BESIDE]
    signed = [item for item in group if item.entry.entity == "approval"]
    return (plain or signed or list(group))[0]
