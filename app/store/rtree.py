"""The R*Tree spatial index of a GeoPackage, with the triggers of version 1.4 (OGC 12-128r19, annex F.3)."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Iterable
from functools import lru_cache

from app.store.geom import bounds

EXTENSION = "gpkg_rtree_index"
DEFINITION = "http://www.geopackage.org/spec120/#extension_rtree"
Box = tuple[float, float, float, float]
_CELL = struct.Struct(">q4f")
_FUNCTIONS = {"ST_MinX": 0, "ST_MaxX": 1, "ST_MinY": 2, "ST_MaxY": 3}


def index_name(table: str, column: str) -> str:
    """The name the standard gives the index of a geometry column."""
    return f"rtree_{table}_{column}"


@lru_cache(maxsize=4096)
def quoted(name: str) -> str:
    """An SQL identifier; each step of a fold asks for every column of a record."""
    return '"' + name.replace('"', '""') + '"'


def register_functions(connection: sqlite3.Connection) -> None:
    """Give the connection the functions the triggers call; QGIS and GDAL bring their own."""
    last: tuple[bytes | None, Box | None] = (None, None)

    def box(blob: bytes | None) -> Box | None:
        nonlocal last  # a trigger asks five times about the same blob
        if last[0] != blob:
            last = (blob, bounds(blob))
        return last[1]

    def is_empty(blob: bytes | None) -> int | None:
        return None if blob is None else int(box(blob) is None)

    connection.create_function("ST_IsEmpty", 1, is_empty, deterministic=True)
    for name, place in _FUNCTIONS.items():
        connection.create_function(name, 1, _side(box, place), deterministic=True)


def _side(box: Callable[[bytes | None], Box | None], place: int) -> Callable[[bytes | None], float | None]:
    def side(blob: bytes | None) -> float | None:
        found = box(blob)
        return None if found is None else found[place]

    return side


def root_box(connection: sqlite3.Connection, table: str, column: str) -> Box | None:
    """The box (x0, y0, x1, y1) around everything in an index, told by its root alone; None when it is empty.

    A node holds its depth, the number of its cells, and of each an id and minx, maxx, miny, maxy as float32;
    SQLite keeps the cells of a node as tight as what lies below them (ext/rtree/rtree.c).
    """
    nodes = quoted(f"{index_name(table, column)}_node")
    row = connection.execute(f"SELECT data FROM {nodes} WHERE nodeno = 1").fetchone()
    if row is None:
        return None
    count = int.from_bytes(row[0][2:4], "big")
    cells = [_CELL.unpack_from(row[0], 4 + _CELL.size * place) for place in range(count)]
    if not cells:
        return None
    _, west, east, south, north = zip(*cells, strict=True)
    return min(west), min(south), max(east), max(north)


def statements(table: str, column: str, key: str = "fid") -> list[str]:
    """What makes the index of a new table and keeps it true."""
    index = quoted(index_name(table, column))
    return [
        f"CREATE VIRTUAL TABLE {index} USING rtree(id, minx, maxx, miny, maxy)",
        *triggers(table, column, key),
    ]


def keep(raw: sqlite3.Connection, table: str, column: str, rows: Iterable[tuple[int, bytes | None]]) -> None:
    """Bring the index up to date for rows (key and geometry now) that were written without the triggers."""
    index = quoted(index_name(table, column))
    found = [(key, bounds(blob)) for key, blob in rows]
    raw.executemany(f"DELETE FROM {index} WHERE id = ?", [(key,) for key, box in found if box is None])
    boxes = [(key, *box) for key, box in found if box is not None]
    raw.executemany(f"INSERT OR REPLACE INTO {index} VALUES (?, ?, ?, ?, ?)", boxes)


def triggers(table: str, column: str, key: str = "fid") -> list[str]:
    """The seven triggers of version 1.4."""
    name, index = index_name(table, column), quoted(index_name(table, column))
    t, c, i = quoted(table), quoted(column), quoted(key)
    has = f"(NEW.{c} NOTNULL AND NOT ST_IsEmpty(NEW.{c}))"
    lacks = f"(NEW.{c} ISNULL OR ST_IsEmpty(NEW.{c}))"
    had = f"(OLD.{c} NOTNULL AND NOT ST_IsEmpty(OLD.{c}))"
    lacked = f"(OLD.{c} ISNULL OR ST_IsEmpty(OLD.{c}))"
    box = f"ST_MinX(NEW.{c}), ST_MaxX(NEW.{c}), ST_MinY(NEW.{c}), ST_MaxY(NEW.{c})"
    put = f"INSERT OR REPLACE INTO {index} VALUES (NEW.{i}, {box});"
    move = (
        f"UPDATE {index} SET minx = ST_MinX(NEW.{c}), maxx = ST_MaxX(NEW.{c}),"
        f" miny = ST_MinY(NEW.{c}), maxy = ST_MaxY(NEW.{c}) WHERE id = NEW.{i};"
    )
    drop = f"DELETE FROM {index} WHERE id = OLD.{i};"
    rows = [
        ("insert", f"AFTER INSERT ON {t} WHEN {has}", put),
        ("update6", f"AFTER UPDATE OF {c} ON {t} WHEN OLD.{i} = NEW.{i} AND {has} AND {had}", move),
        ("update7", f"AFTER UPDATE OF {c} ON {t} WHEN OLD.{i} = NEW.{i} AND {has} AND {lacked}", put),
        ("update2", f"AFTER UPDATE OF {c} ON {t} WHEN OLD.{i} = NEW.{i} AND {lacks}", drop),
        ("update5", f"AFTER UPDATE ON {t} WHEN OLD.{i} != NEW.{i} AND {has}", f"{drop} {put}"),
        (
            "update4",
            f"AFTER UPDATE ON {t} WHEN OLD.{i} != NEW.{i} AND {lacks}",
            f"DELETE FROM {index} WHERE id IN (OLD.{i}, NEW.{i});",
        ),
        ("delete", f"AFTER DELETE ON {t} WHEN OLD.{c} NOT NULL", drop),
    ]
    return [f"CREATE TRIGGER {quoted(f'{name}_{kind}')} {when} BEGIN {what} END" for kind, when, what in rows]
