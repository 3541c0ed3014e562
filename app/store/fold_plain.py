"""Updates of records that nothing stands beside, each met once in a step: most of a log, a field at a time.

What a record has in other fields does not matter to them, so one query reads the fields of many records and
one statement writes them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from app.domain.digest import cell_hash, field_hash
from app.domain.entity import GEOMETRY
from app.domain.replication import Effect
from app.store import rtree
from app.store.crossing import Turn, Turns, crossing
from app.store.journal import written_many
from app.store.pending import rounded_chunks
from app.store.rtree import quoted
from app.store.tables import Layout

Form = tuple[str, tuple[str, ...]]  # entity and the fields that are set, in the order of the message
_last = itemgetter(-1)


class Plain:
    """The updates of one form: what they make of the records, and the rows the journal has of it."""

    def __init__(self, layout: Layout, form: Form, entries: Sequence[tuple[int, Effect]]) -> None:
        self.entity = form[0]
        self.digest = 0
        self.changed: list[tuple[int, Effect]] = []  # the entries that change something, with their places
        self.cells: list[str] = []  # and their cells as the journal has them
        self._cross = crossing(self.entity)
        self._columns = self._cross.ordered(form[1])
        self._layer = layout.of(self.entity).name
        self._table = quoted(self._layer)
        self._entries = entries
        self._rows: list[Sequence[Any]] = []  # cells as the file has them, and the record's key

    def work_out(self, raw: sqlite3.Connection) -> None:
        """Compare what the records have with what they shall have."""
        if not self._columns:
            return
        held, columns = self._held(raw), list(enumerate(self._cross.turns(self._columns), 2))
        name, to_wire, from_wire, to_file = columns[0][1]
        if len(columns) == 1 and to_wire is None and to_file is None:
            self._one_field(held, name, from_wire)
            return
        noted = []
        for place, effect in self._entries:
            row = held.get(effect.uid)
            if row is not None:
                cells, values = self._compared(effect, row, columns)
                if cells:
                    self.changed.append((place, effect))
                    noted.append(cells)
                    self._rows.append([*values, row[1]])
        self.cells = written_many(noted)

    def _one_field(self, held: Mapping[str, Sequence[Any]], name: str, from_wire: Turn | None) -> None:
        """The same for a single field that is in the file as it travels: most of a log."""
        changed, rows, cells = self.changed, self._rows, list[tuple[str, Any, Any]]()
        for item in self._entries:
            effect = item[1]
            uid = effect.uid
            row = held.get(uid)
            if row is None:
                continue
            old, new = row[2], effect.cells[name]
            if from_wire is not None and new is not None:
                new = from_wire(new)
            if old != new:
                cells.append((uid, old, new))
                changed.append(item)
                rows.append((new, row[1]))
        self.digest += field_hash(self.entity, name, cells)
        self.cells = written_many([((name, old, new),) for _, old, new in cells])

    def _compared(
        self, effect: Effect, row: Sequence[Any], columns: Sequence[tuple[int, Turns]]
    ) -> tuple[list[list[Any]], list[Any]]:
        """What differs, as the journal has it, and every cell as the file shall have it; counted in the
        digest."""
        cells: list[list[Any]] = []
        values: list[Any] = []
        for place, (name, to_wire, from_wire, to_file) in columns:
            old, new = row[place], effect.cells[name]
            if to_wire is not None and old is not None:
                old = to_wire(old)
            if from_wire is not None and new is not None:
                new = from_wire(new)
            values.append(new if to_file is None or new is None else to_file(new))
            if old != new:
                self.digest += cell_hash(self.entity, effect.uid, name, new)
                self.digest -= cell_hash(self.entity, effect.uid, name, old)
                told = self._cross.told if to_file is not None else _as_it_is
                cells.append([name, told(name, old), told(name, new)])
        return cells, values

    def write(self, raw: sqlite3.Connection) -> None:
        """Write the records, neighbours in the file one after the other."""
        self._rows.sort(key=_last)
        sets = ", ".join(f"{quoted(name)} = ?" for name in self._columns)
        raw.executemany(f"UPDATE {self._table} SET {sets} WHERE fid = ?", self._rows)
        if self._columns[:1] == (GEOMETRY,):
            rtree.keep(raw, self._layer, GEOMETRY, [(row[-1], row[0]) for row in self._rows])

    def _held(self, raw: sqlite3.Connection) -> dict[str, Sequence[Any]]:
        """By uid what the file has: uid, key, and the cells in the order of the columns."""
        listed = "".join(f", {quoted(name)}" for name in self._columns)
        found: dict[str, Sequence[Any]] = {}
        for part, marks in rounded_chunks([effect.uid for _, effect in self._entries]):
            query = f"SELECT uid, fid{listed} FROM {self._table} WHERE uid IN ({marks})"
            found.update({row[0]: row for row in raw.execute(query, part)})
        return found


def _as_it_is(_: str, value: Any) -> Any:
    return value
