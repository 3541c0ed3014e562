"""Tiles in a folder z/x/y, and in a PMTiles file."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

import numpy as np
from pmtiles.reader import Reader
from pmtiles.tile import Compression, MagicNumberNotFound, SpecVersionUnsupported, TileType

from app.domain.coordinates.zones import STORED, transform
from app.domain.imagery import MERCATOR, Extent, ImageryFacts
from app.errors import Invalid
from app.exchange.imagery.pyramid import Level, TilePyramid, mercator_level, narrowed
from app.exchange.imagery.words import (
    LOOKED_AT,
    cut_short,
    in_degrees,
    need_one_tile,
    seems_shifted,
    side_of_tile,
    unreadable,
)
from app.i18n import N_

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".pbf", ".mvt")
_DEEPEST = 24
_LISTED = 256  # columns of a level up to which its tiles are listed to see where they lie
# What the library runs into where a header or a directory is damaged; its own two errors are plain ones.
_DAMAGED = (
    ValueError, LookupError, OSError, EOFError, TypeError, AttributeError, ArithmeticError, zlib.error,
    MagicNumberNotFound, SpecVersionUnsupported,
)  # fmt: skip


def _first(path: Path) -> Path | None:
    """Any tile of the coarsest level."""
    return next(_tiles(path), None)


def _tiles(path: Path) -> Iterator[Path]:
    """The tiles, those of the coarsest level first."""
    columns = (path / str(z) / str(x) for z in _numbered(path) for x in _numbered(path / str(z)))
    rows = (row for column in columns for row in sorted(column.iterdir()))
    return (row for row in rows if row.suffix.lower() in ENDINGS and row.stem.isdigit())


def _numbered(path: Path) -> list[int]:
    names = (item.name for item in path.iterdir() if item.is_dir() and item.name.isdigit())
    return sorted(int(name) for name in names if len(name) < 9)


def open_folder(path: Path) -> tuple[TilePyramid, ImageryFacts]:
    """A folder z/x/y.png (or jpg, webp, pbf), rows from the north; from the south when `tilemapresource.xml`
    lies in it. Raises Invalid when there is no tile."""
    try:
        first = _first(path)
        levels = [number for number in _numbered(path) if number <= _DEEPEST]
    except OSError as error:
        raise unreadable(path, error) from error
    if first is None or not levels:
        raise Invalid(
            N_("There is no tile in “{file}”."),
            hint=N_("A folder of tiles holds folders of levels, these of columns, and these the pictures."),
            code="empty",
            file=path.name,
        )
    from_south = (path / "tilemapresource.xml").exists()
    ending = first.suffix

    def fetch(level: int, column: int, row: int) -> bytes | None:
        row = 2**level - 1 - row if from_south else row
        return _read_or_nothing(path / str(level) / str(column) / f"{row}{ending}")

    vector = ending.lower() in (".pbf", ".mvt")
    side = 512 if not vector and side_of_tile(first.read_bytes()) == 512 else 256
    known = [mercator_level(number, side) for number in levels]
    pyramid = TilePyramid(known, fetch, vector=vector)
    need_one_tile(path, map(_read_or_nothing, islice(_tiles(path), LOOKED_AT)), pyramid.readable)
    box = narrowed(_held(path, known, from_south))
    return pyramid, ImageryFacts(
        "XYZ",
        in_degrees(box, MERCATOR) if box else None,
        (levels[0], levels[-1]),
        MERCATOR,
        seems_shifted=seems_shifted(path.name),
    )


def _read_or_nothing(tile: Path) -> bytes | None:
    try:
        return tile.read_bytes()
    except OSError:
        return None


def _held(
    path: Path, levels: Sequence[Level], from_south: bool
) -> Iterator[tuple[Level, tuple[int, int, int, int]]]:
    """The columns and rows of each level that is small enough to be listed."""
    for level in levels:
        folder = path / str(level.number)
        columns = [number for number in _numbered(folder) if number < level.columns]
        if len(columns) > _LISTED:
            return
        rows = [row for x in columns for row in _rows(folder / str(x)) if row < level.rows]
        if rows:
            upper, lower = min(rows), max(rows)
            if from_south:
                upper, lower = level.rows - 1 - lower, level.rows - 1 - upper
            yield level, (columns[0], columns[-1], upper, lower)


def _rows(column: Path) -> list[int]:
    stems = (item.stem for item in column.iterdir() if item.suffix.lower() in ENDINGS)
    return [int(stem) for stem in stems if stem.isdigit() and len(stem) < 9]


def open_pmtiles(path: Path) -> tuple[TilePyramid, ImageryFacts]:
    """A PMTiles file of version 3; raises Invalid naming what is wrong."""
    try:
        held = path.open("rb")  # not mapped: a stick pulled out would end the program at the next look
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        return _pmtiles(path, held)
    except BaseException:
        held.close()
        raise


def _pmtiles(path: Path, held: BinaryIO) -> tuple[TilePyramid, ImageryFacts]:
    guard = Lock()

    def part(offset: int, length: int) -> bytes:
        with guard:
            held.seek(offset)
            return held.read(length)

    try:
        reader = Reader(part)
        head: dict[str, Any] = reader.header()
        facts = reader.metadata()
        kind, packed = head["tile_type"], head["tile_compression"]
        if packed not in (Compression.NONE, Compression.GZIP) or kind is TileType.UNKNOWN:
            raise ValueError(f"{kind.name} {packed.name}")
        levels = range(int(head["min_zoom"]), min(int(head["max_zoom"]), _DEEPEST) + 1)
        if not levels:
            raise ValueError("no level")
        if (end := _end_of(head)) > (size := path.stat().st_size):
            raise cut_short(path, size, end)
    except _DAMAGED as error:
        raise unreadable(path, error) from error

    def fetch(level: int, column: int, row: int) -> bytes | None:
        try:
            blob: bytes | None = reader.get(level, column, row)
        except _DAMAGED:
            return None
        return blob

    vector = kind is TileType.MVT
    side = 256 if vector else side_of_tile(fetch(levels[0], 0, 0) or b"")
    known = [mercator_level(number, 512 if side == 512 else 256) for number in levels]
    pyramid = TilePyramid(known, fetch, vector=vector, close=held.close)
    found = _facts_of(head, facts, (levels[0], levels[-1]))
    need_one_tile(path, _around_the_middle(pyramid, found.extent, fetch), pyramid.readable)
    return pyramid, found


def _end_of(head: Mapping[str, Any]) -> int:
    """How long a PMTiles file is at least, by its own words."""
    return max(
        int(head[f"{part}_offset"]) + int(head[f"{part}_length"])
        for part in ("root", "metadata", "leaf_directory", "tile_data")
    )


def _around_the_middle(
    pyramid: TilePyramid, extent: Extent | None, fetch: Callable[[int, int, int], bytes | None]
) -> list[bytes | None]:
    """A tile of each level, at the middle of where the file says that it lies."""
    west, south, east, north = extent or (-180.0, -85.0, 180.0, 85.0)
    x, y = transform((west + east) / 2, (south + north) / 2, STORED, MERCATOR)
    if not np.isfinite([x, y]).all():
        return []
    at = [(level.number, level.range((float(x), float(y), float(x), float(y)))) for level in pyramid.levels]
    return [fetch(number, first, upper) for number, (first, _, upper, _) in at][:LOOKED_AT]


def _facts_of(head: Mapping[str, Any], facts: Mapping[str, Any], levels: tuple[int, int]) -> ImageryFacts:
    box = [int(head[key]) / 1e7 for key in ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")]
    extent = (box[0], box[1], box[2], box[3]) if box[0] < box[2] and box[1] < box[3] else None
    credit = str(facts.get("attribution", ""))
    words = " ".join(str(facts.get(key, "")) for key in ("name", "description", "attribution"))
    return ImageryFacts("PMTiles", extent, levels, MERCATOR, credit, seems_shifted(words))
