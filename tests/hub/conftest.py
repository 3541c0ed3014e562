"""Hubs to test with: embedded, and on a PostgreSQL server of our own; the same tests run on both.

A hub with everybody in it is made once for each of the two and copied: to make one with PostGIS is slow.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.hub import founding
from app.hub.hub import Hub
from hub.office_hub import CITY, NOON, PEOPLE, HubBench, person
from postgres_server import create_database, sql

ENGINES = ("sqlite", "postgres")


def _found(folder: Path, url: str | None) -> Path:
    hub = Hub.init(folder, url, CITY, [], None, now=NOON)
    people = [person(name) for name in PEOPLE]
    founding.begin(hub.database, hub._keys, CITY, people, int(NOON.timestamp() * 1000))
    hub.close()
    return folder


def _drop(server: Path, name: str) -> None:
    sql(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _name(folder: Path) -> str:
    return "h" + folder.name.replace("-", "_").lower()[-50:]


@pytest.fixture(scope="session")
def sqlite_hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed hub with everybody in it; copied, never opened."""
    return _found(tmp_path_factory.mktemp("sqlite") / "hub", None)


@pytest.fixture(scope="session")
def postgres_hub(postgres_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with the database `founded`."""
    return _found(tmp_path_factory.mktemp("postgres") / "hub", create_database(postgres_folder, "founded"))


@pytest.fixture(params=ENGINES)
def bare_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, str | None]]:
    """A place for a hub: a folder, and for PostgreSQL the address of an empty database."""
    if request.param == "sqlite":
        yield tmp_path / "hub", None
        return
    server, name = request.getfixturevalue("postgres_folder"), _name(tmp_path)
    yield tmp_path / "hub", create_database(server, name)
    _drop(server, name)


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, str | None]]:
    """The place of a closed hub of the test's own with everybody in it."""
    folder = tmp_path / "hub"
    shutil.copytree(request.getfixturevalue(f"{request.param}_hub"), folder)
    if request.param == "sqlite":
        yield folder, None
        return
    server, name = request.getfixturevalue("postgres_folder"), _name(tmp_path)
    yield folder, create_database(server, name, "founded")
    _drop(server, name)


@pytest.fixture
def bench(place: tuple[Path, str | None]) -> Iterator[HubBench]:
    """A hub with everybody in it."""
    hub = Hub.open(*place)
    yield HubBench(hub)
    hub.close()
