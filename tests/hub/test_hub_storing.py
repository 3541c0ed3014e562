"""A large push does two things at once, and leaves what it leaves when they follow each other."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from shapely.geometry import Point

from app.domain.entities.conflict import Conflict
from app.domain.replication import Batch
from app.hub import nearby, pushing, quick, rows, storing, uncontested
from app.hub.desk import Desk
from app.hub.uncontested import Uncontested
from hub.office_hub import COUNTY, NOON, TOWN, TOWN2, HubBench, boiler, wkb


def story(bench: HubBench, town: str, x: float) -> list[tuple[Any, ...]]:
    """Two laptops write to one town unseen by each other, and make boilers alike; what the log says."""
    one, two = bench.laptop(COUNTY, "R3"), bench.laptop(COUNTY, "R3")
    stored = [boiler(div_code=town, geometry=Point(x + number * 0.01, 35.6)) for number in range(6)]
    one.act("clerk", "add")
    for record in stored:
        one.insert(record)
    assert one.push().accepted == len(stored)
    for laptop in (one, two):
        laptop.pull()
    one.edit("clerk", stored[0].uid, note="甲", fuel="briquette")
    assert one.push().accepted == 1
    two.act("clerk", "add")
    two.insert(boiler(div_code=town, geometry=Point(x + 0.01, 35.6)))  # where one stands already
    two.insert(boiler(div_code=town, geometry=Point(x + 0.5, 35.6)))
    two.edit("clerk", stored[2].uid, geometry=wkb(x + 0.03, 35.6))  # onto another one
    two.edit("clerk", stored[0].uid, note="乙", fuel="biomass")
    two.edit("clerk", stored[4].uid, note="丙")
    two.delete("clerk", stored[5].uid)
    two.push()
    bench.check()
    effects = [effect for effect in bench.effects(town) if effect.entity != "person"]
    uids: dict[str, int] = {}
    return [
        (uids.setdefault(e.uid, len(uids)), e.entity, e.op, sorted(e.cells), e.verdict, e.note)
        for e in effects
    ]


def test_what_a_push_thought_of_goes_with_it(bench: HubBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a ring of things that hold each other it would stay until the collector looks through them all."""
    desks: list[weakref.ref[Desk]] = []

    def noted(*given: Any, **named: Any) -> Desk:
        desk = Desk(*given, **named)
        desks.append(weakref.ref(desk))
        return desk

    monkeypatch.setattr(pushing, "Desk", noted)
    monkeypatch.setattr(quick, "SMALL", 0)
    monkeypatch.setattr(storing, "MANY", 0)
    laptop = bench.laptop()
    gc.disable()
    try:
        found = laptop.enter()
        assert laptop.push().accepted == 1
        laptop.pull()
        laptop.edit("officer", found.uid, note="后来")
        assert laptop.push().accepted == 1
        assert len(desks) == 2
        assert not any(desk() for desk in desks)
    finally:
        gc.enable()


def test_at_once_or_one_after_the_other(bench: HubBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "SMALL", 0)  # everything takes the road of large pushes
    at_once: list[int] = []
    road = storing.Storing._at_once

    def counted(self: storing.Storing, ahead: Any, device: Any, flagged: bool) -> Any:
        at_once.append(len(self.desk.rows.touched()))
        return road(self, ahead, device, flagged)

    monkeypatch.setattr(storing.Storing, "_at_once", counted)
    after = story(bench, TOWN, 106.0)
    assert not at_once
    monkeypatch.setattr(storing, "MANY", 0)
    monkeypatch.setattr(nearby, "MANY", 0)
    ahead: list[int] = []
    look = nearby._look

    def looked(database: Any, places: Any, metres: float) -> list[str]:
        found = look(database, places, metres)
        ahead.append(len(found))
        return found

    handed: list[int] = []
    hand = storing.Ahead.hand

    def counted_hand(self: storing.Ahead, those: Any, **last: bool) -> None:
        handed.append(len(those))
        hand(self, those, **last)

    monkeypatch.setattr(storing.Ahead, "hand", counted_hand)
    monkeypatch.setattr(nearby, "_look", looked)
    monkeypatch.setattr(storing, "FIRST", 1)
    monkeypatch.setattr(uncontested, "_AT_ONCE", 1)
    monkeypatch.setattr(rows, "HALF", 1)
    halves: list[int] = []
    fetched = rows._fetched

    def counted_half(connection: Any, query: str, given: Any) -> list[Any]:
        found = fetched(connection, query, given)
        halves.extend([len(found)] if " s(word) " in query else [])
        return found

    monkeypatch.setattr(rows, "_fetched", counted_half)
    ready: list[int] = []
    admit = pushing.admitted_cells

    def counted_cells(batch: Batch) -> Any:
        found = admit(batch)
        ready.append(len([cells for cells in found if cells is not None]))
        return found

    monkeypatch.setattr(pushing, "admitted_cells", counted_cells)
    together = story(bench, TOWN2, 107.0)
    assert at_once == ([6, 1, 8] if bench.hub.database.postgres else [])
    assert ahead == ([0, 2] if bench.hub.database.postgres else []), "places are looked around while deciding"
    assert together == after
    if bench.hub.database.postgres:
        assert ready == [6], "values are looked at while the server reads"
        assert sorted(halves)[-2:] == [2, 2], "half of the four known records is read by another connection"
        assert len(handed) > len(at_once), "updates are written while others are decided"
    kinds = sorted((item.kind, item.note, item.situation) for item in bench.records(Conflict))
    assert len(kinds) >= 6 and kinds[::2] == kinds[1::2], "each twice, once for each town"
    assert sum(effect[1] == "conflict" for effect in after) * 2 == len(kinds)


