"""Files of map pictures whose colours say where they are: red grows to the east, green to the north."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from rasterio.transform import Affine

from app.domain.coordinates.gcj import from_gcj02
from app.domain.coordinates.zones import STORED, transform
from app.domain.imagery import MERCATOR, MERCATOR_HALF

BOX = (106.62, 35.50, 106.70, 35.58)  # red and green run from 0 to 250 over it
LEVELS = (10, 14)


def colour_at(lon: Any, lat: Any) -> np.ndarray[Any, Any]:
    """The colour of places in degrees."""
    red = (np.asarray(lon) - BOX[0]) / (BOX[2] - BOX[0]) * 250
    green = (np.asarray(lat) - BOX[1]) / (BOX[3] - BOX[1]) * 250
    return np.stack([np.clip(red, 0, 250), np.clip(green, 0, 250), np.full_like(red, 128.0)], axis=-1)


def tile(z: int, x: int, y: int, *, shifted: bool = False, form: str = "PNG", side: int = 256) -> bytes:
    """One tile; `shifted` as AMap would have drawn it."""
    span = 2 * MERCATOR_HALF / 2**z
    at = (np.arange(side) + 0.5) / side * span
    xs, ys = np.meshgrid(-MERCATOR_HALF + x * span + at, MERCATOR_HALF - y * span - at)
    lon, lat = transform(xs, ys, MERCATOR, STORED)
    if shifted:
        lon, lat = from_gcj02(lon, lat)
    held = io.BytesIO()
    Image.fromarray(np.round(colour_at(lon, lat)).astype(np.uint8), "RGB").save(held, form, quality=95)
    return held.getvalue()


def tiles(*, finest: int = LEVELS[1]) -> Iterator[tuple[int, int, int]]:
    """Level, column and row of every tile that touches the box."""
    west, south = transform(*BOX[:2], STORED, MERCATOR)
    east, north = transform(*BOX[2:], STORED, MERCATOR)
    for z in range(LEVELS[0], finest + 1):
        span = 2 * MERCATOR_HALF / 2**z
        for x in range(int((west + MERCATOR_HALF) // span), int((east + MERCATOR_HALF) // span) + 1):
            for y in range(int((MERCATOR_HALF - north) // span), int((MERCATOR_HALF - south) // span) + 1):
                yield z, x, y


def mbtiles(path: Path, *, form: str = "PNG", finest: int = LEVELS[1], **facts: str) -> Path:
    """An MBTiles file; `shifted` tiles when its facts say amap."""
    link = sqlite3.connect(path)
    link.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
    link.execute("CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data BLOB)")
    given = {"format": {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}[form], **facts}
    link.executemany("INSERT INTO metadata VALUES (?, ?)", given.items())
    shifted = "amap" in given.get("attribution", "")
    rows = (
        (z, x, 2**z - 1 - y, tile(z, x, y, form=form, shifted=shifted)) for z, x, y in tiles(finest=finest)
    )
    link.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    link.commit()
    link.close()
    return path


def folder(path: Path) -> Path:
    """A folder z/x/y.png."""
    for z, x, y in tiles():
        place = path / str(z) / str(x)
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{y}.png").write_bytes(tile(z, x, y))
    return path


def pmtiles(path: Path) -> Path:
    """A PMTiles file of png tiles."""
    with path.open("wb") as file:
        writer = Writer(file)
        for z, x, y in sorted(tiles(), key=lambda at: zxy_to_tileid(*at)):
            writer.write_tile(zxy_to_tileid(z, x, y), tile(z, x, y))
        w, s, e, n = (round(value * 1e7) for value in BOX)
        head = {
            "tile_type": TileType.PNG, "tile_compression": Compression.NONE,
            "min_zoom": LEVELS[0], "max_zoom": LEVELS[1], "min_lon_e7": w, "min_lat_e7": s, "max_lon_e7": e,
            "max_lat_e7": n, "center_zoom": 12, "center_lon_e7": w, "center_lat_e7": s,
        }  # fmt: skip
        writer.finalize(head, {"name": "影像"})
    return path


def geopackage(path: Path) -> Path:
    """A GeoPackage with a table of tiles in EPSG:3857."""
    link = sqlite3.connect(path)
    link.executescript(
        """
        CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
            organization_coordsys_id INTEGER, definition TEXT, description TEXT);
        CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, identifier TEXT,
            description TEXT, last_change TEXT, min_x DOUBLE, min_y DOUBLE,
            max_x DOUBLE, max_y DOUBLE, srs_id INTEGER);
        CREATE TABLE gpkg_tile_matrix_set (table_name TEXT PRIMARY KEY, srs_id INTEGER, min_x DOUBLE,
            min_y DOUBLE, max_x DOUBLE, max_y DOUBLE);
        CREATE TABLE gpkg_tile_matrix (table_name TEXT, zoom_level INTEGER, matrix_width INTEGER,
            matrix_height INTEGER, tile_width INTEGER, tile_height INTEGER, pixel_x_size DOUBLE,
            pixel_y_size DOUBLE);
        CREATE TABLE "影像" (id INTEGER PRIMARY KEY, zoom_level INTEGER, tile_column INTEGER,
            tile_row INTEGER, tile_data BLOB);
        INSERT INTO gpkg_spatial_ref_sys VALUES ('Web Mercator', 3857, 'EPSG', 3857, '', '');
        """
    )
    west, south = transform(*BOX[:2], STORED, MERCATOR)
    east, north = transform(*BOX[2:], STORED, MERCATOR)
    half = MERCATOR_HALF
    contents = ("影像", "tiles", "", "", "", float(west), float(south), float(east), float(north), 3857)
    link.execute("INSERT INTO gpkg_contents VALUES (?,?,?,?,?,?,?,?,?,?)", contents)
    link.execute("INSERT INTO gpkg_tile_matrix_set VALUES ('影像',3857,?,?,?,?)", (-half, -half, half, half))
    for z in range(LEVELS[0], LEVELS[1] + 1):
        size = 2 * half / 2**z / 256
        row = (z, 2**z, 2**z, 256, 256, size, size)
        link.execute("INSERT INTO gpkg_tile_matrix VALUES ('影像',?,?,?,?,?,?,?)", row)
    rows = ((z, x, y, tile(z, x, y)) for z, x, y in tiles())
    link.executemany(
        'INSERT INTO "影像" (zoom_level, tile_column, tile_row, tile_data) VALUES (?,?,?,?)', rows
    )
    link.commit()
    link.close()
    return path


def geotiff(path: Path, crs: str = "EPSG:4545", *, stated: bool = True, **options: Any) -> Path:
    """A GeoTIFF over the box in a system, 900 pixels wide; without `stated` it keeps its system to itself."""
    west, south = transform(*BOX[:2], STORED, crs)
    east, north = transform(*BOX[2:], STORED, crs)
    step_x, step_y = float(east - west) / 900, float(north - south) / 1000
    place = Affine(step_x, 0.0, float(west), 0.0, -step_y, float(north))
    columns, rows = np.meshgrid(np.arange(900) + 0.5, np.arange(1000) + 0.5)
    x, y = west + columns * step_x, north - rows * step_y
    lon, lat = transform(x, y, crs, STORED)
    bands = np.round(colour_at(lon, lat)).astype(np.uint8).transpose(2, 0, 1)
    profile = {"driver": "GTiff", "width": 900, "height": 1000, "count": 3, "dtype": "uint8",
               "transform": place, "crs": crs if stated else None, "compress": "lzw", **options}  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(bands)
    return path


def spoilt(path: Path) -> Path:
    """The file with noise in its second half and its length kept."""
    whole = path.read_bytes()
    half = len(whole) // 2
    noise = np.random.default_rng(6).integers(0, 256, len(whole) - half - 4_000, dtype=np.uint8).tobytes()
    path.write_bytes(whole[:half] + noise + whole[half + len(noise) :])
    return path
