"""Tiles inside SQLite files, MBTiles and GeoPackage: only read, by no connection of the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from app.domain.coordinates.zones import crs_object
from app.domain.imagery import MERCATOR, Extent, ImageryFacts
from app.errors import AppError, Invalid
from app.exchange.imagery.pyramid import Level, TilePyramid, mercator_level, narrowed
from app.exchange.imagery.words import (
    CREDIT_KEYS,
    LOOKED_AT,
    in_degrees,
    need_one_tile,
    numbers_of,
    seems_shifted,
    side_of_tile,
    unreadable,
)
from app.i18n import N_

_DEEPEST = 24
_EXACT_ENOUGH = 14  # a tile of this level is 2 km wide
_PICTURES = ("png", "jpg", "jpeg", "webp")


class _File:
    """One read-only connection, used by one thread at a time (the pyramid's lock sees to it)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # immutable: no lock file beside a file that may lie on a medium nobody can write
        address = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
        try:
            self._link = sqlite3.connect(address, uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise unreadable(path, error) from error

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows; raises Invalid naming the file."""
        try:
            return self._link.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise unreadable(self._path, error) from error

    def tile(self, sql: str) -> Callable[[int, int, int], bytes | None]:
        """A fetch by level, column and row; what cannot be read is missing."""

        def fetch(level: int, column: int, row: int) -> bytes | None:
            try:
                found = self._link.execute(sql, (level, column, row)).fetchone()
            except sqlite3.Error:
                return None
            return found[0] if found and isinstance(found[0], bytes) else None

        return fetch

    def close(self) -> None:
        self._link.close()


def open_mbtiles(path: Path) -> tuple[TilePyramid, ImageryFacts]:
    """An MBTiles file; raises Invalid for one that holds no tiles or tiles nobody can draw."""
    file = _File(path)
    try:
        return _mbtiles(file, path)
    except BaseException:
        file.close()
        raise


def _mbtiles(file: _File, path: Path) -> tuple[TilePyramid, ImageryFacts]:
    facts = {str(k).lower(): str(v or "") for k, v in file.rows("SELECT name, value FROM metadata")}
    held = [int(row[0]) for row in file.rows("SELECT DISTINCT zoom_level FROM tiles") if _is_level(row[0])]
    if not held:
        raise _no_tiles(path)
    form = facts.get("format", "").lower() or _format_of(file)
    if form not in (*_PICTURES, "pbf"):
        raise Invalid(
            N_("The tiles of “{file}” are of the format “{format}”, which cannot be drawn."),
            code="unreadable_file",
            file=path.name,
            format=form or "?",
        )
    side = 512 if form != "pbf" and side_of_tile(_first_tile(file)) == 512 else 256
    # MBTiles counts rows from the south
    fetch = file.tile(
        "SELECT tile_data FROM tiles WHERE zoom_level = ?1 AND tile_column = ?2"
        " AND tile_row = (1 << ?1) - 1 - ?3"
    )
    levels = [mercator_level(number, side) for number in sorted(held)]
    pyramid = TilePyramid(levels, fetch, vector=form == "pbf", close=file.close)
    need_one_tile(path, _some_tiles(file, "tiles"), pyramid.readable)
    box = numbers_of(facts.get("bounds", ""), 4)
    extent = box if box and box[0] < box[2] and box[1] < box[3] else _extent_held(file, levels)
    words = " ".join(facts.get(key, "") for key in CREDIT_KEYS)
    return pyramid, ImageryFacts(
        "MBTiles",
        extent,
        (min(held), max(held)),
        MERCATOR,
        facts.get("attribution", ""),
        seems_shifted(words),
    )


def _extent_held(file: _File, levels: Sequence[Level]) -> Extent | None:
    """Where the tiles lie, for a file that does not say so."""
    box = narrowed(_held(file, levels))
    return in_degrees(box, MERCATOR) if box else None


def _held(file: _File, levels: Sequence[Level]) -> Iterator[tuple[Level, tuple[int, int, int, int]]]:
    """The columns and rows of each level, as far as they make a difference."""
    for level in levels:
        if level.number > max(_EXACT_ENOUGH, levels[0].number):
            return
        most = level.columns - 1
        rows = file.rows(
            "SELECT min(tile_column), max(tile_column), min(tile_row), max(tile_row) FROM tiles"
            " WHERE zoom_level = ? AND tile_column BETWEEN 0 AND ? AND tile_row BETWEEN 0 AND ?",
            level.number, most, most,
        )  # fmt: skip
        first, last, lower, upper = rows[0]
        if first is not None:
            yield level, (first, last, most - upper, most - lower)


def _is_level(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= _DEEPEST


def _some_tiles(file: _File, table: str, most: int = LOOKED_AT) -> list[bytes | None]:
    """Some tiles of a table (its name quoted); what is no blob is an unreadable one."""
    rows = file.rows(f"SELECT tile_data FROM {table} LIMIT {most}")
    return [row[0] if row[0] is None or isinstance(row[0], bytes) else b"" for row in rows]


def _first_tile(file: _File) -> bytes:
    return next(iter(_some_tiles(file, "tiles", 1)), None) or b""


def _format_of(file: _File) -> str:
    """What the first tile is, when the file does not say."""
    blob = _first_tile(file)
    starts = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"RIFF": "webp", b"\x1f\x8b": "pbf"}
    return next((form for start, form in starts.items() if blob.startswith(start)), "")


def tile_tables(path: Path) -> list[str]:
    """The tables of tiles in a GeoPackage, none when it holds none or is no GeoPackage at all."""
    try:
        file = _File(path)
        try:
            found = file.rows("SELECT table_name FROM gpkg_contents WHERE data_type = 'tiles'")
        finally:
            file.close()
    except AppError:
        return []
    return [str(row[0]) for row in found]


def open_gpkg_tiles(path: Path, table: str) -> tuple[TilePyramid, ImageryFacts]:
    """A table of tiles in a GeoPackage; raises Invalid when it is damaged or in a system nobody knows."""
    if table not in tile_tables(path):
        raise _no_tiles(path)
    file = _File(path)
    try:
        try:
            crs, extent = _placed(file, path, table)
            levels = _levels(file, table)
        except (TypeError, ValueError, OverflowError) as error:  # words or nothing where numbers belong
            raise unreadable(path, error) from error
        quoted = '"' + table.replace('"', '""') + '"'
        some = _some_tiles(file, quoted)
        if not levels:
            raise _no_tiles(path)
        need_one_tile(path, some, TilePyramid(levels, lambda *_: None).readable)
    except BaseException:
        file.close()
        raise
    fetch = file.tile(
        f"SELECT tile_data FROM {quoted} WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
    )
    numbers = [level.number for level in levels]
    pyramid = TilePyramid(levels, fetch, crs=crs, close=file.close)
    words = table + " " + " ".join(_words(file, table))
    facts = ImageryFacts(
        "GeoPackage", extent, (min(numbers), max(numbers)), crs, seems_shifted=seems_shifted(words)
    )
    return pyramid, facts


def _placed(file: _File, path: Path, table: str) -> tuple[str, Extent | None]:
    """The system of a table and its extent in degrees."""
    found = file.rows(
        "SELECT s.organization, s.organization_coordsys_id, c.min_x, c.min_y, c.max_x, c.max_y"
        " FROM gpkg_contents c JOIN gpkg_spatial_ref_sys s ON s.srs_id = c.srs_id WHERE c.table_name = ?",
        table,
    )
    if not found or str(found[0][0]).upper() != "EPSG":
        raise Invalid(
            N_("“{file}” does not say in which coordinate system its tiles are."),
            code="bad_crs",
            file=path.name,
        )
    crs = "EPSG:3857" if int(found[0][1]) in (900913, 3785) else f"EPSG:{int(found[0][1])}"
    crs_object(crs)
    box = found[0][2:]
    known = all(isinstance(value, (int, float)) for value in box)
    return crs, in_degrees((box[0], box[1], box[2], box[3]), crs) if known else None


def _levels(file: _File, table: str) -> list[Level]:
    set_of = file.rows("SELECT min_x, max_y FROM gpkg_tile_matrix_set WHERE table_name = ?", table)
    rows = file.rows(
        "SELECT zoom_level, pixel_x_size, matrix_width, matrix_height, tile_width FROM gpkg_tile_matrix"
        " WHERE table_name = ? AND pixel_x_size > 0 AND tile_width BETWEEN 1 AND 2048 ORDER BY zoom_level",
        table,
    )
    if not set_of:
        return []
    left, top = (float(value) for value in set_of[0])
    return [
        Level(int(n), float(size), int(wide), int(high), left, top, int(px))
        for n, size, wide, high, px in rows
    ]


def _words(file: _File, table: str) -> Sequence[str]:
    found = file.rows("SELECT identifier, description FROM gpkg_contents WHERE table_name = ?", table)
    return [str(word or "") for row in found for word in row]


def _no_tiles(path: Path) -> Invalid:
    return Invalid(N_("There is no tile in “{file}”."), code="empty", file=path.name)
