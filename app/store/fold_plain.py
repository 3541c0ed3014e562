"""Updates of records that nothing stands beside, each met once in a step: most of a log, a field at a time.

What a record has in other fields does not matter to them, so one query reads the fields of many records and
one statement writes them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from app.domain.digest import cell_hash
from app.domain.entity import GEOMETRY
from app.domain.replication import Effect
from app.store import rtree
from app.store.crossing import crossing
from app.store.journal import written
from app.store.pending import rounded_chunks
from app.store.rtree import quoted
from app.store.tables import Layout

Form = tuple[str, tuple[str, ...]]  # entity and the fields that are set, in the order of the message
Noted = tuple[int, Effect, str]  # the entry's place in the step, the entry, its cells as the journal has them
_last = itemgetter(-1)


class Plain:
    """The updates of one form: what they make of the records, and what is noted of it."""

    def __init__(self, layout: Layout, form: Form, entries: Sequence[tuple[int, Effect]]) -> None:
        self.entity = form[0]
        self.digest = 0
        self.noted: list[Noted] = []
        self._cross = crossing(self.entity)
        self._columns = self._cross.ordered(form[1])
        self._layer = layout.of(self.entity).name
        self._table = quoted(self._layer)
        self._entries = entries
        self._rows: list[list[Any]] = []  # cells as the file has them, and the record's key

    def work_out(self, raw: sqlite3.Connection) -> None:
        """Compare what the records have with what they shall have."""
        if not self._columns:
            return
        held, taken = self._held(raw), self._cross.taken
        written_row, told = self._cross.writer(self._columns), self._cross.note
        for place, effect in self._entries:
            found = held.get(effect.uid)
            if found is None:
                continue
            fid, old = found
            new = taken(effect.cells)
            cells = self._differing(effect.uid, old, new)
            if cells:
                self.noted.append((place, effect, written(told(cells))))
                self._rows.append([*written_row(new), fid])

    def write(self, raw: sqlite3.Connection) -> None:
        """Write the records, neighbours in the file one after the other."""
        self._rows.sort(key=_last)
        sets = ", ".join(f"{quoted(name)} = ?" for name in self._columns)
        raw.executemany(f"UPDATE {self._table} SET {sets} WHERE fid = ?", self._rows)
        if self._columns[:1] == (GEOMETRY,):
            rtree.keep(raw, self._layer, GEOMETRY, [(row[-1], row[0]) for row in self._rows])

    def _held(self, raw: sqlite3.Connection) -> dict[str, tuple[int, dict[str, Any]]]:
        listed = "".join(f", {quoted(name)}" for name in self._columns)
        turned = self._cross.reader(self._columns)
        found = {}
        for part, marks in rounded_chunks([effect.uid for _, effect in self._entries]):
            query = f"SELECT uid, fid{listed} FROM {self._table} WHERE uid IN ({marks})"
            for uid, fid, *cells in raw.execute(query, part):
                found[uid] = (fid, turned(cells))
        return found

    def _differing(self, uid: str, old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, Any, Any]]:
        cells, entity = [], self.entity
        for name, value in new.items():
            before = old.get(name)
            if before != value:
                self.digest += cell_hash(entity, uid, name, value) - cell_hash(entity, uid, name, before)
                cells.append((name, before, value))
        return cells
