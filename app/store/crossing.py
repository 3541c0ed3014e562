"""Values between the file, its journal and the wire: three ways to write the same cell.

On the wire a cell is a plain value by field id (`domain/replication.py`). In the file a yes/no is 0 or 1,
several texts are a JSON list and a geometry is a GeoPackage blob; the journal's JSON holds what the file
holds, the geometry in hex. Cells that are unknown (None) are left out of rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from app.domain.entity import GEOMETRY, EntityType
from app.domain.fields import Kind
from app.domain.replication import Cells
from app.store.geom import blob_of_wkb, wkb_of_blob
from app.store.tables import default_of, known

Turn = Callable[[Any], Any]
Turns = tuple[
    str, Turn | None, Turn | None, Turn | None
]  # a column: file to wire, from the wire, to the file
Row = dict[str, Any]  # a record's known cells by field id, as on the wire


class Crossing:
    """How the cells of one entity are written; `columns` are its field ids, the geometry first."""

    def __init__(self, kind: EntityType) -> None:
        self.kind = kind
        self.entity = kind.name
        kinds: dict[str, Kind | None] = {GEOMETRY: None} if kind.shape.value else {}
        kinds.update({item.id: item.kind for item in kind.stored.values()})
        self.columns: tuple[str, ...] = tuple(kinds)
        self.known = frozenset(kinds)
        self.defaults = {item.id for item in kind.stored.values() if default_of(kind, item) is not None}
        self.unique: tuple[str, ...] = tuple(item.id for item in kind.stored.values() if item.unique)
        self.unique_in = frozenset(self.unique)
        self._to_wire = _chosen(kinds, _TO_WIRE)
        self._to_file = _chosen(kinds, _TO_FILE)
        self._from_wire = _chosen(kinds, _FROM_WIRE)
        self._untold = _chosen(kinds, _UNTOLD)

    def reader(self, columns: Sequence[str]) -> Callable[[Sequence[Any]], Row]:
        """What turns cells of the file, read in the order of `columns`, into a row as on the wire."""
        odd = [(place, self._to_wire[name]) for place, name in enumerate(columns) if name in self._to_wire]

        def read(cells: Sequence[Any]) -> Row:
            if odd:
                cells = list(cells)
                for place, turn in odd:
                    if cells[place] is not None:
                        cells[place] = turn(cells[place])
            return {name: value for name, value in zip(columns, cells, strict=True) if value is not None}

        return read

    def writer(self, columns: Sequence[str]) -> Callable[[Row], list[Any]]:
        """What turns a row as on the wire into cells of the file in the order of `columns`."""
        odd = [(place, self._to_file[name]) for place, name in enumerate(columns) if name in self._to_file]

        def write(row: Row) -> list[Any]:
            cells = [row.get(name) for name in columns]
            for place, turn in odd:
                if cells[place] is not None:
                    cells[place] = turn(cells[place])
            return cells

        return write

    def turns(self, columns: Sequence[str]) -> list[Turns]:
        """For each of these columns what turns known values: the file's into the wire's, what came over the
        wire into the field's type, the wire's into the file's; None where nothing does."""
        both = (self._to_wire, self._from_wire, self._to_file)
        return [(name, *(turns.get(name) for turns in both)) for name in columns]  # type: ignore[misc]

    def readings(self, name: str) -> tuple[Turn | None, Turn | None]:
        """What turns known values of a column: the journal's into the wire's, and what came over the wire
        into the field's type; None where nothing does."""
        return self._untold.get(name), self._from_wire.get(name)

    def ordered(self, names: Collection[str]) -> tuple[str, ...]:
        """Those of these columns that are known, in the order of the table."""
        if len(names) == 1:
            return tuple(names) if self.known.issuperset(names) else ()
        return tuple(sorted(self.known.intersection(names), key=self.columns.index))

    def taken(self, cells: Mapping[str, Any]) -> Row:
        """Cells that came over the wire, in the types their fields declare; unknown fields left out."""
        turns = self._from_wire
        return {
            name: turns[name](value) if value is not None and name in turns else value
            for name, value in cells.items()
            if name in self.known
        }

    def note(self, changed: Iterable[tuple[str, Any, Any]]) -> list[list[Any]]:
        """Wire values (column, old, new) as the journal writes them."""
        odd, told = self._to_file, self.told
        return [
            [name, told(name, old), told(name, new)] if name in odd else [name, old, new]
            for name, old, new in changed
        ]

    def told(self, column: str, value: Any) -> Any:
        """A wire value as the journal's JSON holds it."""
        turn = self._to_file.get(column)
        if value is None or turn is None:
            return value
        cell = turn(value)
        return cell.hex().upper() if isinstance(cell, bytes) else cell

    def untold(self, column: str, cell: Any) -> Any:
        """A cell of the journal's JSON as on the wire; None for a column that is not known."""
        if cell is None or column not in self.known:
            return None
        turn = self._untold.get(column)
        return cell if turn is None else turn(cell)

    def after(self, cells: Iterable[Sequence[Any]]) -> Row:
        """What the known cells of a journal row became, as on the wire."""
        known, turns = self.known, self._untold
        return {
            cell[0]: cell[2] if cell[2] is None or (turn := turns.get(cell[0])) is None else turn(cell[2])
            for cell in cells
            if cell[0] in known
        }

    def before_and_after(self, cells: Iterable[Sequence[Any]]) -> tuple[Row, Row]:
        """Cells of a journal row ([column, old, new], …) as two rows on the wire; None in unknown columns."""
        old: Row = {}
        new: Row = {}
        for cell in cells:
            column = cell[0]
            if column in self._untold or column not in self.known:
                old[column], new[column] = self.untold(column, cell[1]), self.untold(column, cell[2])
            else:
                old[column], new[column] = cell[1], cell[2]
        return old, new


