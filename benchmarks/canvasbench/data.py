"""Synthetic workspaces with very many cells, 50,000 boilers, 500 zones and named divisions (模拟).

Cells lie on a lattice of metres and are cut by a ragged outline, so none is parallel to the axes of the file;
they stand in rows. QGIS reads the same file: a workspace is a GeoPackage.
"""

from __future__ import annotations

import math
import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely

from app.store.connect import opened
from app.store.geom import to_blob
from app.store.rtree import quoted
from app.store.workspace import Workspace

SCALES = {"11k": (11_000, 1000), "44k": (11_000, 500), "450k": (450_000, 1000), "1100k": (11_000, 100)}
METRES = "EPSG:4544"  # 3° zone of 105° E, its neighbour of Pingliang
CRS = "EPSG:4545"
CLASSES = 6
_CENTRE = (500_000.0, 3_930_000.0)
_CHARS = "清河东西南北安平永宁长兴龙泉石桥马庄李家沟王营大青山柳树店高新城关镇福寿德和"
_STATES = ("suspect", "registered", "planned", "cleared", "in_progress")
_OUTPUTS = (2.0, 4.0, 6.0, 10.0, 35.0)
_LEVELS = ("first", "second", "quasi")


def make(path: Path, scale: str) -> int:
    """Write a workspace of a scale; gives the number of its cells."""
    area_km2, side = SCALES[scale]
    draw = np.random.default_rng(7)
    outline = ragged(draw, _CENTRE, math.sqrt(area_km2 * 1e6 / math.pi), 3000)
    cells, classes = _cells(outline, side)
    Workspace.create(path, "620800000000", "模拟").close()
    with closing(opened(path, "rw")) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        codes = ((f"C{number:08d}", "regular", 4, int(kind) + 1) for number, kind in enumerate(classes))
        _put(connection, "网格", _rows(draw, cells, ("grid_code", "kind", "level", "size_m"), codes))
        points = _points(draw, outline)
        boilers = (
            (f"B{number:06d}", _STATES[number % 5], _OUTPUTS[number % 5]) for number in range(len(points))
        )
        _put(connection, "燃煤锅炉", _rows(draw, points, ("ledger_no", "status", "rated_tph"), boilers))
        zones = _blobs(draw, outline, 500)
        named = ((f"{_name(draw)}水源地{number}", _LEVELS[number % 3]) for number in range(len(zones)))
        _put(connection, "水源保护区", _rows(draw, zones, ("name", "level"), named))
        towns = _districts(draw, outline, 180)
        called = ((f"6208{number:08d}", f"{_name(draw)}镇", "town") for number in range(len(towns)))
        _put(connection, "行政区划", _rows(draw, towns, ("code", "name", "level"), called))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return len(cells)


def ragged(draw: np.random.Generator, centre: Sequence[float], radius: float, count: int) -> Any:
    """A polygon as a border looks, of so many corners."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    reach = np.ones(count)
    wave = 1
    while wave < count // 4:
        reach += 0.18 / wave**1.05 * np.sin(wave * turn + draw.uniform(0, 2 * np.pi))
        wave = wave + 1 if wave < 8 else int(wave * 1.5)
    reach = radius * np.clip(reach, 0.25, None)
    ring = np.column_stack([centre[0] + reach * np.cos(turn), centre[1] + reach * np.sin(turn)])
    found = shapely.make_valid(shapely.polygons(ring))
    return max(shapely.get_parts(found), key=shapely.area)


def _cells(outline: Any, side: float) -> tuple[np.ndarray, np.ndarray]:
    x0, y0, x1, y1 = outline.bounds
    across, up = np.meshgrid(np.arange(x0 // side, x1 // side + 1), np.arange(y0 // side, y1 // side + 1))
    across, up = across.ravel(), up.ravel()
    cells = shapely.box(across * side, up * side, (across + 1) * side, (up + 1) * side)
    shapely.prepare(outline)
    hit = shapely.intersects(outline, cells)
    cells, across, up = cells[hit], across[hit], up[hit]
    edge = ~shapely.contains_properly(outline, cells)
    cells[edge] = shapely.intersection(cells[edge], outline)
    good = np.isin(shapely.get_type_id(cells), (3, 6)) & (shapely.area(cells) > 1)
    u, v = across[good] / 97.0, up[good] / 61.0
    field = np.sin(5 * u) * np.cos(4 * v) + 0.5 * np.sin(17 * u + 3 * v)
    return cells[good], np.clip(np.digitize(field, [-0.9, -0.4, 0, 0.4, 0.9]), 0, CLASSES - 1)


def _points(draw: np.random.Generator, outline: Any) -> np.ndarray:
    x0, y0, x1, y1 = outline.bounds
    xy = draw.uniform((x0, y0), (x1, y1), (200_000, 2))
    return np.asarray(shapely.points(xy[shapely.contains_xy(outline, xy)][:50_000]))


def _blobs(draw: np.random.Generator, outline: Any, count: int) -> np.ndarray:
    x0, y0, x1, y1 = outline.bounds
    middles = draw.uniform((x0, y0), (x1, y1), (count, 2))
    return np.array(
        [ragged(draw, middle, (x1 - x0) * draw.uniform(0.004, 0.015), 1000) for middle in middles]
    )


def _districts(draw: np.random.Generator, outline: Any, count: int) -> np.ndarray:
    x0, y0, x1, y1 = outline.bounds
    seeds = shapely.multipoints(draw.uniform((x0, y0), (x1, y1), (count, 2)))
    parts = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=outline))
    found = shapely.intersection(shapely.segmentize(parts, (x1 - x0) / 400), outline)
    return np.asarray(found[np.isin(shapely.get_type_id(found), (3, 6))])


def _name(draw: np.random.Generator) -> str:
    return "".join(_CHARS[place] for place in draw.integers(0, len(_CHARS), 2))


def _rows(
    draw: np.random.Generator, shapes: np.ndarray, names: Sequence[str], values: Iterable[tuple[Any, ...]]
) -> tuple[list[str], Iterable[tuple[Any, ...]]]:
    degrees = pyproj.Transformer.from_crs(METRES, "EPSG:4490", always_xy=True)
    turned = shapely.transform(shapes, lambda xy: np.column_stack(degrees.transform(xy[:, 0], xy[:, 1])))
    single = shapely.get_type_id(turned) == 3
    turned[single] = shapely.multipolygons(turned[single][:, None]) if single.any() else turned[single]
    uids = (str(uuid.UUID(bytes=draw.bytes(16), version=4)) for _ in range(len(turned)))
    rows = ((uid, to_blob(shape), *row) for uid, shape, row in zip(uids, turned, values, strict=True))
    return ["uid", "geometry", *names], rows


def _put(
    connection: sqlite3.Connection, table: str, content: tuple[list[str], Iterable[tuple[Any, ...]]]
) -> None:
    """Write rows past all triggers, and the spatial index with them."""
    names, rows = content
    made = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
    ).fetchall()
    connection.execute("BEGIN")
    for name, _ in made:
        connection.execute(f"DROP TRIGGER {quoted(name)}")
    listed, marks = ", ".join(map(quoted, names)), ", ".join("?" * len(names))
    connection.executemany(f"INSERT INTO {table} ({listed}) VALUES ({marks})", rows)
    boxes = "SELECT fid, ST_MinX(geometry), ST_MaxX(geometry), ST_MinY(geometry), ST_MaxY(geometry)"
    connection.execute(f"INSERT INTO {quoted(f'rtree_{table}_geometry')} {boxes} FROM {table}")
    for _, statement in made:
        connection.execute(statement)
    connection.execute("COMMIT")
