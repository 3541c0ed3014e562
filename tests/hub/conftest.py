"""Hubs to test with: embedded, and on a PostgreSQL server of our own; the same tests run on both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.hub.hub import Hub
from hub.office_hub import CITY, NOON, PEOPLE, HubBench, person
from postgres_server import run


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, str | None]]:
    """A place for a hub: a folder, and for PostgreSQL the address of an empty database."""
    if request.param == "sqlite":
        yield tmp_path / "hub", None
        return
    server = request.getfixturevalue("postgres_folder")
    name = "h" + tmp_path.name.replace("-", "_").lower()[-50:]
    run("createdb", "-h", str(server), "-U", "gridward", name)
    yield tmp_path / "hub", f"postgresql://gridward@/{name}?host={server}"
    run("dropdb", "-f", "-h", str(server), "-U", "gridward", name)


@pytest.fixture
def make_hub(place: tuple[Path, str | None]) -> Iterator[Callable[[], HubBench]]:
    """Makes the hub at the place, with everybody in it."""
    made: list[Hub] = []

    def make() -> HubBench:
        hub = Hub.init(*place, CITY, [], None, now=NOON)
        from app.hub import founding

        founding.begin(
            hub.database, hub._keys, CITY, [person(name) for name in PEOPLE], int(NOON.timestamp() * 1000)
        )
        made.append(hub)
        return HubBench(hub)

    yield make
    for hub in made:
        hub.close()


@pytest.fixture
def bench(make_hub: Callable[[], HubBench]) -> HubBench:
    """A hub with everybody in it."""
    return make_hub()
