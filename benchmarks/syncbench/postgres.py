"""A PostgreSQL server of the benchmark's own, durable as it comes, and COPY into the hub's table."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from app.domain.digest import MODULUS, row_hash
from app.domain.entities.boiler import Boiler
from app.domain.replication import Cells
from app.hub.book import field_ids
from syncbench.rows import boilers

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
FIELDS = field_ids(Boiler.TYPE)
COLUMNS = ("uid", "h_area", "h_seq", "h_alive", "h_stamps", *FIELDS)
STAMPS = '{"*":[1,1,117637120000000000]}'


@contextmanager
def server() -> Iterator[tuple[str, int]]:
    """A server that listens on a socket of its own; its address and process number."""
    folder = Path(tempfile.mkdtemp(prefix="gridward-bench-", dir="/tmp"))  # a socket's path must be short
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        data = folder / "db"
        _run("initdb", "-A", "trust", "-U", "gridward", "-E", "UTF8", "--locale=C", str(data))
        options = f"-c listen_addresses='' -c shared_buffers=512MB -c max_wal_size=4GB -k {folder}"
        _run("pg_ctl", "-w", "-s", "-D", str(data), "-o", options, "-l", str(folder / "log"), "start")
        try:
            pid = int((data / "postmaster.pid").read_text("ascii").split()[0])
            yield f"postgresql://gridward@/postgres?host={folder}", pid
        finally:
            _run("pg_ctl", "-w", "-s", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def copy_rows(
    connection: psycopg.Connection[Any], rows: Iterable[tuple[str, Cells]], table: str = "boiler"
) -> None:
    """COPY boilers into a table of the hub."""
    listed = ", ".join(f'"{name}"' for name in COLUMNS)
    with connection.cursor().copy(f'COPY "{table}" ({listed}) FROM STDIN') as road:
        for uid, cells in rows:
            values = [cells.get(name) for name in FIELDS]
            values[0] = (
                cells["geometry"][:1] + b"\x01\x00\x00\x20\x8a\x11\x00\x00" + cells["geometry"][5:]
            ).hex()
            road.write_row((uid, cells["div_code"], 1, True, STAMPS, *values))


def fill(url: str, count: int) -> dict[str, int]:
    """Put so many boilers into the hub's table past its rules; gives the digest of each area.

    Its indexes are made anew afterwards, as one does with a large table.
    """
    digests: dict[str, int] = {}

    def rows() -> Iterator[tuple[str, Cells]]:
        for uid, cells in boilers(0, count):
            area = cells["div_code"]
            digests[area] = (digests.get(area, 0) + row_hash("boiler", uid, cells)) % MODULUS
            yield uid, cells

    with psycopg.connect(url, autocommit=True) as connection:
        made = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'boiler'"
        ).fetchall()
        indexes = [(name, words) for name, words in made if not name.endswith("_pkey")]
        for name, _ in indexes:
            connection.execute(f'DROP INDEX "{name}"')
        with connection.transaction():
            copy_rows(connection, rows())
        for _, words in indexes:
            connection.execute(words)
        connection.execute("VACUUM ANALYZE boiler")
        connection.execute("CHECKPOINT")
    return digests


def _run(program: str, *words: str) -> None:
    """Run a program of PostgreSQL, which refuses to be root."""
    if not PROGRAMS:
        raise SystemExit("PostgreSQL is missing; ./dev bench installs it")
    command = [str(PROGRAMS[-1] / program), *words]
    if os.name == "posix" and os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/tmp")
