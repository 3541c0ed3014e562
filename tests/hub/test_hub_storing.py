"""A large push does two things at once, and leaves what it leaves when they follow each other."""

from __future__ import annotations

from typing import Any

import pytest
from shapely.geometry import Point

from app.domain.entities.conflict import Conflict
from app.hub import nearby, quick, storing
from hub.office_hub import COUNTY, TOWN, TOWN2, HubBench, boiler, wkb


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


def test_at_once_or_one_after_the_other(bench: HubBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "SMALL", 0)  # everything takes the road of large pushes
    at_once: list[int] = []
    road = storing.Storing._at_once

    def counted(self: storing.Storing, rows: Any, device: Any, flagged: bool) -> Any:
        at_once.append(len(rows))
        return road(self, rows, device, flagged)

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

    monkeypatch.setattr(nearby, "_look", looked)
    together = story(bench, TOWN2, 107.0)
    assert at_once == ([6, 1, 8] if bench.hub.database.postgres else [])
    assert ahead == ([0, 2] if bench.hub.database.postgres else []), "places are looked around while deciding"
    assert together == after
    kinds = sorted((item.kind, item.note, item.situation) for item in bench.records(Conflict))
    assert len(kinds) >= 6 and kinds[::2] == kinds[1::2], "each twice, once for each town"
    assert sum(effect[1] == "conflict" for effect in after) * 2 == len(kinds)
