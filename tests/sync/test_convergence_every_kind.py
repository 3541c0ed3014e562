"""The same stories with work on every kind of record: all end equal and nothing is lost of any.

`GRIDWARD_EXAMPLES` and `GRIDWARD_SEED` as with the others.
"""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, settings

from sync.every_kind import EveryKind
from sync.searching import named_seed, tell

EXAMPLES = int(os.environ.get("GRIDWARD_EXAMPLES", "6"))


def test_every_kind_of_record_ends_equal_and_nothing_is_lost(town: Path) -> None:
    class Here(EveryKind):
        template = town

    tell(
        Here,
        named_seed(),
        EXAMPLES,
        settings(
            stateful_step_count=20,
            deadline=None,
            derandomize="GRIDWARD_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
