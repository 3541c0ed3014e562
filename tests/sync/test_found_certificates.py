"""Stories that ended with a certificate that the independent verifier did not believe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sync.machine import Stories


def _undone_to_what_stood_beneath(state: Stories) -> None:
    """Who undoes their own edit enters what stood beneath it; the certificate said the edit gave way to
    the act beneath."""
    state.backs_up_hub()
    state.edit_the_same(field="fuel", first="county", second="county", which=2)
    state.edit_the_same(field="fuel", first="county", second="town_b", which=7)
    state.edits(field="contact", name="town_b", which=5, who=0)
    state.restores_hub(declared=True, first=[("county", "apart"), ("town_b", "torn")], which=7)
    state.edits(field="contact", name="county", which=5, who=0)
    state.edits(field="fuel", name="county", which=2, who=1)
    state.restores_hub(declared=False, first=[("county", "")], which=1)
    state.undoes(name="county", who=5)


def _came_back_beneath_an_own_edit(state: Stories) -> None:
    """A boiler was deleted and came back with a value that gave way in its turn, all beneath an edit that was
    not sent yet: that value was in no journal of this laptop, and its certificate did not tell of it."""
    state.deletes(name="town_a", which=1)
    state.edit_the_same(field="rated_tph", first="city", second="city", which=1)
    state.lays(kind="photo_before", name="city", then=[("town_a", ""), ("county", "")], which=5)
    state.edit_the_same(field="rated_tph", first="town_b", second="town_a2", which=7)


def _gave_way_again_after_the_hub_was_brought_back(state: Stories) -> None:
    """A value that gave way to one which a conflict keeps, and did so again in the log of a hub that was
    brought back: the certificate named the later act alone, and the verifier looked for the first."""
    state.opens(crowd=("city", "town_a"))
    state.loses_the_laptop(fault="", field="fuel", name="town_a", which=3)
    state.moves(name="city", then=[("city", ""), ("town_a", "lost")], which=4)
    state.loses_the_hub_twice(
        answer="", both=("town_a", "city"), declared=True, deed="move", field="note", heard="", which=3
    )
    state.backs_up_hub()
    state.backs_up_hub()
    state.restores_hub(declared=True, first=[("town_a", ""), ("city", "")], which=0)
    state.moves(name="city", then=[("city", "torn"), ("city", "no_pull")], which=4)
    state.loses_the_laptop(fault="deaf", field="contact", name="town_a", which=5)
    state.restores_hub(declared=False, first=[("town_a", "no_pull")], which=3)
    state.loses_the_laptop(fault="no_pull", field="rated_tph", name="town_a", which=7)


def _left_by_an_act_that_the_log_tells_elsewhere(state: Stories) -> None:
    """A record that left by an act of a lost log, of which the log of today tells something else only: the
    certificate named that act for a value that another had taken the place of before."""
    both = ("town_a", "city")
    state.opens(crowd=("city", "town_a"))
    state.loses_the_hub(
        back=False, declared=True, field="fuel", first="town_a", heard="deaf", second="town_a", which=1
    )
    state.loses_the_laptop(fault="no_pull", field="place", name="town_a", which=5)
    state.loses_the_hub_twice(
        answer="", both=both, declared=False, deed="move", field="place", heard="no_pull", which=2
    )
    state.deletes(name="city", which=1)
    state.loses_the_hub(
        back=False, declared=False, field="note", first="city", heard="", second="town_a", which=1
    )
    state.meet(both=both, choice=3, deed="edit", field="fuel", other="move", turned=True, which=5)
    state.loses_the_hub_twice(
        answer="stale", both=("city", "town_a"), declared=True, deed="move", field="address",
        heard="no_pull", which=4,
    )  # fmt: skip
    state.restores_hub(declared=True, first=[("city", "deaf"), ("city", "")], which=0)
    state.restores(name="town_a", which=6)
    state.loses_the_hub_twice(
        answer="", both=both, declared=True, deed="move", field="place", heard="", which=0
    )
    state.restores_hub(declared=True, first=[("town_a", "")], which=4)


@pytest.mark.parametrize(
    "story",
    [
        _undone_to_what_stood_beneath,
        _came_back_beneath_an_own_edit,
        _gave_way_again_after_the_hub_was_brought_back,
        _left_by_an_act_that_the_log_tells_elsewhere,
    ],
)
def test_the_verifier_believes(town: Path, story: Callable[[Stories], None]) -> None:
    class Here(Stories):
        template = town

    state = Here()
    try:
        story(state)
    finally:
        state.teardown()
