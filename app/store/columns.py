"""The fast reading path of the map: columns of an extent, no record objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, Table, column, func, select
from sqlalchemy import table as plain_table

from app.domain.entity import GEOMETRY, Entity
from app.domain.fields import Kind
from app.domain.filters import EVERYTHING, Filter
from app.store.conditions import where_of
from app.store.connect import Database, raw_of
from app.store.geom import from_blobs
from app.store.rtree import index_name, root_box
from app.store.surroundings import Around, names_of
from app.store.values import loaded

Extent = tuple[float, float, float, float]
_BLOCK = 500
_MANY = 20_000
_RAW = frozenset(Kind) - {Kind.BOOLEAN, Kind.TEXTS}


@dataclass(frozen=True, eq=False)
class Columns:
    """Features as columns of equal length: uids, shapely geometries (EPSG:4490, or None), values by field."""

    uids: list[str]
    geometry: NDArray[np.object_]
    values: dict[str, NDArray[np.object_]]

    def __len__(self) -> int:
        return len(self.uids)


@dataclass(frozen=True, eq=False)
class Block:
    """Some records as columns: uids, GeoPackage blobs or None, and values as SQLite holds them, by field."""

    uids: list[str]
    blobs: list[bytes | None]
    values: dict[str, list[Any]]


def as_loaded(record: type[Entity], name: str, raw: Any) -> Any:
    """A raw value of a block as the program knows it."""
    field = record.TYPE.fields.get(name)
    return raw if field is None or field.kind in _RAW else loaded(field, raw)


class ColumnReader:
    """Columns by entity and extent."""

    def __init__(self, database: Database, around: Around) -> None:
        self._database = database
        self._around = around

    def columns(
        self,
        record: type[Entity],
        fields: Sequence[str],
        extent: Extent | None = None,
        filter: Filter = EVERYTHING,
        *,
        shapes: bool = True,
    ) -> Columns:
        """The records whose bounding box touches `extent` (x0, y0, x1, y1 in degrees; None means all);
        without `shapes` their geometry is not read unless a field is worked out from it."""
        kind = record.TYPE
        table = self._database.layout.of(kind.name)
        kept = [name for name in fields if name not in kind.at_read]
        spatial = GEOMETRY in table.c and (shapes or len(kept) < len(fields))
        names = ["uid", *([GEOMETRY] if spatial else []), *kept]
        with self._database.reading() as connection:
            source = self._around.source(connection, kind, names_of(filter))
            query = select(*(source.column(name) for name in names)).where(where_of(source, filter))
            if extent is not None and GEOMETRY in table.c:
                query = _within(query, table, extent)
            found = _raw(connection, query, len(names))
            around = self._around.of(connection) if len(kept) < len(fields) else None
        geometry = from_blobs(found[1]) if spatial else np.full(len(found[0]), None, dtype=object)
        first = 2 if spatial else 1
        values = {name: _array(record, name, found[first + place]) for place, name in enumerate(kept)}
        looked = around.look(geometry) if around else {}
        values |= {name: _array(record, name, looked[name]) for name in fields if name in looked}
        return Columns(found[0], geometry, values)

    def blocks(
        self, record: type[Entity], fields: Sequence[str], filter: Filter = EVERYTHING
    ) -> Iterator[Block]:
        """The records in the order they came, some thousands at a time, geometry as GeoPackage blobs."""
        table = self._database.layout.of(record.TYPE.name)
        names = ("uid", GEOMETRY, *fields)
        with self._database.reading() as connection:
            source = self._around.source(connection, record.TYPE, names_of(filter))
            query = select(*(source.column(name) for name in names)).where(where_of(source, filter))
            query = query.order_by(table.c.fid)
            result = connection.execute(query)
            while (found := _next(result.cursor, len(names)))[0]:
                uids, blobs, *values = found
                yield Block(uids, blobs, dict(zip(fields, values, strict=True)))
            result.close()

    def extent(self, record: type[Entity], filter: Filter = EVERYTHING) -> Extent | None:
        """The box around all records a filter accepts; None when there is no geometry."""
        table = self._database.layout.of(record.TYPE.name)
        if GEOMETRY not in table.c:
            return None
        index = _index(table)
        sides = (
            func.min(index.c.minx),
            func.min(index.c.miny),
            func.max(index.c.maxx),
            func.max(index.c.maxy),
        )
        with self._database.reading() as connection:
            if not filter.groups:
                return root_box(raw_of(connection), table.name, GEOMETRY)
            source = self._around.source(connection, record.TYPE, names_of(filter))
            query = select(*sides).where(index.c.id.in_(select(table.c.fid).where(where_of(source, filter))))
            row = connection.execute(query).one()
        return None if row[0] is None else (row[0], row[1], row[2], row[3])


def _next(cursor: Any, width: int) -> list[list[Any]]:
    """The next rows as columns, some thousands of them, in steps as `_raw` takes them."""
    columns: list[list[Any]] = [[] for _ in range(width)]
    while len(columns[0]) < _MANY and (rows := cursor.fetchmany(_BLOCK)):
        for cells, part in zip(columns, zip(*rows, strict=True), strict=True):
            cells.extend(part)
    return columns


def _within(query: Select[Any], table: Table, extent: Extent) -> Select[Any]:
    index, (x0, y0, x1, y1) = _index(table), extent
    inside = select(index.c.id).where(
        index.c.minx <= x1, index.c.maxx >= x0, index.c.miny <= y1, index.c.maxy >= y0
    )
    return query.where(table.c.fid.in_(inside))


def _index(table: Table) -> Any:
    names = ("id", "minx", "maxx", "miny", "maxy")
    return plain_table(index_name(table.name, GEOMETRY), *(column(name) for name in names))


def _raw(connection: Connection, query: Select[Any], width: int) -> list[list[Any]]:
    """The columns as SQLite gives them, without a conversion for each cell.

    Rows are turned into columns block by block: a hundred thousand live tuples would make Python's garbage
    collector look at all of them again and again.
    """
    columns: list[list[Any]] = [[] for _ in range(width)]
    result = connection.execute(query)
    while rows := result.cursor.fetchmany(_BLOCK):
        for cells, part in zip(columns, zip(*rows, strict=True), strict=True):
            cells.extend(part)
    result.close()
    return columns


def _array(record: type[Entity], name: str, cells: Sequence[Any]) -> NDArray[np.object_]:
    field = record.TYPE.fields.get(name)
    if field is not None and field.kind not in _RAW:
        cells = [loaded(field, cell) for cell in cells]
    array = np.empty(len(cells), dtype=object)
    for at in range(0, len(cells), _MANY):  # not a million at once, with everything else standing still
        array[at : at + _MANY] = cells[at : at + _MANY]
    return array
