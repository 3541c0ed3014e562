"""The box around a spatial index is told by its root alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from random import Random

from app.store.rtree import root_box


def test_the_root_of_the_index_is_as_tight_as_its_rows() -> None:
    draw = Random(5)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute('CREATE VIRTUAL TABLE "rtree_点_geometry" USING rtree(id, minx, maxx, miny, maxy)')
        assert root_box(connection, "点", "geometry") is None
        there: list[int] = []
        for step in range(1500):
            if draw.random() < 0.62 and step < 1100:
                x, y = draw.gauss(106, 3), draw.gauss(35, 2)
                row = (step, x, x + draw.random(), y, y + draw.random())
                connection.execute('INSERT INTO "rtree_点_geometry" VALUES (?, ?, ?, ?, ?)', row)
                there.append(step)
            elif there:
                gone = there.pop(draw.randrange(len(there)))
                connection.execute('DELETE FROM "rtree_点_geometry" WHERE id = ?', (gone,))
            if step % 25 == 0 and there:
                sides = 'min(minx), min(miny), max(maxx), max(maxy) FROM "rtree_点_geometry"'
                assert (
                    root_box(connection, "点", "geometry") == connection.execute(f"SELECT {sides}").fetchone()
                )
        for last in there:
            connection.execute('DELETE FROM "rtree_点_geometry" WHERE id = ?', (last,))
        assert root_box(connection, "点", "geometry") is None
