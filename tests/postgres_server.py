"""A PostgreSQL server of our own for tests of a bureau's hub: in a folder, on a socket, gone afterwards.

The fixture `postgres_folder` of the whole suite keeps one for a process; each test makes
databases of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PROGRAMS = BINARIES[-1] if BINARIES else None
POSTGIS = sorted(Path("/usr/share/postgresql").glob("*/extension/postgis.control"))
ROOM = 4 << 30  # bytes; tests drop their databases, and a server with all of them has never had a tenth of it
HAS_POSTGIS = bool(PROGRAMS and POSTGIS) or bool(os.environ.get("CI"))  # missing in CI fails
needs_postgis = pytest.mark.skipif(not HAS_POSTGIS, reason="PostGIS comes with ./dev test")


def run(program: str, *words: str) -> None:
    """Run a program of PostgreSQL, which refuses to be root."""
    assert PROGRAMS is not None
    command = [str(PROGRAMS / program), *words]
    if os.name == "posix" and os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/tmp")


def sql(server: Path, statement: str) -> None:
    """Tell a server a statement about its databases: `createdb` and `dropdb`, run as another user, cost more
    than what they ask for."""
    with psycopg.connect(f"host={server} user=gridward dbname=postgres", autocommit=True) as connection:
        connection.execute(statement)


def create_database(server: Path, name: str, template: str = "template1") -> str:
    """Make a database, as a copy of another that nobody has open; its address for a hub."""
    sql(
        server, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'
    )  # all of it past the log
    return f"postgresql://gridward@/{name}?host={server}"


def _short_place() -> str:
    """Where the path of a socket is short enough; in memory if there is much, as each database has hundreds
    of files."""
    memory = "/dev/shm"
    return memory if Path(memory).is_dir() and shutil.disk_usage(memory).free > ROOM else "/tmp"


@contextmanager
def postgres() -> Iterator[Path]:
    """The folder of its socket."""
    folder = Path(tempfile.mkdtemp(prefix="gridward-pg-", dir=_short_place()))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        run("initdb", "-N", "-A", "trust", "-U", "gridward", "-E", "UTF8", "--locale=C", str(folder / "db"))
        options = f"-c listen_addresses='' -c fsync=off -k {folder}"
        run("pg_ctl", "-w", "-s", "-D", str(folder / "db"), "-o", options, "-l", str(folder / "log"), "start")
        try:
            yield folder
        finally:
            run("pg_ctl", "-w", "-s", "-D", str(folder / "db"), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
