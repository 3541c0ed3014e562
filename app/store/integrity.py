"""`check`: whether database, GeoPackage, spatial index, journal and evidence are whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, inspect, select

from app.domain.entities.papers import Attachment
from app.domain.entity import GEOMETRY
from app.errors import StoreFailure
from app.store import byrecord, chain, confirmed, evidence, gpkg, migrations, replica_facts, rtree, watch
from app.store.agreement import disagreeing
from app.store.attachments import Attachments
from app.store.connect import Database
from app.store.rtree import quoted
from app.store.tables import STORED_TYPES

REQUIRED = ("gpkg_spatial_ref_sys", "gpkg_contents", "gpkg_geometry_columns", "gpkg_extensions")


@dataclass(frozen=True)
class Finding:
    """One thing that is not whole: which check, a code, and where."""

    check: str
    code: str
    where: str


@dataclass(frozen=True)
class CheckReport:
    """The answer of every check by name (true when nothing was found), and what was found."""

    checks: dict[str, bool]
    findings: tuple[Finding, ...]
    external: int

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def check(
    database: Database,
    attachments: Attachments,
    prove: Callable[[Connection], Sequence[dict[str, Any]]] = lambda connection: chain.prove(connection)[0],
) -> CheckReport:
    """Run every check; edits by other programs are counted, they are no fault of the file. `prove` says what
    is wrong with the journal's chain."""
    parts: dict[str, Callable[[Connection], list[tuple[str, str]]]] = {
        "database": _database,
        "geopackage": lambda connection: _geopackage(connection, database),
        "spatial_index": lambda connection: _index(connection, database),
        "journal": lambda connection: _journal(connection, prove(connection)),
        "triggers": _triggers,
        "records": lambda connection: _records(connection, database),
        "attachments": lambda connection: _attachments(connection, database, attachments),
    }
    findings: list[Finding] = []
    with database.reading() as connection:
        for name, look in parts.items():
            findings += [Finding(name, code, where) for code, where in look(connection)]
        external = int(connection.execute(chain.unattributed_count()).scalar_one())
    bad = {finding.check for finding in findings}
    return CheckReport({name: name not in bad for name in parts}, tuple(findings), external)


def _database(connection: Connection) -> list[tuple[str, str]]:
    answers = connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars().all()
    found = [("damaged", str(answer)) for answer in answers if answer != "ok"]
    if connection.exec_driver_sql("SELECT txn FROM sync_ctx WHERE one = 1").scalar() != 0:
        found.append(("context_left_set", "sync_ctx"))
    return found


def _geopackage(connection: Connection, database: Database) -> list[tuple[str, str]]:
    found = []
    if connection.exec_driver_sql("PRAGMA application_id").scalar() != gpkg.APPLICATION_ID:
        found.append(("application_id", "PRAGMA application_id"))
    present = set(inspect(connection).get_table_names())
    found += [("missing_table", name) for name in REQUIRED if name not in present]
    registered = dict(_pairs(connection, "SELECT table_name, data_type FROM gpkg_contents"))
    for name, table in database.layout.tables.items():
        if table.name not in present:
            found.append(("missing_table", table.name))
        elif name not in migrations.HIDDEN and table.name not in registered:
            found.append(("not_registered", table.name))
    found += [("foreign_key", str(row[0])) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
    return found


def _index(connection: Connection, database: Database) -> list[tuple[str, str]]:
    """The index must hold exactly the rows with a geometry, each with its own box."""
    found = []
    for kind in STORED_TYPES:
        if not kind.shape.value:
            continue
        table = database.layout.of(kind.name).name
        found += _unreadable(connection, table)
        index, t = quoted(rtree.index_name(table, GEOMETRY)), quoted(table)
        shaped = f"SELECT fid FROM {t} WHERE {GEOMETRY} IS NOT NULL AND NOT ST_IsEmpty({GEOMETRY})"
        differing = connection.exec_driver_sql(
            f"SELECT (SELECT count(*) FROM ({shaped} EXCEPT SELECT id FROM {index}))"
            f" + (SELECT count(*) FROM (SELECT id FROM {index} EXCEPT {shaped}))"
        ).scalar()
        if differing:
            found.append(("index_differs", f"{table}: {differing}"))
        elif moved := connection.exec_driver_sql(
            # The index keeps single precision, rounded outwards, so the box must lie inside it.
            f"SELECT count(*) FROM {t} JOIN {index} ON id = fid WHERE ST_MinX({GEOMETRY}) < minx"
            f" OR ST_MaxX({GEOMETRY}) > maxx OR ST_MinY({GEOMETRY}) < miny OR ST_MaxY({GEOMETRY}) > maxy"
        ).scalar():
            found.append(("index_differs", f"{table}: {moved}"))
    return found


def _unreadable(connection: Connection, table: str) -> list[tuple[str, str]]:
    """Geometries without an extent: empty, or bytes that are no geometry."""
    rows = connection.exec_driver_sql(
        f"SELECT uid FROM {quoted(table)} WHERE {GEOMETRY} IS NOT NULL AND ST_IsEmpty({GEOMETRY})"
    )
    return [("unreadable_geometry", f"{table} {uid}") for uid in rows.scalars()]


def _journal(connection: Connection, problems: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    found = [(str(problem["code"]), _told(problem)) for problem in problems]
    differing = byrecord.differing(connection)
    return [*found, ("index_differs", f"sync_journal: {differing}")] if differing else found


def _triggers(connection: Connection) -> list[tuple[str, str]]:
    """Somebody who removes a trigger can change rows without leaving a trace."""
    return [("trigger_lost", name) for name in watch.lost(connection)]


def _records(connection: Connection, database: Database) -> list[tuple[str, str]]:
    """A record that differs from its journal was changed behind the journal's back."""
    whole = connection.exec_driver_sql("SELECT 1 FROM sync_origin LIMIT 1").first() is None
    differing = disagreeing(connection, database.layout, whole=whole)
    found = [("unjournalled", f"{entity} {uid}") for entity, uid in differing]
    return found if whole else found + _digests(connection, database)


def _digests(connection: Connection, database: Database) -> list[tuple[str, str]]:
    """The areas of a snapshot whose records are not those the hub has vouched for."""
    raw: Any = connection.connection.driver_connection
    facts = replica_facts.load(raw)
    counted = confirmed.digests(raw, database.layout, facts.root) if facts else {}
    kept = raw.execute("SELECT area, digest FROM sync_cursor ORDER BY area").fetchall()
    return [
        ("digest_differs", area) for area, told in kept if facts and counted.get(area, 0) != int(told, 16)
    ]


def _attachments(
    connection: Connection, database: Database, attachments: Attachments
) -> list[tuple[str, str]]:
    """A file that others have may be missing here: it is fetched when somebody wants it."""
    table = database.layout.of(Attachment.TYPE.name)
    raw: Any = connection.connection.driver_connection
    elsewhere = evidence.elsewhere(raw, database.layout) if replica_facts.load(raw) else set()
    found = []
    for sha256 in connection.execute(select(table.c.sha256).distinct()).scalars():
        try:
            attachments.verify(sha256)
        except StoreFailure as failure:
            if failure.code != "attachment_missing" or sha256 not in elsewhere:
                found.append((failure.code, sha256))
    return found


def _pairs(connection: Connection, query: str) -> list[tuple[Any, Any]]:
    return [(row[0], row[1]) for row in connection.exec_driver_sql(query)]


def _told(problem: dict[str, Any]) -> str:
    return " ".join(f"{key}={value}" for key, value in problem.items() if key != "code" and value is not None)
