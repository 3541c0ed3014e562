"""What a revoked laptop still sends: kept whole and laid before people by record; nothing is applied."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.areas import OWNERS
from app.domain.merge import ConflictDraft
from app.domain.replication import Batch, Cells, Entry
from app.domain.verdicts import LATE_WORDS
from app.hub.desk import Desk, Told
from app.hub.devices import Device
from app.hub.rows import Row
from app.store.tables import is_known


def keep(desk: Desk, batch: Batch, device: Device, *, areas: set[str]) -> None:
    """Raise one open conflict for each record of each act; a person takes the values or leaves them."""
    found: dict[tuple[int, str, str], tuple[Entry, Cells]] = {}
    for entry in batch.entries:
        place = (entry.act, entry.entity, entry.uid)
        _, cells = found.get(place, (entry, {}))
        found[place] = (entry, {} if entry.op == "d" else {**cells, **entry.cells})
    groups, areas_of = [], dict[str, str]()
    for entry, cells in sorted(found.values(), key=lambda item: item[0].entity in OWNERS):  # owners first
        row = desk.rows.get(entry.entity, entry.uid) if is_known(entry.entity) else None
        area = row.area if row is not None else _area(desk, entry, cells, (areas_of, device))
        areas_of[entry.uid] = area
        groups.append((entry, cells, row, area))
    desk.logs.lock(sorted({area for *_, area in groups} | areas))
    for entry, cells, row, area in groups:
        told = Told(batch.acts[entry.act], 0, entry, {}, cells)
        desk.raise_conflicts(told, row, area, (draft_of(desk, entry, cells, row),))


def draft_of(desk: Desk, entry: Entry, cells: Cells, row: Row | None) -> ConflictDraft:
    """What is laid before a person: the values beside those that stand."""
    if row is not None:
        desk.rows.complete(row)
    kept = {name: row.values.get(name) for name in cells} if row is not None and row.alive else {}
    return ConflictDraft("quarantine", _word(entry), kept, cells, open=True)


def _area(desk: Desk, entry: Entry, cells: Cells, near: tuple[Mapping[str, str], Device]) -> str:
    """The area of what the hub does not have. A paper goes with its record, which may wait too, in this batch
    or since an earlier one; else to those who look after the laptop's area."""
    field, kind = OWNERS.get(entry.entity, ("", None))
    owner = str(cells.get(field))
    if not field or desk.rows.get(str(kind or cells.get("owner_entity")), owner) is not None:
        return desk.area_of(entry.entity, entry.uid, cells, None)
    areas_of, device = near
    waiting = desk.rows.owned("conflict", "owner", [owner])
    return areas_of.get(owner) or next((row.area for row in waiting), device.area)


def _word(entry: Entry) -> str:
    """The word for what a person can do about it."""
    if entry.op != "d":
        return LATE_WORDS.get(entry.entity, "quarantine")
    return LATE_WORDS["redaction" if entry.entity == "attachment" else "d"]
