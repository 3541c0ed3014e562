"""What becomes of stamps, and of what belongs to a record, when that moves: numbers of one area's log say
nothing in another's."""

from __future__ import annotations

from typing import Any

from app.domain.areas import OWNERS
from app.domain.merge import DELETION
from app.hub.rows import MOVED, Row, Rows
from app.store.tables import is_known

_UNSEEN = 1 << 62  # a number that nobody has seen


def restamp(row: Row, area: str, seq: int, fresh: dict[str, Any]) -> None:
    """Stamps in the numbers of the new area, with those of the old one kept for who has seen only that."""
    old = {**({} if row.replaced else row.stamps or {}), **row.marks}
    earlier = {name: mark for name, mark in old.items() if name not in (MOVED, DELETION)}
    marks: dict[str, Any] = {name: [seq, mark[1], mark[2]] for name, mark in earlier.items()}
    marks.update(fresh)
    # What the move itself changed was not to be seen in the old area.
    marks[MOVED] = [row.area, seq, {**earlier, **{name: [_UNSEEN, 0, 0] for name in fresh}}]
    row.marks, row.replaced, row.area, row.seq = marks, True, area, seq


def owned_elsewhere(rows: Rows, row: Row, area: str) -> list[Row]:
    """What belongs to a record and lies in another area than this one, in the order in which it came: that
    stays the order of the numbers it gets."""
    found = []
    for entity, (name, owner_kind) in OWNERS.items():
        if owner_kind not in (None, row.entity) or not is_known(entity):
            continue
        for owned in rows.owned(entity, name, [row.uid]):
            same_kind = owner_kind or owned.values.get("owner_entity") == row.entity
            if same_kind and owned.area != area:
                found.append(owned)
    return sorted(found, key=lambda owned: owned.seq)
