"""The same stories with work on every kind of record: all end equal and nothing is lost of any.

`GRIDWARD_EXAMPLES` and `GRIDWARD_SEED` as with the others.
"""

from __future__ import annotations

import os
from pathlib import Path

from sync.every_kind import EveryKind
from sync.searching import named_seed, of_a_run, tell

EXAMPLES = int(os.environ.get("GRIDWARD_EXAMPLES", "6"))


def test_every_kind_of_record_ends_equal_and_nothing_is_lost(town: Path) -> None:
    class Here(EveryKind):
        template = town

    tell(Here, named_seed(), EXAMPLES, of_a_run())


def test_a_search_found_an_own_record_not_seen(town: Path) -> None:
    """A laptop in another epoch sends an insert again, hears no answer, and deletes the record with its next
    push: it was asked about its own insert."""

    class Here(EveryKind):
        template = town

    state = Here()
    state.begins_with(
        turns=[
            ("town_a", 4, "i", 1, 970, "no_pull"),
            ("town_a", 6, "u", 2, 96, None),
            ("city", 7, "d", 2, 433, None),
            ("city", 0, "u", 2, 18, None),
            ("town_a", 5, "i", 0, 468, "lost"),
            ("city", 4, "i", 2, 166, ""),
            ("city", 2, "i", 2, 613, ""),
            ("city", 2, "u", 2, 321, "apart"),
            ("city", 1, "i", 0, 572, ""),
        ],
        kind="water_source",
    )
    state.loses_the_hub_twice(
        answer="no_pull",
        both=("town_a", "city"),
        declared=False,
        deed="move",
        field="rated_tph",
        heard="",
        which=6,
    )
    state.work_and_lose_the_hub(
        declared=True,
        kind="org",
        turns=[
            ("city", 7, "i", 0, 109, None),
            ("city", 5, "d", 2, 3, "stale"),
            ("city", 2, "u", 1, 856, "torn"),
            ("town_a", 6, "i", 1, 577, ""),
            ("city", 6, "u", 1, 512, None),
        ],
        which=6,
    )
    state.work_in_turns(
        kind="built_up_area",
        turns=[
            ("town_a", 3, "i", 2, 999, "no_pull"),
            ("city", 5, "u", 1, 0, "stale"),
            ("town_a", 5, "u", 0, 54, ""),
            ("town_a", 4, "u", 1, 165, ""),
            ("city", 7, "u", 1, 43, "no_pull"),
        ],
    )
    state.work_in_turns(
        kind="built_up_area",
        turns=[
            ("town_a", 3, "i", 0, 258, "piece"),
            ("city", 7, "d", 0, 758, "stale"),
            ("town_a", 5, "u", 0, 477, None),
            ("city", 5, "i", 1, 0, ""),
        ],
    )
    state.teardown()
