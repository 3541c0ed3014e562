"""GeoPackages with many boilers, made fast: one as a laptop has it, one as geodiff takes it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from app.store.connect import opened
from app.store.geom import blob_of_wkb
from app.store.rtree import quoted
from app.store.workspace import Workspace
from syncbench.rows import ROOT, Edit, boilers

TABLE = "燃煤锅炉"


def make_workspace(path: Path, count: int) -> list[str]:
    """A workspace with so many boilers that no journal knows; gives their uids in order."""
    Workspace.create(path, ROOT, "bench").close()
    uids: list[str] = []
    with closing(opened(path, "rw")) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        fill(connection, count, uids)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return uids


def fill(connection: sqlite3.Connection, count: int, uids: list[str]) -> None:
    """Write the boilers past all triggers, and the spatial index with them."""
    made = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (TABLE,)
    )
    triggers = made.fetchall()
    connection.execute("BEGIN")
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {quoted(name)}")
    names = tuple(next(boilers(0, 1))[1])
    connection.executemany(insert_statement(names), _rows(count, names, uids))
    boxes = "SELECT fid, ST_MinX(geometry), ST_MaxX(geometry), ST_MinY(geometry), ST_MaxY(geometry)"
    connection.execute(f"INSERT INTO {quoted(f'rtree_{TABLE}_geometry')} {boxes} FROM {TABLE}")
    for _, statement in triggers:
        connection.execute(statement)
    connection.execute("COMMIT")


def insert_statement(names: Sequence[str]) -> str:
    """An insert of a boiler with these columns after its uid."""
    listed, marks = ", ".join(map(quoted, names)), ", ".join("?" * (len(names) + 1))
    return f"INSERT INTO {TABLE} (uid, {listed}) VALUES ({marks})"


def without_house(source: Path, target: Path) -> Path:
    """A copy of a workspace as a plain GeoPackage: the layers without journal, chain and replica tables."""
    shutil.copyfile(source, target)
    with closing(opened(target, "rw")) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        query = (
            "SELECT type, name FROM sqlite_master WHERE type = 'trigger'"
            " AND sql LIKE '%sync\\_ctx%' ESCAPE '\\'"
            " OR type = 'table' AND name LIKE 'sync\\_%' ESCAPE '\\'"
        )
        found = sorted(connection.execute(query).fetchall(), reverse=True)  # triggers before tables
        for sort, name in found:
            connection.execute(f"DROP {sort} IF EXISTS {quoted(name)}")
        connection.execute("DROP TABLE IF EXISTS sqlite_stat1")
    return target


def edit_plainly(path: Path, acts: Iterable[Iterable[Edit]]) -> None:
    """The changes as another program writes them: one transaction for each act, as with us."""
    with closing(opened(path, "rw")) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for act in acts:
            connection.execute("BEGIN")
            for edit in act:
                cells = {
                    name: blob_of_wkb(value) if name == "geometry" else value
                    for name, value in edit.cells.items()
                }
                _write(connection, edit, cells)
            connection.execute("COMMIT")


def _write(connection: sqlite3.Connection, edit: Edit, cells: dict[str, Any]) -> None:
    if edit.sort == "insert":
        connection.execute(insert_statement(tuple(cells)), (edit.uid, *cells.values()))
    elif edit.sort == "delete":
        connection.execute(f"DELETE FROM {TABLE} WHERE uid = ?", (edit.uid,))
    else:
        sets = ", ".join(f"{quoted(name)} = ?" for name in cells)
        connection.execute(f"UPDATE {TABLE} SET {sets} WHERE uid = ?", (*cells.values(), edit.uid))


def _rows(count: int, names: Sequence[str], uids: list[str]) -> Iterator[tuple[Any, ...]]:
    for uid, cells in boilers(0, count):
        uids.append(uid)
        yield (uid, blob_of_wkb(cells["geometry"]), *list(cells.values())[1:])
