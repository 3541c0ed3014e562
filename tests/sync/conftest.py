"""The town of all stories, made once and copied for each."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync.lan_fixtures import founded, lan  # noqa: F401 - fixtures
from sync.town import FIVE, begin, end, make
from sync.world import World


@pytest.fixture(scope="session")
def town() -> Iterator[Path]:
    """The files of a town where nobody has done anything yet."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="gridward-town-", dir=memory if memory.is_dir() else None))
    try:
        make(folder / "town")
        yield folder / "town"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def world(town: Path) -> Iterator[World]:
    """A town with its five laptops."""
    found = begin(town)
    yield found
    end(found)


@pytest.fixture
def worlds(town: Path) -> Iterator[Callable[..., World]]:
    """As many towns as a test asks for: `worlds()` or `worlds(("city", "town_a"))`."""
    made: list[World] = []

    def another(names: tuple[str, ...] = FIVE) -> World:
        made.append(begin(town, names))
        return made[-1]

    yield another
    for item in made:
        end(item)
