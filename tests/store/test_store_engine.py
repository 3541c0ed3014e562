"""What SQLAlchemy compiles is kept for all files of a process."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.sql.compiler import SQLCompiler

from app.domain.entities.boiler import Boiler
from app.domain.filters import equal
from app.store.workspace import Workspace


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
