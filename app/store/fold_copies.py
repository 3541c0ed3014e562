"""Own acts that come from another laptop: of a copy of the file, or of whoever uses their numbers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from app.domain.replication import Effect
from app.store.crossing import crossing, known_cells
from app.store.pending import Place, change_of
from app.store.rebase import Pending
from app.store.tables import is_known

_WRITTEN = (
    "SELECT tbl, uid, seq, op, cells, txn, 0 FROM sync_journal WHERE txn = :act UNION ALL"
    " SELECT j.tbl, j.uid, j.seq, j.op, j.cells, c.txn, 0 FROM sync_claim c JOIN sync_journal j"
    " ON j.seq = c.seq WHERE c.txn = :act"
)


def wrote(raw: sqlite3.Connection, act: int, effects: Iterable[Effect]) -> bool:
    """Whether this transaction of the file wrote all that these entries of the log say, just so."""
    written: dict[Place, list[Pending]] = {}
    for row in raw.execute(_WRITTEN, {"act": act}):
        if is_known(row[0]):
            written.setdefault((row[0], row[1]), []).append(change_of(row))
    return all(
        any(_says(effect, change) for change in written.get((effect.entity, effect.uid), ()))
        for effect in effects
    )


def _says(effect: Effect, change: Pending) -> bool:
    said = crossing(effect.entity).taken(effect.cells)
    if effect.op == "i":
        said = known_cells(said)
    return effect.op == change.op and (effect.op == "d" or said == change.new)
