"""Two pushes in different areas at the same moment: who looks second finds what the first brought."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import Point

from app.domain.entities.boiler import Boiler
from app.hub import abreast, quick, storing
from app.hub.nearby import flag_near
from app.hub.pushing import PushAnswer
from hub.office_hub import COUNTY, TOWN, TOWN2, HubBench, Laptop, wkb
from postgres_server import needs_postgis

POSTGRES = (needs_postgis, pytest.mark.parametrize("place", ["postgres"], indirect=True))
PLACE = (106.02, 35.52)  # the corner of four squares
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"  # for a number, or for the other's area


def on_postgres(test: Callable[..., None]) -> Callable[..., None]:
    for mark in POSTGRES:
        test = mark(test)
    return test


@contextmanager
def held(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A push of this laptop has looked for boilers alike, and is not durable before the block has ended."""
    looked, go = threading.Event(), threading.Event()

    def slow(database: Any, connection: Any, desk: Any, batch: Any, around: Any = None) -> None:
        flag_near(database, connection, desk, batch, around)
        if batch.device == laptop.uid:
            looked.set()
            assert go.wait(60)

    for road in (quick, storing):
        monkeypatch.setattr(road, "flag_near", slow)
    pushing = threading.Thread(target=laptop.push)
    pushing.start()
    try:
        assert looked.wait(60)
        yield
    finally:
        go.set()
        pushing.join()


def beside(bench: HubBench, laptop: Laptop) -> tuple[threading.Thread, list[PushAnswer]]:
    """A push that has begun: it waits for another one, or has ended."""
    answers: list[PushAnswer] = []
    thread = threading.Thread(target=lambda: answers.append(laptop.push()))
    thread.start()
    while thread.is_alive():
        with bench.hub.database.reading() as connection:
            if connection.exec_driver_sql(WAITING).scalar_one():
                break
    return thread, answers


def owner_of(bench: HubBench, uid: str) -> str:
    """The town of a boiler."""
    found = bench.boiler(uid)
    assert found is not None and found.div_code is not None
    return found.div_code


def begun(bench: HubBench) -> tuple[Laptop, Laptop]:
    """Laptops of two towns that the hub knows; each has a boiler far from all others, and sees it."""
    one, two = bench.laptop(TOWN, "R2"), bench.laptop(COUNTY, "R3")
    one.enter("officer", geometry=Point(106.2, 35.1))
    two.enter("clerk", geometry=Point(106.3, 35.1), div_code=TOWN2, user_org="乙厂")
    for laptop in (one, two):
        laptop.push()
        laptop.pull()
    return one, two


def entered(laptop: Laptop, town: str) -> str:
    """The boiler of the beginning."""
    found: list[Boiler] = [row for row in laptop.bench.records(Boiler) if row.div_code == town]
    return min(found, key=lambda row: row.ledger_no).uid


def new_places(one: Laptop, two: Laptop) -> None:
    x, y = PLACE
    one.enter("officer", geometry=Point(x - 4e-5, y + 2e-5))
    two.enter("clerk", geometry=Point(x + 4e-5, y - 2e-5), div_code=TOWN2)  # 9 m off, beyond the corner


def moved(one: Laptop, two: Laptop) -> None:
    for laptop, by, town, x in ((one, "officer", TOWN, 0.1), (two, "clerk", TOWN2, 0.1 + 4e-5)):
        laptop.edit(by, entered(laptop, town), geometry=wkb(PLACE[0] + x, PLACE[1]))


def same_unit(one: Laptop, two: Laptop) -> None:
    one.enter("officer", geometry=None, user_org="乙厂", address="南路1号")
    two.edit("clerk", entered(two, TOWN2), address="南路1号")


@on_postgres
@pytest.mark.parametrize("sort", ["small", "large", "very large first"])
def test_who_looks_second_waits_and_finds_the_other(
    bench: HubBench, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    if sort == "large":
        monkeypatch.setattr(quick, "SMALL", 0)
    most = abreast._MANY
    one, two = begun(bench)
    for told, story in enumerate((same_unit, moved, new_places), 1):
        story(one, two)
        monkeypatch.setattr(abreast, "_MANY", 0 if sort == "very large first" else most)
        with held(one, monkeypatch):
            monkeypatch.setattr(abreast, "_MANY", most)
            thread, answers = beside(bench, two)
            assert not answers, "it waits for the first one"
        thread.join()
        assert [answer.accepted for answer in answers] == [1]
        conflicts = bench.hub.conflicts()
        assert [(found.note, owner_of(bench, found.owner)) for found in conflicts] == [("near", TOWN2)] * told
    bench.check()


@on_postgres
def test_nobody_else_waits(bench: HubBench, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = begun(bench)
    one.enter("officer", geometry=Point(PLACE))
    item = two.enter("clerk", geometry=Point(PLACE[0] + 0.05, PLACE[1]), div_code=TOWN2)  # 4 km away
    with held(one, monkeypatch):
        assert two.push().accepted == 1
        two.pull()
        two.edit("clerk", item.uid, note="甲", fuel="gas")
        assert two.push().accepted == 1


@on_postgres
def test_the_area_of_one_alike_is_waited_for_once(bench: HubBench, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = begun(bench)
    new_places(one, two)
    for laptop in (one, two):
        laptop.push()
        laptop.pull()
    assert [found.note for found in bench.hub.conflicts()] == ["near"], "for which both areas were locked"
    one.edit("officer", entered(one, TOWN), note="甲")
    two.edit("clerk", entered(two, TOWN2), note="乙")
    with held(one, monkeypatch):
        assert two.push().accepted == 1, "it has nothing to do with the other area"


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_one_at_a_time_writes_to_an_embedded_hub(
    bench: HubBench, place: tuple[Path, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = begun(bench)
    new_places(one, two)
    (file,) = place[0].glob("*.db")
    other = sqlite3.connect(file, timeout=0, isolation_level=None)
    with held(one, monkeypatch), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.close()
    assert two.push().accepted == 1
    (found,) = bench.hub.conflicts()
    assert (found.note, owner_of(bench, found.owner)) == ("near", TOWN2)


def test_strangers_do_not_share_numbers() -> None:
    numbers = {abreast._number(f"unit {place}") for place in range(500)}
    assert len(numbers) == 500
