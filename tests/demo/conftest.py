from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.actions.session import Session
from app.bootstrap import open_workspace
from app.demo.build import Demo
from shared_demo import shared_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo with its 249 boilers, built once and only read."""
    return shared_demo(tmp_path_factory)


@pytest.fixture(scope="session")
def session(demo: Demo) -> Iterator[Session]:
    """The demo's workspace, read only."""
    opened = open_workspace(demo.path, read_only=True)
    yield opened
    opened.close()


@pytest.fixture
def copied(demo: Demo, tmp_path: Path) -> Callable[[], Path]:
    """A copy of the demo's folder that a test may change."""

    def copy() -> Path:
        return Path(shutil.copytree(demo.path.parent, tmp_path / "demo"))

    return copy
