"""Records and people for the tests of the store, with defaults that say nothing by themselves."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shapely.geometry import MultiPolygon, Point, box

from app.domain.changes import Actor, Change, ChangeSet, Committed, collect, delete, insert, new_uid, update
from app.domain.entities.boiler import Boiler
from app.domain.entities.division import Division
from app.domain.entities.grid_cell import GridCell
from app.domain.entity import Entity
from app.store import rtree
from app.store.workspace import Workspace

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CLERK = Actor("u-clerk", "王芳", "R3", org="崆峒分局")
CHIEF = Actor("u-chief", "李强", "R4", org="崆峒分局")


def boiler(ledger_no: str = "PL-0001", **values: Any) -> Boiler:
    """A boiler in Pingliang."""
    given = {"geometry": Point(106.66, 35.54), "user_org": "平凉一中", "rated_tph": 2.0, **values}
    return Boiler(uid=new_uid(), ledger_no=ledger_no, **given)


def cell(grid_code: str, x: float = 106.6, y: float = 35.5, **values: Any) -> GridCell:
    """A regular cell of about 1 km."""
    shape = MultiPolygon([box(x, y, x + 0.01, y + 0.01)])
    return GridCell(uid=new_uid(), grid_code=grid_code, kind="regular", geometry=shape, **values)


def village(code: str, name: str = "柳湖村", **values: Any) -> Division:
    """A village without a boundary."""
    return Division(uid=new_uid(), code=code, name=name, level="village", **values)


class Desk:
    """One person who writes, at moments a minute apart."""

    def __init__(self, workspace: Workspace, actor: Actor = CLERK) -> None:
        self.workspace = workspace
        self.actor = actor
        self.at = START

    def commit(
        self, *changes: Change | None, action: str = "edit", reason: str = "", undoes: str | None = None
    ) -> Committed:
        """Apply these changes as one transaction."""
        self.at += timedelta(minutes=1)
        change_set = ChangeSet(collect(changes), action, self.actor, reason, undoes)
        return self.workspace.apply(change_set, at=self.at)

    def add(self, *records: Entity) -> Committed:
        """Add records."""
        return self.commit(*map(insert, records), action="add")

    def edit(self, record: Entity, **values: Any) -> Committed:
        """Change a record as it was seen."""
        return self.commit(update(record, **values))

    def remove(self, record: Entity) -> Committed:
        """Remove a record as it was seen."""
        return self.commit(delete(record), action="delete")

    def undo(self) -> Committed:
        """Take the person's last transaction back."""
        uid = self.workspace.last_undoable(self.actor.uid)
        assert uid is not None
        return self.commit(*self.workspace.inverse(uid), action="undo", undoes=uid)

    def redo(self) -> Committed:
        """Take the person's last undo back."""
        uid = self.workspace.last_redoable(self.actor.uid)
        assert uid is not None
        return self.commit(*self.workspace.inverse(uid), action="redo", undoes=uid)


def foreign(path: Path, statement: str, *values: Any) -> None:
    """Run a statement as another program would that has the spatial functions, such as QGIS."""
    with closing(sqlite3.connect(path)) as connection:
        rtree.register_functions(connection)
        connection.execute(statement, values)
        connection.commit()