@lru_cache(maxsize=256)
def crossing(entity: str) -> Crossing:
    """The crossing of an entity of this program."""
    return Crossing(known(entity))


def packed(cells: Mapping[str, Any], entity: str) -> str:
    """A row as JSON for the tables of a replica."""
    told = crossing(entity).told
    return json.dumps({name: told(name, value) for name, value in cells.items()}, ensure_ascii=False)


def unpacked(text: str, entity: str) -> Row:
    """A row from the tables of a replica."""
    untold = crossing(entity).untold
    return {name: untold(name, cell) for name, cell in json.loads(text).items()}


def known_cells(cells: Cells) -> Row:
    """Cells without those that are unknown."""
    return {name: value for name, value in cells.items() if value is not None}


def _chosen(kinds: Mapping[str, Kind | None], turns: Mapping[Kind | None, Turn]) -> dict[str, Turn]:
    return {name: turns[kind] for name, kind in kinds.items() if kind in turns}


def _texts(cell: str) -> list[str] | None:
    found = [str(part) for part in json.loads(cell)] if cell else []
    return found or None


_TO_WIRE: dict[Kind | None, Turn] = {None: wkb_of_blob, Kind.BOOLEAN: bool, Kind.TEXTS: _texts}
_TO_FILE: dict[Kind | None, Turn] = {
    None: blob_of_wkb,
    Kind.BOOLEAN: int,
    Kind.TEXTS: lambda value: json.dumps(list(value), ensure_ascii=False) if value else None,
}
_UNTOLD: dict[Kind | None, Turn] = {
    None: lambda cell: wkb_of_blob(bytes.fromhex(cell)),
    Kind.BOOLEAN: bool,
    Kind.NUMBER: float,
    Kind.TEXTS: _texts,
}
_FROM_WIRE: dict[Kind | None, Turn] = {
    None: bytes,
    Kind.BOOLEAN: bool,
    Kind.NUMBER: float,
    Kind.TEXTS: lambda value: list(value) or None,
}
