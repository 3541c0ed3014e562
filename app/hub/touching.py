"""What the entries of a push touch, and what the rules will ask of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.domain.areas import OWNERS
from app.domain.replication import Batch, Entry
from app.hub.allowing import workflow_ids
from app.hub.rows import Rows
from app.hub.uncontested import may_go_quickly
from app.store.tables import is_known, known


def touched_uids(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The entries of each known entity."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        if is_known(entry.entity):
            found.setdefault(entry.entity, []).append(entry)
    return found


def owners_of(entries: Iterable[Entry]) -> dict[str, set[str]]:
    """The records that what follows another one speaks of, by entity."""
    found: dict[str, set[str]] = {}
    for entry in entries:
        if entry.entity in OWNERS:
            name, kind = OWNERS[entry.entity]
            owner, owner_kind = entry.cells.get(name), kind or entry.cells.get("owner_entity")
            if not isinstance(owner, str) or not isinstance(owner_kind, str):
                continue
            if is_known(owner_kind) and "\0" not in owner:
                found.setdefault(owner_kind, set()).add(owner)
    return found


def protects(entity: str) -> bool:
    """Whether records of this kind have fields that only a step changes."""
    return bool(workflow_ids(known(entity))[0])


def read_whole(rows: Rows, batch: Batch, those: Sequence[Entry]) -> None:
    """What the rules ask of the rows of one entity beyond the fields touched: of deletions everything, of
    rows that somebody wrote after the writer looked the stamps. Asked row by row this would take most of the
    time of a push. A deletion that nobody contests can wait until the digests are counted."""
    entity = those[0].entity
    waits = may_go_quickly(entity, "d")
    deleted, waiting, stale = [], [], []
    met: set[str] = set()
    for entry in those:
        row = rows.peek(entity, entry.uid)
        if row is None:
            continue
        if entry.op == "d" and waits and entry.uid not in met and row.is_seen(batch.views[entry.view]):
            waiting.append(row)
        elif entry.op != "u" or not row.alive:
            deleted.append(row)
        elif entry.uid in met or row.seq > batch.views[entry.view].get(row.area, 0):
            stale.append(row)  # or the batch itself will have written it by then
        met.add(entry.uid)
    rows.complete_all(deleted)
    rows.stamp(stale)
    gone = [row.uid for row in (*deleted, *waiting)]
    if gone and protects(entity):
        rows.ask_owned("approval", "owner", gone)
