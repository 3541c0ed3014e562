"""A few stories of every kind of record with a bureau's hub, on real PostgreSQL with PostGIS.

`GRIDWARD_EXAMPLES` says how many: a tenth of that, as each takes longer. `GRIDWARD_SEED` names them.
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path

from postgres_server import create_database, needs_postgis, sql
from sync.every_kind import EveryKind
from sync.searching import named_seed, of_a_run, tell
from sync.town import copy_of, make, reopen
from sync.world import World

EXAMPLES = max(3, int(os.environ.get("GRIDWARD_EXAMPLES", "3")) // 10)
pytestmark = needs_postgis


def test_stories_on_postgresql(postgres_folder: Path, tmp_path: Path) -> None:
    make(tmp_path / "town", create_database(postgres_folder, "town"))
    numbers = itertools.count(1)

    class Here(EveryKind):
        def teardown(self) -> None:
            try:
                super().teardown()
            finally:
                for name in (f"story{self.number}", *(saved.name for saved in self.world.hub_backups)):
                    sql(postgres_folder, f'DROP DATABASE "{name}"')

        def begin(self) -> World:
            self.number = next(numbers)
            name = f"story{self.number}"
            address = create_database(postgres_folder, name, "town")
            world = reopen(copy_of(tmp_path / "town"), url=address)
            world.postgres = postgres_folder / name
            return world

    tell(Here, named_seed(), EXAMPLES, of_a_run())
