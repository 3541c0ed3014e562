"""Making the hub's schema, and bringing an older one up to this version's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

from sqlalchemy import Connection, inspect, select

from app.errors import StoreFailure
from app.hub.book import (
    ASKED,
    BOOK,
    FACTS,
    LOST,
    PARTS,
    PASSPHRASES,
    SCHEMA,
    STANDING,
    TRIES,
    VERIFIERS,
    entity_tables,
    unasked_indexes,
)
from app.hub.database import HubDatabase
from app.i18n import N_

_MONTHS_AHEAD = 2
_MAKING = "making"  # the fact that stands while a hub is being made


def _keep_secrets(connection: Connection) -> None:
    """Version 2: verifiers, passphrases and failed tries have tables of their own."""
    for table in (VERIFIERS, PASSPHRASES, TRIES):
        table.create(connection, checkfirst=True)


def _keep_lost(connection: Connection) -> None:
    """Version 3: what a restored hub was given back, and acts that came in parts."""
    for table in (LOST, PARTS):
        table.create(connection, checkfirst=True)


def _keep_revokers(connection: Connection) -> None:
    """Version 4: who revoked a laptop."""
    connection.exec_driver_sql("ALTER TABLE hub_device ADD COLUMN revoked_by TEXT")


def _keep_asked(connection: Connection) -> None:
    """Version 5: the papers that laptops lack which come by stick."""
    ASKED.create(connection, checkfirst=True)


def _keep_standing(connection: Connection) -> None:
    """Version 6: where what lost blocks told stands in the log."""
    STANDING.create(connection, checkfirst=True)


def _keep_formers(connection: Connection) -> None:
    """Version 7: which laptop's file goes on under new keys."""
    connection.exec_driver_sql("ALTER TABLE hub_device ADD COLUMN former VARCHAR(36)")


def _drop_unasked(connection: Connection) -> None:
    """Version 8: no index of what the hub never asks by."""
    for name in unasked_indexes():
        connection.exec_driver_sql(f'DROP INDEX IF EXISTS "{name}"')


def _keep_programs(connection: Connection) -> None:
    """Version 9: which version of the program each laptop runs."""
    connection.exec_driver_sql("ALTER TABLE hub_device ADD COLUMN program VARCHAR(40)")


def _keep_disks(connection: Connection) -> None:
    """Version 10: whether each laptop's disk is encrypted."""
    connection.exec_driver_sql("ALTER TABLE hub_device ADD COLUMN disk VARCHAR(10)")


def _keep_journals(connection: Connection) -> None:
    """Version 11: whether each laptop's journal is whole."""
    connection.exec_driver_sql("ALTER TABLE hub_device ADD COLUMN journal VARCHAR(10)")


def _keep_batches_of_acts(connection: Connection) -> None:
    """Version 12: in which batch each act came."""
    connection.exec_driver_sql("ALTER TABLE hub_act ADD COLUMN batch BIGINT")


# What version n needs to become n + 1, by n. Columns of new fields are added by `_add_columns` in any case.
STEPS: dict[int, Callable[[Connection], None]] = {
    1: _keep_secrets, 2: _keep_lost, 3: _keep_revokers, 4: _keep_asked, 5: _keep_standing,
    6: _keep_formers, 7: _drop_unasked, 8: _keep_programs, 9: _keep_disks, 10: _keep_journals,
    11: _keep_batches_of_acts,
}  # fmt: skip


def make_schema(database: HubDatabase) -> None:
    """Make all tables in an empty database; PostGIS must be installed on a PostgreSQL server."""
    with database.writing() as connection:
        if database.postgres:
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS postgis")
        entity_tables()
        BOOK.create_all(connection)
        if database.postgres:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS hub_log_rest PARTITION OF hub_log DEFAULT")
        else:
            connection.exec_driver_sql(
                "CREATE INDEX IF NOT EXISTS ix_boiler_bucket ON boiler (h_bucket(geometry)) WHERE h_alive"
            )
        connection.execute(FACTS.insert().values(name="schema", value=str(SCHEMA).encode()))
        connection.execute(FACTS.insert().values(name=_MAKING, value=b"1"))


def finish_making(database: HubDatabase) -> None:
    """The first records are in: from now on it is a hub."""
    with database.writing() as connection:
        connection.execute(FACTS.delete().where(FACTS.c.name == _MAKING))


def is_made(database: HubDatabase) -> bool:
    """Whether there is a hub in the database; raises StoreFailure for one whose making was cut short, which
    holds a part of the records only."""
    with database.reading() as connection:
        if not inspect(connection).has_table(FACTS.name):
            return False
        making = connection.execute(select(FACTS.c.name).where(FACTS.c.name == _MAKING)).first()
    if making is not None:
        raise StoreFailure(
            N_("The making of this hub was cut short; it has only a part of its records"),
            hint=N_(
                "Remove its folder, or drop its PostgreSQL database and create it again; then “hub init”."
            ),
            code="unfinished",
        )
    return True


def migrate(database: HubDatabase) -> None:
    """Bring the schema to this version; raises StoreFailure for one that a newer program made."""
    with database.writing() as connection:
        found = connection.execute(select(FACTS.c.value).where(FACTS.c.name == "schema")).scalar_one()
        version = int(bytes(found))
        if version > SCHEMA:
            raise StoreFailure(
                N_("This hub was made by a newer version of the program"),
                hint=N_("Update the program here, then try again. Nothing was changed."),
                code="too_new",
            )
        for number in range(version, SCHEMA):
            STEPS[number](connection)
        if version != SCHEMA:
            connection.execute(
                FACTS.update().where(FACTS.c.name == "schema").values(value=str(SCHEMA).encode())
            )
        _add_columns(connection)


def _add_columns(connection: Connection) -> None:
    """Tables and columns of entities and fields that came with this version."""
    present = set(inspect(connection).get_table_names())
    for name, table in entity_tables().items():
        if name not in present:
            table.create(connection)
            continue
        # Asked of an empty answer: SQLAlchemy's own inspection does not know the type of a geometry.
        have = set(connection.exec_driver_sql(f'SELECT * FROM "{name}" LIMIT 0').keys())
        for column in table.columns:
            if column.name not in have:
                kind = column.type.compile(connection.dialect)
                connection.exec_driver_sql(f'ALTER TABLE "{name}" ADD COLUMN "{column.name}" {kind}')


def make_partitions(database: HubDatabase, now_ms: int) -> None:
    """The log's partitions for this month and the next; what falls outside lands in the rest."""
    if not database.postgres:
        return
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    months = [divmod(now.year * 12 + now.month - 1 + ahead, 12) for ahead in range(_MONTHS_AHEAD + 1)]
    starts = [datetime(year, month + 1, 1, tzinfo=UTC) for year, month in months]
    with database.writing() as connection:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(620800)")
        connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")  # whoever pushes would wait behind us
        have = set(inspect(connection).get_table_names())
        for start, end in pairwise(starts):
            name = f"hub_log_{start:%Y_%m}"
            low, high = (int(day.timestamp() * 1000) for day in (start, end))
            if name not in have and not _rest_has(connection, low, high):
                connection.exec_driver_sql(
                    f"CREATE TABLE {name} PARTITION OF hub_log FOR VALUES FROM ({low}) TO ({high})"
                )


def _rest_has(connection: Connection, low: int, high: int) -> bool:
    """Whether rows of this time lie in the rest already: then a partition cannot be made for it."""
    query = "SELECT 1 FROM hub_log_rest WHERE received >= %s AND received < %s LIMIT 1"
    return connection.exec_driver_sql(query, (low, high)).first() is not None
