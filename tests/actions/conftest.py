"""One workspace with its people, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.office import PEOPLE, PIN, Office
from app.actions.people import new_person
from app.actions.session import Session
from app.bootstrap import create_workspace
from app.domain.changes import insert
from app.store.workspace import Workspace
from conftest import Clock


@pytest.fixture(scope="session")
def office_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """平凉 with everybody in it, closed; copied, never opened. Verifiers are slow: all share one."""
    path = tmp_path_factory.mktemp("office") / "office.gpkg"
    session = create_workspace(path, "620800", "admin", PIN, now=Clock())
    first = new_person(session, "first", "R0", "", "", PIN)
    people = [
        first.replace(uid=session.new_uid(), login=name, name=name, role=role, org=org, area=area)
        for name, (role, org, area) in PEOPLE.items()
    ]
    session.commit(map(insert, people), "user_add")
    session.close()
    return path


@pytest.fixture
def file(office_file: Path, tmp_path: Path) -> Path:
    """The test's own workspace file, closed."""
    return Path(shutil.copy(office_file, tmp_path / "office.gpkg"))


@pytest.fixture
def office(file: Path, tmp_path: Path, clock: Clock) -> Iterator[Office]:
    """The test's own office, at work."""
    session = Session(Workspace.open(file))
    session.now = clock
    office = Office(session, clock, tmp_path / "papers")
    yield office
    office.session.close()
