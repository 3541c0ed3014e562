"""Work about records that went to more areas than expected is taken, however often it is decided anew.

On PostgreSQL a push locks the areas it is likely to write to, and is decided anew with each one it missed.
"""

from __future__ import annotations

from app.domain.entities.boiler import Boiler
from app.hub.book import BOOK
from app.hub.hub import Hub
from hub.office_hub import CITY, COUNTY, TOWN, HubBench, Laptop, boiler

OTHER = "620821"  # another county
TOWNS = [f"{COUNTY}{number}" for number in range(101, 111)]


def moved_away(city: Laptop, records: list[Boiler], areas: list[str]) -> None:
    """The city moves each of these boilers into one of these towns."""
    city.pull()
    for record, area in zip(records, areas, strict=True):
        city.edit("city", record.uid, div_code=area)
    assert city.push().accepted == len(records)


def test_edits_of_records_that_all_towns_of_a_county_lost_are_answered_in_each_log(bench: HubBench) -> None:
    city, county = bench.laptop(CITY, "R5"), bench.laptop(COUNTY, "R3")
    city.act("city", "add")
    records = [boiler(div_code=town) for town in TOWNS]
    for record in records:
        city.insert(record)
    assert city.push().accepted == len(records)
    county.pull()
    moved_away(city, records, [f"{OTHER}{number}" for number in range(101, 111)])
    for record in records:
        county.edit("clerk", record.uid, note="核实过")
    assert county.push().rejected == len(records)
    assert len([effect for effect in county.pull() if effect.op == "n"]) == len(records)
    bench.check()


def test_a_lost_block_about_records_that_went_to_many_towns_meanwhile_is_taken_back(bench: HubBench) -> None:
    city, county = bench.laptop(CITY, "R5"), bench.laptop(COUNTY, "R3")
    city.act("city", "add")
    records = [boiler() for _ in TOWNS]
    for record in records:
        city.insert(record)
    city.push()
    county.pull()
    backup(bench.hub)
    county.act("clerk", "edit")
    for record in records:
        county.write("boiler", record.uid, "u", {"note": "核实过"})
    assert county.push().accepted == len(records)
    lost = bench.hub.log(TOWN)[-1]
    restore(bench.hub)
    moved_away(city, records, TOWNS)
    assert bench.hub.give_back(county.uid, [lost], bench.clock.now) == len(records)
    assert all(bench.boiler(record.uid).note == "核实过" for record in records)  # type: ignore[union-attr]
    bench.check()


def backup(hub: Hub) -> None:
    """Keep every table as it is."""
    with hub.database.writing() as connection:
        for table in BOOK.sorted_tables:
            connection.exec_driver_sql(f"CREATE TABLE kept_{table.name} AS SELECT * FROM {table.name}")


def restore(hub: Hub) -> None:
    """Bring every table back."""
    with hub.database.writing() as connection:
        for table in BOOK.sorted_tables:
            connection.exec_driver_sql(f"DELETE FROM {table.name}")
            connection.exec_driver_sql(f"INSERT INTO {table.name} SELECT * FROM kept_{table.name}")
