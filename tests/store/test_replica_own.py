"""Own changes that come back: as they were written, or only nearly so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.domain.entities.boiler import Boiler
from app.domain.replication import Entry
from store.records import boiler
from store.replicas import TOWN, Laptop

Lend = Callable[..., Laptop]


def in_other_words(entry: Entry, row: dict[str, Any] | None) -> tuple[str, dict[str, Any], str, str]:
    """The hub accepts, and writes another note than it was told."""
    return entry.op, {**entry.cells, "note": "改"}, "accepted", ""


@pytest.mark.parametrize("values", [{"note": "甲"}, {"note": "甲", "model": "X"}, {"model": "X"}])
def test_what_the_hub_made_of_an_accepted_change_stands(lend: Lend, values: dict[str, Any]) -> None:
    one, held = lend("dev-a"), boiler("PL-1", div_code=TOWN)
    one.desk.add(held)
    one.sync()
    one.desk.edit(one.workspace.get(Boiler, held.uid), **values)
    one.hub.rule = in_other_words
    assert (one.sync().settled, one.replica.pending().changes) == (1, 0)
    found = one.workspace.get(Boiler, held.uid)
    assert found is not None and (found.note, found.model) == ("改", values.get("model"))
    assert one.agrees() and one.workspace.check().ok


def test_what_the_hub_made_of_a_new_record_stands(lend: Lend) -> None:
    one, held = lend("dev-a"), boiler("PL-1", div_code=TOWN, note="甲")
    one.hub.rule = in_other_words
    one.desk.add(held)
    assert (one.sync().settled, one.replica.pending().changes) == (1, 0)
    found = one.workspace.get(Boiler, held.uid)
    assert found is not None and found.note == "改"
    assert one.agrees() and one.workspace.check().ok


def test_anothers_same_change_answers_none_of_ones_own(lend: Lend) -> None:
    one, two, held = lend("dev-a"), lend("dev-b"), boiler("PL-1", div_code=TOWN)
    one.desk.add(held)
    one.sync()
    two.sync()
    for laptop in (one, two):
        laptop.desk.edit(laptop.workspace.get(Boiler, held.uid), note="甲")
    one.sync()
    assert (two.pull().settled, two.replica.pending().changes) == (0, 1)
    assert (two.sync().settled, two.replica.pending().changes) == (1, 0)
    assert one.agrees() and two.agrees()
