"""What SQLAlchemy compiles is kept for all files; a file is opened and closed by one connection."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.sql.compiler import SQLCompiler

from app.domain.entities.boiler import Boiler
from app.domain.filters import equal
from app.store.workspace import Workspace
from store.records import Desk, boiler


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that are compiled from now on."""
    told: list[str] = []
    make = SQLCompiler.__init__

    def noted(self: SQLCompiler, *given: Any, **named: Any) -> None:
        make(self, *given, **named)
        told.append(str(self))

    monkeypatch.setattr(SQLCompiler, "__init__", noted)
    return told


def test_a_statement_is_compiled_once_for_all_files(
    empty_file: Path, tmp_path: Path, compiled: list[str]
) -> None:
    for number in range(2):
        with Workspace.open(Path(shutil.copy(empty_file, tmp_path / f"{number}.gpkg"))) as workspace:
            if number:
                compiled.clear()
            assert workspace.find(Boiler, equal(note="nobody asked this before")) == []
    assert not [words for words in compiled if "SELECT" in words]


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are connected to from now on."""
    told: list[str] = []
    connect = sqlite3.connect

    def noted(place: str, **given: Any) -> sqlite3.Connection:
        told.append(place)
        return connect(place, **given)

    monkeypatch.setattr(sqlite3, "connect", noted)
    return told


@pytest.mark.parametrize("read_only", [False, True])
def test_one_connection_opens_a_file_and_closes_it(
    empty_file: Path, tmp_path: Path, connections: list[str], *, read_only: bool
) -> None:
    Workspace.open(shutil.copy(empty_file, tmp_path / "a.gpkg"), read_only=read_only).close()
    assert len(connections) == 1, "each reads all triggers of the file before it does anything"


def test_what_wrote_brings_the_log_in(empty_file: Path, tmp_path: Path, connections: list[str]) -> None:
    file = Path(shutil.copy(empty_file, tmp_path / "a.gpkg"))
    with Workspace.open(file) as workspace:
        Desk(workspace).add(boiler("PL-1"))
        made = len(connections)
    assert made == len(connections) == 2, "one reads, one saves, and no other closes"
    assert not file.with_name("a.gpkg-wal").exists()
    with Workspace.open(file) as workspace:
        assert workspace.count(Boiler) == 1
