"""Hubs to test with: embedded, and on a PostgreSQL server of our own; the same tests run on both."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.hub.hub import Hub
from hub.office_hub import CITY, NOON, PEOPLE, HubBench, person

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PROGRAMS = BINARIES[-1] if BINARIES else None
POSTGIS = sorted(Path("/usr/share/postgresql").glob("*/extension/postgis.control"))


def _run(program: str, *words: str) -> None:
    """Run a program of PostgreSQL, which refuses to be root."""
    assert PROGRAMS is not None
    command = [str(PROGRAMS / program), *words]
    if os.name == "posix" and os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/tmp")


@pytest.fixture(scope="session")
def hub_server() -> Iterator[Path]:
    """A server that only listens on a socket in a folder; gone afterwards."""
    if not (PROGRAMS and POSTGIS) and not os.environ.get("CI"):
        pytest.skip("PostGIS comes with ./dev test")
    folder = Path(tempfile.mkdtemp(prefix="gridward-hub-", dir="/tmp"))  # a socket's path must be short
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        _run("initdb", "-N", "-A", "trust", "-U", "gridward", "-E", "UTF8", "--locale=C", str(folder / "db"))
        options = f"-c listen_addresses='' -c fsync=off -k {folder}"
        _run(
            "pg_ctl", "-w", "-s", "-D", str(folder / "db"), "-o", options, "-l", str(folder / "log"), "start"
        )
        try:
            yield folder
        finally:
            _run("pg_ctl", "-w", "-s", "-D", str(folder / "db"), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, str | None]]:
    """A place for a hub: a folder, and for PostgreSQL the address of an empty database."""
    if request.param == "sqlite":
        yield tmp_path / "hub", None
        return
    server = request.getfixturevalue("hub_server")
    name = "h" + tmp_path.name.replace("-", "_").lower()[-50:]
    _run("createdb", "-h", str(server), "-U", "gridward", name)
    yield tmp_path / "hub", f"postgresql://gridward@/{name}?host={server}"
    _run("dropdb", "-f", "-h", str(server), "-U", "gridward", name)


@pytest.fixture
def make_hub(place: tuple[Path, str | None]) -> Iterator[Callable[[], HubBench]]:
    """Makes the hub at the place, with everybody in it."""
    made: list[Hub] = []

    def make() -> HubBench:
        hub = Hub.init(*place, CITY, [], None, now=NOON)
        from app.hub import founding

        founding.begin(
            hub._database, hub._keys, CITY, [person(name) for name in PEOPLE], int(NOON.timestamp() * 1000)
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
