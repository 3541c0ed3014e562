"""A hub that an earlier version made is brought up to this one with all it has, on both engines."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, select

from app.hub.book import FACTS, SCHEMA
from app.hub.hub import Hub
from hub.office_hub import HubBench

INDEXED = ("div_code", "grid_code", "status")  # of a boiler, up to version 7
NAMES = [f"ix_boiler_{name}" for name in INDEXED]


def _as_of_version_5(connection: Connection) -> None:
    connection.exec_driver_sql("DROP TABLE hub_standing")
    connection.exec_driver_sql("ALTER TABLE hub_device DROP COLUMN former")
    connection.exec_driver_sql("ALTER TABLE hub_device DROP COLUMN program")
    connection.exec_driver_sql("ALTER TABLE hub_device DROP COLUMN disk")
    connection.exec_driver_sql("ALTER TABLE hub_device DROP COLUMN journal")
    connection.exec_driver_sql("ALTER TABLE hub_act DROP COLUMN batch")
    for name in INDEXED:
        connection.exec_driver_sql(f"CREATE INDEX ix_boiler_{name} ON boiler ({name})")
    connection.execute(FACTS.update().where(FACTS.c.name == "schema").values(value=b"5"))


def _indexes(connection: Connection) -> set[str]:
    embedded = connection.dialect.name == "sqlite"
    words = (
        "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'boiler'"
        if embedded
        else "SELECT indexname FROM pg_indexes WHERE tablename = 'boiler'"
    )
    return set(connection.exec_driver_sql(words).scalars())


def test_a_hub_of_version_5_goes_on_with_all_it_has(bench: HubBench, place: tuple[Path, str | None]) -> None:
    laptop = bench.laptop()
    first = laptop.enter(ledger_no="PL-1")
    assert laptop.push().state == "taken"
    with bench.hub.database.writing() as connection:
        assert not _indexes(connection) & set(NAMES)
        _as_of_version_5(connection)
        assert set(NAMES) <= _indexes(connection)
    bench.hub.close()
    bench.hub = Hub.open(*place)
    with bench.hub.database.reading() as connection:
        assert not _indexes(connection) & set(NAMES)
        assert "ix_boiler_user_org" in _indexes(connection)
        assert connection.execute(select(FACTS.c.value).where(FACTS.c.name == "schema")).scalar_one() == (
            str(SCHEMA).encode()
        )
        assert not connection.exec_driver_sql("SELECT * FROM hub_standing").all()
    laptop.edit("officer", first.uid, note="后来写的")
    assert laptop.push().state == "taken"
    found = bench.boiler(first.uid)
    assert found is not None and (found.ledger_no, found.note) == ("PL-1", "后来写的")
    assert {item.device for item in bench.hub.devices()} == {laptop.uid}
    bench.check()
    bench.hub.close()
