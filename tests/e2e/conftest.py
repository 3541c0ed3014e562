"""The town of the accidents, made once and copied for each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.town import copy_of, make


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town where nothing has happened."""
    folder = tmp_path_factory.mktemp("town") / "town"
    make(folder)
    return folder


@pytest.fixture
def town(template: Path) -> Iterator[Path]:
    """A copy of it."""
    folder = copy_of(template)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
