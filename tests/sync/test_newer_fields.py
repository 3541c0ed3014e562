"""An older laptop at a newer hub: what it does not know is kept, compared, and applied once it is known."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from app.actions import conflicts as decisions
from app.actions.conflicts import open_conflicts, resolve
from app.domain.entity import EntityType
from app.domain.replication import Batch, Block, Cells, Effect
from app.errors import AppError
from app.hub import admitting, deciding
from app.store import beyond
from app.store import crossing as crossings
from app.store.crossing import Crossing, crossing
from sync import doings
from sync.planted import note, there
from sync.world import TOWN_A, Laptop, World


@contextmanager
def older_program(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Laptops whose boilers have no field `model` yet; the hub knows it."""
    plain = Crossing.__init__

    def without(self: Crossing, kind: object) -> None:
        plain(self, kind)  # type: ignore[arg-type]
        self.columns = tuple(name for name in self.columns if name != "model")
        self.known = frozenset(self.columns)

    with monkeypatch.context() as patch:
        patch.setattr(Crossing, "__init__", without)
        crossing.cache_clear()
        yield
    crossing.cache_clear()
    assert "model" in crossings.crossing("boiler").known


def as_newer(laptop: Laptop, model: str) -> None:
    """The laptop writes its next batches as a newer program, which fills in the model as well."""

    def altered(batch: Batch) -> Batch:
        return replace(
            batch,
            entries=tuple(
                replace(item, cells={**item.cells, "model": model})
                if item.entity == "boiler" and item.op == "u"
                else item
                for item in batch.entries
            ),
        )

    laptop.alter = altered


def agrees(world: World) -> bool:
    done = [laptop.round() for laptop in world.laptops.values()]
    recounted = [
        laptop.workspace.replica.recount().get(area, 0) == cursor.digest
        for laptop in world.laptops.values()
        for area, cursor in laptop.workspace.replica.cursors().items()
    ]
    return all(item is not None and item.agrees for item in done) and all(recounted)


def say_newer(world: World, laptop: Laptop, model: str, words: str) -> None:
    """A note and, as a newer program writes it, a model; everybody fetches it and agrees."""
    as_newer(laptop, model)
    note(laptop, words)
    laptop.round()
    assert agrees(world)


def test_an_older_laptop_keeps_and_compares_a_field_of_a_newer_hub(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    with older_program(monkeypatch):
        say_newer(world, a, "DZL4", "一")
        assert there(other).model is None and there(other).note == "一"
        say_newer(world, a, "DZL6", "二")
        a.alter = None
        assert doings.edit(other, "officer2", there(other), contact="王芳")
        other.round()
        assert agrees(world)
    assert there(other).model is None
    other.kill()  # it starts again as a newer program
    assert agrees(world)
    assert there(other).model == "DZL6" and there(other).contact == "王芳"
    assert other.workspace.check().ok


def test_what_is_folded_while_a_newer_program_looks_is_not_overwritten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, other = world.laptops["town_a"], world.laptops["town_a2"]
    with older_program(monkeypatch):
        say_newer(world, a, "DZL4", "一")
    plain, database = beyond.every, other.workspace.replica._database

    def overtaken(raw: sqlite3.Connection) -> Iterator[tuple[str, str, str, Cells]]:
        found = list(plain(raw))
        with database.repeatable() as connection:  # another thread's fold, between the look and the write
            for area, entity, uid, _ in found:
                beyond._write(beyond._raw(connection), (area, entity, uid), {"model": "DZL8"})
        yield from found

    monkeypatch.setattr(beyond, "every", overtaken)
    assert other.workspace.replica.adopt(world.tick()) == 1
    assert there(other).model == "DZL8"


def test_a_record_that_goes_takes_its_unknown_fields_along(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = world.laptops["town_a"]
    with older_program(monkeypatch):
        say_newer(world, a, "DZL4", "一")
        a.alter = None
        assert doings.remove(a, "officer", there(a))
        a.round()
        assert agrees(world)
        assert doings.take_back(a, "officer")
        a.round()
        assert agrees(world)


def test_a_kind_that_only_a_newer_hub_has(world: World) -> None:
    """Its entries come with the log; the digest counts them and the records stay as they are."""
    replica = world.laptops["town_a"].workspace.replica
    cursor = replica.cursors()[TOWN_A]
    act = world.log()[TOWN_A][-1].acts[0]

    def told(first: int, *effects: Effect) -> None:
        list_of = Block(TOWN_A, first, "", 0, 1, (replace(act, uid=f"act-{first}"),), effects)
        fold_one(world.laptops["town_a"], list_of)

    told(
        cursor.seq + 1,
        Effect(0, 0, "meteorite", "m-1", "i", {"mass": 3.5, "found": True, "shape": b"\x01"}),
        Effect(0, 0, "meteorite", "m-2", "i", {"mass": 4}),
        Effect(0, 0, "meteorite", "m-1", "u", {"mass": 5.0, "found": None}),
    )
    now = replica.cursors()[TOWN_A].digest
    assert now != cursor.digest and replica.recount().get(TOWN_A, 0) == now
    told(
        cursor.seq + 4,
        Effect(0, 0, "meteorite", "m-1", "d", {}),
        Effect(0, 0, "meteorite", "m-2", "d", {}),
    )
    assert replica.cursors()[TOWN_A].digest == cursor.digest == replica.recount().get(TOWN_A, 0)


def fold_one(laptop: Laptop, block: Block) -> None:
    """Fold a block as it comes from a hub, without its bytes."""
    laptop.workspace.replica.fold(block, bytes(32))


@contextmanager
def older_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hub whose boilers have no field `model` yet; the laptops know it."""
    ids, checks = deciding.field_ids, admitting._checks

    def fewer(kind: EntityType) -> tuple[str, ...]:
        return tuple(name for name in ids(kind) if name != "model")

    def fewer_checks(name: str) -> dict[str, object]:
        return {field: test for field, test in checks(name).items() if field != "model"}

    with monkeypatch.context() as patch:
        patch.setattr(deciding, "field_ids", fewer)
        patch.setattr(admitting, "_checks", fewer_checks)
        yield


def test_what_an_older_hub_cannot_keep_waits_for_a_person_and_is_taken_after_its_upgrade(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, county = world.laptops["town_a"], world.laptops["county"]
    with older_hub(monkeypatch):
        assert doings.edit(a, "officer", there(a), note="known", model="M-9")
        a.round()
        assert doings.edit(a, "officer", there(a), model="M-10")
        a.round()
    assert there(a).note == "known"
    county.round()
    session = county.as_("clerk")
    waiting = open_conflicts(session)
    assert [(view.fields[0].field, view.fields[0].offered, view.can_decide) for view in waiting] == [
        ("model", "M-9", True),
        ("model", "M-10", True),
    ]
    with monkeypatch.context() as older:
        older.setattr(decisions, "BY_NAME", {})
        with pytest.raises(AppError) as unseen:
            resolve(session, waiting[0].uid, "kept")
        assert unseen.value.code == "newer_field"
    resolve(session, waiting[1].uid, "offered", "中心已更新")
    resolve(session, waiting[0].uid, "kept", "后一个为准")
    county.round()
    a.round()
    assert there(a).model == "M-10" and not open_conflicts(session)
    assert agrees(world)
