"""`check` finds what somebody changed behind the program's back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.domain.entities.boiler import Boiler
from app.store import agreement, rtree
from app.store.migrations import HIDDEN
from app.store.tables import STORED_TYPES
from app.store.workspace import Workspace
from store.records import Desk, boiler, cell, foreign, village


@pytest.fixture
def filled(file: Path) -> Path:
    """A closed workspace with records that have lived a little."""
    with Workspace.open(file) as workspace:
        desk = Desk(workspace)
        one, two = boiler("PL-1", rated_tph=0.1 + 0.2), boiler("PL-2")
        desk.add(one, two, cell("C1"), village("620802001001", aliases=("旧名",)))
        desk.edit(one, rated_tph=None, note="一", pressurized=False)
        desk.remove(two)
        desk.undo()
        desk.edit(one.replace(rated_tph=None), rated_tph=4.4)
    return file


def _secretly(path: Path, *statements: str) -> None:
    """Change the file as somebody would who knows how to keep the journal quiet."""
    with closing(sqlite3.connect(path)) as connection:
        rtree.register_functions(connection)
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def _found(path: Path) -> dict[str, list[str]]:
    with Workspace.open(path, read_only=True) as workspace:
        report = workspace.check()
    found: dict[str, list[str]] = {}
    for item in report.findings:
        found.setdefault(item.check, []).append(item.code)
    assert found.keys() == {name for name, good in report.checks.items() if not good}
    return found


def test_nothing_is_found_in_a_whole_file(filled: Path) -> None:
    assert _found(filled) == {}


QUIET = "UPDATE sync_ctx SET txn = -1"
LOUD = "UPDATE sync_ctx SET txn = 0"
INSERT = "INSERT INTO 燃煤锅炉 (uid, ledger_no) VALUES ('x', 'y')"
REPLACE = (
    "INSERT OR REPLACE INTO sync_journal SELECT seq, txn, tbl, uid, op, base, '[]', at"
    " FROM sync_journal WHERE op = 'd'"
)
FORGET = ("DELETE FROM gpkg_geometry_columns", "DELETE FROM gpkg_contents")


@pytest.mark.parametrize(
    ("statements", "check", "codes"),
    [
        ((QUIET, "UPDATE 燃煤锅炉 SET status = 'cleared'", LOUD), "records", ["unjournalled"] * 2),
        ((QUIET, "DELETE FROM 燃煤锅炉 WHERE ledger_no = 'PL-1'", LOUD), "records", ["unjournalled"]),
        ((QUIET, INSERT, LOUD), "records", ["unjournalled"]),
        ((QUIET,), "database", ["context_left_set"]),
        ((REPLACE,), "journal", ["altered"]),
        (("DROP TRIGGER rtree_网格_geometry_update6",), "triggers", ["trigger_lost"]),
        (("DELETE FROM rtree_网格_geometry",), "spatial_index", ["index_differs"]),
        (("UPDATE rtree_网格_geometry SET maxx = minx",), "spatial_index", ["index_differs"]),
        (FORGET, "geopackage", ["not_registered"] * (len(STORED_TYPES) - len(HIDDEN))),
        (("DROP TABLE gpkg_extensions",), "geopackage", ["missing_table"]),
    ],
)
def test_what_is_not_whole_is_found(
    filled: Path, statements: tuple[str, ...], check: str, codes: list[str]
) -> None:
    _secretly(filled, *statements)
    assert _found(filled) == {check: codes}


@pytest.mark.parametrize("rows", [1, 2, 1_000])
def test_a_long_journal_is_added_up_in_parts(
    filled: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:  # fmt: skip
    monkeypatch.setattr(agreement, "_AT_ONCE", rows)
    assert _found(filled) == {}
    odd = [
        INSERT.replace("'x'", uid).replace("'y'", f"'PL-{place}'")
        for place, uid in enumerate(("'x'", "''", "'ÿ'"), 7)
    ]
    gone = "DELETE FROM 燃煤锅炉 WHERE ledger_no = 'PL-1'"
    _secretly(filled, QUIET, *odd, "UPDATE 网格 SET grid_code = 'C2'", gone, LOUD)
    assert _found(filled) == {"records": ["unjournalled"] * 5}


GARBAGE = [b"", b"GP", b"no geometry at all", b"GP\x00\x01" + bytes(40), b"GP\x00\x03" + bytes(9)]


@pytest.mark.parametrize("blob", GARBAGE)
def test_bytes_that_are_no_geometry_are_no_geometry(filled: Path, blob: bytes) -> None:
    foreign(filled, "UPDATE 燃煤锅炉 SET geometry = ? WHERE ledger_no = 'PL-1'", blob)
    with Workspace.open(filled) as workspace:
        assert [item.geometry is None for item in workspace.find(Boiler)] == [True, False]
        assert workspace.columns(Boiler, []).geometry[0] is None
        assert len(workspace.external_changes()) == 1
        report = workspace.check()
        assert [item.code for item in report.findings] == ["unreadable_geometry"]
