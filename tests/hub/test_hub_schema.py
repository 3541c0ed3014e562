"""The same declarations make a schema in real PostgreSQL with PostGIS, and records pass through unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from app.domain.entities.boiler import Boiler
from app.domain.entities.papers import Approval
from app.domain.entity import Entity
from app.domain.fields import Kind
from app.hub.book import entity_tables
from app.hub.database import HubDatabase
from app.hub.migrations import make_schema
from app.store.tables import STORED_TYPES
from postgres_server import create_database, needs_postgis
from store.records import boiler, cell, village

pytestmark = needs_postgis
ROW = {"h_area": "620802", "h_seq": 1, "h_alive": True, "h_stamps": {}}  # what the hub knows of a row


@pytest.fixture(scope="module")
def hub(postgres_folder: Path) -> Iterator[HubDatabase]:
    """The hub's tables, made in that server."""
    database = HubDatabase(None, create_database(postgres_folder, "schema"))
    make_schema(database)
    yield database
    database.close()


def _through(connection: Connection, record: Entity) -> dict[str, Any]:
    """Write a record and read it again."""
    table, stored = entity_tables()[record.TYPE.name], record.TYPE.stored
    values: dict[str, Any] = {**ROW, "uid": record.uid, **{name: getattr(record, name) for name in stored}}
    if record.TYPE.shape.value:
        values["geometry"] = record.geometry
    connection.execute(insert(table), [values])
    names = [name for name in values if name not in ROW]
    row = connection.execute(
        select(*(table.c[name] for name in names)).where(table.c.uid == record.uid)
    ).one()
    return dict(zip(names, row, strict=True))


def test_every_entity_has_its_table_with_its_columns(hub: HubDatabase) -> None:
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
    for kind in STORED_TYPES:
        with hub.reading() as connection:
            columns = set(connection.exec_driver_sql(query, (kind.name,)).scalars())
        assert columns >= {"uid", *(item.id for item in kind.stored.values())}


def test_geometry_columns_know_their_shape_and_system(hub: HubDatabase) -> None:
    with hub.reading() as connection:
        rows = connection.exec_driver_sql("SELECT f_table_name, type, srid FROM geometry_columns").all()
        indices = connection.exec_driver_sql(
            "SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%%gist%%'"
        )
        assert {f"ix_{kind.name}_geometry" for kind in STORED_TYPES if kind.shape.value} == set(
            indices.scalars()
        )
    assert {tuple(row) for row in rows} == {
        (kind.name, kind.shape.value, 4490) for kind in STORED_TYPES if kind.shape.value
    }


def test_records_pass_through_unchanged(hub: HubDatabase) -> None:
    records: list[Entity] = [
        boiler("PL-1", commissioned="2018-10", pressurized=True, rated_tph=1 / 3),
        cell("C1"),
        village("620802001001", aliases=("旧名", "别名")),
        Approval(
            uid="00000000-0000-4000-8000-000000000001", owner_entity="boiler", owner="x", action="apply",
            person="u", person_name="王芳", role="R3", fingerprint="0" * 64,
            signed_at="2026-11-23T10:00:00.123Z",
        ),
    ]  # fmt: skip
    with hub.writing() as connection:
        for record in records:
            found = _through(connection, record)
            geometry = found.pop("geometry", None)
            assert found == {
                "uid": record.uid,
                **{name: getattr(record, name) for name in record.TYPE.stored},
            }
            assert geometry == record.geometry


def test_postgis_measures_what_was_written(hub: HubDatabase) -> None:
    with hub.writing() as connection:
        _through(connection, cell("C-measured", 106.6, 35.5))
        near = connection.exec_driver_sql(
            "SELECT ST_Area(geometry::geography), ST_IsValid(geometry) FROM grid_cell"
            " WHERE grid_code = 'C-measured' AND geometry && ST_MakeEnvelope(106, 35, 107, 36, 4490)"
        ).one()
    assert near[0] == pytest.approx(1.0068e6, rel=0.01)
    assert near[1] is True


def test_limits_hold_and_keys_hold_among_the_living(hub: HubDatabase) -> None:
    table = entity_tables()["boiler"]

    def enter(uid: str, **values: Any) -> None:
        with hub.writing() as connection:
            connection.execute(insert(table), [{**ROW, "uid": uid, "ledger_no": "PL-8", **values}])

    for values in ({"status": "gone"}, {"rated_tph": 3001.0}):
        with pytest.raises(IntegrityError, match="check constraint"):
            enter("u0", **values)
    enter("u1", h_alive=False)
    enter("u2")
    with pytest.raises(IntegrityError, match="unique constraint"):
        enter("u3")


def test_a_coded_field_takes_its_codes_and_no_other(hub: HubDatabase) -> None:
    coded = {
        item.id: item.choices.codes for item in Boiler.TYPE.stored.values()
        if item.choices and item.kind is not Kind.TEXTS
    }  # fmt: skip
    with hub.writing() as connection:
        connection.execute(insert(entity_tables()["boiler"]), [{**ROW, "uid": "u-coded"}])

    def give(name: str, code: str) -> None:
        with hub.writing() as connection:
            words = f"UPDATE boiler SET \"{name}\" = %s WHERE uid = 'u-coded'"
            connection.exec_driver_sql(words, (code,))

    assert len(coded) > 8
    for name, codes in coded.items():
        for code in codes:
            give(name, code)
        for other in (f"{codes[0]}x", ",".join(codes[:2]), ""):
            with pytest.raises(IntegrityError, match=f"ck_boiler_{name}_0"):
                give(name, other)