def test_a_row_written_ahead_that_changes_again_is_written_again(
    bench: HubBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch has a record twice, and after each uncontested update what is decided so far is written."""
    for part, name, value in (
        (quick, "SMALL", 0),
        (storing, "MANY", 0),
        (storing, "FIRST", 1),
        (storing, "AHEAD", 1),
    ):
        monkeypatch.setattr(part, name, value)
    road = Uncontested._forms

    def forgetful(self: Uncontested, places: Iterable[int]) -> Any:
        """Entries of a record that comes twice count as ones that stand alone."""
        places = list(places)
        found = road(self, places)
        for place in places:
            entry = self._batch.entries[place]
            those = found.setdefault((entry.entity, entry.op, tuple(entry.cells)), [])
            if place not in those and entry.op == "u":
                those.append(place)
        return found

    monkeypatch.setattr(Uncontested, "_forms", forgetful)
    one = bench.laptop(COUNTY, "R3")
    stored = [boiler(geometry=Point(106.5 + number * 0.01, 35.6)) for number in range(3)]
    one.act("clerk", "add")
    for record in stored:
        one.insert(record)
    one.push()
    one.pull()
    for note in "甲乙":
        for record in stored:
            one.act("clerk", "edit")
            one.edit("clerk", record.uid, note=note)
    assert one.push().accepted == 6
    bench.check()
    assert [bench.record(type(record), record.uid).note for record in stored] == ["乙"] * 3


def test_a_push_that_breaks_off_while_rows_are_written_leaves_nothing_of_itself(
    bench: HubBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part, name, value in ((quick, "SMALL", 0), (storing, "MANY", 0), (storing, "FIRST", 1)):
        monkeypatch.setattr(part, name, value)
    one = bench.laptop(COUNTY, "R3")
    stored = [boiler(geometry=Point(106.5 + number * 0.01, 35.6)) for number in range(3)]
    one.act("clerk", "add")
    for record in stored:
        one.insert(record)
    one.push()
    one.pull()
    one.act("clerk", "edit")
    one.edit("clerk", stored[0].uid, note="甲")
    one.delete("clerk", stored[1].uid)
    batch = one.batch()
    with monkeypatch.context() as broken:
        broken.setattr(storing, "flag_near", lambda *_: 1 / 0)
        broken.setattr(storing.Storing, "_sealed", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            bench.hub.push(batch, NOON)
    assert bench.record(type(stored[0]), stored[0].uid).note == stored[0].note
    assert bench.hub.push(batch, NOON).accepted == 2, "the connection it had is usable"
    bench.check()
    assert bench.record(type(stored[0]), stored[0].uid).note == "甲"


def test_a_second_connection_is_given_back_only_when_its_thread_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The own connection fails while the other one still reads."""
    begun, go, ended = threading.Event(), threading.Event(), threading.Event()
    own, second, back = object(), SimpleNamespace(exec_driver_sql=lambda _: None), list[bool]()

    class Ending(ThreadPoolExecutor):
        def shutdown(self, *args: Any, **options: Any) -> None:
            go.set()
            super().shutdown(*args, **options)

    @contextmanager
    def reading() -> Iterator[Any]:
        try:
            yield second
        finally:
            back.append(ended.is_set())

    def fetched(connection: Any, *_: Any) -> list[Any]:
        if connection is own:
            assert begun.wait(60)
            raise ConnectionError("the own connection is lost")
        begun.set()
        assert go.wait(60)
        ended.set()
        return []

    monkeypatch.setattr(rows, "ThreadPoolExecutor", Ending)
    monkeypatch.setattr(rows, "_fetched", fetched)
    database: Any = SimpleNamespace(
        postgres=True, spare=threading.BoundedSemaphore(1), reading=reading, each_of=lambda words: ("", words)
    )
    reader = rows.Rows(database, own)  # type: ignore[arg-type]
    with pytest.raises(ConnectionError):
        reader._told_of_each("", ["a"] * 2 * rows.HALF, lambda: None)
    assert back == [True]
    assert database.spare.acquire(blocking=False)
