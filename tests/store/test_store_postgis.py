"""The same declarations make a schema in real PostgreSQL with PostGIS, and records pass through unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from app.domain.entities.papers import Approval
from app.domain.entity import Entity
from app.store.postgis import engine_of, hub_layout, make_schema
from app.store.tables import STORED_TYPES, Layout
from postgres_server import needs_postgis
from store.records import boiler, cell, village

pytestmark = needs_postgis


@pytest.fixture(scope="module")
def hub(postgres_folder: Path) -> Iterator[tuple[Engine, Layout]]:
    """The schema, made in that server."""
    engine, layout = engine_of(f"postgresql://gridward@/postgres?host={postgres_folder}"), hub_layout()
    with engine.begin() as connection:
        make_schema(connection, layout)
    yield engine, layout
    engine.dispose()


def _through(connection: Connection, layout: Layout, record: Entity) -> dict[str, Any]:
    """Write a record and read it again."""
    table, stored = layout.of(record.TYPE.name), record.TYPE.stored
    values: dict[str, Any] = {"uid": record.uid, **{name: getattr(record, name) for name in stored}}
    if record.TYPE.shape.value:
        values["geometry"] = record.geometry
    connection.execute(insert(table), [values])
    names = list(values)
    row = connection.execute(
        select(*(table.c[name] for name in names)).where(table.c.uid == record.uid)
    ).one()
    return dict(zip(names, row, strict=True))


def test_every_entity_has_its_table_with_its_columns(hub: tuple[Engine, Layout]) -> None:
    engine, _ = hub
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
    for kind in STORED_TYPES:
        with engine.connect() as connection:
            columns = set(connection.exec_driver_sql(query, (kind.name,)).scalars())
        assert columns >= {"uid", *(item.id for item in kind.stored.values())}


def test_geometry_columns_know_their_shape_and_system(hub: tuple[Engine, Layout]) -> None:
    engine, _ = hub
    with engine.connect() as connection:
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


def test_records_pass_through_unchanged(hub: tuple[Engine, Layout]) -> None:
    engine, layout = hub
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
    with engine.begin() as connection:
        for record in records:
            found = _through(connection, layout, record)
            geometry = found.pop("geometry", None)
            assert found == {
                "uid": record.uid,
                **{name: getattr(record, name) for name in record.TYPE.stored},
            }
            assert geometry == record.geometry


def test_postgis_measures_what_was_written(hub: tuple[Engine, Layout]) -> None:
    engine, layout = hub
    with engine.begin() as connection:
        _through(connection, layout, cell("C-measured", 106.6, 35.5))
        near = connection.exec_driver_sql(
            "SELECT ST_Area(geometry::geography), ST_IsValid(geometry) FROM grid_cell"
            " WHERE grid_code = 'C-measured' AND geometry && ST_MakeEnvelope(106, 35, 107, 36, 4490)"
        ).one()
    assert near[0] == pytest.approx(1.0068e6, rel=0.01)
    assert near[1] is True


def test_limits_and_keys_hold_at_the_hub(hub: tuple[Engine, Layout]) -> None:
    engine, layout = hub
    with engine.begin() as connection:
        connection.execute(delete(layout.of("boiler")))
    table = layout.of("boiler")
    for values in (
        {"ledger_no": "PL-8", "status": "gone"},
        {"ledger_no": "PL-8", "rated_tph": 3001.0},
        {"ledger_no": None},
    ):
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(insert(table), [{"uid": "u1", **values}])
    with engine.begin() as connection:
        connection.execute(insert(table), [{"uid": "u1", "ledger_no": "PL-8"}])
        status = connection.execute(select(table.c.status, table.c.round_no)).one()
        assert tuple(status) == ("suspect", 1)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(insert(table), [{"uid": "u2", "ledger_no": "PL-8"}])
