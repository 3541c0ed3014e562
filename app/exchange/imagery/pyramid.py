"""Tiles put together for an extent: the fitting level, missing tiles filled from coarser ones."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

from app.domain.imagery import MERCATOR, MERCATOR_HALF, Extent, Outlines, Pixels
from app.exchange.imagery.vector import outlines_of

_FORMATS = ("PNG", "JPEG", "WEBP")
_LARGEST_TILE = 2048
_MOST_TILES = 400
_KEPT_TILES = 256
_LEVELS_UP = 5  # how many coarser levels may stand in for a missing tile
_SHARPEST = 1.35  # a level may be that much coarser than the screen before the next finer one is taken


@dataclass(frozen=True)
class Level:
    """One level: its number, the size of a pixel in units of the system, the columns and rows there may be.
    Columns count from `left` to the east, rows from `top` to the south."""

    number: int
    per_px: float
    columns: int
    rows: int
    left: float = -MERCATOR_HALF
    top: float = MERCATOR_HALF
    tile_px: int = 256

    @property
    def tile(self) -> float:
        """The side of a tile in units of the system."""
        return self.per_px * self.tile_px

    def range(self, extent: Extent) -> tuple[int, int, int, int]:
        """First and one past the last column and row of the tiles that an extent touches."""
        x0, y0, x1, y1 = extent
        first, last = int((x0 - self.left) // self.tile), int((x1 - self.left) // self.tile) + 1
        upper, lower = int((self.top - y1) // self.tile), int((self.top - y0) // self.tile) + 1
        return (
            min(max(first, 0), self.columns),
            min(max(last, 0), self.columns),
            min(max(upper, 0), self.rows),
            min(max(lower, 0), self.rows),
        )

    def extent(self, first: int, last: int, upper: int, lower: int) -> Extent:
        """The ground of a range of tiles."""
        x0, y1 = self.left + first * self.tile, self.top - upper * self.tile
        return (x0, self.top - lower * self.tile, self.left + last * self.tile, y1)


def mercator_level(number: int, tile_px: int = 256) -> Level:
    """A level of the usual square: 2^number tiles each way."""
    count = 2**number
    return Level(number, 2 * MERCATOR_HALF / count / tile_px, count, count, tile_px=tile_px)


def narrowed(pieces: Iterable[tuple[Level, tuple[int, int, int, int]]]) -> Extent | None:
    """Where a picture lies by the tiles it has, in units of its system: (level, first and last column, first
    and last row), the coarsest first. None without tiles.

    A finer level tells it more exactly, unless it holds only a part of what the coarser ones show.
    """
    found: Extent | None = None
    slack = 0.0
    for level, (first, last, upper, lower) in pieces:
        box = level.extent(first, last + 1, upper, lower + 1)
        if found is not None and any(abs(a - b) > slack for a, b in zip(found, box, strict=True)):
            break
        found, slack = box, level.tile
    return found


class TilePyramid:
    """Tiles by level, column and row from a `fetch` that gives None for a missing one.

    Damaged tiles count as missing; `broken` says how many were met.
    """

    def __init__(
        self,
        levels: Sequence[Level],
        fetch: Callable[[int, int, int], bytes | None],
        *,
        crs: str = MERCATOR,
        vector: bool = False,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.levels = sorted(levels, key=lambda level: level.number)
        self.crs = crs
        self.shifted = False
        self.broken = 0
        self._fetch, self._close, self._vector = fetch, close, vector
        self._kept: OrderedDict[tuple[int, int, int], Image.Image | None] = OrderedDict()
        self._lock = threading.RLock()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._kept.clear()
            self._close()

    def piece(self, extent: Extent, per_px: float) -> Pixels | Outlines | None:
        """The tiles of an extent as one picture; where none is, it is clear."""
        with self._lock:
            level, (first, last, upper, lower) = self._fitting(extent, per_px)
            if not 0 < (last - first) * (lower - upper) <= _MOST_TILES:
                return None  # beside the tiles, or so far out that even the coarsest are too many
            where = [(column, row) for row in range(upper, lower) for column in range(first, last)]
            if self._vector:
                return self._outlines(level, where)
            side = level.tile_px
            sheet = Image.new("RGBA", ((last - first) * side, (lower - upper) * side))
            found = False
            for column, row in where:
                tile = self._tile(level, column, row)
                if tile is not None:
                    found = True
                    sheet.paste(tile, ((column - first) * side, (row - upper) * side))
            return Pixels(np.asarray(sheet), level.extent(first, last, upper, lower)) if found else None

    def _fitting(self, extent: Extent, per_px: float) -> tuple[Level, tuple[int, int, int, int]]:
        """The coarsest level that is fine enough, or a coarser one when that would be too many tiles."""
        fine = [level for level in self.levels if level.per_px <= per_px * _SHARPEST]
        at = self.levels.index(fine[0]) if fine else len(self.levels) - 1
        while True:
            level = self.levels[at]
            first, last, upper, lower = level.range(extent)
            if (last - first) * (lower - upper) <= _MOST_TILES or at == 0:
                return level, (first, last, upper, lower)
            at -= 1

    def _tile(self, level: Level, column: int, row: int) -> Image.Image | None:
        """A tile in the level's size, its part of a coarser tile when it is missing."""
        found = self._decoded(level, column, row)
        if found is not None:
            return found
        for up in range(1, _LEVELS_UP + 1):
            above = next((item for item in self.levels if item.number == level.number - up), None)
            if above is None or above.columns * 2**up != level.columns:
                continue
            whole = self._decoded(above, column >> up, row >> up)
            if whole is not None:
                part = above.tile_px / 2**up
                x, y = (column % 2**up) * part, (row % 2**up) * part
                side = (level.tile_px, level.tile_px)
                return whole.resize(side, Image.Resampling.BILINEAR, (x, y, x + part, y + part))
        return None

    def _decoded(self, level: Level, column: int, row: int) -> Image.Image | None:
        key = (level.number, column, row)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        blob = self._fetch(*key)
        tile = self._picture(blob, level.tile_px) if blob else None
        self._kept[key] = tile
        if len(self._kept) > _KEPT_TILES:
            self._kept.popitem(last=False)
        return tile

    def _picture(self, blob: bytes, side: int) -> Image.Image | None:
        try:
            with Image.open(io.BytesIO(blob), formats=_FORMATS) as tile:
                if max(tile.size) > _LARGEST_TILE:
                    raise ValueError("a tile of that size is none")
                picture = tile.convert("RGBA")
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            self.broken += 1
            return None
        return picture if picture.size == (side, side) else picture.resize((side, side))

    def readable(self, blob: bytes) -> bool:
        """Whether a tile's bytes can be drawn."""
        if self._vector:
            return not outlines_of([(0, 0, 0, blob)])[1]
        return self._picture(blob, self.levels[0].tile_px) is not None

    def _outlines(self, level: Level, where: Sequence[tuple[int, int]]) -> Outlines | None:
        tiles = []
        for column, row in where:
            blob = self._fetch(level.number, column, row)
            if blob:
                tiles.append((level.number, column, row, blob))
        outlines, broken = outlines_of(tiles)
        self.broken += broken
        return outlines

    def retry_missing(self) -> None:
        """Fetch again what was not there, as it may be there now."""
        with self._lock:
            for key in [key for key, tile in self._kept.items() if tile is None]:
                del self._kept[key]
