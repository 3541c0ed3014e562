"""Stories in which people work on every kind of record, not on boilers alone: organisations, cells, sources,
zones, sketches, patrols, people and settings, under few names, so that what one does meets what others do."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import stateful
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, box
from shapely.geometry.base import BaseGeometry

from app.domain.catalog import BY_NAME
from app.domain.changes import Change, delete, insert, update
from app.domain.entities.people import Person
from app.domain.entity import GEOMETRY, Entity, EntityType, Shape
from app.domain.fields import Field, Kind
from app.domain.rights import WRITERS
from sync.doings import TOWN_OF, tried
from sync.machine import Stories, faults, names, rule, small
from sync.replayable import noted
from sync.world import CREWS, PEOPLE, Laptop

KINDS = (
    "org", "water_source", "intake", "protection_zone", "built_up_area", "sketch", "patrol", "grid_cell",
    "assignment", "setting", "person",
)  # fmt: skip
TOWNS = sorted(set(TOWN_OF.values()))
FEW = ("甲", "乙")  # what may be called only once is called so
OWNERS = {"source": "water_source", "cell": "grid_cell", "person": "person"}
LEFT_OUT = ("role", "disabled", "verifier", "synthetic")
GIVEN: dict[Kind, tuple[Any, ...]] = {
    Kind.NUMBER: (1.0, 2.0, 5.0), Kind.INTEGER: (1, 2), Kind.BOOLEAN: (True, False),
    Kind.DATE: ("2026-11-01", "2026-11-02"),
    Kind.MOMENT: ("2026-11-20T04:00:00.000Z", "2026-11-21T04:00:00.000Z"),
}  # fmt: skip
kinds = st.sampled_from(KINDS)
Turn = tuple[str, int, str, int, int, str | None]
# Who, as whom, does what to which record; and on which line they sync then, if they do.
turn = st.tuples(
    names, small, st.sampled_from("iuud"), st.integers(0, 2), st.integers(0, 999),
    st.none() | st.just("") | faults,
)  # fmt: skip
turns = st.lists(turn, min_size=3, max_size=10)


class EveryKind(Stories):
    """The same laptops, hub and accidents; somebody works on other kinds as well."""

    def __init__(self) -> None:
        super().__init__()
        self.world.looked_at += tuple(BY_NAME[name].record for name in KINDS)
        for laptop in self.world.laptops.values():
            laptop.look()

    @stateful.initialize(kind=kinds, turns=turns)
    @noted
    def begins_with(self, kind: str, turns: list[Turn]) -> None:
        """There is something of a kind in every story."""
        self._work_in_turns(kind, turns)

    @rule(kind=kinds, turns=turns)
    def work_in_turns(self, kind: str, turns: list[Turn]) -> None:
        """Several people are at the records of one kind; some sync after their turn."""
        self._work_in_turns(kind, turns)

    @rule(kind=kinds, turns=turns, which=small, declared=st.booleans())
    def work_and_lose_the_hub(self, kind: str, turns: list[Turn], which: int, declared: bool) -> None:
        """The same, and the hub is brought back to a backup from before it."""
        self.backs_up_hub()
        self._work_in_turns(kind, turns)
        self.restores_hub(which=which, declared=declared, first=[(name, "") for name, *_ in turns[:2]])

    def _work_in_turns(self, kind: str, turns: list[Turn]) -> None:
        for name, who, deed, which, chance, fault in turns:
            self._works(name, who, (kind, deed, which), chance)
            if fault is not None:
                self.syncs(name, fault)

    def _works(self, name: str, who: int, what: tuple[str, str, int], chance: int) -> None:
        laptop, (kind, deed, which) = self._laptop(name), what
        change = _change(laptop, BY_NAME[kind], (deed, which), random.Random(chance))
        if change is not None:
            may = [login for login in CREWS[name] if PEOPLE[login][0] in WRITERS.get(kind, ())] or CREWS[name]
            session = laptop.as_(may[who % len(may)])
            tried(lambda: session.commit([change], deed, "模拟"))


def _change(laptop: Laptop, kind: EntityType, what: tuple[str, int], chance: random.Random) -> Change | None:
    """The change, as a laptop's program writes it: whether the person may is the hub's to say."""
    (deed, which), fields = what, [item for item in kind.fields.values() if item.name not in LEFT_OUT]
    there = [item for item in laptop.workspace.find(kind.record, order="uid") if _is_ours(item)]
    if deed == "i" or not there:
        values = {
            item.name: _value(laptop, item, chance)
            for item in fields
            if item.required or chance.random() < 0.5
        }
        if any(values.get(item.name) is None for item in fields if item.required):
            return None  # such as the intake of a source that nobody has entered
        made = {name: value for name, value in values.items() if value is not None}
        return insert(_made(laptop, kind, made, chance))
    record = there[which % len(there)]
    if deed == "d":
        return delete(record)
    chosen = chance.sample(fields, min(len(fields), chance.choice((1, 1, 2))))
    changed = {item.name: _value(laptop, item, chance) for item in chosen}
    if kind.shape is not Shape.NONE and chance.random() < 0.3:
        changed[GEOMETRY] = _shape(kind.shape, chance)
    return update(record, **changed)


def _made(laptop: Laptop, kind: EntityType, values: dict[str, Any], chance: random.Random) -> Entity:
    if kind is Person.TYPE:
        values["role"] = "R2"
    if kind.shape is not Shape.NONE:
        values[GEOMETRY] = _shape(kind.shape, chance)
    return kind.record(uid=laptop.session.new_uid(), **values)


def _is_ours(record: Entity) -> bool:
    """The people of the story itself stay, or nobody could do anything."""
    return not isinstance(record, Person) or record.login in FEW


def _value(laptop: Laptop, field: Field, chance: random.Random) -> Any:
    if field.name in ("div_code", "area"):
        return TOWN_OF.get(laptop.name) or chance.choice([*TOWNS, "620802"])
    if field.name in OWNERS:
        there = laptop.workspace.find(BY_NAME[OWNERS[field.name]].record, order="uid")
        return chance.choice(there).uid if there else None
    if field.name == "year":
        return chance.choice((2025, 2026))
    codes = list(field.choices.codes) if field.choices is not None else []
    if field.kind is Kind.TEXTS:
        return (chance.choice(codes or FEW),)
    if codes or field.kind in GIVEN or field.unique:
        return chance.choice(codes or (FEW if field.unique else GIVEN[field.kind]))
    return laptop.world.fresh(laptop.name)


def _shape(shape: Shape, chance: random.Random) -> BaseGeometry:
    x, y = 106.68 + chance.randrange(5) * 0.01, 35.53
    return MultiPolygon([box(x, y, x + 0.01, y + 0.01)]) if "POLYGON" in shape.value else Point(x, y)
