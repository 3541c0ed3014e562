"""Stories of five real laptops and the real hub: whatever happens, all end equal and nothing is lost.

`GRIDWARD_EXAMPLES` says how many stories are tried: a few in every run, the same each time; more in a search.
`GRIDWARD_SEED` then names the stories, else they are others each time.
"""

from __future__ import annotations

import os
from pathlib import Path

from sync.machine import Stories
from sync.searching import named_seed, of_a_run, tell

EXAMPLES = int(os.environ.get("GRIDWARD_EXAMPLES", "4"))


def test_all_stories_end_equal_and_nothing_is_lost(town: Path) -> None:
    class Here(Stories):
        template = town

    tell(Here, named_seed(), EXAMPLES, of_a_run())
