"""The power fails in every phase: what a program said is safe is there afterwards, whatever else is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.sync.bundle_volume import check_volume
from e2e.power_cut import Disk, compiled
from e2e.processes import CLIENT_PHASES, ROOT, TIMES, laptop, lived, served

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="noted on Linux only")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What notes; compiled once."""
    return compiled(tmp_path_factory.mktemp("power"))


def test_a_laptop_has_what_it_said_is_saved(town: Path, library: Path) -> None:
    said = lived(town, "cut_laptop", TIMES, patience=300 * TIMES, preload=library)
    assert {phase: said[f"killed {phase}"] for phase in CLIENT_PHASES} == dict.fromkeys(CLIENT_PHASES, TIMES)
    for turn in range(TIMES):
        assert all(said[f"saved {phase}{turn}-1"] == 1 for phase in CLIENT_PHASES)


def test_a_hub_has_what_it_answered_for(town: Path, library: Path) -> None:
    """It has it by itself: laptops would give a hub back what it lost."""
    said = lived(town, "cut_hub", TIMES, patience=300 * TIMES, preload=library)
    assert sum(line.startswith("saved hub-") for line in said) >= 2 * 4 * TIMES


def test_a_stick_has_the_bundle_that_is_safe_to_unplug(town: Path, library: Path) -> None:
    disk = Disk(town / "stick", library)
    laptop(town, "town_a", "", "after_bundle", "stick/bundle", environment=disk.environment)
    disk.cut()
    check_volume(town / "stick" / "bundle.bundle")


def test_who_has_joined_has_the_keys(town: Path, library: Path, tmp_path: Path) -> None:
    disk = Disk(tmp_path / "new", library)
    settings = {
        "GRIDWARD_CONFIG": str(disk.folder / "config"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
    with served(town) as (_, url):
        invited = _shell(settings, "hub", "invite", str(town / "hub"), "--area", "620802101", "--role", "R2")
        file = ("-w", str(disk.folder / "new.gpkg"))
        _shell(disk.environment | settings, *file, "enrol", "--hub", url, "--code", invited["code"])
        disk.cut()
        assert _shell(settings, *file, "sync")["agrees"]


def test_a_copy_of_the_hub_is_whole(town: Path, library: Path, tmp_path: Path) -> None:
    disk = Disk(tmp_path / "copies", library)
    made = Path(
        _shell(disk.environment, "hub", "backup", str(town / "hub"), "-o", str(disk.folder))["backup"]
    )
    disk.cut()
    for part in (town / "hub" / "blobs" / "blobs").rglob("*"):
        copy = made / part.relative_to(town / "hub")
        assert part.is_dir() or copy.read_bytes() == part.read_bytes()


def _shell(environment: dict[str, str], *words: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "app", "--json", *words], cwd=ROOT, env={**os.environ, **environment},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
