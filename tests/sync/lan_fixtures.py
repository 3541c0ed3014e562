"""The fixture `lan`: a bureau with laptops and a hub; a conftest that wants it takes it in by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import lan as lans
from sync.lan import Lan


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub founded by one workspace; copied, never opened."""
    folder = tmp_path_factory.mktemp("founded")
    lans.found(folder)
    return folder


@pytest.fixture
def lan(founded: Path, tmp_path: Path) -> Iterator[Lan]:
    """A bureau with its founder's laptop."""
    bureau = lans.begin(founded, tmp_path / "lan")
    yield bureau
    bureau.close()
