"""An empty workspace, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.store.workspace import Workspace
from store.records import Desk
from store.replicas import Laptop, TinyHub


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed workspace without records; copied, never opened."""
    path = tmp_path_factory.mktemp("empty") / "empty.gpkg"
    Workspace.create(path, "620800", "平凉市").close()
    return path


@pytest.fixture
def file(empty_file: Path, tmp_path: Path) -> Path:
    """A closed workspace of the test's own, in a folder and under a name that need care."""
    folder = tmp_path / "台账 2026"
    folder.mkdir()
    return Path(shutil.copy(empty_file, folder / "平凉 清零.gpkg"))


@pytest.fixture
def workspace(file: Path) -> Iterator[Workspace]:
    """The test's own workspace, open."""
    with Workspace.open(file) as opened:
        yield opened


@pytest.fixture
def desk(workspace: Workspace) -> Desk:
    """A person at work in the test's workspace."""
    return Desk(workspace)


@pytest.fixture
def lend(empty_file: Path, tmp_path: Path) -> Iterator[Callable[..., Laptop]]:
    """Gives laptops that follow one hub, each with an open workspace of its own."""
    hub = TinyHub()
    with ExitStack() as open_files:

        def make(device: str, **options: str) -> Laptop:
            copy = Path(shutil.copy(empty_file, tmp_path / f"{device}.gpkg"))
            return Laptop(open_files.enter_context(Workspace.open(copy)), hub, device, **options)

        yield make
