"""An older file gains what the declarations gained since; a backup is made first and nothing is lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from osgeo_utils.samples import validate_gpkg

from app.domain.entities.boiler import Boiler
from app.domain.entities.papers import BaselineEntry
from app.store import migrations, replica_tables, rtree
from app.store.workspace import Workspace
from store.records import Desk, boiler, cell, foreign


def _make_older(path: Path, *statements: str) -> None:
    """Take parts away, as if an earlier version had made the file."""
    with closing(sqlite3.connect(path)) as connection:
        rtree.register_functions(connection)
        for statement in statements:
            connection.execute(statement)
        connection.execute("UPDATE gridward_meta SET value = 'older' WHERE key = 'schema'")
        connection.commit()


@pytest.fixture
def older(file: Path) -> Path:
    """A file from before `looked_back_on`, `uscc` and baseline entries were there."""
    with Workspace.open(file) as workspace:
        Desk(workspace).add(boiler("PL-1", note="原有"), cell("C1"))
    drop = [
        f"DROP TRIGGER journal_{kind.name}_{what}"
        for kind in (Boiler.TYPE, BaselineEntry.TYPE)
        for what in ("insert", "update", "delete", "identity")
    ]
    _make_older(
        file,
        *drop,
        "ALTER TABLE 燃煤锅炉 DROP COLUMN looked_back_on",
        "DROP INDEX ix_boiler_user_org",
        "ALTER TABLE 燃煤锅炉 DROP COLUMN user_org",
        "DELETE FROM gpkg_data_columns WHERE column_name IN ('looked_back_on', 'user_org')",
        "DROP TABLE 底册条目",
        "DELETE FROM gpkg_data_columns WHERE table_name = '底册条目'",
        "DELETE FROM gpkg_contents WHERE table_name = '底册条目'",
        "DELETE FROM gridward_layer WHERE entity = 'baseline_entry'",
    )
    return file


def test_what_is_missing_is_added_and_what_is_there_stays(older: Path) -> None:
    with Workspace.open(older) as workspace:
        (found,) = workspace.find(Boiler)
        assert (found.note, found.looked_back_on) == ("原有", None)
        assert workspace.count(BaselineEntry) == 0
        desk = Desk(workspace)
        desk.edit(found, looked_back_on="2026-11-01", user_org="平凉一中")
        changed = {item.field for item in workspace.history(Boiler, found.uid)[0].changes}
        assert changed == {"user_org", "looked_back_on"}
        report = workspace.check()
        assert report.ok, report.findings
        assert workspace.schema_version == 2
    assert validate_gpkg.main(["v", "-k", "--warning-as-error", str(older)]) == 0
    with Workspace.open(older) as workspace:
        assert workspace.schema_version == 2


def test_a_backup_is_made_before(older: Path) -> None:
    Workspace.open(older).close()
    (made,) = older.with_name(older.stem + ".backups").iterdir()
    assert "before-upgrade" in made.name
    with closing(sqlite3.connect(made)) as connection:
        schema = connection.execute("SELECT value FROM gridward_meta WHERE key = 'schema'").fetchone()
    assert schema == ("older",)


def test_an_older_file_can_be_read_without_being_changed(older: Path) -> None:
    before = older.read_bytes()
    with Workspace.open(older, read_only=True) as workspace:
        (found,) = workspace.find(Boiler)
        assert (found.note, found.looked_back_on, found.user_org) == ("原有", None, None)
        assert workspace.count(BaselineEntry) == 0
        assert workspace.columns(Boiler, ["user_org", "note"]).values["user_org"].tolist() == [None]
    assert older.read_bytes() == before


def test_a_column_of_a_newer_program_is_left_alone(file: Path) -> None:
    with Workspace.open(file) as workspace:
        Desk(workspace).add(boiler("PL-1"))
    _make_older(file, "ALTER TABLE 燃煤锅炉 ADD COLUMN from_the_future TEXT(20)")
    foreign(file, "UPDATE 燃煤锅炉 SET from_the_future = '留着'")
    with Workspace.open(file) as workspace:
        (found,) = workspace.find(Boiler)
        Desk(workspace).edit(found, note="改")
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT from_the_future FROM 燃煤锅炉").fetchone() == ("留着",)


def test_the_fingerprint_is_that_of_the_declarations() -> None:
    assert migrations.fingerprint() == migrations.fingerprint()
    assert migrations.fingerprint() != migrations.fingerprint([Boiler.TYPE])


def test_a_table_that_only_sync_knows_is_added_too(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier:
        before = [item for item in replica_tables.TABLES if "sync_lost" not in item]
        earlier.setattr(replica_tables, "TABLES", tuple(before))
        then = migrations.fingerprint()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE sync_lost")
        connection.execute("UPDATE gridward_meta SET value = ? WHERE key = 'schema'", (then,))
        connection.commit()
    Workspace.open(file).close()
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM sync_lost").fetchone() == (0,)
