"""The store against its peers in the same run: ratios matter, seconds are this machine's."""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from time import perf_counter

import numpy as np
import pyogrio
from shapely.geometry import MultiPolygon, Point, box

from app.domain.changes import Actor, ChangeSet, insert, new_uid, update
from app.domain.entities.boiler import Boiler
from app.domain.entities.division import Division
from app.domain.entities.grid_cell import GridCell
from app.store.geom import to_blob
from app.store.workspace import Workspace

CELLS, VILLAGES, POINTS, SAVES = 11_100, 1_559, 100_000, 200
CLERK = Actor("bench", "Bench", "R3")
AT = datetime(2026, 11, 23, tzinfo=UTC)


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """The shortest of a few runs."""
    taken = []
    for _ in range(times):
        begun = perf_counter()
        work()
        taken.append(perf_counter() - begun)
    return min(taken)


def bulk(workspace: Workspace, folder: Path) -> dict[str, float]:
    """11,100 cells and 1,559 villages in one journalled transaction, and the same cells into a bare table."""
    shapes = [MultiPolygon([box(x, y, x + 0.01, y + 0.01)]) for x, y in _places(CELLS)]
    cells = [
        GridCell(uid=new_uid(), grid_code=f"C{n}", kind="regular", size_m=1000, geometry=shape)
        for n, shape in enumerate(shapes)
    ]
    villages = [
        Division(uid=new_uid(), code=f"62080{n:07d}", name=f"V{n}", level="village") for n in range(VILLAGES)
    ]
    changes = tuple(insert(record) for record in (*cells, *villages))
    ours = seconds(lambda: workspace.apply(ChangeSet(changes, "bench", CLERK), at=AT), 1)

    def bare() -> None:
        with closing(sqlite3.connect(folder / "bare.sqlite")) as connection:
            connection.execute(
                "CREATE TABLE t (fid INTEGER PRIMARY KEY, uid TEXT UNIQUE, g BLOB, code, kind)"
            )
            rows = [
                (cell.uid, to_blob(shape), cell.grid_code, cell.kind)
                for cell, shape in zip(cells, shapes, strict=True)
            ]
            connection.executemany("INSERT INTO t (uid, g, code, kind) VALUES (?, ?, ?, ?)", rows)
            connection.commit()

    return {"bulk_s": ours, "bulk_to_bare_table": ours / seconds(bare, 1)}


def columns(workspace: Workspace) -> dict[str, float]:
    """100,000 points as the map reads them, and by GDAL."""
    points = [
        Boiler(uid=new_uid(), ledger_no=f"B{n}", geometry=Point(x, y), rated_tph=2.0)
        for n, (x, y) in enumerate(_places(POINTS))
    ]
    workspace.apply(ChangeSet(tuple(map(insert, points)), "bench", CLERK), at=AT)
    ours = seconds(lambda: workspace.columns(Boiler, ["status", "rated_tph"]))
    objects = seconds(lambda: workspace.find(Boiler), 1)
    gdal = seconds(
        lambda: pyogrio.read_dataframe(
            workspace.path, layer="燃煤锅炉", columns=["uid", "status", "rated_tph"]
        )
    )
    return {"columns_s": ours, "columns_to_gdal": ours / gdal, "columns_to_objects": ours / objects}


def saves(workspace: Workspace) -> dict[str, float]:
    """One edit a durable transaction, as a person saves."""
    record = workspace.find(Boiler, limit=1)[0]
    taken = []
    for n in range(SAVES):
        change = update(record, note=str(n))
        assert change is not None
        begun = perf_counter()
        workspace.apply(ChangeSet((change,), "bench", CLERK), at=AT + timedelta(seconds=n))
        taken.append(perf_counter() - begun)
        record = record.replace(note=str(n))
    parts = quantiles(taken, n=100)
    return {"save_p50_ms": parts[49] * 1000, "save_p99_ms": parts[98] * 1000}


def _places(number: int) -> list[tuple[float, float]]:
    draw = np.random.default_rng(1)
    return list(zip(draw.uniform(105.3, 107.8, number), draw.uniform(34.9, 35.8, number), strict=True))


def main() -> None:
    """Print one JSON document."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "bench.gpkg"
        with Workspace.create(path, "620800", "bench") as workspace:
            found = {**bulk(workspace, folder), **columns(workspace), **saves(workspace)}
        found["open_s"] = seconds(lambda: Workspace.open(path).close())
    print(json.dumps({key: round(value, 4) for key, value in found.items()}, indent=1))


if __name__ == "__main__":
    sys.exit(main())
