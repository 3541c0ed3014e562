"""What a revoked laptop still sends: kept whole and laid before people by record; nothing is applied."""

from __future__ import annotations

from app.domain.merge import ConflictDraft
from app.domain.replication import Batch, Cells, Entry
from app.hub.desk import Desk, Told
from app.hub.devices import Device
from app.store.tables import is_known


def keep(desk: Desk, batch: Batch, device: Device, *, areas: set[str]) -> None:
    """Raise one open conflict for each record of each act; a person takes the values or leaves them."""
    found: dict[tuple[int, str, str], tuple[Entry, Cells]] = {}
    for entry in batch.entries:
        _, cells = found.setdefault((entry.act, entry.entity, entry.uid), (entry, {}))
        cells.update(entry.cells)
    groups = []
    for entry, cells in found.values():
        row = desk.rows.get(entry.entity, entry.uid) if is_known(entry.entity) else None
        area = row.area if row is not None else desk.area_of(entry.entity, entry.uid, cells, None)
        groups.append((entry, cells, row, area))
    desk.logs.lock(sorted({area for *_, area in groups} | areas))
    for entry, cells, row, area in groups:
        if row is not None:
            desk.rows.complete(row)
        kept = {name: row.values.get(name) for name in cells} if row is not None and row.alive else {}
        offered = dict(cells) if entry.op != "d" else {}
        told = Told(batch.acts[entry.act], 0, entry, {}, cells)
        draft = ConflictDraft("quarantine", "quarantine", kept, offered, open=True)
        desk.raise_conflicts(told, row, area, (draft,))
